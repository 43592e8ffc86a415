# SPDX-License-Identifier: MIT
"""Everything in a store as lines of JSON, and back."""

import gzip
import json
import re
import subprocess
import unittest
from pathlib import Path

from harness import Atom, Puller, binary
from harness.daemon import ROOT
from harness.moving import NO, USAGE, Moving, lines_of

FIXTURES = ROOT / "tests" / "fixtures" / "store"
FORMATS = sorted(FIXTURES.glob("format-*.mdb.gz"))
MANUAL = ROOT / "contrib" / "man" / "export.md"


def timeless(lines: list[dict]) -> list[dict]:
    """Without what no two stores share."""
    return [{name: value for name, value in line.items()
             if not (line["kind"] == "store" and name == "epoch"
                     or line["kind"] == "websubd-export" and name == "made")}
            for line in lines]


class RoundTrip(Moving):
    def unpack(self, fixture: Path) -> str:
        name = fixture.name.removesuffix(".gz")
        (self.directory / name).write_bytes(
            gzip.decompress(fixture.read_bytes()))
        return name

    def test_a_store_of_any_format_comes_back_equal(self) -> None:
        self.assertTrue(FORMATS)
        for fixture in FORMATS:
            with self.subTest(fixture=fixture.name):
                name = self.unpack(fixture)
                before = (self.directory / name).read_bytes()
                self.run_ctl("export", "--from", name, "one.jsonl")
                # Whatever its format, it is only read.
                self.assertEqual((self.directory / name).read_bytes(), before)
                there = f"{name}.there"
                self.run_ctl("import", "one.jsonl", "--data", there)
                self.run_ctl("export", "two.jsonl", "--data", there)
                one = lines_of(self.directory / "one.jsonl")
                two = lines_of(self.directory / "two.jsonl")
                self.assertGreater(len(one), 10)
                self.assertEqual(timeless(one), timeless(two))

    def test_the_manual_has_every_field(self) -> None:
        manual = MANUAL.read_text()
        said = set(re.findall(r"`([a-z_-]+)`", manual))
        self.run_ctl("export", "--from", self.unpack(FORMATS[-1]), "all")
        lines = lines_of(self.directory / "all")
        used = {line["kind"] for line in lines}
        self.assertGreater(len(used), 15)
        for line in lines:
            used |= line.keys()
            for value in line.values():
                if isinstance(value, list):
                    used |= {name for item in value if isinstance(item, dict)
                             for name in item}
        self.assertEqual(used - said, set())

    def test_it_goes_on_where_it_was(self) -> None:
        hub = self.daemon("--pull-open")
        origin, callback, feed = self.origin(), self.callback(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url(), secret="moving-secret")
        puller = Puller(hub.client, topic)
        puller.pull()
        running = self.export(hub, "running.jsonl")
        hub.stop()
        self.assertEqual([line for line in timeless(running)
                          if line["kind"] not in ("store", "topic")],
                         [line for line in timeless(
                             self.export(hub, "stopped.jsonl"))
                          if line["kind"] not in ("store", "topic")])
        done = self.run_ctl("import", "running.jsonl", "--data=new", "--json")
        self.assertEqual(json.loads(done.stdout)["records"],
                         len(running) - 2)
        other = self.there("new", hub)
        puller.client = other.client
        # Another history: he may have missed something, and is told so.
        self.assertIsNotNone(puller.pull()["gap"])
        self.publish(other, origin.serve(feed.add("two")))
        post, = callback.wait_posts(1)
        self.assertIsNotNone(post.get("X-Hub-Signature"))
        page = puller.pull(wait=5)
        self.assertEqual(page["events"][-1]["topic"], topic)


class Refused(Moving):
    FIRST = {"kind": "websubd-export", "version": 1}
    STORE = {"kind": "store", "secret_key": "00" * 32, "last_topic": 1}

    def attempt(self, *lines: object, code: int = NO) -> str:
        text = "".join((line if isinstance(line, str) else json.dumps(line))
                       + "\n" for line in lines)
        done = self.run_ctl("import", "-", "--data=new", code=code,
                            input=text.encode())
        return done.stderr.decode()

    def test_what_is_no_export_leaves_nothing(self) -> None:
        topic = {"kind": "topic", "id": 1, "url": "http://h/",
                 "url_normal": "http://h/", "key": "11" * 32}
        end = {"kind": "end", "records": 1}
        bad = {
            "nothing": [],
            "no JSON": ["this is no export"],
            "a list": ["[]"],
            "another version": [{**self.FIRST, "version": 99}],
            "cut short": [self.FIRST, self.STORE],
            "cut in a line": [self.FIRST, '{"kind":"store","secret_k'],
            "too many": [self.FIRST, self.STORE, {**end, "records": 2}],
            "after the end": [self.FIRST, self.STORE, end, end],
            "no store": [self.FIRST, topic],
            "two stores": [self.FIRST, self.STORE, self.STORE],
            "unknown kind": [self.FIRST, self.STORE, {"kind": "thing"}],
            "unknown field": [self.FIRST, {**self.STORE, "colour": 1}],
            "wrong type": [self.FIRST, {**self.STORE, "last_topic": "1"}],
            "below zero": [self.FIRST, {**self.STORE, "last_topic": -1}],
            "too long": [self.FIRST, self.STORE,
                         {**topic, "url": "http://h/" + "x" * 3000}],
            "no topic": [self.FIRST, self.STORE,
                         {"kind": "subscription", "topic": 7, "id": 1}],
            "twice": [self.FIRST, self.STORE, topic, topic],
            "above the head": [self.FIRST, self.STORE, topic,
                               {"kind": "update", "topic": 1, "seq": 3,
                                "event": 3, "what": "whole"}],
            "no such word": [self.FIRST, self.STORE,
                             {**topic, "content": "some"}],
        }
        for name, lines in bad.items():
            with self.subTest(name=name):
                self.assertIn("websubctl: ", self.attempt(*lines))
                self.assertFalse((self.directory / "new").exists())

    def test_it_says_where_and_why(self) -> None:
        said = self.attempt(self.FIRST, self.STORE,
                            {"kind": "topic", "id": "x"})
        self.assertIn("line 3", said)
        self.assertIn("id of a topic", said)

    def test_a_store_that_is_there_stays(self) -> None:
        self.attempt(self.FIRST, self.STORE, {"kind": "end", "records": 1},
                     code=0)
        before = (self.directory / "new" / "data.mdb").read_bytes()
        self.attempt(self.FIRST, self.STORE, {"kind": "end", "records": 1})
        self.assertEqual((self.directory / "new" / "data.mdb").read_bytes(),
                         before)
        self.run_ctl("import", "-", code=USAGE)
        self.run_ctl("export", code=USAGE)

    def test_a_rotten_copy_is_refused(self) -> None:
        whole = gzip.decompress(FORMATS[-1].read_bytes())
        for name, data in {
                "text": b"no store\n" * 999, "short": whole[:-4096],
                "rotten": whole[:8192] + bytes(b ^ 0x5a for b in whole[8192:]),
        }.items():
            with self.subTest(name=name):
                (self.directory / name).write_bytes(data)
                self.run_ctl("export", "--from", name, "out", code=NO)
                self.assertFalse((self.directory / "out").exists())

    def test_one_that_is_killed_leaves_no_store(self) -> None:
        importing = subprocess.Popen(
            [str(binary("websubctl")), "import", "-", "--data=new"],
            stdin=subprocess.PIPE, cwd=self.directory)
        importing.stdin.write((json.dumps(self.FIRST) + "\n"
                               + json.dumps(self.STORE) + "\n").encode())
        importing.stdin.flush()
        while not (self.directory / "new" / "data.part").exists():
            self.assertIsNone(importing.poll())
        importing.kill()
        importing.communicate()
        self.assertFalse((self.directory / "new" / "data.mdb").exists())
        # The next one takes away what is left of it.
        self.attempt(self.FIRST, self.STORE, {"kind": "end", "records": 1},
                     code=0)
        self.assertFalse((self.directory / "new" / "data.part").exists())


if __name__ == "__main__":
    unittest.main()
