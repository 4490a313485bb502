"""Where things are, read from the environment (``NEUROWEAVE_*``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from platformdirs import user_data_path
from pydantic import Field, NonNegativeFloat, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from atlas.errors import InvalidInput
from graph.config import StoreConfig

if TYPE_CHECKING:
    from api.access.config import AccessConfig


class Settings(BaseSettings):
    """The settings of one process; every field is an environment variable of the same name.

    ``NEUROWEAVE_HOME`` holds the embedded database, checkpoints, features and the job ledger.
    ``NEUROWEAVE_NEO4J_URI`` (with ``_USER``, ``_PASSWORD``, ``_DATABASE``) names a Neo4j 5 server;
    without it the embedded database is used. ``NEUROWEAVE_JOBS_URL`` puts the job ledger on a
    PostgreSQL; ``_JOBS_LIMITS`` (``{"build": 2}``) bounds how many jobs of a kind run at a time,
    and ended jobs are kept for ``_JOBS_KEEP_DAYS``.

    ``NEUROWEAVE_ANONYMOUS=viewer`` lets callers without a credential read. ``_HOSTS`` and
    ``_ORIGINS`` list names of the server and pages of other origins that may call, with commas.
    ``_OIDC_ISSUER`` and ``_OIDC_AUDIENCE`` name an identity provider; the rest are limits.
    ``NEUROWEAVE_SELF_REVIEW`` says whether reviewers may accept their own edits; without it they
    may where there are no accounts: on the command line, and at a server for this machine only.

    ``NEUROWEAVE_LOG=json`` writes the log of servers and workers as JSON lines; ``_METRICS=true``
    offers measures to Prometheus and ``_OTEL=true`` sends traces over OpenTelemetry.
    """

    model_config = SettingsConfigDict(env_prefix="NEUROWEAVE_", extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("neuroweave", appauthor=False))
    neo4j_uri: str | None = None
    neo4j_user: str = "neo4j"
    neo4j_password: SecretStr | None = None
    neo4j_database: str | None = None
    jobs_url: str | None = None
    jobs_limits: dict[str, PositiveInt] = {}
    jobs_keep_days: NonNegativeFloat | None = 90.0
    anonymous: Literal["", "viewer"] = ""
    hosts: str = ""
    origins: str = ""
    self_review: bool | None = None
    oidc_issuer: str | None = None
    oidc_audience: str = ""
    oidc_jwks_url: str | None = None
    oidc_scope_claim: str = "neuroweave_scope"
    oidc_user_claim: str = "sub"
    rate_per_minute: int = 600
    anonymous_rate_per_minute: int = 60
    heavy_at_once: int = 4
    log: Literal["human", "json"] = "human"
    metrics: bool = False
    otel: bool = False
    session_hours: float = Field(default=12.0, gt=0)

    @property
    def store(self) -> StoreConfig:
        """How to reach the graph."""
        password = self.neo4j_password.get_secret_value() if self.neo4j_password else None
        return StoreConfig(
            home=self.home.expanduser().resolve(),
            uri=self.neo4j_uri or None,
            user=self.neo4j_user,
            password=password,
            database=self.neo4j_database or None,
        )

    def access(self, *, local: bool) -> AccessConfig:
        """Who may do what on a server that listens on this machine's loopback address, or not.

        Raises:
            InvalidInput: a setting that cannot be used.
        """
        from api.access.config import AccessConfig, OidcConfig

        oidc = self.oidc_issuer and OidcConfig(
            self.oidc_issuer,
            self.oidc_audience,
            self.oidc_jwks_url or None,
            self.oidc_scope_claim,
            self.oidc_user_claim,
        )
        return AccessConfig(
            local=local,
            anonymous=self.anonymous == "viewer",
            hosts=_listed(self.hosts.lower()),
            origins=_listed(self.origins),
            oidc=oidc or None,
            per_minute=self.rate_per_minute,
            anonymous_per_minute=self.anonymous_rate_per_minute,
            heavy_at_once=self.heavy_at_once,
            session_s=self.session_hours * 3600,
            self_review=self.self_review,
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        InvalidInput: a variable has a value of the wrong kind.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "NEUROWEAVE_" + "_".join(str(part) for part in first["loc"]).upper()
        expected = first["msg"].removeprefix("Input should be ")
        raise InvalidInput(name, found=repr(first["input"]), expected=expected) from error
