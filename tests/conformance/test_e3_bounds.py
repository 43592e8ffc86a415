# SPDX-License-Identifier: MIT
"""R56 and R58: denials, and what one request can make the hub do."""

import threading
import time

import stories  # noqa: F401
from harness import Answer, Callback, Daemon, NameServer, Wire, together, until
from harness.callback import echo
from harness.client import post
from harness.server import Seen

from answers import HASTY, PRESSED, settled, status
from scene import NOBODY, Scene, encoded, pattern


class Denial(Scene):
    """R56: whoever's subscription the hub ends is told, once."""

    names_server: NameServer

    def cast(self) -> str:
        """The topic is at a name that a rule can speak of."""
        self.callback_server, self.origin_server = (self.callback(),
                                                    self.origin())
        self.names_server = self.names({
            "pub.test": [self.origin_server.host]})
        self.hub = self.daemon(f"--dns-server={self.names_server.address}",
                               "--verify-timeout=1h")
        self.origin_server.serve(b"first", "text/plain", path="/feed?a=1")
        self.topic = f"http://pub.test:{self.origin_server.port}/feed?a=1"
        return self.callback_server.url("cb", "?x=1&hub.mode=y")

    def denied(self) -> list[Seen]:
        return [seen for seen in self.callback_server.verifications.all()
                if "&hub.mode=denied&" in seen.target]

    def wait_denied(self) -> Seen:
        self.callback_server.verifications.wait_until(
            lambda _: len(self.denied()) > 0, "a denial")
        return self.denied()[0]

    def assert_told_once(self, url: str) -> None:
        seen = self.wait_denied()
        self.assertRegex(seen.target, pattern(
            url.removeprefix(self.callback_server.base), "&hub.mode=denied"
            "&hub.topic=", encoded(self.topic), "&hub.reason=",
            "<[A-Za-z0-9%._~-]+>"))
        self.assertEqual((seen.method, seen.body), ("GET", b""))
        self.assertGreater(len(seen.params["hub.reason"]), 4)
        # It is durable, and done: not again after the next start either.
        self.hub.restart()
        self.assertEqual(self.hub.status()["store"]["subscriptions"], 0)
        self.publish(self.hub, self.topic)
        self.hub.stop()
        self.assertEqual(len(self.denied()), 1)
        self.assertEqual(len(self.callback_server.posts), 0)

    def test_R56_an_active_subscription_that_policy_ends_is_told(self
                                                                 ) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url)
        self.hub.restart("--deny-topic=pub.test")
        self.assert_told_once(url)

    def test_R56_a_waiting_request_that_policy_ends_is_told(self) -> None:
        url = self.cast()
        self.callback_server.on_verify = lambda seen: Answer(
            200, echo(seen).body, dawdle=60)
        self.accepted(self.hub, "subscribe", self.topic, url)
        self.callback_server.wait_verifications(1)
        self.hub.kill()
        self.callback_server.on_verify = echo
        self.hub.start("--deny-topic=pub.test")
        self.assert_told_once(url)
        self.assertEqual(self.hub.lines("subscription.active"), [])

    def test_R56_one_that_an_operator_ends_is_told(self) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url)
        self.ctl(self.hub, "remove", self.topic)
        self.assert_told_once(url)

    def test_R56_one_of_several_that_an_operator_ends_is_told(self) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url)
        other = self.callback()
        self.subscribe(self.hub, self.topic, other.url())
        self.ctl(self.hub, "remove", self.topic, url)
        self.wait_denied()
        self.publish(self.hub, self.topic)
        other.wait_posts(1)
        self.hub.stop()
        self.assertEqual(len(self.denied()), 1)
        self.assertEqual(len(self.callback_server.posts), 0)
        self.assertEqual(len(other.verifications), 1)

    def test_R56_followers_of_a_topic_that_is_gone_are_told(self) -> None:
        url = self.cast()
        self.hub.restart("--topic-gone-after=1h")
        self.follow(self.hub, self.topic, url)
        origin = self.origin_server
        origin.answer = self.gone
        self.publish_and_fetch(self.hub, self.topic)
        self.publish_and_fetch(self.hub, self.topic)
        # Two answers are not enough before the time has come.
        self.hub.stop()
        self.assertEqual(self.denied(), [])
        self.hub.start("--topic-gone-after=1s")

        def told() -> bool:
            self.publish(self.hub, self.topic)
            return bool(self.denied())
        until(told, "a denial")
        self.assertGreater(
            self.denied()[0].when - origin.fetches.all()[1].when, 0.95)
        self.assert_told_once(url)

    def gone(self, seen: Seen) -> Answer:
        self.origin_server.fetches.put(seen)
        return Answer(410)

    def test_R56_a_rule_that_names_who_is_served_ends_the_others(self
                                                                  ) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url)
        self.hub.restart("--allow-topic=another.test")
        self.assert_told_once(url)

    def test_R56_what_was_being_verified_does_not_come_back(self) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url, lease_seconds="1000")
        gate = threading.Event()
        self.callback_server.on_verify = lambda seen: Answer(
            200, echo(seen).body, gate=gate)
        self.accepted(self.hub, "subscribe", self.topic, url,
                      lease_seconds="2000")
        self.callback_server.wait_verifications(2)
        self.ctl(self.hub, "remove", self.topic)
        gate.set()
        self.assert_told_once(url)
        self.assertEqual(self.hub.lines("subscription.renewed"), [])

    def test_R56_whoever_was_told_may_ask_again(self) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url)
        self.ctl(self.hub, "remove", self.topic)
        self.wait_denied()
        self.follow(self.hub, self.topic, url)
        self.publish(self.hub, self.topic)
        self.callback_server.wait_posts(1)
        self.hub.stop()
        self.assertEqual(len(self.denied()), 1)

    def test_R56_eighty_at_once_are_all_told_once(self) -> None:
        self.cast()
        urls = [self.callback_server.url(f"{number}", "?x=1&hub.mode=y")
                for number in range(80)]
        since = self.hub.mark()
        with Wire(self.hub.address) as wire:
            for url in urls:
                self.assertEqual(202, wire.ask(post([
                    ("hub.mode", "subscribe"), ("hub.topic", self.topic),
                    ("hub.callback", url)])).status)
        self.hub.wait_for("subscription.active", len(urls), since)
        self.ctl(self.hub, "remove", self.topic)
        self.callback_server.verifications.wait_until(
            lambda _: len(self.denied()) >= len(urls), "all to be told")
        self.hub.stop()
        told = sorted(seen.path for seen in self.denied())
        self.assertEqual(told, sorted(url.removeprefix(
            self.callback_server.base).partition("?")[0] for url in urls))

    def test_R56_what_is_answered_to_a_denial_does_not_matter(self) -> None:
        other = self.callback()
        for answer in (Answer(404), Answer(500, b"no"),
                       Answer(307, fields=[("Location", other.url())]),
                       Answer(drop=True)):
            with self.subTest(answer=answer):
                url = self.cast()
                self.follow(self.hub, self.topic, url)
                self.callback_server.on_verify = lambda _, a=answer: a
                self.hub.restart("--deny-topic=pub.test")
                self.wait_denied()
                self.hub.stop()
                self.assertLessEqual(len(self.denied()), 2)
        self.assertEqual(other.accepted, 0)

    def test_R56_a_failed_verification_is_no_denial(self) -> None:
        hub, callback = self.daemon(*HASTY), self.callback()
        self.subscribe(hub, NOBODY, callback.url("known"))
        for name, code in (("new", 404), ("known", 404), ("later", 500)):
            callback.on_verify = status(code)
            since = hub.mark()
            self.accepted(hub, "subscribe", NOBODY, callback.url(name))
            hub.wait_for("verification.failed", since=since)
        hub.restart()
        callback.on_verify = echo
        self.subscribe(hub, NOBODY, callback.url("another"))
        hub.stop()
        modes = {seen.params["hub.mode"]
                 for seen in callback.verifications.all()}
        self.assertEqual(modes, {"subscribe"})

    def test_R56_no_denial_goes_where_nothing_may_go(self) -> None:
        url = self.cast()
        self.follow(self.hub, self.topic, url)
        self.hub.stop()
        connections = self.callback_server.accepted
        self.hub.options = tuple(
            option for option in self.hub.options
            if not option.startswith("--allow-address"))
        self.hub.start("--deny-topic=pub.test")
        until(lambda: self.hub.status()["store"]["subscriptions"] == 0,
              "the end of the subscription")
        self.hub.restart()
        self.hub.stop()
        self.assertEqual(self.callback_server.accepted, connections)


class Dripping(Callback):
    """Answers verifications for ever, a byte at a time."""

    lasted = 0.0

    def answer(self, seen: Seen) -> Answer:
        self.verifications.put(seen)
        return Answer(raw=b"HTTP/1.1 200 OK\r\nX-Slow: ")

    def _one(self, sock, reader, number, stopping) -> bool:
        super()._one(sock, reader, number, stopping)
        begun = time.monotonic()
        try:
            while not stopping.wait(0.05):
                sock.sendall(b"x")
        finally:
            self.lasted = time.monotonic() - begun
        return False


class Bounds(Scene):
    """R58: what one request can make the hub do."""

    def test_R58_a_dripping_answer_ends_at_the_timeout(self) -> None:
        hub, callback = self.daemon(*PRESSED), self._server(Dripping())
        self.accepted(hub, "subscribe", NOBODY, callback.url())
        hub.wait_for("verification.failed")
        until(lambda: callback.lasted > 0, "the connection to end")
        self.assertLessEqual(len(callback.verifications), 3)

    def test_R58_so_many_at_a_time_for_a_host(self) -> None:
        hub = self.daemon("--verify-per-host=3", "--verify-timeout=1h")
        callback, other = self.callback(), self.callback()
        gate = threading.Event()
        callback.on_verify = lambda seen: Answer(200, echo(seen).body,
                                                 gate=gate)
        for number in range(12):
            self.accepted(hub, "subscribe", NOBODY, callback.url(f"{number}"))
        callback.wait_verifications(3)
        # Others are not kept waiting, and come after.
        self.subscribe(hub, NOBODY, other.url())
        self.assertEqual(len(callback.verifications), 3)
        gate.set()
        callback.wait_verifications(12)

    def test_R58_equal_requests_are_one_question(self) -> None:
        hub, callback = self.daemon("--verify-timeout=1h"), self.callback()
        gate = threading.Event()
        callback.on_verify = lambda seen: Answer(200, echo(seen).body,
                                                 gate=gate)
        for _ in range(50):
            self.accepted(hub, "subscribe", NOBODY, callback.url(),
                          secret="the same")
        callback.wait_verifications(1)
        gate.set()
        hub.wait_for("subscription.active")
        settled(hub)
        self.assertEqual(len(callback.verifications), 1)

    def test_R58_a_stranger_is_asked_three_times_at_most(self) -> None:
        hub, callback = self.daemon(*HASTY), self.callback()
        callback.on_verify = status(500)
        self.accepted(hub, "subscribe", NOBODY, callback.url())
        hub.wait_for("verification.failed")
        self.assertEqual(len(callback.verifications), 3)

    def test_R58_who_is_known_is_asked_five_times_at_most(self) -> None:
        hub, callback = self.daemon(*HASTY), self.callback()
        self.subscribe(hub, NOBODY, callback.url("known"))
        callback.on_verify = status(500)
        # What is new three times, what exists five times.
        for name, tries in (("new", 3), ("known", 5)):
            before, since = len(callback.verifications), hub.mark()
            self.accepted(hub, "subscribe", NOBODY, callback.url(name),
                          lease_seconds="5000")
            hub.wait_for("verification.failed", since=since)
            self.assertEqual(len(callback.verifications) - before, tries)

    def test_R58_who_is_known_has_a_budget_too_and_renewals_their_own(
            self) -> None:
        # Without that ceiling there is none for anybody.
        hub, callback = (self.daemon("--stranger-verifications=60"),
                         self.callback())
        self.subscribe(hub, NOBODY, callback.url("known"))
        begin = time.monotonic()
        with Wire(hub.address) as wire:
            for number in range(400):
                self.assertEqual(202, wire.ask(post([
                    ("hub.mode", "subscribe"), ("hub.topic", NOBODY),
                    ("hub.callback", callback.url(f"{number}"))])).status)
        callback.wait_verifications(150)
        # A renewal does not wait for them.
        self.subscribe(hub, NOBODY, callback.url("known"),
                       event="subscription.renewed", secret="the renewed one")
        asked = len(callback.verifications)
        allowed = 202 + 20 * (time.monotonic() - begin)
        self.assertLessEqual(asked, allowed)

    def budget(self, *options: str) -> tuple[Daemon, Callback]:
        # A sixth of an hour's worth at once: two.
        return (self.daemon("--stranger-verifications=12", *options),
                self.callback())

    def assert_no_more(self, hub: Daemon, callback: Callback, count: int
                       ) -> None:
        """Somebody who came later has his turn, this one has had his."""
        other = self.callback()
        self.subscribe(hub, NOBODY, other.url())
        self.assertEqual(len(callback.verifications), count)

    def test_R58_a_stranger_is_asked_no_more_than_its_budget(self) -> None:
        hub, callback = self.budget()
        callback.on_verify = status(404)
        for number in range(40):
            self.accepted(hub, "subscribe", NOBODY, callback.url(f"{number}"))
        callback.wait_verifications(2)
        self.assert_no_more(hub, callback, 2)

    def test_R58_every_try_is_charged(self) -> None:
        hub, callback = self.budget("--retry-first=20ms")
        callback.on_verify = status(500)
        self.accepted(hub, "subscribe", NOBODY, callback.url())
        callback.wait_verifications(2)
        self.assert_no_more(hub, callback, 2)

    def test_R58_many_names_of_one_address_are_one_stranger(self) -> None:
        callback = self.callback()
        names = self.names({f"n{number}.test": [callback.host]
                            for number in range(30)})
        hub, _ = self.budget(f"--dns-server={names.address}")
        callback.on_verify = status(404)
        for number in range(30):
            self.accepted(
                hub, "subscribe", NOBODY,
                f"http://n{number}.test:{callback.port}/{callback.token}/")
        callback.wait_verifications(2)
        names.questions.wait_until(
            lambda asked: len({name for name, _ in asked}) == 30,
            "all names to be asked for")
        self.assert_no_more(hub, callback, 2)

    def test_R58_who_has_agreed_before_is_no_stranger(self) -> None:
        hub, callback = self.budget()
        self.subscribe(hub, NOBODY, callback.url("first"))
        for number in range(40):
            self.accepted(hub, "subscribe", NOBODY, callback.url(f"{number}"))
        callback.wait_verifications(41)


if __name__ == "__main__":
    together.main()
