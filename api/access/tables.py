"""Accounts: two tables beside the job ledger, in the same database.

One database because several servers that share it must see a revocation at the same moment, as
they see the same jobs.
"""

from __future__ import annotations

import sqlalchemy as sa

from jobs.tables import metadata

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("prefix", sa.String(32), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),  # sha256 of the secret
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),  # all times: seconds since 1970, UTC
    sa.Column("expires_at", sa.Double),
    sa.Column("last_used_at", sa.Double),
    sa.Column("revoked_at", sa.Double),
)

api_session = sa.Table(
    "api_session",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # sha256 of the cookie
    sa.Column("prefix", sa.ForeignKey("api_key.prefix", ondelete="CASCADE"), nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
)
