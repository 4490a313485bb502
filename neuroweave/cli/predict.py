"""``predict``: ask a network that was built, with pictures and sounds in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroweave.cli.output import Json, print_json, print_table, progress_bar

Composition = Annotated[str, typer.Argument(help="Id of the network, as build says it.")]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(predict)


def predict(
    composition: Composition,
    image: Annotated[
        list[Path] | None, typer.Option(help="PNG or JPEG; one for each sample, all of a size.")
    ] = None,
    audio: Annotated[
        list[Path] | None, typer.Option(help="Wave file; one for each sample.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Label pictures and sounds with a network; either may be left out."""
    from graph import compositions
    from neuroweave.cli.session import open_store

    with open_store() as store, progress_bar("predicting") as progress:
        sha256 = compositions.get(store, composition)["weights_sha256"]
        progress("loading the network", 0.0)
        from composer.checkpoints import CheckpointStore
        from composer.network import load_composition
        from composer.predict import predict as run
        from training.own.questions import samples_from

        weights = CheckpointStore.at(store.config.home)
        inputs = samples_from(load_composition(weights, sha256), image or (), audio or ())
        found = run(store, weights, composition, inputs)
    if as_json:
        print_json(found)
        return
    names = [path.name for path in image or audio or ()]
    rows = zip(names, found["labels"], map(max, found["probabilities"]), strict=True)
    print_table(("sample", "label", "probability"), rows)
    for modality in found["missing"]:
        print(f"note: no {modality} was given; the other branches have voted")
    for modality in found["unused"]:
        print(f"note: this network does not read {modality}; the search left its branch out")
