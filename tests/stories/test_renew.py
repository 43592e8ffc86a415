# SPDX-License-Identifier: MIT
"""Subscribing again replaces the whole profile; unsubscribing ends it."""

import threading
import unittest

from harness import Atom, Story, until
from harness.callback import echo, signature


class Renew(Story):
    def test_a_renewal_replaces_the_secret(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="first secret")
        self.subscribe(hub, topic, callback.url(), secret="second secret",
                       event="subscription.renewed")
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"second secret", post.body))

    def test_a_renewal_without_a_secret_removes_it(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="first secret")
        self.subscribe(hub, topic, callback.url(),
                       event="subscription.renewed")
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.all("X-Hub-Signature"), [])

    def test_a_pinned_secret_stays(self) -> None:
        callback, origin = self.callback(), self.origin()
        hub = self.daemon(f"--pin-secret={callback.host}")
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="first secret")
        for secret in ("second secret", ""):
            # One after the other: what is settled takes along what was asked
            # before.
            since = hub.mark()
            self.accepted(hub, "subscribe", topic, callback.url(),
                          secret=secret)
            hub.wait_for("verification.failed", since=since)
        self.subscribe(hub, topic, callback.url(), secret="first secret",
                       event="subscription.renewed")
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"first secret", post.body))

    def test_who_subscribed_twice_is_told_once(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.subscribe(hub, topic, callback.url(),
                       event="subscription.renewed")
        self.publish(hub, topic)
        callback.wait_posts(1)
        hub.stop()
        self.assertEqual(len(callback.posts), 1)

    def test_one_callback_on_two_topics_is_two_subscriptions(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        first = origin.serve(Atom().add("one"), path="/1")
        second = origin.serve(Atom().add("two"), path="/2")
        self.follow(hub, first, callback.url())
        self.follow(hub, second, callback.url())
        self.publish(hub, first, second)
        posts = callback.wait_posts(2)
        self.assertNotEqual(posts[0].body, posts[1].body)


class Unsubscribe(Story):
    def test_it_is_verified_and_then_nothing_comes(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        witness = self.callback()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), witness.url())
        self.subscribe_away(hub, topic, callback)
        seen = callback.verifications.all()[-1]
        self.assertEqual(seen.params["hub.mode"], "unsubscribe")
        self.assertIn("hub.lease_seconds", seen.params)
        with self.quiet(hub, callback):
            self.publish(hub, topic)
            witness.wait_posts(1)

    def subscribe_away(self, hub, topic, callback) -> None:
        self.accepted(hub, "unsubscribe", topic, callback.url(),
                      lease_seconds="garbage")
        hub.wait_for("subscription.ended", reason="unsubscribed",
                     host=callback.host)

    def test_the_last_one_gone_pings_fetch_nothing(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.subscribe_away(hub, topic, callback)
        fetches = len(origin.fetches)
        self.publish(hub, topic)
        hub.stop()
        self.assertEqual(len(origin.fetches), fetches)

    def test_an_unknown_one_is_202_and_asks_nobody(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.accepted(hub, "unsubscribe", "http://127.9.9.9:9999/",
                      callback.url())
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_it_overtakes_a_slow_subscription(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        slow = threading.Event()

        def answer(seen):
            reply = echo(seen)
            if seen.params["hub.mode"] == "subscribe":
                reply.gate = slow
            return reply
        callback.on_verify = answer
        self.accepted(hub, "subscribe", topic, callback.url())
        callback.wait_verifications(1)
        self.accepted(hub, "unsubscribe", topic, callback.url())
        callback.wait_verifications(2)
        # Settling the later request takes the earlier one away.
        until(lambda: hub.status()["store"]["requests"] == 0,
              "no pending request")
        slow.set()
        hub.stop()
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)


if __name__ == "__main__":
    unittest.main()
