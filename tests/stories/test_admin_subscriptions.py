# SPDX-License-Identifier: MIT
"""Subscriptions that operators look for, add and extend."""

import unittest
from urllib.parse import urlsplit

from harness import Answer, Atom, until
from harness.callback import signature
from harness.operator import OperatorStory

DAY = 24 * 3600 * 1000
SECRET = "a-secret-that-nobody-logs"


class Subscriptions(OperatorStory):
    def cast(self, *options: str):
        hub, callback, origin = (self.daemon(*options), self.callback(),
                                 self.origin())
        self.feed = Atom().add("one")
        self.secrets.add(SECRET)
        return hub, callback, origin, origin.serve(self.feed)

    def only(self, hub, **query: str) -> dict:
        one, = self.look(hub, "subscriptions", **query)["subscriptions"]
        return one

    # ------------------------------------------------------------- adding

    def test_who_is_asked_is_as_if_he_had_asked(self) -> None:
        hub, callback, origin, topic = self.cast()
        told = self.steer(hub, "subscription/add", topic=topic,
                          callback=callback.url(), secret=SECRET, lease="2d")
        self.assertEqual(told["state"], "pending")
        active = hub.wait_for("subscription.active")
        asked = callback.wait_verifications(1)[0]
        self.assertEqual(asked.params["hub.lease_seconds"], str(2 * 86400))
        line = hub.wait_for("admin.subscription.added", verify="yes",
                            request=told["request"])
        self.assertEqual(line.fields["host"], callback.host)
        hub.wait_for("update", topic=active.fields["topic"])
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", SECRET.encode(), post.body))

    def test_who_says_no_is_not_subscribed(self) -> None:
        hub, callback, _, topic = self.cast()
        callback.on_verify = lambda seen: Answer(404)
        self.steer(hub, "subscription/add", topic=topic,
                   callback=callback.url())
        hub.wait_for("verification.failed")
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)

    def test_who_is_vouched_for_is_not_asked(self) -> None:
        hub, callback, origin, topic = self.cast("--lease-max=3d",
                                                 "--lease-default=1d")
        told = self.steer(hub, "subscription/add", topic=topic,
                          callback=callback.url(), secret=SECRET,
                          content="full", lease="400d", verify="no")
        self.assertEqual((told["state"], told["renewed"]), ("active", False))
        hub.wait_for("admin.subscription.added", topic=told["topic_id"],
                     id=told["id"], verify="no")
        hub.wait_for("update", topic=told["topic_id"])
        shown = self.only(hub, topic=topic)
        self.assertEqual((shown["id"], shown["signed"], shown["content"]),
                         (told["id"], True, "full"))
        self.assertTrue(399 * DAY < shown["lease_left_ms"] <= 400 * DAY)
        again = self.steer(hub, "subscription/add", topic=topic,
                           callback=callback.url(), verify="no")
        self.assertEqual((again["id"], again["renewed"]), (told["id"], True))
        # The profile is replaced as a whole, as by any renewal.
        self.assertFalse(self.only(hub, topic=topic)["signed"])
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)
        callback.wait_posts(1)
        hub.stop()
        self.assertEqual(len(callback.verifications), 0)

    def test_what_is_there_can_be_left_alone(self) -> None:
        hub, callback, _, topic = self.cast()
        self.follow(hub, topic, callback.url())
        told = self.steer(hub, "subscription/add", topic=topic,
                          callback=callback.url(), only_new="yes")
        self.assertEqual(told["state"], "subscribed")
        self.assertEqual(told["id"], self.only(hub, topic=topic)["id"])
        hub.stop()
        self.assertEqual(len(callback.verifications), 1)

    def test_what_cannot_be_is_refused(self) -> None:
        hub, callback, _, topic = self.cast(
            "--deny-topic=bad.test", "--deny-callback=bad.test",
            "--max-subscriptions=1")
        def refused(status: int, **fields: str) -> str:
            given = {"topic": topic, "callback": callback.url(), **fields}
            return self.steer(hub, "subscription/add", status,
                              **given)["error"]
        refused(400, topic="http://a.test/#f")
        refused(400, callback="")
        refused(400, lease="long")
        refused(400, lease="0")
        refused(400, verify="perhaps")
        refused(400, content="each")
        refused(400, secret="x" * 200)
        refused(400, callback=hub.hub)
        refused(403, topic="http://x.bad.test/")
        refused(403, callback="http://x.bad.test/")
        query = hub.admin.post(
            [("topic", topic), ("callback", callback.url())],
            f"/admin/subscription/add?secret={SECRET}")
        self.assertEqual(query.status, 400)
        self.assertIn("body", query.text)
        self.steer(hub, "subscription/add", topic=topic,
                   callback=callback.url(), verify="no")
        self.assertIn("max-subscriptions",
                      refused(503, callback=callback.url("b"), verify="no"))

    # ---------------------------------------------------------- extending

    def test_a_lease_is_extended_and_shortened(self) -> None:
        hub, callback, _, topic = self.cast("--lease-min=1s")
        self.follow(hub, topic, callback.url())
        before = self.only(hub, topic=topic)
        told = self.steer(hub, "subscription/extend", topic=topic,
                          callback=callback.url(), lease="100d")
        self.assertEqual(told["id"], before["id"])
        hub.wait_for("admin.subscription.extended", id=told["id"],
                     topic=told["topic_id"], lease_ms=100 * DAY)
        hub.restart()
        after = self.only(hub, topic=topic)
        self.assertEqual(after["lease_end"], told["lease_end"])
        self.assertTrue(99 * DAY < after["lease_left_ms"] <= 100 * DAY)
        # By the numbers that lists show, and in seconds.
        self.steer(hub, "subscription/extend", topic=str(after["topic_id"]),
                   callback=str(after["id"]), lease="1")
        hub.wait_for("subscription.ended", reason="expired")
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)
        self.steer(hub, "subscription/extend", 404, topic=topic,
                   callback=callback.url(), lease="1d")

    def test_what_is_no_extension_is_refused(self) -> None:
        hub, callback, _, topic = self.cast()
        self.follow(hub, topic, callback.url())
        for fields in ({"callback": callback.url()},
                       {"callback": callback.url(), "lease": "x"},
                       {"callback": callback.url(), "lease": "0d"},
                       {"lease": "1d"}):
            self.steer(hub, "subscription/extend", 400, topic=topic, **fields)
        self.steer(hub, "subscription/extend", 400, callback="1", lease="1d")
        self.steer(hub, "subscription/extend", 404, topic=topic, callback="7",
                   lease="1d")

    # ------------------------------------------------------------ looking

    def test_all_are_listed_in_pages_and_found(self) -> None:
        hub, callback, origin, topic = self.cast()
        other, near = self.callback(), self.callback()
        topics = [origin.serve(self.feed, path=f"/f{n}") for n in range(3)]
        for one in topics:
            for number in range(4):
                for server in (callback, other):
                    self.steer(hub, "subscription/add", topic=one,
                               callback=server.url(f"s{number}"), verify="no")
        self.steer(hub, "subscription/add", topic=topics[1], verify="no",
                   callback=near.url())
        everything = self.pages(hub, "subscriptions", "subscriptions", 1000)
        places = [(one["topic_id"], one["id"]) for one in everything]
        self.assertEqual(len(places), 25)
        self.assertEqual(places, sorted(places))
        for limit in (1, 7):
            found = self.pages(hub, "subscriptions", "subscriptions", limit)
            self.assertEqual([(one["topic_id"], one["id"]) for one in found],
                             places)

        def count(limit: int = 3, **query: str) -> int:
            return len(self.pages(hub, "subscriptions", "subscriptions",
                                  limit, **query))
        self.assertEqual(count(topic=topics[1]), 9)
        self.assertEqual(count(topic=str(everything[0]["topic_id"])), 8)
        self.assertEqual(count(host=near.host), 1)
        self.assertEqual(count(host=callback.host), 12)
        self.assertEqual(count(host=near.host, topic=topics[0]), 0)
        self.assertEqual(count(origin=other.base), 12)
        self.assertEqual(count(origin=other.base, topic=topics[2]), 4)
        self.assertEqual(count(origin=other.base, state="lagging"), 0)
        self.assertEqual(count(callback=callback.url("s1")), 3)
        self.assertEqual(count(callback=callback.url("s1"), topic=topics[0]),
                         1)
        self.assertEqual(count(state="active"), 25)
        self.look(hub, "subscriptions", 400, host="http://x/")
        self.look(hub, "subscriptions", 400, origin="x")
        self.look(hub, "subscriptions", 404, topic="http://nowhere.test/")
        self.look(hub, "subscriptions", 404, topic="99")

    def test_a_host_stands_for_all_below_it(self) -> None:
        names = ["a.test", "x.a.test", "ba.test"]
        hub = self.daemon("--dns-server=127.0.0.1:9")
        for name in names:
            self.steer(hub, "subscription/add", topic="http://t.test/",
                       callback=f"http://{name}/", verify="no")
        found = self.pages(hub, "subscriptions", "subscriptions", 1,
                           host="A.test.")
        self.assertEqual([one["host"] for one in found], names[:2])

    def test_who_lags_is_shown_with_what_he_is_owed(self) -> None:
        hub, callback, origin, topic = self.cast("--retry-first=1h",
                                                 "--retry-max=1h")
        self.follow(hub, topic, callback.url("good"))
        callback.on_post = lambda seen: Answer(
            503 if urlsplit(seen.target).path.endswith("bad") else 204)
        self.subscribe(hub, topic, callback.url("bad"))
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)

        # Whose answer takes over a second lags until then.
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1
              and hub.status()["store"]["lagging"] == 1, "it to lag")
        one, = self.pages(hub, "subscriptions", "subscriptions", 10,
                          state="lagging")
        self.assertEqual(one["owed"], {"from": 2, "to": 2})


if __name__ == "__main__":
    unittest.main()
