# SPDX-License-Identifier: MIT
"""Lists that can be waited for."""

import os
import threading
import time
from typing import Callable, Generic, TypeVar

Item = TypeVar("Item")

# The ceiling of every wait, in seconds.  A story that passes never gets near
# it, however slow the machine is.
PATIENCE = float(os.environ.get("STORY_PATIENCE", "60"))


class Inbox(Generic[Item]):
    """What has arrived so far, in order; threads may wait for more."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._items: list[Item] = []
        self._changed = threading.Condition()

    def put(self, item: Item) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)

    def all(self) -> list[Item]:
        with self._changed:
            return list(self._items)

    def clear(self) -> None:
        with self._changed:
            self._items.clear()

    def wait(self, count: int, timeout: float = PATIENCE) -> list[Item]:
        """The items, as soon as there are `count` of them."""
        return self.wait_until(lambda items: len(items) >= count,
                               f"{count} of them", timeout)

    def wait_until(self, good: Callable[[list[Item]], bool], what: str,
                   timeout: float = PATIENCE) -> list[Item]:
        with self._changed:
            if not self._changed.wait_for(lambda: good(self._items), timeout):
                raise AssertionError(
                    f"{self.name}: waited {timeout:g} s for {what}, "
                    f"got {len(self._items)}")
            return list(self._items)


def until(question: Callable[[], bool], what: str,
          timeout: float = PATIENCE) -> None:
    """Ask again and again: only for what cannot announce itself, such as the
    state of another process."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not question():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}")
        pause.wait(0.02)
