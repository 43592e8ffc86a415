# SPDX-License-Identifier: MIT
"""What most tests about publishing and distribution begin with: one publisher,
one hub, one subscriber that follows one topic."""

import re
from typing import Any
from urllib.parse import quote

import stories  # noqa: F401
from harness import Atom, Callback, Daemon, Origin, Rss, Story
from harness.server import Seen

PLAIN = "text/plain"
NOBODY = "http://127.9.9.9:9999/topic"  # a topic where nothing listens


def encoded(text: str) -> str:
    """As a value in a query: everything but the unreserved is %XX."""
    return quote(text, safe="-._~")


def target_of(callback: Callback, url: str) -> str:
    """The request target that stands for exactly this URL."""
    return url.removeprefix(callback.base)


class Scene(Story):
    """`follow_one()` sets the members below.  Whoever calls it again with the
    same options has the same hub, and others to speak with it."""

    hub: Daemon
    callback_server: Callback
    origin_server: Origin
    topic: str

    def setUp(self) -> None:
        super().setUp()
        self._hubs: dict[tuple[str, ...], Daemon] = {}

    def follow_one(self, *options: str, name: str = "cb", query: str = "",
                   document: Any = b"first", kind: str | None = PLAIN,
                   serve: dict[str, Any] | None = None,
                   **params: str) -> None:
        if isinstance(document, (Atom, Rss)):
            kind = None
        if options not in self._hubs:
            self._hubs[options] = self.daemon(*options)
        self.hub = self._hubs[options]
        self.callback_server = self.callback()
        self.origin_server = self.origin()
        self.topic = self.origin_server.serve(document, kind,
                                              **(serve or {}))
        self.follow(self.hub, self.topic,
                    self.callback_server.url(name, query), **params)

    def change(self, document: Any, kind: str | None = PLAIN,
               **serve: Any) -> Seen:
        """Publish this.  The delivery that it brings."""
        if isinstance(document, (Atom, Rss)):
            kind = None
        before = len(self.callback_server.posts)
        self.origin_server.serve(document, kind, **serve)
        self.publish(self.hub, self.topic)
        return self.callback_server.wait_posts(before + 1)[before]

    def ping_in_vain(self) -> None:
        """Publish what everybody knows, and wait until the hub knows too."""
        since = self.hub.mark()
        self.publish(self.hub, self.topic)
        self.hub.wait_for("fetch.done", since=since)

    def witness_sees(self, witness: Callback, document: bytes,
                     origin: Origin | None = None) -> None:
        """Publish this and wait until a subscriber that came after all others
        has it: then all others have been sent it, who are sent it at all."""
        origin = origin or self.origin_server
        before = len(witness.posts)
        origin.serve(document, PLAIN)
        self.publish(self.hub, self.topic)
        witness.wait_posts(before + 1)

    def assert_header(self, seen: Seen, name: str, *values: str) -> None:
        self.assertEqual(seen.all(name), list(values), name)


def pattern(*parts: str) -> str:
    """A regular expression of literal parts and, in <>, classes."""
    return "^" + "".join(
        part[1:-1] if part.startswith("<") and part.endswith(">")
        else re.escape(part) for part in parts) + "$"
