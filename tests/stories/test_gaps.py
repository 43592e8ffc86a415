# SPDX-License-Identifier: MIT
"""Nothing is lost in silence: what cannot be had any more is told."""

import unittest

from harness import Atom, Daemon, Puller, Story, entries_of, until

MANY = 1250


class Gaps(Story):
    def cast(self, *options: str):
        hub = self.daemon("--pull-open", *options)
        origin, feed = self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        puller = Puller(hub.client, topic)
        puller.pull()
        hub.wait_for("update")
        puller.pull()
        return hub, origin, feed, topic, puller

    def update(self, hub, origin, feed, *names: str) -> None:
        for name in names:
            since = hub.mark()
            self.publish(hub, origin.serve(feed.add(name)))
            hub.wait_for("update", since=since)

    def test_what_retention_took_is_told_exactly(self) -> None:
        hub, origin, feed, topic, puller = self.cast("--retention-updates=5")
        callback = self.callback()
        self.subscribe(hub, topic, callback.url())
        self.update(hub, origin, feed, "first")
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1,
              "the delivery to count")
        callback.stop()
        # Trimming may take its time, unless there is very much to trim.
        for number in range(MANY):
            del feed.entries[3:]
            self.update(hub, origin, feed, f"number {number}")
        hub.wait_for("log.trimmed")
        until(lambda: lost_since(hub, topic, puller.cursor) > MANY - 150,
              "the end of trimming")
        self.pulled(puller, topic, MANY + 1)
        self.delivered(hub, origin, feed, callback)

    def pulled(self, puller: Puller, topic: str, updates: int) -> None:
        """What was lost and what comes is all there was, in order."""
        # In one page: trimming may go on after it.
        page = puller.pull(limit="1000")
        gap, lost = page["gap"], page["gap"]["topics"][0]
        self.assertEqual((gap["reason"], lost["topic"], lost["exact"]),
                         ("expired", topic, True))
        self.assertEqual(lost["lost"], lost["to_seq"] - lost["from_seq"] + 1)
        events = page["events"]
        self.assertEqual(lost["to_seq"] + 1, events[0]["seq"])
        self.assertFalse(page["more"])
        self.assertEqual(lost["lost"] + len(events), updates)

    def delivered(self, hub, origin, feed, callback) -> None:
        """A webhook that missed it gets the newest whole, and is told."""
        callback.listen()
        self.publish(hub, origin.serve(feed.add("last")))
        callback.posts.wait_until(
            lambda posts: "last" in entries_of(posts[-1].body), "the last")
        told = [post for post in callback.posts.all() if post.get("Hub-Gap")]
        self.assertEqual(len(told), 1)
        self.assertRegex(told[0].get("Hub-Gap"),
                         r"^[0-9a-f]+\.\d+-\d+; reason=expired$")
        self.assertIn("<feed", told[0].body.decode())

    def test_a_cursor_of_another_history_is_told(self) -> None:
        hub, origin, feed, topic, puller = self.cast()
        copy = self.directory / "copy"
        self.copy_store(hub, copy)
        self.update(hub, origin, feed, "two")
        puller.pull()
        hub.stop()
        other = Daemon(copy, *hub.options)
        self.daemons.append(other)
        other.start()
        puller.client = other.client
        page = puller.pull()
        self.assertEqual(page["gap"]["reason"], "epoch")
        # And it goes on from there.
        self.update(other, origin, feed, "three")
        page = puller.pull()
        self.assertIsNone(page["gap"])
        self.assertEqual(len(page["events"]), 1)

    def test_a_cursor_for_other_topics_is_told(self) -> None:
        hub, origin, feed, topic, puller = self.cast()
        other = origin.serve(Atom(title="another").add("uno"), path="/other")
        since = hub.mark()
        Puller(hub.client, other).pull()
        hub.wait_for("update", since=since)
        both = Puller(hub.client, topic, other, since=puller.cursor)
        page = both.pull()
        self.assertEqual(page["scope"], "changed")
        self.assertNotIn("scope", both.pull())


def lost_since(hub: Daemon, topic: str, cursor: str) -> int:
    page = Puller(hub.client, topic, since=cursor).pull(limit="1")
    return page["gap"]["topics"][0]["lost"] if page["gap"] else 0


if __name__ == "__main__":
    unittest.main()
