# SPDX-License-Identifier: MIT
"""Kills a process at the n-th of something that happens, whoever sees it
happen, and at once."""

import ctypes
import os
import signal
import struct
import threading
from pathlib import Path
from typing import Optional

IN_MODIFY, IN_OPEN, IN_CREATE = 0x2, 0x20, 0x100
_HEAD = struct.Struct("iIII")


class TrapDoor:
    """Set for a process, a kind of event, and a number of them."""

    def __init__(self) -> None:
        self.sprung = threading.Event()
        self._lock = threading.Lock()
        self._kind: Optional[str] = None
        self._left = 0
        self._pid = 0

    def set(self, pid: int, kind: str, number: int) -> None:
        with self._lock:
            self.sprung.clear()
            self._kind, self._left, self._pid = kind, number, pid

    def unset(self) -> None:
        with self._lock:
            self._kind = None

    def hit(self, kind: str) -> None:
        with self._lock:
            if kind != self._kind:
                return
            self._left -= 1
            if self._left > 0:
                return
            self._kind = None
            # It may be dead, but it has not been waited for.
            os.kill(self._pid, signal.SIGKILL)
            self.sprung.set()


class Watch:
    """Tells a trap door what becomes of the files in a directory: "file" is
    any that is made or opened, "write" is a change of `data`."""

    def __init__(self, door: TrapDoor, directory: Path, data: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._door, self._data = door, data.encode()
        self._file = libc.inotify_init1(os.O_CLOEXEC)
        mask = IN_MODIFY | IN_OPEN | IN_CREATE
        self._watch = libc.inotify_add_watch(
            self._file, os.fsencode(directory), mask)
        if self._file < 0 or self._watch < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._libc = libc
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            data, at = os.read(self._file, 65536), 0
            while at < len(data):
                _, mask, _, length = _HEAD.unpack_from(data, at)
                at += _HEAD.size
                name = data[at:at + length].rstrip(b"\0")
                at += length
                if mask & (IN_OPEN | IN_CREATE):
                    self._door.hit("file")
                elif mask & IN_MODIFY and name == self._data:
                    self._door.hit("write")
                elif not mask & IN_MODIFY:
                    return  # the watch has ended

    def stop(self) -> None:
        self._libc.inotify_rm_watch(self._file, self._watch)
        self._thread.join()
        os.close(self._file)
