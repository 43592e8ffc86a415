# SPDX-License-Identifier: MIT
"""S4 to S10, S15, S16, S19 to S21: requests that are meant to hurt.

Where the guard decides (S1, S2, S3, S18), hostile servers (S12, S13, S17) and
budgets of strangers (S5): stories of their own, see README.md."""

import json
import stat
import statistics
import threading
import time
import unittest

import stories  # noqa: F401
from harness import (PATIENCE, Answer, Atom, Daemon, Message, Story, Wire,
                     form, request, status_path, told, until)
from harness.callback import echo, signature
from harness.client import FORM, post
from harness.server import next_address

NOBODY = "http://127.9.9.9:9999/topic"
PING = [("hub.mode", "publish"), ("hub.url", NOBODY)]


def asking(mode: str, topic: str, callback: str, *more: tuple[str, str]):
    return [("hub.mode", mode), ("hub.topic", topic),
            ("hub.callback", callback), *more]


class Urls(Story):
    def body(self, name: str, raw: bytes) -> Message:
        """A form in which one value is not encoded at all."""
        other = {"hub.topic": NOBODY, "hub.callback": NOBODY}
        other.pop(name)
        return self.hub.client.ask(request(
            "POST", "/", [("Content-Type", FORM)],
            b"hub.mode=subscribe&" + form(other.items()) + b"&"
            + name.encode() + b"=" + raw))

    def test_S4_no_control_byte_or_blank_is_in_a_url(self) -> None:
        self.hub = self.daemon()
        bad = [b"%00", b"\0", b"%0d%0aX:y", b"\r\nX:y", b"\n", b"%0A", b"%20",
               b"+", b" ", b"\t", b"%09", b"%7f", b"\x7f", b"%1b", b"%5c",
               b"\\"]
        for name in ("hub.topic", "hub.callback"):
            for place in (b"http://h/a*b", b"http://h*.example/",
                          b"*http://h/", b"http://h/*", b"http://h/?q=*",
                          b"http://h:80*/"):
                for what in bad:
                    with self.subTest(name=name, place=place, what=what):
                        answer = self.body(name, place.replace(b"*", what))
                        self.assertEqual(answer.status, 400)
                        self.assertNotIn("X:y", answer.head.decode())

    def test_S4_what_is_encoded_twice_stays_encoded_once(self) -> None:
        self.hub, callback = self.daemon(), self.callback()
        url = callback.url("a%0d%0aX:y%00%20", "?b=%0d%0aX-Evil:%201")
        since = self.hub.mark()
        answer = self.hub.client.post(asking("subscribe", NOBODY, url))
        # Refused or called so; never with a header more.
        if answer.status == 202:
            seen = callback.wait_verifications(1)[0]
            self.assertTrue((callback.base + seen.target).startswith(url))
            self.assertEqual(seen.all("X-Evil") + seen.all("X"), [])
            self.hub.wait_for("subscription.active", since=since)
        else:
            self.assertEqual(answer.status, 400)


class Amplification(Story):
    def test_S6_one_host_with_many_subscriptions_gets_few_at_once(self
                                                                  ) -> None:
        hub = self.daemon("--deliveries-per-origin=3",
                          "--delivery-timeout=1h")
        many, witness, origin = (self.callback(), self.callback(),
                                 self.origin())
        topic = origin.serve(b"old", "text/plain")
        self.follow(hub, topic, *(many.url(f"{n}") for n in range(30)),
                    witness.url())
        gate, lock = threading.Event(), threading.Lock()
        held = [0, 0]  # now, and at most

        def hold(_) -> Answer:
            with lock:
                held[0] += 1
                held[1] = max(held)
            gate.wait(PATIENCE)
            with lock:
                held[0] -= 1
            return Answer(204)
        many.on_post = hold
        origin.serve(b"new", "text/plain")
        self.publish(hub, topic)
        witness.wait_posts(1)
        # Who takes over a second gives his place to another, three times.
        until(lambda: held[0] == 6, "as many as there may be")
        gate.set()
        many.wait_posts(30)
        self.assertEqual(held[1], 6)

    def test_S7_a_flood_of_pings_is_few_fetches(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=1h"),
                                 self.callback(), self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        callback.wait_posts(1)
        before = len(origin.fetches)
        origin.gate = threading.Event()
        with Wire(hub.address) as wire:
            ping = post([("hub.mode", "publish"), ("hub.url", topic)])
            for _ in range(100):
                self.assertEqual(wire.ask(ping).status, 204)
        origin.fetches.wait(before + 1)
        origin.gate.set()
        hub.stop()
        fetches = origin.fetches.all()[before:]
        self.assertLessEqual(len(fetches), 2)
        for seen in fetches:
            self.assertTrue(seen.get("If-None-Match"))

    def test_S7_pings_of_what_nobody_follows_are_no_fetches(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        other = origin.serve(Atom().add("one"), path="/other")
        self.follow(hub, topic, callback.url())
        for number in range(50):
            self.publish(hub, other, f"{other}?{number}")
        hub.stop()
        self.assertEqual({seen.target for seen in origin.fetches.all()},
                         {"/feed"})

    def test_S7_one_address_has_a_ceiling_and_is_told_when_to_come_again(
            self) -> None:
        hub = self.daemon("--accept-rate=1")
        mine, other = next_address(), next_address()
        answers = []
        with Wire(hub.address, source=mine) as wire:
            for _ in range(40):
                answers.append(wire.ask(post(PING)))
        limited = [answer for answer in answers if answer.status != 204]
        self.assertTrue(limited)
        for answer in limited:
            self.assertEqual(answer.status, 429)
            self.assertTrue((answer.get("Retry-After") or "").isdigit())
        with Wire(hub.address, source=other) as wire:
            self.assertEqual(wire.ask(post(PING)).status, 204)


class Secrets(Story):
    def test_S8_a_secret_in_the_query_is_refused(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.secrets.add("open-to-all")
        pairs = asking("subscribe", NOBODY, callback.url())
        secret = form([("hub.secret", "open-to-all")]).decode()
        for data in (request("POST", "/?" + form(pairs).decode() + "&"
                             + secret, body=b""),
                     request("POST", "/?" + secret, [("Content-Type", FORM)],
                             form(pairs))):
            answer = hub.client.ask(data)
            self.assertEqual(answer.status, 400)
            self.assertIn("hub.secret", answer.text)
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_S8_the_store_and_the_admin_socket_are_the_owners(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url(), secret="at rest")
        for path in [hub.data, *hub.data.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            self.assertEqual(mode & 0o077, 0, f"{path.name} {mode:o}")

    def test_S8_no_secret_is_told_by_anything(self) -> None:
        # The log is looked at after every test.
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url(), secret="told-to-nobody")
        shown = [self.ctl(hub, *command) for command in (
            ["status"], ["topics", "--json"],
            ["subscriptions", NOBODY, "--json"])]
        shown += [hub.client.get(path).text for path in ("/", "/metrics")]
        shown.append(hub.admin.get("/metrics").text)
        answer = self.ask(hub, "subscribe", NOBODY, callback.url(),
                          secret="told-to-nobody" * 20)
        self.assertEqual(answer.status, 400)
        shown.append(answer.head.decode() + answer.text)
        self.assertEqual([text for text in shown if "told-to" in text], [])


class Oracles(Story):
    def cast(self) -> tuple[Daemon, str, str]:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url("known"))
        callback.on_verify = lambda _: Answer(404)
        return hub, topic, callback.url()

    def test_S9_nothing_lists_topics_or_subscriptions(self) -> None:
        hub, topic, callback = self.cast()
        for path in ("/", "/hub", "/subscribe", "/publish", "/topics",
                     "/subscriptions", "/topic", "/subscription", "/events",
                     "/status", "/stats", "/metrics", "/admin/status",
                     "/admin/topics", "/admin/subscriptions", "/healthz",
                     "/readyz", "/?hub.mode=list", "/?hub.mode=status",
                     "/?hub.mode=status&hub.topic=" + topic):
            for method in ("GET", "POST"):
                with self.subTest(path=path, method=method):
                    answer = hub.client.ask(request(
                        method, path, [("Content-Type", FORM)],
                        b"" if method == "POST" else None))
                    said = answer.head.decode("latin-1") + answer.text
                    self.assertNotIn(callback.rpartition("/")[0], said)
                    if topic not in path:
                        self.assertNotIn(topic, said)

    def test_S9_nothing_tells_whether_a_subscription_exists(self) -> None:
        hub, topic, callback = self.cast()
        known, unknown = callback.removesuffix("cb") + "known", callback
        for mode in ("subscribe", "unsubscribe"):
            with self.subTest(mode=mode):
                self.assertEqual(
                    told(self.ask(hub, mode, topic, known)),
                    told(self.ask(hub, mode, topic, unknown)))
        self.assertEqual(
            *(told(hub.client.post([("hub.mode", "publish"),
                                    ("hub.url", url)]))
              for url in (topic, NOBODY)))
        self.assertEqual(
            *(told(hub.client.post(asking(
                "unsubscribe", url, known, ("hub.secret", "no"))))
              for url in (topic, NOBODY)))

    def test_S9_nor_do_the_links_of_the_answers(self) -> None:
        hub, topic, callback = self.cast()
        known, unknown = callback.removesuffix("cb") + "known", callback
        since = hub.mark()
        paths = [status_path(self.ask(hub, "unsubscribe", topic, at))
                 for at in (known, unknown, known, unknown)]
        self.assertEqual(len(set(paths)), 4)
        # What was refused is as that which was never asked.
        hub.wait_for("verification.failed", since=since)
        shown = {json.dumps({**json.loads(hub.client.get(path).body),
                             "accepted": None}) for path in paths}
        self.assertEqual(len(shown), 1, shown)
        self.assertIn('"pending"', shown.pop())

    def test_S9_nor_does_the_time_that_the_answer_takes(self) -> None:
        hub, topic, callback = self.cast()
        known, unknown = callback.removesuffix("cb") + "known", callback
        # A real difference shows in each of the rounds.
        ratios: list[float] = []
        while len(ratios) < 20 and min(ratios, default=9) >= 1.3:
            ratios.append(self.ratio(hub, topic, known, unknown))
        self.assertLess(min(ratios), 1.3, ratios)

    def ratio(self, hub: Daemon, topic: str, *callbacks: str) -> float:
        """Of the lower quartiles of interleaved requests: the larger by the
        smaller."""
        taken: list[list[float]] = [[], []]
        with Wire(hub.address) as wire:
            for _ in range(40):
                for at, callback in enumerate(callbacks):
                    data = post(asking("unsubscribe", topic, callback))
                    since = hub.mark()
                    begun = time.perf_counter()
                    status = wire.ask(data).status
                    taken[at].append(time.perf_counter() - begun)
                    self.assertEqual(status, 202)
                    if at == 0:
                        # Its verification is not to slow down the other.
                        hub.wait_for("verification.failed", since=since)
        one, other = (statistics.quantiles(times, n=4)[0] for times in taken)
        return max(one, other) / min(one, other)

    def test_S10_only_the_callback_decides(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(b"old", "text/plain")
        self.follow(hub, topic, callback.url(), secret="the owner's own")
        # It echoes nothing that it did not ask for.
        callback.on_verify = lambda _: Answer(404)
        stranger = next_address()
        self.secrets.add("a stranger's")
        for mode in ("subscribe", "unsubscribe"):
            since = hub.mark()
            with Wire(hub.address, source=stranger) as wire:
                self.assertEqual(wire.ask(post(asking(
                    mode, topic, callback.url(),
                    ("hub.secret", "a stranger's"),
                    ("hub.lease_seconds", "300")))).status, 202)
            hub.wait_for("verification.failed", since=since)
        origin.serve(b"new", "text/plain")
        self.publish(hub, topic)
        seen = callback.wait_posts(1)[0]
        self.assertEqual(seen.get("X-Hub-Signature"),
                         signature("sha256", b"the owner's own", seen.body))

    def test_S10_a_strangers_unsubscription_cancels_no_pending_one(self
                                                                   ) -> None:
        hub, callback, gate = self.daemon(), self.callback(), threading.Event()

        def answer(seen) -> Answer:
            if seen.params["hub.mode"] == "unsubscribe":
                return Answer(404)
            return Answer(200, echo(seen).body, gate=gate)
        callback.on_verify = answer
        self.accepted(hub, "subscribe", NOBODY, callback.url())
        callback.wait_verifications(1)
        self.accepted(hub, "unsubscribe", NOBODY, callback.url())
        hub.wait_for("verification.failed")
        gate.set()
        hub.wait_for("subscription.active")


class Answers(Story):
    MARK = "<script>alert(1)</script>\"'&"

    def test_S15_no_error_is_a_page(self) -> None:
        hub = self.daemon()
        mark = [("X-Hub", self.MARK)]
        asked = [
            post(asking(self.MARK, NOBODY, NOBODY)),
            post(asking("subscribe", self.MARK, NOBODY)),
            post(asking("subscribe", NOBODY, self.MARK)),
            post(asking("subscribe", NOBODY, NOBODY,
                        ("hub.lease_seconds", self.MARK))),
            post([("hub.mode", "publish"), ("hub.url", self.MARK)]),
            post([(self.MARK, "x")]),
            request("POST", "/", [("Content-Type", "text/html")], b"<p>"),
            request("GET", "/" + "%3Cscript%3E", mark),
            request("GET", "/<script>", mark),
            request("GET", "/?hub.mode=%3Cscript%3E", mark),
            request("BREW", "/", mark),
            request("GET", "/events?topic=%3Cscript%3E", mark),
        ]
        for data in asked:
            with self.subTest(data=data[:60]):
                answer = hub.client.ask(data)
                self.assertTrue(400 <= answer.status < 500, answer.start)
                self.assertTrue((answer.get("Content-Type") or "").startswith(
                    ("text/plain", "application/json",
                     "application/problem+json")), answer.head)
                self.assertEqual(answer.get("X-Content-Type-Options"),
                                 "nosniff")

    def test_S15_no_challenge_can_be_markup(self) -> None:
        hub, callback = self.daemon(), self.callback()
        for number in range(50):
            self.accepted(hub, "subscribe", NOBODY, callback.url(f"{number}"))
        callback.wait_verifications(50)
        for challenge in callback.challenges():
            self.assertRegex(challenge, "^[0-9a-f]{64}$")

    def test_S16_plain_http_callbacks_are_allowed(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.assertTrue(callback.url().startswith("http://"))
        self.subscribe(hub, NOBODY, callback.url(), secret="over plain http")

    def test_S21_pages_show_nothing_unescaped(self) -> None:
        hub, callback, origin = (self.daemon("--pull-open"), self.callback(),
                                 self.origin())
        path = "/a?%27%22%3Cscript%3E&<u>'\"=`"
        topic = origin.serve(Atom(title=self.MARK).add("one"), path=path)
        self.secrets.add("known to both")
        for number, name in enumerate(("cb", "'\"<u>")):
            answer = self.ask(hub, "subscribe", topic, callback.url(name),
                              secret="known to both")
            if number == 0:
                self.assertEqual(answer.status, 202, answer.text)
        hub.wait_for("subscription.active")
        hub.wait_for("update")
        pages = [
            hub.client.get("/?x=" + "%3Cscript%3Ealert"),
            hub.client.get("/topic?" + form([("hub.topic", topic)]).decode()),
            hub.client.get("/topic?" + form([("hub.topic", self.MARK)])
                           .decode()),
            hub.client.post([("hub.topic", topic),
                             ("hub.callback", callback.url()),
                             ("hub.secret", "known to both")],
                            target="/subscription"),
            hub.client.post([("hub.topic", self.MARK),
                             ("hub.callback", self.MARK),
                             ("hub.secret", self.MARK)],
                            target="/subscription"),
        ]
        self.assertEqual(pages[1].status, 200, pages[1].text)
        self.assertEqual(pages[3].status, 200, pages[3].text)
        for page in pages:
            if "html" not in (page.get("Content-Type") or ""):
                continue
            for mark in ("<u>", "<script", self.MARK, f'href="{topic}',
                         "href='http", f'href="{callback.base}'):
                self.assertNotIn(mark, page.text)
            self.assertIn("default-src 'none'",
                          page.get("Content-Security-Policy") or "")


class Proxies(Story):
    def served(self, hub: Daemon, source: str, fields, count: int = 30
               ) -> int:
        with Wire(hub.address, source=source) as wire:
            return sum(wire.ask(post(PING, fields=fields(number))).status
                       == 204 for number in range(count))

    def test_S19_only_a_named_proxy_is_believed(self) -> None:
        proxy, liar = next_address(), next_address()
        hub = self.daemon("--accept-rate=1", f"--trusted-proxy={proxy}/32")
        for field in ("X-Forwarded-For", "Forwarded"):
            with self.subTest(field=field):
                prefix = "for=" if field == "Forwarded" else ""

                def another(number, field=field, prefix=prefix):
                    return [(field, f"{prefix}198.51.{len(field)}.{number}")]

                def the_same(_, field=field, prefix=prefix):
                    return [(field, f"{prefix}203.0.113.{len(field)}")]
                self.assertLess(self.served(hub, liar, another), 30)
                self.assertEqual(self.served(hub, proxy, another), 30)
                self.assertLess(self.served(hub, proxy, the_same), 30)

    def test_S19_a_client_of_the_proxy_cannot_write_its_own_name(self
                                                                 ) -> None:
        # The proxy adds the last one; what stands before it is anybody's.
        proxy = next_address()
        hub = self.daemon("--accept-rate=1", f"--trusted-proxy={proxy}/32")
        self.assertLess(self.served(hub, proxy, lambda number: [
            ("X-Forwarded-For", f"192.0.2.{number}, 198.51.100.7")]), 30)


class Storage(Story):
    def refused(self, answer: Message) -> None:
        self.assertEqual(answer.status, 503, answer.text)
        self.assertTrue((answer.get("Retry-After") or "").isdigit())

    def test_S20_at_the_ceiling_of_subscriptions_renewals_go_on(self
                                                                ) -> None:
        hub = self.daemon("--max-subscriptions=3")
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(b"old", "text/plain")
        urls = [callback.url(f"{number}") for number in range(3)]
        self.follow(hub, topic, *urls)
        self.refused(self.ask(hub, "subscribe", topic, callback.url("more")))
        self.subscribe(hub, topic, urls[0], event="subscription.renewed")
        origin.serve(b"new", "text/plain")
        self.publish(hub, topic)
        callback.wait_posts(3)
        # Whoever leaves makes room.
        self.accepted(hub, "unsubscribe", topic, urls[1])
        hub.wait_for("subscription.ended", reason="unsubscribed")
        self.subscribe(hub, topic, callback.url("more"))

    def test_S20_at_the_ceiling_of_topics_known_ones_go_on(self) -> None:
        hub, callback, origin = (self.daemon("--max-topics=2"),
                                 self.callback(), self.origin())
        topics = [origin.serve(b"old", "text/plain", path=f"/{number}")
                  for number in range(3)]
        for topic in topics[:2]:
            self.follow(hub, topic, callback.url("first"))
        self.refused(self.ask(hub, "subscribe", topics[2], callback.url()))
        self.subscribe(hub, topics[0], callback.url("second"))

    def test_S20_requests_that_wait_at_one_host_have_a_ceiling(self) -> None:
        hub = self.daemon("--pending-per-host=20", "--verify-timeout=60s")
        victim, other = self.callback(), self.callback()
        gate = threading.Event()
        victim.on_verify = lambda seen: Answer(200, echo(seen).body,
                                               gate=gate)
        statuses = [self.ask(hub, "subscribe", f"{NOBODY}{number}",
                             victim.url(f"{number}")).status
                    for number in range(12)]
        self.assertEqual(statuses, [202] * 5 + [429] * 7)
        answer = self.ask(hub, "subscribe", NOBODY, victim.url("more"))
        self.assertTrue((answer.get("Retry-After") or "").isdigit())
        self.subscribe(hub, NOBODY, other.url())
        gate.set()
        hub.wait_for("subscription.active", 6)
        self.subscribe(hub, NOBODY, victim.url("later"))


if __name__ == "__main__":
    unittest.main()
