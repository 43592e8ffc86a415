# SPDX-License-Identifier: MIT
"""What the tests of requests begin with: a hub, a subscriber, and requests
that are good but for one thing."""

import socket

from harness import (Callback, Daemon, Message, NameServer, Story, form,
                     request, until)
from harness.client import FORM
from harness.server import Seen, next_address

NOBODY = "http://127.9.9.9:9999/topic"  # a topic where nothing listens


def listening_never(test: Story) -> str:
    """The base URL of a host where nobody ever answers: connections are
    neither taken nor refused, as where a firewall drops them."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    test.addCleanup(sock.close)
    sock.bind((next_address(), 0))
    sock.listen(0)
    # Fill the queue of those that wait to be accepted.
    for _ in range(4):
        filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        test.addCleanup(filler.close)
        filler.setblocking(False)
        filler.connect_ex(sock.getsockname())
    host, port = sock.getsockname()
    return f"http://{host}:{port}"


class Asking(Story):
    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        super().setUp()
        # Names that are not put there do not exist.
        self.dns: NameServer = self.names({})
        self.hub: Daemon = self.daemon(*self.options)
        self.cb: Callback = self.callback()

    def daemon(self, *options: str, **how: bool) -> Daemon:
        # Who is held by a gate is held until it opens.
        return super().daemon(f"--dns-server={self.dns.address}",
                              "--verify-timeout=1h", *options, **how)

    def but(self, name: str = "cb", **changes: str | bytes | None
            ) -> list[tuple[str, str | bytes]]:
        """A good request, but for these: None leaves the parameter out."""
        pairs = {"mode": "subscribe", "topic": NOBODY,
                 "callback": self.cb.url(name), **changes}
        return [(f"hub.{key}", value) for key, value in pairs.items()
                if value is not None]

    def raw(self, body: bytes | None, kind: str | None = FORM,
            target: str = "/", method: str = "POST") -> Message:
        fields = [("Content-Type", kind)] if kind else []
        return self.hub.client.ask(request(method, target, fields, body))

    def asked(self, name: str = "cb", **changes: str | bytes | None
              ) -> Message:
        return self.hub.client.post(self.but(name, **changes))

    def verified(self, name: str = "cb", **changes: str | bytes | None
                 ) -> Seen:
        """Ask, be told 202, and see the verification that this brings."""
        return self.comes_of(form(self.but(name, **changes)))

    def comes_of(self, body: bytes | None, **how: str | None) -> Seen:
        before = len(self.cb.verifications)
        answer = self.raw(body, **how)
        self.assertEqual(answer.status, 202, answer.text)
        return self.cb.wait_verifications(before + 1)[before]

    def refused(self, answer: Message, word: str = "", status: int = 400
                ) -> None:
        self.assertEqual(answer.status, status, answer.text)
        self.assertRegex(answer.get("Content-Type") or "", "^text/plain")
        self.assertIn(word, answer.text)

    def settled(self) -> None:
        """No request waits any more, nor is being verified."""
        until(lambda: self.hub.status()["store"]["requests"] == 0,
              "all to be settled")

    def nobody_is_asked(self) -> None:
        """Nothing of all this has brought a connection to the callback."""
        self.hub.stop()
        self.assertEqual(self.cb.accepted, 0)
