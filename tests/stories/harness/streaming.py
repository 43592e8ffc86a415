# SPDX-License-Identifier: MIT
"""A hub, a publisher of plain texts, and readers of streams."""

import re
from typing import Any
from urllib.parse import quote

from .daemon import Daemon
from .origin import Origin
from .story import Story
from .stream import Events, EventSource, Lines
from .waiting import until
from .websocket import WebSocket

PLAIN = "text/plain"


def target(path: str, *topics: str, **params: object) -> str:
    pairs = [("topic", topic) for topic in topics] + list(params.items())
    return path + "?" + "&".join(f"{name}={quote(str(value), safe='')}"
                                 for name, value in pairs)


class Streaming(Story):
    hub: Daemon
    source: Origin

    def begin(self, *options: str) -> str:
        """The hub; the topic that it follows, with "first" in its log."""
        self.hub = self.daemon("--pull-open", *options)
        self.source = self.origin()
        return self.topic()

    def topic(self, path: str = "/a", first: bytes = b"first") -> str:
        topic = self.source.serve(first, PLAIN, path=path)
        since = self.hub.mark()
        self.hub.client.get(target("/events", topic))
        self.hub.wait_for("update", since=since)
        return topic

    def update(self, topic: str, body: bytes,
               content_type: str = PLAIN) -> None:
        """In the log when it returns."""
        since = self.hub.mark()
        path = topic.removeprefix(self.source.base)
        self.source.serve(body, content_type, path=path)
        self.publish(self.hub, topic)
        self.hub.wait_for("update", since=since)

    def cursor(self, *topics: str, **params: object) -> str:
        return self.hub.client.json(
            target("/events", *topics, **params))["cursor"]

    def token(self, name: str = "reader", *more: str,
              rights: str = "pull,mailbox,presence,ticket",
              scope: str = "*") -> str:
        said = self.ctl(self.hub, "token", "add", name, f"--right={rights}",
                        f"--scope={scope}", *more)
        token = re.search(r"wsd_[\w-]+", said)[0]
        self.secrets.add(token)
        return token

    def held(self) -> int:
        return self.hub.status()["front"]["held"]

    def wait_held(self, count: int) -> None:
        until(lambda: self.held() == count, f"{count} to be held")

    # ------------------------------------------------------- readers

    def _kept(self, reader: Any) -> Any:
        self.addCleanup(reader.close)
        return reader

    def events(self, *topics: str, fields: tuple = (), **params: object
               ) -> Events:
        return self._kept(Events(self.hub.address,
                                 target("/events/sse", *topics, **params),
                                 fields))

    def lines(self, *topics: str, fields: tuple = (), **params: object
              ) -> Lines:
        return self._kept(Lines(self.hub.address,
                                target("/events/stream", *topics, **params),
                                fields))

    def browser(self, *topics: str, **params: object) -> EventSource:
        return self._kept(EventSource(
            self.hub, target("/events/sse", *topics, **params)))

    def socket(self, *topics: str, fields: tuple = (), **params: object
               ) -> WebSocket:
        return self._kept(WebSocket(self.hub.address,
                                    target("/events/ws", *topics, **params),
                                    fields))
