"""The report on AV-MNIST measured by several processes."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

from atlas.progress import silent
from search.av_mnist.cells import Measurement, Say, Scale
from training.av_mnist.sources import Sources

LOOK_S = 1.0


def measure(
    home: Path,
    sources: Sources,
    scale: Scale,
    seeds: int,
    *,
    settings: Sequence[str],
    minutes: float | None,
    processes: int,
    say: Say,
) -> Measurement:
    """Measure every cell that is missing.

    With one process its own cells are said, with several how many cells there are.
    """
    measured = Measurement(home, sources, scale, say)
    if processes == 1:
        measured.run(seeds, minutes, settings)
        return measured
    with ProcessPoolExecutor(processes, get_context("spawn"), _quiet) as pool:
        shares = [
            pool.submit(_share, home, sources, scale, seeds, tuple(settings), minutes)
            for _ in range(processes)
        ]
        _await(shares, measured, seeds, settings)
    return measured


def _quiet() -> None:
    """Ctrl-C ends a process at once: what it measured is on disk, and this one tells the user."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _await(
    shares: list[Future[None]], measured: Measurement, seeds: int, settings: Sequence[str]
) -> None:
    open_, said = set(shares), -1
    while open_:
        ended, open_ = wait(open_, timeout=LOOK_S)
        for share in ended:
            share.result()
        there, total = measured.progress(seeds, settings)
        if there != said:
            measured.say(f"{there} of {total} cells", there / total)
        said = there


def _share(
    home: Path,
    sources: Sources,
    scale: Scale,
    seeds: int,
    settings: Sequence[str],
    minutes: float | None,
) -> None:
    measured = Measurement(home, sources, scale, silent)
    measured.run(seeds, minutes, settings)
