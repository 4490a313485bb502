"""Where things are, read from the environment (``NEUROWEAVE_*``)."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from atlas.errors import InvalidInput
from graph.config import StoreConfig


class Settings(BaseSettings):
    """The settings of one process; every field is an environment variable of the same name.

    ``NEUROWEAVE_HOME`` holds the embedded database, checkpoints, features and the job ledger.
    ``NEUROWEAVE_NEO4J_URI`` (with ``_USER``, ``_PASSWORD``, ``_DATABASE``) names a Neo4j 5 server;
    without it the embedded database is used.
    """

    model_config = SettingsConfigDict(env_prefix="NEUROWEAVE_", extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("neuroweave", appauthor=False))
    neo4j_uri: str | None = None
    neo4j_user: str = "neo4j"
    neo4j_password: SecretStr | None = None
    neo4j_database: str | None = None
    jobs_url: str | None = None

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
        raise InvalidInput(name, found=repr(first["input"]), expected=first["msg"]) from error
