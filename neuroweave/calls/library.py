"""Models, weights, composed networks, and what they are made for."""

from __future__ import annotations

from hashlib import sha256 as digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroweave.calls.dialogue import (
    Answer,
    Ask,
    Dialogue,
    Record,
    address,
    condition,
    given,
    one,
    plain,
    table,
)

if TYPE_CHECKING:
    import pandas as pd


def models(
    limit: int | None = None,
    **columns: Any,  # noqa: ANN401 - texts and numbers
) -> Dialogue[pd.DataFrame]:
    """List the model library, also by name, area, function, category, modality, text or most."""
    return (yield from table("/models", limit, columns))


def model(id: str) -> Dialogue[Answer]:
    """Show one model."""
    return (yield from one("/models", id))


def add_model(id: str, name: str, areas: list[str], **stated: Any) -> Dialogue[Answer]:  # noqa: ANN401
    """State a base model: functions, category, family, inputs, taps, parameters and so on."""
    body = {"id": id, "name": name, "areas": areas, **stated}
    return Answer((yield Ask("POST", "/models", json=body)))


def withdraw_model(id: str) -> Dialogue[Answer]:
    """Withdraw a base model that nothing refers to."""
    return Answer((yield Ask("DELETE", address("/models", id))))


def checkpoints(
    model: str | None = None,
    dataset: str | None = None,
    limit: int | None = None,
    **columns: Any,  # noqa: ANN401 - texts and numbers
) -> Dialogue[pd.DataFrame]:
    """List trained weights, also by area, function, category, optimizer, least, most or text."""
    query = {"model": model, "dataset": dataset, **columns}
    return (yield from table("/checkpoints", limit, query))


def library_statistics() -> Dialogue[Answer]:
    """Count models by area, family and more, with distributions of size and accuracy."""
    return Answer((yield Ask("GET", "/checkpoints/statistics")))


def upload_checkpoint(
    path: str | Path,
    model: str,
    dataset: str,
    **stated: Any,  # noqa: ANN401 - texts and numbers
) -> Dialogue[Answer]:
    """Upload a safetensors file: optimizer, platform, metric, value, licence and so on."""
    file = Path(path)
    data = {"model": model, "dataset": dataset, **stated}
    files = [("file", (file.name, file.read_bytes()))]
    return Answer((yield Ask("POST", "/checkpoints", data=data, files=files)))


def edit_checkpoint(
    checkpoint: Record,
    *,
    expected: str | None = None,
    reason: str = "",
    **stated: Any,  # noqa: ANN401 - texts and numbers
) -> Dialogue[Answer]:
    """Change what is recorded of weights: dataset, optimizer, metric, value, licence and so on.

    Pass the record as it was read, or its sha256 with its digest as ``expected``.
    """
    id = checkpoint if isinstance(checkpoint, str) else str(checkpoint["sha256"])
    headers = condition(checkpoint, expected)
    body = {"reason": reason, **stated}
    return Answer((yield Ask("PATCH", address("/checkpoints", id), json=body, headers=headers)))


def withdraw_checkpoint(sha256: str) -> Dialogue[Answer]:
    """Withdraw weights that nothing refers to."""
    return Answer((yield Ask("DELETE", address("/checkpoints", sha256))))


def checkpoint(sha256: str) -> Dialogue[Answer]:
    """Show where weights come from and how good they are."""
    return (yield from one("/checkpoints", sha256))


def download(sha256: str, path: str | Path) -> Dialogue[Path]:
    """Save weights as a safetensors file, once their SHA-256 has been checked.

    Raises:
        ValueError: what arrived is not what was asked for; nothing is written.
    """
    content = yield Ask("GET", address("/checkpoints", sha256) + "/file", raw=True)
    found = digest(content).hexdigest()
    if found != sha256:
        raise ValueError(f"sha256: found {found}, expected {sha256}")
    target = Path(path)
    target.write_bytes(content)
    return target


def compositions(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the networks that were built."""
    return (yield from table("/compositions", limit))


def composition(id: str) -> Dialogue[Answer]:
    """Show one composed network: plan, scores, history."""
    return (yield from one("/compositions", id))


def predict(id: str, **inputs: Any) -> Dialogue[Answer]:  # noqa: ANN401 - lists or arrays
    """Label raw samples: ``predict(id, image=pictures, audio=sounds)``, one entry a sample.

    Raises:
        ValueError: an array of something else than finite numbers.
    """
    body = {"inputs": {modality: _plain(modality, raw) for modality, raw in inputs.items()}}
    return Answer((yield Ask("POST", address("/compositions", id) + "/predict", json=body)))


def _plain(modality: str, raw: Any) -> Any:  # noqa: ANN401 - an array, or a list of them
    """Lists of numbers; sounds of several lengths are a list of arrays."""
    if isinstance(raw, list | tuple):
        return [_plain_array(modality, sample) for sample in raw]
    return _plain_array(modality, raw)


def _plain_array(modality: str, samples: Any) -> Any:  # noqa: ANN401 - JSON
    """An array as lists; JSON has no word for other numbers than finite ones."""
    if hasattr(samples, "dtype"):
        import numpy as np

        array = np.asarray(samples)
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise ValueError(f"{modality}: found other than finite numbers, expected these alone")
    return plain(samples)


def scenarios(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the stored scenarios."""
    return (yield from table("/scenarios", limit))


def scenario(id: str) -> Dialogue[Answer]:
    """Show one scenario."""
    return (yield from one("/scenarios", id))


def datasets(limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the data sets."""
    return (yield from table("/datasets", limit))


def remove_dataset(id: str, *, dry_run: bool = False) -> Dialogue[Answer]:
    """Delete an imported data set that nothing refers to; with ``dry_run`` only say what goes."""
    params = given(dry_run=True if dry_run else None)
    return Answer((yield Ask("DELETE", address("/datasets", id), params)))
