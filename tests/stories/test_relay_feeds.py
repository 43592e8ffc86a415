# SPDX-License-Identifier: MIT
"""Feeds that a relay hands on, naming itself as their hub."""

import unittest

from harness import Answer, form
from test_relay_faults import Cast


class Feeds(Cast):
    """A subscriber that cannot be told which hub to use."""

    FEED = (b'<feed><link rel="hub" href="https://hub.example/"/>'
            b'<link rel="self" href="http://feeds.example/true"/></feed>')

    def cast(self):
        origin = self.origin()
        return origin, self.relay(f"--feed={origin.base}/",
                                  no_proxy=origin.host)

    def get(self, relay, url: str, *fields):
        return relay.client.get("/feed?" + form([("url", url)]).decode(),
                                [("Host", "relay.local:8090"), *fields])

    def test_M21_the_feed_names_the_relay_as_its_hub(self) -> None:
        origin, relay = self.cast()
        topic = origin.serve(self.FEED, content_type="application/atom+xml")
        answer = self.get(relay, topic)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.body, self.FEED.replace(
            b"https://hub.example/", b"http://relay.local:8090/"))
        self.assertEqual(answer.get("Content-Type"), "application/atom+xml")
        self.assertEqual(answer.get("Link"),
                         '<http://relay.local:8090/>; rel="hub"')

    def test_what_names_nothing_is_named_by_its_address(self) -> None:
        origin, relay = self.cast()
        topic = origin.serve(b"<rss/>")
        self.assertEqual(self.get(relay, topic).get("Link"),
                         '<http://relay.local:8090/>; rel="hub", '
                         f'<{topic}>; rel="self"')

    def test_the_head_of_the_feed_counts(self) -> None:
        origin, relay = self.cast()
        topic = origin.serve(b"[]", fields=[
            ("Link", '<https://hub.example/>; rel="hub"'),
            ("Link", '<http://feeds.example/true>; rel="self"')])
        self.assertEqual(self.get(relay, topic).get("Link"),
                         '<http://relay.local:8090/>; rel="hub", '
                         '<http://feeds.example/true>; rel="self"')

    def test_only_what_is_allowed_is_fetched(self) -> None:
        origin, relay = self.cast()
        for url in ("http://127.0.0.1/", origin.base + "@127.0.0.1/",
                    origin.base + "/../x", origin.base + "/%2e%2e/x"):
            self.assertIn(self.get(relay, url).status, (400, 403), url)
        self.assertEqual(origin.accepted, 0)

    def test_redirects_are_handed_on(self) -> None:
        origin, relay = self.cast()
        inside, outside = "/moved", "http://elsewhere.example/feed"
        origin.script(Answer(301, fields=[("Location", inside)]),
                      Answer(302, fields=[("Location", outside)]))
        answer = self.get(relay, origin.url("/feed"))
        self.assertEqual(answer.status, 301)
        self.assertEqual(
            answer.get("Location"), "http://relay.local:8090/feed?"
            + form([("url", origin.url(inside))]).decode())
        answer = self.get(relay, origin.url("/feed"))
        self.assertEqual((answer.status, answer.get("Location")),
                         (302, outside))

    def test_what_is_unchanged_is_304(self) -> None:
        origin, relay = self.cast()
        topic = origin.serve(self.FEED)
        tag = self.get(relay, topic).get("ETag")
        answer = self.get(relay, topic, ("If-None-Match", tag))
        self.assertEqual((answer.status, answer.get("ETag")), (304, tag))

    def test_a_feed_that_is_not_there_is_no_feed(self) -> None:
        origin, relay = self.cast()
        self.assertEqual(self.get(relay, origin.url("/none")).status, 502)
        origin.stop()
        self.assertEqual(self.get(relay, origin.url("/none")).status, 504)


if __name__ == "__main__":
    unittest.main()
