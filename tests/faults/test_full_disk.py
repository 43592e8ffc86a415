# SPDX-License-Identifier: MIT
"""A disk that is really full: a small one of memory, which only who may mount
has (root, or a user where namespaces are his); others have test_full, where a
limit stands for it.  What is mapped must not end the daemon by a signal, and
what was acknowledged is there afterwards."""

import ctypes
import os
import threading
import unittest
from pathlib import Path

import told  # noqa: F401
import test_full
from harness import (PATIENCE, Answer, Atom, Callback, Daemon, Origin, Puller,
                     until)
from harness.puller import body_of

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
PRIVATE = (1 << 14) | (1 << 18)  # MS_REC | MS_PRIVATE
DETACH = 2
SIZE = 4 << 20
REFUSED = 1


def _call(function: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _own_mounts() -> None:
    """What this process and its children mount is nobody else's."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _call("unshare", NEW_MOUNTS)
    else:
        _call("unshare", NEW_USER | NEW_MOUNTS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _call("mount", b"none", b"/", None, ctypes.c_ulong(PRIVATE), None)


def _mount(place: Path) -> None:
    _call("mount", b"none", str(place).encode(), b"tmpfs", ctypes.c_ulong(0),
          f"size={SIZE},mode=700".encode())


def setUpModule() -> None:
    try:
        _own_mounts()
    except OSError as error:
        raise unittest.SkipTest(f"no mounts of our own: {error}") from error


class FullDisk(test_full.Full):
    def setUp(self) -> None:
        self.mounted: list[Path] = []
        super().setUp()

    def _clear(self) -> None:
        try:
            super()._clear()
        finally:
            for place in self.mounted:
                _call("umount2", str(place).encode(), DETACH)

    def small(self, *options: str) -> Daemon:
        """On a disk of its own.  It is not started."""
        hub = self.daemon(*options, start=False)
        hub.data.mkdir(0o700)
        try:
            _mount(hub.data)
        except OSError as error:
            self.skipTest(f"nothing can be mounted: {error}")
        self.mounted.append(hub.data)
        return hub

    def followed_on(self, hub: Daemon) -> tuple[Callback, Origin, Atom, str]:
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        return callback, origin, feed, topic

    def goes_on(self, hub: Daemon, callback: Callback, origin: Origin,
                feed: Atom, topic: str) -> None:
        """What waited may come before it, or with it."""
        origin.serve(feed.add("goes-on"))
        self.publish(hub, topic)
        callback.posts.wait_until(
            lambda posts: any(b"goes-on" in post.body for post in posts),
            "the newest update")

    @staticmethod
    def stuff(hub: Daemon) -> None:
        """Take what is left of the disk, to the last page."""
        with open(hub.data / "filler", "ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass

    @staticmethod
    def relieve(hub: Daemon) -> None:
        (hub.data / "filler").unlink()

    def refused(self, hub: Daemon, words: str) -> None:
        since = hub.launch()
        self.assertEqual(hub.wait_exit(), REFUSED, hub.tail())
        line, = hub.lines("start.failed", since)
        self.assertIn(words, line.text)

    def test_it_starts_on_a_full_disk_or_says_why_not(self) -> None:
        hub = self.small()
        hub.start()
        hub.stop()
        self.stuff(hub)
        hub.start()
        self.assertEqual(hub.client.get("/healthz").status, 200)
        hub.stop()
        # What a copy in its place has not, either.
        (hub.data / "lock.mdb").unlink()
        self.stuff(hub)
        self.refused(hub, "No space left")
        (hub.data / "data.mdb").unlink()
        self.stuff(hub)
        self.refused(hub, "No space left")
        self.relieve(hub)
        hub.start()
        hub.stop()

    def test_a_new_one_with_too_little_room_says_so(self) -> None:
        hub = self.small()
        said = set()
        for pages in range(1, 12):
            with open(hub.data / "filler", "wb", buffering=0) as filler:
                os.posix_fallocate(filler.fileno(), 0, SIZE - pages * 4096)
            since = hub.launch()
            line = hub.wait_for(("ready", "start.failed"), since=since)
            said.add(line.event)
            if line.event == "start.failed":
                self.assertRegex(line.text, "[Nn]o (room|space) left")
                self.assertEqual(hub.wait_exit(), REFUSED)
            hub.kill()
            for file in hub.data.iterdir():
                file.unlink()
        self.assertEqual(said, {"ready", "start.failed"})

    def test_requests_are_503_and_updates_wait_for_room(self) -> None:
        hub = self.small("--verify-timeout=5m")
        hub.start()
        callback, origin, feed, topic = self.followed_on(hub)
        gate = threading.Event()
        other = self.refusing(gate)
        self.stuff(hub)
        taken = self.fill(hub, other)
        # Whether there is room for this depends on what is free in the file.
        origin.serve(feed.add("two", "x" * 100_000))
        for _ in range(5):
            answer = hub.client.post([("hub.mode", "publish"),
                                      ("hub.url", topic)])
            self.assertIn(answer.status, (204, 503), answer.text)
        self.assertEqual(hub.client.get("/healthz").status, 200)
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)

        self.relieve(hub)
        self.goes_on(hub, callback, origin, feed, topic)
        gate.set()
        other.verifications.wait_until(
            lambda seen: len({one.path for one in seen}) >= taken,
            f"verifications of all {taken}", timeout=2 * PATIENCE)

    def test_somebody_else_fills_it_and_things_still_end(self) -> None:
        hub = self.small()
        hub.start()
        callback, origin, feed, topic = self.followed_on(hub)
        other = self.callback()
        self.subscribe(hub, topic, other.url())
        self.stuff(hub)
        self.fill(hub, self.refusing(threading.Event()))
        self.ctl(hub, "remove", topic, callback.url())
        until(lambda: hub.status()["store"]["subscriptions"] == 1,
              "the end of a subscription")
        self.ctl(hub, "topic", "remove", topic)
        until(lambda: hub.status()["store"]["topics"] == 0,
              "the end of the topic")
        self.relieve(hub)
        hub.stop()
        self.ctl(hub, "store", "check")

    def test_what_was_acknowledged_is_there_after_a_kill(self) -> None:
        hub = self.small("--verify-timeout=5m")
        hub.start()
        callback, origin, feed, topic = self.followed_on(hub)
        gate = threading.Event()
        other = self.callback()
        other.on_verify = lambda _: Answer(503, gate=gate)
        self.stuff(hub)
        self.fill(hub, other)
        hub.kill()
        gate.set()
        hub.start()  # as full as it was
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)
        hub.kill()
        self.relieve(hub)
        hub.start()
        self.goes_on(hub, callback, origin, feed, topic)

    def test_what_is_read_and_acknowledged_needs_little(self) -> None:
        """Pullers are answered whatever the disk has left."""
        hub = self.small("--pull-open", "--verify-timeout=5m")
        hub.start()
        callback, origin, feed, topic = self.followed_on(hub)
        puller = Puller(hub.client, topic)
        puller.pull()
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        callback.wait_posts(1)
        gate = threading.Event()
        self.stuff(hub)
        self.fill(hub, self.refusing(gate))
        events = puller.pull()["events"]
        self.assertIn(b"two", body_of(events[-1]))
        gate.set()

    def test_a_copy_that_does_not_fit_leaves_nothing(self) -> None:
        hub = self.small()
        hub.start()
        self.followed_on(hub)
        copy = hub.data / "copy"
        self.stuff(hub)
        self.ctl(hub, "backup", str(copy), code=1)
        self.assertFalse(copy.exists())
        hub.stop()
        file = hub.data / "data.mdb"
        before = file.read_bytes()
        self.stuff(hub)
        self.ctl(hub, "store", "compact", code=1)
        self.assertEqual(file.read_bytes(), before)
        self.assertFalse((hub.data / "data.part").exists())
        self.relieve(hub)
        self.ctl(hub, "store", "check")
        self.ctl(hub, "store", "compact")
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)
        hub.stop()


if __name__ == "__main__":
    unittest.main()
