# SPDX-License-Identifier: MIT
"""Anybody may ping: that must not cost an origin more than it likes, and
never delay one who has something new (S7)."""

import itertools
import time
from harness import Atom, Story, entries_of, together
from harness.client import Wire, post
from harness.server import Answer

TOPICS = 50


class PingBudgets(Story):
    def followed(self, hub, origin, callback, count: int) -> list[str]:
        """Topics whose baseline has been delivered already, so that a ping
        of an unchanged one brings nothing."""
        topics = [origin.serve(Atom(title=f"{n}").add("one"), path=f"/{n}")
                  for n in range(count)]
        since = hub.mark()
        for topic in topics:
            self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("update", count, since)
        self.publish(hub, *topics)
        callback.wait_posts(count)
        return topics

    def test_a_thousand_useless_pings_are_few_fetches(self) -> None:
        hub = self.daemon("--idle-pings=120")
        callback, origin = self.callback(), self.origin()
        topics = self.followed(hub, origin, callback, TOPICS)
        ping = post([("hub.mode", "publish"),
                     *(("hub.url", topic) for topic in topics)])
        since, began = hub.mark(), time.monotonic()
        before = len(origin.fetches)
        with Wire(hub.address) as wire:
            statuses = {wire.ask(ping).status for _ in range(1000)}
        self.assertEqual(statuses, {204})
        # An unrelated publisher is heard at once, all the same.
        other = self.origin()
        feed = Atom().add("one")
        topic = other.serve(feed)
        self.follow(hub, topic, callback.url("other"))
        other.serve(feed.add("two"))
        count = len(callback.posts)
        self.publish(hub, topic)
        callback.wait_posts(count + 1)
        hub.stop()
        minutes = (time.monotonic() - began) / 60
        fetched = len(origin.fetches) - before
        # Twenty at once, then two a minute; 1000 requests, 50000 topics.
        self.assertLessEqual(fetched, 20 + 2 * minutes + 1)
        self.assertLessEqual(fetched, 1000 / 20)
        self.assertGreater(len(hub.lines("fetch.done", since)), 0)

    def test_what_is_new_is_never_delayed(self) -> None:
        hub = self.daemon("--idle-pings=12")  # two at once
        callback, origin = self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        for number in range(10):
            origin.serve(feed.add(f"new {number}"))
            self.publish(hub, topic)
            # What was nothing new would wait for five minutes.
            posts = callback.wait_posts(number + 1)
            self.assertIn(f"new {number}", entries_of(posts[-1].body))

    def test_what_always_changes_is_not_fetched_for_every_ping(self) -> None:
        hub = self.daemon("--idle-pings=360")
        callback, origin = self.callback(), self.origin()
        numbers = itertools.count()
        usual = origin.answer

        def other_each_time(seen):
            origin.serve(Atom().add(f"{next(numbers)}"))
            return usual(seen)
        origin.answer = other_each_time
        topic = origin.url()
        self.follow(hub, topic, callback.url())
        ping = post([("hub.mode", "publish"), ("hub.url", topic)])
        began, before = time.monotonic(), len(origin.fetches)
        with Wire(hub.address) as wire:
            for _ in range(2000):
                wire.ask(ping)
        hub.stop()
        seconds = time.monotonic() - began
        fetched = len(origin.fetches) - before
        self.assertLessEqual(fetched, 10 + seconds / 10 + 1)

    def test_origins_whose_pages_always_change_have_an_end_too(self) -> None:
        hub = self.daemon("--idle-pings=36")  # 360 in all, 60 at once
        callback, origin = self.callback(), self.origin()
        numbers = itertools.count()
        origin.answer = lambda seen: (
            origin.fetches.put(seen) or
            Answer(200, b"%d" % next(numbers)))
        topics = [origin.url(f"/?{n}") for n in range(50)]
        since, began = hub.mark(), time.monotonic()
        for topic in topics:
            self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("update", 50, since)
        with Wire(hub.address) as wire:
            for _ in range(200):
                wire.ask(post([("hub.mode", "publish"),
                               *(("hub.url", topic) for topic in topics)]))
        other = self.origin()
        self.follow(hub, other.serve(Atom().add("one")),
                    callback.url("other"))
        hub.stop()
        minutes = (time.monotonic() - began) / 60
        self.assertLessEqual(len(origin.fetches), 60 + 6 * minutes + 1)

    def test_first_fetches_of_one_origin_are_spread_too(self) -> None:
        hub = self.daemon("--idle-pings=6")  # sixty first ones an hour
        callback, origin = self.callback(), self.origin()
        since, began = hub.mark(), time.monotonic()
        for number in range(40):
            self.accepted(hub, "subscribe", origin.url(f"/?{number}"),
                          callback.url())
        hub.wait_for("subscription.active", 40, since)
        self.publish(hub, *(origin.url(f"/?{n}") for n in range(40)))
        other = self.origin()
        self.follow(hub, other.serve(Atom().add("one")), callback.url())
        hub.stop()
        minutes = (time.monotonic() - began) / 60
        self.assertLessEqual(len(origin.fetches), 10 + minutes + 1)

    def test_a_ping_that_has_to_wait_is_not_lost(self) -> None:
        hub = self.daemon("--idle-pings=3600")
        callback, origin = self.callback(), self.origin()
        feed = Atom(title="0").add("one")
        topic = self.followed(hub, origin, callback, 1)[0]
        ping = post([("hub.mode", "publish"), ("hub.url", topic)])
        began, count = time.monotonic(), len(origin.fetches)
        with Wire(hub.address) as wire:
            for _ in range(1000):
                wire.ask(ping)
        fetched = len(origin.fetches) - count
        seconds = time.monotonic() - began
        self.assertLessEqual(fetched, 10 + seconds)
        origin.serve(feed.add("late"), path="/0")
        self.publish(hub, topic)
        callback.posts.wait_until(
            lambda posts: any("late" in entries_of(post.body)
                              for post in posts), "the late entry")

    def test_polls_go_on_while_pings_wait(self) -> None:
        hub = self.daemon("--idle-pings=6", "--poll-min=1s", "--poll-max=1s")
        callback, origin = self.callback(), self.origin()
        topics = self.followed(hub, origin, callback, 2)
        for _ in range(3):
            self.publish(hub, topics[0])
        origin.serve(Atom(title="1").add("one").add("polled"), path="/1")
        callback.posts.wait_until(
            lambda posts: any("polled" in entries_of(post.body)
                              for post in posts), "the polled entry")


if __name__ == "__main__":
    together.main()
