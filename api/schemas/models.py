"""What people state about models and weights, and the library as a table."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import UploadFile
from pydantic import Field

from api.schemas.base import PLAIN, SAID, Answer, Body
from graph.statements import MAX_TEXT

Word = Annotated[str, Field(max_length=200, pattern=SAID)]
Plain = Annotated[str, Field(max_length=500, pattern=PLAIN)]
Count = Annotated[int, Field(ge=0, le=10**15)]


class NewModel(Body):
    """A base model: a structure and what it serves, apart from any weights."""

    id: str = Field(pattern=r"^[\w.-]{1,200}$", examples=["resnet18"])
    name: str = Field(max_length=200, pattern=SAID, examples=["ResNet18"])
    family: str = Field(default="", max_length=100, pattern=PLAIN, examples=["resnet-cifar"])
    category: str = Field(default="", max_length=200, pattern=PLAIN, examples=["ResNet"])
    functions: list[Word] = Field(default_factory=list, max_length=100, examples=[["detection"]])
    areas: list[Word] = Field(min_length=1, max_length=100, examples=[["visual"]])
    modality: str = Field(default="", max_length=50, pattern=PLAIN, examples=["image"])
    inputs: dict[str, Any] = Field(
        default_factory=dict, examples=[{"shape": [3, 32, 32], "normalisation": "0 to 1"}]
    )
    taps: dict[Word, list[Count]] = Field(
        default_factory=dict,
        examples=[{"stage1": [16, 32, 32]}],
        description="Channels first.",
        json_schema_extra={"propertyNames": {"maxLength": 200, "pattern": SAID}},
    )
    parameters: Count = Field(default=0, examples=[2_000_000])
    structure: str | None = Field(default=None, max_length=2000, pattern=PLAIN)
    metrics: list[Word] = Field(default_factory=list, max_length=20, examples=[["accuracy"]])


def _without_default(schema: dict[str, Any]) -> None:
    """A field that may be left out, and has no value that says so."""
    del schema["default"]


class SentCheckpoint(Body):
    """Weights with what is said of them."""

    file: UploadFile
    model: str = Field(description="Id of the base model.", examples=["resnet18"])
    dataset: str = Field(description="Id of the data set.", examples=["cifar10"])
    optimizer: str = Field(default="", max_length=200, pattern=PLAIN)
    platform: str = Field(default="", max_length=200, pattern=PLAIN)
    metric: str = Field(default="accuracy", max_length=200, pattern=SAID)
    value: float | None = Field(default=None, allow_inf_nan=False)
    licence: Plain | None = None
    origin: Plain | None = None
    trained_by: str | None = Field(default=None, max_length=200, pattern=PLAIN)
    derived_from: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")


class CheckpointFields(Body):
    """What is recorded of weights; null or an empty text takes it back, what is left out stays."""

    dataset: Word = Field(default="", examples=["cifar10"], json_schema_extra=_without_default)
    optimizer: Plain | None = None
    platform: Plain | None = None
    metric: Word = Field(default="", examples=["accuracy"], json_schema_extra=_without_default)
    value: float | None = Field(default=None, allow_inf_nan=False, examples=[0.96])
    licence: Plain | None = None
    origin: Plain | None = None
    trained_by: Plain | None = None
    derived_from: str | None = Field(default=None, pattern="^([0-9a-f]{64})?$")
    reason: str = Field(default="", max_length=MAX_TEXT, pattern=PLAIN)


class LibraryRow(Answer):
    """One line of the library: a base model, with one of its trained weights if it has any."""

    key: str
    id: str
    name: str | None = None
    areas: list[str] = Field(default_factory=list)
    functions: list[str] | None = None
    category: str | None = None
    family: str | None = None
    modality: str | None = None
    parameters: int | None = None
    sha256: str | None = None
    dataset: str | None = None
    metric: str | None = None
    value: float | None = None
    optimizer: str | None = None
    platform: str | None = None
    bytes: int | None = None
    licence: str | None = None
    origin: str | None = None
    trained_by: str | None = None


class Statistics(Answer):
    """Counts by area, family, data set and more; histograms of size and accuracy."""

    models: int
    checkpoints: int
    total_parameters: int
    total_bytes: int
    areas: dict[str, int]
    parameters: list[dict[str, float | None]]
    accuracy: list[dict[str, float | None]]


class Withdrawn(Answer):
    """A record was taken away; undoing the revision brings it back."""

    id: str
    revision: int
