# SPDX-License-Identifier: MIT
"""A rule that denies a topic ends what is held for it, however it is held."""

import json
import unittest

from harness import Wire, request
from harness.mailboxes import Mailboxes, Owner
from harness.streaming import target


class Denied(Mailboxes):
    def cast(self, *options: str) -> tuple[str, str]:
        """A topic that will be denied, and one of another host."""
        bad = self.begin(*options)
        self.others = self.origin()
        self.good = self.others.serve(b"good", "text/plain", path="/good")
        since = self.hub.mark()
        self.hub.client.get(target("/events", self.good))
        self.hub.wait_for("update", since=since)
        return bad, self.good

    def news(self, body: bytes) -> None:
        """Of the other host's topic; in the log when it returns."""
        since = self.hub.mark()
        self.others.serve(body, "text/plain", path="/good")
        self.publish(self.hub, self.good)
        self.hub.wait_for("update", since=since)

    def rule(self, what: str, *host: str) -> None:
        self.ctl(self.hub, "rule", what, "deny-topic",
                 *(host or (self.source.host,)))

    def held_poll(self, *topics: str) -> Wire:
        before = self.held()
        wire = self._kept(Wire(self.hub.address))
        wire.send(request("GET", target("/events", *topics, wait=200)))
        self.wait_held(before + 1)
        return wire

    def assert_denied(self, said: dict, topic: str) -> None:
        self.assertEqual((said["status"], said["topic"]), (403, topic))
        self.assertEqual(said.get("reason", said.get("type")), "denied-topic")
        self.assertFalse(said["retryable"])

    def assert_answer(self, wire: Wire, topic: str) -> None:
        answer = wire.read()
        self.assertEqual(answer.status, 403, answer.text)
        self.assertEqual(answer.get("Content-Type"),
                         "application/problem+json")
        self.assert_denied(json.loads(answer.body), topic)


class Log(Denied):
    def test_polls_and_streams_end_and_others_stay(self) -> None:
        bad, good = self.cast()
        poll, both = self.held_poll(bad), self.held_poll(good, bad)
        stays = self.held_poll(good)
        events, lines = self.events(bad), self.lines(bad)
        self.assertEqual(events.said().name, "open")
        self.assertEqual(lines.object()["type"], "open")
        socket, other = self.socket(bad), self.socket(good)
        for one in (socket, other):
            one.of_type("open")
        # In another spelling of the same address.
        self.rule("add", f"[::ffff:{self.source.host}]")
        for wire in (poll, both):
            self.assert_answer(wire, bad)
        self.assert_denied(events.named("abort").data, bad)
        events.ended()
        said = lines.object()
        self.assertEqual(said["type"], "abort")
        self.assert_denied(said, bad)
        lines.ended()
        closed = socket.closed()
        self.assertEqual((closed.code, closed.reason), (4403, "denied-topic"))
        # Who asks now is told the same.
        self.assert_answer_of(target("/events", bad, wait=200), bad)
        self.assert_answer_of(target("/events/sse", bad), bad)
        self.news(b"news")
        told = json.loads(stays.read().body)
        self.assertEqual([event["body"] for event in told["events"]],
                         ["news"])
        self.assertEqual(other.event()["body"], "news")

    def assert_answer_of(self, where: str, topic: str) -> None:
        with Wire(self.hub.address) as wire:
            wire.send(request("GET", where))
            self.assert_answer(wire, topic)

    def test_an_event_that_was_told_is_not_told_again(self) -> None:
        bad, good = self.cast()
        ids = {topic: self.hub.client.json(target(
            "/events", topic, since="earliest"))["events"][0]["id"]
            for topic in (bad, good)}
        self.rule("add")
        for end in ("", "/content"):
            self.assert_answer_of(f"/events/{ids[bad]}{end}", bad)
            answer = self.hub.client.get(f"/events/{ids[good]}{end}")
            self.assertEqual(answer.status, 200)
        self.rule("remove")
        self.assertEqual(
            self.hub.client.get(f"/events/{ids[bad]}/content").body, b"first")

    def test_patterns_are_denied_with_their_host(self) -> None:
        bad, _ = self.cast()
        where = bad.rpartition("/")[0] + "/*"
        one = self._kept(Wire(self.hub.address))
        one.send(request("GET", target("/events", match=where, wait=200)))
        self.wait_held(1)
        self.rule("add")
        answer = one.read()
        self.assertEqual(answer.status, 403, answer.text)
        self.assert_answer_of(target("/events", match=where),
                              bad.rpartition("/")[0] + "/")
        everything = self.hub.client.get(target("/events", match="*"))
        self.assertEqual(everything.status, 200)

    def test_a_socket_that_asks_for_it_is_told_so_and_stays(self) -> None:
        bad, good = self.cast()
        socket = self.socket(good)
        socket.of_type("open")
        self.rule("add")
        socket.say("subscribe", topic=bad)
        self.assertEqual(socket.of_type("error")["reason"], "denied-topic")
        self.news(b"news")
        self.assertEqual(socket.event()["body"], "news")


class InMailboxes(Denied):
    def setUp(self) -> None:
        super().setUp()
        self.bad, _ = self.cast()
        self.me = self.owner()

    def test_readers_of_every_kind_end(self) -> None:
        me: Owner = self.me
        for name in ("poll", "sse", "lines", "ws", "none", "other"):
            mode = {"ack": "none"} if name == "none" else {}
            me.make(name, self.good if name == "other" else self.bad, **mode)
        poll, none = me.hold("poll"), me.hold("none")
        other = me.hold("other")
        events, lines, socket = me.events("sse"), me.lines("lines"), \
            me.socket("ws")
        self.assertEqual(events.said().name, "open")
        for one in (lines.object(), socket.of_type("open")):
            self.assertEqual(one["type"], "open")
        self.rule("add")
        for wire in (poll, none):
            self.assert_answer(wire, self.bad)
        self.assert_denied(events.named("abort").data, self.bad)
        self.assert_denied(lines.object(), self.bad)
        self.assertEqual(socket.closed().code, 4403)
        status, said = me.ask("GET", "/mailboxes/poll/messages")
        self.assertEqual(status, 403)
        self.assert_denied(said, self.bad)
        self.news(b"news")
        self.assertEqual(json.loads(other.read().body)["events"][0]["body"],
                         "news")

    def test_nothing_of_it_is_lost_and_without_the_topic_it_opens(self
                                                                  ) -> None:
        me: Owner = self.me
        me.make("box", self.bad, self.good, ack="none")
        self.news(b"one")
        self.update(self.bad, b"two")
        self.rule("add")
        for _ in range(2):
            self.assertEqual(me.ask("GET", "/mailboxes/box/messages")[0], 403)
        sids = {one["topic"]: one["sid"] for one in me.good(
            "GET", "/mailboxes/box/subscriptions")["subscriptions"]}
        me.good("DELETE", f"/mailboxes/box/subscriptions/{sids[self.bad]}")
        self.assertEqual([event["body"] for event in me.read("box")["events"]],
                         ["one"])
        status, _ = me.ask("POST", "/mailboxes/box/subscriptions",
                           {"topic": self.bad})
        self.assertEqual(status, 403)

    def test_without_the_rule_it_goes_on_where_it_was(self) -> None:
        me: Owner = self.me
        me.make("box", self.bad, ack="none")
        held = me.hold("box")
        self.rule("add")
        self.assert_answer(held, self.bad)
        self.rule("remove")
        self.update(self.bad, b"later")
        self.assertEqual([event["body"] for event in me.read("box")["events"]],
                         ["later"])


if __name__ == "__main__":
    unittest.main()
