"""Models as people type them, after the paper's Table 1: one line states base and pre-trained."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from atlas.errors import Conflict, InvalidInput, NotFound
from atlas.model import Area
from graph import areas, changes, checkpoints, datasets, models
from graph.checkpoints import CheckpointRecord
from graph.datasets import DatasetRecord
from graph.models import ModelRecord
from graph.store import Store
from graph.values import slug

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "name": "the model",
        "areas": "functional areas and sub-areas, separated by commas: ids, names or modalities",
        "functions": "separated by commas",
        "category": "kind of structure, as ResNet",
        "dataset": "what it was trained on",
        "size": "parameters: 269722, 270k, 2M, 1.5B",
        "accuracy": "as 96 %, 96% or 0.96",
        "optimizer": "",
        "platform": "as PyTorch",
        "metric": "what accuracy measures, if not the accuracy",
        "structure": "what it is made of, in words",
        "modality": "",
        "licence": "of the weights",
        "origin": "where they are published",
        "trained_by": "who trained it",
        "derived_from": "sha256 of the checkpoint that training started from",
    }
)
REQUIRED = ("name", "areas")
TRAINED = ("accuracy", "optimizer", "platform", "licence", "origin", "trained_by", "derived_from")
"""What is said of weights, and so of a data set that they were trained on."""
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9}


@dataclass(frozen=True, slots=True)
class Weights:
    """A file: its sha256, bytes and number of parameters, and its family.

    ``keep`` stores it, once all that is stated is accepted (``last`` of
    :func:`graph.changes.put_together`).
    """

    sha256: str
    bytes: int
    parameters: int
    family: str
    keep: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Added:
    """What was written: ids of models, sha256 of checkpoints, and models that were there."""

    models: tuple[str, ...]
    checkpoints: tuple[str, ...]
    known: tuple[str, ...]


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file whose first line names columns of :data:`COLUMNS`.

    Raises:
        NotFound: no such file. InvalidInput: no text, unknown columns, no rows, or one of another
            length.
    """
    if not path.is_file():
        raise NotFound("file", found=path.name, expected="a CSV file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = list(reader.fieldnames or ())
            if unknown := sorted(set(names) - set(COLUMNS)):
                raise InvalidInput("columns", found=unknown[0], expected=", ".join(COLUMNS))
            rows = [dict(row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(path.name, found=str(error), expected="a CSV file in UTF-8") from error
    if not rows:
        raise InvalidInput(path.name, found="no rows", expected="a line for each model")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            expected = f"{len(names)} cells, as in the first line"
            raise InvalidInput(f"line {number}", found="another number", expected=expected)
    return rows


def add(
    store: Store,
    rows: Sequence[Mapping[str, str]],
    *,
    by: str,
    reason: str = "",
    weights: Weights | None = None,
    new_areas: bool = False,
) -> Added:
    """Write typed rows: data sets and models that are not there yet, and what was trained.

    A row without data set is a base model alone. All rows are read before anything is written,
    and all is written in one revision.

    Args:
        store: the graph.
        rows: cells by the names in :data:`COLUMNS`; what is missing is not known.
        by: who says so.
        reason: why.
        weights: the file of the only row; without one, its id is the hash of what is stated.
        new_areas: make areas that are not there instead of refusing them.

    Raises:
        NotFound: an area that is not there. InvalidInput: a cell that cannot be read, the same
            model twice with different cells. Conflict: the model is there and is another, or its
            weights are recorded and the row says otherwise of them.
    """
    if weights is not None and len(rows) != 1:
        raise InvalidInput("rows", found=len(rows), expected="one for one file")
    known = _Areas(store, new_areas)
    parsed = [_Parsed(row, number, known, weights) for number, row in enumerate(rows, start=1)]
    there = {row["id"]: row for row in models.list_models(store)}
    fresh: dict[str, ModelRecord] = {}
    for one in parsed:
        if one.model.id in there:
            _refuse_other(there[one.model.id], one.model)
        elif fresh.setdefault(one.model.id, one.model) != one.model:
            raise Conflict("name", found=one.model.name, expected="the same cells in every row")
    kept = {row["id"] for row in datasets.list_datasets(store)}
    wanted = {one.dataset.id: one.dataset for one in parsed if one.dataset}
    trained = [one.checkpoint for one in parsed if one.checkpoint]
    parts = (
        areas.part(known.fresh),
        datasets.part([record for id, record in wanted.items() if id not in kept]),
        models.part(list(fresh.values())),
        checkpoints.new_part(trained),
    )
    changes.put_together(
        store,
        parts,
        by=by,
        reason=reason,
        action="add models",
        last=weights.keep if weights else lambda: None,
    )
    names = {one.model.id for one in parsed}
    return Added(
        tuple(sorted(fresh)),
        tuple(dict.fromkeys(one.sha256 for one in trained)),
        tuple(sorted(names - set(fresh))),
    )


def number_of_parameters(text: str) -> int:
    """A size as people write it.

    Raises:
        InvalidInput: no such size.

    >>> number_of_parameters("2M"), number_of_parameters("269,722"), number_of_parameters("1.5 k")
    (2000000, 269722, 1500)
    """
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) ?([KMBG]?)", text.replace(",", "").upper())
    if match is None:
        raise InvalidInput("size", found=repr(text[:50]), expected="as 269722, 270k, 2M or 1.5B")
    return round(float(match[1]) * _UNITS[match[2]])


def share(text: str) -> float:
    """An accuracy between 0 and 1, however it is written.

    Raises:
        InvalidInput: not between 0 and 1 (0 and 100 %).

    >>> share("96 %"), share("0.96")
    (0.96, 0.96)
    """
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,12})?) ?(%?)", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value <= 1:
        raise InvalidInput("accuracy", found=repr(text[:50]), expected="as 96 %, or 0.96")
    return round(value, 12)


class _Areas:
    """Areas by what people call them."""

    def __init__(self, store: Store, new: bool) -> None:
        self.rows = areas.list_areas(store)
        self.new, self.fresh = new, list[Area]()

    def find(self, name: str) -> str:
        low = name.lower()
        for key in ("id", "name"):
            for row in self.rows:
                if str(row[key]).lower() == low:
                    return str(row["id"])
        for row in self.rows:
            if str(row["modality"]).lower() == low and "." not in row["id"]:
                return str(row["id"])
        if not self.new:
            raise NotFound(
                "areas",
                found=name,
                expected=", ".join(str(row["id"]) for row in self.rows),
                hint="new areas have to be asked for",
            )
        area = Area(slug(name), name, (), "")
        self.fresh.append(area)
        self.rows.append({"id": area.id, "name": name, "modality": ""})
        return area.id


class _Parsed:
    """One row as records."""

    def __init__(
        self, row: Mapping[str, str], number: int, known: _Areas, weights: Weights | None
    ) -> None:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        for name in REQUIRED:
            if not cells[name]:
                raise InvalidInput(f"row {number}: {name}", found="nothing", expected=COLUMNS[name])
        id = slug(cells["name"])
        if not id:
            expected = "a name with a letter or a digit"
            raise InvalidInput(f"row {number}: name", found=repr(cells["name"]), expected=expected)
        lost = [name for name in TRAINED if cells[name]]
        if not cells["dataset"] and (lost or weights):
            expected = f"{COLUMNS['dataset']}, for {', '.join(lost) or 'weights'}"
            raise InvalidInput(f"row {number}: dataset", found="nothing", expected=expected)
        with _of_row(number):
            parameters = number_of_parameters(cells["size"]) if cells["size"] else 0
            value = share(cells["accuracy"]) if cells["accuracy"] else None
        metric = cells["metric"] or "accuracy"
        self.model = ModelRecord(
            id=id,
            name=cells["name"],
            family=weights.family if weights else slug(cells["category"]),
            category=cells["category"],
            functions=tuple(_listed(cells["functions"])),
            areas=tuple(sorted(known.find(area) for area in _listed(cells["areas"]))),
            modality=cells["modality"],
            parameters=weights.parameters if weights else parameters,
            structure=cells["structure"] or None,
            metrics=(metric,) if cells["accuracy"] or cells["metric"] else (),
        )
        self.dataset: DatasetRecord | None = None
        self.checkpoint: CheckpointRecord | None = None
        if not cells["dataset"]:
            return
        self.dataset = DatasetRecord(slug(cells["dataset"]), cells["dataset"])
        self.checkpoint = CheckpointRecord(
            sha256=weights.sha256 if weights else _stated(cells),
            model=self.model.id,
            dataset=self.dataset.id,
            optimizer=cells["optimizer"],
            platform=cells["platform"],
            metric=metric,
            value=value,
            bytes=weights.bytes if weights else 0,
            derived_from=cells["derived_from"] or None,
            licence=cells["licence"] or None,
            origin=cells["origin"] or None,
            trained_by=cells["trained_by"] or None,
        )


@contextmanager
def _of_row(number: int) -> Iterator[None]:
    """Say in which row a cell cannot be read."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(
            f"row {number}: {error.field}", found=error.found, expected=error.expected
        ) from error


def _stated(cells: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(cells), sort_keys=True).encode()).hexdigest()


def _listed(text: str) -> Iterable[str]:
    return dict.fromkeys(one.strip() for one in text.split(",") if one.strip())


def _refuse_other(there: Mapping[str, object], stated: ModelRecord) -> None:
    """A model that is there stays as it is; a row that says otherwise is not silently dropped."""
    for name in ("category", "parameters", "areas", "functions"):
        new = getattr(stated, name)
        new = list(new) if isinstance(new, tuple) else new
        if new and _ordered(new) != _ordered(there[name]):
            raise Conflict(
                f"model {stated.id}: {name}",
                found=new,
                expected=f"{there[name]}, as it is stored",
                hint="another structure needs another name",
            )


def _ordered(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value
