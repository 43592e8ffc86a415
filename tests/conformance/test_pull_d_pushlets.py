# SPDX-License-Identifier: MIT
"""pull.md: sessions and subjects."""

import json
import unittest

import stories  # noqa: F401
from harness import Wire, request, until
from pulling import Pulling, bodies, target


class Sessions(Pulling):
    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.followed = self.topic()
        self.mine = self.token()

    def join(self, *topics: str, **members: object) -> str:
        status, said = self.ask_json(
            "POST", "/mailboxes", {"topics": list(topics), **members},
            self.mine)
        self.assertEqual(status, 201, said)
        return said["name"]

    def authorized(self) -> tuple[str, str]:
        return ("Authorization", f"Bearer {self.mine}")

    def test_P50_a_session_has_a_name_and_an_end(self) -> None:
        _, said = self.ask_json("POST", "/mailboxes",
                                {"topics": [self.followed]}, self.mine)
        self.assertGreaterEqual(len(said["name"]), 22)
        self.assertGreater(said["inactivity"], 0)

    def test_P51_pull_stream_and_poll_of_a_session(self) -> None:
        name = self.join(self.followed)
        self.assertEqual(self.messages(self.mine, name)["events"], [])
        events = self.events(f"/mailboxes/{name}/sse", self.authorized())
        self.assertEqual(events.head.status, 200)
        self.assertEqual(events.said().name, "open")
        self.update(self.followed, b"second")
        self.assertEqual(events.event()["body"], "second")

    def test_P52_no_session_is_needed_at_all(self) -> None:
        events = self.events(target("/events/sse", self.followed))
        self.assertEqual(events.said().name, "open")

    def test_P53_a_subject_may_have_a_label(self) -> None:
        name, other = self.join(self.followed), self.topic("/b")
        status, said = self.ask_json(
            "POST", f"/mailboxes/{name}/subscriptions",
            {"topic": other, "label": "stocks"}, self.mine)
        self.assertEqual(status, 201, said)
        self.update(other, b"second")
        event, = self.messages(self.mine, name)["events"]
        self.assertEqual(event["label"], "stocks")
        self.assertEqual(event["sid"], said["sid"])

    def test_P53_many_subjects_by_their_beginning(self) -> None:
        name = self.join()
        status, said = self.ask_json(
            "POST", f"/mailboxes/{name}/subscriptions",
            {"match": self.source.base + "/stocks/*"}, self.mine)
        self.assertEqual(status, 201, said)
        aex = self.topic("/stocks/aex")
        self.topic("/system/memory")
        self.update(aex, b"second")
        said = bodies(self.messages(self.mine, name)["events"])
        self.assertEqual(said, ["first", "second"])

    def test_P54_one_all_and_an_unknown_one(self) -> None:
        name, other = self.join(self.followed), self.topic("/b")
        subscriptions = f"/mailboxes/{name}/subscriptions"
        _, said = self.ask_json("POST", subscriptions, {"topic": other},
                                self.mine)
        one = f"{subscriptions}/{said['sid']}"
        self.assertEqual(self.ask_json("DELETE", one, token=self.mine)[0],
                         204)
        self.assertEqual(self.ask_json("DELETE", one, token=self.mine)[0],
                         404)
        self.update(other, b"second")
        self.assertEqual(self.messages(self.mine, name)["events"], [])
        self.assertEqual(
            self.ask_json("DELETE", subscriptions, token=self.mine)[0], 204)
        self.update(self.followed, b"second")
        self.assertEqual(self.messages(self.mine, name)["events"], [])

    def test_P55_the_answer_leads_to_the_next_request(self) -> None:
        said = self.pull(self.followed)
        self.assertEqual(set(said["next"]), {"after_ms"})
        self.update(self.followed, b"second")
        self.assertEqual(
            bodies(self.pull(self.followed, since=said["cursor"])["events"]),
            ["second"])

    def test_P56_a_client_may_say_that_it_lives(self) -> None:
        name = self.join(self.followed)
        status, _ = self.ask_json("POST", f"/mailboxes/{name}/touch", {},
                                  self.mine)
        self.assertIn(status, (200, 204))

    def test_P57_what_an_event_has(self) -> None:
        self.update(self.followed, b"second")
        event = self.pull(self.followed, since="-1")["events"][0]
        self.assertEqual(event["topic"], self.followed)
        self.assertEqual(event["seq"], 2)
        self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")

    def test_P58_leaving_ends_it(self) -> None:
        name = self.join(self.followed)
        where = f"/mailboxes/{name}"
        held = self.hold(target(f"{where}/messages", wait=60),
                         self.authorized())
        self.assertEqual(self.ask_json("DELETE", where, token=self.mine)[0],
                         204)
        # Whoever was held is told.
        self.assertIn(held.read().status, (404, 410))
        self.assertEqual(self.ask_json("GET", where, token=self.mine)[0], 404)

    def test_P60_what_may_pass_is_told_from_what_will_not(self) -> None:
        _, said = self.ask_json("GET", "/events?topic=nonsense")
        self.assertIs(said["retryable"], False)
        self.hub.restart("--pulls=1")
        self.hold(target("/events", self.followed, wait=60))
        answer = self.get(target("/events", self.followed, wait=60))
        self.assertIn(answer.status, (429, 503))
        self.assertIs(json.loads(answer.body)["retryable"], True)
        self.assertGreaterEqual(int(answer.get("Retry-After")), 1)

    def test_P62_a_stream_where_there_is_no_room_says_when_to_come_again(
            self) -> None:
        self.hub.restart("--pulls=1")
        self.hold(target("/events", self.followed, wait=60))
        events = self.events(target("/events/sse", self.followed))
        # Not a 503, after which an EventSource would never come back.
        self.assertEqual(events.head.status, 200)
        events.named("overload")
        self.assertGreaterEqual(events.retry, 2000)

    def test_P63_json_lines_events_and_plain(self) -> None:
        self.update(self.followed, b"second")
        cases = [("application/json", "application/json"),
                 ("text/event-stream", "text/event-stream"),
                 ("application/x-ndjson", "application/x-ndjson")]
        for accept, given in cases:
            with self.subTest(accept):
                lines = self.lines(
                    target("/events", self.followed, since="-1"),
                    ("Accept", accept))
                self.assertEqual(
                    lines.head.get("Content-Type").split(";")[0], given)

    def test_P64_waiting_costs_no_time_of_the_processor(self) -> None:
        for _ in range(50):
            self.hold(target("/events", self.followed, wait=60))
        before = self.hub.cpu_seconds()
        self.pull(self.followed, wait=3)
        limit = 1.0 if self.hub.sanitized else 0.3
        self.assertLess(self.hub.cpu_seconds() - before, limit)

    def test_P65_a_mailbox_holds_no_more_than_it_may(self) -> None:
        for overflow, kept in (("drop_oldest", ["3", "4"]),
                               ("drop_newest", ["0", "1"])):
            with self.subTest(overflow):
                topic = self.topic(f"/{overflow}")
                self.mailbox(self.mine, overflow, topic, max_pending=2,
                             overflow=overflow)
                for number in range(5):
                    self.update(topic, b"%d" % number)
                said = self.messages(self.mine, overflow)
                self.assertEqual(bodies(said["events"]), kept)
                if overflow == "drop_oldest":
                    self.assertEqual(said["gap"]["reason"], "overflow")
                    self.assertEqual(said["gap"]["topics"][0]["lost"], 3)

    def test_P66_nobody_waits_longer_than_270_s(self) -> None:
        _, said = self.ask_json("GET", target("/events", self.followed,
                                              wait="nonsense"))
        self.assertIn("wait", said["detail"])
        # More is not refused: it gets less.
        held = self.hold(target("/events", self.followed, wait=100_000))
        self.update(self.followed, b"second")
        self.assertEqual(held.read().status, 200)

    def test_P67_who_reads_nothing_is_cut_off_and_others_go_on(self) -> None:
        self.events(target("/events/sse", self.followed))
        brisk = self.events(target("/events/sse", self.followed))
        brisk.named("open")
        until(lambda: self.held() == 2, "both to be there")
        for number in range(40):
            self.update(self.followed, b"%d" % number * 400_000)
            self.assertEqual(brisk.event()["seq"], number + 2)
        until(lambda: self.held() == 1, "the lazy one to be cut off")

    def test_P68_a_session_without_a_listener_ends(self) -> None:
        name = self.join(self.followed, inactivity=1)
        self.hub.wait_for("mailbox.ended")
        self.assertEqual(self.ask_json("GET", f"/mailboxes/{name}",
                                       token=self.mine)[0], 404)

    def test_P69_a_stopping_hub_spreads_those_who_come_back(self) -> None:
        held = [self.hold(target("/events", self.followed, wait=60))
                for _ in range(20)]
        self.hub.terminate()
        pauses = [json.loads(wire.read().body)["next"]["after_ms"]
                  for wire in held]
        self.assertGreater(len(set(pauses)), 5)
        self.assertEqual(self.hub.wait_exit(), 0)

    def test_P70_pollers_are_told_a_pace(self) -> None:
        said = self.pull(self.followed)
        self.assertGreaterEqual(said["next"]["after_ms"], 0)

    def test_P71_leases_and_names_that_cannot_be_guessed(self) -> None:
        names = {self.join(self.followed) for _ in range(5)}
        self.assertEqual(len(names), 5)
        said = self.mailbox(self.mine, "leased", self.followed,
                            lease_seconds=1)
        # As for a webhook, it is clamped to what the hub grants.
        self.assertGreaterEqual(said["lease_seconds"], 300)

    def test_P74_who_comes_and_goes_can_be_followed(self) -> None:
        self.mailbox(self.mine, "user-17", self.followed)
        presence = self.events("/presence", self.authorized(),
                               ("Accept", "text/event-stream"))
        self.assertIn("text/event-stream",
                      presence.head.get("Content-Type"))
        self.hold(target("/mailboxes/user-17/messages", wait=60),
                  self.authorized())
        said = presence.line()
        while "user-17" not in said or "online" not in said:
            said = presence.line()

    def test_P67_a_reader_that_left_is_forgotten(self) -> None:
        wire = Wire(self.hub.address)
        wire.send(request("GET", target("/events", self.followed, wait=60)))
        until(lambda: self.held() == 1, "it to be held")
        wire.close()
        until(lambda: self.held() == 0, "it to be forgotten")

    def test_P60_a_stream_that_cannot_begin_is_a_problem(self) -> None:
        status, said = self.ask_json("GET", "/events/sse?topic=nonsense")
        self.assertEqual(status, 400)
        self.assertIs(said["retryable"], False)


if __name__ == "__main__":
    unittest.main()
