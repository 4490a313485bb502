"""``connections``: matrices of connectivity between the regions of an atlas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli.output import Json, listing, print_json, print_table
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from atlas.model import Source
    from ingest.connectivity import Connectome

app = typer.Typer(help="Connections between regions, from matrices.", no_args_is_help=True)

_SHOWN = 20


@app.command("list")
def list_(
    atlas: Annotated[str | None, typer.Option("--atlas", help="Within this atlas.")] = None,
    as_json: Json = False,
) -> None:
    """Which sources gave connections within which atlases."""
    from graph import connections

    with open_store() as store:
        rows = connections.list_sources(store, atlas)
    columns = ("atlas", "source", "name", "kind", "connections", "weakest", "strongest", "licence")
    listing(rows, None, as_json, columns, spare=("name", "weakest", "strongest", "licence"))


@app.command("import")
def import_(
    matrix: Annotated[Path, typer.Argument(help="CSV, TSV or npy, also .gz; square, symmetric.")],
    atlas: Annotated[str, typer.Option("--atlas", help="Atlas whose regions it is about.")],
    kind: Annotated[str, typer.Option("--kind", help="functional or structural.")],
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="A label per line; else the header or first column."),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option("--values", help="Functional: correlation (default) or fisher-z."),
    ] = None,
    density: Annotated[
        float | None, typer.Option("--density", help="Keep this share of all pairs.")
    ] = None,
    top: Annotated[int | None, typer.Option("--top", help="Keep each region's strongest.")] = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Table of regions with other names.")
    ] = None,
    key_column: Annotated[
        str | None, typer.Option("--key-column", help="Its column that the labels stand in.")
    ] = None,
    source_name: Annotated[str, typer.Option("--source-name", help="What it is called.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Under which it may be used.")] = "",
    citation: Annotated[str, typer.Option("--citation", help="What to cite for it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Store a matrix as connections; rows are matched to regions by label name.

    Rows without a region are reported and left out. A second import changes nothing; another
    threshold is a source of its own, beside the former.
    """
    from atlas.connectome import EdgeThreshold
    from composer.activation import load_atlas
    from graph import connections
    from ingest.connectivity import match, read_keys, read_matrix

    _one_of("kind", kind, ("functional", "structural"))
    unit = values or ("correlation" if kind == "functional" else "as-is")
    _one_of("values", unit, ("correlation", "fisher-z", "as-is"))
    threshold = EdgeThreshold(density=density, top=top)
    rows = read_matrix(matrix, labels)
    names = None if keys is None else read_keys(keys, key_column or "name")
    with open_store() as store:
        found = match(
            rows,
            atlas,
            load_atlas(store, atlas).regions,
            source=_source(matrix, source_name, licence, citation),
            kind=kind,  # type: ignore[arg-type]
            values=unit,  # type: ignore[arg-type]
            threshold=threshold,
            keys=names,
        )
        report = None
        if not dry_run:
            report = connections.put(store, atlas, found.source, found.kind, found.pairs)
    answer = _answer(found) | {"dry_run": dry_run}
    if report is not None:
        answer |= {key: getattr(report, key) for key in ("created", "changed", "unchanged")}
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _answer(found: Connectome) -> dict[str, Any]:
    return {
        "atlas": found.atlas,
        "source": found.source.id,
        "kind": found.kind,
        "threshold": found.threshold,
        "matched": found.matched,
        "connections": len(found.pairs),
        "unmatched_rows": list(found.unmatched_rows),
        "unmatched_regions": list(found.unmatched_regions),
    }


def _print(answer: dict[str, Any]) -> None:
    shown = {**answer}
    for key in ("unmatched_rows", "unmatched_regions"):
        names = shown[key]
        more = ", …" if len(names) > _SHOWN else ""
        shown[key] = f"{len(names)}: " + ", ".join(names[:_SHOWN]) + more if names else "0"
    print_table(("field", "value"), ([key, value] for key, value in shown.items()))


def _source(matrix: Path, name: str, licence: str, citation: str) -> Source:
    from atlas.model import Source

    id = (name or matrix.name.partition(".")[0]).strip().lower().replace(" ", "-")
    return Source(id, name or matrix.name, licence=licence, citation=citation)


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    from atlas.errors import InvalidInput

    if value not in known:
        raise InvalidInput(field, found=repr(value), expected="one of " + ", ".join(known))
