# SPDX-License-Identifier: MIT
"""Runs the tests of a file at the same time: each has its own daemon and
servers, and mostly waits.  `together.main()` in the place of unittest.main();
there is no setUpClass with it."""

import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator, Union

AT_ONCE = 6

Suite = Union[unittest.TestSuite, unittest.TestCase]


def _cases(suite: Suite) -> Iterator[unittest.TestCase]:
    if isinstance(suite, unittest.TestCase):
        yield suite
        return
    for each in suite:
        yield from _cases(each)


def _run(case: unittest.TestCase) -> unittest.TestResult:
    result = unittest.TestResult()
    case.run(result)
    return result


class _Runner:
    def __init__(self, **_: object) -> None:
        pass

    def run(self, suite: Suite) -> unittest.TestResult:
        started, whole = time.monotonic(), unittest.TestResult()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for result in pool.map(_run, list(_cases(suite))):
                whole.testsRun += result.testsRun
                whole.failures += result.failures
                whole.errors += result.errors
                whole.skipped += result.skipped
        for case, trace in whole.failures + whole.errors:
            print(f"FAIL: {case}\n{trace}", file=sys.stderr)
        print(f"Ran {whole.testsRun} tests in "
              f"{time.monotonic() - started:.1f} s: "
              f"{len(whole.failures + whole.errors)} failed",
              file=sys.stderr)
        return whole


def main() -> None:
    unittest.main(testRunner=_Runner)
