# SPDX-License-Identifier: MIT
"""The link of a 202: what has become of a request, for who sent it (M18)."""

import itertools
import json
import secrets
import string
import threading
import unittest
from typing import Any

from harness import (Answer, Atom, Callback, Daemon, Message, Origin, Story,
                     Wire, request, status_path, told, until)
from harness.client import post

JSON = ("Accept", "application/json")
BROWSER = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
DIGITS = string.ascii_letters + string.digits + "-_"

_sources = itertools.count(1)


def source() -> str:
    """An address that has not asked anything yet."""
    number = next(_sources)
    return f"127.202.{number // 250}.{1 + number % 250}"


def get(hub: Daemon, path: str, *fields: tuple[str, str],
        of: str | None = None, method: str = "GET") -> Message:
    with Wire(hub.address, source=of or source()) as wire:
        wire.send(request(method, path, fields))
        return wire.read(to_head=method == "HEAD")


def look(hub: Daemon, path: str) -> dict[str, Any]:
    answer = get(hub, path)
    assert answer.status == 200, answer
    return json.loads(answer.body)


class Linked(Story):
    def cast(self, *options: str) -> tuple[Daemon, Callback, Origin, str]:
        hub, callback, origin = (self.daemon(*options), self.callback(),
                                 self.origin())
        return hub, callback, origin, origin.serve(Atom().add("one"))

    def linked(self, hub: Daemon, mode: str, topic: str, callback: str,
               **params: str) -> str:
        answer = self.ask(hub, mode, topic, callback, **params)
        self.assertEqual(answer.status, 202, answer.text)
        return status_path(answer)

    def followed(self, hub: Daemon, topic: str, callback: str,
                 **params: str) -> str:
        """The link of a subscription that is there, with a baseline."""
        since = hub.mark()
        path = self.linked(hub, "subscribe", topic, callback, **params)
        hub.wait_for("subscription.active", since=since)
        hub.wait_for(("update", "fetch.done", "fetch.failed"), since=since)
        return path

    def state_of(self, hub: Daemon, path: str) -> str:
        return look(hub, path)["subscription"]["state"]

    def await_state(self, hub: Daemon, path: str, state: str
                    ) -> dict[str, Any]:
        until(lambda: self.state_of(hub, path) == state, f"it to be {state}")
        return look(hub, path)["subscription"]

    def assert_guarded(self, answer: Message) -> None:
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        self.assertEqual(answer.get("Referrer-Policy"), "no-referrer")
        self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")
        self.assertIn("default-src 'none'",
                      answer.get("Content-Security-Policy"))


class Life(Linked):
    def test_M18_it_is_pending_until_the_callback_agrees(self) -> None:
        hub, callback, _, topic = self.cast()
        gate = threading.Event()
        agree = callback.on_verify
        callback.on_verify = lambda seen: Answer(
            200, agree(seen).body, gate=gate)
        since = hub.mark()
        path = self.linked(hub, "subscribe", topic, callback.url(),
                           secret="its own secret")
        callback.wait_verifications(1)
        shown = look(hub, path)
        self.assertEqual(set(shown), {"request", "mode", "accepted"})
        self.assertEqual((shown["request"], shown["mode"]),
                         ("pending", "subscribe"))
        gate.set()
        hub.wait_for("subscription.active", since=since)
        shown = look(hub, path)
        self.assertEqual(shown["request"], "verified")
        view = shown["subscription"]
        self.assertEqual(view["state"], "active")
        self.assertEqual(view["topic"], topic)
        self.assertEqual(view["callback_host"], callback.host)
        self.assertGreater(view["lease_left_seconds"], 9 * 86400)
        self.assertEqual((view["owed"], view["last_attempts"]), (None, []))

    def test_M18_attempts_are_shown_until_it_is_given_up(self) -> None:
        hub, callback, origin, topic = self.cast(
            "--retry-attempts=3", "--retry-first=200ms", "--retry-max=200ms")
        path = self.followed(hub, topic, callback.url())
        callback.on_post = lambda _: Answer(503)
        since = hub.mark()
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        hub.wait_for("delivery.failed", since=since)
        until(lambda: self.state_of(hub, path) != "active", "it to lag")
        view = self.await_state(hub, path, "stopped")
        self.assertEqual(view["owed"], {"from": 2, "to": 2})
        self.assertEqual((view["attempts"], view["next_try"]), (3, None))
        self.assertEqual(view["last_status"], 503)
        attempts = view["last_attempts"]
        self.assertEqual([attempt["outcome"] for attempt in attempts],
                         3 * ["HTTP 503 (Service Unavailable)"])
        times = [attempt["time"] for attempt in attempts]
        self.assertEqual(times, sorted(times, reverse=True))
        for attempt in attempts:
            self.assertGreaterEqual(attempt["latency_ms"], 0)
        # What is new is delivered, and with it what was owed.
        callback.on_post = lambda _: Answer(204)
        self.publish(hub, origin.serve(
            Atom().add("one").add("two").add("three")))
        view = self.await_state(hub, path, "active")
        self.assertEqual((view["owed"], view["last_attempts"]), (None, []))

    def test_M18_the_next_try_is_told(self) -> None:
        hub, callback, origin, topic = self.cast(
            "--retry-first=1h", "--retry-max=1h")
        path = self.followed(hub, topic, callback.url())
        callback.on_post = lambda _: Answer(500)
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        view = self.await_state(hub, path, "lagging")
        self.assertTrue(view["next_try"])
        self.assertEqual(view["attempts"], 1)
        page = get(hub, path, BROWSER)
        self.assertEqual(page.get("Content-Type"), "text/html; charset=utf-8")
        self.assert_guarded(page)
        for sentence in ("It is lagging.", "HTTP 500", "The next try is"):
            self.assertIn(sentence, page.text)
        self.assertNotIn(callback.token, page.text)

    def test_M18_an_unsubscription_has_its_own(self) -> None:
        hub, callback, _, topic = self.cast()
        mine = self.followed(hub, topic, callback.url())
        since = hub.mark()
        path = self.linked(hub, "unsubscribe", topic, callback.url())
        hub.wait_for("subscription.ended", since=since)
        shown = look(hub, path)
        self.assertEqual((shown["request"], shown["mode"]),
                         ("verified", "unsubscribe"))
        self.assertEqual(shown["subscription"], {"state": "ended"})
        self.assertIn("The subscription has ended.",
                      get(hub, path, BROWSER).text)
        shown = look(hub, mine)
        self.assertEqual((shown["request"], shown["mode"]),
                         ("verified", "subscribe"))
        self.assertEqual(shown["subscription"],
                         {"state": "ended or replaced"})

    def test_M18_a_410_ends_it(self) -> None:
        hub, callback, origin, topic = self.cast()
        path = self.followed(hub, topic, callback.url())
        callback.on_post = lambda _: Answer(410)
        since = hub.mark()
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        hub.wait_for("subscription.ended", since=since)
        self.assertEqual(self.state_of(hub, path), "ended or replaced")

    def test_M18_an_operator_ends_it(self) -> None:
        hub, callback, _, topic = self.cast()
        path = self.followed(hub, topic, callback.url())
        self.ctl(hub, "remove", topic, callback.url())
        self.assertEqual(self.state_of(hub, path), "ended or replaced")
        page = get(hub, path, BROWSER).text
        self.assertIn("a later request has replaced it", page)
        self.assertIn("operator has ended it", page)

    def test_M18_a_later_verified_request_takes_the_view(self) -> None:
        hub, callback, _, topic = self.cast()
        first = self.followed(hub, topic, callback.url(), secret="the first")
        since = hub.mark()
        second = self.linked(hub, "subscribe", topic, callback.url(),
                             secret="somebody else")
        hub.wait_for("subscription.renewed", since=since)
        self.assertEqual(self.state_of(hub, second), "active")
        self.assertEqual(look(hub, first)["subscription"],
                         {"state": "ended or replaced"})
        # But not one that the callback refuses.
        callback.on_verify = lambda _: Answer(404)
        since = hub.mark()
        third = self.linked(hub, "subscribe", topic, callback.url(),
                            secret="a third one")
        hub.wait_for("verification.failed", since=since)
        self.assertEqual(look(hub, third)["request"], "pending")
        self.assertEqual(self.state_of(hub, second), "active")

    def test_M18_it_survives_restarts_and_kills(self) -> None:
        hub, callback, origin, topic = self.cast(
            "--retry-first=1h", "--retry-max=1h")
        path = self.followed(hub, topic, callback.url())
        callback.on_post = lambda _: Answer(500)
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        before = self.await_state(hub, path, "lagging")
        before.pop("lease_left_seconds")
        for end in (hub.stop, hub.kill):
            end()
            hub.start()
            after = look(hub, path)["subscription"]
            after.pop("lease_left_seconds")
            self.assertEqual(after, before)

    def test_M18_a_pending_one_survives_a_kill(self) -> None:
        hub, callback, _, topic = self.cast()
        gate = threading.Event()
        callback.on_verify = lambda _: Answer(404, gate=gate)
        path = self.linked(hub, "subscribe", topic, callback.url())
        callback.wait_verifications(1)
        hub.kill()
        hub.start()
        self.assertEqual(look(hub, path)["request"], "pending")


class Form(Linked):
    """Browsers show bodies, not headers."""

    def test_M18_a_browser_is_shown_the_link(self) -> None:
        hub, callback, _, topic = self.cast()
        since = hub.mark()
        with Wire(hub.address, source=source()) as wire:
            answer = wire.ask(post(
                [("hub.mode", "subscribe"), ("hub.topic", topic),
                 ("hub.callback", callback.url())], "/", [BROWSER]))
        self.assertEqual(answer.status, 202)
        self.assertEqual(answer.get("Content-Type"),
                         "text/html; charset=utf-8")
        self.assert_guarded(answer)
        path = status_path(answer)
        self.assertIn(f'<a href="{hub.hub.rstrip("/")}{path}">', answer.text)
        self.assertNotIn(callback.token, answer.text)
        hub.wait_for("subscription.active", since=since)
        self.assertEqual(self.state_of(hub, path), "active")

    def test_M18_a_program_is_told_nothing_more(self) -> None:
        hub, callback, _, topic = self.cast()
        for accept in ((), (JSON,), (("Accept", "*/*"),)):
            with Wire(hub.address, source=source()) as wire:
                answer = wire.ask(post(
                    [("hub.mode", "subscribe"), ("hub.topic", topic),
                     ("hub.callback", callback.url())], "/", accept))
            self.assertEqual((answer.status, answer.body), (202, b""))

    def test_M18_the_page_of_a_refused_one_is_the_same(self) -> None:
        hub, callback, _, topic = self.cast()
        self.followed(hub, topic, callback.url())
        callback.on_verify = lambda _: Answer(404)
        pages = set()
        for mode in ("subscribe", "unsubscribe"):
            for at in (callback.url(), callback.url("nobody"),
                       "http://10.1.2.3/cb"):
                with Wire(hub.address, source=source()) as wire:
                    answer = wire.ask(post(
                        [("hub.mode", mode), ("hub.topic", topic),
                         ("hub.callback", at)], "/", [BROWSER]))
                self.assertEqual(answer.status, 202)
                pages.add(answer.text.replace(status_path(answer), ""))
        self.assertEqual(len(pages), 1)


class Hidden(Linked):
    def test_M18_every_202_has_a_link_of_the_same_shape(self) -> None:
        hub, callback, _, topic = self.cast()
        self.followed(hub, topic, callback.url())
        callback.on_verify = lambda _: Answer(404)
        answers = [self.ask(hub, mode, where, callback.url(name))
                   for mode in ("subscribe", "unsubscribe")
                   for where in (topic, topic + "x")
                   for name in ("cb", "nobody")
                   # The fifth unsubscription changes nothing any more.
                   for _ in range(5 if mode == "unsubscribe" else 1)]
        self.assertEqual({answer.status for answer in answers}, {202})
        self.assertEqual(len({repr(told(answer)) for answer in answers}), 1)
        self.assertEqual(len({len(answer.head) for answer in answers}), 1)
        paths = [status_path(answer) for answer in answers]
        self.assertEqual(len(set(paths)), len(paths))
        for path in paths:
            self.assertEqual(look(hub, path)["request"], "pending")

    def test_M18_a_refusal_does_not_show(self) -> None:
        hub, callback, _, topic = self.cast()
        self.followed(hub, topic, callback.url())
        nowhere = "http://127.202.255.254:9999/cb"
        guarded = "http://10.1.2.3/cb"
        callback.on_verify = lambda _: Answer(404)
        since = hub.mark()
        paths = [self.linked(hub, "subscribe", topic, at)
                 for at in (callback.url("new"), guarded, nowhere)]
        paths += [self.linked(hub, "unsubscribe", topic, at)
                  for at in (callback.url(), callback.url("unknown"))]
        hub.wait_for("verification.failed", 2, since)
        for fields in ((), (BROWSER,)):
            shown = [get(hub, path, *fields) for path in paths]
            self.assertEqual({answer.status for answer in shown}, {200})
            for same in (shown[:3], shown[3:]):
                bodies = set()
                for answer in same:
                    body = answer.text
                    if not fields:
                        body = json.dumps({**json.loads(body),
                                           "accepted": None})
                    self.assertIn("pending" if not fields else
                                  "has not confirmed it yet", body)
                    bodies.add(body)
                self.assertEqual(len(bodies), 1, bodies)

    def test_M18_who_joins_sees_the_same_by_his_own_link(self) -> None:
        hub, callback, _, topic = self.cast()
        gate = threading.Event()
        agree = callback.on_verify
        callback.on_verify = lambda seen: Answer(
            200, agree(seen).body, gate=gate)
        since = hub.mark()
        paths = {self.linked(hub, "subscribe", topic, callback.url())
                 for _ in range(5)}
        self.assertEqual(len(paths), 5)
        gate.set()
        hub.wait_for("subscription.active", since=since)
        for path in paths:
            self.assertEqual(self.state_of(hub, path), "active")
        self.assertEqual(len(callback.verifications), 1)

    def test_M18_a_link_of_another_store_is_404(self) -> None:
        hub, callback, _, topic = self.cast()
        path = self.followed(hub, topic, callback.url())
        other = self.daemon()
        self.followed(other, topic, callback.url())
        unknown = get(other, "/status/" + 22 * "A")
        self.assertEqual(unknown.status, 404)
        self.assertEqual(told(get(other, path)), told(unknown))
        # Numbers that it gives from now on are not those of before.
        copy = self.directory / "copy"
        self.copy_store(hub, copy)
        hub.stop()
        restored = self.daemon(f"--data={copy}", start=False)
        restored.data = copy
        restored.start()
        self.assertEqual(told(get(restored, path)), told(unknown))
        again = self.linked(restored, "subscribe", topic, callback.url())
        self.assertEqual(get(restored, again).status, 200)

    def test_M18_made_up_ones_are_all_the_same_404(self) -> None:
        hub, callback, _, topic = self.cast()
        path = self.followed(hub, topic, callback.url())
        good = path.rpartition("/")[2]

        def made_up(number: int) -> str:
            if number % 4 == 0:
                return "".join(secrets.choice(DIGITS) for _ in range(22))
            if number % 4 == 1:
                at = secrets.randbelow(22)
                digit = DIGITS[(DIGITS.index(good[at]) + 1) % 64]
                return good[:at] + digit + good[at + 1:]
            if number % 4 == 2:
                return good[:secrets.randbelow(21) + 1]
            return good + "".join(secrets.choice(DIGITS + "/.")
                                  for _ in range(secrets.randbelow(99) + 1))

        seen = set()
        for round_ in range(40):
            with Wire(hub.address, source=source()) as wire:
                for number in range(25):
                    seen.add(repr(told(wire.ask(request(
                        "GET", f"/status/{made_up(25 * round_ + number)}")))))
        self.assertEqual(len(seen), 1, seen)
        answer = get(hub, "/status/" + 22 * "A")
        self.assertEqual(answer.status, 404)
        self.assertEqual(seen, {repr(told(answer))})
        self.assert_guarded(answer)
        self.assertEqual(get(hub, path).status, 200)

    def test_thirty_a_minute_and_address(self) -> None:
        hub, callback, _, topic = self.cast()
        path = self.followed(hub, topic, callback.url())
        guesser = source()
        with Wire(hub.address, source=guesser) as wire:
            statuses = [wire.ask(request("GET", "/status/" + 22 * "A")).status
                        for _ in range(30)]
        self.assertEqual(set(statuses), {404})
        # One more comes every two seconds.
        answers: list[Message] = []

        def refused() -> bool:
            answers.append(get(hub, path, of=guesser))
            return answers[-1].status == 429
        until(refused, "the ceiling")
        answer = answers[-1]
        self.assertGreater(int(answer.get("Retry-After")), 0)
        self.assertEqual(get(hub, path).status, 200)


class Answers(Linked):
    def test_programs_get_json_and_browsers_a_page(self) -> None:
        hub, callback, _, topic = self.cast()
        path = self.followed(hub, topic, callback.url(), secret="sesame-9")
        for accept in ((), (JSON,), (("Accept", "*/*"),)):
            answer = get(hub, path, *accept)
            self.assertEqual(answer.get("Content-Type"), "application/json")
            self.assert_guarded(answer)
            self.assertNotIn("sesame", answer.text)
            self.assertNotIn(callback.token, answer.text)
        page = get(hub, path, BROWSER)
        self.assertEqual(page.get("Content-Type"), "text/html; charset=utf-8")
        self.assert_guarded(page)
        self.assertIn("It is active.", page.text)
        for private in ("sesame", callback.token, "<a ", "<script"):
            self.assertNotIn(private, page.text)

    def test_HEAD_and_other_methods(self) -> None:
        hub, callback, _, topic = self.cast()
        path = self.followed(hub, topic, callback.url())
        answer = get(hub, path, method="HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assert_guarded(answer)
        for where in (path, "/status/" + 22 * "A"):
            answer = get(hub, where, method="OPTIONS")
            self.assertEqual(set(answer.get("Allow").split(", ")),
                             {"GET", "HEAD", "OPTIONS"})
            with Wire(hub.address, source=source()) as wire:
                self.assertEqual(wire.ask(post([], where)).status, 405)
        self.assertEqual(get(hub, "/status").status, 404)
        self.assertEqual(get(hub, "/status/").status, 404)

    def test_a_hub_below_a_path_links_there(self) -> None:
        hub, callback, _, topic = self.cast(
            "--public-url=https://hub.example/hub")
        answer = self.ask(hub, "subscribe", topic, callback.url())
        self.assertTrue(answer.get("Link").startswith(
            "<https://hub.example/hub/status/"), answer.get("Link"))
        path = status_path(answer)
        for where in (path, path.removeprefix("/hub")):
            self.assertEqual(get(hub, where).status, 200)

    def test_M18_the_secret_shows_the_same(self) -> None:
        hub, callback, origin, topic = self.cast(
            "--retry-first=1h", "--retry-max=1h")
        path = self.followed(hub, topic, callback.url(), secret="sesame-10")
        callback.on_post = lambda _: Answer(500)
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        view = self.await_state(hub, path, "lagging")
        with Wire(hub.address, source=source()) as wire:
            other = json.loads(wire.ask(post(
                [("hub.topic", topic), ("hub.callback", callback.url()),
                 ("hub.secret", "sesame-10")], "/subscription",
                [JSON])).body)
        self.assertIsNone(other.pop("pending"))
        for shown in (view, other):
            shown.pop("lease_left_seconds")
        self.assertEqual(view, other)
        self.assertEqual(len(view["last_attempts"]), 1)


if __name__ == "__main__":
    unittest.main()
