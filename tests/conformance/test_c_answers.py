# SPDX-License-Identifier: MIT
"""R30 to R36: the answer to a request to subscribe or unsubscribe."""

import stories  # noqa: F401

import threading

from harness import Answer, Atom, Message, Wire, together, told, until
from harness.callback import echo, name_of
from harness.client import post
from harness.server import Seen

from asking import NOBODY, Asking, listening_never

PLAIN = "text/plain"


def held_by(gate: threading.Event):
    """For on_verify: yes, but only when the gate opens."""
    def answer(seen: Seen) -> Answer:
        reply = echo(seen)
        reply.gate = gate
        return reply
    return answer


class Accepted(Asking):
    def exactly_202(self, answer: Message) -> None:
        self.assertEqual(answer.status, 202, answer.text)
        self.assertLess(len(answer.body), 200)

    def test_R30_success_is_exactly_202(self) -> None:
        self.exactly_202(self.asked())
        self.settled()
        self.exactly_202(self.asked(lease_seconds="7200"))  # a renewal
        self.settled()
        # Also for who would have it verified before the answer.
        self.exactly_202(self.asked("2", verify="sync", verify_token="x"))
        self.exactly_202(self.asked("3", secret="some secret"))

    def test_R31_unsubscribing_is_exactly_202(self) -> None:
        self.subscribe(self.hub, NOBODY, self.cb.url())
        self.exactly_202(self.asked(mode="unsubscribe"))
        self.hub.wait_for("subscription.ended", reason="unsubscribed")

    def test_R31_who_is_unknown_or_expired_hears_the_same(self) -> None:
        hub = self.daemon("--lease-min=1s")
        for name in ("known", "expired"):
            self.subscribe(hub, NOBODY, self.cb.url(name),
                           lease_seconds="3600")
        self.ctl(hub, "subscription", "extend", NOBODY,
                 self.cb.url("expired"), "--lease=1")
        hub.wait_for("subscription.ended", reason="expired")
        before = len(self.cb.verifications)
        answers = [self.ask(hub, "unsubscribe", topic, self.cb.url(name))
                   for topic, name in ((NOBODY, "known"), (NOBODY, "expired"),
                                       (NOBODY, "unknown"),
                                       (NOBODY + "/unknown", "known"))]
        for answer in answers:
            self.exactly_202(answer)
        seen = {repr(told(answer)) for answer in answers}
        self.assertEqual(len(seen), 1, seen)
        # And nobody who did not subscribe is asked.
        hub.wait_for("subscription.ended", reason="unsubscribed")
        hub.stop()
        asked = self.cb.verifications.all()[before:]
        self.assertEqual([name_of(one) for one in asked],
                         ["known"])

    def test_R35_the_verification_follows_at_once(self) -> None:
        for number in range(10):
            self.exactly_202(self.asked(str(number)))
            # Not in the next round of something.
            self.cb.verifications.wait(number + 1)


class Limited(Asking):
    def told_later(self, answer: Message, status: int, code: str) -> None:
        self.assertEqual(answer.status, status, answer.text)
        self.assertRegex(answer.get("Retry-After") or "", r"^[1-9][0-9]*$")
        self.assertLessEqual(int(answer.get("Retry-After")), 3600)
        self.assertRegex(answer.get("Content-Type") or "", "^text/plain")
        self.assertEqual(answer.get("Hub-Error"), code)

    def test_R32_too_many_requests_are_429_with_retry_after(self) -> None:
        hub = self.daemon("--accept-rate=1")
        answers = [self.ask(hub, "subscribe", NOBODY, self.cb.url(str(at)))
                   for at in range(40)]
        limited = [answer for answer in answers if answer.status != 202]
        self.assertTrue(0 < len(limited) < 40, len(limited))
        for answer in limited:
            self.told_later(answer, 429, "client.rate")
        ping = [("hub.mode", "publish"), ("hub.url", NOBODY)]
        for pairs in (self.but(mode="unsubscribe"), ping):
            answers = []
            until(lambda pairs=pairs, answers=answers: answers.append(
                hub.client.post(pairs)) or answers[-1].status >= 400,
                "the ceiling")
            self.told_later(answers[-1], 429, "client.rate")

    def test_R32_a_full_hub_is_503_with_retry_after(self) -> None:
        hub = self.daemon("--max-subscriptions=2", "--max-topics=2")
        origin = self.origin()
        topics = [origin.serve(b"old", PLAIN, f"/{at}") for at in range(2)]
        for topic in topics:
            self.follow(hub, topic, self.cb.url())
        for topic, name in ((topics[0], "new"), (NOBODY, "cb")):
            self.told_later(self.ask(hub, "subscribe", topic,
                                     self.cb.url(name)), 503, "hub.full")
        # Who is in may renew and is served, and who leaves makes room.
        self.subscribe(hub, topics[0], self.cb.url(), lease_seconds="7200",
                       event="subscription.renewed")
        origin.serve(b"new", PLAIN, "/0")
        self.publish(hub, topics[0])
        self.cb.wait_posts(1)
        self.accepted(hub, "unsubscribe", topics[1], self.cb.url())
        hub.wait_for("subscription.ended")
        self.subscribe(hub, topics[0], self.cb.url("new"))

    def test_R32_too_much_that_waits_for_one_host_is_429(self) -> None:
        hub = self.daemon("--pending-per-host=12")
        gate = threading.Event()
        self.cb.on_verify = held_by(gate)
        for number in range(3):
            self.accepted(hub, "subscribe", NOBODY, self.cb.url(str(number)))
        self.told_later(self.ask(hub, "subscribe", NOBODY, self.cb.url("4")),
                        429, "callback.crowded")
        # Another host is not crowded.
        self.accepted(hub, "subscribe", NOBODY, self.callback().url())
        gate.set()

    def test_S6_one_origin_has_so_many_subscriptions(self) -> None:
        hub = self.daemon("--subscriptions-per-origin=2")
        for number in range(2):
            self.subscribe(hub, NOBODY, self.cb.url(str(number)))
        answer = self.ask(hub, "subscribe", NOBODY + "2", self.cb.url())
        self.assertEqual(answer.status, 429, answer.text)
        self.assertTrue(answer.get("Retry-After"))
        # Renewals and others are not concerned, and who leaves makes room.
        self.subscribe(hub, NOBODY, self.cb.url("0"), lease_seconds="7200",
                       event="subscription.renewed")
        self.subscribe(hub, NOBODY, self.callback().url())
        self.accepted(hub, "unsubscribe", NOBODY, self.cb.url("1"))
        hub.wait_for("subscription.ended", reason="unsubscribed")
        self.subscribe(hub, NOBODY + "2", self.cb.url())

    def test_R32_too_much_that_waits_for_one_subscription_is_429(self
                                                                 ) -> None:
        gate = threading.Event()
        self.cb.on_verify = held_by(gate)
        for number in range(4):
            answer = self.asked(lease_seconds=str(1000 + number))
            self.assertEqual(answer.status, 202)
        self.told_later(self.asked(lease_seconds="2000"), 429,
                        "subscription.pending")
        gate.set()


class Independent(Asking):
    # What hangs is under way when the hub is told to stop.
    options = ("--drain=100ms",)

    def setUp(self) -> None:
        super().setUp()
        self.dns.names["slow.example"] = None  # asked, and no answer

    def quick(self, callback: str, topic: str = NOBODY) -> None:
        answer = self.hub.client.ask(
            post(self.but(callback=callback, topic=topic)))
        self.assertEqual(answer.status, 202, answer.text)

    def test_R33_whatever_the_callback_does_it_is_202_at_once(self) -> None:
        closed = self.callback()
        closed.stop()
        self.cb.on_verify = lambda seen: (
            Answer(404) if seen.path.endswith("404") else
            Answer(500) if seen.path.endswith("500") else Answer(drop=True))
        for name, url in {
                "black hole": listening_never(self), "refused": closed.url(),
                "no such name": "http://nowhere.example/",
                "a name server that is silent": "http://slow.example/",
                "404": self.cb.url("404"), "500": self.cb.url("500"),
                "drop": self.cb.url("drop")}.items():
            with self.subTest(callback=name):
                self.quick(url)

    def test_R33_whatever_the_topic_is_it_is_202_at_once(self) -> None:
        for number, topic in enumerate(
                (listening_never(self), NOBODY, "http://nowhere.example/",
                 "http://slow.example/", "http://[::1]/",
                 "http://169.254.169.254/latest/meta-data/")):
            with self.subTest(topic=topic):
                self.quick(self.cb.url(str(number)), topic)
        # What is wrong with a topic is no matter of the verification.
        self.cb.wait_verifications(6)

    def test_R33_a_forbidden_callback_is_202_or_refused_but_never_called(
            self) -> None:
        self.dns.names["inside.example"] = [self.cb.host]
        hub = self.daemon(loopback=False)
        answer = self.ask(hub, "subscribe", NOBODY,
                          f"http://inside.example:{self.cb.port}/x")
        self.assertEqual(answer.status, 202, answer.text)
        hub.wait_for("verification.failed")
        # A literal needs no network to be judged.
        answer = self.ask(hub, "subscribe", NOBODY, self.cb.url())
        self.assertIn(answer.status, (202, 400, 403), answer.text)
        hub.stop()
        self.assertEqual(self.cb.accepted, 0)


class Moved(Asking):
    options = ("--moved-to=https://new.example/hub",)

    def test_R34_a_hub_that_moved_says_where_to(self) -> None:
        pings = [("hub.mode", "publish"), ("hub.url", NOBODY)]
        for pairs in (self.but(), self.but(mode="unsubscribe"), pings):
            for target in ("/", "/hub", "/subscribe", "/publish"):
                with self.subTest(pairs=pairs[0][1], target=target):
                    answer = self.hub.client.post(pairs, target)
                    # 308 keeps the POST a POST, and is meant for ever.
                    self.assertEqual(answer.status, 308, answer.text)
                    self.assertEqual(answer.all("Location"),
                                     ["https://new.example/hub"])
        self.nobody_is_asked()

    def test_R34_it_goes_on_serving_whom_it_has(self) -> None:
        hub = self.daemon()
        origin = self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, self.cb.url())
        hub.restart(*self.options)
        # Who cannot ping it any more is polled: an operator's ping will do.
        self.assertEqual(self.ask(hub, "subscribe", topic,
                                  self.cb.url()).status, 308)
        self.ctl(hub, "ping", topic)
        self.cb.wait_posts(1)


class Durable(Asking):
    def test_R36_what_was_202_is_verified_after_a_kill(self) -> None:
        # While one is asked, all others have to wait.
        self.hub = self.daemon("--verify-per-host=1")
        self.subscribe(self.hub, NOBODY, self.cb.url("leaves"))
        gate = threading.Event()
        self.cb.on_verify = held_by(gate)
        for number in range(10):
            self.assertEqual(self.asked(str(number)).status, 202)
        self.assertEqual(
            self.asked("leaves", mode="unsubscribe").status, 202)
        self.cb.wait_verifications(2)
        self.hub.kill()
        before = len(self.cb.verifications)
        self.cb.on_verify = echo
        gate.set()
        self.hub.start()
        self.hub.wait_for("subscription.ended", reason="unsubscribed")
        self.hub.wait_for("subscription.active", 11)
        asked = self.cb.verifications.all()[before:]
        self.assertEqual({name_of(seen) for seen in asked},
                         {str(number) for number in range(10)} | {"leaves"})

    def test_R36_also_when_it_was_being_verified(self) -> None:
        gate = threading.Event()
        self.cb.on_verify = held_by(gate)
        for number in range(5):
            self.assertEqual(self.asked(str(number)).status, 202)
        self.cb.wait_verifications(5)
        self.hub.kill()
        gate.set()
        self.hub.start()
        self.hub.wait_for("subscription.active", 5)
        # Each attempt has a challenge of its own.
        self.assertEqual(len(set(self.cb.challenges())),
                         len(self.cb.verifications))

    def test_R36_no_202_comes_before_it_is_durable(self) -> None:
        promised = set()
        for turn in range(4):
            gate = threading.Event()
            self.cb.on_verify = held_by(gate)
            promised |= self.flood_until_killed(f"{turn}")
            gate.set()
            self.cb.on_verify = echo
            self.hub.start()
        # The first of each turn, and mostly others of its commit.
        self.assertGreaterEqual(len(promised), 4)
        self.cb.verifications.wait_until(
            lambda asked: promised <= {name_of(seen) for seen in asked},
            "all that was promised")
        self.settled()
        self.assertGreaterEqual(
            self.hub.status()["store"]["subscriptions"], len(promised))

    def flood_until_killed(self, turn: str) -> set[str]:
        """Ask on many connections at once, kill the hub at the first 202, and
        see who else had one."""
        names = [f"{turn}-{at}" for at in range(16)]
        wires = [Wire(self.hub.address) for _ in names]
        for wire, name in zip(wires, names):
            wire.send(post(self.but(name)))
        promised = {names[0]} if wires[0].read().status == 202 else set()
        self.hub.kill()
        for wire, name in zip(wires[1:], names[1:]):
            if b" 202 " in wire.ended()[:20]:
                promised.add(name)
        for wire in wires:
            wire.close()
        return promised


if __name__ == "__main__":
    together.main()
