"""The library as the paper's Table 1: found by any column, counted, and its files named."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from atlas.errors import Conflict
from graph import areas, pages, records, revisions
from graph.clock import now
from graph.gone import missing, require
from graph.store import Row, Store, Tx
from graph.succession import Succession
from graph.values import slug

TEXTS = ("name", "function", "category", "dataset", "optimizer", "platform", "metric")
COLUMN = {"function": "functions"}
SIZES = (1e4, 1e5, 1e6, 1e7, 1e8)
_SHOWN = 5
VALUES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows of the table; what is None does not matter, texts match anywhere in any case.

    ``area`` is an id, that of an area above it, a name, or the modality of a top area; ``text``
    may be in any column. ``least`` bounds the metric's value from below, ``most`` the parameters
    from above; ``trained`` leaves out base models of which nothing was trained.
    """

    model: str | None = None
    name: str | None = None
    area: str | None = None
    function: str | None = None
    category: str | None = None
    modality: str | None = None
    dataset: str | None = None
    optimizer: str | None = None
    platform: str | None = None
    metric: str | None = None
    text: str | None = None
    least: float | None = None
    most: int | None = None
    trained: bool = False


def table(
    store: Store, search: Search | None = None, limit: int = 100, after: str = ""
) -> tuple[list[Row], str | None]:
    """Rows of base and pre-trained models by ``key``, and the key to go on after.

    A row has the columns of the paper's Table 1 (name, areas, functions, category, dataset,
    parameters, metric and value, optimizer, platform) and where it comes from.

    Raises:
        InvalidInput: a limit that makes no sense. NotFound: as :func:`found`.
    """
    pages.check_limit(limit)
    rows = (row for row in found(store, search or Search()) if row["key"] > after)
    return pages.page(list(itertools.islice(rows, limit + 1)), limit, "key")


def found(store: Store, search: Search) -> Iterator[Row]:
    """All rows that a search finds, by key; do not change them.

    Raises:
        NotFound: a model or area that is not in the graph.
    """
    require(store, model=search.model)
    places = _places(store, search.area)
    for row in whole_table(store):
        if _numbers_fit(row, search) and _texts_fit(row, search, places):
            yield row


def whole_table(store: Store) -> Sequence[Row]:
    """All rows by key; read once for each revision of the graph and kept in memory.

    Rows are shared: do not change them.
    """
    newest = store.read(
        "revision/list", before=2**62, by=None, since=None, until=None, among=None, limit=1
    )
    # The time too: a database that was emptied or restored counts from the beginning again.
    state = tuple((row["seq"], row["at"]) for row in newest)
    kept = _TABLES.get(store)
    if kept is None or kept[0] != state:
        kept = (state, store.read("model/table"))
        _TABLES[store] = kept
    return kept[1]


_TABLES: WeakKeyDictionary[Store, tuple[object, list[Row]]] = WeakKeyDictionary()


def _places(store: Store, area: str | None) -> tuple[str, ...] | None:
    """Ids of the areas that go by this id or name; what others have replaced stands for those.

    The modality of a top area is a name of it, as where models are typed in.
    """
    if area is None:
        return None
    low = area.strip().lower()
    named = [row["id"] for row in areas.list_areas(store, replaced=True) if low in _names(row)]
    if not named:
        raise missing(store, "area", area, "id or name of an area, or the modality of a top area")
    return tuple(Succession.load(store).all("area", named))


def _names(area: Row) -> tuple[str, ...]:
    top = "" if "." in area["id"] else str(area["modality"] or "").lower()
    return (area["id"].lower(), str(area["name"]).lower(), *([top] if top else []))


def _numbers_fit(row: Row, wanted: Search) -> bool:
    value, parameters = row["value"], row["parameters"] or 0
    return (
        (wanted.model is None or row["id"] == wanted.model)
        and (wanted.least is None or (value is not None and value >= wanted.least))
        and (wanted.most is None or parameters <= wanted.most)
        and not (wanted.trained and row["sha256"] is None)
    )


def _texts_fit(row: Row, wanted: Search, places: tuple[str, ...] | None) -> bool:
    if places is not None and not any(
        area == place or area.startswith(place + ".") for area in row["areas"] for place in places
    ):
        return False
    if wanted.modality is not None and _text(row["modality"]) != wanted.modality.strip().lower():
        return False
    for name in TEXTS:
        part = getattr(wanted, name)
        if part is None:
            continue
        low, column = part.strip().lower(), _text(row[COLUMN.get(name, name)])
        if low not in column and not (name == "dataset" and slug(low) and slug(low) in column):
            return False
    if wanted.text is None:
        return True
    return wanted.text.strip().lower() in " ".join(_text(value) for value in row.values())


def _text(value: object) -> str:
    """Lower case; the words of a list one after the other."""
    if isinstance(value, list):
        return " ".join(map(str, value)).lower()
    return "" if value is None else str(value).lower()


def statistics(store: Store) -> dict[str, Any]:
    """How many models there are, of what size, how good, and of which kind.

    ``areas`` counts models under their top areas; ``parameters`` and ``accuracy`` are histograms
    with the bounds of their bins (the last has none above). Accuracies are values of metrics
    that are called so.
    """
    rows = whole_table(store)
    models = {row["id"]: row for row in rows}
    trained = [row for row in rows if row["sha256"]]
    good = [r["value"] for r in trained if r["value"] is not None and "accuracy" in r["metric"]]
    tops = [{area.split(".")[0] for area in row["areas"]} for row in models.values()]
    return {
        "models": len(models),
        "checkpoints": len(trained),
        "total_parameters": sum(row["parameters"] or 0 for row in trained),
        "total_bytes": sum(row["bytes"] or 0 for row in trained),
        "areas": _counted(area for areas in tops for area in areas),
        **{
            column: _counted(row[column] for row in source if row[column])
            for column, source in (
                ("family", models.values()),
                ("category", models.values()),
                ("modality", models.values()),
                ("dataset", trained),
                ("optimizer", trained),
                ("platform", trained),
            )
        },
        "parameters": histogram([row["parameters"] or 0 for row in models.values()], SIZES),
        "accuracy": histogram(good, VALUES),
    }


def histogram(values: Sequence[float], bounds: Sequence[float]) -> list[dict[str, Any]]:
    """Counts between bounds: a bin holds what is at least ``from`` and less than ``to``.

    >>> histogram([1, 5, 20], [5, 10])
    [{'from': None, 'to': 5, 'count': 1}, {'from': 5, 'to': 10, 'count': 1},
     {'from': 10, 'to': None, 'count': 1}]
    """
    edges = [None, *bounds, None]
    return [
        {
            "from": low,
            "to": high,
            "count": sum(
                (low is None or one >= low) and (high is None or one < high) for one in values
            ),
        }
        for low, high in itertools.pairwise(edges)
    ]


def kept(store: Store) -> Mapping[str, int | None]:
    """sha256 of every file that the graph refers to, with its bytes where they are recorded.

    Records without a file (stated from a publication) have 0 bytes.
    """
    return {row["sha256"]: row["bytes"] for row in store.read("checkpoint/kept")}


def withdraw(store: Store, noun: str, id: str, *, by: str, reason: str = "") -> int:
    """Take a record away; returns the revision, whose undoing brings it back.

    Raises:
        NotFound: no such record (:class:`graph.gone.Gone` where it was withdrawn before).
        Conflict: something refers to it; names what.
    """

    def work(tx: Tx) -> int | None:
        revisions.hold(tx)
        row = records.read(tx, [(noun, id)]).get((noun, id))
        if row is None:
            return None
        refuse_referred(noun, _referrers(tx, noun, id))
        seqs = [step["seq"] for step in tx.run("history/of_record", noun=noun, id=id)]
        detail = {"withdrawn": id}
        action = f"withdraw {noun}"
        seq = revisions.append(tx, by=by, action=action, at=now(), reason=reason, detail=detail)
        records.withdraw(tx, {(noun, id): row}, max(seqs), seq)
        return seq

    seq = store.transaction(work)
    if seq is None:
        raise missing(store, noun, id, "the id of a stored record")
    return seq


def referrers(store: Store, noun: str, id: str) -> list[str]:
    """What a withdrawal is refused for, as ``Checkpoint 5f…``."""
    return store.reading(lambda tx: _referrers(tx, noun, id))


def refuse_referred(noun: str, named: Sequence[str]) -> None:
    """Refuse to take away what something refers to.

    Raises:
        Conflict: names the first of these.
    """
    if named:
        found = ", ".join([*named[:_SHOWN], *(["…"] if len(named) > _SHOWN else [])])
        raise Conflict(noun, found=found, expected=f"nothing that refers to this {noun}")


def _referrers(tx: Tx, noun: str, id: str) -> list[str]:
    rows = tx.run(f"{noun}/referrers", id=id)
    return sorted(f"{row['label']} {row['id']}" for row in rows)


def _counted(items: Iterable[str]) -> dict[str, int]:
    counts = Counter(items)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
