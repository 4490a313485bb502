"""Curating: claims and model links stated, changed and reviewed; history and undo.

A change names the state it is a change of. Pass the record as it was read, or its id and
``expected``: the record's ``digest``, or ``"*"`` to overwrite whatever it is now. When somebody
was faster, :class:`neuroweave.client.StaleEdit` holds the current state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    table,
)

if TYPE_CHECKING:
    import pandas as pd

_TABLES = {".tsv": "text/tab-separated-values", ".txt": "text/plain"}


def claim(id: str) -> Dialogue[Answer]:
    """Show one claim; its ``digest`` tells later whether it has changed."""
    return (yield from one("/claims", id))


def add_claim(
    region: str,
    function: str,
    *,
    weight: float,
    rationale: str,
    citation: str,
    status: str | None = None,
    comment: str | None = None,
) -> Dialogue[Answer]:
    """State that a region has a function.

    Args:
        region: its id.
        function: its id.
        weight: in (0, 1].
        rationale: why.
        citation: a DOI or PubMed id.
        status: ``proposed`` or ``accepted``; what the caller may, if not said.
        comment: a remark.
    """
    body = given(region=region, function=function, weight=weight, rationale=rationale,
                 citation=citation, status=status, comment=comment)  # fmt: skip
    return Answer((yield Ask("POST", "/claims", json=body)))


def edit_claim(
    claim: Record,
    *,
    expected: str | None = None,
    weight: float | None = None,
    rationale: str | None = None,
    citation: str | None = None,
    comment: str | None = None,
) -> Dialogue[Answer]:
    """Change what is given of a claim; ``expected`` is needed where only its id is passed."""
    body = given(weight=weight, rationale=rationale, citation=citation, comment=comment)
    return (yield from _changed("PATCH", "/claims", claim, expected, body))


def review_claim(
    claim: Record, decision: str, *, expected: str | None = None, comment: str | None = None
) -> Dialogue[Answer]:
    """Say ``accept``, ``reject`` or ``restore`` of a claim."""
    body = given(decision=decision, comment=comment)
    return (yield from _changed("POST", "/claims", claim, expected, body, "/review"))


def comment_claim(id: str, text: str) -> Dialogue[Answer]:
    """Say something about a claim."""
    return Answer((yield Ask("POST", address("/claims", id) + "/comments", json={"text": text})))


def claim_comments(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List what people said about a claim."""
    return (yield from table(address("/claims", id) + "/comments", limit))


def claim_history(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the revisions that changed a claim, newest first."""
    return (yield from table(address("/claims", id) + "/history", limit))


def model_links(
    region: str | None = None,
    model: str | None = None,
    status: str | None = None,
    limit: int | None = None,
) -> Dialogue[pd.DataFrame]:
    """List which models suit which regions; accepted ones unless ``status`` says else."""
    query = {"region": region, "model": model, "status": status}
    return (yield from table("/model-links", limit, query))


def model_link(id: str) -> Dialogue[Answer]:
    """Show one link, ``region|model``."""
    return (yield from one("/model-links", id))


def add_model_link(
    region: str,
    model: str,
    *,
    rationale: str,
    allow: bool = True,
    weight: float | None = None,
    citation: str | None = None,
    status: str | None = None,
    comment: str | None = None,
) -> Dialogue[Answer]:
    """State that a model suits a region, or with ``allow=False`` that it must not be used there."""
    body = given(region=region, model=model, rationale=rationale, allow=allow, weight=weight,
                 citation=citation, status=status, comment=comment)  # fmt: skip
    return Answer((yield Ask("POST", "/model-links", json=body)))


def edit_model_link(
    link: Record,
    *,
    expected: str | None = None,
    allow: bool | None = None,
    weight: float | None = None,
    rationale: str | None = None,
    citation: str | None = None,
    comment: str | None = None,
) -> Dialogue[Answer]:
    """Change what is given of a link; ``expected`` is needed where only its id is passed."""
    body = given(allow=allow, weight=weight, rationale=rationale, citation=citation,
                 comment=comment)  # fmt: skip
    return (yield from _changed("PATCH", "/model-links", link, expected, body))


def review_model_link(
    link: Record, decision: str, *, expected: str | None = None, comment: str | None = None
) -> Dialogue[Answer]:
    """Say ``accept``, ``reject`` or ``restore`` of a link."""
    body = given(decision=decision, comment=comment)
    return (yield from _changed("POST", "/model-links", link, expected, body, "/review"))


def comment_model_link(id: str, text: str) -> Dialogue[Answer]:
    """Say something about a link."""
    path = address("/model-links", id) + "/comments"
    return Answer((yield Ask("POST", path, json={"text": text})))


def model_link_comments(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List what people said about a link."""
    return (yield from table(address("/model-links", id) + "/comments", limit))


def model_link_history(id: str, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the revisions that changed a link, newest first."""
    return (yield from table(address("/model-links", id) + "/history", limit))


def edits(
    rows: str | Path | Sequence[Mapping[str, Any]], *, dry_run: bool = False, reason: str = ""
) -> Dialogue[Answer]:
    """Make many edits in one revision, or none.

    Args:
        rows: a table (CSV, or ``.tsv``), or a list of edits ``{action, …}``.
        dry_run: only say what would change.
        reason: why, for the history.

    Returns:
        ``would``: what each row changes; ``problems``; ``seq``: the revision.
    """
    query = {"dry_run": dry_run, "reason": reason}
    if not isinstance(rows, str | Path):
        body = [dict(row) for row in rows]
        return Answer((yield Ask("POST", "/edits", query, json=body)))
    path = Path(rows)
    media = {"Content-Type": _TABLES.get(path.suffix.lower(), "text/csv")}
    return Answer((yield Ask("POST", "/edits", query, content=path.read_bytes(), headers=media)))


def revision(seq: int) -> Dialogue[Answer]:
    """Show what one revision changed."""
    return (yield from one("/revisions", str(seq)))


def differences(first: int, last: int, limit: int | None = None) -> Dialogue[pd.DataFrame]:
    """List the records that differ between the states after two revisions; 0: the empty graph."""
    return (yield from table("/revisions/diff", limit, {"from": first, "to": last}))


def undo(seq: int, reason: str = "") -> Dialogue[Answer]:
    """Restore what a revision's records were before, as a new revision."""
    return Answer((yield Ask("POST", f"/revisions/{seq}/undo", json={"reason": reason})))


def _changed(
    method: str,
    collection: str,
    record: Record,
    expected: str | None,
    body: Mapping[str, Any],
    below: str = "",
) -> Dialogue[Answer]:
    id = record if isinstance(record, str) else record["id"]
    path = address(collection, id) + below
    headers = condition(record, expected)
    return Answer((yield Ask(method, path, json=dict(body), headers=headers)))
