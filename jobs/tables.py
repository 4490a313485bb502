"""The tables of the ledger."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

_json = sa.JSON(none_as_null=True)

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("payload", _json, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("idempotency_key", sa.String(200)),
    sa.Column("body", sa.String(64), nullable=False),  # sha256 of kind and payload
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("submitted_at", sa.Double, nullable=False),  # all times: seconds since 1970, UTC
    sa.Column("started_at", sa.Double),
    sa.Column("finished_at", sa.Double),
    sa.Column("not_before", sa.Double, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("worker", sa.String(200)),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("lease_s", sa.Double),  # how long the holder may be silent
    sa.Column("beat", sa.Integer, nullable=False, server_default="0"),  # grows with each renewal
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("fraction", sa.Double, nullable=False),
    sa.Column("last_checkpoint", _json),
    sa.Column("result", _json),
    sa.Column("problem", _json),
    sa.Column("last_event", sa.Integer, nullable=False),
    sa.UniqueConstraint("by", "idempotency_key"),
    # Choosing the next job reads nothing but this index and the turns.
    sa.Index("job_queue", "status", "priority", "by", "id", "not_before", "kind"),
)

job_event = sa.Table(
    "job_event",
    metadata,
    sa.Column("job_id", sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("data", _json, nullable=False),
)

job_turn = sa.Table(
    "job_turn",
    metadata,
    sa.Column("by", sa.String(200), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),  # of the last claim of this user's jobs
)
