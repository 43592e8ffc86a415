# SPDX-License-Identifier: MIT
"""kill -9 at any moment, again and again, with 500 subscribers and several
topics: what was acknowledged reaches everybody, and little is doubled.

    SEED=7 ROUNDS=50 python3 tests/faults/test_kill_rounds.py

goes one way again, and further.
"""

import os
import time
import unittest
from typing import Callable

import told  # noqa: F401
from crowd import DROP, HOLD, Steps, answer
from harness import until
from harness.waiting import PATIENCE
from peopled import CHECKPOINT, GUESTS, IN_FLIGHT, SEED, SERVERS, Peopled
from trap_door import Watch

ROUNDS = int(os.environ.get("ROUNDS", "18"))
VERBOSE = "ROUNDS" in os.environ
# What was in flight, a checkpoint being written, and one being gathered.
DOUBLED_MAX = IN_FLIGHT + 2 * CHECKPOINT
TROUBLES: tuple[Steps, ...] = (
    (answer(500),), (answer(503, b"", "Retry-After: 0"),), (answer(429),),
    DROP, HOLD)

Phase = Callable[["KillRounds"], None]


class KillRounds(Peopled):
    # ------------------------------------------------------- the moments

    def some_requests(self) -> int:
        """Guests come and go, others renew.  How many."""
        members = self.random.sample(list(self.people.members.values()), 30)
        for member in members:
            guest = int(member.name.partition(".")[2]) < GUESTS
            leaves = guest and member.active
            self.ask_later("unsubscribe" if leaves else "subscribe", member)
        return len(members)

    def trap(self, kind: str, most: int) -> None:
        self.door.set(self.hub.pid, kind, self.random.randint(1, most))

    def accept(self) -> None:
        self.publish_later("half")
        self.publish_all()
        self.trap("request", self.some_requests())
        self.ask_all()
        self.wait_for_the_door()

    def verify(self) -> None:
        self.publish_later()
        self.publish_all()
        self.trap("verification", self.some_requests())
        self.ask_all()
        self.wait_for_the_door()

    def ping(self) -> None:
        self.publish_later()
        self.trap("ping", 1)
        self.publish_all()
        self.wait_for_the_door()

    def fetch(self) -> None:
        self.publish_later()
        kind = self.random.choice(("fetch", "half a fetch", "a whole fetch"))
        self.trap(kind, len(self.unpublished))
        self.publish_all()
        self.wait_for_the_door()

    def fan_out(self) -> None:
        """Some are slow, and sometimes there is a newer version soon."""
        names = list(self.people.members)
        if self.random.random() < 0.5:
            self.held = set(self.random.sample(names, len(names) // 20))
        self.trap("delivery", 450)
        self.publish_later("all")
        self.publish_all()
        if self.random.random() < 0.5:
            self.publish_later("all", "half")
            self.publish_all()
        self.wait_for_the_door()

    def checkpoint(self) -> None:
        self.publish_later("all", "half", "some")
        self.publish_all()
        self.trap("write", 20)
        self.wait_for_the_door()

    def retry(self) -> None:
        """Many fail, or all of one server, once or a few times."""
        members = [member for member in self.people.members.values()
                   if member.active]
        if self.random.random() < 0.3:
            host = self.random.choice(members).url.split("/")[2]
            bad = [member for member in members if host in member.url]
        else:
            bad = self.random.sample(members, len(members) // 5)
        # One that hangs for a second is waited for, also by the next life.
        weights = (9, 9, 9, 9, self.random.choice((0, 0, 0, 1)))
        self.failing = {
            member.name: self.random.choices(TROUBLES, weights,
                                             k=self.random.randint(1, 3))
            for member in bad}
        waiting = sum(member.topic.name == "all" for member in bad)
        self.trap("failure", 2 * waiting)
        self.publish_later("all", "few")
        self.publish_all()
        self.wait_for_the_door()

    def broken(self) -> None:
        """Some servers answer nobody for as long as this life lasts."""
        first = self.random.randrange(SERVERS)
        self.failing = {
            name: [DROP] * 1000 for name in self.people.members
            if (int(name.partition(".")[2]) - first) % SERVERS < 3}
        self.publish_later("all", "half")
        self.publish_all()
        if self.random.random() < 0.5:
            until(lambda: self.hub.status()["store"]["lanes"] > 0,
                  f"{self.round}: a lane that is written")
        self.trap("write", 30)
        self.wait_for_the_door()

    def start_up(self) -> None:
        """Killed, and killed again while it starts."""
        self.fan_out()
        self.held = set()
        for _ in range(self.random.randint(1, 3)):
            self.kill()
            since = self.hub.launch()
            kind, most = self.random.choice(
                (("file", 14), ("delivery", 50), ("write", 4)))
            self.trap(kind, most)
            self.hub.wait_for(("ready", "(end)"), since=since)
            if kind == "delivery" and not self.unpublished:
                self.wait_for_the_door()

    PHASES: tuple[Phase, ...] = (accept, verify, ping, fetch, fan_out,
                                 checkpoint, retry, broken, start_up)

    def wait_for_the_door(self) -> None:
        """Until it has opened, or nothing more will happen."""
        deadline = time.monotonic() + PATIENCE
        while not self.door.sprung.wait(0.02):
            self.assertLess(time.monotonic(), deadline, self.round)
            if self.people.nobody_waits.is_set():
                return

    def one_round(self, phase: Phase) -> None:
        self.people.doubled.clear()
        kills = self.tally["kills"]
        self.began = time.monotonic()
        phase(self)
        self.recover(kills)

    def recover(self, kills: int) -> None:
        """Killed, and started once more: everything is as it must be."""
        asked = {member.name: member
                 for member in self.people.members.values()
                 if member.settling}
        self.kill()
        self.held, self.failing = set(), {}
        self.hub.start()
        self.ask_again()
        self.assertTrue(not self.unpublished or self.publish_all())
        self.everybody_has_it()
        self.take_stock(asked)
        kills = self.tally["kills"] - kills
        for topic, doubled in self.people.doubled.items():
            self.assertLessEqual(doubled, kills * DOUBLED_MAX,
                                 (self.round, topic))
        doubled = sum(self.people.doubled.values())
        self.tally["doubled"] += doubled
        self.tally["worst"] = max(self.tally["worst"], doubled)
        if VERBOSE:
            print(f"{self.round}: {time.monotonic() - self.began:.2f} s, "
                  f"kills {kills}, "
                  f"doubled {dict(self.people.doubled)}", flush=True)

    def test_every_round_everybody_has_the_newest(self) -> None:
        self.settle_in()
        watch = Watch(self.door, self.hub.data, "data.mdb")
        self.addCleanup(watch.stop)
        phases = self.random.sample(self.PHASES, len(self.PHASES))
        for number in range(ROUNDS):
            phase = phases[number % len(phases)]
            self.round = f"SEED={SEED} round {number}: {phase.__name__}"
            self.one_round(phase)
        print(f"rounds {ROUNDS}, kills {self.tally['kills']}, "
              f"published {self.tally['published']}, "
              f"delivered {self.people.posts}, "
              f"lost 0, doubled {self.tally['doubled']}, "
              f"worst of a round {self.tally['worst']}", flush=True)

    def test_a_kill_doubles_what_flew_and_one_checkpoint(self) -> None:
        self.settle_in("all", patience="10m")
        order = sorted(self.stock.values(), key=lambda row: row["id"])
        names = {member.hash: member.name
                 for member in self.people.members.values()}
        number = self.random.randint(CHECKPOINT + 1, 440)
        self.held = {names[row["callback_hash"]] for row in order[number:]}
        counted = self.hub.status()["counters"]
        self.publish_later("all")
        self.publish_all()

        def written() -> bool:
            now = self.hub.status()["counters"]
            return (now["checkpoints"] > counted["checkpoints"]
                    and now["deliveries.delivered"] == number)
        until(written, f"{number} deliveries and a checkpoint")
        self.began = time.monotonic()
        newest = max(member.had for member in self.people.members.values())
        flew = sum(self.people.members[name].had == newest
                   for name in self.held)
        self.recover(self.tally["kills"])
        self.assertLessEqual(self.tally["doubled"],
                             max(flew, IN_FLIGHT) + CHECKPOINT)


if __name__ == "__main__":
    unittest.main()
