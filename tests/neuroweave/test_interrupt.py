"""Ctrl-C and SIGKILL at any step of the demo: nothing broken, nothing left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.server, pytest.mark.slow]


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "neuroweave", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NEUROWEAVE_HOME": str(home)},
    )


def children(home: Path) -> list[str]:
    """Command lines of the database processes that serve this directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_text().replace("\0", " ")
        except OSError:
            continue  # it has just ended
        if "graph.embedded.child" in line and str(home) in line:
            found.append(line)
    return found


def wait_for_no_children(home: Path) -> None:
    end = time.monotonic() + 20
    while children(home):
        assert time.monotonic() < end, "the database outlives its last user"
        time.sleep(0.1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_demo_can_be_stopped_anywhere(tmp_path: Path, how: signal.Signals) -> None:
    for seconds in (0.7, 2.0, 4.0, 7.0):
        demo = start(tmp_path, "demo", "--quick")
        time.sleep(seconds)
        demo.send_signal(how)
        _, errors = demo.communicate(timeout=60)
        assert demo.returncode == (130 if how is signal.SIGINT else -how), errors
        assert "Traceback" not in errors
        wait_for_no_children(tmp_path)
    after = start(tmp_path, "atlas", "import", "builtin", "--json")
    out, errors = after.communicate(timeout=120)
    assert after.returncode == 0, errors
    counts = json.loads(out)
    assert all(sum(kind.values()) > 0 for kind in counts.values())
    again = start(tmp_path, "plan", "--scenario", "audio-visual", "--json")
    out, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert {slot["area"] for slot in json.loads(out)["slots"]} == {"visual", "auditory"}
    wait_for_no_children(tmp_path)
