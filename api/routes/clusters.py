"""The clusters of a map, named by an atlas."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access.policy import requires
from api.context import StoreDep
from api.inputs import Submission
from api.routes.activations import BODY, SUBMISSION
from api.schemas.analysis import Clusters
from atlas.errors import InvalidInput
from composer.activation import DEFAULT_ATLAS, load_atlas
from composer.clusters import map_clusters

router = APIRouter(
    prefix="/clusters", tags=["selection"], dependencies=[requires("viewer", heavy=True)]
)


@router.post("", response_model=Clusters, openapi_extra=BODY)
def list_clusters(store: StoreDep, sent: Submission = SUBMISSION) -> dict[str, Any]:
    """List the clusters of a map with peaks, sub-peaks and the regions they lie in.

    The definitions are those of nilearn's clusters table; thresholds as in `POST /activations`.
    """
    inputs = sent.inputs
    if inputs.map is None:
        raise InvalidInput("map", found=inputs.kind, expected="a map")
    atlas = load_atlas(store, inputs.atlas or DEFAULT_ATLAS)
    found = map_clusters(
        atlas,
        inputs.map,
        rule=inputs.rule,
        sign=inputs.sign,
        space=inputs.space,
        volume=inputs.volume,
    )
    rows = [cluster.to_dict() for cluster in found]
    return {"atlas": atlas.id, "space": atlas.space, "clusters": rows}
