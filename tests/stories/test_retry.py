# SPDX-License-Identifier: MIT
"""A delivery that fails is tried again; only 2xx is success, and only 410
is good-bye."""

import unittest

from harness import Answer, Atom, Story, entries_of


class Retry(Story):
    def cast(self, *options: str):
        hub = self.daemon(*options)
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, feed, topic

    def test_errors_are_retried_until_success(self) -> None:
        hub, callback, _, feed, topic = self.cast()
        callback.script(Answer(500), Answer(404), Answer(drop=True),
                        Answer(429), Answer(200, b"thanks"))
        self.publish(hub, topic)
        posts = callback.wait_posts(5)
        self.assertEqual({post.body for post in posts}, {feed.render()})
        hub.stop()
        self.assertEqual(len(callback.posts), 5)

    def test_a_refused_connection_is_retried(self) -> None:
        hub, callback, _, _, topic = self.cast()
        callback.stop()
        self.publish(hub, topic)
        hub.wait_for("delivery.failed")
        callback.listen()
        callback.wait_posts(1)

    def test_any_2xx_is_success(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        for count, status in enumerate((200, 201, 202, 204, 206), 1):
            callback.script(Answer(status, b"" if status == 204 else b"junk"))
            origin.serve(feed.add(f"{status}"))
            self.publish(hub, topic)
            callback.wait_posts(count)
        hub.stop()
        self.assertEqual(len(callback.posts), 5)
        self.assertEqual(hub.lines("delivery.failed"), [])

    def test_a_redirect_is_a_failure_and_not_followed(self) -> None:
        hub, callback, _, _, topic = self.cast()
        other = self.callback()
        for status in (301, 302, 303, 307, 308):
            callback.script(Answer(status,
                                   fields=[("Location", other.url())]))
        self.publish(hub, topic)
        callback.wait_posts(6)
        hub.stop()
        self.assertEqual(other.accepted, 0)

    def test_410_ends_the_subscription(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        witness = self.callback()
        self.subscribe(hub, topic, witness.url())
        callback.script(Answer(410))
        self.publish(hub, topic)
        hub.wait_for("subscription.ended", reason="gone",
                     host=callback.host)
        witness.wait_posts(1)
        with self.quiet(hub, callback):
            origin.serve(feed.add("two"))
            self.publish(hub, topic)
            witness.wait_posts(2)

    def test_who_missed_updates_gets_all_their_entries(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        witness = self.callback()
        self.subscribe(hub, topic, witness.url())
        self.publish(hub, topic)
        callback.wait_posts(1)
        witness.wait_posts(1)
        callback.stop()
        for count, name in enumerate(("two", "three"), 2):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            witness.wait_posts(count)
        hub.wait_for("delivery.failed")
        callback.listen()
        post = callback.wait_posts(2)[1]
        self.assertEqual(entries_of(post.body), ["three", "two"])
        # The chain has no hole: it goes on from the last one received.
        first = callback.posts.all()[0]
        self.assertEqual(post.get("Hub-Previous"), first.get("Hub-Sequence"))

    def test_given_up_is_not_for_ever(self) -> None:
        hub, callback, origin, feed, topic = self.cast("--retry-attempts=2")
        callback.script(Answer(500), Answer(500))
        self.publish(hub, topic)
        callback.wait_posts(2)
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        posts = callback.wait_posts(3)
        self.assertIn("two", entries_of(posts[-1].body))

    def test_a_slow_answer_is_a_failure(self) -> None:
        hub, callback, _, _, topic = self.cast("--delivery-timeout=300ms")
        callback.script(Answer(200, dawdle=60))
        self.publish(hub, topic)
        callback.wait_posts(2)

    def test_a_renewal_makes_a_lagging_one_due(self) -> None:
        hub, callback, _, _, topic = self.cast("--retry-first=1h",
                                              "--retry-max=1h")
        callback.script(Answer(500))
        self.publish(hub, topic)
        hub.wait_for("delivery.failed")
        self.subscribe(hub, topic, callback.url(),
                       event="subscription.renewed")
        callback.wait_posts(2)


class Isolation(Story):
    def test_a_slow_subscriber_delays_nobody(self) -> None:
        hub, origin = self.daemon("--delivery-timeout=60s"), self.origin()
        silent, dead = self.callback(), self.callback()
        others = [self.callback() for _ in range(20)]
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, silent.url(), dead.url(),
                    *(callback.url() for callback in others))
        silent.on_post = lambda _: Answer(200, dawdle=600)
        dead.stop()
        for count, name in enumerate(("two", "three", "four"), 1):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            for callback in others:
                callback.wait_posts(count)
        # The silent one has not been waited for: it still holds its first.
        self.assertEqual(len(silent.posts), 1)
        silent.stop()

    def test_many_on_one_origin_are_not_one_after_the_other(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        urls = [callback.url(f"{number}") for number in range(12)]
        self.follow(hub, topic, *urls)

        def one_is_silent(seen):
            return Answer(204, dawdle=600 if seen.path.endswith("/0") else 0)
        callback.on_post = one_is_silent
        self.publish(hub, topic)
        callback.wait_posts(12)
        callback.stop()


if __name__ == "__main__":
    unittest.main()
