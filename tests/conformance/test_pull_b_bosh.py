# SPDX-License-Identifier: MIT
"""pull.md: one request always held."""

import json
import select
import unittest

import stories  # noqa: F401
from harness import Puller, Wire, request, until
from pulling import Pulling, bodies, target


class Held(Pulling):
    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.followed = self.topic()

    def authorized(self, token: str) -> tuple[str, str]:
        return ("Authorization", f"Bearer {token}")

    def test_P20_every_answer_says_when_to_come_again(self) -> None:
        for said in (self.pull(self.followed),
                     self.pull(self.followed, since="earliest"),
                     self.pull(self.followed, wait=1)):
            self.assertIsInstance(said["next"]["after_ms"], int)

    def test_P21_an_ephemeral_mailbox_ends_when_nobody_comes_back(self
                                                                 ) -> None:
        token = self.token()
        status, said = self.ask_json(
            "POST", "/mailboxes", {"topics": [self.followed]}, token)
        self.assertEqual(status, 201, said)
        name = said["name"]
        # Its time begins when its reader is there.
        status, said = self.ask_json("PATCH", f"/mailboxes/{name}",
                                     {"inactivity": 5, "pause": 600}, token)
        self.assertEqual(status, 200, said)
        # As long as somebody reads it is there.
        with Wire(self.hub.address) as wire:
            wire.send(request("GET", target(f"/mailboxes/{name}/messages",
                                            wait=8),
                              [self.authorized(token)]))
            self.assertEqual(wire.read().status, 200)
        until(lambda: self.ask_json("GET", f"/mailboxes/{name}",
                                    token=token)[0] == 404, "it to end")

    def test_P22_a_newer_request_releases_the_older(self) -> None:
        token = self.token()
        self.mailbox(token, "one", self.followed)
        where = target("/mailboxes/one/messages", wait=60)
        older = self.hold(where, self.authorized(token))
        newer = Wire(self.hub.address)
        self.addCleanup(newer.close)
        newer.send(request("GET", where, [self.authorized(token)]))
        said = json.loads(older.read().body)
        self.assertEqual(said["events"], [])
        self.assertIs(said["superseded"], True)
        self.update(self.followed, b"second")
        self.assertEqual(bodies(json.loads(newer.read().body)["events"]),
                         ["second"])

    def test_P23_never_more_than_one_is_held(self) -> None:
        token = self.token()
        self.mailbox(token, "one", self.followed)
        where = target("/mailboxes/one/messages", wait=200)
        wires = [Wire(self.hub.address) for _ in range(5)]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.send(request("GET", where, [self.authorized(token)]))
        # All but one are answered: superseded, or that they are too many.
        def answered() -> list[Wire]:
            return [wire for wire in wires
                    if select.select([wire.sock], [], [], 0)[0]]
        until(lambda: len(answered()) == 4, "four to be answered")
        answers = [wire.read() for wire in answered()]
        self.assertEqual(len(answers), 4)
        for answer in answers:
            said = json.loads(answer.body)
            if answer.status == 429:
                self.assertEqual(said["type"], "too-many-requests-held")
                self.assertGreaterEqual(int(answer.get("Retry-After")), 1)
            else:
                self.assertIs(said["superseded"], True)

    def test_P24_connections_that_are_used_once(self) -> None:
        wire = self.hold(target("/events", self.followed, wait=60),
                         ("Connection", "close"))
        self.update(self.followed, b"second")
        answer = wire.read()
        self.assertEqual(bodies(json.loads(answer.body)["events"]),
                         ["second"])
        self.assertFalse(answer.keeps_alive)
        self.assertEqual(wire.ended(), b"")

    def test_P24_http_1_0(self) -> None:
        with Wire(self.hub.address) as wire:
            where = target("/events", self.followed, wait=60)
            wire.send(f"GET {where} HTTP/1.0\r\n\r\n".encode())
            until(lambda: self.held() == 1, "it to be held")
            self.update(self.followed, b"second")
            answer = wire.read()
        self.assertIsNone(answer.get("Transfer-Encoding"))
        self.assertEqual(int(answer.get("Content-Length")), len(answer.body))
        self.assertEqual(bodies(json.loads(answer.body)["events"]),
                         ["second"])

    def test_P25_acknowledged_on_another_connection(self) -> None:
        token = self.token()
        self.mailbox(token, "one", self.followed, ack="explicit")
        self.update(self.followed, b"second")
        event, = self.messages(token, "one")["events"]
        status, said = self.ask_json("POST", "/mailboxes/one/acks",
                                     {"ack": [event["ack_id"]]}, token)
        self.assertEqual(status, 200, said)
        self.assertEqual(self.messages(token, "one")["events"], [])

    def test_P26_nothing_is_lost_between_two_polls(self) -> None:
        puller = Puller(self.hub.client, self.followed)
        puller.pull()
        for number in range(10):
            self.update(self.followed, b"%d" % number)
            if number % 3 == 0:
                puller.pull(wait=30)
        puller.pull()
        self.assertEqual(bodies(puller.seen), [f"{n}" for n in range(10)])

    def test_P27_what_is_granted_is_said(self) -> None:
        token = self.token()
        said = self.mailbox(token, "one", self.followed)
        for member in ("hold", "requests", "wait_max", "cursor",
                       "lease_seconds"):
            self.assertIn(member, said)
        self.assertEqual(said["requests"], said["hold"] + 1)

    def test_P27_a_mailbox_may_pause(self) -> None:
        token = self.token()
        _, said = self.ask_json("POST", "/mailboxes",
                                {"topics": [self.followed]}, token)
        where = f"/mailboxes/{said['name']}"
        status, said = self.ask_json(
            "PATCH", where, {"pause": 600, "inactivity": 5}, token)
        self.assertEqual(status, 200, said)
        # Its time to end without a reader comes that much later.
        other, _ = self.ask_json("POST", "/mailboxes", {
            "topics": [self.followed], "inactivity": 5}, token)
        self.assertEqual(other, 201)
        self.hub.wait_for("mailbox.ended")
        self.assertEqual(self.ask_json("GET", where, token=token)[0], 200)

    def test_P28_a_repeated_request_is_answered_the_same(self) -> None:
        cursor = self.pull(self.followed)["cursor"]
        self.update(self.followed, b"second")
        first = self.pull(self.followed, since=cursor)
        self.assertEqual(self.pull(self.followed, since=cursor), first)

    def test_P29_everything_is_in_the_body(self) -> None:
        answer = self.get(target("/events", self.followed))
        self.assertEqual(json.loads(answer.body)["cursor"],
                         answer.get("ETag").strip('"'))
        refused = self.get(target("/events", self.followed, since="nonsense"))
        problem = json.loads(refused.body)
        self.assertEqual(problem["status"], refused.status)
        self.assertEqual(refused.get("Content-Type"),
                         "application/problem+json")
        self.assertIs(problem["retryable"], False)


if __name__ == "__main__":
    unittest.main()
