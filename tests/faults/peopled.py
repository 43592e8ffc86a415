# SPDX-License-Identifier: MIT
"""A story with hundreds of subscribers of several topics."""

import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from crowd import HOLD, Asked, Crowd, Steps, answer
from harness import Closed, Story, until
from harness.client import Pairs
from harness.server import next_address
from harness.waiting import PATIENCE
from population import Member, Population, Topic
from trap_door import TrapDoor

SEED = int(os.environ.get("SEED",
                          str(random.SystemRandom().randrange(1 << 32))))
SERVERS, GUESTS, AT_ONCE = 10, 20, 8
# How many of the 500 subscribers, and is it a feed?
TOPICS = {"all": (500, False), "half": (250, True), "some": (100, False),
          "few": (10, True)}
IN_FLIGHT, CHECKPOINT = 64, 256
NUMBERS = ("requests", "walks", "lagging", "waiting", "lanes", "denials")


class Peopled(Story):
    def setUp(self) -> None:
        super().setUp()
        print(f"SEED={SEED}", flush=True)
        self.random = random.Random(SEED)
        self.round = f"SEED={SEED} at the beginning"
        self.people = Population()
        self.door = TrapDoor()
        self.yes: Steps = (answer(204),)
        self.failing: dict[str, list[Steps]] = {}
        self.held: set[str] = set()
        self.tally: Counter = Counter()
        self.unanswered: list[tuple[str, Member]] = []
        self.unpublished: list[Topic] = []
        self.crowd = Crowd(SERVERS, self.handle)
        self.addCleanup(self.crowd.stop)
        self.secrets.add(self.crowd.token)
        self.threads = ThreadPoolExecutor(AT_ONCE)
        self.addCleanup(self.threads.shutdown)

    # ------------------------------------------------------- the world

    def handle(self, asked: Asked) -> Steps:
        if asked.method == b"POST":
            return self.told(asked)
        if "hub.challenge" in asked.params:
            self.door.hit("verification")
            return (answer(200, asked.params["hub.challenge"].encode()),)
        if "hub.mode" in asked.params:
            return (answer(204),)
        return self.fetched(self.people.topics[asked.name])

    def fetched(self, topic: Topic) -> Steps:
        whole = answer(200, topic.body(), f"Content-Type: {topic.kind}")
        half = len(whole) // 2
        self.door.hit("fetch")
        return (whole[:half], lambda: self.door.hit("half a fetch"),
                whole[half:], lambda: self.door.hit("a whole fetch"))

    def told(self, asked: Asked) -> Steps:
        troubles = self.failing.get(asked.name)
        steps = self.yes
        if asked.name in self.held:
            steps = HOLD
        elif troubles:
            steps = troubles.pop()
        accepted = steps is self.yes
        self.people.told(asked, accepted, not accepted and steps != HOLD)
        if troubles is not None:
            self.door.hit("failure")
        self.door.hit("delivery")
        return steps

    def settle_in(self, *names: str, patience: str = "4s") -> None:
        """Everybody subscribes, to all topics or to these."""
        self.hub = self.daemon(
            "--log=info", "--lease-min=1s", "--lease-max=3650d",
            f"--delivery-timeout={patience}", f"--deliveries={IN_FLIGHT}",
            start=False)
        # Who comes while it is dead finds nobody else's hub at its port.
        self.hub.listen = f"{next_address()}:0"
        self.hub.start()
        for at, (name, (size, feed)) in enumerate(TOPICS.items()):
            if names and name not in names:
                continue
            topic = Topic(name, self.crowd.url(at, name), feed)
            self.people.topics[name] = topic
            for number in range(size + GUESTS):
                self.people.add(self.member(topic, number))
        for member in self.people.members.values():
            if int(member.name.partition(".")[2]) >= GUESTS:
                self.ask_later("subscribe", member)
        self.ask_again()
        self.settled()
        # The first version of a topic is where its subscriptions begin.
        self.hub.wait_for("update", len(self.people.topics), what="baseline")
        self.take_stock({})

    def member(self, topic: Topic, number: int) -> Member:
        name = f"{topic.name}.{number}"
        secret = f"{self.crowd.token}-{number}" if number % 10 == 0 else ""
        return Member(topic, name, self.crowd.url(number, name), secret)

    # ------------------------------------------------------- requests

    def ask_later(self, mode: str, member: Member) -> None:
        member.settling = True
        member.active = mode == "subscribe"
        member.lease = self.random.randrange(86400, 3000 * 86400)
        member.asked_at = now_ms()
        self.people.leaves(member)
        self.unanswered.append((mode, member))

    def ask(self, mode: str, member: Member) -> bool:
        """Whether it was answered: then it must be remembered."""
        pairs: Pairs = [
            ("hub.mode", mode), ("hub.topic", member.topic.url),
            ("hub.callback", member.url),
            ("hub.lease_seconds", str(member.lease))]
        if member.secret:
            pairs.append(("hub.secret", member.secret))
        try:
            answered = self.hub.client.post(pairs)
        except (OSError, Closed):
            return False
        self.assertEqual(answered.status, 202, (self.round, answered.text))
        self.door.hit("request")
        return True

    def ask_all(self) -> None:
        """All who have not been answered ask, some at a time."""
        asking = list(self.threads.map(lambda one: self.ask(*one),
                                       self.unanswered))
        self.unanswered = [one for one, answered
                           in zip(self.unanswered, asking) if not answered]

    def ask_again(self) -> None:
        self.ask_all()
        self.assertEqual(self.unanswered, [], self.round)

    def publish_later(self, *names: str) -> None:
        """A new version: of these topics, or of some."""
        some = self.random.sample(list(TOPICS), self.random.randint(1, 3))
        for name in names or some:
            topic = self.people.topics[name]
            topic.next()
            self.people.everybody_waits(topic)
            if topic not in self.unpublished:
                self.unpublished.append(topic)

    def publish_all(self) -> bool:
        topics = [topic.url for topic in self.unpublished]
        try:
            self.publish(self.hub, *topics)
        except (OSError, Closed):
            return False
        self.tally["published"] += len(topics)
        self.unpublished = []
        self.door.hit("ping")
        return True

    # ------------------------------------------------------- afterwards

    def kill(self) -> None:
        self.door.unset()
        self.hub.kill()
        self.tally["kills"] += 1
        # What it sent with its last breath has been read by then.
        until(self.crowd.deserted, "the end of connections")

    def settled(self) -> None:
        """Until nothing is owed to anybody."""
        deadline = time.monotonic() + 2 * PATIENCE
        while True:
            store = self.hub.status()["store"]
            if not any(store[number] for number in NUMBERS):
                break
            if time.monotonic() > deadline:
                self.fail(f"{self.round}: never settled: {store}")
            threading.Event().wait(0.02)
        for member in self.people.members.values():
            if member.settling and not member.active:
                self.people.forget(member)
            elif member.settling and member.accepted is None:
                member.joined = member.topic.version
            member.settling = False

    def rows(self) -> dict[tuple[str, str], dict]:
        page = self.ctl_json(self.hub, "subscriptions")
        rows = {(row["topic"], row["callback_hash"]): row
                for row in page["subscriptions"]}
        self.assertEqual(len(rows), len(page["subscriptions"]), self.round)
        return rows

    def take_stock(self, asked: dict[str, Member]) -> None:
        """Who is subscribed, and until when: as before, or as asked for."""
        before, now = getattr(self, "stock", {}), self.rows()
        members = {(member.topic.url, member.hash): member
                   for member in self.people.members.values()}
        self.assertEqual(
            sorted(members[key].name for key in now),
            sorted(member.name for member in members.values()
                   if member.active), self.round)
        for key, row in now.items():
            member = members[key]
            self.assertEqual(row["state"], "active", (self.round, row))
            if key in before and member.name not in asked:
                kept = ("id", "rev", "start", "lease_end", "signed")
                self.assertEqual([row[name] for name in kept],
                                 [before[key][name] for name in kept],
                                 (self.round, member.name))
            else:
                began = row["lease_end"] - 1000 * member.lease
                self.assertLessEqual(member.asked_at, began, self.round)
                self.assertLessEqual(began, now_ms(), self.round)
        self.stock = now

    def everybody_has_it(self) -> None:
        """Every version that was published, in order, and without a hole."""
        if not self.people.nobody_waits.wait(2 * PATIENCE):
            lost = self.people.behind()
            self.fail(f"{self.round}: {len(lost)} lost, at {lost[:10]}")
        self.settled()
        self.assertEqual(self.people.wrong, [], self.round)
        self.assertEqual(self.people.holes(), [], self.round)


def now_ms() -> int:
    return int(time.time() * 1000)
