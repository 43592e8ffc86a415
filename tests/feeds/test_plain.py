# SPDX-License-Identifier: MIT
"""What is read quickly is what is read thoroughly.

A carriage return is not plain: one behind the root keeps a feed from the quick
reader and says nothing by itself.
"""

import json
import unittest

from fixtures import FOLDER, PAIRS, hints, inspect, one_test_each, run


def _is_plain(data: bytes) -> bool:
    try:
        text = data.decode("utf-8").rstrip()
    except UnicodeDecodeError:
        return False
    return "\r" not in text and text.endswith(">")


def _cases() -> dict[str, dict]:
    cases = {}
    for path in sorted(FOLDER.rglob("*.xml")):
        if not _is_plain(path.read_bytes()):
            continue
        name = str(path.relative_to(FOLDER))
        cases[name] = {"says": f"{name} reads the same with a return"}
        beside = path.with_name(path.name + ".expected.json")
        if PAIRS not in path.parents:
            cases[name] |= {
                option: value for option, value
                in json.loads(beside.read_text("utf-8")).items()
                if option in ("content_type", "base")}
    return cases


def _ask(name: str, case: dict) -> tuple[dict, dict, bytes]:
    path = FOLDER / name
    returned = path.read_bytes() + b"\r"
    return (inspect(case, str(path)), inspect(case, "-", returned),
            run("diff", *hints(case), str(path), "-", given=returned))


def _judge(test: unittest.TestCase, _: dict,
           got: tuple[dict, dict, bytes]) -> None:
    plain, returned, new = got
    test.assertEqual(plain, returned)
    if plain["format"] not in ("other", "html"):
        test.assertEqual(new, b"")


@one_test_each(_cases(), _ask, _judge)
class Plain(unittest.TestCase):
    maxDiff = None

    def test_most_fixtures_are_plain(self) -> None:
        self.assertGreater(len(_cases()), 200)


if __name__ == "__main__":
    unittest.main()
