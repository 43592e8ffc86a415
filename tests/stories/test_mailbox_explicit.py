# SPDX-License-Identifier: MIT
"""Mailboxes whose letters are acknowledged one by one."""

import json
import unittest

from harness import Wire, request, until
from harness.mailboxes import Mailboxes, answer_of, bodies
from harness.streaming import target


class Explicit(Mailboxes):
    def setUp(self) -> None:
        super().setUp()
        self.followed = self.begin()
        self.mine = self.owner()

    def make(self, name: str = "jobs", **members: object) -> None:
        """Unless it is said, no lease runs out while a story runs."""
        self.mine.make(name, self.followed, ack="explicit",
                       **{"ack_wait": 600, **members})

    def one(self, name: str = "jobs", **params: object) -> dict:
        event, = self.mine.read(name, **params)["events"]
        return event

    def ack(self, *events: dict, name: str = "jobs") -> list[str]:
        said = self.mine.mark(name, ack=[event["ack_id"]
                                         for event in events])
        return [item["result"] for item in said["results"]]

    # ------------------------------------------------------------- one worker

    def test_each_is_leased_and_acknowledged(self) -> None:
        self.make()
        self.updates(self.followed, "a", "b")
        event = self.one()
        self.assertEqual((event["body"], event["delivery_count"]), ("a", 1))
        # The later of a topic waits for the earlier.
        self.assertEqual(bodies(self.mine.read("jobs")), [])
        self.assertEqual(self.mine.show("jobs")["leased"], 1)
        self.assertEqual(self.ack(event), ["ok"])
        # Twice is fine: the answer may have been lost.
        self.assertEqual(self.ack(event), ["ok"])
        event = self.one()
        self.assertEqual(event["body"], "b")
        self.ack(event)
        self.assertEqual(bodies(self.mine.read("jobs")), [])
        self.assertEqual(self.mine.show("jobs")["pending"], 0)

    def test_R85_a_lease_that_runs_out_wakes_who_waits(self) -> None:
        self.make(ack_wait=4)
        self.updates(self.followed, "a")
        first = self.one()
        held = self.mine.ask_held("jobs")
        again, = answer_of(held)["events"]
        self.assertEqual((again["body"], again["delivery_count"]), ("a", 2))
        self.assertNotEqual(again["ack_id"], first["ack_id"])
        # Who had it first has it no more.
        self.assertEqual(self.ack(first), ["stale"])
        self.assertEqual(self.ack(again), ["ok"])
        self.assertEqual(bodies(self.mine.read("jobs", wait=2)), [])

    def test_an_acknowledgement_wakes_who_waits_for_the_next(self) -> None:
        self.make()
        self.updates(self.followed, "a", "b")
        event = self.one()
        held = self.mine.hold("jobs")
        self.ack(event)
        self.assertEqual(bodies(answer_of(held)), ["b"])

    def test_what_is_given_back_comes_again_after_its_delay(self) -> None:
        self.make()
        self.updates(self.followed, "a")
        event = self.one()
        self.mine.mark("jobs", nack=[event["ack_id"]])
        event = self.one()
        self.assertEqual(event["delivery_count"], 2)
        self.mine.mark("jobs", nack=[{"id": event["ack_id"], "delay": 1}])
        held = self.mine.ask_held("jobs")
        event, = answer_of(held)["events"]
        self.assertEqual(event["delivery_count"], 3)

    def test_a_lease_can_be_made_longer(self) -> None:
        self.make(ack_wait=4)
        other = self.topic("/b")
        self.mine.good("POST", "/mailboxes/jobs/subscriptions",
                       {"topic": other})
        self.updates(self.followed, "a")
        kept = self.one()
        said = self.mine.mark("jobs", extend=[{"id": kept["ack_id"],
                                               "seconds": 600}])
        self.assertEqual(said["results"][0]["result"], "ok")
        self.updates(other, "b")
        lost = self.one()
        # Only that of the other comes again.
        held = self.mine.ask_held("jobs")
        self.assertEqual(bodies(answer_of(held)), [lost["body"]])
        self.assertEqual(self.ack(kept), ["ok"])

    def test_wrong_names_of_letters(self) -> None:
        self.make()
        self.mine.make("plain", self.followed)
        self.make("other")
        self.updates(self.followed, "a")
        event = self.one()
        for said in ({"ack": ["nonsense"]}, {"acks": []}, {},
                     {"nack": [{"id": event["ack_id"], "delay": -1}]}):
            status, problem = self.mine.ask("POST", "/mailboxes/jobs/acks",
                                            said)
            self.assertEqual((status, problem["type"]), (400, "bad-request"))
        # What is no ack_id looks like one once in 256 times; it is of nothing
        # that was given out then.
        status, said = self.mine.ask("POST", "/mailboxes/jobs/acks",
                                     {"ack": [event["id"]]})
        self.assertTrue(status == 400
                        or said["results"][0]["result"] == "stale", said)
        # Of another mailbox, and another mode.
        self.assertEqual(self.ack(event, name="other"), ["stale"])
        self.assertEqual(self.one("other")["body"], "a")
        self.assertEqual(self.mine.ask(
            "POST", "/mailboxes/plain/acks",
            {"ack": [event["ack_id"]]})[0], 409)
        self.assertEqual(self.mine.ask(
            "POST", "/mailboxes/jobs/acks",
            {"cursor": self.mine.read("jobs")["cursor"]})[0], 409)

    def test_RFC_8030_a_letter_is_deleted(self) -> None:
        self.make()
        self.updates(self.followed, "a")
        event = self.one()
        where = f"/mailboxes/jobs/messages/{event['ack_id']}"
        self.assertIn(self.mine.ask("DELETE", where)[0], (200, 204))
        self.assertEqual(self.mine.ask(
            "DELETE", "/mailboxes/jobs/messages/nonsense")[0], 404)
        self.assertEqual(self.mine.show("jobs")["pending"], 0)

    def test_dead_letters_are_kept_apart(self) -> None:
        self.make(max_deliver=2)
        self.updates(self.followed, "a", "b")
        for _ in range(2):
            event = self.one()
            self.assertEqual(event["body"], "a")
            self.mine.mark("jobs", nack=[event["ack_id"]])
        self.assertEqual(self.one()["body"], "b")
        dead = self.mine.read("jobs.dead")
        self.assertEqual(bodies(dead), ["a"])
        self.assertEqual(dead, self.mine.read("jobs.dead"))
        self.assertEqual(bodies(self.mine.read("jobs.dead",
                                               ack=dead["cursor"])), [])
        # Its cursors are its own.
        self.assertEqual(self.mine.ask(
            "GET", target("/mailboxes/jobs/messages",
                          ack=dead["cursor"]))[0], 400)

    # ----------------------------------------------------------- many workers

    def test_workers_share_the_topics(self) -> None:
        topics = [self.topic(f"/{number}") for number in range(4)]
        self.mine.make("jobs", *topics, ack="explicit", ack_wait=600)
        for number in range(5):
            for topic in topics:
                self.updates(topic, f"{number}")
        seen: dict[str, list[str]] = {topic: [] for topic in topics}
        hands: list[dict] = []
        while sum(map(len, seen.values())) < 20:
            # Three who take one each, and one of them is done with it.
            for _ in range(3):
                hands += self.mine.read("jobs", limit=1)["events"]
            leased = [event["topic"] for event in hands]
            self.assertEqual(len(leased), len(set(leased)))
            event = hands.pop()
            seen[event["topic"]].append(event["body"])
            self.ack(event)
        for topic in topics:
            self.assertEqual(seen[topic], list("01234"))

    def test_unordered_nobody_waits(self) -> None:
        self.make(unordered=True)
        self.updates(self.followed, "a", "b", "c")
        taken = [self.one(limit=1)["body"] for _ in range(3)]
        self.assertEqual(taken, ["a", "b", "c"])

    def test_one_update_wakes_one_worker(self) -> None:
        self.make(unordered=True)
        held = [self.mine.hold("jobs") for _ in range(3)]
        self.updates(self.followed, "a")
        until(lambda: self.held() == 2, "one to be released")
        # One by one: who is woken takes all that there is by then.
        self.updates(self.followed, "b")
        until(lambda: self.held() == 1, "another to be released")
        self.updates(self.followed, "c")
        said = [bodies(answer_of(wire)) for wire in held]
        self.assertEqual(sorted(sum(said, [])), ["a", "b", "c"])

    def test_what_was_taken_by_one_who_left_comes_to_another(self) -> None:
        self.make(unordered=True)
        leaver = self.mine.hold("jobs")
        stayer = self.mine.hold("jobs")
        leaver.close()
        self.wait_held(1)
        self.updates(self.followed, "a")
        self.assertEqual(bodies(answer_of(stayer)), ["a"])

    def test_at_least_once_whoever_is_killed(self) -> None:
        self.make(ack_wait=1)
        wanted = [f"{number}" for number in range(12)]
        done: list[str] = []
        self.updates(self.followed, *wanted)
        for turn in range(200):
            said = self.mine.read("jobs", wait=20)["events"]
            if turn % 5 == 1:
                self.hub.kill()
                self.hub.start()
                continue  # and the worker with it
            for event in said:
                if self.ack(event) == ["ok"]:
                    done.append(event["body"])
            if len(done) == len(wanted):
                break
        self.assertEqual(done, wanted)

    # -------------------------------------------------------------- streams

    def test_a_socket_works_letter_by_letter(self) -> None:
        self.make()
        self.updates(self.followed, "a", "b")
        socket = self.mine.socket("jobs")
        event = socket.event()
        self.assertEqual(event["body"], "a")
        socket.say("nack", id=event["ack_id"])
        event = socket.event()
        self.assertEqual((event["body"], event["delivery_count"]), ("a", 2))
        socket.say("extend", id=event["ack_id"], seconds=60)
        socket.of_type("acked")
        socket.say("ack", ids=[event["ack_id"]])
        self.assertEqual(socket.event()["body"], "b")

    def test_a_stream_and_a_poll_share_it(self) -> None:
        self.make(ack_wait=4)
        stream = self.mine.events("jobs")
        self.assertEqual(stream.said().name, "open")
        self.updates(self.followed, "a")
        first = stream.event()
        again = stream.event()
        self.assertEqual((first["delivery_count"], again["delivery_count"]),
                         (1, 2))
        while self.ack(again) != ["ok"]:
            again = stream.event()  # it came too late for that lease
        self.updates(self.followed, "b")
        self.assertEqual(stream.event()["body"], "b")


class Overflow(Mailboxes):
    def setUp(self) -> None:
        super().setUp()
        self.followed = self.begin()
        self.mine = self.owner()

    def test_R65_oldest_and_newest(self) -> None:
        for overflow in ("drop_oldest", "drop_newest"):
            self.mine.make(overflow, self.followed, max_pending=2,
                           overflow=overflow)
        self.updates(self.followed, *"01234")
        said = self.mine.read("drop_oldest")
        self.assertEqual(bodies(said), ["3", "4"])
        gap = said["gap"]
        self.assertEqual((gap["reason"], gap["topics"][0]["lost"]),
                         ("overflow", 3))
        self.assertEqual(bodies(self.mine.read("drop_newest")), ["0", "1"])

    def test_suspended_until_it_is_read(self) -> None:
        self.mine.make("one", self.followed, max_pending=2)
        self.updates(self.followed, *"01234")
        self.assertEqual(bodies(self.mine.read("one")), list("01234"))

    def test_R67_an_ephemeral_one_ends(self) -> None:
        said = self.mine.good(
            "POST", "/mailboxes", {"topics": [self.followed],
                                   "max_pending": 2, "inactivity": 600})
        self.updates(self.followed, *"01234")
        status, said = self.mine.ask("GET",
                                     f"/mailboxes/{said['name']}/messages")
        self.assertEqual((status, said["type"]), (410, "denied"))
        self.hub.wait_for("mailbox.ended", reason="overflow")

    def test_R40_many_mailboxes_store_one_event(self) -> None:
        count = 200 if self.hub.sanitized else 2000
        self.hub.restart("--mailboxes-per-owner=0")
        with Wire(self.hub.address) as wire:
            body = json.dumps({"topics": [self.followed]}).encode()
            for number in range(count):
                answer = wire.ask(request(
                    "PUT", f"/mailboxes/m{number}",
                    [self.mine.field, ("Content-Type", "application/json")],
                    body))
                self.assertEqual(answer.status, 201, answer.text)
        before = self.hub.status()["store"]["used_bytes"]
        self.update(self.followed, b"x" * 50_000)
        grown = self.hub.status()["store"]["used_bytes"] - before
        self.assertLess(grown, 150_000)
        for number in (0, count // 2, count - 1):
            event, = self.mine.read(f"m{number}")["events"]
            self.assertEqual(event["size"], 50_000)


if __name__ == "__main__":
    unittest.main()
