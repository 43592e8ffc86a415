# SPDX-License-Identifier: MIT
"""The fixtures, and a test method for each, named by what it says."""

import functools
import json
import os
import re
import shutil
import subprocess
import unittest
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "feeds"
PAIRS = FOLDER / "pairs"
# No document of ours may hold a worker for longer than this; a sanitizer may
# take its time, and so may a machine that does much else.
PATIENCE = float(os.environ.get("FEEDS_PATIENCE", "30"))


def websubctl() -> str:
    found = os.environ.get("WEBSUBCTL") or shutil.which("websubctl")
    if not found:
        raise unittest.SkipTest("WEBSUBCTL does not say where websubctl is")
    return found


def run(*arguments: str, given: bytes | None = None) -> bytes:
    """What `websubctl feed` prints. It must be content, and silent."""
    command = [websubctl(), "feed", *arguments]
    answer = subprocess.run(command, input=given, capture_output=True,
                            timeout=PATIENCE, check=False)
    told = answer.stderr.decode("utf-8", "replace")
    if answer.returncode != 0 or told:
        raise AssertionError(f"{' '.join(command[1:])}: exit "
                             f"{answer.returncode}: {told[-2000:]}")
    return answer.stdout


def hints(expected: dict) -> list[str]:
    """The options that an expectation asks for."""
    return [f"--{name.replace('_', '-')}={expected[name]}"
            for name in ("content_type", "base") if name in expected]


def inspect(expected: dict, path: str, given: bytes | None = None) -> dict:
    return json.loads(run("inspect", *hints(expected), path, given=given))


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 2)


def method_name(says: str) -> str:
    return "test_" + re.sub(r"[^a-z0-9]+", "_", says.lower()).strip("_")


def one_test_each(cases: dict[str, dict], ask, judge):
    """Gives a TestCase a method for each case. All are asked at once, ahead
    of the tests, which only wait for their answer and judge it."""
    def decorate(kind: type[unittest.TestCase]) -> type[unittest.TestCase]:
        asked: dict[str, Future] = {}

        def ask_all(cls) -> None:
            websubctl()
            asked.update((name, _pool().submit(ask, name, case))
                         for name, case in cases.items())

        kind.setUpClass = classmethod(ask_all)
        for name, case in cases.items():
            def test(self, name=name, case=case) -> None:
                judge(self, case, asked[name].result())
            method = method_name(case["says"])
            if hasattr(kind, method):
                raise ValueError(f"{name}: said before: {case['says']}")
            test.__name__ = method
            test.__doc__ = f"{name}: {case['says']}"
            setattr(kind, method, test)
        return kind
    return decorate
