# SPDX-License-Identifier: MIT
"""No room left: 503 with Retry-After, nothing is lost, and it goes on by
itself when there is room again."""

import resource
import struct
import threading
import unittest

import told  # noqa: F401
from harness import Answer, Atom, Callback, Daemon, Origin, Story, until

UNLIMITED = resource.RLIM_INFINITY
LONG = "x" * 1500
PAGE = 4096
# In the header at the beginning of each of the first two pages.
LAST_PAGE, COMMIT = 136, 144


class Full(Story):
    def followed(self, *options: str
                 ) -> tuple[Daemon, Callback, Origin, Atom, str]:
        hub = self.daemon(*options)
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, feed, topic

    def fill(self, hub: Daemon, other: Callback) -> int:
        """Subscribe until there is no more room.  How many it took."""
        for number in range(5000):
            answer = self.ask(hub, "subscribe",
                              f"http://127.9.9.9:9999/{number}{LONG}",
                              other.url(f"{number}{LONG}"))
            if answer.status != 202:
                self.assertEqual(answer.status, 503, answer.text)
                self.assertTrue(answer.get("Retry-After"))
                self.assertRegex(answer.text, r"^[^\r\n]+\n$")
                return number
        raise AssertionError("it never became full")

    def refusing(self, gate: threading.Event) -> Callback:
        """Holds verifications until the gate opens, and then says no."""
        other = self.callback()
        other.on_verify = lambda _: Answer(404, gate=gate)
        return other

    def works(self, hub: Daemon, callback: Callback, origin: Origin,
              feed: Atom, topic: str, name: str) -> None:
        before = len(callback.posts)
        origin.serve(feed.add(name))
        self.publish(hub, topic)
        post = callback.wait_posts(before + 1)[-1]
        self.assertIn(name.encode(), post.body)


class FullMap(Full):
    def test_requests_are_503_until_there_is_room_again(self) -> None:
        hub, callback, origin, feed, topic = self.followed(
            "--map-size=2MiB", "--body-max=1MiB", "--verify-timeout=5m")
        gate = threading.Event()
        taken = self.fill(hub, self.refusing(gate))
        self.assertGreater(taken, 20)
        # What there was goes on: nobody who subscribed is forgotten.
        self.assertEqual(hub.client.get("/healthz").status, 200)
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)
        # And it can be renewed, although nothing new can begin (S20).
        self.accepted(hub, "subscribe", topic, callback.url(), secret="another-secret")

        gate.set()  # those requests fail now, which makes room
        until(lambda: hub.status()["store"]["requests"] == 0,
              "the end of all pending requests")
        self.works(hub, callback, origin, feed, topic, "after")
        late = self.callback()
        self.subscribe(hub, topic, late.url())

    def test_a_larger_map_is_enough_after_a_restart(self) -> None:
        hub, callback, origin, feed, topic = self.followed(
            "--map-size=2MiB", "--body-max=1MiB", "--verify-timeout=5m")
        gate = threading.Event()
        other = self.refusing(gate)
        taken = self.fill(hub, other)
        hub.kill()
        gate.set()
        hub.start("--map-size=64MiB")
        self.works(hub, callback, origin, feed, topic, "after")
        # Every request that was acknowledged is asked about.
        other.verifications.wait_until(
            lambda seen: len({one.path for one in seen}) == taken,
            f"verifications of all {taken}")

    def test_a_document_that_does_not_fit_harms_nobody(self) -> None:
        hub, callback, origin, feed, topic = self.followed(
            "--map-size=2MiB", "--body-max=2MiB")
        since = hub.mark()
        large = origin.serve(b"x" * 2_000_000, "text/plain", path="/large")
        self.subscribe(hub, large, callback.url("large"))
        hub.wait_for(("fetch.unsettled", "fetch.failed", "update"),
                     since=since)
        self.works(hub, callback, origin, feed, topic, "two")


def used(hub: Daemon) -> int:
    """How much of the file is in use: it is longer than that."""
    data = (hub.data / "data.mdb").read_bytes()[:2 * PAGE]
    headers = [(struct.unpack_from("<Q", data, page + COMMIT),
                struct.unpack_from("<Q", data, page + LAST_PAGE)[0])
               for page in (0, PAGE)]
    return (max(headers)[1] + 1) * PAGE


class FullDisk(Full):
    """A limit on the size of files stands for a disk that is full: write(2)
    fails in the same places, and it can be lifted while the daemon runs."""

    def test_requests_are_503_until_there_is_room_again(self) -> None:
        hub, callback, origin, feed, topic = self.followed(
            "--verify-timeout=5m")
        size = used(hub)
        hub.limit_file_size(size + 300_000)
        gate = threading.Event()
        other = self.refusing(gate)
        taken = self.fill(hub, other)
        self.assertTrue(hub.alive)
        self.assertEqual(hub.client.get("/healthz").status, 200)

        hub.limit_file_size(UNLIMITED)
        self.works(hub, callback, origin, feed, topic, "after")
        late = self.callback()
        self.subscribe(hub, topic, late.url())
        gate.set()
        other.verifications.wait_until(
            lambda seen: len({one.path for one in seen}) >= taken,
            f"verifications of all {taken}")

    def test_what_was_acknowledged_survives_a_kill(self) -> None:
        hub, callback, origin, feed, topic = self.followed(
            "--verify-timeout=5m")
        size = used(hub)
        hub.limit_file_size(size + 100_000)
        gate = threading.Event()
        other = self.callback()
        other.on_verify = lambda _: Answer(503, gate=gate)
        taken = self.fill(hub, other)
        hub.kill()
        other.verifications.clear()
        gate.set()
        hub.start()
        self.works(hub, callback, origin, feed, topic, "after")
        # Every request that was acknowledged is asked about.
        other.verifications.wait_until(
            lambda seen: len({one.path for one in seen}) >= taken,
            f"verifications of all {taken}")


if __name__ == "__main__":
    unittest.main()
