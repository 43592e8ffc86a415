# SPDX-License-Identifier: MIT
"""pull.md: models, and the idea of holding a request."""

import json
import unittest

import stories  # noqa: F401
from harness import Answer, Wire, request
from pulling import Pulling, bodies, target


class Models(Pulling):
    def setUp(self) -> None:
        super().setUp()
        self.begin()

    def used_kb(self) -> int:
        return self.hub.status()["store"]["used_bytes"] // 1024

    def test_P1_a_queue_of_webhooks_holds_no_bodies(self) -> None:
        topic, callback = self.topic(), self.callback()
        self.subscribe(self.hub, topic,
                       *(callback.url(f"cb{n}") for n in range(50)))
        callback.on_post = lambda _: Answer(500)
        before = self.used_kb()
        self.update(topic, b"x" * 100_000)
        callback.wait_posts(50)
        self.hub.wait_for("delivery.failed", count=50)
        # One body, and fifty records.
        self.assertLess(self.used_kb() - before, 400)

    def test_P2_a_hundred_readers_share_one_copy(self) -> None:
        topic = self.topic()
        cursor = self.pull(topic)["cursor"]
        before = self.used_kb()
        held = [self.hold(target("/events", topic, since=cursor, wait=60))
                for _ in range(100)]
        self.update(topic, b"x" * 100_000)
        for wire in held:
            said = json.loads(wire.read().body)
            self.assertEqual(said["events"][0]["size"], 100_000)
        self.assertLess(self.used_kb() - before, 400)

    def test_P3_what_is_there_is_answered_at_once(self) -> None:
        topic = self.topic()
        cursor = self.pull(topic)["cursor"]
        self.update(topic, b"second")
        said = self.pull(topic, since=cursor, wait=60)
        self.assertEqual(bodies(said["events"]), ["second"])
        self.assertNotIn("wait_ms", said)

    def test_P4_the_moment_it_comes(self) -> None:
        topic = self.topic()
        wire = self.hold(target("/events", topic, wait=60))
        self.update(topic, b"second")
        said = json.loads(wire.read().body)
        self.assertEqual(bodies(said["events"]), ["second"])

    def test_P5_the_end_of_a_wait_is_a_normal_answer(self) -> None:
        topic = self.topic()
        said = self.pull(topic, wait=1)
        self.assertEqual(said["events"], [])
        self.assertRegex(said["cursor"], r"^[\w-]{22}$")
        # Up to a fifth less than asked for.
        self.assertGreaterEqual(said["wait_ms"], 800)
        self.assertLess(said["wait_ms"], 60_000)

    def positions(self) -> tuple[str, str, str, str]:
        a, b = self.topic("/a"), self.topic("/b")
        at_a = self.pull(a)["cursor"]
        self.update(a, b"a2")
        self.update(b, b"b2")
        at_b = self.pull(b)["cursor"]
        return a, b, at_a, at_b

    def by_topic(self, said: dict) -> dict:
        return {topic: bodies(one["events"])
                for topic, one in said["topics"].items()}

    def test_P6_each_channel_with_its_own_position(self) -> None:
        a, b, at_a, at_b = self.positions()
        status, said = self.ask_json(
            "POST", "/events", {"topics": {a: at_a, b: at_b}, "wait": 30})
        self.assertEqual(status, 200, said)
        self.assertEqual(self.by_topic(said), {a: ["a2"]})

    def test_P6_as_a_form_too(self) -> None:
        a, b, at_a, at_b = self.positions()
        answer = self.hub.client.post(
            [("topic", a), ("since", at_a), ("topic", b), ("since", at_b)],
            target="/events")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(self.by_topic(json.loads(answer.body)), {a: ["a2"]})

    def test_P7_only_what_changed_with_its_new_position(self) -> None:
        a, b, at_a, at_b = self.positions()
        _, said = self.ask_json("POST", "/events",
                                {"topics": {a: at_a, b: at_b}})
        self.assertEqual(list(said["topics"]), [a])
        again = {a: said["topics"][a]["cursor"], b: at_b}
        _, said = self.ask_json("POST", "/events", {"topics": again})
        self.assertEqual(said["topics"], {})

    def test_P8_any_change_wakes_a_wait_on_several_topics(self) -> None:
        a, b, c = self.topic("/a"), self.topic("/b"), self.topic("/c")
        for changed in (a, b, c):
            cursor = self.pull(a, b, c)["cursor"]
            wire = self.hold(target("/events", a, b, c, since=cursor,
                                    wait=60))
            self.update(changed, b"news of " + changed.encode())
            said = json.loads(wire.read().body)
            self.assertEqual([event["topic"] for event in said["events"]],
                             [changed])

    def test_P8_the_answer_has_all_that_changed_by_then(self) -> None:
        a, b = self.topic("/a"), self.topic("/b")
        cursor = self.pull(a, b)["cursor"]
        self.update(a, b"a2")
        self.update(b, b"b2")
        said = self.pull(a, b, since=cursor, wait=60)
        self.assertEqual(bodies(said["events"]), ["a2", "b2"])

    def test_P9_a_cursor_goes_on_with_every_transport(self) -> None:
        topic = self.topic()
        cursor = self.pull(topic)["cursor"]
        self.update(topic, b"second")
        said = self.lines(
            target("/events/stream", topic, since=cursor)).event()
        self.assertEqual(said["body"], "second")
        self.update(topic, b"third")
        events = self.events(target("/events/sse", topic, since=said["id"]))
        event = events.event()
        self.assertEqual(event["body"], "third")
        self.assertEqual(events.last_id, event["id"])
        self.update(topic, b"fourth")
        self.assertEqual(
            bodies(self.pull(topic, since=event["id"])["events"]), ["fourth"])

    def test_P10_answers_are_bounded_and_say_so(self) -> None:
        topic = self.topic()
        cursor = self.pull(topic)["cursor"]
        for number in range(5):
            self.update(topic, b"%d" % number)
        said = self.pull(topic, since=cursor, limit=3)
        self.assertIs(said["more"], True)
        self.assertEqual(bodies(said["events"]), ["0", "1", "2"])
        said = self.pull(topic, since=said["cursor"], limit=3)
        self.assertIs(said["more"], False)
        self.assertEqual(bodies(said["events"]), ["3", "4"])

    def test_P10_in_bytes_too_but_never_nothing(self) -> None:
        topic = self.topic()
        cursor = self.pull(topic)["cursor"]
        self.update(topic, b"x" * 3000)
        self.update(topic, b"y" * 3000)
        said = self.pull(topic, since=cursor, max_bytes=1024)
        self.assertEqual(len(said["events"]), 1)
        self.assertIs(said["more"], True)

    def test_P11_each_request_names_its_topics(self) -> None:
        a, b = self.topic("/a"), self.topic("/b")
        cursor = self.pull(a)["cursor"]
        self.update(b, b"b2")
        said = self.pull(a, b, since=cursor)
        self.assertEqual(said["scope"], "changed")
        self.assertEqual(bodies(said["events"])[-1:], ["b2"])

    def test_P12_nothing_new_is_a_small_304(self) -> None:
        topic = self.topic()
        where = target("/events", topic)
        tag = self.get(where).get("ETag")
        answer = self.get(where, ("If-None-Match", tag))
        self.assertEqual(answer.status, 304)
        self.assertEqual(answer.body, b"")
        self.assertLessEqual(len(answer.head), 300)
        self.update(topic, b"second")
        self.assertEqual(self.get(where, ("If-None-Match", tag)).status, 200)

    def test_P13_who_can_only_call_out_is_pushed_to(self) -> None:
        topic = self.topic()
        held = self.hold(target("/events", topic, wait=60))
        events = self.events(target("/events/sse", topic))
        lines = self.lines(target("/events/stream", topic))
        events.named("open")
        lines.object()
        self.update(topic, b"second")
        self.assertEqual(
            bodies(json.loads(held.read().body)["events"]), ["second"])
        self.assertEqual(events.event()["body"], "second")
        self.assertEqual(lines.event()["body"], "second")

    def test_P15_a_mailbox_has_what_a_callback_has(self) -> None:
        topic, callback, token = self.topic(), self.callback(), self.token()
        secret = "the same for both"
        self.subscribe(self.hub, topic, callback.url(), secret=secret)
        self.mailbox(token, "mine", topic, secret=secret)
        for count, body in enumerate((b"second", b"third"), 1):
            self.update(topic, body)
            # Who lags is sent the newest alone.
            posts = callback.wait_posts(count)
        events = self.messages(token, "mine")["events"]
        self.assertEqual([post.body.decode() for post in posts],
                         bodies(events))
        self.assertEqual([post.get("X-Hub-Signature") for post in posts],
                         [event["signature"] for event in events])
        # At least once: what is not acknowledged comes again.
        self.assertEqual(self.messages(token, "mine")["events"], events)

    def test_P17_many_polls_go_over_one_connection(self) -> None:
        topic = self.topic()
        cursor = self.pull(topic)["cursor"]
        with Wire(self.hub.address) as wire:
            for number in range(20):
                self.update(topic, b"%d" % number)
                answer = wire.ask(request("GET", target(
                    "/events", topic, since=cursor, wait=30)))
                said = json.loads(answer.body)
                cursor = said["cursor"]
                self.assertEqual(bodies(said["events"]), [f"{number}"])
                self.assertTrue(answer.keeps_alive)


if __name__ == "__main__":
    unittest.main()
