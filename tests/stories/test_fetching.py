# SPDX-License-Identifier: MIT
"""Fetching topics: politely, and never passing on what is not the topic."""

import gzip
import unittest

from harness import Answer, Atom, Story, entries_of


class Fetching(Story):
    def cast(self, **serve):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed, **serve)
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, feed, topic

    def test_fetches_are_conditional(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        # The first ping is for the baseline, which a 304 would not bring.
        self.publish_and_fetch(hub, topic)
        self.publish_and_fetch(hub, topic)
        first, _, third = origin.fetches.wait(3)[:3]
        self.assertEqual(first.all("If-None-Match"), [])
        self.assertTrue(third.get("If-None-Match"))
        self.assertEqual(first.method, "GET")
        self.assertIn("websubd", first.get("User-Agent") or "")
        self.assertEqual(first.get("Accept"), "*/*")

    def test_an_error_page_is_never_delivered(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        for status in (404, 500, 403):
            since = hub.mark()
            origin.script(Answer(status, b"<h1>an error</h1>"))
            self.publish(hub, topic)
            hub.wait_for("fetch.failed", since=since)
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertIn("two", entries_of(post.body))

    def test_a_truncated_document_is_never_delivered(self) -> None:
        hub, callback, origin, feed, topic = self.cast()
        feed.add("two")
        since = hub.mark()
        origin.script(Answer(raw=(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/atom+xml\r\n"
            b"Content-Length: 99999\r\n\r\n" + feed.render()), close=True))
        self.publish(hub, topic)
        hub.wait_for("fetch.failed", since=since)
        origin.serve(feed)
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, feed.render())

    def test_a_document_that_is_too_large_is_never_delivered(self) -> None:
        hub, callback, origin = (self.daemon("--body-max=64KiB"),
                                 self.callback(), self.origin())
        topic = origin.serve(b"small", "text/plain")
        self.follow(hub, topic, callback.url())
        since = hub.mark()
        origin.script(Answer(200, b"x" * 100_000,
                             [("Content-Type", "text/plain")]))
        self.publish(hub, topic)
        hub.wait_for("fetch.failed", since=since)
        origin.serve(b"small still", "text/plain")
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, b"small still")

    def test_redirects_of_a_topic_are_followed(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        elsewhere = self.origin()
        feed = Atom().add("one")
        real = elsewhere.serve(feed)
        topic = origin.serve(b"", path="/moved")
        origin.answer = lambda seen: Answer(
            302, fields=[("Location", real)])
        self.follow(hub, topic, callback.url())
        elsewhere.serve(feed.add("two"))
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.body, feed.render())

    def test_a_loop_of_redirects_ends(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        origin.answer = lambda seen: Answer(
            302, fields=[("Location", seen.target + "x")])
        self.subscribe(hub, origin.url(), callback.url())
        hub.wait_for("fetch.failed")

    def test_compressed_documents_are_delivered_plain(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        body = b"plain words " * 100
        topic = origin.serve(gzip.compress(body), "text/plain",
                             fields=[("Content-Encoding", "gzip")])
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.body, body)
        self.assertEqual(post.all("Content-Encoding"), [])

    def test_a_first_fetch_that_fails_is_tried_by_the_next_ping(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        origin.script(Answer(503))
        self.subscribe(hub, topic, callback.url())
        hub.wait_for("fetch.failed")
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, feed.render())


if __name__ == "__main__":
    unittest.main()
