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
        inputs: raw samples by modality: grey pictures (N, h, w), waveforms (N, t) or a list.

    Returns:
        ``{labels, probabilities (N, classes), classes, missing}``.

    Raises:
        NotFound: no such composition, or its weights are gone. InvalidInput: samples that this
            network cannot read.
    """
    record = compositions.get(store, composition)
    network = load_composition(checkpoints, record["weights_sha256"])
    found = predict_network(network, inputs)
    return {
        "labels": found.labels,
        "probabilities": found.probabilities,
        "classes": list(network.labels),
        "missing": found.missing,
    }
