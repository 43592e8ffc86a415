# SPDX-License-Identifier: MIT
"""Every feed of the fixtures reads as its expectation says."""

import json
import unittest

from fixtures import FOLDER, PAIRS, inspect, one_test_each

SUFFIX = ".expected.json"


def _cases() -> dict[str, dict]:
    cases = {}
    for path in sorted(FOLDER.rglob("*")):
        if (path.is_dir() or path.name.endswith(SUFFIX)
                or PAIRS in path.parents):
            continue
        beside = path.with_name(path.name + SUFFIX)
        name = str(path.relative_to(FOLDER))
        cases[name] = json.loads(beside.read_text("utf-8"))
    return cases


def _ask(name: str, expected: dict) -> dict:
    return inspect(expected, str(FOLDER / name))


def _judge(test: unittest.TestCase, expected: dict, got: dict) -> None:
    told = {name: got.get(name) for name in expected if name in got}
    # What is wanted of it, entry by entry, and no more.
    wanted = {name: value for name, value in expected.items()
              if name not in ("says", "content_type", "base", "same_hash")}
    if "entries" in wanted:
        told["entries"] = [
            {name: value for name, value in entry.items() if name != "hash"}
            for entry in got["entries"]]
    if "entry_count" in wanted:
        told["entry_count"] = len(got["entries"])
    test.assertEqual(told, wanted)
    hashes = [entry["hash"] for entry in got["entries"]]
    for one, other in expected.get("same_hash", ()):
        test.assertEqual(hashes[one], hashes[other])
    for value in hashes:
        test.assertRegex(value, "^[0-9a-f]{32}$")


@one_test_each(_cases(), _ask, _judge)
class Fixtures(unittest.TestCase):
    maxDiff = None

    def test_every_expectation_has_its_feed(self) -> None:
        for path in FOLDER.glob("*" + SUFFIX):
            feed = path.with_name(path.name.removesuffix(SUFFIX))
            self.assertTrue(feed.exists(), feed.name)

    def test_there_are_at_least_150_feeds(self) -> None:
        self.assertGreaterEqual(len(_cases()), 150)


if __name__ == "__main__":
    unittest.main()
