# SPDX-License-Identifier: MIT
"""The base of every story."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from .callback import Callback
from .client import Pairs
from .daemon import FETCHED, Daemon, binary
from .links import status_path
from .names import NameServer
from .origin import Origin
from .server import Server
from .waiting import PATIENCE
from .wire import Message

LOOPBACK = "--allow-address=127.0.0.0/8"


class Story(unittest.TestCase):
    """Makes what a story needs and clears it away afterwards.  Every daemon
    must end with 0 at SIGTERM and must not have told secrets in its log."""

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="story-"))
        self.addCleanup(shutil.rmtree, self.directory, True)
        # Ended after the daemons, which may have questions under way.
        self.resolvers = contextlib.ExitStack()
        self.addCleanup(self.resolvers.close)
        self.addCleanup(self._clear)
        self.daemons: list[Daemon] = []
        self.servers: list[Server] = []
        self.secrets: set[str] = set()

    def run(self, result: Any = None) -> Any:
        before = _troubles(result)
        result = super().run(result)
        if result is not None and _troubles(result) > before:
            for daemon in getattr(self, "daemons", []):
                print(f"--- log of {self.id()}", daemon.tail(),
                      sep="\n", file=sys.stderr)
        return result

    # ------------------------------------------------------- the cast

    def daemon(self, *options: str, loopback: bool = True,
               start: bool = True) -> Daemon:
        data = self.directory / f"data{len(self.daemons)}"
        usual = ["--accept-rate=0", "--retry-first=100ms",
                 "--retry-max=400ms", "--verify-per-host=1000",
                 "--pending-per-host=0", "--stranger-verifications=0",
                 "--stranger-rate=0", "--idle-pings=0", "--drain-idle=0s"]
        if loopback:
            usual.append(LOOPBACK)
        daemon = Daemon(data, *usual, *options)
        self.daemons.append(daemon)
        return daemon.start() if start else daemon

    def _clear(self) -> None:
        # Servers first: what they hold is let go.
        for server in self.servers:
            server.stop()
        for daemon in self.daemons:
            self._finish(daemon)

    def _finish(self, daemon: Daemon) -> None:
        try:
            if daemon.alive:
                daemon.stop()
        finally:
            if daemon.alive:
                daemon.kill()
        daemon.forbidden |= self.secrets
        for server in self.servers:
            if isinstance(server, Callback):
                daemon.forbidden |= {server.token, *server.challenges()}
        self.assertEqual(daemon.leaks(), [], "told in the log")

    def _server(self, server: Server) -> Any:
        self.servers.append(server)
        return server

    def callback(self) -> Callback:
        return self._server(Callback())

    def origin(self) -> Origin:
        return self._server(Origin())

    def names(self, names: dict[str, list[str] | None]) -> NameServer:
        server = NameServer(names)
        self.resolvers.callback(server.stop)
        return server

    # ------------------------------------------------------- requests

    def ask(self, daemon: Daemon, mode: str, topic: str, callback: str,
            **params: str) -> Message:
        """A (un)subscribe request.  `lease_seconds="5"` is hub.lease_seconds
        and so on."""
        pairs: Pairs = [("hub.mode", mode), ("hub.topic", topic),
                        ("hub.callback", callback),
                        *((f"hub.{name}", value)
                          for name, value in params.items())]
        if params.get("secret"):
            self.secrets.add(params["secret"])
        answer = daemon.client.post(pairs)
        if answer.get("Link"):
            # Whoever reads the log must not see what only its sender may.
            self.secrets.add(status_path(answer).rpartition("/")[2])
        return answer

    def accepted(self, daemon: Daemon, mode: str, topic: str, callback: str,
                 **params: str) -> None:
        answer = self.ask(daemon, mode, topic, callback, **params)
        self.assertEqual(answer.status, 202, answer.text)

    def subscribe(self, daemon: Daemon, topic: str, *callbacks: str,
                  event: str = "subscription.active", **params: str) -> None:
        """Subscribe and wait until that is so."""
        since = daemon.mark()
        for callback in callbacks:
            self.accepted(daemon, "subscribe", topic, callback, **params)
        daemon.wait_for(event, len(callbacks), since)

    def follow(self, daemon: Daemon, topic: str, *callbacks: str,
               **params: str) -> None:
        """Be the first subscribers of a topic: wait for the baseline too."""
        since = daemon.mark()
        self.subscribe(daemon, topic, *callbacks, **params)
        active = daemon.lines("subscription.active", since)[-1]
        # What is told late of another topic must not be taken for this.
        daemon.wait_for(FETCHED, since=since, topic=active.fields["topic"])

    def publish(self, daemon: Daemon, *topics: str) -> None:
        answer = daemon.client.post(
            [("hub.mode", "publish"),
             *(("hub.url", topic) for topic in topics)])
        self.assertEqual(answer.status, 204, answer.text)
        self.assertEqual(answer.body, b"")

    def publish_and_fetch(self, daemon: Daemon, topic: str) -> None:
        """Publish, and wait until the hub has looked at the document."""
        since = daemon.mark()
        self.publish(daemon, topic)
        daemon.wait_for(FETCHED, since=since)

    def ctl(self, daemon: Daemon, *arguments: str, code: int | None = 0
            ) -> str:
        """Run websubctl against a daemon's data directory."""
        done = subprocess.run(
            [str(binary("websubctl")), "--data", str(daemon.data),
             *arguments], capture_output=True, timeout=PATIENCE, text=True,
            check=False)
        if code is not None:
            self.assertEqual(done.returncode, code,
                             (arguments, done.stdout, done.stderr))
        return done.stdout

    def copy_store(self, daemon: Daemon, data: Path) -> None:
        """A backup of what it has now, restored to another directory."""
        backup = str(self.directory / "backup")
        self.ctl(daemon, "backup", backup)
        self.ctl(daemon, "restore", backup, "--data", str(data))

    def ctl_json(self, daemon: Daemon, *arguments: str) -> Any:
        return json.loads(self.ctl(daemon, *arguments, "--json"))

    @contextlib.contextmanager
    def quiet(self, daemon: Daemon, *servers: Callback):
        """What is done inside must bring nobody anything: the daemon ends,
        so that nothing is under way any more, and then we count."""
        before = [len(server.posts) for server in servers]
        yield
        daemon.stop()
        after = [len(server.posts) for server in servers]
        self.assertEqual(after, before)


def _troubles(result: Any) -> int:
    if result is None:
        return 0
    return len(result.failures) + len(result.errors)
