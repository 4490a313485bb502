"""``datasets``: data sets that are built from what one has downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuroweave.cli.output import Json, print_json, print_table, progress_bar

app = typer.Typer(help="Data sets that networks are trained on.", no_args_is_help=True)
build_app = typer.Typer(help="Build a data set from its sources.", no_args_is_help=True)
app.add_typer(build_app, name="build")

Size = Annotated[int | None, typer.Option(min=1, help="Samples; without it all there are.")]


@build_app.command("av-mnist")
def av_mnist(
    folder: Annotated[
        Path, typer.Option("--from", help="Folder with mnist*.npz, fsdd*.npz and esc*.npz.")
    ],
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
