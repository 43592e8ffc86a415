# SPDX-License-Identifier: MIT
"""kill -9 of the hub, or of those who pull, while a publisher publishes: all
of them go on where they were, and nothing is lost.

    SEED=7 ROUNDS=200 python3 tests/faults/test_pull_kill.py

goes one way again, and further.
"""

import contextlib
import hashlib
import hmac
import os
import random
import threading
import time
import unittest

import told  # noqa: F401
from harness import PATIENCE, Closed, Story, until
from harness.server import next_address
from pullers import (ByTopic, Forgetful, Life, Mailbox, Maker, OfEvents,
                     OfLines, OfPrefix, OnSocket, Poll, Puller)

ROUNDS = int(os.environ.get("ROUNDS", "20"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 1 << 30)
VERBOSE = "ROUNDS" in os.environ
KEY = "a-key-of-more-than-16-bytes"
TOPICS = 3
MISSES = 100
MANY = 1250  # so many updates are trimmed at once
KINDS: tuple[Maker, ...] = (Poll, ByTopic, OfEvents, OfLines,
                             OnSocket)


class Publisher:
    """Sends documents with its pings, each until it is taken."""

    def __init__(self, life: Life, origin, topics: list[str]) -> None:
        self.life, self.origin, self.topics = life, origin, topics
        self.numbers = dict.fromkeys(topics, 0)
        self.newest: dict[str, str] = {}
        self.published = 0

    def serve(self, topic: str) -> None:
        body = f"{topic} has number {self.numbers[topic]}\n"
        self.origin.serve(body.encode(), "text/plain",
                          path=topic.removeprefix(self.origin.url("")))
        self.newest[topic] = body

    def publish(self, topic: str, during=None) -> None:
        """`during` is called while the request is on its way."""
        self.numbers[topic] += 1
        self.serve(topic)
        # What was sent may be sent again, but not with the same proof.
        stamp = int(time.time())
        while not self._send(topic, stamp, during):
            during = None
            stamp -= 1
            self.life.up.wait(PATIENCE)
        self.published += 1

    def _send(self, topic: str, stamp: int, during) -> bool:
        body = self.newest[topic]
        proof = hmac.new(KEY.encode(), f"{topic}\n{stamp}\n{body}".encode(),
                         hashlib.sha256).hexdigest()
        thread = threading.Thread(target=during) if during else None
        if thread:
            thread.start()
        try:
            answer = self.life.hub.client.post(
                [("hub.mode", "publish"), ("hub.url", topic),
                 ("hub.content", body), ("hub.content_type", "text/plain"),
                 ("hub.timestamp", str(stamp)),
                 ("hub.signature", f"sha256={proof}")])
        except (Closed, OSError):
            return False
        finally:
            if thread:
                thread.join()
        if answer.status == 503:
            return False
        assert answer.status == 204, (answer.start, answer.text)
        return True


class PullKill(Story):
    pullers: list[Puller]

    def cast(self, *options: str, topics: int = TOPICS) -> None:
        print(f"SEED={SEED}", flush=True)
        self.random = random.Random(SEED)
        self.secrets.add(KEY)
        origin = self.origin()
        self.topics = [origin.url(f"/topic{i}") for i in range(topics)]
        self.hub = self.daemon(
            "--pull-open", "--log=info", "--pulls-per-address=1000",
            f"--publisher-key={origin.url('/')} {KEY}", *options, start=False)
        # Who comes while it is dead finds nobody else's hub at its port.
        self.hub.listen = f"{next_address()}:0"
        self.hub.start()
        self.life = Life(self.hub)
        self.publisher = Publisher(self.life, origin, self.topics)
        self.pullers = []
        self.broken: Exception | None = None
        self.addCleanup(self.end_all)
        for topic in self.topics:
            self.publisher.serve(topic)

    def end_all(self) -> None:
        self.life.over.set()
        self.life.up.set()
        for puller in self.pullers:
            puller.resume()
            puller.kill()
        for puller in self.pullers:
            if puller.ident is not None:
                puller.join()

    def begin(self) -> None:
        """Two of each kind: one asks for everything, one for a topic."""
        for make in KINDS:
            self.pullers += [make(self.life, "of all", self.topics),
                             make(self.life, "of one", self.topics[:1])]
        self.pullers.append(OfPrefix(self.life, "of all", self.topics))
        self.life.up.set()
        for puller in self.pullers:
            puller.start()
        self.everybody_has_it("the start")

    def add_mailboxes(self) -> None:
        """Before begin()."""
        token = self.ctl(self.hub, "token", "add", "kill",
                         "--right=pull,match,mailbox,create",
                         "--scope=*").split()[-1]
        self.secrets.add(token)
        for make in (Mailbox, Forgetful):
            box = make(self.life, "of all", self.topics)
            box.token = token
            box.make()
            self.pullers.append(box)

    def everybody_has_it(self, when: str) -> None:
        for puller in self.pullers:
            expected = {topic: body
                        for topic, body in self.publisher.newest.items()
                        if topic in puller.topics}
            good = puller.memory.wait_for(expected)
            if puller.trouble is not None:
                raise AssertionError(f"{when}: {puller.trouble}") \
                    from puller.trouble
            self.assertTrue(good, (when, puller.memory.name, expected,
                                   puller.memory.newest,
                                   puller.memory.place))

    # ------------------------------------------------------- the moments

    def kill_hub(self) -> None:
        self.life.up.clear()
        self.hub.kill()

    def stop_hub(self) -> None:
        """In good order: those who are held are told to come again."""
        self.life.up.clear()
        self.hub.stop()

    def kill_some(self) -> None:
        count = self.random.randint(1, len(self.pullers))
        for puller in self.random.sample(self.pullers, count):
            puller.kill()

    def kill_both(self) -> None:
        self.kill_some()
        self.kill_hub()
        self.kill_some()

    @contextlib.contextmanager
    def telling(self):
        """What a thread of ours runs into is the test's to know."""
        try:
            yield
        except Exception as error:
            self.broken = error

    def one_round(self) -> str:
        """Some updates; at one of them, at some moment, somebody dies."""
        deed = self.random.choice(
            (self.kill_hub, self.kill_hub, self.kill_some, self.kill_some,
             self.kill_both, self.stop_hub))
        count = self.random.randint(2, 9)
        fatal = self.random.randrange(count)
        delay = self.random.random() * self.random.choice((0, 0.002, 0.01))
        done = threading.Event()

        def during() -> None:
            time.sleep(delay)  # which moment it is
            with self.telling():
                deed()
            done.set()

        def work() -> None:
            with self.telling():
                for i in range(count):
                    self.publisher.publish(self.random.choice(self.topics),
                                           during if i == fatal else None)
            done.set()
        worker = threading.Thread(target=work)
        worker.start()
        done.wait()
        if not self.hub.alive:
            self.hub.start()
            self.life.up.set()
        worker.join()
        if self.broken is not None:
            raise self.broken
        return deed.__name__

    def test_whoever_is_killed_goes_on_where_he_was(self) -> None:
        self.cast()
        self.add_mailboxes()
        self.begin()
        for number in range(ROUNDS):
            began = time.monotonic()
            what = self.one_round()
            when = f"SEED={SEED} round {number}: {what}"
            self.everybody_has_it(when)
            if VERBOSE:
                print(f"{when} {time.monotonic() - began:.2f} s", flush=True)
        self.report("kills")
        for puller in self.pullers:
            self.assertEqual(puller.memory.gaps, 0, puller.memory.name)
            if not puller.forgets:
                self.assertEqual(puller.memory.doubled, 0,
                                 (SEED, puller.memory.name))

    def test_what_retention_takes_meanwhile_is_told_exactly(self) -> None:
        # By their number: what was there is counted exactly for ten times as
        # long as it would be kept, and these days are enough.
        self.cast("--retention-updates=2", topics=2)
        self.add_mailboxes()
        self.begin()
        # Trimming may be behind with its work: until each has met a gap.
        for number in range(MISSES):
            self.miss_some(f"SEED={SEED} round {number}",
                           self.topics[number % len(self.topics)])
            spared = [puller.memory.name for puller in self.pullers
                      if not puller.memory.gaps]
            if number >= max(1, ROUNDS // 20) and not spared:
                break
        self.report("gaps")
        self.assertEqual(spared, [])

    def miss_some(self, when: str, topic: str) -> None:
        """All are away while so much is published that it is trimmed."""
        for puller in self.pullers:
            puller.pause()
        since = self.hub.mark()
        for _ in range(MANY):
            self.publisher.publish(topic)
        grown = self.hub.wait_for("update", since=since).fields["topic"]
        self.hub.wait_for("log.trimmed", since=since, topic=grown)
        if self.random.random() < 0.5:
            self.kill_hub()
            self.hub.start()
            self.life.up.set()
        for puller in self.pullers:
            puller.resume()
        self.everybody_has_it(when)

    def report(self, name: str) -> None:
        memories = [puller.memory for puller in self.pullers]
        until(lambda: all(puller.is_alive() for puller in self.pullers),
              "all of them to go on")
        print(f"{name}: rounds {ROUNDS}, published "
              f"{self.publisher.published}, pullers {len(memories)}, killed "
              f"{sum(puller.kills for puller in self.pullers)}, events "
              f"{sum(memory.events for memory in memories)}, lost 0, doubled "
              f"{sum(memory.doubled for memory in memories)}, gaps "
              f"{sum(memory.gaps for memory in memories)} of "
              f"{sum(memory.missed for memory in memories)}", flush=True)


if __name__ == "__main__":
    unittest.main()
