# SPDX-License-Identifier: MIT
"""What a callback may answer to a verification of intent."""

from typing import Callable

import stories  # noqa: F401
from harness import Answer, Daemon, until
from harness.callback import echo
from harness.server import Seen

# Fast enough to see every retry.
HASTY = ("--retry-first=20ms", "--retry-max=40ms")
# For answers that do not come: a slow machine may be over this time as well.
PRESSED = (*HASTY, "--verify-timeout=2s")

Answering = Callable[[Seen], Answer]


def settled(hub: Daemon) -> None:
    """No request waits any more, nor is being verified."""
    until(lambda: hub.status()["store"]["requests"] == 0, "all to be settled")


def extended(*more: bytes) -> Answering:
    """The challenge among other bytes; b"*" stands for it."""
    return lambda seen: Answer(200, b"".join(
        echo(seen).body if piece == b"*" else piece for piece in more))


def status(code: int, **more: object) -> Answering:
    """The right challenge with another status."""
    return lambda seen: Answer(code, echo(seen).body, **more)


def one_after_the_other(*answers: Answer) -> Answering:
    """These first, then yes."""
    left = list(answers)
    return lambda seen: left.pop(0) if left else echo(seen)
