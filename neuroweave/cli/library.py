"""``models``: the library of base and pre-trained models, filed under functional areas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroweave.cli.output import After, Json, Limit, listing, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store

if TYPE_CHECKING:
    from composer.checkpoints import CheckpointStore
    from graph.typed_models import Weights

app = typer.Typer(help="Models and their checkpoints.", no_args_is_help=True)

Text = Annotated[str | None, typer.Option(help="Anywhere in the column, in any case.")]
By = Annotated[str | None, typer.Option(help="Who says so; by default the login name.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]

TABLE_1: tuple[str, ...] = (
    "name",
    "areas",
    "functions",
    "category",
    "dataset",
    "parameters",
    "value",
)
TABLE_1 += ("optimizer", "platform")
SPARE = ("platform", "optimizer", "category", "functions")


@app.command("list")
def list_(
    name: Text = None,
    area: Annotated[
        str | None, typer.Option(help="Id (with its sub-areas), name or modality.")
    ] = None,
    function: Text = None,
    category: Text = None,
    modality: Text = None,
    dataset: Text = None,
    optimizer: Text = None,
    platform: Text = None,
    metric: Text = None,
    text: Annotated[str | None, typer.Option(help="Anywhere in any column.")] = None,
    least: Annotated[float | None, typer.Option(help="Least value of the metric.")] = None,
    most: Annotated[int | None, typer.Option(help="Most parameters.")] = None,
    trained: Annotated[bool, typer.Option("--trained", help="With weights or results.")] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """The library as a table: every model, with what was trained of it."""
    from graph import library

    search = library.Search(
        name=name,
        area=area,
        function=function,
        category=category,
        modality=modality,
        dataset=dataset,
        optimizer=optimizer,
        platform=platform,
        metric=metric,
        text=text,
        least=least,
        most=most,
        trained=trained,
    )
    with open_store() as store:
        rows, following = library.table(store, search, limit, after or "")
    listing(rows, following, as_json, ("id", *TABLE_1), SPARE)


@app.command()
def show(model: Annotated[str, typer.Argument(help="Model id.")], as_json: Json = False) -> None:
    """One model: structure, tap points, trained checkpoints."""
    from graph import checkpoints, models

    with open_store() as store:
        found = {
            **models.get(store, model),
            "checkpoints": checkpoints.list_checkpoints(store, model=model),
        }
    _print(found, as_json)


@app.command()
def add(
    name: Annotated[str | None, typer.Argument(help="Name, as ResNet18.")] = None,
    area: Annotated[list[str] | None, typer.Option(help="Area or sub-area; repeatable.")] = None,
    function: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
    category: Annotated[str, typer.Option(help="Kind of structure, as ResNet.")] = "",
    dataset: Annotated[str, typer.Option(help="Trained on; without it a base model.")] = "",
    size: Annotated[str, typer.Option(help="Parameters: 269722, 270k, 2M.")] = "",
    accuracy: Annotated[str, typer.Option(help="As 96 % or 0.96.")] = "",
    optimizer: Annotated[str, typer.Option()] = "",
    platform: Annotated[str, typer.Option()] = "",
    metric: Annotated[str, typer.Option(help="What the accuracy measures.")] = "",
    structure: Annotated[str, typer.Option(help="In words.")] = "",
    modality: Annotated[str, typer.Option()] = "",
    licence: Annotated[str, typer.Option(help="Of the weights.")] = "",
    origin: Annotated[str, typer.Option(help="Where they are published.")] = "",
    trained_by: Annotated[str, typer.Option()] = "",
    derived_from: Annotated[str, typer.Option(help="sha256 of where training started.")] = "",
    weights: Annotated[Path | None, typer.Option(help="A safetensors file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Many, from a table with these names.")] = None,
    new_areas: Annotated[bool, typer.Option("--new-areas", help="Make unknown areas.")] = False,
    by: By = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """State a model and what was trained of it, with or without its weights."""
    from atlas.errors import InvalidInput
    from graph import typed_models

    if (name is None) == (csv is None):
        raise InvalidInput("name", found="both or neither", expected="a name, or --csv FILE")
    row = {
        "name": name or "",
        "areas": ", ".join(area or ()),
        "functions": ", ".join(function or ()),
        "category": category,
        "dataset": dataset,
        "size": size,
        "accuracy": accuracy,
        "optimizer": optimizer,
        "platform": platform,
        "metric": metric,
        "structure": structure,
        "modality": modality,
        "licence": licence,
        "origin": origin,
        "trained_by": trained_by,
        "derived_from": derived_from,
    }
    rows = typed_models.read_table(csv) if csv else [row]
    with open_store() as store, _weights(weights) as given:
        added = typed_models.add(
            store, rows, by=by or _login(), reason=reason, weights=given, new_areas=new_areas
        )
    _print(asdict(added), as_json)


@app.command()
def edit(
    sha256: Annotated[str, typer.Argument(help="Address of the weights.")],
    values: Annotated[
        list[str], typer.Option("--set", help="FIELD=VALUE, as value=0.97 or licence=MIT.")
    ],
    expected: Annotated[
        str | None, typer.Option(help="Digest of the record as read; refused if other.")
    ] = None,
    by: By = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Change what is recorded of weights."""
    from graph import checkpoint_edits

    fields = {name: value for name, _, value in (one.partition("=") for one in values)}
    with open_store() as store:
        found = checkpoint_edits.edit(
            store, sha256, fields, by=by or _login(), expected=expected, reason=reason
        )
    _print(found, as_json)


@app.command("import")
def import_(
    format: Annotated[str, typer.Argument(help="cifar-resnet, honk-keywords, …, or onnx.")],
    files: Annotated[list[Path], typer.Argument(help="Published files.")],
    area: Annotated[
        list[str] | None, typer.Option(help="Area id, instead of the published; repeatable.")
    ] = None,
    dataset: Annotated[str, typer.Option(help="Trained on, where it is not known.")] = "",
    recipe: Annotated[
        str, typer.Option(help="How its input is prepared, as JSON, where it is not known.")
    ] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Convert published checkpoints to safetensors and file them; nothing in them is executed."""
    from jobs.foreign import Stated, import_foreign

    stated, who = Stated(area or (), dataset, recipe), by or _login()
    with open_store() as store, progress_bar("importing") as progress:
        done = []
        for number, path in enumerate(files):
            progress(path.name, number / len(files))
            done.append(import_foreign(store, _home(), format, path, by=who, stated=stated))
    if as_json:
        print_json({"items": done})
    else:
        columns = ("model", "kind", "metric", "value", "sha256", "notes")
        print_table(columns, ([one[column] for column in columns] for one in done))


@app.command()
def measure(
    sha256: Annotated[str, typer.Argument(help="Address of the weights.")],
    dataset: Annotated[str, typer.Option(help="Whose test split: av-mnist, digits-dtmf, …")] = "",
    frames: Annotated[
        Path | None, typer.Option(help="For a detector: a MOTChallenge sequence, img1 and gt.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of a linear probe.")] = 0,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Measure weights on data at hand, and put the result into their record."""
    from atlas.errors import InvalidInput
    from jobs.measure import measure_checkpoint
    from jobs.measure_detector import measure_detector

    if bool(dataset) == bool(frames):
        raise InvalidInput("dataset", found="both or neither", expected="--dataset, or --frames")
    who = by or _login()
    with open_store() as store, progress_bar("measuring") as progress:
        if frames:
            found = measure_detector(store, _home(), sha256, frames, by=who, progress=progress)
        else:
            found = measure_checkpoint(
                store, _home(), sha256, dataset, by=who, seed=seed, progress=progress
            )
    _print(found, as_json)


@app.command()
def get(
    sha256: Annotated[str, typer.Argument(help="Address of the weights.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")],
) -> None:
    """Copy weights out of the store, once they are found unchanged."""
    from atlas.errors import InvalidInput
    from atlas.whole_files import write_whole

    store = _checkpoints()
    path = store.path(sha256)
    if not store.verify(sha256):
        raise InvalidInput("checkpoint", found="changed content", expected="what its name says")
    write_whole(out, path.read_bytes(), what="weights")


@app.command()
def remove(
    id: Annotated[str, typer.Argument(help="Model id, or sha256 of a checkpoint.")],
    checkpoint: Annotated[bool, typer.Option("--checkpoint", help="It is a checkpoint.")] = False,
    by: By = None,
    reason: Reason = "",
) -> None:
    """Withdraw a record that nothing refers to; undoing the revision brings it back."""
    from graph import library

    with open_store() as store:
        noun = "checkpoint" if checkpoint else "model"
        seq = library.withdraw(store, noun, id, by=by or _login(), reason=reason)
    print(f"withdrawn in revision {seq}")


@app.command()
def statistics(as_json: Json = False) -> None:
    """Models per area, distributions of size and accuracy."""
    from graph import library

    with open_store() as store:
        found = library.statistics(store)
    if as_json:
        print_json(found)
        return
    for title, counts in found.items():
        if isinstance(counts, dict):
            print_table((title, "count"), counts.items())
        elif isinstance(counts, list):
            print_table((f"{title} from", "to", "count"), ([*one.values()] for one in counts))
        else:
            print(f"{title}: {counts:,}")


@app.command()
def check(as_json: Json = False) -> None:
    """Read every file of the store and compare it with its name and its record."""
    from composer import upkeep
    from graph import library

    with open_store() as store:
        kept = library.kept(store)
    with progress_bar("checking") as progress:
        faults = upkeep.check(_checkpoints(), kept, progress)
    if as_json:
        print_json({"items": [asdict(fault) for fault in faults]})
    elif faults:
        print_table(("sha256", "problem"), ((one.sha256, one.problem) for one in faults))
    else:
        print("all files are what they should be")
    if faults:
        raise typer.Exit(1)


@app.command()
def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Delete files that no record refers to and that are older than an hour."""
    from composer import upkeep
    from graph import library

    files = _checkpoints()
    with open_store() as store:
        garbage = upkeep.loose(files, library.kept(store))
    freed = 0 if dry_run else upkeep.collect(garbage)
    found = {"files": [one.name for one in garbage], "freed": freed, "dry_run": dry_run}
    _print(found, as_json)


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_table(("field", "value"), ([key, value] for key, value in found.items()))


@contextmanager
def _weights(path: Path | None) -> Iterator[Weights | None]:
    """The file judged, and stored once its record is accepted."""
    if path is None:
        yield None
        return
    from atlas.errors import NotFound
    from composer.untrusted import taken
    from graph.typed_models import Weights

    if not path.is_file():
        raise NotFound("weights", found=path.name, expected="a safetensors file")
    with taken(_checkpoints(), path) as sent:
        draft, family = sent.draft, sent.header.metadata["family"]
        yield Weights(draft.sha256, draft.bytes, sent.header.parameters, family, draft.keep)


def _home() -> Path:
    from neuroweave.settings import load_settings

    return load_settings().store.home


def _checkpoints() -> CheckpointStore:
    from composer.checkpoints import CheckpointStore

    return CheckpointStore.at(_home())


def _login() -> str:
    from getpass import getuser

    return getuser()
