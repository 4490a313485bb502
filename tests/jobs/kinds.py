"""Small real jobs for the tests, run in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jobs.kinds
from atlas.errors import InvalidInput, Unavailable
from jobs.context import JobContext

_OURS = {
    name: f"tests.jobs.kinds:{name}"
    for name in (
        *("echo", "steps", "mistake", "bug", "crash", "unavailable", "family", "nonsense"),
        *("wedged", "writes"),
    )
}

KINDS = {**_OURS, **jobs.kinds.KINDS}
"""Ours before the real ones."""


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
    for step in _remaining(context, payload["n"]):
        time.sleep(payload.get("seconds", 0.0))
        context.checkpoint({"done": step + 1})
        context.progress(f"step {step + 1}", (step + 1) / payload["n"])
    return {"steps": payload["n"]}


def writes(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Count to ``n``, and write ``nodes`` functions into the graph at each step."""
    from atlas.model import FunctionTerm
    from graph import functions
    from graph.store import Store

    with Store.open(context.store_config) as store:
        for step in _remaining(context, payload["n"]):
            stem = f"{context.job.id}_s{step}"
            terms = [FunctionTerm(f"{stem}_f{n}", "a function") for n in range(payload["nodes"])]
            functions.put(store, [FunctionTerm(stem, "a step"), *terms], by="test")
            context.checkpoint({"done": step + 1})
    return {"steps": payload["n"]}


def _remaining(context: JobContext, n: int) -> Iterator[int]:
    """Steps that no checkpoint tells of, each noted in a file on disk as it begins."""
    done = (context.last_checkpoint or {"done": 0})["done"]
    with (context.home / f"{context.job.id}.log").open("a") as log:
        for step in range(done, n):
            log.write(f"{step} {os.getpid()}\n")
            log.flush()
            os.fsync(log.fileno())
            yield step


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


def wedged(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Hear nothing, write our id down, and wait long."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path = context.home / "wedged"
    path.with_suffix(".part").write_text(str(os.getpid()))
    path.with_suffix(".part").rename(path)
    time.sleep(120)
    return {}
