"""How functions lie over the regions of an atlas: numbers and a figure."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access.policy import requires
from api.context import StoreDep
from api.etag import TaggedRoute
from api.paging import NoQuery
from api.schemas.analysis import Analysis
from atlas import analysis
from composer.analysis import LEVEL, analyse_atlas
from composer.figures.analysis import analysis_figure
from composer.figures.canvas import MEDIA_TYPES, Format
from graph.store import Store

router = APIRouter(
    prefix="/atlases", tags=["brain"], route_class=TaggedRoute, dependencies=[requires("viewer")]
)


class AnalysisQuery(NoQuery):
    """Which evidence, and how it is grouped and compared."""

    source: str | None = Field(default=None, description="The evidence of this source only.")
    level: int = Field(default=LEVEL, ge=0, le=20, description="Depth of the groups; 0: none.")
    groups: str | None = Field(
        default=None,
        max_length=4000,
        description="Function ids, f,g,… instead of a level.",
        examples=["perception.vision,perception.audition,cognition.language,emotion"],
    )
    permutations: int = Field(default=1000, ge=1, le=10_000, description="Random sets for each.")
    seed: int = Field(default=0, ge=0, description="Of the random sets.")


class FigureQuery(AnalysisQuery):
    """The same, as a figure."""

    format: Format = Field(default="png", description="The kind of file.")


FIGURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The figure.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA_TYPES.values()
        },
    }
}


@router.get("/{id}/analysis", response_model=Analysis)
def analyse_functions(
    store: StoreDep, id: str, query: Annotated[AnalysisQuery, Query()]
) -> dict[str, Any]:
    """Say how the functions of an atlas lie over its regions.

    Regions per function and functions per region, how scattered a function's regions are and how
    near those of two functions lie against random sets, and which four groups cover most regions.
    """
    return _analysed(store, id, query).to_dict()


@router.get("/{id}/analysis/figure", response_class=Response, responses=FIGURE)
def draw_analysis(store: StoreDep, id: str, query: Annotated[FigureQuery, Query()]) -> Response:
    """Draw the analysis of an atlas as one figure."""
    figure = analysis_figure(_analysed(store, id, query), query.format)
    return Response(figure, media_type=MEDIA_TYPES[query.format])


def _analysed(store: Store, id: str, query: AnalysisQuery) -> analysis.Analysis:
    groups = None if query.groups is None else [g.strip() for g in query.groups.split(",") if g]
    return analyse_atlas(
        store,
        id,
        source=query.source,
        level=query.level,
        groups=groups,
        permutations=query.permutations,
        seed=query.seed,
    )
