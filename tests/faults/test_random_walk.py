# SPDX-License-Identifier: MIT
"""A random walk over everything that can happen to subscriptions (the table
of semantics, B), with kill -9 and restarts anywhere in it, held against a
model of a few lines.

    SEED=7 ROUNDS=200 python3 tests/faults/test_random_walk.py

walks one way again, and further.
"""

import os
import random
import threading
import time
import unittest
from dataclasses import dataclass, field

import told  # noqa: F401
from harness import Answer, Story, until
from harness.callback import name_of, signature
from harness.client import Pairs
from harness.waiting import PATIENCE

CALLBACKS = 6
ROUNDS = int(os.environ.get("ROUNDS", "14"))
SEEDS = ([int(os.environ["SEED"])] if "SEED" in os.environ
         else [random.SystemRandom().randrange(1 << 32), 20261122])

REFUSALS = (
    Answer(404), Answer(410), Answer(403, b"no"), Answer(200, b"not it"),
    Answer(302, fields=[("Location", "http://127.0.0.1:9/")]),
)
TROUBLES = (
    Answer(500), Answer(503, fields=[("Retry-After", "0")]), Answer(429),
    Answer(drop=True),
)


@dataclass
class Asked:
    """How a callback answers the verifications of one request, known by its
    verify_token: some trouble first, and from then on always the same."""
    trouble: list[Answer]
    last: Answer | None  # None: the challenge
    gate: threading.Event | None = None
    seen: threading.Event = field(default_factory=threading.Event)


@dataclass
class Member:
    """What the model knows of one callback."""
    name: str
    url: str
    active: bool = False
    secret: str = ""
    posts_checked: int = 0
    denials: int = 0  # that must have arrived


class RandomWalk(Story):
    def test_no_walk_leaves_the_table(self) -> None:
        for seed in SEEDS:
            with self.subTest(f"SEED={seed}"):
                self.walk(seed)

    # ------------------------------------------------------- the world

    def walk(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.hub = self.daemon("--lease-min=1s", "--verify-timeout=20s",
                               "--delivery-timeout=20s")
        self.subscribers, self.publisher = self.callback(), self.origin()
        self.subscribers.on_verify = self.verify
        self.subscribers.on_post = self.deliver
        self.asked: dict[str, Asked] = {}
        self.failing: dict[str, list[Answer]] = {}
        self.gone: set[str] = set()
        self.version = 0
        self.topic = self.publisher.serve(b"version 0", "text/plain")
        self.members = [
            Member(f"cb{n}", self.subscribers.url(f"cb{n}", f"?n={n}"))
            for n in range(CALLBACKS)]
        for number in range(ROUNDS):
            self.round = f"SEED={seed} round {number}"
            self.change_subscriptions()
            self.publish_and_check()
        self.check_denials()
        self.hub.stop()

    def verify(self, seen) -> Answer:
        params = seen.params
        if params.get("hub.mode") == "denied":
            return Answer(204)
        asked = self.asked[params["hub.verify_token"]]
        asked.seen.set()
        if asked.trouble:
            return asked.trouble.pop(0)
        answer = asked.last
        if answer is None:
            answer = Answer(200, params["hub.challenge"].encode())
        return Answer(answer.status, answer.body, answer.fields, asked.gate)

    def deliver(self, seen) -> Answer:
        name = name_of(seen)
        if name in self.gone:
            return Answer(410)
        answers = self.failing.get(name)
        return answers.pop(0) if answers else Answer(204)

    def mischief(self) -> None:
        """Something happens to the daemon, or nothing."""
        what = self.random.random()
        if what < 0.35:
            # At any moment: this is chance, and nobody waits for it.
            time.sleep(self.random.random() * 0.02)
            self.hub.kill()
            # What it sent with its last breath has been read by then.
            until(self.subscribers.deserted, "the end of connections")
            self.hub.start()
        elif what < 0.45:
            self.hub.restart()

    def settled(self, what: str, *numbers: str) -> None:
        """Wait until these of the store's numbers are zero."""
        deadline = time.monotonic() + PATIENCE
        while True:
            store = self.hub.status()["store"]
            if not any(store[number] for number in numbers):
                return
            if time.monotonic() > deadline:
                self.fail(f"{self.round}: {what} do not end: {store}")
            threading.Event().wait(0.02)

    # ------------------------------------------------------- requests

    def ask_hub(self, mode: str, member: Member, asked: Asked,
                secret: str = "") -> None:
        token = f"t{len(self.asked)}"
        self.asked[token] = asked
        pairs: Pairs = [
            ("hub.mode", mode), ("hub.topic", self.topic),
            ("hub.callback", member.url), ("hub.verify_token", token)]
        if secret:
            pairs.append(("hub.secret", secret))
            self.secrets.add(secret)
        answer = self.hub.client.post(pairs)
        self.assertEqual(answer.status, 202, f"{self.round}: {answer.text}")

    def new_secret(self) -> str:
        if self.random.random() < 0.3:
            return ""
        return f"secret-{self.random.getrandbits(64):016x}"

    def some_trouble(self) -> list[Answer]:
        return self.random.choices(TROUBLES, k=self.random.choice((0, 0, 1, 2)))

    def subscribes(self, member: Member) -> None:
        secret = self.new_secret()
        self.ask_hub("subscribe", member, Asked(self.some_trouble(), None),
                     secret)
        member.active, member.secret = True, secret

    def is_refused(self, member: Member) -> None:
        mode = self.random.choice(("subscribe", "unsubscribe"))
        self.ask_hub(mode, member, Asked(self.some_trouble(),
                                         self.random.choice(REFUSALS)),
                     self.new_secret() if mode == "subscribe" else "")

    def is_never_answered(self, member: Member) -> None:
        mode = self.random.choice(("subscribe", "unsubscribe"))
        self.ask_hub(mode, member,
                     Asked([], self.random.choice(TROUBLES[:3])))

    def unsubscribes(self, member: Member) -> None:
        self.ask_hub("unsubscribe", member, Asked(self.some_trouble(), None))
        member.active = False

    def unsubscribes_while_a_subscribe_is_slow(self, member: Member) -> None:
        slow = Asked([], None, threading.Event())
        self.ask_hub("subscribe", member, slow, self.new_secret())
        self.assertTrue(slow.seen.wait(PATIENCE), self.round)
        quick = Asked([], None)
        self.ask_hub("unsubscribe", member, quick)
        self.assertTrue(quick.seen.wait(PATIENCE), self.round)
        self.let_go_when_settled(slow)
        member.active = False

    def subscribes_twice_and_the_first_is_slow(self, member: Member) -> None:
        slow = Asked([], None, threading.Event())
        self.ask_hub("subscribe", member, slow, self.new_secret())
        self.assertTrue(slow.seen.wait(PATIENCE), self.round)
        quick, secret = Asked([], None), self.new_secret()
        self.ask_hub("subscribe", member, quick, secret or "the-later-one")
        self.assertTrue(quick.seen.wait(PATIENCE), self.round)
        self.let_go_when_settled(slow)
        member.active, member.secret = True, secret or "the-later-one"

    def let_go_when_settled(self, slow: Asked) -> None:
        """The later request settles while the earlier one is being asked:
        then nothing of the earlier one is left, whatever it says."""
        if self.random.random() < 0.7:
            self.settled("requests", "requests")
        slow.gate.set()

    def is_removed(self, member: Member) -> None:
        self.settled("requests", "requests")
        self.ctl(self.hub, "remove", self.topic, member.url,
                 code=0 if member.active else 1)
        if member.active:
            member.denials += 1
        member.active = False

    def lets_its_lease_end(self, member: Member) -> None:
        self.ask_hub("subscribe", member, Asked([], None))
        self.settled("requests", "requests")
        # One that is over before it is verified would never have begun.
        self.ctl(self.hub, "subscription", "extend", self.topic, member.url,
                 "--lease=1")
        member.active = False
        deadline = time.monotonic() + PATIENCE
        while self.listed(member):
            self.assertLess(time.monotonic(), deadline,
                            f"{self.round}: a lease does not end")
            threading.Event().wait(0.05)

    def listed(self, member: Member) -> bool:
        page = self.ctl_json(self.hub, "subscriptions", "--topic", self.topic,
                             "--callback", member.url)
        return bool(page["subscriptions"])

    STEPS = ((subscribes, 8), (is_refused, 4), (is_never_answered, 1),
             (unsubscribes, 3), (unsubscribes_while_a_subscribe_is_slow, 1),
             (subscribes_twice_and_the_first_is_slow, 1), (is_removed, 1),
             (lets_its_lease_end, 0.3))

    def change_subscriptions(self) -> None:
        steps, weights = zip(*self.STEPS)
        for member in self.random.sample(self.members, 3):
            step, = self.random.choices(steps, weights)
            step(self, member)
            self.mischief()
        self.settled("requests", "requests")

    # ------------------------------------------------------- updates

    def publish_and_check(self) -> None:
        expected = [member for member in self.members if member.active]
        absent = [member for member in self.members if not member.active]
        for member in expected:
            if self.random.random() < 0.1:
                self.gone.add(member.name)
                member.active = False
            elif self.random.random() < 0.4:
                self.failing[member.name] = self.random.choices(
                    TROUBLES[:2] + TROUBLES[3:], k=self.random.choice((1, 2)))
        self.version += 1
        body = b"version %d" % self.version
        self.publisher.serve(body, "text/plain")
        self.publish(self.hub, self.topic)
        self.mischief()
        for member in expected:
            self.subscribers.posts.wait_until(
                lambda posts, member=member: any(
                    name_of(post) == member.name and post.body == body
                    for post in posts),
                f"{self.round}: {body!r} at {member.name}")
        self.settled("deliveries", "walks", "lagging")
        self.gone.clear()
        self.failing.clear()
        for member in absent:
            self.assertFalse(
                [post for post in self.subscribers.posts.all()
                 if name_of(post) == member.name and post.body == body],
                f"{self.round}: {member.name} is not subscribed")
        for member in expected:
            self.check_posts(member, body)

    def check_posts(self, member: Member, body: bytes) -> None:
        posts = [post for post in self.subscribers.posts.all()
                 if name_of(post) == member.name]
        versions = [int(post.body.split()[1]) for post in posts]
        self.assertEqual(versions, sorted(versions),
                         f"{self.round}: {member.name} went back in time")
        wanted = (signature("sha1", member.secret.encode(), body)
                  if member.secret else None)
        self.assertEqual(posts[-1].get("X-Hub-Signature"), wanted,
                         f"{self.round}: {member.name}")

    def check_denials(self) -> None:
        self.settled("denials", "denials")
        for member in self.members:
            told_so = [seen for seen in self.subscribers.verifications.all()
                       if name_of(seen) == member.name
                       and seen.params["hub.mode"] == "denied"]
            self.assertGreaterEqual(len(told_so), member.denials, member.name)
            if not member.denials:
                self.assertEqual(told_so, [], member.name)


if __name__ == "__main__":
    unittest.main()
