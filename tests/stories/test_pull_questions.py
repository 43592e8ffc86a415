# SPDX-License-Identifier: MIT
"""What can be asked of the log: places, patterns, history; and how much."""

import json
import unittest
from urllib.parse import quote

from harness import Wire, request
from harness.streaming import Streaming, target
from harness.wire import Message


def bodies(page: dict) -> list[str]:
    return [event["body"] for event in page["events"]]


class Asking(Streaming):
    def pull(self, *topics: str, **params: object) -> dict:
        return self.hub.client.json(target("/events", *topics, **params))

    def post(self, question: object) -> Message:
        body = json.dumps(question).encode()
        with Wire(self.hub.address) as wire:
            return wire.ask(request(
                "POST", "/events",
                [("Content-Type", "application/json")], body))

    def wait(self, where: str, *fields: tuple[str, str],
             source: str | None = None) -> Wire:
        """Ask, and see that it is held."""
        before = self.held()
        wire = Wire(self.hub.address, source)
        self.addCleanup(wire.close)
        wire.send(request("GET", where, fields))
        self.wait_held(before + 1)
        return wire


class Places(Asking):
    def test_M16_each_topic_may_have_its_own(self) -> None:
        one = self.begin()
        two = self.topic("/b")
        place = self.cursor(one)
        for number in range(3):
            self.update(one, b"one %d" % number)
            self.update(two, b"two %d" % number)
        answer = self.post({"topics": {one: place, two: "-1"}})
        self.assertEqual(answer.status, 200, answer.text)
        said = json.loads(answer.body)
        self.assertEqual(bodies(said["topics"][one]),
                         ["one 0", "one 1", "one 2"])
        self.assertEqual(bodies(said["topics"][two]), ["two 2"])
        # And from there on.
        places = {topic: said["topics"][topic]["cursor"]
                  for topic in (one, two)}
        self.update(two, b"two 3")
        said = json.loads(self.post({"topics": places}).body)
        self.assertNotIn(one, said["topics"])
        self.assertEqual(bodies(said["topics"][two]), ["two 3"])

    def test_M16_who_stands_apart_is_woken_too(self) -> None:
        one = self.begin()
        two = self.topic("/b")
        first = self.cursor(one)
        self.update(two, b"again")
        question = json.dumps({
            "topics": {one: first, two: self.cursor(two)},
            "wait": 200}).encode()
        wire = Wire(self.hub.address)
        self.addCleanup(wire.close)
        wire.send(request("POST", "/events",
                          [("Content-Type", "application/json")], question))
        self.wait_held(1)
        self.update(one, b"second")
        said = json.loads(wire.read().body)
        self.assertEqual(bodies(said["topics"][one]), ["second"])
        self.assertNotIn(two, said["topics"])

    def test_M16_other_topics_change_the_scope(self) -> None:
        one = self.begin()
        two = self.topic("/b")
        place = self.cursor(one)
        self.update(two, b"two")
        said = self.pull(one, two, since=place)
        self.assertEqual(said["scope"], "changed")
        # From there on, which of the second topic is its beginning.
        self.assertEqual(set(said["topics"]), {one, two})
        self.assertEqual(bodies(said), ["first", "two"])
        self.assertNotIn("scope", self.pull(one, two, since=said["cursor"]))

    def test_M17_idling_gives_the_same_place(self) -> None:
        one = self.begin()
        self.update(one, b"second")
        place = self.pull(one, since="earliest")["cursor"]
        two = self.topic("/b")
        for number in range(3):
            self.update(two, b"%d" % number)
        self.assertEqual(self.pull(one, since=place)["cursor"], place)

    def test_M17_the_same_after_a_restart(self) -> None:
        one = self.begin()
        place = self.cursor(one)
        self.hub.restart()
        self.update(one, b"second")
        self.assertEqual(bodies(self.pull(one, since=place)), ["second"])


class Patterns(Asking):
    def test_what_begins_so_is_told_and_wakes(self) -> None:
        one = self.begin()
        two = self.topic("/ab")
        other = self.topic("/b")
        where = {"match": self.source.base + "/a*"}
        said = self.pull(since="earliest", **where)
        self.assertEqual({event["topic"] for event in said["events"]},
                         {one, two})
        wire = self.wait(target("/events", since=said["cursor"], wait=200,
                                **where))
        self.update(other, b"not asked for")
        self.assertEqual(self.held(), 1)
        self.update(two, b"asked for")
        said = json.loads(wire.read().body)
        self.assertEqual(bodies(said), ["asked for"])
        self.assertEqual(said["events"][0]["topic"], two)
        # One that is new begins so, too.
        wire = self.wait(target("/events", since=said["cursor"], wait=200,
                                **where))
        new = self.topic("/abc", b"new")
        said = json.loads(wire.read().body)
        self.assertEqual([event["topic"] for event in said["events"]], [new])

    def test_they_are_not_for_strangers(self) -> None:
        self.hub = self.daemon()
        answer = self.hub.client.get(target("/events", match="http://e/*"))
        self.assertEqual(answer.status, 403)
        self.assertEqual(answer.get("Content-Type"),
                         "application/problem+json")

    def test_they_reach_over_an_origin_at_least(self) -> None:
        self.begin()
        for match in ("http://e", "http://e*", "ht*", "http://e/"):
            answer = self.hub.client.get(target("/events", match=match))
            self.assertEqual(answer.status, 400, match)


class History(Asking):
    def test_pages_go_back_to_the_beginning(self) -> None:
        one = self.begin()
        for number in range(6):
            self.update(one, b"%d" % number)
        seen, before, pages = [], {}, 0
        while True:
            said = self.pull(one, order="desc", limit=3, **before)
            self.assertNotIn("cursor", said)
            seen += bodies(said)
            pages += 1
            if not said["more"]:
                break
            before = {"before": said["before"]}
        self.assertEqual(seen, ["5", "4", "3", "2", "1", "0", "first"])
        self.assertEqual(pages, 3)

    def test_an_event_is_a_place_to_look_back_from(self) -> None:
        one = self.begin()
        for number in range(3):
            self.update(one, b"%d" % number)
        events = self.pull(one, since="earliest")["events"]
        said = self.pull(one, before=events[2]["id"])
        self.assertEqual(bodies(said), ["0", "first"])

    def test_nobody_waits_for_the_past(self) -> None:
        one = self.begin()
        said = self.pull(one, order="desc", wait=60)
        self.assertEqual(bodies(said), ["first"])


class Limits(Asking):
    def test_an_address_holds_only_so_many(self) -> None:
        one = self.begin("--pulls-per-address=2")
        where = target("/events", one, wait=200)
        wires = [self.wait(where) for _ in range(2)]
        answer = self.hub.client.get(where)
        self.assertEqual(answer.status, 429)
        problem = json.loads(answer.body)
        self.assertEqual(problem["type"], "too-many-requests-held")
        self.assertTrue(problem["retryable"])
        self.assertGreaterEqual(int(answer.get("Retry-After")), 1)
        self.assertGreaterEqual(problem["retry_after_ms"], 1000)
        # Another address does not mind, and who does not wait neither.
        self.wait(where, source="127.0.0.9")
        self.assertEqual(self.pull(one)["events"], [])
        wires[0].close()
        self.wait_held(2)
        self.wait(where)

    def test_all_together_hold_only_so_many(self) -> None:
        one = self.begin("--pulls=2")
        where = target("/events", one, wait=200)
        for number in range(2):
            self.wait(where, source=f"127.0.0.{number + 2}")
        self.assertEqual(self.hub.client.get(where).status, 503)
        # An EventSource that got that would never come again.
        answer = self.hub.client.get(target("/events/sse", one))
        self.assertEqual(answer.status, 200)
        self.assertIn("event: overload", answer.text)
        self.assertIn("retry: ", answer.text)

    def test_a_token_holds_only_so_many(self) -> None:
        one = self.begin("--pulls-per-token=1")
        bearer = ("Authorization", "Bearer " + self.token())
        where = target("/events", one, wait=200)
        self.wait(where, bearer)
        answer = self.hub.client.get(where, [bearer])
        self.assertEqual(answer.status, 429)
        self.wait(where)  # as anybody


class Ends(Asking):
    def test_a_stop_tells_when_to_come_again(self) -> None:
        one = self.begin()
        wires = [self.wait(target("/events", one, wait=200))
                 for _ in range(5)]
        self.hub.stop()
        after = set()
        for wire in wires:
            said = json.loads(wire.read().body)
            self.assertEqual(said["events"], [])
            after.add(said["next"]["after_ms"])
        self.assertGreater(len(after), 1)
        self.assertTrue(all(1000 <= ms <= 10000 for ms in after), after)

    def test_a_removed_token_ends_what_it_holds(self) -> None:
        one = self.begin()
        bearer = ("Authorization", "Bearer " + self.token("gone"))
        wire = self.wait(target("/events", one, wait=200), bearer)
        stays = self.wait(target("/events", one, wait=200))
        self.ctl(self.hub, "token", "remove", "gone")
        answer = wire.read()
        self.assertEqual(answer.status, 401)
        self.assertEqual(json.loads(answer.body)["type"], "token-revoked")
        self.update(one, b"second")
        self.assertEqual(bodies(json.loads(stays.read().body)), ["second"])


class Pages(Asking):
    def test_a_page_reads_what_its_origin_may(self) -> None:
        one = self.begin("--pull-origin=https://page.example")
        where = target("/events", one)
        answer = self.hub.client.get(
            where, [("Origin", "https://page.example")])
        self.assertEqual(answer.get("Access-Control-Allow-Origin"),
                         "https://page.example")
        self.assertIn("ETag", answer.get("Access-Control-Expose-Headers"))
        self.assertEqual(answer.get("Vary"), "Origin")
        for origin in ("https://else.example", "null"):
            answer = self.hub.client.get(where, [("Origin", origin)])
            self.assertIsNone(answer.get("Access-Control-Allow-Origin"))
        # What is wrong can be read, too.
        answer = self.hub.client.get("/events?topic=" + quote("x"),
                                     [("Origin", "https://page.example")])
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.get("Access-Control-Allow-Origin"),
                         "https://page.example")


class Store(Asking):
    def test_who_is_held_asks_nothing_of_it(self) -> None:
        one = self.begin()
        two = self.topic("/b")
        for number in range(10):
            self.wait(target("/events", one, since="latest", wait=200),
                      source=f"127.0.0.{number + 2}")
        before = self.hub.status()["pulls"]["reads"]
        for number in range(5):
            self.update(two, b"%d" % number)
        self.wait(target("/events", one, since=self.cursor(one), wait=200))
        self.assertEqual(self.hub.status()["pulls"]["reads"], before)
        self.update(one, b"second")
        self.wait_held(0)
        # They stood at one place.
        self.assertLessEqual(self.hub.status()["pulls"]["reads"], before + 1)


if __name__ == "__main__":
    unittest.main()
