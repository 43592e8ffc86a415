# SPDX-License-Identifier: MIT
"""Publishers whose documents move, and one that somebody follows."""

import stories  # noqa: F401
from harness import Answer, Origin
from harness.server import Seen

from scene import Scene


class Site(Origin):
    """A publisher whose documents may have moved."""

    def __init__(self, address: str | None = None) -> None:
        self.moved: dict[str, tuple[int, str]] = {}
        super().__init__(address)

    def answer(self, seen: Seen) -> Answer:
        if seen.target not in self.moved:
            return super().answer(seen)
        self.fetches.put(seen)
        code, to = self.moved[seen.target]
        return Answer(code, b"<p>moved", [("Location", to)])


class Fetching(Scene):
    def site(self) -> Site:
        return self._server(Site())

    def follow_at(self, origin: Origin, path: str = "/feed",
                  *options: str) -> None:
        """Follow what is, or moves on, at this path of that publisher."""
        self.hub, self.callback_server = (self.daemon(*options),
                                          self.callback())
        self.origin_server, self.topic = origin, origin.url(path)
        self.follow(self.hub, self.topic, self.callback_server.url())

    def delivered(self) -> list[bytes]:
        return [seen.body for seen in self.callback_server.posts.all()]

    def ping(self) -> Seen:
        """The delivery that a ping brings."""
        before = len(self.callback_server.posts)
        self.publish(self.hub, self.topic)
        return self.callback_server.wait_posts(before + 1)[before]

    def fetch_fails(self) -> None:
        since = self.hub.mark()
        self.publish(self.hub, self.topic)
        self.hub.wait_for("fetch.failed", since=since)
