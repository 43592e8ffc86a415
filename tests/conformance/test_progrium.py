# SPDX-License-Identifier: MIT
"""Section 2.5: the suite of 2010, progrium/pubsubhubbub-testsuite, row by row.

Numbers are those of the lines in its specs.  What it expects and WebSub
forbids is tested the other way round: `..._fails_knowingly`."""

import threading
import unittest

import stories  # noqa: F401
from harness import Answer, Atom, Story, entries_of, form, request
from harness.callback import echo, signature
from harness.server import Seen

# Nothing listens there; nothing is fetched before the first verification.
TOPIC = "http://127.9.9.9:9999/happycats.xml"


class Suite(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon("--retry-first=10ms", "--retry-max=20ms")

    def sub(self, mode: str = "subscribe", topic: str = TOPIC,
            callback: str = "http://127.9.9.9:9999/cb",
            **params: str | list[str]) -> list[tuple[str, str]]:
        """As its `doRequest`: hub.verify is always there."""
        pairs = {"hub.mode": mode, "hub.callback": callback,
                 "hub.topic": topic, "hub.verify": "async"}
        for name, value in params.items():
            pairs[f"hub.{name}"] = value
        return [(name, item) for name, value in pairs.items()
                for item in (value if isinstance(value, list) else [value])
                if item is not None]

    def post(self, pairs) -> int:
        self.answer = self.hub.client.post(pairs)
        return self.answer.status

    def refused(self, pairs, word: str) -> None:
        status = self.post(pairs)
        self.assertTrue(400 <= status < 500, status)
        self.assertIn(word, self.answer.text)


class SubscriberMust(Suite):
    def test_progrium_subscriber_must_18_a_post_is_accepted(self) -> None:
        self.assertIn(self.post(self.sub()), range(200, 300))

    def test_progrium_subscriber_must_22_a_get_is_4xx(self) -> None:
        answer = self.hub.client.get("/?" + form(self.sub()).decode())
        self.assertIn(answer.status, range(400, 500))

    def test_progrium_subscriber_must_33_a_body_that_is_no_form(self
                                                                ) -> None:
        answer = self.hub.client.ask(request(
            "POST", "/?" + form(self.sub()).decode(),
            [("Content-Type", "application/json")], b"{}"))
        self.assertIn(answer.status, range(400, 500))

    def test_progrium_subscriber_must_47_51_missing_parameters(self) -> None:
        for name in ("callback", "topic", "mode"):
            with self.subTest(name=name):
                self.refused(self.sub(**{name: None}), name)
                self.refused(self.sub(**{name: ""}), name)
        self.refused(self.sub("florp"), "mode")

    def test_progrium_subscriber_must_55_59_fails_knowingly(self) -> None:
        # R131, R132: WebSub has no hub.verify, and unknown words are ignored.
        for verify in (None, "", "florp", ["one", "two"]):
            self.assertEqual(self.post(self.sub(verify=verify)), 202, verify)

    def test_progrium_subscriber_must_63_97_other_keywords(self) -> None:
        for verify in (["bogus", "async"], ["async", "sync"],
                       ["sync", "async", "bogus"]):
            self.assertEqual(self.post(self.sub(verify=verify)), 202, verify)

    def test_progrium_subscriber_must_67_167_180_fails_knowingly(self
                                                                 ) -> None:
        # R33: no answer waits for a verification, so sync is async.
        gate, callback = threading.Event(), self.callback()

        def held(seen: Seen) -> Answer:
            return Answer(200, echo(seen).body, gate=gate)
        callback.on_verify = held
        self.assertEqual(self.post(self.sub(
            verify="sync", callback=callback.url())), 202)
        self.assertEqual(self.hub.lines("subscription.active"), [])
        gate.set()
        self.hub.wait_for("subscription.active")

    def test_progrium_subscriber_must_82_171_async_is_202(self) -> None:
        callback = self.callback()
        self.assertEqual(self.post(self.sub(callback=callback.url())), 202)
        callback.wait_verifications(1)

    def test_progrium_subscriber_must_104_108_fragments(self) -> None:
        self.refused(self.sub(callback="http://h/cb#frag"), "callback")
        self.refused(self.sub(topic=TOPIC + "#frag"), "topic")

    def test_progrium_subscriber_must_112_121_131_the_query(self) -> None:
        for number, query in enumerate(("z=y&a=b",
                                        "hub.challenge=imahacker")):
            callback = self.callback()
            self.post(self.sub(callback=callback.url("cb", "?" + query)))
            seen = callback.wait_verifications(1)[0]
            self.assertTrue(seen.query.startswith(query + "&"), seen.query)
            self.assertEqual(seen.query.count("hub.challenge="), 1 + number)
            self.assertNotIn("imahacker", seen.params["hub.challenge"])

    def test_progrium_subscriber_must_146_155_a_get_without_body(self
                                                                 ) -> None:
        callback = self.callback()
        self.post(self.sub(callback=callback.url()))
        seen = callback.wait_verifications(1)[0]
        self.assertEqual((seen.method, seen.body), ("GET", b""))

    def test_progrium_subscriber_must_196_220_what_is_asked(self) -> None:
        callback = self.callback()
        self.post(self.sub(callback=callback.url()))
        params = callback.wait_verifications(1)[0].params
        self.assertEqual(params["hub.mode"], "subscribe")
        self.assertEqual(params["hub.topic"], TOPIC)
        self.assertTrue(params["hub.challenge"])
        self.assertTrue(params["hub.lease_seconds"].isdigit())

    def test_progrium_subscriber_must_226_236_245_the_token(self) -> None:
        callback = self.callback()
        self.post(self.sub(callback=callback.url(), verify_token="foobar"))
        params = callback.wait_verifications(1)[0].params
        self.assertEqual(params["hub.verify_token"], "foobar")
        self.post(self.sub(callback=callback.url("other")))
        params = callback.wait_verifications(2)[1].params
        self.assertNotIn("hub.verify_token", params)

    def test_progrium_subscriber_must_256_272_what_succeeds(self) -> None:
        # It looks at the status of a sync request; we, at what came of it.
        callback = self.callback()
        for status in (200, 201, 202, 299):
            callback.on_verify = lambda seen, status=status: Answer(
                status, echo(seen).body)
            since = self.hub.mark()
            self.post(self.sub(callback=callback.url(f"{status}")))
            self.hub.wait_for("subscription.active", since=since)
        for number, wrong in enumerate((Answer(200, b"florp"), Answer(204),
                                        Answer(403), Answer(301))):
            callback.on_verify = lambda _, wrong=wrong: wrong
            since = self.hub.mark()
            self.post(self.sub(callback=callback.url(f"wrong{number}")))
            self.hub.wait_for("verification.failed", since=since)

    def test_progrium_subscriber_must_281_404_is_one_attempt(self) -> None:
        callback = self.callback()
        callback.on_verify = lambda seen: Answer(404, echo(seen).body)
        self.post(self.sub(callback=callback.url()))
        self.hub.wait_for("verification.failed")
        self.hub.stop()
        self.assertEqual(len(callback.verifications), 1)

    def test_progrium_subscriber_must_297_state_is_unchanged(self) -> None:
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(self.hub, topic, callback.url())
        callback.on_verify = lambda _: Answer(500)
        for mode in ("subscribe", "unsubscribe"):
            since = self.hub.mark()
            self.post(self.sub(mode, topic, callback.url(), secret="other"))
            self.hub.wait_for("verification.failed", since=since)
        self.publish(self.hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].all("X-Hub-Signature"),
                         [])


class SubscriberShould(Suite):
    def test_progrium_subscriber_should_26_errors_are_plain(self) -> None:
        self.assertEqual(self.post(self.sub("florp")), 400)
        self.assertTrue((self.answer.get("Content-Type") or "")
                        .startswith("text/plain"))

    def test_progrium_subscriber_should_34_three_attempts(self) -> None:
        callback = self.callback()
        callback.on_verify = lambda seen: Answer(500, echo(seen).body)
        self.post(self.sub(callback=callback.url()))
        callback.wait_verifications(3)

    def test_progrium_subscriber_should_323_360_only_if_verified(self
                                                                 ) -> None:
        callback, witness = self.callback(), self.callback()
        origin, feed = self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(self.hub, topic, witness.url())
        callback.on_verify = lambda _: Answer(200, b"no")
        self.post(self.sub("subscribe", topic, callback.url()))
        self.hub.wait_for("verification.failed")

        def update(name: str, count: int) -> None:
            origin.serve(feed.add(name))
            self.publish(self.hub, topic)
            witness.wait_posts(count)
        update("two", 1)
        # Subscribed, and again: still one of each.
        callback.on_verify = echo
        self.subscribe(self.hub, topic, callback.url())
        self.subscribe(self.hub, topic, callback.url(),
                       event="subscription.renewed")
        update("three", 2)
        self.assertEqual(len(callback.wait_posts(1)), 1)
        # Not away without being asked; away when asked.
        callback.on_verify = lambda _: Answer(404)
        since = self.hub.mark()
        self.post(self.sub("unsubscribe", topic, callback.url()))
        self.hub.wait_for("verification.failed", since=since)
        update("four", 3)
        callback.wait_posts(2)
        callback.on_verify = echo
        self.post(self.sub("unsubscribe", topic, callback.url()))
        self.hub.wait_for("subscription.ended", reason="unsubscribed")
        update("five", 4)
        self.hub.stop()
        self.assertEqual(len(callback.posts), 2)


class PublisherMust(Suite):
    def ping(self, *topics: str) -> int:
        return self.post([("hub.mode", "publish"),
                          *(("hub.url", topic) for topic in topics)])

    def test_progrium_publisher_must_17_52_a_ping_is_204(self) -> None:
        self.assertEqual(self.ping(TOPIC), 204)
        self.assertEqual(self.answer.body, b"")

    def test_progrium_publisher_must_21_a_get_is_4xx(self) -> None:
        answer = self.hub.client.get("/?" + form(
            [("hub.mode", "publish"), ("hub.url", TOPIC)]).decode())
        self.assertIn(answer.status, range(400, 500))

    def test_progrium_publisher_must_31_a_body_that_is_no_form(self) -> None:
        answer = self.hub.client.ask(request(
            "POST", "/?" + form([("hub.mode", "publish"),
                                 ("hub.url", TOPIC)]).decode(),
            [("Content-Type", "application/json")], b"{}"))
        self.assertIn(answer.status, range(400, 500))

    def test_progrium_publisher_must_44_48_missing_parameters(self) -> None:
        self.refused([("hub.mode", "publish")], "url")
        self.refused([("hub.url", TOPIC)], "mode")

    def followed(self, *params: tuple[str, str]) -> tuple:
        """It subscribes with hub.verify, so it is an old client."""
        callback, origin = self.callback(), self.origin()
        feed = Atom(title="happy cats").add("one").add("two")
        feed.content_type = "application/atom+xml"
        topic = origin.serve(feed)
        self.assertEqual(self.post(
            self.sub("subscribe", topic, callback.url(), **dict(params))),
            202)
        self.hub.wait_for("subscription.active")
        self.hub.wait_for("update")
        return topic, origin, feed, callback

    def test_progrium_publisher_must_58_71_a_fetch_then_a_post(self) -> None:
        topic, origin, feed, callback = self.followed()
        before = len(origin.fetches)
        origin.serve(feed.add("three"))
        self.assertEqual(self.ping(topic), 204)
        seen = callback.wait_posts(1)[0]
        fetch = origin.fetches.all()[before]
        self.assertEqual((fetch.method, fetch.target), ("GET", "/feed"))
        self.assertLess(fetch.when, seen.when)
        self.assertEqual(callback.base + seen.target, callback.url())

    def test_progrium_publisher_must_76_the_content_type(self) -> None:
        topic, origin, feed, callback = self.followed()
        origin.serve(feed.add("three"))
        self.ping(topic)
        self.assertEqual(callback.wait_posts(1)[0].all("Content-Type"),
                         ["application/atom+xml"])

    def test_progrium_publisher_must_81_95_109_only_what_is_new(self
                                                                ) -> None:
        topic, origin, feed, callback = self.followed()
        origin.serve(feed.add("three"))
        self.ping(topic)
        body = callback.wait_posts(1)[0].body
        self.assertEqual(entries_of(body), ["three"])
        self.assertIn(b"<id>tag:example.org,2024:three</id>", body)

    def test_progrium_publisher_must_127_a_signature_of_sha1(self) -> None:
        self.secrets.add("of the old suite")
        topic, origin, feed, callback = self.followed(
            ("secret", "of the old suite"))
        origin.serve(feed.add("three"))
        self.ping(topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.all("X-Hub-Signature"),
                         [signature("sha1", b"of the old suite", post.body)])

    def test_progrium_publisher_should_28_is_deliberately_not(self) -> None:
        # R82: the number of subscribers is in User-Agent, no other header.
        topic, origin, feed, callback = self.followed()
        origin.serve(feed.add("three"))
        self.ping(topic)
        callback.wait_posts(1)
        for fetch in origin.fetches.all():
            self.assertEqual(fetch.all("X-Hub-Subscribers"), [])

    def test_progrium_publisher_should_40_55_the_feeds_own_elements(self
                                                                    ) -> None:
        topic, origin, feed, callback = self.followed()
        origin.serve(feed.add("three"))
        self.ping(topic)
        body = callback.wait_posts(1)[0].body
        head, tail = body.split(b"<entry>")[0], b"</feed>\n"
        self.assertEqual(head.rstrip(),
                         feed.render().split(b"<entry>")[0].rstrip())
        self.assertTrue(body.endswith(tail))

    def test_progrium_publisher_should_65_until_it_succeeds(self) -> None:
        topic, origin, feed, callback = self.followed()
        callback.script(Answer(500), Answer(500), Answer(200))
        origin.serve(feed.add("three"))
        self.ping(topic)
        callback.wait_posts(3)
        self.hub.stop()
        self.assertEqual(len(callback.posts), 3)

    def test_progrium_publisher_optional_8_fails_knowingly(self) -> None:
        # R127: one callback may have a secret for each topic (WebSub 5.1).
        callback, origin = self.callback(), self.origin()
        for number in range(2):
            topic = origin.serve(Atom(), path=f"/{number}")
            self.subscribe(self.hub, topic, callback.url(),
                           secret=f"number {number} of two")


if __name__ == "__main__":
    unittest.main()
