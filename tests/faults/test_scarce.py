# SPDX-License-Identifier: MIT
"""In the middle of a fan-out the disk is full, there are no more descriptors
or no more memory: nothing is lost, it is told in words, and it goes on by
itself when there is enough again."""

import os
import resource
import time
import unittest
from pathlib import Path
from typing import Callable

import told  # noqa: F401
from crowd import Asked, Steps, answer
from harness import Daemon, Story, until
from peopled import Peopled

UNLIMITED = resource.RLIM_INFINITY


class Scarce(Peopled):
    """At the n-th delivery of a fan-out something becomes scarce."""

    def setUp(self) -> None:
        super().setUp()
        self.at_delivery: tuple[int, Callable[[], None]] | None = None
        self.seen = 0

    def told(self, asked: Asked) -> Steps:
        self.seen += 1
        if self.at_delivery and self.seen == self.at_delivery[0]:
            self.at_delivery[1]()
        return super().told(asked)

    def in_mid_fan_out(self, happens: Callable[[], None]) -> None:
        """Publish, and wait for it to happen."""
        self.seen = 0
        self.at_delivery = (self.random.randint(1, 200), happens)
        self.publish_later("all")
        self.publish_all()
        until(lambda: self.seen >= self.at_delivery[0], "the fan-out")
        self.at_delivery = None

    def limit(self, what: int, soft: int) -> None:
        _, hard = resource.prlimit(self.hub.pid, what)
        soft = hard if soft == UNLIMITED else soft
        resource.prlimit(self.hub.pid, what, (soft, hard))

    def goes_on(self, *names: str) -> None:
        """Everybody gets what there was, and what comes next."""
        self.everybody_has_it()
        self.publish_later(*names)
        self.publish_all()
        self.everybody_has_it()
        self.take_stock({})
        self.assertTrue(self.hub.alive)


class Disk(Scarce):
    """Nothing at all can be written: harsher than a disk that is full, where
    LMDB could still use free pages of its own."""

    def fill(self, size: int) -> None:
        self.limit(resource.RLIMIT_FSIZE, size)

    def full(self) -> None:
        self.settle_in()
        since = self.hub.mark()
        self.in_mid_fan_out(lambda: self.fill(0))
        self.hub.wait_for("checkpoint.unwritten", since=since, status="full")
        self.assertEqual(self.hub.status()["store"]["walks"], 1)

    def refused(self, *pairs: tuple[str, str]) -> None:
        answer = self.hub.client.post(pairs)
        self.assertEqual(answer.status, 503, answer.text)
        self.assertTrue(answer.get("Retry-After"))
        self.assertRegex(answer.text, r"^[^\r\n]+\n$")

    def test_what_was_told_is_remembered_when_there_is_room(self) -> None:
        self.full()
        topic = self.people.topics["few"].url
        # Neither can be remembered, so neither is accepted.
        self.refused(("hub.mode", "publish"), ("hub.url", topic))
        self.refused(("hub.mode", "subscribe"), ("hub.topic", topic),
                     ("hub.callback", self.crowd.url(0, "nobody")))
        self.assertEqual(self.hub.client.get("/healthz").status, 200)
        self.fill(UNLIMITED)
        self.goes_on("all", "half")

    def test_a_kill_then_loses_nothing(self) -> None:
        self.full()
        self.kill()
        self.hub.start()
        self.goes_on("all", "few")


class Descriptors(Scarce):
    def open_now(self) -> int:
        """As many as this are open."""
        return len(os.listdir(f"/proc/{self.hub.pid}/fd"))

    def test_whoever_cannot_be_called_is_called_later(self) -> None:
        # Each delivery needs a connection of its own.
        self.yes = (answer(204, b"", "Connection: close"), None)
        self.settle_in()
        few = self.open_now() - self.crowd.connections + 3
        began = time.monotonic()
        self.in_mid_fan_out(lambda: self.limit(resource.RLIMIT_NOFILE, few))
        self.hub.wait_for("deliveries.short")
        self.everybody_has_it()
        # Once a minute, however many could not be called.
        minutes = (time.monotonic() - began) / 60
        self.assertLessEqual(len(self.hub.lines("deliveries.short")),
                             1 + int(minutes))
        self.limit(resource.RLIMIT_NOFILE, UNLIMITED)
        self.goes_on("all", "half")


class Memory(Story):
    def test_a_document_there_is_no_room_for_comes_later(self) -> None:
        hub, callback, origin = (self.daemon(), self.callback(),
                                 self.origin())
        if hub.sanitized:
            self.skipTest("it has no address space of a usual size")
        topic = origin.serve(b"one", "text/plain")
        urls = [callback.url(f"{number}") for number in range(10)]
        self.follow(hub, topic, *urls)
        resource.prlimit(hub.pid, resource.RLIMIT_AS,
                         (self.address_space(hub), UNLIMITED))
        body = bytes(range(256)) * 16384  # 4 MiB
        origin.serve(body, "text/plain")
        self.publish(hub, topic)
        origin.fetches.wait(2)
        self.publish(hub, topic)  # it still hears
        resource.prlimit(hub.pid, resource.RLIMIT_AS, (UNLIMITED, UNLIMITED))
        callback.posts.wait_until(
            lambda posts: {post.path for post in posts
                           if post.body == body}
            == {"/" + url.split("/", 3)[3] for url in urls},
            "the document everywhere")
        self.assertTrue(hub.alive)

    @staticmethod
    def address_space(hub: Daemon) -> int:
        pages = Path(f"/proc/{hub.pid}/statm").read_text().split()[0]
        return int(pages) * resource.getpagesize()


if __name__ == "__main__":
    unittest.main()
