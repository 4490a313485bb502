"""A full disk: said as such, nothing half-written, the data whole afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from atlas.errors import Unavailable
from atlas.model import FunctionTerm
from graph import functions, revisions, schema, stats
from graph.config import StoreConfig
from graph.store import Store


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB; needs the right to mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(tmp_path)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("cannot mount a small disk here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def _packet(number: int) -> list[FunctionTerm]:
    return [FunctionTerm(f"f{number}x{n}", "n" * 2000) for n in range(500)]


def _fill(store: Store) -> None:
    for number in range(1000):
        functions.put(store, _packet(number), by="test")


@pytest.mark.server
def test_a_full_disk(small_disk: Path) -> None:
    with Store.open(StoreConfig(small_disk)) as store:
        schema.apply(store)
        with pytest.raises(Unavailable, match="disk: found no space left"):
            _fill(store)
        counted = stats.counts(store)["nodes"]
        packets = counted["Revision"]
        assert packets >= 1
        assert counted == {"Function": 500 * packets, "Revision": packets}
        assert len(revisions.list_revisions(store, limit=100)[0]) == packets
