# SPDX-License-Identifier: MIT
"""When a topic is polled: as often as it is worth it, and as its publisher
asks."""

import unittest
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from harness import Atom, Daemon, Story

BOUNDS = ["--poll-min=1s", "--poll-max=1d"]
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def lively(channel: str = "") -> bytes:
    """RSS that has had an item every two minutes for an hour."""
    now = datetime.now(timezone.utc)
    items = "".join(
        f"<item><guid isPermaLink='false'>{i}</guid><title>{i}</title>"
        f"<pubDate>{format_datetime(now - timedelta(minutes=2 * i + 1))}"
        "</pubDate></item>\n" for i in range(30))
    return ("<rss version='2.0'><channel><title>A feed</title>"
            "<link>http://example.org/</link><description>words</description>"
            f"{channel}{items}</channel></rss>").encode()


def all_hours_but(hour: int) -> str:
    return "<skipHours>" + "".join(
        f"<hour>{skipped}</hour>" for skipped in range(24)
        if skipped != hour) + "</skipHours>"


class PollPlan(Story):
    def follow_one(self, document: bytes, fields: list[tuple[str, str]] | None
                   = None) -> tuple[Daemon, str]:
        hub, callback, origin = (self.daemon(*BOUNDS), self.callback(),
                                 self.origin())
        topic = origin.serve(document, "application/rss+xml", fields=fields)
        self.follow(hub, topic, callback.url())
        return hub, topic

    def topic(self, hub: Daemon) -> dict[str, Any]:
        return self.ctl_json(hub, "topics")["topics"][0]

    def planned(self, document: bytes, fields: list[tuple[str, str]] | None
                = None) -> tuple[float, str]:
        """In how many seconds the next poll is after the first, and why.
        The first delay is up to twice what was asked for, so that what came
        at once drifts apart."""
        hub, _ = self.follow_one(document, fields)
        told = self.topic(hub)
        return ((told["fetch_due"] - told["last_fetch"]) / 1000,
                told["poll"]["why"])

    def test_a_lively_feed_is_polled_soon(self) -> None:
        delay, why = self.planned(lively())
        self.assertLess(delay, 5 * MINUTE)
        self.assertIn(why, ("learnt", "unknown", "shortest"))

    def test_its_dates_teach_how_often_it_changes(self) -> None:
        hub, _ = self.follow_one(lively())
        told = self.topic(hub)
        # Every two minutes would be 5040.
        self.assertGreater(told["poll"]["updates_a_week"], 200)

    def test_ttl_is_honoured(self) -> None:
        delay, why = self.planned(lively("<ttl>45</ttl>"))
        self.assertEqual(why, "ttl")
        self.assertGreaterEqual(delay, 45 * MINUTE - 1)
        self.assertLess(delay, 2 * 45 * MINUTE + 1)

    def test_max_age_is_honoured(self) -> None:
        delay, why = self.planned(
            lively(), [("Cache-Control", "public, max-age=1800")])
        self.assertEqual(why, "fresh")
        self.assertGreaterEqual(delay, 30 * MINUTE - 1)
        self.assertLess(delay, 2 * 30 * MINUTE + 1)

    def test_expires_is_honoured(self) -> None:
        then = datetime.now(timezone.utc) + timedelta(minutes=40)
        delay, why = self.planned(
            lively(), [("Expires", format_datetime(then, usegmt=True))])
        self.assertEqual(why, "fresh")
        self.assertGreater(delay, 35 * MINUTE)
        self.assertLess(delay, 2 * 40 * MINUTE + 1)

    def test_a_year_of_max_age_does_not_stop_polls(self) -> None:
        delay, _ = self.planned(
            lively(), [("Cache-Control", "max-age=31536000")])
        self.assertLess(delay, 2 * HOUR + 1)

    def test_skipped_hours_are_skipped(self) -> None:
        now = datetime.now(timezone.utc)
        wanted = now + timedelta(hours=5)
        hub, _ = self.follow_one(lively(all_hours_but(wanted.hour)))
        told = self.topic(hub)
        self.assertEqual(told["poll"]["why"], "skipped")
        due = datetime.fromtimestamp(told["fetch_due"] / 1000, timezone.utc)
        self.assertEqual(due.hour, wanted.hour)

    def test_pings_in_time_relax_polls(self) -> None:
        hub, callback, origin = (self.daemon(*BOUNDS), self.callback(),
                                 self.origin())
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        for name in ("two", "three", "four"):
            origin.serve(feed.add(name))
            self.publish_and_fetch(hub, topic)
        told = self.topic(hub)
        self.assertEqual(told["poll"]["why"], "pings")
        self.assertGreater(told["fetch_due"] - told["last_fetch"],
                           20 * HOUR * 1000)
        self.assertIn("safety net", self.ctl(hub, "explain", topic))

    def test_a_plan_survives_a_restart(self) -> None:
        hub, topic = self.follow_one(lively("<ttl>45</ttl>"))
        before = self.topic(hub)
        hub.restart()
        after = self.topic(hub)
        self.assertEqual(after["fetch_due"], before["fetch_due"])
        self.assertEqual(after["poll"]["why"], "ttl")

    def test_explain_says_when_and_why(self) -> None:
        hub, topic = self.follow_one(lively("<ttl>45</ttl>"))
        told = self.ctl(hub, "explain", topic)
        self.assertIn("The next fetch without a ping is", told)
        self.assertIn("ttl or sy:updatePeriod", told)
        self.assertIn("updates a week are expected", told)


if __name__ == "__main__":
    unittest.main()
