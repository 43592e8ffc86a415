# SPDX-License-Identifier: MIT
"""A store that was cut short, or is no store, is refused in words: LMDB maps
its file, and reading beyond its end would be the end of the daemon, by a
signal, at some later time."""

import struct
import unittest
from pathlib import Path

import told  # noqa: F401
from harness import Daemon, Story

PAGE = 4096
# In the header at the beginning of each of the first two pages.
FREE_ROOT, LAST_PAGE, COMMIT = 80, 136, 144
REFUSED = 1


class Truncated(Story):
    def stopped(self, topics: int) -> tuple[Daemon, Path]:
        """A store of some size.  Each topic is a few commits more."""
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        for number in range(topics):
            topic = origin.serve(b"x" * 9000, "text/plain", f"/{number}")
            self.follow(hub, topic, callback.url(f"{number}"))
        hub.stop()
        return hub, hub.data / "data.mdb"

    def refused(self, hub: Daemon, words: str) -> None:
        since = hub.launch()
        self.assertEqual(hub.wait_exit(), REFUSED, hub.tail())
        line, = hub.lines("start.failed", since)
        self.assertEqual(line.level, "error")
        self.assertIn(words, line.text)
        self.assertIn("data.mdb", line.text)
        self.assertFalse(hub.lines("ready", since))

    def works(self, hub: Daemon, topics: int) -> None:
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], topics)
        hub.stop()

    @staticmethod
    def header(file: Path, number: int) -> tuple[int, int]:
        data = file.read_bytes()[number * PAGE:]
        return (struct.unpack_from("<Q", data, LAST_PAGE)[0],
                struct.unpack_from("<Q", data, COMMIT)[0])

    def test_a_file_that_was_cut_is_refused(self) -> None:
        hub, file = self.stopped(8)
        whole = file.read_bytes()
        last, _ = max(self.header(file, 0), self.header(file, 1),
                      key=lambda header: header[1])
        for size in (last * PAGE + PAGE - 1, last * PAGE, len(whole) // 2,
                     3 * PAGE, 2 * PAGE):
            with self.subTest(size=size):
                file.write_bytes(whole[:size])
                self.refused(hub, "shorter than its own header says")
                self.assertEqual(file.read_bytes(), whole[:size])
        file.write_bytes(whole)
        self.works(hub, 8)

    def test_a_file_without_both_headers_is_refused(self) -> None:
        hub, file = self.stopped(2)
        whole = file.read_bytes()
        for size in (PAGE + 100, PAGE, 100, 1):
            with self.subTest(size=size):
                file.write_bytes(whole[:size])
                self.refused(hub, "is not a store, or is damaged")

    def test_the_header_that_counts_is_looked_at(self) -> None:
        # Both places of it: each commit writes the one that is older.
        newest: set[int] = set()
        # Each topic is three commits more, or as many as they come to.
        for topics in range(1, 20):
            if len(newest) == 2:
                break
            hub, file = self.stopped(topics)
            commits = [self.header(file, 0)[1], self.header(file, 1)[1]]
            newer = commits.index(max(commits))
            if newer not in newest:
                newest.add(newer)
                self.reach_beyond(hub, file, newer)
        self.assertEqual(newest, {0, 1})

    def reach_beyond(self, hub: Daemon, file: Path, newer: int) -> None:
        """Only the header that counts speaks of pages that are not there."""
        whole = file.read_bytes()
        for number, refused in ((newer, True), (1 - newer, False)):
            data = bytearray(whole)
            struct.pack_into("<Q", data, number * PAGE + LAST_PAGE, 1 << 30)
            file.write_bytes(data)
            if refused:
                self.refused(hub, "shorter than its own header says")
            else:
                hub.start()
                hub.stop()
        file.write_bytes(whole)

    def test_what_is_no_store_is_refused(self) -> None:
        hub = self.daemon(start=False)
        hub.data.mkdir(0o700)
        for content in (b"x" * 3 * PAGE, b"\0" * 3 * 1048576, b"#!/bin/sh\n"):
            (hub.data / "data.mdb").write_bytes(content)
            self.refused(hub, "is not a store, or is damaged")

    def damage_free_pages(self, file: Path) -> None:
        """The list of free pages begins with another page's number."""
        data = bytearray(file.read_bytes())
        newest = max((0, PAGE),
                     key=lambda page: struct.unpack_from(
                         "<Q", data, page + COMMIT))
        root, = struct.unpack_from("<Q", data, newest + FREE_ROOT)
        struct.pack_into("<Q", data, root * PAGE, root + 1)
        file.write_bytes(data)

    def test_what_every_commit_would_meet_is_looked_at(self) -> None:
        hub, file = self.stopped(3)
        self.damage_free_pages(file)
        damaged = file.read_bytes()
        self.refused(hub, "is damaged (free pages: page ")
        told = self.ctl(hub, "store", "check", code=1)
        self.assertIn("free pages: page ", told)
        self.ctl(hub, "store", "compact", code=1)
        self.assertEqual(file.read_bytes(), damaged)

    def test_what_can_be_read_of_it_makes_a_new_store(self) -> None:
        hub, file = self.stopped(3)
        self.damage_free_pages(file)
        lines = str(self.directory / "lines")
        self.ctl(hub, "export", lines)
        file.unlink()
        self.ctl(hub, "import", lines)
        self.works(hub, 3)


if __name__ == "__main__":
    unittest.main()
