"""``functions``: the tree of mental functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store
from neuroweave.cli.vocabulary import add_commands

app = typer.Typer(help="Mental functions and ontologies.", no_args_is_help=True)
add_commands(app, "function", splits=True)


@app.command("list")
def list_(
    q: Annotated[str | None, typer.Option("--q", help="Words of names or definition.")] = None,
    limit: Limit = 200,
    after: After = None,
    as_json: Json = False,
) -> None:
    """The functions by id; the dots are the tree."""
    from graph import functions

    with open_store() as store:
        rows, following = functions.list_functions(store, q=q, limit=limit, after=after)
    listing(rows, following, as_json, ("id", "name", "ontology", "external_id", "n_regions"))


@app.command()
def show(
    function: Annotated[str, typer.Argument(help="Function id.")],
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """One function: what it is, and the regions with the strongest evidence for it."""
    from graph import functions

    with open_store() as store:
        found = functions.get(store, function)
        regions, _ = functions.regions(store, function, limit=limit)
    if as_json:
        print_json({**found, "regions": regions})
        return
    relations = found.pop("relations")
    print_table(("field", "value"), ([key, value] for key, value in found.items()))
    if relations:
        print_table(
            ("relation", "function", "name", "source"),
            ([_word(row), row["function"], row["name"], row["source"]] for row in relations),
        )
    columns = ("region", "name", "weight", "functions")
    print_table(columns, ([row[column] for column in columns] for row in regions))


def _word(relation: dict[str, Any]) -> str:
    """The source's word for a relation, read from the function that is shown."""
    return relation["kind"] if relation["outgoing"] else f"← {relation['kind']}"


@app.command("import")
def import_(
    ontology: Annotated[str, typer.Argument(help="brainmap or cognitive-atlas.")],
    data: Annotated[Path, typer.Option("--data", help="Folder with your copy of it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List only, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Hang an ontology's terms below the tree; list those that have no exact function."""
    from ingest.ontologies.load import load

    with open_store() as store, progress_bar(ontology) as progress:
        progress("reading", 0.1)
        found = load(store, ontology, data, dry_run=dry_run)
        progress("done", 1.0)
    rows: list[dict[str, Any]] = [
        {
            "ontology": one.ontology,
            "terms": one.terms,
            "exact": one.terms - len(one.placement.unmapped),
            "created": one.functions.created,
            "aliases": one.aliases.written,
            "relations": one.relations.written,
            "unmapped": [
                {"term": term.label, "function": one.placement.ids.get(term.external_id)}
                for term in one.placement.unmapped
            ],
        }
        for one in found
    ]
    if as_json:
        print_json({"dry_run": dry_run, "ontologies": rows})
        return
    for row in rows:
        print(f"{row['ontology']}: {row['terms']} terms, {row['exact']} exact; new names of")
        print(f"{row['aliases']} functions, {row['relations']} new relations; the others hang at")
        print_table(
            ("term", "function"), ([one["term"], one["function"]] for one in row["unmapped"])
        )
