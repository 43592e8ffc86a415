# SPDX-License-Identifier: MIT
"""What happened to one update, step by step, and who still lacks it."""

import hashlib
import hmac
import json
import threading
import time
import unittest
from urllib.parse import quote

from harness import Answer, Atom, Puller, Story, until
from harness.client import request

# What failed once is not tried again by itself while a story runs.
LATER = ("--retry-first=1h", "--retry-max=1h")


class Trace(Story):
    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        self.feed = Atom().add("one")
        return hub, origin, origin.serve(self.feed)

    def update(self, hub, origin, name: str = "two") -> None:
        self.publish_and_fetch(hub, origin.serve(self.feed.add(name)))

    def trace(self, hub, topic: str, seq: str = "", status: int = 200) -> dict:
        answer = hub.admin.get(f"/admin/trace?topic={quote(topic, safe='')}"
                               + (f"&seq={seq}" if seq else ""))
        self.assertEqual(answer.status, status, answer.text)
        return json.loads(answer.body) if status == 200 else {}

    def test_an_update_is_followed_from_its_ping_to_its_last_delivery(
            self) -> None:
        hub, origin, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url("a"), callback.url("b"))
        self.update(hub, origin)
        callback.wait_posts(2)
        until(lambda: self.delivered(hub, topic, 2), "both to count")
        said = self.trace(hub, topic)
        self.assertEqual(said["topic"], topic)
        self.assertEqual(said["seq"], 2)
        self.assertEqual(said["kind"], "entries")
        self.assertTrue(said["since_start"])
        times = [said[name] for name in (
            "pinged", "fetch_began", "fetched", "stored", "first_delivered",
            "last_delivered")]
        # The clocks of engine, store and loop may round differently.
        for before, after in zip(times, times[1:]):
            self.assertLessEqual(before, after + 2, said)
        self.assertEqual(
            said["phases_ms"]["ping_to_fetch"],
            max(0, said["fetch_began"] - said["pinged"]))
        self.assertEqual(said["deliveries"], {
            "owed": 2, "delivered": 2, "failed_attempts": 0, "lagging": 0,
            "counted_all": True, "under_way": False})
        self.assertEqual(said["lagging"], [])
        # By its number in the list of topics, too, and without a seq.
        self.assertEqual(self.trace(hub, str(said["topic_id"]), "2")["seq"], 2)
        self.assertEqual(self.trace(hub, topic, "1")["kind"], "baseline")

    def delivered(self, hub, topic: str, count: int) -> bool:
        said = self.trace(hub, topic)["deliveries"]
        return said["delivered"] == count and not said["under_way"]

    def test_who_lags_is_told_and_why(self) -> None:
        hub, origin, topic = self.cast(*LATER)
        callback = self.callback()
        self.follow(hub, topic, callback.url("good"), callback.url("bad"))
        callback.on_post = lambda seen: Answer(
            503 if seen.path.endswith("bad") else 204)
        self.update(hub, origin)
        until(lambda: self.behind(hub, topic, 1)
              and self.trace(hub, topic)["deliveries"]["delivered"] == 1,
              "one to lag, and one to have it")
        said = self.trace(hub, topic)
        (one,) = said["lagging"]
        self.assertIn(f"//{one['host']}:", callback.base)
        self.assertEqual(one["state"], "lagging")
        self.assertEqual(one["attempts"], 1)
        self.assertIn("503", one["last_outcome"])
        self.assertNotIn(callback.token, str(said))
        self.assertEqual(said["deliveries"]["delivered"], 1)
        self.assertEqual(said["deliveries"]["failed_attempts"], 1)
        # The next one brings him both: he has had this one then.
        callback.on_post = lambda seen: Answer(204)
        hub.admin.ask(request(
            "POST", f"/admin/resend?topic={quote(topic, safe='')}"
                    f"&callback={one['id']}", body=b""))
        until(lambda: self.behind(hub, topic, 0), "nobody to lag")
        until(lambda: self.delivered(hub, topic, 2), "two to have it")

    def behind(self, hub, topic: str, count: int) -> bool:
        return self.trace(hub, topic)["deliveries"]["lagging"] == count

    def test_after_a_restart_it_is_what_the_store_knows(self) -> None:
        hub, origin, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.update(hub, origin)
        callback.wait_posts(1)
        before = self.trace(hub, topic, "2")
        hub.restart()
        said = self.trace(hub, topic, "2")
        for name in ("topic_id", "seq", "number", "kind", "stored"):
            self.assertEqual(said[name], before[name], name)
        self.assertFalse(said["since_start"])
        self.assertIsNone(said["pinged"])
        self.assertIsNone(said["deliveries"]["delivered"])
        self.assertEqual(said["deliveries"]["lagging"], 0)

    def test_pulls_that_waited_for_it_are_counted(self) -> None:
        hub, origin, topic = self.cast("--pull-open")
        self.follow(hub, topic, self.callback().url())
        puller = Puller(hub.client, topic)
        puller.pull()
        held = [threading.Thread(target=puller.ask, args=(30,))
                for _ in range(3)]
        for one in held:
            one.start()
        until(lambda: hub.status()["pulls"]["held"] == 3, "three to wait")
        self.update(hub, origin)
        for one in held:
            one.join()
        said = self.trace(hub, topic)
        self.assertEqual(said["pulls_released"], 3)
        self.assertGreaterEqual(said["pulls_released_at"] + 2, said["stored"])

    def test_what_was_given_was_never_fetched(self) -> None:
        key = "a-key-of-more-than-16-bytes"
        self.secrets.add(key)
        origin, callback = self.origin(), self.callback()
        hub = self.daemon(f"--publisher-key={origin.url('/')} {key}")
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        content, stamp = feed.add("two").render(), str(int(time.time()))
        message = topic.encode() + b"\n" + stamp.encode() + b"\n" + content
        digest = hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
        answer = hub.client.post([
            ("hub.mode", "publish"), ("hub.url", topic),
            ("hub.content", content), ("hub.timestamp", stamp),
            ("hub.signature", f"sha256={digest}")])
        self.assertEqual(answer.status, 204, answer.text)
        callback.wait_posts(1)
        until(lambda: self.delivered(hub, topic, 1), "it to count")
        said = self.trace(hub, topic)
        self.assertIsNone(said["fetch_began"])
        self.assertIsNone(said["phases_ms"]["fetch"])
        self.assertLessEqual(said["pinged"], said["stored"])

    def test_a_ping_that_had_to_wait_counts_from_when_it_came(self) -> None:
        hub, origin, topic = self.cast("--retry-first=100ms")
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        # Its first fetch fails: what a later one brings answers the ping.
        origin.script(Answer(500))
        before = int(time.time() * 1000)
        self.publish(hub, origin.serve(self.feed.add("two")))
        hub.wait_for("fetch.failed")
        after = int(time.time() * 1000)
        self.publish(hub, topic)
        callback.wait_posts(1)
        until(lambda: self.delivered(hub, topic, 1), "it to count")
        said = self.trace(hub, topic)
        self.assertLessEqual(before - 2, said["pinged"])
        self.assertLessEqual(said["pinged"], after + 2)
        self.assertLessEqual(said["pinged"], said["fetch_began"])

    def test_the_newest_updates_are_listed(self) -> None:
        hub, origin, topic = self.cast()
        self.assertEqual(hub.admin.json("/admin/traces"),
                         {"traces": []})
        self.follow(hub, topic, self.callback().url())
        traces = hub.admin.json("/admin/traces?limit=5")["traces"]
        self.assertEqual([(one["topic"], one["seq"]) for one in traces],
                         [(topic, 1)])
        for name in ("three", "four"):
            self.update(hub, origin, name)
        traces = hub.admin.json("/admin/traces?limit=2")["traces"]
        self.assertEqual([one["seq"] for one in traces], [3, 2])

    def test_what_is_not_there_is_said(self) -> None:
        hub, _, topic = self.cast()
        self.trace(hub, topic, status=404)
        self.trace(hub, "nonsense", status=400)
        self.follow(hub, topic, self.callback().url())
        self.trace(hub, topic, "2", status=404)
        self.trace(hub, topic, "two", status=400)
        self.trace(hub, topic, "1")


if __name__ == "__main__":
    unittest.main()
