# SPDX-License-Identifier: MIT
"""R130 to R132, and what else changed from PubSubHubbub 0.3 and 0.4: one test
for each line of the table of section 1.L."""

import threading
import unittest

import stories  # noqa: F401
from harness import Answer, Atom, Daemon, Story, entries_of
from harness.callback import echo, signature
from harness.server import Seen

NOBODY = "http://127.9.9.9:9999/topic"
TEN_DAYS = "864000"


class Verify(Story):
    """hub.verify, which WebSub does not have."""

    def test_R130_sync_is_answered_before_any_verification(self) -> None:
        hub, callback, gate = self.daemon(), self.callback(), threading.Event()
        callback.on_verify = lambda seen: Answer(200, echo(seen).body,
                                                 gate=gate)
        for verify in ("sync", "async"):
            self.accepted(hub, "subscribe", NOBODY, callback.url(verify),
                          verify=verify)
        callback.wait_verifications(2)
        self.assertEqual(hub.lines("subscription.active"), [])
        gate.set()
        hub.wait_for("subscription.active", 2)

    def test_R130_sync_is_202_also_where_the_verification_fails(self
                                                                ) -> None:
        hub, callback = self.daemon(), self.callback()
        callback.on_verify = lambda _: Answer(404)
        for mode in ("subscribe", "unsubscribe"):
            self.accepted(hub, mode, NOBODY, callback.url(), verify="sync")
        hub.wait_for("verification.failed")

    def test_R131_without_hub_verify_is_no_error(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url())
        self.accepted(hub, "unsubscribe", NOBODY, callback.url())
        hub.wait_for("subscription.ended")

    def test_R132_unknown_words_of_hub_verify_are_ignored(self) -> None:
        hub, callback = self.daemon(), self.callback()
        for number, words in enumerate((["none"], ["foo"], [""],
                                        ["foo", "bar"], ["async", "sync"],
                                        ["sync", "async", "foo"])):
            with self.subTest(words=words):
                since = hub.mark()
                answer = hub.client.post(
                    [("hub.mode", "subscribe"), ("hub.topic", NOBODY),
                     ("hub.callback", callback.url(f"{number}")),
                     *(("hub.verify", word) for word in words)])
                self.assertEqual(answer.status, 202, answer.text)
                hub.wait_for("subscription.active", since=since)


class Switchboard(Story):
    def start(self, **params: str) -> Seen:
        """A topic, and a subscriber from those days."""
        self.hub: Daemon = self.daemon()
        self.there, self.source = self.callback(), self.origin()
        self.feed = Atom().add("one").add("two")
        self.feed.content_type = "application/atom+xml"
        self.topic = self.source.serve(self.feed)
        self.follow(self.hub, self.topic, self.there.url(), verify="async",
                    **params)
        return self.there.verifications.all()[0]

    def delivered(self, name: str) -> Seen:
        count = len(self.there.posts)
        self.source.serve(self.feed.add(name))
        self.publish(self.hub, self.topic)
        return self.there.wait_posts(count + 1)[count]

    def test_old_verify_token_is_echoed_with_every_mode(self) -> None:
        token = "a&b=c d+é/%20#?"
        seen = self.start(verify_token=token)
        self.assertEqual(seen.params["hub.verify_token"], token)
        self.accepted(self.hub, "unsubscribe", self.topic, self.there.url(),
                      verify_token="another")
        seen = self.there.wait_verifications(2)[1]
        self.assertEqual(seen.params["hub.verify_token"], "another")

    def test_old_verify_token_is_not_inherited(self) -> None:
        self.start(verify_token="once")
        self.subscribe(self.hub, self.topic, self.there.url(),
                       event="subscription.renewed")
        seen = self.there.wait_verifications(2)[1]
        self.assertNotIn("hub.verify_token", seen.params)

    def test_old_requests_are_202(self) -> None:
        self.start()
        for mode in ("subscribe", "unsubscribe"):
            answer = self.ask(self.hub, mode, self.topic, self.there.url(),
                              verify="sync")
            self.assertEqual(answer.status, 202)

    def test_old_permanent_leases_are_the_default(self) -> None:
        self.assertEqual(self.start(lease_seconds="").params[
            "hub.lease_seconds"], TEN_DAYS)
        self.assertEqual(self.start().params["hub.lease_seconds"], TEN_DAYS)
        self.assertEqual(self.start(lease_seconds="0").params[
            "hub.lease_seconds"], TEN_DAYS)

    def test_old_leases_are_not_extended_by_the_hub(self) -> None:
        hub, callback = self.daemon("--lease-min=1s"), self.callback()
        self.subscribe(hub, NOBODY, callback.url(), verify="async",
                       lease_seconds="3600")
        self.ctl(hub, "subscription", "extend", NOBODY, callback.url(),
                 "--lease=1")
        hub.wait_for("subscription.ended", reason="expired")
        hub.stop()
        self.assertEqual(len(callback.verifications), 1)

    def test_old_denied_says_why_and_has_no_location(self) -> None:
        callback, origin = self.callback(), self.origin()
        names = self.names({"pub.test": [origin.host]})
        hub = self.daemon(f"--dns-server={names.address}")
        origin.serve(Atom().add("one"))
        topic = f"http://pub.test:{origin.port}/feed"
        self.follow(hub, topic, callback.url("cb", "?a=%20b&&c"),
                    verify="async", verify_token="tok")
        hub.stop()
        hub.start("--deny-topic=pub.test")
        seen = callback.wait_verifications(2)[1]
        self.assertEqual((seen.method, seen.body), ("GET", b""))
        self.assertTrue(seen.query.startswith("a=%20b&&c&hub.mode=denied"),
                        seen.query)
        self.assertEqual(seen.params["hub.topic"], topic)
        self.assertTrue(seen.params["hub.reason"])
        self.assertNotIn("hub.challenge", seen.params)
        self.assertNotIn("hub.lease_seconds", seen.params)
        self.assertEqual(seen.all("Location"), [])

    def test_old_retries_of_a_verification_are_bounded(self) -> None:
        hub = self.daemon("--retry-first=10ms", "--retry-max=20ms")
        callback = self.callback()
        callback.on_verify = lambda _: Answer(500)
        self.accepted(hub, "subscribe", NOBODY, callback.url(),
                      verify="async")
        hub.wait_for("verification.failed")
        hub.stop()
        self.assertEqual(len(callback.verifications), 3)

    def test_old_content_type_is_the_topics(self) -> None:
        self.start()
        self.feed.content_type = "text/xml;charset=utf-8"
        self.assertEqual(self.delivered("three").all("Content-Type"),
                         ["text/xml;charset=utf-8"])

    def test_old_clients_get_only_what_is_new(self) -> None:
        self.start()
        for name in ("three", "four"):
            self.assertEqual(entries_of(self.delivered(name).body), [name])

    def test_old_clients_get_links_too(self) -> None:
        self.start()
        self.assertEqual(
            self.delivered("three").all("Link"),
            [f'<{self.hub.hub}>; rel="hub", <{self.topic}>; rel="self"'])

    def test_old_signatures_are_sha1_but_another_may_be_chosen(self) -> None:
        self.start(secret="of the old days")
        post = self.delivered("three")
        self.assertEqual(post.all("X-Hub-Signature"), [
            signature("sha1", b"of the old days", post.body)])
        self.subscribe(self.hub, self.topic, self.there.url(),
                       event="subscription.renewed", verify="async",
                       secret="of the new days", signature_method="sha512")
        post = self.delivered("four")
        self.assertEqual(post.all("X-Hub-Signature"), [
            signature("sha512", b"of the new days", post.body)])

    def test_old_pings_are_204(self) -> None:
        hub = self.daemon()
        for name in ("hub.url", "hub.topic"):
            answer = hub.client.post([("hub.mode", "publish"),
                                      (name, NOBODY)])
            self.assertEqual((answer.status, answer.body), (204, b""))

    def test_old_from_is_not_sent_and_on_behalf_of_does_no_harm(self
                                                                ) -> None:
        self.start()
        self.there.on_post = lambda _: Answer(
            200, fields=[("X-Hub-On-Behalf-Of", "1700")])
        post = self.delivered("three")
        self.delivered("four")
        self.hub.stop()
        self.assertEqual(len(self.there.posts), 2)
        for seen in (post, self.there.verifications.all()[0],
                     self.source.fetches.all()[0]):
            self.assertEqual(seen.all("From"), [])


if __name__ == "__main__":
    unittest.main()
