"""``datasets``: what networks are trained on, and data sets built from what one has downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuroweave.cli.output import Json, listing, print_json, print_table, progress_bar
from neuroweave.cli.session import open_store
from neuroweave.cli.vocabulary import add_commands

app = typer.Typer(help="Data sets that networks are trained on.", no_args_is_help=True)
build_app = typer.Typer(help="Build a data set from its sources.", no_args_is_help=True)
report_app = typer.Typer(help="Measure networks on a data set.", no_args_is_help=True)
app.add_typer(build_app, name="build")
add_commands(app, "dataset")
app.add_typer(report_app, name="report")

Folder = Annotated[
    Path, typer.Option("--from", help="Folder with mnist*.npz, fsdd*.npz and esc*.npz.")
]

Size = Annotated[int | None, typer.Option(min=1, help="Samples; without it all there are.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The data sets by id; the digest is that of the record, for --expected."""
    from graph import datasets

    with open_store() as store:
        rows = datasets.list_datasets(store)
    columns = ("id", "name", "modalities", "licence", "status", "digest")
    listing(rows, None, as_json, columns)


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(help="To ask for it by: letters, digits and '-'.")],
    source: Annotated[
        Path,
        typer.Option(
            "--from", help="An .npz file; or a folder with samples.csv, or with one for each class."
        ),
    ],
    title: Annotated[str, typer.Option(help="In words.")] = "",
    licence: Annotated[str, typer.Option(help="What may be done with it.")] = "",
    citation: Annotated[str, typer.Option(help="Who is to be cited.")] = "",
    rate: Annotated[
        int | None, typer.Option(min=1, help="Hz that all wave files are brought to.")
    ] = None,
    size: Annotated[
        str, typer.Option(metavar="HxW", help="Height and width that all pictures are resized to.")
    ] = "",
    side: Annotated[
        int, typer.Option(min=2, help="Pixels across, of pictures that new networks read.")
    ] = 32,
    seed: Annotated[int, typer.Option(min=0, help="Of the splits, where none is given.")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Another of this name goes.")] = False,
    by: Annotated[str | None, typer.Option(help="Who; by default the login name.")] = None,
    as_json: Json = False,
) -> None:
    """Bring in your own pictures and sounds with their labels.

    Columns of samples.csv, or arrays of the file: label, and image, audio or both; split (train,
    validation, test) and group (what must not be in two splits) where you have them.
    """
    from getpass import getuser

    from jobs.own_data import import_own
    from training.own.kept import About
    from training.own.media import size_of

    pixels = size_of(size) if size else None
    about = About(title, licence, citation)
    with open_store() as store, progress_bar("importing") as progress:
        found = import_own(
            store, store.config.home, name, source, about, by=by or getuser(), rate=rate,
            size=pixels, side=side, seed=seed, replace=replace, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(found)
        return
    print_table(("split", "samples", *found["labels"]), found["counts"])
    print(f"{name}: {', '.join(found['modalities'])}, content {found['content'][:16]}")
    for modality, count in found["repeated"].items():
        if count:
            print(f"note: {count} samples' {modality} is in an earlier split as well")
    if found["reused"]:
        print("there already: nothing was done again")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Of a data set that was imported.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    by: Annotated[str | None, typer.Option(help="Who; by default the login name.")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "",
    as_json: Json = False,
) -> None:
    """Delete an imported data set that no weights, compositions, scenarios or jobs refer to."""
    from getpass import getuser

    from jobs.own_data import remove_own
    from neuroweave.cli.jobs import open_ledger

    with open_store() as store:
        found = remove_own(
            store, store.config.home, open_ledger(), name,
            by=by or getuser(), reason=reason, dry_run=dry_run,
        )  # fmt: skip
    if as_json:
        print_json(found)
        return
    what = f"{found['bytes']:,} bytes, {found['features']} files of cached features"
    print(f"{name}: {what} {'would go' if dry_run else 'deleted'}")
    if found["revision"] is not None:
        print(f"its record was withdrawn in revision {found['revision']}")


@build_app.command("av-mnist")
def av_mnist(
    folder: Folder,
    name: Annotated[
        str, typer.Option("--name", help="Ask for it as av-mnist-NAME; without it av-mnist.")
    ] = "",
    image_components: Annotated[
        str, typer.Option(help="Principal components of the pictures: 3, 4, 5 or all.")
    ] = "3",
    noise_power: Annotated[
        float, typer.Option(help="What the noise is multiplied by; the paper's is 0.009.")
    ] = 0.009,
    split: Annotated[
        str, typer.Option(help="What divides the voices: takes or unseen-speaker.")
    ] = "takes",
    spectrogram: Annotated[str, typer.Option(help="Power of the sound: log or raw.")] = "log",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same data.")] = 0,
    train: Size = None,
    validation: Size = None,
    test: Size = None,
    as_json: Json = False,
) -> None:
    """Pair MNIST's digits with the same digits spoken in noise (FSDD, ESC)."""
    from neuroweave.settings import load_settings
    from training.av_mnist.build import build
    from training.av_mnist.parameters import Parameters
    from training.av_mnist.sources import read_sources

    given: dict[str, Any] = {
        "image_components": image_components, "noise_power": noise_power, "split": split,
        "spectrogram": spectrogram, "seed": seed, "train": train, "validation": validation,
        "test": test,
    }  # fmt: skip
    parameters = Parameters(**given)
    with progress_bar("building av-mnist") as progress:
        home = load_settings().store.home
        built = build(read_sources(folder), parameters, home, name=name, progress=progress)
    dataset = f"av-mnist-{name}" if name else "av-mnist"
    found = {
        "dataset": dataset,
        "folder": str(built.folder),
        "content": built.content,
        "sizes": built.sizes,
        "parameters": parameters.to_dict(),
        "reused": not built.fresh,
    }
    if as_json:
        print_json(found)
        return
    print_table(("split", "samples"), built.sizes.items())
    print(f"{dataset}: content {built.content[:16]}, in {built.folder}")
    if not built.fresh:
        print("built before: nothing was done again")


Number = Annotated[int | None, typer.Option(min=1, help="In place of the version's own.")]


@report_app.command("av-mnist")
def report_av_mnist(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", help="Write the page there, too.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small: minutes, not hours.")] = False,
    train: Number = None,
    validation: Number = None,
    test: Number = None,
    epochs: Number = None,
    trials: Number = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of everything.")] = 3,
    sampler: Annotated[str | None, typer.Option(help="Of the searches.")] = None,
    noise: Annotated[float | None, typer.Option(help="noise_power of the noisy setting.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Begin nothing after so long.")
    ] = None,
    setting: Annotated[str | None, typer.Option(help="Measure only paper, or only noisy.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Measure so many cells at once.")] = 1,
    as_json: Json = False,
) -> None:
    """Hold the paper's networks and fusions against ours; a second call goes on."""
    from dataclasses import replace

    from atlas.errors import InvalidInput
    from atlas.whole_files import write_whole
    from neuroweave.settings import load_settings
    from search.av_mnist.cells import FULL, QUICK, SETTINGS
    from search.av_mnist.page import page
    from search.av_mnist.parallel import measure
    from training.av_mnist.sources import read_sources

    given = {
        "train": train, "validation": validation, "test": test, "epochs": epochs,
        "trials": trials, "sampler": sampler, "noise": noise,
    }  # fmt: skip
    if setting not in (None, *SETTINGS):
        raise InvalidInput("setting", found=setting, expected=" or ".join(SETTINGS))
    own: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    scale = replace(QUICK if quick else FULL, **own)
    with progress_bar("measuring") as progress:
        measured = measure(
            load_settings().store.home, read_sources(folder), scale, seeds,
            settings=SETTINGS if setting is None else (setting,),
            minutes=minutes, processes=processes, say=progress,
        )  # fmt: skip
    text = page(measured.cells(), scale, measured.contents())
    if out is not None:
        write_whole(out, text.encode(), what="page")
    if as_json:
        print_json(measured.cells())
    elif out is None:
        print(text, end="")
    else:
        print(f"written to {out}")
