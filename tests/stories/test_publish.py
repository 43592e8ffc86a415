# SPDX-License-Identifier: MIT
"""Publishers ping, and the hub looks: not too often, and never too early."""

import threading
import unittest

from harness import Atom, Story, entries_of


class Publish(Story):
    def test_hub_url_and_hub_topic_are_204(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        for count, name in enumerate(("hub.url", "hub.topic"), 1):
            origin.serve(feed.add(f"by {name}"))
            answer = hub.client.post([("hub.mode", "publish"),
                                      (name, topic)])
            self.assertEqual((answer.status, answer.body), (204, b""))
            post = callback.wait_posts(count)[-1]
            self.assertIn(f"by {name}", entries_of(post.body))

    def test_several_topics_in_one_ping_are_all_fetched(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topics = [origin.serve(Atom(title=f"{n}").add("one"), path=f"/{n}")
                  for n in range(4)]
        for topic in topics:
            self.follow(hub, topic, callback.url())
        answer = hub.client.post(
            [("hub.mode", "publish"), ("hub.url", topics[0]),
             ("hub.topic", topics[1]), ("hub.url[]", topics[2]),
             ("hub.url", topics[3]), ("hub.url", topics[0])])
        self.assertEqual(answer.status, 204)
        bodies = {post.body for post in callback.wait_posts(4)}
        self.assertEqual(len(bodies), 4)

    def test_an_unknown_topic_is_204_and_never_fetched(self) -> None:
        hub, origin = self.daemon(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.publish(hub, topic)
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_one_bad_url_refuses_the_whole_ping(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        fetches = len(origin.fetches)
        answer = hub.client.post([("hub.mode", "publish"),
                                  ("hub.url", topic), ("hub.url", "ftp://x")])
        self.assertEqual(answer.status, 400)
        self.assertIn("hub.url", answer.text)
        hub.stop()
        self.assertEqual(len(origin.fetches), fetches)

    def test_pings_coalesce_and_one_during_a_fetch_is_not_lost(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=5m"),
                                 self.callback(), self.origin())
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        before = len(origin.fetches)

        origin.gate = threading.Event()
        self.publish(hub, topic)
        origin.fetches.wait(before + 1)  # under way, with the old document
        origin.serve(feed.add("two"))
        for _ in range(20):
            self.publish(hub, topic)
        origin.gate.set()
        callback.posts.wait_until(
            lambda posts: any("two" in entries_of(post.body)
                              for post in posts), "the entry two")
        hub.stop()
        self.assertLessEqual(len(origin.fetches) - before, 3)

    def test_pings_that_come_together_are_few_fetches(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=5m"),
                                 self.callback(), self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        before = len(origin.fetches)
        origin.gate = threading.Event()
        for _ in range(50):
            self.publish(hub, topic)
        origin.fetches.wait(before + 1)
        self.assertEqual(len(origin.fetches), before + 1)
        origin.gate.set()
        callback.wait_posts(1)
        hub.stop()
        self.assertLessEqual(len(origin.fetches) - before, 3)

    def test_nothing_new_is_delivered_to_nobody(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)  # the baseline, once
        callback.wait_posts(1)
        with self.quiet(hub, callback):
            self.publish_and_fetch(hub, topic)

    def test_the_baseline_is_delivered_whole(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one").add("two")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, feed.render())

    def test_a_ping_during_the_baseline_is_not_lost(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=5m"),
                                 self.callback(), self.origin())
        feed = Atom().add("one")
        topic = origin.serve(feed)
        origin.gate = threading.Event()
        self.subscribe(hub, topic, callback.url())
        origin.fetches.wait(1)
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        origin.gate.set()
        self.assertEqual(entries_of(callback.wait_posts(1)[0].body),
                         ["two", "one"])


if __name__ == "__main__":
    unittest.main()
