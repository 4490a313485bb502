"""Small real jobs for the tests, run in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from atlas.errors import InvalidInput, Unavailable
from jobs.context import JobContext

KINDS = {
    name: f"tests.jobs.kinds:{name}"
    for name in ("echo", "steps", "mistake", "bug", "crash", "unavailable", "family", "nonsense")
}


def echo(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Say what was given, and what is known of the world."""
    context.progress("echoing", 0.5)
    print("a word on stdout")
    return {
        "payload": payload,
        "home": str(context.home),
        "uri": context.store_config.uri,
        "password": context.store_config.password,
        "attempt": context.job.attempts,
        "command": " ".join(sys.orig_argv),
    }


def steps(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Count to ``n``, a note in a file and a checkpoint for each step."""
    done = (context.last_checkpoint or {"done": 0})["done"]
    log = context.home / f"{context.job.id}.log"
    for step in range(done, payload["n"]):
        with log.open("a") as file:
            file.write(f"{step} {os.getpid()}\n")
        time.sleep(payload.get("seconds", 0.0))
        context.checkpoint({"done": step + 1})
        context.progress(f"step {step + 1}", (step + 1) / payload["n"])
    return {"steps": payload["n"]}


def mistake(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """What the user gave cannot be used."""
    raise InvalidInput("scenario", found="opera", expected="one of audio-visual")


def bug(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """What we wrote does not work."""
    raise ZeroDivisionError("oh")


def nonsense(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """A result that is not JSON."""
    return {"path": Path()}


def crash(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Die on the first attempts, after a word on stderr."""
    if context.job.attempts > payload["deaths"]:
        return {"attempt": context.job.attempts}
    print("about to die", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def unavailable(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Something we depend on is down."""
    raise Unavailable("database", found="nothing at bolt://localhost:1")


def family(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Start a process of our own, write both ids down, and wait long."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    path = context.home / "family"
    path.with_suffix(".part").write_text(f"{os.getpid()} {child.pid}")
    path.with_suffix(".part").rename(path)
    child.wait()
    return {}
