"""Ctrl-C that meets a finaliser still ends the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])

SWALLOWED = f"""
import os, signal, sys, time
sys.path.insert(0, {ROOT!r})
from neuroweave.cli.interrupt import interrupt_surely

class Session:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

class Broken:
    def __del__(self):
        raise ValueError("told as ever")

interrupt_surely()
Broken()
Session()
print("went on", flush=True)
time.sleep(60)
"""


def test_an_interrupt_that_a_finaliser_swallows_comes_again() -> None:
    found = subprocess.run(
        [sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=30, check=False
    )
    assert found.stdout == "went on\n"
    assert "told as ever" in found.stderr
    assert found.returncode == -2  # by SIGINT
