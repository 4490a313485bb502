"""Ctrl-C that is not lost."""

from __future__ import annotations

import os
import signal
import sys
import threading

AGAIN_S = 0.05

_OTHERS = sys.unraisablehook


def interrupt_surely() -> None:
    """Send Ctrl-C again where a finaliser swallowed it.

    Python drops what is raised in ``__del__``, and a search for garbage may run one at any moment:
    the driver's sessions have one. The user's Ctrl-C met it, and the command went on.
    """
    sys.unraisablehook = _heard


def _heard(dropped: sys.UnraisableHookArgs) -> None:
    if dropped.exc_type is KeyboardInterrupt:
        # Later, and from outside: raised here it would be dropped as well.
        threading.Timer(AGAIN_S, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        _OTHERS(dropped)
