# SPDX-License-Identifier: MIT
"""What the operator does not want, what is too much, and what everybody is
told: refusals that a program can read."""

import threading
import unittest
from urllib.parse import quote, urlsplit

from harness import Answer, Atom, Story, told, until
from harness.client import FORM, Wire, form, post, request
from harness.wire import Message


def pairs(topic: str, callback: str, mode: str = "subscribe"):
    return [("hub.mode", mode), ("hub.topic", topic),
            ("hub.callback", callback)]


class Policy(Story):
    def refused(self, answer: Message, status: int, code: str) -> None:
        self.assertEqual((answer.status, answer.get("Hub-Error")),
                         (status, code), answer.text)
        self.assertEqual(answer.get("Content-Type"),
                         "text/plain; charset=utf-8")
        self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")
        self.assertEqual(answer.text.count("\n"), 1)

    # ------------------------------------------------------------ domains

    def test_denied_domains_are_403_and_nothing_is_called(self) -> None:
        origin, callback = self.origin(), self.callback()
        names = self.names({"feeds.bad.test": ["127.0.0.1"],
                            "notbad.test": ["127.0.0.1"]})
        hub = self.daemon("--deny-topic=bad.test", "--deny-callback=127.0.0.9",
                          f"--dns-server={names.address}")
        topic = origin.serve(Atom().add("one"))
        port = topic.split(":")[2]
        for name in ("bad.test", "FEEDS.bad.test", "feeds.bad.test."):
            where = f"http://{name}:{port}"
            self.refused(self.ask(hub, "subscribe", where, callback.url()),
                         403, "topic.denied")
            # Nobody is kept from leaving.
            self.accepted(hub, "unsubscribe", where, callback.url())
        self.refused(self.ask(hub, "subscribe", topic,
                              "http://0x7f.9/callback"),
                     403, "callback.denied")
        self.accepted(hub, "subscribe", f"http://notbad.test:{port}",
                      callback.url())
        callback.wait_verifications(1)
        hub.stop()
        self.assertEqual(len(callback.verifications), 1)

    def test_what_is_denied_is_not_pulled_either(self) -> None:
        origin = self.origin()
        topic = origin.serve(Atom().add("one"))
        hub = self.daemon("--pull-open=on", "--deny-topic=bad.test",
                          f"--deny-topic={urlsplit(topic).hostname}")
        for where in (topic, "http://x.bad.test/"):
            answer = hub.client.get("/events?topic=" + quote(where, safe=""))
            self.assertEqual(answer.status, 403)
            self.assertIn("denied-topic", answer.text)
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_what_was_followed_is_not_fetched_once_it_is_denied(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        before = len(origin.fetches)
        hub.restart(f"--deny-topic={urlsplit(topic).hostname}")
        self.publish(hub, topic)
        hub.stop()
        self.assertEqual(len(origin.fetches), before)

    def test_where_some_are_allowed_others_are_403(self) -> None:
        callback = self.callback()
        host = urlsplit(callback.url()).hostname
        hub = self.daemon("--allow-topic=good.test",
                          "--deny-topic=not.good.test",
                          f"--allow-callback={host}")
        self.refused(self.ask(hub, "subscribe", "http://other.test/",
                              callback.url()), 403, "topic.denied")
        self.refused(self.ask(hub, "subscribe", "http://not.good.test/",
                              callback.url()), 403, "topic.denied")
        self.refused(self.ask(hub, "subscribe", "http://good.test/",
                              "http://127.0.0.1/"), 403, "callback.denied")
        self.accepted(hub, "subscribe", "http://good.test/", callback.url())

    def test_the_hub_itself_is_neither_topic_nor_callback(self) -> None:
        hub = self.daemon("--hub-alias=http://hub.test/hub")
        callback = self.callback()
        for own in (hub.hub, hub.hub + "events?topic=x",
                    "http://hub.test/hub", "https://HUB.test./hub/x"):
            self.refused(self.ask(hub, "subscribe", own, callback.url()),
                         400, "topic.own")
            self.refused(self.ask(hub, "subscribe", "http://t.test/", own),
                         400, "callback.own")
        self.accepted(hub, "subscribe", "http://hub.test/hubris",
                      callback.url())

    # ------------------------------------------------------------ refusals

    def test_every_refusal_has_a_code(self) -> None:
        hub = self.daemon()
        good = pairs("http://t.test/", "http://c.test/")
        cases = [
            ([("hub.mode", "subscribe")], "topic.missing"),
            (good[:2], "callback.missing"),
            (good[1:], "mode.missing"),
            ([("hub.mode", "denied"), *good[1:]], "mode.unknown"),
            (pairs("http://t.test/#f", "http://c.test/"), "topic.fragment"),
            (pairs("http://t.test/", "http://c.test:25/"), "callback.port"),
            (pairs("ftp://t.test/", "http://c.test/"), "topic.scheme"),
            (pairs("http://t.test/", "http://u:p@c.test/"),
             "callback.userinfo"),
            ([*good, ("hub.callback", "http://d.test/")],
             "callback.conflict"),
            ([*good, ("hub.secret", "x" * 200)], "secret.long"),
            ([*good, ("hub.lease_seconds", "1.5")], "lease_seconds.number"),
            ([("hub.mode", "publish")], "url.missing"),
        ]
        for asked, code in cases:
            with self.subTest(code=code):
                self.refused(hub.client.post(asked), 400, code)
        json = request("POST", "/", [("Content-Type", "application/json")],
                       b"{}")
        self.refused(hub.client.ask(json), 415, "request.type")
        self.refused(hub.client.post(good, "/?hub.secret=x"), 400,
                     "secret.query")
        many = form([("hub.mode", "publish"),
                     *(("hub.url", f"http://t.test/{n}")
                       for n in range(1001))])
        self.refused(hub.client.ask(request(
            "POST", "/", [("Content-Type", FORM)], many)), 413, "url.many")
        broken = request("POST", "/", [("Content-Length", "x")])
        self.refused(hub.client.ask(broken), 400, "request.malformed")
        self.refused(hub.client.get("/nowhere"), 404, "request.path")
        self.refused(hub.client.get("/?hub.mode=publish"), 405,
                     "request.method")
        self.refused(hub.client.ask(request("PUT", "/")), 405,
                     "request.method")

    def test_nothing_is_sniffed(self) -> None:
        hub, callback = self.daemon(), self.callback()
        good = pairs("http://t.test/", callback.url())
        for sent in (post(good),
                     post([("hub.mode", "publish"),
                           ("hub.url", "http://t.test/")]),
                     post([]), request("GET", "/"), request("HEAD", "/"),
                     request("GET", "/nowhere"), request("DELETE", "/"),
                     request("OPTIONS", "/"), request("GET", "/healthz"),
                     request("GET", "/?hub.mode=subscribe"),
                     request("GET", "/events"),
                     request("POST", "/", [("Content-Length", "-1")])):
            with Wire(hub.address) as wire:
                wire.send(sent)
                answer = wire.read(to_head=sent.startswith(b"HEAD"))
            with self.subTest(sent=sent[:40], status=answer.status):
                self.assertEqual(answer.get("X-Content-Type-Options"),
                                 "nosniff")

    def test_S9_the_answer_does_not_tell_what_exists(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="known-to-two")

        def heard(mode: str, where: str, name: str) -> tuple:
            return told(self.ask(hub, mode, where, callback.url(name)))

        same = {repr(heard(mode, where, name))
                for mode in ("subscribe", "unsubscribe")
                for where in (topic, origin.url("/other"))
                for name in ("cb", "nobody")}
        self.assertEqual(len(same), 1, same)

        def pinged(where: str) -> str:
            answer = hub.client.post([("hub.mode", "publish"),
                                      ("hub.url", where)])
            return repr((answer.start, answer.body,
                         [field for field in answer.fields
                          if field[0] != "Date"]))
        self.assertEqual(pinged(topic), pinged("http://unknown.test/"))

    # -------------------------------------------------------------- limits

    def test_S5_a_host_with_too_much_waiting_is_a_429(self) -> None:
        victim, gate = self.callback(), threading.Event()
        victim.on_verify = lambda _: Answer(404, gate=gate)
        names = self.names({"victim.test": [victim.host]})
        hub = self.daemon("--pending-per-host=8", "--verify-timeout=5m",
                          f"--dns-server={names.address}")
        for number in range(2):
            self.accepted(hub, "subscribe", "http://t.test/",
                          f"http://victim.test:{victim.port}/{number}")
        for port in (80, 8080):
            answer = self.ask(hub, "subscribe", "http://t.test/",
                              f"https://victim.test:{port}/x")
            self.refused(answer, 429, "callback.crowded")
            self.assertEqual(answer.get("Retry-After"), "60")
        self.accepted(hub, "subscribe", "http://t.test/",
                      "http://other.test/")
        gate.set()

    def test_S20_a_full_hub_says_503_and_goes_on_renewing(self) -> None:
        hub, callback, origin = (self.daemon("--max-subscriptions=1"),
                                 self.callback(), self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        answer = self.ask(hub, "subscribe", topic, callback.url("new"))
        self.refused(answer, 503, "hub.full")
        self.assertEqual(answer.get("Retry-After"), "120")
        self.subscribe(hub, topic, callback.url(),
                       event="subscription.renewed")
        self.publish(hub, topic)
        callback.wait_posts(1)

    def test_R32_too_much_from_one_address_is_a_429(self) -> None:
        hub = self.daemon("--accept-rate=1")
        answers: list[Message] = []

        def late() -> bool:
            answers.append(self.ask(hub, "subscribe", "http://t.test/",
                                    f"http://c.test/{len(answers)}"))
            return answers[-1].status != 202
        until(late, "the ceiling")
        self.refused(answers[-1], 429, "client.rate")
        self.assertGreater(int(answers[-1].get("Retry-After")), 0)

    def test_S7_a_ping_of_many_topics_costs_more(self) -> None:
        hub = self.daemon("--accept-rate=10")
        ping = [("hub.mode", "publish"),
                *(("hub.url", f"http://t.test/{n}") for n in range(200))]
        self.assertEqual(hub.client.post(ping).status, 204)
        until(lambda: hub.client.post(ping).status == 429, "the ceiling")

    # ----------------------------------------------------------- elsewhere

    def test_R34_a_hub_that_has_moved_says_where(self) -> None:
        hub = self.daemon("--moved-to=https://new.test/hub")
        asked = pairs("http://t.test/", "http://c.test/")
        for target in ("/", "/hub", "/subscribe", "/publish"):
            answer = hub.client.post(asked, target)
            self.assertEqual(answer.status, 308)
            self.assertEqual(answer.get("Location"), "https://new.test/hub")
            self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")
        self.assertEqual(hub.client.get("/").status, 308)
        self.assertEqual(hub.client.get("/healthz").status, 200)
        self.assertNotEqual(hub.client.get("/events?topic=x").status, 308)

    def test_R143_people_see_a_page(self) -> None:
        hub = self.daemon()
        answer = hub.client.get("/")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("Content-Type"),
                         "text/html; charset=utf-8")
        policy = answer.get("Content-Security-Policy")
        for part in ("default-src 'none'", "form-action 'self'",
                     "frame-ancestors 'none'"):
            self.assertIn(part, policy)
        for part in (hub.hub, 'name="hub.topic"', 'action="topic"',
                     'action="subscription"', "viewport"):
            self.assertIn(part, answer.text)
        self.assertNotIn("<script", answer.text)
        for query in ("?hub.mode=subscribe", "?hub%2Etopic=x"):
            answer = hub.client.get("/" + query)
            self.assertEqual((answer.status, answer.get("Allow")),
                             (405, "POST"))


if __name__ == "__main__":
    unittest.main()
