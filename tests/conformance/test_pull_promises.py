# SPDX-License-Identifier: MIT
"""The exact rules of pulling, each by its number: what gaps, numbers and
acknowledgements promise."""

import hashlib
import hmac
import json
import unittest

from pulling import PLAIN, Rules, bodies, gap_of, target
from harness import Wire, request, until


class Losses(Rules):
    """M8, M9, M10."""

    MANY = 1250  # trimming may take its time, but not with so many
    MODES = ("none", "cursor", "explicit")

    def lossy(self) -> tuple[str, str]:
        self.begin("--retention-updates=5")
        topic = self.topic("/one")
        place = self.pull(topic)["cursor"]
        self.reader = self.token()
        for mode in self.MODES:
            self.mailbox(self.reader, mode, topic, ack=mode)
        for number in range(self.MANY):
            self.update(topic, b"%d" % number)
        self.hub.wait_for("log.trimmed")

        def lost() -> int:
            found = gap_of(self.pull(topic, since=place))["topics"]
            return found[0]["lost"] if found else 0
        until(lambda: lost() > self.MANY - 150, "the end of trimming")
        return topic, place

    def accounts(self, gaps: list[dict], seqs: list[int], topic: str
                 ) -> None:
        """What is told as lost and what came are all there was, once."""
        lost = [seq for gap in gaps for found in gap["topics"]
                for seq in range(found["from_seq"], found["to_seq"] + 1)
                if found["topic"] == topic]
        for gap in gaps:
            self.assertEqual(gap["reason"], "expired")
            for found in gap["topics"]:
                self.assertTrue(found["exact"])
                self.assertEqual(found["lost"], found["to_seq"]
                                 - found["from_seq"] + 1)
        self.assertEqual(sorted(lost + seqs),
                         list(range(2, self.MANY + 2)))

    def test_M9_M10_a_gap_is_exact_in_every_voice_and_mailbox(self) -> None:
        topic, place = self.lossy()
        two = self.topic("/two")
        with self.subTest("json"):
            self.by_pages(topic, lambda cursor: self.pull(
                topic, since=cursor, limit=7), place)
        with self.subTest("of two topics"):
            self.by_pages(topic, lambda cursor: self.pull(
                two, topic, since=cursor, limit=7), place)
        with self.subTest("a prefix"):
            self.by_pages(topic, lambda cursor: self.pull(
                match=self.source.base + "/*", since=cursor, limit=7), place)
        with self.subTest("by topic"):
            said = self.post({"topics": {topic: place, two: "latest"},
                              "limit": 1000})
            self.accounts([said["gap"]], [
                event["seq"] for event in said["topics"][topic]["events"]],
                topic)
        for name, stream in (
                ("sse", self.events(target("/events/sse", topic,
                                           since=place))),
                ("socket", self.socket(topic, since=place)),
                ("lines", self.lines(target("/events/stream", topic,
                                            since=place)))):
            with self.subTest(name):
                self.by_stream(topic, name, stream)
        with self.subTest("410"):
            answer = self.get(target("/events", topic, since=place,
                                     on_gap="fail"))
            self.assertEqual(answer.status, 410)
            self.assertEqual(json.loads(answer.body)["type"], "gap")
        with self.subTest("previous"):
            # The first that comes says what this reader had (M8).
            said = self.pull(topic, since=place)
            lost, = said["gap"]["topics"]
            self.assertEqual(lost["from_seq"], 2)
            self.assertIn(said["events"][0]["previous"],
                          (1, lost["to_seq"]))
        with self.subTest("M10 the newest body stays"):
            self.assertEqual(self.read(topic, since="-1"),
                             [f"{self.MANY - 1}"])
        for mode in self.MODES:
            # None of them held the log back.
            with self.subTest(f"mailbox {mode}"):
                self.by_messages(self.reader, mode, topic)

    def by_pages(self, topic: str, ask, cursor: str) -> None:
        gaps, seqs = [], []
        for _ in range(200):
            said = ask(cursor)
            gaps += [said["gap"]] if said["gap"] else []
            seqs += [event["seq"] for event in said["events"]
                     if event["topic"] == topic]
            cursor = said["cursor"]
            if not said["more"]:
                break
        self.accounts(gaps, seqs, topic)

    def by_stream(self, topic: str, name: str, stream) -> None:
        gaps, seqs = [], []
        while not seqs or seqs[-1] != self.MANY + 1:
            said = stream.said().data if name == "sse" \
                else json.loads(stream.read().data) if name == "socket" \
                else stream.object()
            if "lost" in json.dumps(said) and "topics" in said:
                gaps.append(said)
            elif "seq" in said:
                seqs.append(said["seq"])
        self.accounts(gaps, seqs, topic)

    def by_messages(self, token: str, mode: str, topic: str) -> None:
        gaps, seqs, more = [], [], {}
        for _ in range(self.MANY):
            said = self.messages(token, mode, limit=100, **more)
            gaps += [said["gap"]] if said["gap"] else []
            seqs += [event["seq"] for event in said["events"]]
            if mode == "cursor":
                more = {"ack": said["cursor"]}
            elif mode == "explicit" and said["events"]:
                self.ask_json("POST", f"/mailboxes/{mode}/acks", {
                    "ack": [event["ack_id"] for event in said["events"]]},
                    token)
            if seqs and seqs[-1] == self.MANY + 1:
                break
        self.accounts(gaps, seqs, topic)


class Numbers(Rules):
    """M8."""

    def test_M8_pullers_and_webhooks_get_the_same_pair(self) -> None:
        self.begin()
        hook = self.callback()
        topic = self.source.serve(b"0", PLAIN, path="/one")
        self.follow(self.hub, topic, hook.url("cb"))
        token = self.token()
        place = self.pull(topic)["cursor"]
        self.mailbox(token, "box", topic)
        stream = self.events(target("/events/sse", topic, since=place))
        for number in range(1, 4):
            self.update(topic, b"%d" % number)
            posts = hook.wait_posts(number)
        told = {post.body.decode(): (post.get("Hub-Sequence"),
                                     post.get("Hub-Previous"))
                for post in posts}

        def pairs(events: list[dict]) -> dict:
            return {event["body"]: tuple(
                f"{event['incarnation']}.{event[name]}"
                for name in ("seq", "previous")) for event in events}
        self.assertEqual(pairs(self.pull(topic, since=place)["events"]), told)
        self.assertEqual(pairs([stream.event() for _ in range(3)]), told)
        self.assertEqual(pairs(self.messages(token, "box")["events"]), told)

    def test_M8_a_chain_proves_that_nothing_is_missing(self) -> None:
        """Page by page, with others in between."""
        self.begin()
        one, two = self.topic("/one"), self.topic("/two")
        for number in range(6):
            self.update(one, b"%d" % number)
            self.update(two, b"%d" % number)
        last, cursor = {one: 0, two: 0}, "earliest"
        for _ in range(20):
            said = self.pull(one, two, since=cursor, limit=3)
            for event in said["events"]:
                self.assertEqual(event["previous"], last[event["topic"]])
                self.assertGreater(event["seq"], event["previous"])
                last[event["topic"]] = event["seq"]
            cursor = said["cursor"]
            if not said["more"]:
                break
        self.assertEqual(set(last.values()), {7})


class Following(Rules):
    """M7."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.reader = self.token()
        self.one = self.source.serve(b"old", PLAIN, path="/one")
        since = self.hub.mark()
        self.mailbox(self.reader, "box", self.one, start="earliest")
        self.hub.wait_for("update", since=since)
        self.place = self.messages(self.reader, "box")["cursor"]

    def leave(self) -> None:
        self.assertEqual(self.ask_json("DELETE", "/mailboxes/box",
                                       token=self.reader)[0], 204)

    def come_back(self, body: bytes) -> None:
        self.source.serve(body, PLAIN, path="/one")
        since = self.hub.mark()
        self.mailbox(self.reader, "again", self.one)
        self.hub.wait_for(("update", "fetch.done"), since=since)

    def test_M7_a_place_from_before_it_was_left_alone_has_a_gap(self) -> None:
        self.leave()
        self.come_back(b"baseline")
        said = self.pull(self.one, since=self.place)
        gap = gap_of(said)
        self.assertEqual(gap["reason"], "unfollowed")
        self.assertFalse(gap["topics"][0]["exact"])
        # What it is now comes as one update.
        self.assertEqual(bodies(said["events"]), ["baseline"])
        self.assertIsNone(self.pull(self.one, since=said["cursor"])["gap"])

    def test_M7_what_did_not_change_meanwhile_is_no_gap(self) -> None:
        self.leave()
        self.come_back(b"old")
        said = self.pull(self.one, since=self.place)
        self.assertEqual((said["gap"], said["events"]), (None, []))

    def test_M7_a_new_webhook_starts_behind_the_baseline(self) -> None:
        self.leave()
        self.source.serve(b"baseline", PLAIN, path="/one")
        hook = self.callback()
        self.follow(self.hub, self.one, hook.url("cb"))
        self.update(self.one, b"new")
        self.assertEqual(hook.wait_posts(1)[0].body, b"new")
        said = self.pull(self.one, since=self.place)
        self.assertEqual(bodies(said["events"]), ["baseline", "new"])
        self.assertEqual(gap_of(said)["reason"], "unfollowed")


class Acknowledging(Rules):
    """The table of guarantees."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.one, self.two = self.topic("/one"), self.topic("/two")
        self.reader = self.token()

    def test_none_at_most_once_also_if_its_reader_vanishes(self) -> None:
        """Before he has read a byte."""
        self.mailbox(self.reader, "box", self.one, ack="none")
        seen: list[str] = []
        for number in range(12):
            self.update(self.one, b"%d" % number)
            with Wire(self.hub.address) as wire:
                wire.send(request("GET", "/mailboxes/box/messages",
                                  [self.bearer(self.reader)]))
                if number % 3 == 0:
                    seen += bodies(json.loads(wire.read().body)["events"])
            if number % 4 == 0:
                self.hub.kill()
                self.hub.start()
        until(lambda: self.held() == 0, "all to be gone")
        seen += bodies(self.messages(self.reader, "box")["events"])
        self.assertEqual(len(seen), len(set(seen)), seen)
        self.assertEqual(seen, sorted(seen, key=int))
        self.assertEqual(self.messages(self.reader, "box")["events"], [])

    def test_none_is_done_before_a_stream_says_it(self) -> None:
        self.mailbox(self.reader, "box", self.one, ack="none")
        for number in range(3):
            self.update(self.one, b"%d" % number)
        stream = self.events("/mailboxes/box/sse", self.bearer(self.reader))
        self.assertEqual(stream.event()["body"], "0")
        self.hub.kill()
        self.hub.start()
        left = bodies(self.messages(self.reader, "box")["events"])
        self.assertNotIn("0", left)

    def test_none_of_who_is_held_and_vanishes(self) -> None:
        self.mailbox(self.reader, "box", self.one, ack="none")
        wire = self.hold(target("/mailboxes/box/messages", wait=60),
                         self.bearer(self.reader))
        wire.close()
        until(lambda: self.held() == 0, "it to be gone")
        # Nobody was told, so it is still to come.
        self.update(self.one, b"a")
        self.assertEqual(bodies(self.messages(self.reader,
                                              "box")["events"]), ["a"])
        self.assertEqual(self.messages(self.reader, "box")["events"], [])

    def test_cursor_acknowledges_no_more_than_was_delivered(self) -> None:
        self.mailbox(self.reader, "box", self.one)
        for number in range(4):
            self.update(self.one, b"%d" % number)
        said = self.messages(self.reader, "box", limit=4)
        last = said["cursor"]
        # Made anew it is another mailbox, whatever its name.
        self.ask_json("DELETE", "/mailboxes/box", token=self.reader)
        self.mailbox(self.reader, "box", self.one, start="earliest")
        one = self.messages(self.reader, "box", limit=1)
        status, problem = self.ask_json(
            "GET", target("/mailboxes/box/messages", ack=last),
            token=self.reader)
        self.assertEqual(status, 400, problem)
        # And a place that it has not told of yet, though it is one of its.
        self.ask_json("POST", "/mailboxes/box/acks",
                      {"cursor": one["cursor"]}, self.reader)
        self.assertEqual(bodies(self.messages(self.reader,
                                              "box")["events"]),
                         ["0", "1", "2", "3"])

    def test_cursor_a_place_of_the_future_is_400(self) -> None:
        """The hub's disk went back: what was delivered there was not here."""
        self.mailbox(self.reader, "box", self.one)
        self.hub.stop()
        old = self.directory / "old"
        self.copy(self.hub.data, old)
        self.hub.start()
        self.update(self.one, b"x")
        future = self.messages(self.reader, "box")["cursor"]
        self.hub.stop()
        self.hub.data = old
        self.hub.start()
        status, problem = self.ask_json(
            "GET", target("/mailboxes/box/messages", ack=future),
            token=self.reader)
        self.assertEqual(status, 400, problem)

    def test_cursor_is_monotone_and_survives_a_restart(self) -> None:
        self.mailbox(self.reader, "box", self.one)
        for number in range(4):
            self.update(self.one, b"%d" % number)
        said = self.messages(self.reader, "box")
        ids = [event["id"] for event in said["events"]]
        self.hub.kill()
        self.hub.start()
        for at, left in ((1, ["2", "3"]), (0, ["2", "3"]), (2, ["3"]),
                         (1, ["3"])):
            said = self.messages(self.reader, "box", ack=ids[at])
            self.assertEqual(bodies(said["events"]), left)
        self.hub.kill()
        self.hub.start()
        said = self.messages(self.reader, "box")
        self.assertEqual(bodies(said["events"]), ["3"])

    def test_explicit_keeps_the_order_of_each_topic(self) -> None:
        self.mailbox(self.reader, "box", self.one, self.two, ack="explicit",
                     ack_wait=300)
        for number in range(3):
            self.update(self.one, b"one %d" % number)
            self.update(self.two, b"two %d" % number)
        seen: list[str] = []
        for _ in range(10):
            events = self.messages(self.reader, "box")["events"]
            if not events:
                break
            # Of each topic one at a time, and those of others go on.
            self.assertEqual(len({event["topic"] for event in events}),
                             len(events))
            seen += bodies(events)
            # A second worker gets none of these.
            self.assertEqual(self.messages(self.reader, "box")["events"],
                             [])
            self.ask_json("POST", "/mailboxes/box/acks", {
                "ack": [event["ack_id"] for event in events]}, self.reader)
        for topic in ("one", "two"):
            self.assertEqual([body for body in seen if topic in body],
                             [f"{topic} {number}" for number in range(3)])

    def test_explicit_only_an_acknowledgement_is_one(self) -> None:
        """What an EventSource comes back with by itself is none."""
        self.mailbox(self.reader, "box", self.one, ack="explicit",
                     ack_wait=1)
        self.update(self.one, b"a")
        stream = self.events("/mailboxes/box/sse", self.bearer(self.reader))
        self.assertEqual(stream.event()["body"], "a")
        last = stream.last_id
        stream.close()
        stream = self.events("/mailboxes/box/sse", self.bearer(self.reader),
                             ("Last-Event-ID", last))
        self.assertEqual(stream.head.status, 200)
        self.assertEqual(stream.event()["body"], "a")

    def test_explicit_comes_again_after_a_crash(self) -> None:
        self.mailbox(self.reader, "box", self.one, ack="explicit",
                     ack_wait=1)
        self.update(self.one, b"a")
        first, = self.messages(self.reader, "box")["events"]
        self.assertEqual(first["delivery_count"], 1)
        self.hub.kill()
        self.hub.start()
        again, = self.messages(self.reader, "box", wait=20)["events"]
        self.assertEqual((again["body"], again["delivery_count"]), ("a", 2))
        self.assertNotEqual(again["ack_id"], first["ack_id"])

    def test_signed_and_numbered_as_a_webhook_would_be(self) -> None:
        secret = "the secret of both"
        self.secrets.add(secret)
        hook = self.callback()
        self.subscribe(self.hub, self.one, hook.url("cb"), secret=secret)
        self.mailbox(self.reader, "box", self.one, secret=secret)
        self.update(self.one, b"body")
        post, = hook.wait_posts(1)
        event, = self.messages(self.reader, "box")["events"]
        self.assertEqual(event["signature"], post.get("X-Hub-Signature"))
        self.assertEqual(event["content_type"], post.get("Content-Type"))
        links = post.get("Link")
        self.assertIn(f"<{event['links']['self']}>", links)
        self.assertIn(f"<{event['links']['hub']}>", links)
        method, _, mac = event["signature"].partition("=")
        self.assertEqual(mac, hmac.new(secret.encode(), b"body",
                                       getattr(hashlib, method)).hexdigest())


if __name__ == "__main__":
    unittest.main()
