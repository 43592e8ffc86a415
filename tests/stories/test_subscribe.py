# SPDX-License-Identifier: MIT
"""Subscribing: 202, then a verification of intent, then active."""

import re
import threading
import unittest
from urllib.parse import quote

from harness import FETCHED, Answer, Atom, Story

TOPIC = "http://127.9.9.9:9999/a?x=1&b=%26+c"


class Subscribe(Story):
    def test_a_request_is_202_then_verified_then_active(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        answer = self.ask(hub, "subscribe", topic, callback.url())
        self.assertEqual(answer.status, 202)
        callback.wait_verifications(1)
        line = hub.wait_for("subscription.active")
        self.assertEqual(line.fields["host"], callback.host)
        self.assertEqual(set(line.fields) & {"topic", "id", "host"},
                         {"topic", "id", "host"})
        hub.wait_for(FETCHED)
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].target,
                         callback.url().removeprefix(callback.base))

    def test_the_answer_waits_for_no_verification(self) -> None:
        hub, callback = self.daemon(), self.callback()
        gate, agree = threading.Event(), callback.on_verify
        callback.on_verify = lambda seen: Answer(
            200, agree(seen).body, gate=gate)
        self.accepted(hub, "subscribe", TOPIC, callback.url())
        # There is none before this.
        gate.set()
        hub.wait_for("subscription.active")

    def test_the_verification_has_the_exact_form(self) -> None:
        hub, callback = self.daemon(), self.callback()
        query = "?b=%2B+%20&a&hub.mode=x&&c=1"
        url = callback.url("cb", query)
        self.accepted(hub, "subscribe", TOPIC, url, lease_seconds="7200")
        seen = callback.wait_verifications(1)[0]
        expected = (re.escape(url.removeprefix(callback.base))
                    + "&hub.mode=subscribe&hub.topic="
                    + re.escape(quote(TOPIC, safe=""))
                    + "&hub.challenge=[0-9a-f]{64}&hub.lease_seconds=7200")
        self.assertRegex(seen.target, f"^{expected}$")
        self.assertEqual(seen.get("Host"),
                         f"{callback.host}:{callback.port}")

    def test_a_callback_without_query_gets_one(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.accepted(hub, "subscribe", TOPIC, callback.url())
        target = callback.wait_verifications(1)[0].target
        self.assertIn("/cb?hub.mode=subscribe&", target)

    def test_every_challenge_is_another(self) -> None:
        hub = self.daemon()
        callback = self.callback()
        for number in range(30):
            self.accepted(hub, "subscribe", TOPIC, callback.url(f"{number}"))
        callback.wait_verifications(30)
        self.assertEqual(len(set(callback.challenges())), 30)

    def test_leases_are_clamped_and_announced(self) -> None:
        hub, callback = self.daemon(), self.callback()
        cases = [(None, 864000), ("", 864000), ("1", 300), ("600", 600),
                 ("000600", 600), ("2592001", 2592000),
                 ("9" * 30, 2592000)]
        for number, (asked, granted) in enumerate(cases):
            with self.subTest(asked=asked):
                more = {} if asked is None else {"lease_seconds": asked}
                self.accepted(hub, "subscribe", TOPIC,
                              callback.url(f"{number}"), **more)
                seen = callback.wait_verifications(number + 1)[-1]
                self.assertEqual(seen.params["hub.lease_seconds"],
                                 str(granted))

    def test_unknown_parameters_are_ignored(self) -> None:
        hub, callback = self.daemon(), self.callback()
        answer = hub.client.post([
            ("foo", "bar"), ("hub.mode", "Subscribe"), ("hub.foo", "hub.bar"),
            ("hub.topic", TOPIC), ("hub.callback", callback.url())])
        self.assertEqual(answer.status, 202)
        seen = callback.wait_verifications(1)[0]
        self.assertEqual(seen.params["hub.mode"], "subscribe")
        self.assertNotIn("foo", seen.query.replace("hub.", ""))

    def test_a_verify_token_is_echoed(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.accepted(hub, "subscribe", TOPIC, callback.url(),
                      verify="async", verify_token="t/k")
        seen = callback.wait_verifications(1)[0]
        self.assertEqual(seen.params["hub.verify_token"], "t/k")

    def test_an_identical_request_is_verified_once(self) -> None:
        hub, callback = self.daemon(), self.callback()
        gate = threading.Event()
        good = callback.on_verify

        def held(seen):
            answer = good(seen)
            answer.gate = gate
            return answer
        callback.on_verify = held
        for _ in range(3):
            self.accepted(hub, "subscribe", TOPIC, callback.url())
        callback.wait_verifications(1)
        gate.set()
        hub.wait_for("subscription.active")
        hub.stop()
        self.assertEqual(len(callback.verifications), 1)

    def test_each_spelling_is_echoed_and_all_are_one_topic(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        origin.serve(Atom().add("one"), path="/%7Eme")
        origin.serve(Atom().add("one"), path="/~me")
        escaped, plain = origin.url("/%7Eme"), origin.url("/~me")
        self.follow(hub, escaped, callback.url("escaped"))
        self.subscribe(hub, plain, callback.url("plain"))
        topics = [seen.params["hub.topic"]
                  for seen in callback.verifications.all()]
        self.assertEqual(topics, [escaped, plain])
        self.publish(hub, plain)
        callback.wait_posts(2)

    def test_aliases_of_the_hub_are_understood(self) -> None:
        hub, callback = self.daemon(), self.callback()
        for number, path in enumerate(("/", "/hub", "/subscribe")):
            answer = hub.client.post(
                [("hub.mode", "subscribe"), ("hub.topic", TOPIC),
                 ("hub.callback", callback.url(f"{number}"))], target=path)
            self.assertEqual(answer.status, 202, path)
        self.assertEqual(hub.client.post(
            [("hub.mode", "publish"), ("hub.url", TOPIC)],
            target="/publish").status, 204)

    def test_nothing_is_delivered_before_the_verification(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        witness = self.callback()
        topic = origin.serve(Atom().add("one"))
        callback.on_verify = lambda _: Answer(503)
        self.follow(hub, topic, witness.url())
        self.accepted(hub, "subscribe", topic, callback.url())
        callback.wait_verifications(1)
        with self.quiet(hub, callback):
            self.publish(hub, topic)
            witness.wait_posts(1)


if __name__ == "__main__":
    unittest.main()
