"""Asking a stored composition: raw pictures and sounds in, labels and probabilities out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from composer.checkpoints import CheckpointStore
from composer.network import load_composition
from composer.network import predict as predict_network
from graph import compositions
from graph.store import Store


def predict(
    store: Store, checkpoints: CheckpointStore, composition: str, inputs: Mapping[str, object]
) -> dict[str, Any]:
    """Answer with the network of a composition.

    Args:
        store: the graph.
        checkpoints: where its weights lie.
        composition: id of the composition.
        inputs: raw samples by modality: pictures (N, h, w) or in colour (N, h, w, 3), waveforms
            (N, t) or a list.

    Returns:
        ``{labels, probabilities (N, classes), classes, missing, unused}``: modalities that the
        network reads and were not given; and those that were planned for, but whose branch the
        search left out.

    Raises:
        NotFound: no such composition, or its weights are gone. InvalidInput: samples that this
            network cannot read.
    """
    record = compositions.get(store, composition)
    network = load_composition(checkpoints, record["weights_sha256"])
    read = {branch.input.modality for branch in network.branches.values()}
    unused = sorted(set(inputs) & _planned(record["plan"]) - read)
    kept = {name: raw for name, raw in inputs.items() if name not in unused}
    found = predict_network(network, kept or inputs)
    return {
        "labels": found.labels,
        "probabilities": found.probabilities,
        "classes": list(network.labels),
        "missing": found.missing,
        "unused": unused,
    }


def _planned(plan: Mapping[str, Any]) -> set[str]:
    """Modalities that some candidate of a plan reads."""
    slots = plan["slots"]
    return {candidate["modality"] for slot in slots for candidate in slot["candidates"]}
