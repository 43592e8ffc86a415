# SPDX-License-Identifier: MIT
"""A delivery that fails is tried again; only 2xx is success, and only 410
is good-bye."""

import time
from email.utils import formatdate

from harness import Answer, Atom, Story, entries_of, together
from harness.callback import accept, signature


class Cast(Story):
    def cast(self, *options: str):
        hub = self.daemon(*options)
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, feed, topic


class Retry(Cast):
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
        # What was under way by then had only the first of them.
        hub.wait_for("delivery.failed", since=hub.mark())
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
        hub.wait_for("delivery.stopped")
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


class Schedule(Cast):
    def waits(self, *answers: Answer) -> list[float]:
        """The times between attempts that are answered so."""
        hub, callback, _, _, topic = self.cast()
        callback.script(*answers)
        self.publish(hub, topic)
        posts = callback.wait_posts(len(answers) + 1)
        return [later.when - earlier.when
                for earlier, later in zip(posts, posts[1:])]

    def test_R100_retry_after_is_heeded_with_any_failure(self) -> None:
        asked = [("Retry-After", "2")]
        for wait in self.waits(Answer(503, fields=asked),
                               Answer(429, fields=asked),
                               Answer(404, fields=asked)):
            self.assertGreaterEqual(wait, 1.95)

    def test_R100_retry_after_may_be_a_date(self) -> None:
        hub, callback, _, _, topic = self.cast()

        def in_three_seconds(_) -> Answer:
            callback.on_post = accept
            date = formatdate(time.time() + 3, usegmt=True)
            return Answer(503, fields=[("Retry-After", date)])
        callback.on_post = in_three_seconds
        self.publish(hub, topic)
        first, second = callback.wait_posts(2)
        # A date has no parts of a second.
        self.assertGreaterEqual(second.when - first.when, 1.9)

    def test_R100_retry_after_makes_nothing_earlier(self) -> None:
        past = formatdate(time.time() - 100, usegmt=True)
        for wait in self.waits(
                Answer(503, fields=[("Retry-After", "0")]),
                Answer(503, fields=[("Retry-After", past)]),
                Answer(503, fields=[("Retry-After", "soon")])):
            self.assertGreaterEqual(wait, 0.075)

    def test_M4_the_schedule_survives_a_restart(self) -> None:
        hub, callback, _, feed, topic = self.cast()
        callback.script(Answer(503, fields=[("Retry-After", "3")]))
        self.publish(hub, topic)
        first = callback.wait_posts(1)[0]
        hub.wait_for("delivery.failed")
        hub.restart()
        second = callback.wait_posts(2)[1]
        self.assertGreaterEqual(second.when - first.when, 2.95)
        self.assertEqual(second.body, feed.render())

    def test_M4_an_update_makes_nobody_due_who_lags(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        witness = self.callback()
        self.subscribe(hub, topic, witness.url())
        callback.script(Answer(503, fields=[("Retry-After", "8")]))
        self.publish(hub, topic)
        first = callback.wait_posts(1)[0]
        hub.wait_for("delivery.failed")
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        witness.wait_posts(2)
        second = callback.wait_posts(2)[1]
        self.assertGreaterEqual(second.when - first.when, 7.95)
        self.assertIn("two", entries_of(second.body))

    def test_R114_it_is_signed_as_he_wants_it_when_it_is_sent(self) -> None:
        hub, callback, _, feed, topic = self.cast("--retry-first=1h",
                                                  "--retry-max=1h")
        self.subscribe(hub, topic, callback.url(), secret="old one",
                       event="subscription.renewed")
        callback.script(Answer(500))
        self.publish(hub, topic)
        hub.wait_for("delivery.failed")
        self.subscribe(hub, topic, callback.url(), secret="new one",
                       event="subscription.renewed")
        first, second = callback.wait_posts(2)
        self.assertEqual(first.body, second.body)
        for post, secret in ((first, b"old one"), (second, b"new one")):
            self.assertEqual(post.get("X-Hub-Signature"),
                             signature("sha256", secret, post.body))

    def test_it_is_said_before_attempts_run_out(self) -> None:
        hub, callback, _, _, topic = self.cast("--retry-attempts=12",
                                               "--retry-first=10ms",
                                               "--retry-max=10ms",
                                               "--retention=1h")
        callback.on_post = lambda _: Answer(500)
        self.publish(hub, topic)
        stopped = hub.wait_for("delivery.stopped", attempts="12",
                               host=callback.host)
        callback.wait_posts(12)
        # What he misses is kept for an hour from his first failure on.
        kept = int(stopped.fields["kept_ms"])
        self.assertTrue(3500_000 < kept < 3600_000, kept)
        self.assertEqual([line.fields["percent"]
                          for line in hub.lines("delivery.failing")],
                         ["50", "75", "90"])


class Isolation(Story):
    def test_a_slow_subscriber_delays_nobody(self) -> None:
        hub, origin = self.daemon("--delivery-timeout=10m"), self.origin()
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
        self.assertEqual(len(silent.wait_posts(1)), 1)
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
    together.main()
