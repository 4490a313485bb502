"""Models, checkpoints, data sets, compositions, scenarios and revisions."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.paging import PageQuery
from api.schemas.base import Answer, Body


class Model(Answer):
    """The structure of a network, apart from its weights."""

    id: str
    family: str | None = None


class Checkpoint(Answer):
    """Trained weights, named by the SHA-256 of their file."""

    sha256: str
    model: str | None = None
    dataset: str | None = None
    metric: str | None = None
    value: float | None = None
    bytes: int | None = None
    digest: str | None = Field(default=None, description="Of the record; in quotes its ETag.")


class Dataset(Answer):
    """What something was trained on."""

    id: str
    name: str | None = None
    content_sha256: str = Field(default="", description="Of the samples.")
    digest: str | None = Field(default=None, description="Of the record; in quotes its ETag.")


class RemovedDataset(Answer):
    """What went with a data set, or would go with `dry_run`."""

    dataset: str
    bytes: int = Field(description="Of its files.")
    features: int = Field(description="Files of cached features.")
    revision: int | None = Field(description="That withdrew its record; null: none was.")
    dry_run: bool


class Composition(Answer):
    """A network woven from an activation, with its plan, its scores and its weights."""

    id: str
    scenario: str | None = None
    weights_sha256: str | None = None
    validation: dict[str, float] | None = None
    test: dict[str, float] | None = None
    front: list[dict[str, Any]] | None = Field(
        default=None,
        description="Of one composition: the networks that no other one beats where its search "
        "minimised costs, the most accurate first; `kept` is true for the one it is.",
    )


class PredictRequest(Body):
    """Raw inputs by modality, one entry per sample; a missing modality may be left out."""

    inputs: dict[str, list[Any]] = Field(
        min_length=1, examples=[{"image": [[[0, 5], [13, 9]]], "audio": [[0.0, 0.1, -0.1]]}]
    )


class Prediction(Answer):
    """Most probable label and the probabilities of all of them, sample by sample."""

    labels: list[Any]
    probabilities: list[list[float]]
    classes: list[Any] = Field(description="What the columns of `probabilities` stand for.")
    missing: list[str] = Field(
        default_factory=list, description="Modalities that the network reads and were not sent."
    )
    unused: list[str] = Field(
        default_factory=list, description="Modalities that were sent and the network does not read."
    )


class Scenario(Answer):
    """A stored activation with its citation."""

    id: str
    name: str


class Revision(Answer):
    """One entry of the append-only history."""

    seq: int
    at: str
    by: str
    action: str
    reason: str = ""
    changed: int = Field(default=0, description="How many records.")


class ModelQuery(PageQuery):
    """Which models; texts match anywhere in their column, in any case."""

    name: str | None = Field(default=None, description="Of the model.")
    area: str | None = Field(
        default=None, description="Served area: id (with sub-areas), name or modality."
    )
    function: str | None = None
    category: str | None = None
    modality: str | None = None
    text: str | None = Field(default=None, description="Anywhere in any column.")
    most: int | None = Field(default=None, ge=0, description="Most parameters.")


class CheckpointQuery(ModelQuery):
    """Which checkpoints; texts match anywhere in their column, in any case."""

    model: str | None = Field(default=None, description="Of this model.")
    dataset: str | None = Field(default=None, description="Trained on this data set.")
    optimizer: str | None = None
    platform: str | None = None
    metric: str | None = None
    least: float | None = Field(default=None, description="Least value of the metric.")
