# SPDX-License-Identifier: MIT
"""Subscribing without a callback, through WebSub itself."""

import json
import unittest
from urllib.parse import urlsplit

from harness import Client, form, request
from harness.mailboxes import Mailboxes, bodies
from harness.stream import Events
from harness.websocket import WebSocket


class Channels(Mailboxes):
    def setUp(self) -> None:
        super().setUp()
        self.followed = self.begin()
        self.mine = self.owner()

    def want(self, kind: str | None, *fields: tuple[str, str],
             mode: str = "subscribe", **params: str):
        pairs = [("hub.mode", mode)]
        if kind:
            pairs.append(("hub.channel.type", kind))
        if mode == "subscribe":
            params.setdefault("topic", self.followed)
        pairs += [(f"hub.{name}", value) for name, value in params.items()]
        return self.hub.client.ask(request(
            "POST", "/",
            [("Content-Type", "application/x-www-form-urlencoded"), *fields],
            form(pairs)))

    def given(self, kind: str, *fields: tuple[str, str], **params: str
              ) -> dict:
        answer = self.want(kind, *fields, **params)
        self.assertEqual(answer.status, 202, answer.text)
        said = json.loads(answer.body)
        self.assertEqual(said["hub.channel.type"], kind)
        return said

    def end(self, endpoint: str, *fields: tuple[str, str]) -> int:
        return self.want(None, *fields, mode="unsubscribe",
                         **{"channel.endpoint": endpoint}).status

    @staticmethod
    def path(endpoint: str) -> str:
        parts = urlsplit(endpoint)
        return parts.path + ("?" + parts.query if parts.query else "")

    def test_a_mailbox_of_ones_own(self) -> None:
        self.secrets.add("the secret")
        said = self.given("mailbox", self.mine.field, secret="the secret",
                          lease_seconds="7200")
        self.assertEqual(said["hub.lease_seconds"], 7200)
        path = self.path(said["hub.channel.endpoint"])
        self.updates(self.followed, "a")
        got = self.mine.good("GET", path)
        self.assertEqual(bodies(got), ["a"])
        self.assertTrue(got["events"][0]["signature"].startswith("sha256="))
        # It is a mailbox as any other.
        name = path.split("/")[2]
        self.assertGreaterEqual(len(name), 22)
        self.assertEqual(self.mine.show(name)["topics"], [self.followed])
        self.assertEqual(self.mine.good(
            "GET", path + "?ack=" + got["cursor"])["events"], [])
        # And nobody else's.
        other = self.owner("other", "--owner=other")
        self.assertEqual(other.ask("GET", path)[0], 404)
        self.assertEqual(self.end(said["hub.channel.endpoint"], other.field),
                         404)
        self.assertEqual(self.end(said["hub.channel.endpoint"]), 401)
        self.assertEqual(self.end(said["hub.channel.endpoint"],
                                  self.mine.field), 202)
        self.assertEqual(self.mine.ask("GET", path)[0], 404)

    def test_an_endpoint_of_each_kind(self) -> None:
        for fields in ((self.mine.field,), ()):
            poll = self.path(self.given(
                "poll", *fields)["hub.channel.endpoint"])
            sse = self.path(self.given(
                "sse", *fields)["hub.channel.endpoint"])
            said = self.given("websocket",
                              *fields)["hub.channel.endpoint"]
            self.assertTrue(said.startswith("ws://"), said)
            stream = self._kept(Events(self.hub.address, sse, fields))
            self.assertEqual(stream.said().name, "open")
            socket = self._kept(WebSocket(self.hub.address, self.path(said),
                                          fields))
            socket.of_type("open")
            body = f"for {len(fields)}"
            self.updates(self.followed, body)
            answer = Client(self.hub.address).get(poll, fields)
            self.assertEqual(bodies(json.loads(answer.body)), [body])
            self.assertEqual(stream.event()["body"], body)
            self.assertEqual(socket.event()["body"], body)

    def test_strangers_have_no_mailboxes(self) -> None:
        answer = self.want("mailbox")
        self.assertEqual(answer.status, 401)
        self.assertIn("Bearer", answer.get("WWW-Authenticate"))
        wrong = ("Authorization", "Bearer wsd_" + "A" * 43)
        self.assertEqual(self.want("poll", wrong).status, 401)
        puller = self.owner("puller", rights="pull")
        self.assertEqual(self.want("mailbox", puller.field).status, 403)

    def test_strangers_pull_what_they_may(self) -> None:
        self.hub.stop()
        self.hub = self.daemon()  # not open
        topic = self.source.serve(b"x", "text/plain", path="/other")
        for topic in (topic, self.hub.client and "https://nobody.example/"):
            answer = self.want("poll", topic=topic)
            self.assertEqual((answer.status, answer.get("Hub-Error")),
                             (404, "topic.unknown"))
        narrow = self.owner("narrow", scope="https://example.com/*")
        answer = self.want("mailbox", narrow.field, topic=topic)
        self.assertEqual((answer.status, answer.get("Hub-Error")),
                         (403, "topic.denied"))

    def test_what_is_wrong(self) -> None:
        cases = [
            (self.want("pigeon"), 400, "channel.type.unknown"),
            (self.want("poll", topic=""), 400, "topic.missing"),
            (self.want("poll", mode="unsubscribe"), 400,
             "channel.endpoint.missing"),
            (self.want(None, mode="unsubscribe",
                       **{"channel.endpoint": "http://x/y"}), 404,
             "channel.endpoint.unknown"),
            (self.want("poll", topic="http://" + "%s:%d/"
                       % self.hub.address), 400, "topic.own"),
        ]
        for answer, status, error in cases:
            self.assertEqual((answer.status, answer.get("Hub-Error")),
                             (status, error), answer.text)

    def test_webhook_is_what_it_was(self) -> None:
        callback = self.callback()
        since = self.hub.mark()
        answer = self.want("webhook", callback=callback.url())
        self.assertEqual((answer.status, answer.body), (202, b""))
        self.hub.wait_for("subscription.active", since=since)
        # And without a callback it is refused as ever.
        answer = self.want(None)
        self.assertEqual((answer.status, answer.get("Hub-Error")),
                         (400, "callback.missing"))
        self.assertEqual(self.end("http://"), 404)

    def test_what_was_told_to_a_stranger_ends_by_itself(self) -> None:
        said = self.given("sse")
        self.assertEqual(self.end(said["hub.channel.endpoint"]), 202)

    def test_there_may_be_too_many(self) -> None:
        self.hub.restart("--mailboxes-per-owner=1")
        self.given("mailbox", self.mine.field)
        answer = self.want("mailbox", self.mine.field)
        self.assertEqual((answer.status, answer.get("Hub-Error")),
                         (403, "channel.full"))


if __name__ == "__main__":
    unittest.main()
