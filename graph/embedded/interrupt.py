"""Ending a Java thread that computes without ever looking whether it should stop.

Java has had no call for this since ``Thread.stop`` went; its tool interface still has one
(JVM TI ``StopThread``, written for debuggers): the thread meets an exception of our choice at its
next safepoint, wherever it is. The interfaces are tables of functions, reached with ``ctypes``.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_void_p
from typing import Any

_JNI_VERSION = 0x00010008
_TI_VERSION = 0x30010200
_EXCEPTION = b"java/util/concurrent/CancellationException"

# Places in the tables, as jni.h and jvmti.h number them (the latter from 1).
_GET_ENV = 6
_FIND_CLASS, _PUSH_FRAME, _POP_FRAME, _NEW_OBJECT, _METHOD, _TEXT = 6, 19, 20, 30, 33, 167
_GET_ALL_THREADS, _STOP_THREAD, _THREAD_INFO, _DEALLOCATE, _ADD_CAPABILITIES = 3, 6, 8, 46, 141
_CAN_SIGNAL_THREAD = 1 << 10


class _ThreadInfo(ctypes.Structure):
    _fields_ = (
        ("name", c_void_p),
        ("priority", c_int),
        ("daemon", ctypes.c_ubyte),
        ("group", c_void_p),
        ("loader", c_void_p),
    )


class Interrupter:
    """Ends threads of the virtual machine in this process.

    Make and use it in one thread, and in one that has called Java before.

    Raises:
        OSError: there is no virtual machine, or it does not have this ability.
    """

    def __init__(self) -> None:
        machine = _machine()
        self._jni = _interface(machine, _JNI_VERSION)
        self._ti = _interface(machine, _TI_VERSION)
        wanted = (ctypes.c_uint32 * 4)(_CAN_SIGNAL_THREAD)
        self._tool(_ADD_CAPABILITIES, byref(wanted))

    def stop(self, name: str, why: str) -> bool:
        """Let the thread of this name meet an exception; tells whether there is such a thread."""
        _call(self._jni, _PUSH_FRAME, c_int, c_int(1024))
        try:
            thread = self._thread(name)
            if thread is None:
                return False
            self._tool(_STOP_THREAD, c_void_p(thread), self._exception(why))
            return True
        finally:
            _call(self._jni, _POP_FRAME, c_void_p, c_void_p())

    def _thread(self, name: str) -> int | None:
        count, threads = c_int(), POINTER(c_void_p)()
        self._tool(_GET_ALL_THREADS, byref(count), byref(threads))
        try:
            wanted = name.encode()
            return next((one for one in threads[: count.value] if self._name(one) == wanted), None)
        finally:
            self._tool(_DEALLOCATE, threads)

    def _name(self, thread: int) -> bytes:
        info = _ThreadInfo()
        self._tool(_THREAD_INFO, c_void_p(thread), byref(info))
        name = ctypes.string_at(info.name) if info.name else b""
        self._tool(_DEALLOCATE, c_void_p(info.name))
        return name

    def _exception(self, why: str) -> c_void_p:
        kind = c_void_p(_call(self._jni, _FIND_CLASS, c_void_p, c_char_p(_EXCEPTION)))
        signature = c_char_p(b"<init>"), c_char_p(b"(Ljava/lang/String;)V")
        constructor = c_void_p(_call(self._jni, _METHOD, c_void_p, kind, *signature))
        text = _call(self._jni, _TEXT, c_void_p, c_char_p(why.encode()))
        arguments = (ctypes.c_uint64 * 1)(text)
        return c_void_p(
            _call(self._jni, _NEW_OBJECT, c_void_p, kind, constructor, byref(arguments))
        )

    def _tool(self, place: int, *arguments: Any) -> None:  # noqa: ANN401 - of the C library
        status = _call(self._ti, place, c_int, *arguments)
        # 15: the thread has ended meanwhile.
        if status not in (0, 15):
            raise OSError(status, "the Java tool interface refused")


def _machine() -> c_void_p:
    machine, count = c_void_p(), c_int()
    ctypes.CDLL(_library()).JNI_GetCreatedJavaVMs(byref(machine), c_int(1), byref(count))
    if count.value != 1:
        raise OSError("no Java virtual machine runs in this process")
    return machine


def _library() -> str:
    import jpype

    home = jpype.JClass("java.lang.System").getProperty("java.home")
    places = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}
    return f"{home}/{places.get(sys.platform, 'lib/server/libjvm.so')}"


def _interface(machine: c_void_p, version: int) -> c_void_p:
    found = c_void_p()
    status = _call(machine, _GET_ENV, c_int, byref(found), c_int(version))
    if status != 0:
        raise OSError(status, "the Java virtual machine has no such interface")
    return found


def _call(interface: c_void_p, place: int, result: Any, *arguments: Any) -> Any:  # noqa: ANN401
    """Call a function of a table; each takes the interface itself first."""
    table = ctypes.cast(interface, POINTER(POINTER(c_void_p))).contents
    # What is no number or address by itself is passed by its address.
    kinds = [c_int if isinstance(one, c_int) else c_void_p for one in (interface, *arguments)]
    return ctypes.CFUNCTYPE(result, *kinds)(table[place])(interface, *arguments)
