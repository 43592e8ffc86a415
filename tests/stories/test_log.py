# SPDX-License-Identifier: MIT
"""The log: one line for each change of a subscription, and nothing that is
nobody's business."""

import json
import re
import subprocess
import unittest

from harness import PATIENCE, Answer, Atom, Story, binary
from harness.daemon import ROOT

CHANGES = ("subscription.active", "subscription.renewed",
           "subscription.ended", "subscription.refused")


class Log(Story):
    def test_each_change_is_one_line_with_id_and_host(self) -> None:
        hub = self.daemon()
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url("a"), callback.url("b"),
                    secret="never in the log")
        self.subscribe(hub, topic, callback.url("a"), secret="nor this",
                       event="subscription.renewed")
        self.accepted(hub, "unsubscribe", topic, callback.url("a"))
        hub.wait_for("subscription.ended", reason="unsubscribed")
        callback.script(Answer(410))
        self.publish(hub, topic)
        hub.wait_for("subscription.ended", reason="gone")
        self.subscribe(hub, topic, callback.url("c"))
        self.ctl(hub, "subscription", "extend", topic, callback.url("c"),
                 "--lease=3s")
        hub.wait_for("subscription.ended", reason="expired")
        hub.stop()
        lines = hub.lines(CHANGES)
        self.assertEqual([line.event.partition(".")[2] for line in lines],
                         ["active", "active", "renewed", "ended", "ended",
                          "active", "ended"])
        for line in lines:
            self.assertEqual(line.fields["host"], callback.host, line.text)
            self.assertLessEqual(set(line.fields),
                                 {"topic", "id", "host", "reason"})
        ids = [line.fields["id"] for line in lines]
        self.assertEqual(len({ids[0], ids[1], ids[5]}), 3)

    def test_the_start_says_what_the_limits_allow(self) -> None:
        hub = self.daemon()
        line = hub.wait_for("descriptors")
        self.assertGreater(int(line.fields["limit"]), 0)
        self.assertGreater(int(line.fields["connections"]), 0)

    def test_it_can_be_json(self) -> None:
        # It cannot start here, and says so in the format that is asked for.
        done = subprocess.run(
            [str(binary("websubd")), "--data=/dev/null/here",
             "--listen=127.0.0.1:0", "--log-format=json"],
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        lines = done.stderr.splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_lines_of_json_say_what_the_manual_says(self) -> None:
        hub = self.daemon("--log-format=json")
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url("a"), secret="never told")
        callback.script(Answer(500), Answer(204))
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        failed = hub.wait_for("delivery.failed", status="500")
        self.assertEqual(failed.fields["outcome"],
                         "HTTP 500 (Internal Server Error)")
        callback.wait_posts(2)
        hub.admin.get("/admin/topics?prefix=%ff%22%1b")
        self.accepted(hub, "subscribe", "http://127.9.9.9:9999/%22%5c",
                      callback.url("b", "?%22"))
        callback.on_verify = lambda _: Answer(404)
        self.accepted(hub, "subscribe", topic, callback.url("c"))
        hub.wait_for("verification.failed")
        hub.stop()
        manual = {row[0]: row for row in re.findall(
            r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \|",
            (ROOT / "contrib/man/events.md").read_text()
            .partition("## The relay")[0], re.M)}
        for line in hub.log.all()[:-1]:
            told = json.loads(line.text)
            self.assertRegex(told.pop("time"),
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(list(json.loads(line.text))[:3],
                             ["time", "level", "event"])
            _, levels, fields = manual[told.pop("event")]
            self.assertIn(told.pop("level"), levels.split(", "))
            for name, value in told.items():
                self.assertIn(f"`{name}`", fields, line.text)
                self.assertIsInstance(value, (int, str))

    def test_hostile_words_are_tame(self) -> None:
        hub = self.daemon()
        for target in ("/%0a2024 error fake", "/\x1b[31m", "/é"):
            hub.client.get(target.replace(" ", "%20"))
        callback = self.callback()
        self.accepted(hub, "subscribe", "http://127.9.9.9:9999/%1b%22x=1",
                      callback.url("cb", "?a=%22b%20c=d"))
        hub.wait_for("subscription.active")
        hub.stop()
        for line in hub.log.all():
            self.assertRegex(line.text, r"^(\d{4}-\S+ \w+ [a-z._]+( |$)|\()")


if __name__ == "__main__":
    unittest.main()
