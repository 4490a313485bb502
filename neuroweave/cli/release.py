"""``release``: the graph as plain text that can be cited, checked and loaded again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from neuroweave.cli.output import Json, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store

app = typer.Typer(help="Releases: the graph as plain text, with a digest.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Id of a release, such as v2026.11.")]
Where = Annotated[
    str, typer.Argument(help="Folder of a release, a .zip or .tar.gz of it, or its id here.")
]


@app.command()
def create(
    id: Id,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            help="Leave out a source (id) or all with a term: noncommercial, sharealike, "
            "noderivatives, unknown, attribution. May be repeated.",
        ),
    ] = None,
    policy: Annotated[
        Literal["refuse", "note"],
        typer.Option("--licence-policy", help="Licences that do not go together: refuse or note."),
    ] = "refuse",
    volumes: Annotated[
        bool, typer.Option("--with-volumes", help="Take along voxels, where that is allowed.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="Also write a copy there: a folder, or a .zip.")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option("--author", help="For the citation; may be repeated.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="For the citation.")] = "",
    as_json: Json = False,
) -> None:
    """Write the whole graph as text into the releases of this data directory."""
    from graph.releases.create import AUTHORS
    from graph.releases.shelf import Shelf
    from jobs.release import ReleaseRequest, run_release

    request = ReleaseRequest(
        id, tuple(without or ()), policy, volumes, tuple(author or AUTHORS), title
    )
    with open_store() as store, progress_bar(f"release {id}") as progress:
        found = run_release(store, request, progress)
        shelf = Shelf.at(store.config.home)
    folder = shelf.folder(id) if to is None else shelf.copy(id, to)
    if as_json:
        print_json({**found, "folder": str(folder)})
        return
    _show_counts(found)
    print(folder)


@app.command()
def verify(where: Where, as_json: Json = False) -> None:
    """Check every file, every reference and the digest of a release."""
    from graph.releases.reading import opened

    with progress_bar("checking") as progress, opened(_place(where)) as release:
        progress("checked", 1.0)
        found = _about(release.manifest)
    if as_json:
        print_json({**found, "sound": True})
        return
    _show_counts(found)
    print("sound: files, references and digest agree")


@app.command()
def load(
    where: Where,
    merge: Annotated[
        bool, typer.Option("--merge", help="Add it to a graph that holds something else.")
    ] = False,
    prefer: Annotated[
        Literal["release", "here"] | None,
        typer.Option("--prefer", help="In a merge, whose content counts where both differ."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Name for the history; by default the login's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a release into the graph, all of it or nothing; twice changes nothing."""
    from getpass import getuser

    from graph.releases import loading
    from graph.releases.reading import opened

    with (
        opened(_place(where)) as release,
        open_store(ready=False) as store,
        progress_bar(f"loading {release.manifest.id}") as progress,
    ):
        progress(f"loading {release.manifest.id}", 0.2)
        found = loading.load(store, release, by=by or getuser(), merge=merge, prefer=prefer)
    if as_json:
        print_json(found.to_dict())
        return
    rows = [[name, getattr(found, name)] for name in ("created", "replaced", "unchanged", "kept")]
    print_table(("records", "count"), rows)
    print(f"digest of the graph: {found.digest}")


@app.command()
def add(where: Where, as_json: Json = False) -> None:
    """Put a checked copy on the shelf, to be asked with --release; the graph stays as it is."""
    from graph.releases.shelf import Shelf
    from neuroweave.settings import load_settings

    found = _about(Shelf.at(load_settings().store.home).add(Path(where)))
    if as_json:
        print_json(found)
        return
    _show_counts(found)


@app.command("list")
def list_releases(as_json: Json = False) -> None:
    """The releases of this data directory."""
    from graph.releases.shelf import Shelf
    from neuroweave.cli.output import listing
    from neuroweave.settings import load_settings

    shelf = Shelf.at(load_settings().store.home)
    rows = [{**_about(one), "records": sum(one.counts.values())} for one in shelf.list()]
    listing(rows, None, as_json, ("release", "records", "digest", "left_out"))
    for id, error in shelf.damaged().items():
        print(f"{id} cannot be read: {error}", file=sys.stderr)


@app.command()
def show(id: Id, as_json: Json = False) -> None:
    """What a release holds, its licences, and what binds whoever passes it on."""
    from graph.releases.shelf import Shelf
    from neuroweave.settings import load_settings

    manifest = Shelf.at(load_settings().store.home).get(id)
    found = {**_about(manifest), "licences": manifest.licences, "volumes": manifest.volumes}
    if as_json:
        print_json(found)
        return
    _show_counts(found)
    rows = [[one["source"], one["identifiers"], one["terms"]] for one in manifest.licences]
    print_table(("source", "licences", "terms"), rows)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Id, folder or archive of a release.")],
    after: Annotated[str, typer.Argument(help="Id, folder or archive of a release.")],
    as_json: Json = False,
) -> None:
    """Records that were added, are gone, or changed from one release to another."""
    from graph.releases import comparing
    from graph.releases.reading import opened

    with opened(_place(before)) as one, opened(_place(after)) as other:
        rows = comparing.diff(one.content, other.content)
    counts = comparing.summary(rows)
    if as_json:
        print_json({"before": before, "after": after, "counts": counts, "items": rows})
        return
    if not rows:
        print("the same content")
        return
    shown = [[noun, *own.values()] for noun, own in counts.items()]
    print_table(("records", "added", "gone", "changed"), shown)
    print_table(("record", "key", "change"), ([r["noun"], r["key"], r["change"]] for r in rows))


def _place(text: str) -> Path:
    """A path if there is one, else a release on the shelf."""
    from graph.releases.shelf import Shelf
    from neuroweave.settings import load_settings

    if Path(text).exists():
        return Path(text)
    shelf = Shelf.at(load_settings().store.home)
    return shelf.folder(shelf.get(text).id)


def _about(manifest: Any) -> dict[str, Any]:  # noqa: ANN401 - its import is deferred
    return {
        "release": manifest.id,
        "digest": manifest.digest,
        "counts": manifest.counts,
        "left_out": manifest.left_out,
        "binding": manifest.binding,
        "unstated": manifest.unstated,
        "conflicts": manifest.conflicts,
    }


def _show_counts(found: dict[str, Any]) -> None:
    print_table(("records", "count"), found["counts"].items(), title=f"release {found['release']}")
    if found["left_out"]:
        print(f"left out: {', '.join(found['left_out'])}")
    if found["binding"]:
        print(f"share-alike, binds the whole: {', '.join(found['binding'])}")
    if found["unstated"]:
        print(f"no licence stated, ask before passing on: {', '.join(found['unstated'])}")
    for one in found["conflicts"]:
        print(f"noted, for you to answer for: {', '.join(one['sources'])}: {one['why']}")
    print(f"digest: {found['digest']}")
