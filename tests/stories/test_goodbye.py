# SPDX-License-Identifier: MIT
"""The hub ends a subscription, and says so: once, and only then (R56)."""

import threading
import unittest

from harness import Answer, Atom, Callback, Daemon, Inbox, Story, until
from harness.server import Seen

SAID = ("denial.said", "denial.unsaid")


def denials(callback: Callback) -> list[Seen]:
    return [seen for seen in callback.verifications.all()
            if seen.params.get("hub.mode") == "denied"]


class GoodbyeStory(Story):
    def followed(self, hub: Daemon, *names: str) -> tuple[Callback, str]:
        """A subscriber of a topic; its callbacks have these names."""
        callback, self.origin_server = self.callback(), self.origin()
        topic = self.origin_server.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(names[0]))
        for name in names[1:]:
            self.subscribe(hub, topic, callback.url(name))
        return callback, topic

    def lease_ends(self, hub: Daemon, callback: Callback, topic: str) -> None:
        """However long it took to get there: it ends from now on."""
        self.ctl(hub, "subscription", "extend", topic, callback.url("a"),
                 "--lease=1s")
        hub.wait_for("subscription.ended", reason="expired")

    def told_once(self, callback: Callback, topic: str, word: str,
                  count: int = 1) -> None:
        seen = denials(callback)
        self.assertEqual(len(seen), count)
        for one in seen:
            self.assertEqual(one.params["hub.topic"], topic)
            reason = one.params["hub.reason"]
            self.assertIn(word, reason)
            # For people, and without anything of the inside (M20).
            self.assertRegex(reason, r"\A[A-Za-z0-9 ;:,.'-]{10,120}\Z")
            self.assertNotRegex(reason, r"\d+\.\d+\.\d+|resolv|http")
            self.assertNotIn("hub.challenge", one.params)


class Operator(GoodbyeStory):
    def test_the_subscriber_is_told_once_and_sent_nothing_more(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a", "b")
        self.ctl(hub, "remove", topic, callback.url("a"))
        hub.wait_for(SAID)
        self.told_once(callback, topic, "operator")
        seen = denials(callback)[0]
        self.assertTrue(seen.target.startswith(
            callback.url("a")[len(callback.base):] + "?hub.mode=denied&"))
        self.origin_server.serve(Atom().add("one").add("two"))
        self.publish_and_fetch(hub, topic)
        callback.wait_posts(1)
        hub.stop()
        self.assertEqual([seen.path.rpartition("/")[2]
                          for seen in callback.posts.all()], ["b"])
        self.told_once(callback, topic, "operator")

    def test_all_of_a_topic_are_told(self) -> None:
        hub = self.daemon()
        names = [f"s{number}" for number in range(100)]
        callback, topic = self.followed(hub, *names)
        self.ctl(hub, "remove", topic)
        hub.wait_for(SAID, len(names))
        hub.stop()
        self.told_once(callback, topic, "operator", len(names))
        self.assertEqual({seen.path.rpartition("/")[2]
                          for seen in denials(callback)}, set(names))

    def test_any_answer_will_do(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a")
        other = self.callback()
        callback.on_verify = lambda seen: Answer(
            302, fields=[("Location", other.url())])
        self.ctl(hub, "remove", topic)
        hub.wait_for(SAID)
        hub.restart()
        hub.stop()
        self.told_once(callback, topic, "operator")
        self.assertEqual(other.accepted, 0)

    def test_it_can_subscribe_again(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a")
        self.ctl(hub, "remove", topic)
        hub.wait_for(SAID)
        self.subscribe(hub, topic, callback.url("a"))
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)


class Crash(GoodbyeStory):
    def test_it_is_said_after_a_kill_before_it_could_be(self) -> None:
        callback, origin = self.callback(), self.origin()
        names = self.names({"reader.test": [callback.host]})
        names.ttl = 0
        hub = self.daemon(f"--dns-server={names.address}")
        topic = origin.serve(Atom().add("one"))
        url = f"http://reader.test:{callback.port}/{callback.token}/cb"
        self.follow(hub, topic, url)
        hub.restart()
        # From here on the name is not answered, so nothing can be sent.
        names.names["reader.test"] = None
        asked = len(names.questions)
        self.ctl(hub, "remove", topic)
        names.questions.wait(asked + 1)
        hub.kill()
        self.assertEqual(denials(callback), [])
        names.names["reader.test"] = [callback.host]
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)
        hub.wait_for("denial.said")
        hub.restart()
        hub.stop()
        self.told_once(callback, topic, "operator")


class Silence(GoodbyeStory):
    """When nothing is said."""

    def silent(self, hub: Daemon, callback: Callback) -> None:
        # It would be said at once, or after the next start.
        hub.restart()
        hub.stop()
        self.assertEqual(denials(callback), [])
        self.assertEqual(hub.lines(SAID), [])

    def test_after_a_failed_verification(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        callback.on_verify = lambda _: Answer(404)
        self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("verification.failed")
        self.silent(hub, callback)

    def test_when_a_lease_ends(self) -> None:
        hub = self.daemon("--lease-min=1s")
        callback, topic = self.followed(hub, "a")
        self.lease_ends(hub, callback, topic)
        self.silent(hub, callback)

    def test_after_an_unsubscription(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a")
        self.accepted(hub, "unsubscribe", topic, callback.url("a"))
        hub.wait_for("subscription.ended", reason="unsubscribed")
        self.silent(hub, callback)

    def test_when_the_subscriber_answers_410(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a")
        callback.on_post = lambda _: Answer(410)
        self.publish(hub, topic)
        hub.wait_for("subscription.ended", reason="gone")
        self.silent(hub, callback)


class Expiry(GoodbyeStory):
    def test_goodbye_on_expiry_says_it(self) -> None:
        hub = self.daemon("--lease-min=1s", "--goodbye-on-expiry")
        callback, topic = self.followed(hub, "a")
        self.lease_ends(hub, callback, topic)
        hub.wait_for(SAID)
        hub.stop()
        self.told_once(callback, topic, "lease")


class Policy(GoodbyeStory):
    def test_a_topic_denied_since_loses_its_subscriptions(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a", "b")
        other, kept = self.callback(), self.origin()
        kept_topic = kept.serve(Atom().add("one"))
        self.follow(hub, kept_topic, other.url())
        hub.restart(f"--deny-topic={self.origin_server.host}")
        hub.wait_for(SAID, 2)
        hub.stop()
        self.told_once(callback, topic, "not serve", 2)
        self.assertEqual(denials(other), [])
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)

    def test_a_callback_denied_since_loses_them_too(self) -> None:
        hub = self.daemon()
        callback, topic = self.followed(hub, "a")
        other = self.callback()
        self.subscribe(hub, topic, other.url())
        hub.restart(f"--allow-callback={other.host}")
        hub.wait_for(SAID)
        self.told_once(callback, topic, "not serve")
        self.assertEqual(denials(other), [])
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)

    def test_a_request_that_waits_is_denied_too(self) -> None:
        hub = self.daemon("--verify-timeout=1h")
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        # One that is being asked, and comes again only after the kill.
        gate = threading.Event()
        callback.on_verify = lambda _: Answer(503, gate=gate)
        self.accepted(hub, "subscribe", topic, callback.url())
        callback.wait_verifications(1)
        hub.kill()
        gate.set()
        hub.start(f"--deny-topic={origin.host}")
        hub.wait_for("subscription.refused", reason="policy")
        hub.wait_for(SAID)
        hub.stop()
        self.told_once(callback, topic, "not serve")
        self.assertEqual(hub.lines("subscription.active"), [])


class Queued(GoodbyeStory):
    """What was queued for one that has ended is not sent any more."""

    # One delivery at a time; and while that is slow, one beside it.
    NARROW = ("--deliveries-per-origin=1", "--delivery-timeout=1h")

    def held(self, callback: Callback) -> tuple[Inbox[str], threading.Event]:
        """From now on they are answered only when that is set.  Who takes
        something."""
        takers: Inbox[str] = Inbox("those who take it")
        go = threading.Event()

        def take(seen: Seen) -> Answer:
            takers.put(seen.path[-1])
            return Answer(204, gate=go)
        callback.on_post = take
        return takers, go

    def end_two(self, hub: Daemon, callback: Callback, topic: str,
                waiting: list[str]) -> list[str]:
        """Two of these.  The names of all others."""
        one, other = waiting[-2:]
        self.accepted(hub, "unsubscribe", topic, callback.url(one))
        hub.wait_for("subscription.ended", reason="unsubscribed")
        self.ctl(hub, "remove", topic, callback.url(other))
        return [name for name in "abcdef" if name not in (one, other)]

    def test_first_deliveries(self) -> None:
        hub = self.daemon(*self.NARROW)
        callback, topic = self.followed(hub, *"abcdef")
        takers, go = self.held(callback)
        self.publish(hub, topic)
        takers.wait(1)

        def waiting() -> int:
            # After a second they wait among those that are sent it again.
            queued = hub.status()["network"]["queued"]
            return queued["deliver"] + queued["retry"]
        until(lambda: waiting() >= 4, "all others to be queued")
        # They are sent it in their order: these are not under way.
        left = self.end_two(hub, callback, topic, list("cdef"))
        go.set()
        takers.wait(4)
        hub.stop()
        self.assertEqual(sorted(takers.all()), left)

    def test_retries(self) -> None:
        hub = self.daemon(*self.NARROW)
        callback, topic = self.followed(hub, *"abcdef")
        callback.on_post = lambda _: Answer(500)
        self.publish(hub, topic)
        hub.wait_for("delivery.failed", 6)
        takers, go = self.held(callback)
        # No more than two are under way, for as long as it takes.
        under_way = takers.wait(2)
        until(lambda: hub.status()["network"]["queued"]["retry"] == 4,
              "four to be queued")
        left = self.end_two(hub, callback, topic, [
            name for name in "abcdef" if name not in under_way])
        go.set()
        takers.wait(4)
        hub.stop()
        self.assertEqual(sorted(takers.all()), left)


class DeadTopic(GoodbyeStory):
    def test_after_three_410s_the_subscribers_are_told(self) -> None:
        hub = self.daemon("--topic-gone-after=1s")
        callback, topic = self.followed(hub, "a", "b")
        self.origin_server.script(*[Answer(410)] * 2000)
        since = hub.mark()

        def dead() -> bool:
            self.publish(hub, topic)
            return bool(hub.lines("topic.dead", since))
        until(dead, "the topic to be dead")
        hub.wait_for(SAID, 2)
        self.assertGreaterEqual(
            len(hub.lines("fetch.failed", since, status=410)), 3)
        hub.stop()
        self.told_once(callback, topic, "gone", 2)

    def test_one_that_comes_back_keeps_them(self) -> None:
        hub = self.daemon("--topic-gone-after=1s")
        callback, topic = self.followed(hub, "a")
        for _ in range(2):
            self.origin_server.script(Answer(410), Answer(410))
            self.publish_and_fetch(hub, topic)
            self.publish_and_fetch(hub, topic)
            self.publish_and_fetch(hub, topic)
        hub.stop()
        self.assertEqual(hub.lines("topic.dead"), [])
        self.assertEqual(denials(callback), [])


if __name__ == "__main__":
    unittest.main()
