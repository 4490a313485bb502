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


def wait_for_step(demo: subprocess.Popen[str], number: int) -> None:
    """Read what the demo prints until the heading of a step."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith(f"── {number}."):
            return
    raise AssertionError(f"the demo ended before step {number}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_demo_can_be_stopped_anywhere(tmp_path: Path, how: signal.Signals) -> None:
    for step, seconds in ((1, 0.3), (2, 1.0), (5, 4.0)):
        demo = start(tmp_path, "demo", "--quick")
        wait_for_step(demo, step)
        time.sleep(seconds)
        demo.send_signal(how)
        _, errors = demo.communicate(timeout=60)
        # 130 is what a shell makes of an end by SIGINT; Python may end either way, depending on
        # the statement that the signal met.
        ends = {130, -how} if how is signal.SIGINT else {-how}
        assert demo.returncode in ends, errors
        assert "Traceback" not in errors
        wait_for_no_children(tmp_path)
    after = start(tmp_path, "plan", "--scenario", "audio-visual", "--json")
    out, errors = after.communicate(timeout=120)
    assert after.returncode == 0, errors
    assert {slot["area"] for slot in json.loads(out)["slots"]} == {"visual", "auditory"}
    wait_for_no_children(tmp_path)
