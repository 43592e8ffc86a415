# SPDX-License-Identifier: MIT
"""M13 by chance, for publishers of several habits: whoever was away gets the
last version of everything that is new, however it left the feed."""

import random
import re
import threading
import unittest
from collections import deque

from harness import Answer, Callback, Daemon, Origin, Story, until

TYPE = "application/rss+xml"
ITEM = ("<item><guid isPermaLink='false'>{0}</guid><title>{0}</title>"
        "<description>v{1}</description></item>\n")
FEED = ("<rss version='2.0'><channel><title>A feed</title>"
        "<link>http://example.org/</link><description>words</description>\n"
        "{}</channel></rss>")


class Publisher:
    """So many newest entries, and versions of them."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.names: deque[str] = deque(maxlen=self.chance.randint(2, 6))
        self.versions: dict[str, int] = {"pinned": 0}
        for _ in range(self.names.maxlen or 0):
            self.add()

    def add(self) -> None:
        name = f"n{len(self.versions)}"
        self.versions[name] = 0
        self.names.appendleft(name)

    def order(self) -> list[str]:
        return list(self.names)

    def render(self) -> bytes:
        return FEED.format("".join(ITEM.format(name, self.versions[name])
                                   for name in self.order())).encode()

    def step(self) -> None:
        if self.chance.random() < 0.3:
            self.versions[self.chance.choice(self.names)] += 1
            return
        for _ in range(self.chance.choice([1, 1, 1, 2, 3, 7])):
            self.add()


class OldestFirst(Publisher):
    def order(self) -> list[str]:
        return list(reversed(self.names))


class PinnedToTheTop(Publisher):
    def order(self) -> list[str]:
        return ["pinned", *self.names]


class Away(Story):
    hub: Daemon
    source: Origin
    there: Callback
    publisher: Publisher

    def begin(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self.hub = self.daemon("--retry-first=20ms", "--retry-max=50ms",
                               "--retry-attempts=1000")
        self.source, self.there = self.origin(), self.callback()
        self.topic = self.source.serve(publisher.render(), TYPE)
        self.follow(self.hub, self.topic, self.there.url(),
                    content="entries")

    def update(self) -> None:
        self.publisher.step()
        self.source.serve(self.publisher.render(), TYPE)
        since = self.hub.mark()
        self.publish(self.hub, self.topic)
        self.hub.wait_for("update", since=since)

    def away(self, restart: bool) -> tuple[dict[str, int], list]:
        """What was new while he was away, and what he got then."""
        back, taken = threading.Event(), []

        def on_post(seen) -> Answer:
            if not back.is_set():
                return Answer(503)
            taken.append(seen)
            return Answer(204)
        self.there.on_post = on_post
        before, new = dict(self.publisher.versions), {}
        for _ in range(self.publisher.chance.randint(2, 7)):
            self.update()
            new |= {name: self.publisher.versions[name]
                    for name in self.publisher.order()
                    if self.publisher.versions[name] != before.get(name)}
        until(lambda: self.hub.status()["store"]["lagging"] == 1,
              "him to be behind")
        if restart:
            self.hub.restart()
        back.set()
        until(lambda: self.hub.status()["store"]["lagging"] == 0,
              "him not to be behind")
        return new, taken

    def check(self, new: dict[str, int], taken: list) -> None:
        if any(post.get("Hub-Gap") for post in taken):
            # Then it is the newest document, whole.
            self.assertEqual(taken[-1].body, self.publisher.render())
            return
        got: dict[str, int] = {}
        for post in taken:
            for name, version in re.findall(
                    r"<title>(n\d+|pinned)</title>"
                    r"<description>v(\d+)", post.body.decode()):
                self.assertLessEqual(got.get(name, 0), int(version),
                                     "backwards")
                got[name] = int(version)
        self.assertEqual(got, new)

    def test_nothing_is_lost_in_silence_nor_sent_again(self) -> None:
        for habit in (Publisher, OldestFirst, PinnedToTheTop):
            for seed in range(4):
                with self.subTest(habit=habit.__name__, seed=seed):
                    self.begin(habit(f"{habit.__name__} {seed}"))
                    for turn in range(2):
                        self.check(*self.away(restart=turn == 1))
                    self.hub.stop()


if __name__ == "__main__":
    unittest.main()
