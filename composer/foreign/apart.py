"""A file tried in a process of its own.

On hostile or damaged bytes a library may crash, never end, or ask for all memory there is; whoever
asked gets an error instead.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from atlas.errors import InvalidInput, NeuroweaveError, Unavailable

LIMIT_S = 60
MEMORY = 8 * 1024**3
"""Bytes that the process may ask for, where the system keeps count."""
REFUSED = 3
"""Exit status of a process that says why."""


def apart(module: str, path: Path, *, reader: str, expected: str) -> bytes:
    """What a module answers for a file; it ends with :func:`answered`.

    Raises:
        InvalidInput: it refuses the file, crashes, or takes more than ``LIMIT_S``.
        Unavailable: the system cannot read it.
    """
    command = [sys.executable, "-P", "-m", module, str(path.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        found = f"bytes that {reader} reads for more than {LIMIT_S} s"
        raise InvalidInput(path.name, found=found, expected=expected) from error
    if done.returncode == REFUSED:
        said = json.loads(done.stdout)
        kind = Unavailable if said.pop("code") == Unavailable.code else InvalidInput
        raise kind(**said)
    if done.returncode < 0:
        found = f"bytes on which {reader} ends with signal {-done.returncode}"
        raise InvalidInput(path.name, found=found, expected=expected)
    done.check_returncode()
    return done.stdout


def answered(work: Callable[[Path], bytes]) -> int:
    """Do the work for the file that the command names, and write the answer or why there is none.

    Returns:
        The exit status.
    """
    if sys.platform == "linux":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        least = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_AS, (least, most))
    try:
        answer, status = work(Path(sys.argv[1])), 0
    except NeuroweaveError as error:
        said = {"code": error.code, "field": error.field, "found": str(error.found)}
        said |= {"expected": error.expected, "hint": error.hint}
        answer, status = json.dumps(said).encode(), REFUSED
    sys.stdout.buffer.write(answer)
    return status
