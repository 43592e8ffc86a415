# SPDX-License-Identifier: MIT
"""Topics that operators follow, poll as they like, and send away."""

import unittest
from urllib.parse import quote

from harness import FETCHED, Answer, Atom, until
from harness.access import add_token, bearer
from harness.operator import OperatorStory

SAID = ("denial.said", "denial.unsaid")
HOUR = 3600 * 1000


class Topics(OperatorStory):
    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        self.feed = Atom().add("one")
        return hub, origin, origin.serve(self.feed)

    def add(self, hub, topic: str, **wishes: str) -> int:
        """A topic that is new to the hub: it is fetched."""
        since = hub.mark()
        told = self.steer(hub, "topic/add", topic=topic, **wishes)
        self.assertTrue(told["new"])
        hub.wait_for(FETCHED, since=since, topic=told["id"])
        return told["id"]

    def test_a_topic_is_followed_without_a_subscriber(self) -> None:
        hub, origin, topic = self.cast()
        number = self.add(hub, topic, content="full", poll="2h")
        line = hub.wait_for("admin.topic.added", topic=number, new="yes",
                            host=origin.host)
        self.assertEqual(line.fields["what"],
                         "content=full poll=7200000ms keep=yes")
        self.assertTrue(line.fields["who"])
        again = self.steer(hub, "topic/add", topic=topic)
        self.assertEqual(again, {"id": number, "new": False})
        for _ in range(2):
            shown = self.look(hub, "topic", topic=topic)
            self.assertEqual(
                (shown["kept"], shown["followed"], shown["subscriptions"],
                 shown["content"], shown["poll_every_ms"]),
                (True, True, 0, "full", 2 * HOUR))
            self.assertEqual(self.look(hub, "topic", topic=str(number)), shown)
            hub.restart()
        origin.serve(self.feed.add("two"))
        self.publish_and_fetch(hub, topic)
        token = add_token(self, hub, rights="pull")
        pulled = hub.client.get("/events?since=earliest&topic="
                                + quote(topic, safe=""), [bearer(token)])
        self.assertIn(b"two", pulled.body)

    def test_it_is_polled_as_often_as_they_say(self) -> None:
        hub, origin, topic = self.cast()
        number = self.add(hub, topic, poll="1s")
        fetched = len(origin.fetches)
        origin.fetches.wait(fetched + 2)
        never = self.steer(hub, "topic", topic=topic, poll="never")
        self.assertEqual(never["poll_every_ms"], -1)

        # One may have been under way, and has planned another.
        def is_unplanned() -> bool:
            return self.look(hub, "topic", topic=topic)["fetch_due"] is None
        until(is_unplanned, "no fetch to be planned")
        # What pings is fetched all the same, and planned no more than before.
        since = hub.mark()
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)
        hub.wait_for("update", since=since)
        until(is_unplanned, "no fetch to be planned")
        hour = self.steer(hub, "topic", topic=str(number), poll="1h")
        ahead = hour["fetch_due"] - hour["last_fetch"]
        self.assertTrue(0.9 * HOUR <= ahead <= HOUR, ahead)
        self.publish_and_fetch(hub, topic)
        explained = self.ctl(hub, "explain", topic)
        self.assertIn("polled every", explained)
        auto = self.steer(hub, "topic", topic=topic, poll="auto")
        self.assertEqual(auto["poll_every_ms"], 0)
        hub.wait_for("admin.topic.changed", topic=number,
                     what="poll=auto")

    def test_who_is_no_longer_kept_ends_like_any_other(self) -> None:
        hub, _, topic = self.cast()
        self.add(hub, topic)
        shown = self.steer(hub, "topic", topic=topic, keep="no")
        self.assertEqual((shown["kept"], shown["followed"]), (False, False))
        shown = self.steer(hub, "topic", topic=topic, keep="yes",
                           content="each")
        self.assertEqual((shown["kept"], shown["content"]), (True, "each"))

    def test_lists_tell_them_apart(self) -> None:
        hub, origin, topic = self.cast()
        broken, other = origin.url("/broken"), origin.url("/other")
        origin.serve(self.feed, path="/other")
        number = self.add(hub, topic)
        # It is not tried again while we look.
        origin.script(Answer(404, fields=[("Retry-After", "3600")]))
        failing = self.add(hub, broken)
        self.add(hub, other)
        self.steer(hub, "topic", topic=other, keep="no")

        def of_state(state: str) -> set[str]:
            return {one["url"] for one in
                    self.pages(hub, "topics", "topics", 1, state=state)}
        self.assertEqual(of_state("kept"), {topic, broken})
        self.assertEqual(of_state("failing"), {broken})
        self.assertEqual(of_state("unfollowed"), {other})
        self.assertEqual(of_state("due"), set())
        self.assertEqual(len(self.pages(hub, "topics", "topics", 2)), 3)
        self.assertEqual(
            [one["id"] for one in self.pages(hub, "topics", "topics", 1,
                                             prefix=broken)], [failing])
        self.assertNotEqual(number, failing)
        self.look(hub, "topics", 400, state="odd")

    def test_a_topic_is_sent_away_with_all_it_has(self) -> None:
        hub, origin, topic = self.cast()
        callback = self.callback()
        names = [f"s{number}" for number in range(70)]
        number = self.add(hub, topic)
        self.subscribe(hub, topic, *(callback.url(name) for name in names))
        told = self.steer(hub, "topic/remove", topic=topic)
        self.assertEqual(told, {"removed": {"subscriptions": len(names)}})
        hub.wait_for("admin.topic.removed", topic=number, host=origin.host,
                     subscriptions=len(names), status="ok")
        hub.wait_for(SAID, len(names))
        self.look(hub, "topic", 404, topic=topic)
        self.assertEqual(hub.status()["store"]["topics"], 0)
        self.publish(hub, topic)
        hub.restart()
        self.look(hub, "topic", 404, topic=str(number))
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)
        # It can come back, and is another one then.
        self.follow(hub, topic, callback.url("late"))
        self.assertNotEqual(self.look(hub, "topic", topic=topic)["id"], number)
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)
        self.assertIn(b"two", callback.wait_posts(1)[0].body)

    def test_what_cannot_be_is_refused(self) -> None:
        hub, _, topic = self.cast("--max-topics=1", "--deny-topic=bad.test")
        self.steer(hub, "topic/add", 400)
        self.steer(hub, "topic/add", 400, topic="ftp://a.test/")
        self.steer(hub, "topic/add", 400, topic=hub.hub)
        self.steer(hub, "topic/add", 403, topic="http://bad.test/")
        for wish in ({"poll": "often"}, {"poll": "10ms"}, {"poll": "2000d"},
                     {"content": "some"}, {"keep": "maybe"}):
            self.steer(hub, "topic/add", 400, topic=topic, **wish)
        self.steer(hub, "topic", 404, topic=topic, keep="yes")
        self.add(hub, topic)
        self.steer(hub, "topic", 400, topic=topic)
        self.steer(hub, "topic/add", 409, topic=topic + "?other")
        self.steer(hub, "topic/remove", 404, topic="77")
        self.steer(hub, "topic/remove", 404, topic="http://a.test/")
        self.steer(hub, "topic/remove", 400)
        self.steer(hub, "topic/remove", 400, topic=topic, callback="1")


if __name__ == "__main__":
    unittest.main()
