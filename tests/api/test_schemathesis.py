"""What an outsider's tool makes of the API: Schemathesis, from its document alone.

Each phase has some seconds, and what it does not reach then is left; with ``NEUROWEAVE_BURN=200``
it goes to its end, with so many generated examples for each operation.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.access.caller import Scope
from api.access.config import AccessConfig
from graph.store import Store
from tests.api import world

pytestmark = [pytest.mark.server, pytest.mark.slow]

BURN = int(os.environ.get("NEUROWEAVE_BURN", "0"))
SETTINGS = Path(__file__).parents[2] / "schemathesis.toml"
MANY = 10**9
PHASES = {"examples": (5, 15), "coverage": (1, 25), "fuzzing": (3, 20), "stateful": (10, 15)}
"""Examples and seconds of each."""


@pytest.fixture
def served(
    embedded_store: Store, wipe: Callable[[Store], None], tmp_path: Path
) -> Iterator[world.Served]:
    wipe(embedded_store)
    world.fill(embedded_store)
    access = AccessConfig(
        anonymous=True, per_minute=MANY, anonymous_per_minute=MANY, heavy_at_once=64
    )
    settings = world.config(tmp_path, access=access)
    with world.opened(embedded_store, settings) as context, world.serving(context) as found:
        yield found


def run(served: world.Served, place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as anybody would, with the settings that come with the project."""
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run"]
    fixed = ["--seed=1", "--no-color", "--no-shrink", "--generation-database=none", "--workers=2"]
    address = f"{served.url}/api/v1/openapi.json"
    command = [*program, address, *fixed, "--continue-on-failure", "--request-timeout=60", *options]
    # Its own folder: the tool leaves notes of what it found where it runs.
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=3600)


def bounds(examples: int, seconds: int) -> list[str]:
    """How much is tried."""
    return (
        [f"--max-examples={BURN}"]
        if BURN
        else [f"--max-examples={examples}", f"--max-time={seconds}"]
    )


@pytest.mark.parametrize("phase", PHASES)
def test_an_admin_finds_no_failure(served: world.Served, tmp_path: Path, phase: str) -> None:
    key = served.context.access.accounts.create("ada", Scope.ADMIN)[1]
    options = [f"--header=X-API-Key: {key}", f"--phases={phase}", *bounds(*PHASES[phase])]
    found = run(served, tmp_path, *options)
    assert found.returncode == 0, found.stdout + found.stderr


def test_nobody_in_particular_finds_no_failure(served: world.Served, tmp_path: Path) -> None:
    served.context.access.accounts.create("ada", Scope.ADMIN)
    found = run(served, tmp_path, "--phases=examples,fuzzing", *bounds(2, 15))
    assert found.returncode == 0, found.stdout + found.stderr
