"""The command line ``neuroweave``.

Heavy imports (torch, nilearn, the database driver) happen inside the commands, so that
``--help`` answers at once. Errors go to stderr; exit code 2 is the user's mistake, 1 is ours.
"""

from __future__ import annotations

import sys
from copy import copy
from functools import cache
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_command_name, get_group
from typer.models import CommandInfo

from neuroweave.cli import (
    activate,
    areas,
    atlas,
    atlas_analyse,
    atlas_check,
    atlas_overlap,
    backup,
    build,
    claims,
    clusters,
    connections,
    datasets,
    demo,
    dictionaries,
    edits,
    export,
    functions,
    graph,
    history,
    jobs,
    keys,
    library,
    link,
    predict,
    queries,
    release,
    review,
    serve,
    session,
    validate,
)
from neuroweave.cli.interrupt import interrupt_surely


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("neuroweave"))
        raise typer.Exit


app = typer.Typer(
    name="neuroweave",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version)
    ] = False,
    asked: Annotated[
        str | None, typer.Option("--release", help="Ask this release instead of the living graph.")
    ] = None,
) -> None:
    """A brain atlas in a graph database, and neural networks woven from what is active."""
    session.ask(asked)


for part in (
    demo,
    activate,
    clusters,
    export,
    build,
    predict,
    graph,
    history,
    edits,
    queries,
    serve,
    validate,
):
    part.register(app)
review.register(link.app)
atlas_analyse.register(atlas.app)
atlas_check.register(atlas.app)
atlas_overlap.register(atlas.app)
app.add_typer(atlas.app, name="atlas")
app.add_typer(backup.app, name="backup")
app.add_typer(claims.app, name="claims")
app.add_typer(connections.app, name="connections")
app.add_typer(datasets.app, name="datasets")
app.add_typer(functions.app, name="functions")
app.add_typer(areas.app, name="areas")
app.add_typer(dictionaries.app, name="dictionaries")
app.add_typer(link.app, name="link")
app.add_typer(graph.scenario, name="scenario")
app.add_typer(library.app, name="models")
app.add_typer(queries.app, name="queries")
app.add_typer(release.app, name="release")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")


INTERRUPTED = 130


@cache
def _command(first: str) -> TyperGroup:
    """The command or group that the first word means; all of them where it means none.

    To put all together takes longer than most of them; it is done for help and for mistakes.
    """
    meant = copy(app)
    meant.registered_groups = [one for one in app.registered_groups if one.name == first]
    meant.registered_commands = [one for one in app.registered_commands if _name(one) == first]
    return get_group(meant if meant.registered_groups or meant.registered_commands else app)


def _name(command: CommandInfo) -> str:
    return command.name or get_command_name(command.callback.__name__ if command.callback else "")


def main() -> None:
    """Run the command line and turn errors into one clear line and an exit code."""
    from atlas.errors import NeuroweaveError

    interrupt_surely()
    try:
        _command("".join(sys.argv[1:2]))()
    except NeuroweaveError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if error.status < 500 else 1)
    except SystemExit as end:
        # Typer has turned Ctrl-C into the shell's code for it.
        if end.code == INTERRUPTED:
            print("interrupted; nothing is left half-written", file=sys.stderr)
        raise
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep the interpreter from complaining at exit.
        sys.stderr.close()
        sys.exit(0)
