# SPDX-License-Identifier: MIT
"""What is new between two versions of a feed, and why."""

import json
import unittest
from pathlib import Path
from xml.parsers import expat

from fixtures import PAIRS, hints, inspect, one_test_each, run

# What of `--why` a pair's expectation lists, line by line.
TOLD = ("new", "changed", "ignored", "returned", "gone", "verdict")


def _cases() -> dict[str, dict]:
    return {path.name: json.loads((path / "expected.json").read_text("utf-8"))
            for path in sorted(PAIRS.iterdir())}


def versions(folder: Path) -> list[Path]:
    """Two or three of them, the newest last."""
    return [path for stem in ("older", "old", "new")
            for path in folder.glob(stem + ".*")]


def _ask(name: str, expected: dict) -> dict:
    files = [str(path) for path in versions(PAIRS / name)]
    options = hints(expected)
    given = run("diff", *options, *files)
    answer = {"given": given, "newest": Path(files[-1]).read_bytes(),
              "why": run("diff", "--why", *options, *files).decode("utf-8")}
    if given and expected["prints"] != "whole":
        answer["cut"] = inspect(expected, "-", given)
        answer["whole"] = inspect(expected, files[-1])
    return answer


def name_of(entry: dict) -> str:
    return entry["id"] or entry["link"] or entry["title"] or "-"


def well_formed(text: bytes) -> bool:
    try:
        expat.ParserCreate().Parse(text, True)
    except expat.ExpatError as error:
        # Charsets of several bytes are not among expat's own.
        return error.code == expat.errors.codes[
            expat.errors.XML_ERROR_UNKNOWN_ENCODING]
    except ValueError:
        return True
    return True


def _judge_cut(test: unittest.TestCase, expected: dict, got: dict) -> None:
    cut, whole = got["cut"], got["whole"]
    test.assertEqual([name_of(entry) for entry in cut["entries"]],
                     expected["gets"])
    # They are the newest document's own entries, word for word, and all that
    # surrounds them is its own too.
    for entry in cut["entries"]:
        test.assertIn(entry, whole["entries"])
    for part in ("format", "charset", "title", "self", "hubs"):
        test.assertEqual(cut[part], whole[part], part)
    if not whole["repairs"] and whole["format"] != "jsonfeed":
        test.assertTrue(well_formed(got["given"]))


def _judge(test: unittest.TestCase, expected: dict, got: dict) -> None:
    if expected["prints"] == "nothing":
        test.assertEqual(got["given"], b"")
    elif expected["prints"] == "whole":
        test.assertEqual(got["given"], got["newest"])
    else:
        test.assertNotEqual(got["given"], b"")
        _judge_cut(test, expected, got)
    told = [" ".join(line.split()) for line in got["why"].splitlines()]
    test.assertEqual([line for line in told if line.split()[0] in TOLD],
                     expected["why"])


@one_test_each(_cases(), _ask, _judge)
class Pairs(unittest.TestCase):
    maxDiff = None

    def test_there_are_at_least_40_pairs(self) -> None:
        self.assertGreaterEqual(len(_cases()), 40)


if __name__ == "__main__":
    unittest.main()
