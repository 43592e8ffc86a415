# SPDX-License-Identifier: MIT
"""What a service manager does: it opens the sockets, hands them to one life of
the daemon after the other, and is told how each fares."""

import fcntl
import socket
import tempfile
import threading
from pathlib import Path

from .daemon import Daemon
from .waiting import PATIENCE, Inbox

# So that the numbers we have do not collide with those that it gets.
HIGH = 50


class Manager:
    """Sockets by their names ("public", "admin", "admin-tcp"), and a place
    for sd_notify(3)."""

    def __init__(self) -> None:
        self.sockets: list[tuple[str, socket.socket]] = []
        self.told: Inbox[str] = Inbox("notifications")
        self.environment: dict[str, str] = {}
        self._directory = tempfile.TemporaryDirectory(prefix="manager-")
        self._mail = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._mail.bind(self.path("notify"))
        threading.Thread(target=self._read, daemon=True).start()

    def path(self, name: str) -> str:
        return str(Path(self._directory.name) / name)

    def _read(self) -> None:
        while True:
            try:
                data = self._mail.recv(4096)
            except OSError:
                return
            if not data:
                return
            for line in data.decode().splitlines():
                self.told.put(line)

    def wait_told(self, line: str, count: int = 1,
                  timeout: float = PATIENCE) -> None:
        self.told.wait_until(lambda all: all.count(line) >= count,
                             f"{count} × {line}", timeout)

    def catch_up(self) -> None:
        """Until all that was told before has been read."""
        mark = f"X_MARK={len(self.told)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mail:
            mail.sendto(mark.encode(), self.path("notify"))
        self.wait_told(mark)

    def close(self) -> None:
        self._mail.shutdown(socket.SHUT_RD)
        self._mail.close()
        for _, one in self.sockets:
            one.close()
        self._directory.cleanup()

    def add(self, name: str, one: socket.socket) -> socket.socket:
        self.sockets.append((name, one))
        return one

    def listen(self, name: str = "public",
               backlog: int = 4096) -> tuple[str, int]:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        one.listen(backlog)
        return self.add(name, one).getsockname()

    def listen_local(self, name: str = "admin") -> Path:
        one = self.add(name, socket.socket(socket.AF_UNIX))
        path = self.path(f"{name}.sock")
        one.bind(path)
        one.listen(64)
        return Path(path)

    def adopt(self, hub: Daemon) -> Daemon:
        """From now on that one is started by us."""
        hub.wrap = self._wrap
        return hub

    def _wrap(self, command: list[str]
              ) -> tuple[list[str], tuple[int, ...], dict[str, str]]:
        """The shell puts each socket where it belongs and becomes it."""
        names = ":".join(name for name, _ in self.sockets)
        numbers = tuple(fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, HIGH)
                        for _, one in self.sockets)
        moves = " ".join(f"{3 + at}<&{number} {number}<&-"
                         for at, number in enumerate(numbers))
        script = f'exec {moves}; LISTEN_PID=$$ exec "$@"' if moves else \
            'LISTEN_PID=$$ exec "$@"'
        environment = {"LISTEN_FDS": str(len(numbers)),
                       "LISTEN_FDNAMES": names,
                       "NOTIFY_SOCKET": self.path("notify"),
                       **self.environment}
        return ["bash", "-c", script, "bash", *command], numbers, environment
