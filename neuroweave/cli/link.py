"""``link``: region-function claims and model links, shown, stated and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from graph.edits import Edit
    from graph.store import Store

app = typer.Typer(help="Links: regions, their functions and models.", no_args_is_help=True)
model = typer.Typer(help="Which models suit which regions.", no_args_is_help=True)
app.add_typer(model, name="model")

Id = Annotated[str, typer.Argument(help="Id of a claim, or region|model of a model link.")]
Region = Annotated[str | None, typer.Option("--region", help="Region id.")]
Function = Annotated[str | None, typer.Option("--function", help="Function id.")]
Proposed = Annotated[
    bool, typer.Option("--include-proposed", help="As if every proposal were accepted.")
]
By = Annotated[str | None, typer.Option("--by", help="Who; your login name if not said.")]
Comment = Annotated[
    str | None, typer.Option("--comment", "--reason", help="What to say along with it: why.")
]
Rationale = Annotated[str | None, typer.Option("--rationale", help="Why.")]
Citation = Annotated[str | None, typer.Option("--citation", help="A DOI or PubMed id.")]
Weight = Annotated[float | None, typer.Option("--weight", help="In (0, 1].")]
Propose = Annotated[bool, typer.Option("--propose", help="For somebody else to accept.")]
Expected = Annotated[
    str | None, typer.Option("--expected", help="Digest of the record as read; refused if other.")
]


def login(by: str | None) -> str:
    """The name that history keeps: the one said, or the login's."""
    from getpass import getuser

    return by or getuser()


def own_review() -> bool:
    """Whether one may accept one's own edits here."""
    from neuroweave.settings import load_settings

    return load_settings().self_review is not False


def make(store: Store, edit: Edit, by: str | None, as_json: bool) -> None:
    """Make one edit and show the record as it is now."""
    from graph import edits, records

    applied = edits.apply(store, [edit], by=login(by), allow_self_review=own_review())
    changed = (change.id for change in applied.changes if change.noun == edit.noun)
    record = records.get(store, edit.noun, edit.id or next(changed))
    if as_json:
        print_json({**record, "seq": applied.seq})
        return
    what = "nothing differs" if applied.seq is None else f"revision {applied.seq}"
    says = "never use it there" if record.get("allow") is False else f"weight {record['weight']:g}"
    print(f"{what}: {record['id']} is {record['status']}, {says}")


def noun_of(store: Store, id: str) -> Any:  # noqa: ANN401 - one of two words
    """Tell whether an id is that of a claim or of a model link.

    Raises:
        NotFound: neither.
    """
    from atlas.errors import NotFound
    from graph import records

    both = [("claim", id), ("model_link", id)]
    found = store.reading(lambda tx: records.read(tx, both))
    if not found:
        raise NotFound(
            "id",
            found=id,
            expected="the id of a claim or a model link",
            hint="of a region or a function: --region ID, --function ID",
        )
    return next(iter(found))[0]


@app.command()
def show(
    id: Annotated[
        str | None, typer.Argument(help="Id of a claim or model link, to see all of it.")
    ] = None,
    region: Region = None,
    function: Function = None,
    include_proposed: Proposed = False,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """Links of a region or a function with their weights; or one claim with all that was said."""
    from graph.links import list_links

    with open_store() as store:
        if id is not None:
            _show_one(store, id, as_json)
            return
        rows, following = list_links(
            store,
            region=region,
            function=function,
            limit=limit,
            after=after,
            include_proposed=include_proposed,
        )
    listing(rows, following, as_json, ("region", "function", "weight"))


@app.command()
def add(
    region: Annotated[str, typer.Argument(help="Region id.")],
    function: Annotated[str, typer.Argument(help="Function id.")],
    weight: Annotated[float, typer.Option("--weight", help="In (0, 1].")],
    rationale: Annotated[str, typer.Option("--rationale", help="Why.")],
    citation: Annotated[str, typer.Option("--citation", help="A DOI or PubMed id.")],
    comment: Comment = None,
    propose: Propose = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """State that a region has a function."""
    from graph.edits import Edit

    edit = Edit(
        "add_claim",
        region=region,
        function=function,
        weight=weight,
        rationale=rationale,
        citation=citation,
        status="proposed" if propose or not own_review() else "accepted",
        comment=comment,
    )
    with open_store() as store:
        make(store, edit, by, as_json)


@app.command("set")
def set_(
    id: Id,
    weight: Weight = None,
    rationale: Rationale = None,
    citation: Citation = None,
    comment: Comment = None,
    expected: Expected = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Change weight, rationale or citation of a claim or a model link."""
    from atlas.errors import InvalidInput
    from graph.edits import Edit

    stated = {"weight": weight, "rationale": rationale, "citation": citation}
    if all(value is None for value in stated.values()):
        raise InvalidInput("set", found="nothing", expected="--weight, --rationale or --citation")
    with open_store() as store:
        noun = noun_of(store, id)
        edit = Edit("edit", noun, id, **stated, comment=comment, expected=expected)  # type: ignore[arg-type]
        make(store, edit, by, as_json)


@app.command()
def comment(
    id: Id,
    text: Annotated[str, typer.Argument(help="What to say.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say something about a claim or a model link; `link show ID` lists what was said."""
    from graph.edits import Edit

    with open_store() as store:
        make(store, Edit("comment", noun_of(store, id), id, comment=text), by, as_json)


@model.command("list")
def list_(
    region: Region = None,
    model: Annotated[str | None, typer.Option("--model", help="Model id.")] = None,
    status: Annotated[
        str, typer.Option("--status", help="accepted, proposed, rejected or any.")
    ] = "any",
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """What people state of regions and models."""
    from graph import model_links

    with open_store() as store:
        rows, following = model_links.list_links(
            store,
            region=region,
            model=model,
            status=None if status == "any" else status,
            limit=limit,
            after=after,
        )
    listing(rows, following, as_json, ("id", "allow", "weight", "status", "rationale"))


@model.command("add")
def add_model(
    region: Annotated[str, typer.Argument(help="Region id.")],
    model: Annotated[str, typer.Argument(help="Model id.")],
    rationale: Annotated[str, typer.Option("--rationale", help="Why.")],
    forbid: Annotated[bool, typer.Option("--forbid", help="Never use this model here.")] = False,
    weight: Weight = None,
    citation: Citation = None,
    comment: Comment = None,
    propose: Propose = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """State that a model suits a region, or forbid it there; again: change what was stated."""
    from graph.edits import Edit

    edit = Edit(
        "forbid_model" if forbid else "link_model",
        "model_link",
        region=region,
        model=model,
        weight=weight,
        rationale=rationale,
        citation=citation,
        status="proposed" if propose or not own_review() else "accepted",
        comment=comment,
        id=f"{region}|{model}",
    )
    with open_store() as store:
        make(store, edit, by, as_json)


def _show_one(store: Store, id: str, as_json: bool) -> None:
    from graph import comments, history, records

    noun = noun_of(store, id)
    record = records.get(store, noun, id)
    said = comments.of(store, noun, id)
    revisions, _ = history.of(store, record=(noun, id), limit=1000)
    if as_json:
        print_json({**record, "comments": said, "revisions": revisions})
        return
    print_table(
        ("field", "value"), ([k, v] for k, v in record.items() if v not in (None, "")), title=noun
    )
    if said:
        print_table(("at", "by", "comment"), ([one["at"], one["by"], one["text"]] for one in said))
    columns = ("seq", "at", "by", "action", "reason")
    print_table(columns, ([one[name] for name in columns] for one in revisions))
