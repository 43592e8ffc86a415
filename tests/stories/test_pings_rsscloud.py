# SPDX-License-Identifier: MIT
"""rssCloud's REST ping."""

import json
import threading
import unittest
import xml.etree.ElementTree

from harness import Rss, Story, entries_of, until
from harness.client import request


class RssCloud(Story):
    def told(self, answer) -> tuple[str, str]:
        self.assertIn("text/xml", answer.get("content-type"))
        result = xml.etree.ElementTree.fromstring(answer.body)
        self.assertEqual(result.tag, "result")
        self.assertTrue(result.attrib["msg"])
        return answer.status, result.attrib["success"]

    def test_a_ping_is_a_fetch(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Rss().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        for count, path in enumerate(("/rsscloud/ping", "/ping"), 1):
            origin.serve(feed.add(f"by {path}"))
            answer = hub.client.post([("url", topic)], path)
            self.assertEqual(self.told(answer), (200, "true"))
            post = callback.wait_posts(count)[-1]
            self.assertIn(f"by {path}", entries_of(post.body))
        self.assertEqual(hub.status()["counters"]["pings.rsscloud"], 2)

    def test_who_wants_json_gets_json(self) -> None:
        hub = self.daemon()
        for pairs, status in (([("url", "http://a.example/")], 200), ([], 400)):
            answer = hub.client.post(pairs, "/ping",
                                     [("Accept", "application/json")])
            self.assertEqual(answer.get("content-type"),
                             "application/json")
            said = json.loads(answer.body)
            self.assertEqual((answer.status, said["success"]),
                             (status, status == 200))
        answer = hub.client.post(
            [("url", "http://a.example/")], "/ping",
            [("Accept", "text/xml, application/json;q=0.5")])
        self.told(answer)

    def test_R76_pings_are_answered_at_once_and_coalesce(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=5m"),
                                 self.callback(), self.origin())
        topic = origin.serve(Rss().add("one"))
        self.follow(hub, topic, callback.url())
        before = len(origin.fetches)
        origin.gate = threading.Event()  # no fetch ends before it opens
        for _ in range(20):
            answer = hub.client.post([("url", topic)], "/ping")
            self.assertEqual(self.told(answer), (200, "true"))
        origin.gate.set()
        callback.wait_posts(1)
        hub.stop()
        self.assertLessEqual(len(origin.fetches) - before, 3)

    def test_what_nobody_follows_is_never_fetched(self) -> None:
        hub, origin = self.daemon(), self.origin()
        topic = origin.serve(Rss().add("one"))
        answer = hub.client.post([("url", topic)], "/rsscloud/ping")
        self.assertEqual(self.told(answer), (200, "true"))
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_bad_ones_are_told(self) -> None:
        hub = self.daemon()
        for pairs in ([], [("url", "")], [("url", "ftp://a.example/")],
                      [("url", "not a url")],
                      [("url", "http://a.example/"),
                       ("url", "http://b.example/")],
                      [("link", "http://a.example/")]):
            answer = hub.client.post(pairs, "/rsscloud/ping")
            self.assertEqual(self.told(answer), (400, "false"), pairs)
        broken = request("POST", "/ping", [("Content-Type",
                         "application/x-www-form-urlencoded")], b"url=%zz")
        self.assertEqual(self.told(hub.client.ask(broken)), (400, "false"))
        other = request("POST", "/ping", [("Content-Type", "text/html")],
                        b"url=http://a.example/")
        self.assertEqual(self.told(hub.client.ask(other)), (415, "false"))
        long = hub.client.post([("url", "http://a.example/" + "x" * 20000)],
                               "/ping")
        self.assertEqual(self.told(long), (413, "false"))

    def test_a_star_is_a_letter_here(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Rss().add("one"))
        self.follow(hub, topic, callback.url())
        before = len(origin.fetches)
        hub.client.post([("url", origin.url("/*"))], "/ping")
        hub.stop()
        self.assertEqual(len(origin.fetches), before)

    def test_other_methods_are_405(self) -> None:
        hub = self.daemon()
        for path in ("/rsscloud/ping", "/ping"):
            answer = hub.client.get(path)
            self.assertEqual(answer.status, 405)
            self.assertIn("POST", answer.get("allow"))

    def test_too_many_are_429(self) -> None:
        hub = self.daemon("--accept-rate=1")
        answers = []

        def refused() -> bool:
            answers.append(hub.client.post([("url", "http://a.example/")],
                                           "/ping"))
            return answers[-1].status == 429
        until(refused, "the ceiling")
        self.assertEqual(answers[0].status, 200)
        self.assertTrue(answers[-1].get("retry-after"))


if __name__ == "__main__":
    unittest.main()
