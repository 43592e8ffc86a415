# SPDX-License-Identifier: MIT
"""The guarantees of webhooks (semantics, C), whatever callbacks answer and
operators do: nothing is missing without a word, nothing older comes after
something newer, and one subscription has one POST at a time.

What happens when is left to chance; what must hold is not."""

import math
import random
import re
import threading
import time
import unittest
from collections import defaultdict
from dataclasses import dataclass

from harness import Answer, Atom, Callback, Daemon, Story, until
from harness.callback import name_of
from harness.server import Seen

ROUNDS = 30
SHOWN = 12  # entries that the feed lists

_ENTRY = re.compile(rb"2024:(e\d+)</id>.*?<content>(\d+)</content>", re.S)


def number_of(field: str) -> int:
    return int(field.partition(".")[2])


@dataclass
class Arrival:
    seq: int
    previous: int
    gap: bool
    entries: dict[str, int]  # id: version
    good: bool               # answered 2xx
    begun: float
    ends: float              # no other is to come before


class Subscriber:
    """One callback URL, and what is wrong with what it was sent."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole
        self.arrivals: list[Arrival] = []
        self.entries: dict[str, int] = {}
        self.taken = 0  # newest seq that was answered 2xx
        self.told_of_gap = False
        self.troubles: list[str] = []

    def take(self, arrival: Arrival, since: float) -> None:
        """What began before `since` has ended with a killed daemon."""
        before = self.arrivals[-1] if self.arrivals else None
        if before is None:
            self.taken = arrival.previous
        elif since <= before.begun and arrival.begun < before.ends:
            self.trouble(arrival, "another POST is under way")
        elif self.whole and arrival.seq < before.seq:
            self.trouble(arrival, f"older than {before.seq}")
        if arrival.previous > self.taken and not arrival.gap:
            self.trouble(arrival, f"a hole: only {self.taken} was taken")
        for name, version in arrival.entries.items():
            if version < self.entries.get(name, 0):
                self.trouble(arrival, f"{name} goes back")
        self.told_of_gap |= arrival.gap
        if arrival.good:
            self.taken = max(self.taken, arrival.seq)
            self.entries.update(arrival.entries)
        self.arrivals.append(arrival)

    def trouble(self, arrival: Arrival, what: str) -> None:
        self.troubles.append(
            f"({arrival.previous},{arrival.seq}]: {what}")


class Guarantees(Story):
    def setUp(self) -> None:
        super().setUp()
        self.chance = random.Random()
        self.lock = threading.Lock()
        self.calm = False
        self.since = 0.0
        self.subscribers: dict[tuple[str, str], Subscriber] = {}

    def mood(self) -> Answer:
        """What a callback answers, at a bad time."""
        roll = self.chance.random()
        if self.calm or roll < 0.55:
            return Answer(204)
        if roll < 0.65:
            return Answer(500)
        if roll < 0.72:
            return Answer(self.chance.choice([429, 503]), b"",
                          [("Retry-After", "1")])
        if roll < 0.80:
            return Answer(drop=True)
        return Answer(self.chance.choice([204, 204, 500]),
                      dawdle=0.2 + 1.3 * self.chance.random())

    def on_post(self, seen: Seen) -> Answer:
        now = time.monotonic()
        entries = {name.decode(): int(version)
                   for name, version in _ENTRY.findall(seen.body)}
        with self.lock:
            answer = self.mood()
            self.subscribers[self.key_of(seen)].take(Arrival(
                number_of(seen.get("Hub-Sequence")),
                number_of(seen.get("Hub-Previous")),
                seen.get("Hub-Gap") is not None, entries,
                answer.status == 204 and not answer.drop, now,
                now + answer.dawdle), self.since)
        return answer

    @staticmethod
    def key_of(seen: Seen) -> tuple[str, str]:
        return seen.get("Host").partition(":")[0], name_of(seen)

    def cast(self) -> None:
        self.hub: Daemon = self.daemon("--deliveries=8",
                                       "--retry-attempts=6")
        self.callbacks: list[Callback] = [self.callback() for _ in range(3)]
        self.origin_server = self.origin()
        self.versions: dict[str, int] = defaultdict(int)
        self.topic = self.origin_server.serve(self.feed("e0"))
        for callback in self.callbacks:
            callback.on_post = self.on_post
            for name in ("full", "entries"):
                self.subscribers[callback.host, name] = Subscriber(
                    name == "full")
                self.subscribe(self.hub, self.topic, callback.url(name),
                               content=name)
        until(lambda: self.hub.lines(("update", "fetch.done")), "a baseline")

    def feed(self, changed: str) -> Atom:
        self.versions[changed] += 1
        atom = Atom()
        for name in list(self.versions)[-SHOWN:]:
            atom.add(name, str(self.versions[name]))
        return atom

    def change(self) -> None:
        names = list(self.versions)
        name = f"e{len(names)}"
        if self.chance.random() < 0.3:
            name = self.chance.choice(names[-5:])
        self.origin_server.serve(self.feed(name))
        self.publish_and_fetch(self.hub, self.topic)

    def settle(self) -> None:
        """All is well again: everybody gets to the head."""
        with self.lock:
            self.calm = True
        self.change()
        head = self.ctl_json(self.hub, "topic", self.topic)["head"]
        self.assertGreater(head, ROUNDS / 2)

        def all_there() -> bool:
            with self.lock:
                return all(one.taken == head
                           for one in self.subscribers.values())
        until(all_there, "all to be at the head")

    def check(self) -> None:
        for key, one in self.subscribers.items():
            with self.subTest(key=key):
                self.assertEqual(one.troubles, [])
                if one.whole or one.told_of_gap:
                    continue
                # Whoever wants entries has the newest of each.
                wanted = {name: version for name, version
                          in self.versions.items() if name != "e0"}
                have = {name: version for name, version
                        in one.entries.items() if name != "e0"}
                self.assertEqual(have, wanted)

    def pace(self) -> None:
        """A publisher's: not to wait for anything."""
        time.sleep(0.15 * self.chance.random())

    def test_C_whatever_callbacks_answer(self) -> None:
        self.cast()
        for _ in range(ROUNDS):
            self.change()
            self.pace()
        self.settle()
        self.check()

    def test_C_whatever_operators_and_subscribers_do(self) -> None:
        self.cast()
        for _ in range(ROUNDS):
            self.change()
            self.meddle()
        self.ctl(self.hub, "resume", "--all", code=None)
        for callback in self.callbacks:
            self.ctl(self.hub, "resume", f"--origin={callback.base}",
                     code=None)
            for name in ("full", "entries"):
                self.ctl(self.hub, "resume", self.topic, callback.url(name),
                         code=None)
        self.settle()
        self.check()

    def meddle(self) -> None:
        callback = self.chance.choice(self.callbacks)
        name = self.chance.choice(["full", "entries"])
        which = self.chance.choice([
            [self.topic, callback.url(name)], [f"--origin={callback.base}"],
            ["--all"]])
        what = self.chance.choice(["pause", "resume", "resume", "resend",
                                   "renew"])
        if what == "renew":
            self.accepted(self.hub, "subscribe", self.topic,
                          callback.url(name), content=name)
        elif what == "resend":
            self.ctl(self.hub, "resend", self.topic,
                     *self.chance.choice([[], [callback.url(name)],
                                          ["--since=1h"]]), code=None)
        else:
            self.ctl(self.hub, what, *which, code=None)

    def test_C_whenever_it_is_killed(self) -> None:
        self.cast()
        for number in range(ROUNDS):
            self.change()
            self.pace()
            if number % 6 == 5:
                self.since = math.inf
                self.hub.kill()
                # What it sent with its last breath has been read by then.
                until(lambda: all(callback.deserted()
                                  for callback in self.callbacks),
                      "the end of connections")
                self.hub.start()
                self.since = time.monotonic()
        self.settle()
        self.check()


if __name__ == "__main__":
    unittest.main()
