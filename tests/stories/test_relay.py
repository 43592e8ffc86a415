# SPDX-License-Identifier: MIT
"""A subscriber that knows nothing but webhooks, a relay beside it, and a hub
that cannot call either of them."""

import re
import threading
import time
import unittest

from harness import Answer, Atom, Story, until
from harness.callback import signature
from harness.relay import Relay
from harness.server import next_address


class Relayed(Story):
    def setUp(self) -> None:
        super().setUp()
        # No callback can be called by this hub: only topics are let in.
        self.hub = self.daemon("--allow-topic-address=127.0.0.0/8",
                               "--lease-min=1s", "--retention-updates=5",
                               loopback=False, start=False)
        # Its own address, so that its port is there for its next life.
        self.hub.listen = next_address() + ":0"
        self.hub.start()
        told = self.ctl(self.hub, "token", "add", "relay")
        self.token = re.search(r"wsd_[A-Za-z0-9_-]{43}", told).group()
        self.secrets.add(self.token)
        self.place = "%s:%d" % self.hub.address
        self.number = 0

    def relay(self, *options: str, start: bool = True) -> Relay:
        relay = Relay(self.directory / f"relay{len(self.daemons)}",
                      self.hub.hub, self.token, *options)
        self.daemons.append(relay)
        return relay.start() if start else relay

    def tearDown(self) -> None:
        for relay in self.daemons[1:]:
            # It sees in the log which mailboxes have news.
            self.assertEqual(relay.lines("watch.refused"), [])

    def restart_hub(self) -> None:
        # Where it was before, too: the relay knows it by that.
        self.hub.start(f"--listen={self.place}")

    def update(self, origin, feed) -> bytes:
        """One more entry, published; the bytes of the document."""
        self.number += 1
        feed.add(f"entry-{self.number}")
        topic = origin.serve(feed)
        since = self.hub.mark()
        self.publish(self.hub, topic)
        self.hub.wait_for("update", since=since)
        return feed.render()

    def begin(self, relay, callback, **params: str):
        """A feed that the callback is subscribed to."""
        origin, feed = self.origin(), Atom().add("first")
        topic = origin.serve(feed)
        since = self.hub.mark()
        self.subscribe(relay, topic, callback.url(), **params)
        self.hub.wait_for("update", since=since)
        # Who pulls a topic that nobody followed gets it as it is, too (M7).
        self.assertEqual(callback.wait_posts(1)[0].body, feed.render())
        callback.posts.clear()
        return origin, feed, topic

    def test_M21_updates_come_byte_for_byte_and_signed(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, topic = self.begin(relay, callback, secret="s3cret",
                                         content="full")
        for count in range(1, 4):
            body = self.update(origin, feed)
            post = callback.wait_posts(count)[-1]
            self.assertEqual(post.body, body)
            self.assertEqual(post.get("X-Hub-Signature"),
                             signature("sha256", b"s3cret", body))
            self.assertIn("atom", post.get("Content-Type"))
            self.assertIn('rel="hub"', post.get("Link"))
            self.assertIn(f'<{topic}>; rel="self"', post.get("Link"))
            self.assertIsNone(post.get("Hub-Gap"))
        self.chain(callback.posts.all())

    def chain(self, posts) -> None:
        """Every Hub-Previous names the one before (M8)."""
        last = None
        for post in posts:
            if last is not None:
                self.assertEqual(post.get("Hub-Previous"), last)
            last = post.get("Hub-Sequence")

    def test_M21_a_webhook_would_get_the_same(self) -> None:
        # Another hub, which can call the callback, beside this one.
        relay, callback, other = self.relay(), self.callback(), self.daemon()
        direct = self.callback()
        params = {"secret": "s3cret", "content": "full"}
        origin, feed, topic = self.begin(relay, callback, **params)
        self.follow(other, topic, direct.url(), **params)
        for count in range(1, 3):
            self.update(origin, feed)
            self.publish(other, topic)
            got = callback.wait_posts(count)[-1]
            sent = direct.wait_posts(count)[-1]
            self.assertEqual(got.body, sent.body)
            for name in ("X-Hub-Signature", "Content-Type"):
                self.assertEqual(got.get(name), sent.get(name))

    def test_M21_a_killed_relay_loses_nothing(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, _ = self.begin(relay, callback, secret="s3cret",
                                     content="full")
        bodies = []
        for round_ in range(4):
            gate = threading.Event()
            callback.script(Answer(204, gate=gate))
            bodies.append(self.update(origin, feed))
            # Killed while the callback is busy with it.
            callback.wait_posts(len(callback.posts) or 1)
            until(lambda: callback.posts.all()
                  and callback.posts.all()[-1].body == bodies[-1], "a post")
            relay.kill()
            gate.set()
            bodies.append(self.update(origin, feed))
            relay.start()
            until(lambda: callback.posts.all()[-1].body == bodies[-1],
                  "what came meanwhile")
        self.whole(callback.posts.all(), bodies)

    def whole(self, posts, bodies) -> None:
        """Every one came, in order; twice only what was in flight."""
        seen = [post.body for post in posts]
        once = [body for at, body in enumerate(seen)
                if at == 0 or seen[at - 1] != body]
        self.assertEqual(once, bodies)

    def test_a_killed_hub_loses_nothing(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, _ = self.begin(relay, callback, secret="s3cret",
                                     content="full")
        bodies = [self.update(origin, feed)]
        callback.wait_posts(1)
        for _ in range(2):
            since = relay.mark()
            self.hub.kill()
            relay.wait_for("hub.away", since=since)
            self.restart_hub()
            bodies.append(self.update(origin, feed))
            until(lambda: callback.posts.all()[-1].body == bodies[-1],
                  "the update after the kill")
        self.whole(callback.posts.all(), bodies)

    def test_who_was_down_gets_all_of_it_in_order(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, _ = self.begin(relay, callback, secret="s3cret",
                                     content="full")
        callback.stop()
        bodies = [self.update(origin, feed)]
        relay.wait_for("delivery.failed")
        bodies += [self.update(origin, feed) for _ in range(3)]
        callback.listen()
        posts = callback.wait_posts(4)
        self.assertEqual([post.body for post in posts], bodies)
        self.chain(posts)

    def test_what_retention_took_is_told_as_to_a_webhook(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, _ = self.begin(relay, callback, content="full")
        relay.stop()
        for _ in range(1200):
            del feed.entries[3:]
            self.update(origin, feed)
        self.hub.wait_for("log.trimmed")
        relay.start()
        posts = callback.posts.wait_until(
            lambda posts: posts and posts[-1].body == feed.render(),
            "the newest")
        self.assertIsNotNone(posts[0].get("Hub-Gap"))
        last = 1
        for post in posts:
            # The hub may go on trimming while it is read.
            sequence = int(post.get("Hub-Sequence").partition(".")[2])
            gap = re.fullmatch(r"[0-9a-f]{16}\.(\d+)-(\d+); reason=expired",
                               post.get("Hub-Gap") or "")
            missing = (int(gap[1]), int(gap[2])) if gap else None
            self.assertEqual(missing, None if sequence == last + 1
                             else (last + 1, sequence - 1))
            last = sequence
        self.assertEqual(last, 1201)

    def test_M21_410_ends_the_mailbox_too(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, _ = self.begin(relay, callback)
        callback.script(Answer(410))
        self.update(origin, feed)
        relay.wait_for("subscription.ended", why="gone")
        until(lambda: "relay-" not in self.ctl(self.hub, "mailboxes"),
              "the end of the mailbox")

    def test_a_rule_at_the_hub_ends_it_and_is_told(self) -> None:
        relay, callback, other = self.relay(), self.callback(), self.callback()
        stays, feed, _ = self.begin(relay, other)
        origin, _, topic = self.begin(relay, callback)
        self.ctl(self.hub, "rule", "add", "deny-topic", origin.host)
        relay.wait_for("subscription.ended",
                       why="the hub does not serve the topic")
        until(lambda: [seen.params["hub.topic"]
                       for seen in callback.verifications.all()
                       if seen.params.get("hub.mode") == "denied"] == [topic],
              "to be told of it")
        # Who shares its poll with him goes on.
        self.update(stays, feed)
        other.wait_posts(1)

    def test_a_renewal_is_verified_and_changes_the_secret(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, topic = self.begin(relay, callback, secret="old secret")
        self.subscribe(relay, topic, callback.url(), secret="new secret",
                       event="subscription.renewed")
        self.assertEqual(len(callback.verifications), 2)
        self.update(origin, feed)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"new secret", post.body))

    def test_a_renewal_without_a_secret_removes_it(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, topic = self.begin(relay, callback, secret="old secret")
        self.subscribe(relay, topic, callback.url(),
                       event="subscription.renewed")
        self.update(origin, feed)
        self.assertEqual(callback.wait_posts(1)[0].all("X-Hub-Signature"), [])

    def test_M21_a_renewal_that_is_not_confirmed_changes_nothing(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, topic = self.begin(relay, callback, secret="old secret")
        callback.on_verify = lambda seen: Answer(404)
        self.accepted(relay, "subscribe", topic, callback.url(),
                      secret="new secret")
        relay.wait_for("verification.failed")
        self.update(origin, feed)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"old secret", post.body))

    def test_the_lease_is_the_hubs_and_is_kept_until_its_end(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed, topic = self.begin(relay, callback)
        self.update(origin, feed)
        callback.wait_posts(1)
        began = time.monotonic()
        self.subscribe(relay, topic, callback.url(), lease_seconds="8",
                       event="subscription.renewed")
        seen = callback.verifications.all()[1]
        self.assertEqual(seen.params["hub.lease_seconds"], "8")
        relay.wait_for("subscription.ended", why="lease")
        self.assertGreaterEqual(time.monotonic() - began, 7.5)
        self.assertEqual(len(callback.verifications), 2)

    def test_several_subscribers_each_get_their_own(self) -> None:
        relay, callback = self.relay(), self.callback()
        origin, feed = self.origin(), Atom().add("first")
        topic = origin.serve(feed)
        since = self.hub.mark()
        names = [f"s{number}" for number in range(12)]
        for name in names:
            self.accepted(relay, "subscribe", topic, callback.url(name),
                          secret=f"secret of {name}", content="full")
        relay.wait_for("subscription.active", len(names))
        self.hub.wait_for("update", since=since)
        # The first had it before the last had subscribed, perhaps.
        self.update(origin, feed)
        wanted = feed.render()
        callback.posts.wait_until(
            lambda posts: sum(wanted == post.body for post in posts)
            == len(names), "a post to each")
        posts = [post for post in callback.posts.all() if post.body == wanted]
        self.assertEqual(sorted(post.path.rpartition("/")[2]
                                for post in posts), sorted(names))
        for post in posts:
            name = post.path.rpartition("/")[2]
            self.assertEqual(
                post.get("X-Hub-Signature"),
                signature("sha256", f"secret of {name}".encode(), post.body))

    def test_a_token_that_ends_is_told_in_the_log(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.begin(relay, callback)
        self.ctl(self.hub, "token", "remove", "relay")
        line = relay.wait_for("hub.away", status="401")
        self.assertIn("token", line.fields["why"])


if __name__ == "__main__":
    unittest.main()
