# SPDX-License-Identifier: MIT
"""websubctl topic: one topic, and what of it is delivered."""

import json
import unittest

from harness import Rss, Story

FINE, NO, USAGE = 0, 1, 2


class Topic(Story):
    def cast(self):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.feed = Rss().add("one")
        topic = origin.serve(self.feed)
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, topic

    def chosen(self, hub, topic: str) -> str:
        """As each of the places that show it says."""
        listed, = self.ctl_json(hub, "topics")["topics"]
        shown = self.ctl_json(hub, "topic", topic)
        explained = self.ctl_json(hub, "explain", topic)["record"]
        self.assertEqual({listed["content"], explained["content"]},
                         {shown["content"]})
        self.assertRegex(self.ctl(hub, "topic", topic),
                         rf"(?m)^content +{shown['content']}$")
        return shown["content"]

    def test_a_topic_is_shown(self) -> None:
        hub, callback, origin, topic = self.cast()
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)
        callback.wait_posts(1)
        shown = self.ctl_json(hub, "topic", topic)
        self.assertEqual(shown["url"], topic)
        self.assertEqual((shown["head"], shown["subscriptions"]), (2, 1))
        self.assertEqual((shown["last_status"], shown["failures"]), (200, 0))
        self.assertGreater(shown["last_fetch"], 0)
        self.assertGreater(shown["fetch_due"], shown["last_fetch"])
        self.assertTrue(shown["etag"])
        self.assertIn("why", shown["poll"])
        self.assertGreaterEqual(shown["poll"]["updates_a_week"], 0)
        told = self.ctl(hub, "topic", topic)
        for words in (topic, "next fetch", "poll", "updates a week"):
            self.assertIn(words, told)

    def test_what_is_delivered_can_be_chosen(self) -> None:
        hub, _, _, topic = self.cast()
        self.assertEqual(self.chosen(hub, topic), "default")
        for content in ("each", "entries", "full", "default", "each"):
            answer = json.loads(self.ctl(hub, "topic", topic, "--json",
                                         f"--content={content}"))
            self.assertEqual(answer["content"], content)
            self.assertEqual(self.chosen(hub, topic), content)
            hub.wait_for("admin.topic.changed",
                         what=f"content={content}")

    def test_the_choice_outlives_a_restart(self) -> None:
        hub, callback, origin, topic = self.cast()
        self.ctl(hub, "topic", topic, "--content", "full")
        hub.restart()
        self.assertEqual(self.chosen(hub, topic), "full")
        for count, name in enumerate(("two", "three"), 1):
            origin.serve(self.feed.add(name))
            self.publish(hub, topic)
            self.assertEqual(callback.wait_posts(count)[-1].body,
                             self.feed.render())

    def test_what_is_no_choice_is_refused(self) -> None:
        hub, _, _, topic = self.cast()
        for content in ("some", "", "Each"):
            self.ctl(hub, "topic", topic, f"--content={content}", code=USAGE)
        self.assertEqual(self.chosen(hub, topic), "default")

    def test_a_topic_that_is_not_known_is_no(self) -> None:
        hub, _, _, topic = self.cast()
        self.ctl(hub, "topic", topic + "/other", code=NO)
        self.ctl(hub, "topic", topic + "/other", "--content=full", code=NO)
        self.ctl(hub, "topic", "no URL", code=USAGE)
        self.ctl(hub, "topic", code=USAGE)
        self.ctl(hub, "topic", topic, topic, code=USAGE)

    def test_the_public_cannot_choose(self) -> None:
        hub, _, _, topic = self.cast()
        answer = hub.client.post([("topic", topic), ("content", "each")],
                                 "/admin/topic")
        self.assertEqual(answer.status, 404)
        self.assertEqual(self.chosen(hub, topic), "default")


if __name__ == "__main__":
    unittest.main()
