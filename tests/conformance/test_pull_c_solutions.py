# SPDX-License-Identifier: MIT
"""pull.md: three solutions, and push without receipts."""

import json
import unittest

import stories  # noqa: F401
from harness import Wire, request, until
from pulling import Pulling, bodies, target


class Solutions(Pulling):
    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.followed = self.topic()

    def test_P30_polling_is_served_without_being_asked_to_wait(self) -> None:
        cursor = self.pull(self.followed)["cursor"]
        with Wire(self.hub.address) as wire:
            for _ in range(100):
                said = json.loads(wire.ask(request("GET", target(
                    "/events", self.followed, since=cursor))).body)
                self.assertEqual(said["events"], [])
                cursor = said["cursor"]
        self.assertEqual(self.held(), 0)

    def test_P31_held_for_as_long_as_it_asks(self) -> None:
        for asked in (1, 2):
            waited = self.pull(self.followed, wait=asked)["wait_ms"]
            self.assertGreaterEqual(waited, asked * 800)

    def test_P33_the_same_ids_in_every_voice(self) -> None:
        cursor = self.pull(self.followed)["cursor"]
        self.update(self.followed, b"second")
        event = self.pull(self.followed, since=cursor)["events"][0]
        sse = self.events(
            target("/events/sse", self.followed, since=cursor)).event()
        line = self.lines(
            target("/events/stream", self.followed, since=cursor)).event()
        self.assertEqual(sse["id"], event["id"])
        self.assertEqual(line["id"], event["id"])
        self.assertEqual(sse["seq"], event["seq"])

    def test_P34_administration_has_its_own_door(self) -> None:
        for path in ("/admin/status", "/metrics", "/admin/topics"):
            self.assertEqual(self.get(path).status, 404)

    def test_P35_each_topic_is_counted_by_itself(self) -> None:
        other = self.topic("/b")
        cursor = self.pull(self.followed, other)["cursor"]
        for number in range(3):
            self.update(self.followed, b"a%d" % number)
            self.update(other, b"b%d" % number)
        events = self.pull(self.followed, other, since=cursor)["events"]
        self.assertEqual(bodies(events), ["a0", "b0", "a1", "b1", "a2", "b2"])
        for topic in (self.followed, other):
            chain = [(event["previous"], event["seq"]) for event in events
                     if event["topic"] == topic]
            self.assertEqual([seq - before for before, seq in chain],
                             [1, 1, 1])

    def test_P36_ids_are_unique_also_after_a_restart(self) -> None:
        for number in range(3):
            self.update(self.followed, b"%d" % number)
        self.hub.restart()
        for number in range(3, 6):
            self.update(self.followed, b"%d" % number)
        events = self.pull(self.followed, since="earliest")["events"]
        self.assertEqual(len({event["id"] for event in events}), 7)

    def test_P37_a_mailbox_for_a_user_is_fed_by_many_topics(self) -> None:
        token, other = self.token(), self.topic("/b")
        self.mailbox(token, "user-17", self.followed, other)
        self.update(self.followed, b"from a")
        self.update(other, b"from b")
        events = self.messages(token, "user-17")["events"]
        self.assertEqual(bodies(events), ["from a", "from b"])

    def test_P38_one_receiver_has_a_topic_of_his_own(self) -> None:
        token, mine, yours = self.token(), self.topic("/17"), self.topic("/18")
        self.mailbox(token, "user-17", self.followed, mine)
        self.mailbox(token, "user-18", self.followed, yours)
        self.update(mine, b"only for 17")
        self.update(self.followed, b"for both")
        self.assertEqual(bodies(self.messages(token, "user-17")["events"]),
                         ["only for 17", "for both"])
        self.assertEqual(bodies(self.messages(token, "user-18")["events"]),
                         ["for both"])

    def test_P39_without_receipts(self) -> None:
        token = self.token()
        self.mailbox(token, "quick", self.followed, ack="none")
        self.update(self.followed, b"second")
        self.assertEqual(bodies(self.messages(token, "quick")["events"]),
                         ["second"])
        self.assertEqual(self.messages(token, "quick")["events"], [])

    def test_P40_two_thousand_in_a_group_store_one_record(self) -> None:
        token = self.token()
        # Once, so that the pages of the tables are there.
        count = 200 if self.hub.sanitized else 2000
        self.hub.restart("--mailboxes-per-owner=0")
        for number in range(count):
            self.mailbox(token, f"member-{number}", self.followed)
        before = self.hub.status()["store"]["used_bytes"]
        self.update(self.followed, b"x" * 20_000)
        grown = self.hub.status()["store"]["used_bytes"] - before
        self.assertLess(grown, 100_000)
        for number in (0, count - 1):
            event, = self.messages(token, f"member-{number}")["events"]
            self.assertEqual(event["size"], 20_000)

    def test_P41_history_both_ways(self) -> None:
        for number in range(5):
            self.update(self.followed, b"%d" % number)
        said = self.pull(self.followed, order="desc", limit=2)
        self.assertEqual(bodies(said["events"]), ["4", "3"])
        self.assertNotIn("cursor", said)
        said = self.pull(self.followed, before=said["before"], limit=3)
        self.assertEqual(bodies(said["events"]), ["2", "1", "0"])
        forward = self.pull(self.followed, since=said["events"][0]["id"])
        self.assertEqual(bodies(forward["events"]), ["3", "4"])

    def test_P42_an_event_by_its_id(self) -> None:
        self.update(self.followed, b"second")
        event = self.pull(self.followed, since="-1")["events"][0]
        answer = self.get(f"/events/{event['id']}")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(json.loads(answer.body)["body"], "second")
        content = self.get(f"/events/{event['id']}/content")
        self.assertEqual(content.body, b"second")
        self.assertEqual(content.get("Content-Type").split(";")[0],
                         "text/plain")
        links = ", ".join(content.all("Link"))
        self.assertIn('rel="hub"', links.replace("rel=hub", 'rel="hub"'))
        self.assertIn(self.followed, links)

    def test_P44_what_is_with_whom_can_be_seen(self) -> None:
        self.hold(target("/events", self.followed, wait=60))
        until(lambda: self.followed in self.ctl(self.hub, "pulls"),
              "it to be listed")

    def test_P45_a_ticket_for_a_page(self) -> None:
        token = self.token()
        status, said = self.ask_json(
            "POST", "/tickets", {"topics": [self.followed], "ttl": 60}, token)
        self.assertEqual(status, 201, said)
        self.secrets.add(said["ticket"])
        self.hub.restart("--pull-anonymous=off")
        where = target("/events", self.followed)
        self.assertEqual(self.get(where).status, 401)
        with_it = target("/events", self.followed, ticket=said["ticket"])
        self.assertEqual(self.get(with_it).status, 200)

    def test_P46_who_is_there(self) -> None:
        token = self.token()
        self.mailbox(token, "user-17", self.followed)
        authorized = ("Authorization", f"Bearer {token}")
        self.hold(target("/mailboxes/user-17/messages", wait=60), authorized)
        answer = self.get("/presence", authorized)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn("user-17", answer.text)
        self.assertEqual(self.get("/presence").status, 401)

    def test_P47_an_operator_sees_and_ends_channels(self) -> None:
        token = self.token()
        self.mailbox(token, "user-17", self.followed)
        self.assertIn("user-17", self.ctl(self.hub, "mailboxes"))
        self.assertIn(self.followed, self.ctl(self.hub, "topics"))

    def test_P48_a_heartbeat_is_no_message(self) -> None:
        events = self.events(target("/events/sse", self.followed,
                                    heartbeat=5))
        while not events.line().startswith(":"):
            pass
        # Nor does it end a message that has begun.
        self.update(self.followed, b"second")
        self.assertEqual(events.event()["body"], "second")

    def test_P43_reading_while_much_is_written(self) -> None:
        held = self.hold(target("/events", self.followed, wait=60))
        for number in range(20):
            self.update(self.followed, b"%d" % number)
        self.assertEqual(bodies(json.loads(held.read().body)["events"])[0],
                         "0")
        until(lambda: self.held() == 0, "nobody to be held")


if __name__ == "__main__":
    unittest.main()
