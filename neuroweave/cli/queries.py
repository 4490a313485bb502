"""Asking in Cypher, and questions with a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atlas.errors import InvalidInput
from neuroweave.cli.output import Json, listing, print_json, print_table
from neuroweave.cli.session import beside, open_store

if TYPE_CHECKING:
    from graph.ask import CypherResult
    from graph.store import Store

app = typer.Typer(help="Stored queries: built-in and saved ones.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Name, or name@version.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="name=value (value as JSON or text).")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="Write the rows (.csv), or their regions as a network (.graphml), a map (.nii.gz) or "
        "a BIDS segmentation (.zip).",
    ),
]
Rows = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many rows.")]


def register(app: typer.Typer) -> None:
    """Add the commands that belong to no group."""
    app.command()(cypher)


def cypher(
    query: Annotated[str, typer.Argument(help="One reading Cypher statement.")],
    parameter: Parameters = None,
    limit: Rows = 1000,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Ask the graph a question in Cypher; nothing can be changed this way."""
    from graph.ask import ask

    if out:
        _require_ending(out)
    with open_store() as store:
        found = ask(store, query, _values(parameter or []), limit=limit)
        if out:
            _export(store, found, out, as_json)
            return
    _print(found, as_json)


@app.command("list")
def list_queries(as_json: Json = False) -> None:
    """The built-in queries, your own, and shared ones."""
    from graph import stored_queries

    with open_store() as store, beside(store) as living:
        found = stored_queries.list_queries(living, by=_by())
    rows = [one.to_dict() for one in found]
    listing(rows, None, as_json, ("id", "version", "owner", "description"), spare=("owner",))


@app.command("show")
def show_query(id: Id, as_json: Json = False) -> None:
    """The statement and its parameters."""
    from graph import stored_queries

    with open_store() as store, beside(store) as living:
        found = stored_queries.get(living, id, by=_by(), admin=True)
    if as_json:
        print_json(found.to_dict())
        return
    print(f"// {found.description}")
    for name, kind in found.parameters.items():
        print(f"// ${name}: {kind}")
    print(found.query)


@app.command("run")
def run_query(
    id: Id,
    parameter: Parameters = None,
    limit: Rows = 1000,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run a stored query with values for its parameters."""
    from graph import stored_queries

    if out:
        _require_ending(out)
    with open_store() as store, beside(store) as living:
        query = stored_queries.get(living, id, by=_by(), admin=True)
        values = _values(parameter or [], query.parameters)
        found = stored_queries.execute(store, query, values, limit=limit)
        if out:
            _export(store, found, out, as_json)
            return
    _print(found, as_json)


@app.command("save")
def save_query(
    id: Annotated[str, typer.Argument(help="Name.")],
    query: Annotated[str, typer.Argument(help="One reading Cypher statement.")],
    parameter: Annotated[
        list[str] | None, typer.Option("--param", "-p", help="name=TYPE, such as id=STRING.")
    ] = None,
    description: Annotated[str, typer.Option("--description", help="What it answers.")] = "",
    shared: Annotated[bool, typer.Option("--shared", help="Let others see and run it.")] = False,
    as_json: Json = False,
) -> None:
    """Keep a statement under a name; a change makes the next version."""
    from graph import stored_queries

    declared = dict(_pair(text) for text in parameter or [])
    with open_store() as store:
        saved, new = stored_queries.save(
            store, id, query, declared, by=_by(), description=description, shared=shared, admin=True
        )
    if as_json:
        print_json(saved.to_dict())
    else:
        print(f"{saved.id}@{saved.version} {'saved' if new else 'is there already'}")


@app.command("delete")
def delete_query(id: Annotated[str, typer.Argument(help="Name.")]) -> None:
    """Take a saved query away, with all its versions."""
    from graph import stored_queries

    with open_store() as store:
        stored_queries.delete(store, id, by=_by(), admin=True)
    print(f"{id} deleted")


def _by() -> str:
    from getpass import getuser

    return getuser()


def _require_ending(out: Path) -> str:
    from composer.export import format_of

    return format_of(out)


def _export(store: Store, found: CypherResult, out: Path, as_json: bool) -> None:
    from atlas.whole_files import write_whole
    from composer.query_export import export_query

    made = export_query(store, found.fields, found.rows, _require_ending(out))
    write_whole(out, made.content, what="out")
    told = {"path": str(out), "rows": len(found.rows), "bytes": len(made.content)}
    if as_json:
        print_json({**told, "truncated": found.truncated})
        return
    more = ", truncated (see --limit)" if found.truncated else ""
    print(f"{out}: {len(found.rows)} rows{more}, {len(made.content):,} bytes")


def _print(found: CypherResult, as_json: bool) -> None:
    if as_json:
        print_json(found.to_dict())
        return
    print_table(found.fields, found.rows)
    more = ", truncated (see --limit)" if found.truncated else ""
    print(f"{len(found.rows)} rows in {found.took_ms:.0f} ms{more}")


def _values(pairs: list[str], declared: dict[str, str] | None = None) -> dict[str, Any]:
    """Each value as JSON where it is some, else as text; text stays text where one is declared."""
    values: dict[str, Any] = {}
    for name, text in map(_pair, pairs):
        wants_text = (declared or {}).get(name, "").startswith("STRING")
        try:
            values[name] = text if wants_text else json.loads(text)
        except json.JSONDecodeError:
            values[name] = text
    return values


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise InvalidInput("--param", found=repr(text), expected="name=value")
    return name, value
