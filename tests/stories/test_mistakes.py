# SPDX-License-Identifier: MIT
"""What a publisher serves by mistake for once is passed on to nobody, and
makes nothing new later."""

import unittest

from harness import Answer, Atom, Story, entries_of

PAGE = (b"<!DOCTYPE html><html><head><title>Back soon</title></head>"
        b"<body><h1>We are working on it</h1></body></html>")
HTML = [("Content-Type", "text/html")]


class Mistakes(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon()
        self.callback_server, self.site = self.callback(), self.origin()
        self.feed = Atom().add("one").add("two")
        self.topic = self.site.serve(self.feed)
        self.follow(self.hub, self.topic, self.callback_server.url(),
                    content="entries")

    def mistake(self, answer: Answer) -> None:
        since = self.hub.mark()
        self.site.script(answer)
        self.publish(self.hub, self.topic)
        self.hub.wait_for("fetch.not-a-feed", since=since)
        self.hub.wait_for("fetch.failed", since=since, status="200")

    def only_the_next_entry_is_new(self) -> None:
        self.site.serve(self.feed.add("three"))
        self.publish(self.hub, self.topic)
        post = self.callback_server.wait_posts(1)[0]
        self.assertEqual(entries_of(post.body), ["three"])
        with self.quiet(self.hub, self.callback_server):
            pass

    def test_a_page_in_the_place_of_a_feed(self) -> None:
        self.mistake(Answer(200, PAGE, HTML))
        self.only_the_next_entry_is_new()

    def test_a_page_that_calls_itself_a_feed(self) -> None:
        self.mistake(Answer(200, PAGE, [("Content-Type",
                                         "application/atom+xml")]))
        self.only_the_next_entry_is_new()

    def test_nothing_at_all(self) -> None:
        self.mistake(Answer(200, b"", [("Content-Type",
                                        "application/atom+xml")]))
        self.mistake(Answer(200, b"\r\n \n"))
        self.only_the_next_entry_is_new()

    def test_an_error_in_json(self) -> None:
        self.mistake(Answer(200, b'{"error": "rate limited"}',
                            [("Content-Type", "application/json")]))
        self.only_the_next_entry_is_new()

    def test_what_had_to_be_mended_is_told(self) -> None:
        self.site.serve(self.feed.add("three", "salt & pepper"))
        since = self.hub.mark()
        self.publish(self.hub, self.topic)
        post = self.callback_server.wait_posts(1)[0]
        self.assertIn(b"salt & pepper", post.body)
        line = self.hub.wait_for("feed.mended", since=since)
        self.assertEqual(line.fields["repairs"], "ampersand")

    def test_the_validators_of_a_mistake_are_not_believed(self) -> None:
        self.mistake(Answer(200, PAGE, [*HTML, ("ETag", '"page"')]))
        since = len(self.site.fetches)
        self.site.serve(self.feed.add("three"))
        self.publish(self.hub, self.topic)
        self.callback_server.wait_posts(1)
        for seen in self.site.fetches.all()[since:]:
            self.assertNotEqual(seen.get("If-None-Match"), '"page"')

    def test_an_empty_topic_that_fills_up_is_news(self) -> None:
        hub, callback, site = self.daemon(), self.callback(), self.origin()
        topic = site.serve(b"", "text/plain")
        since = hub.mark()
        self.subscribe(hub, topic, callback.url())
        hub.wait_for("fetch.done", since=since)
        site.serve(b"hello", "text/plain")
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, b"hello")


class Caches(Story):
    """M6: a cache at the edge has not heard of the update yet."""

    def test_what_was_there_a_moment_ago_is_not_published_again(self) -> None:
        hub, callback, site = self.daemon(), self.callback(), self.origin()
        topic = site.serve(b"first", "text/plain")
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)  # for the baseline
        callback.wait_posts(1)
        site.serve(b"second", "text/plain")
        self.publish(hub, topic)
        callback.wait_posts(2)
        since = hub.mark()
        site.script(Answer(200, b"first", [("Content-Type", "text/plain"),
                                           ("ETag", '"an old one"')]))
        self.publish(hub, topic)
        doubted = hub.wait_for("fetch.doubted", since=since)
        self.assertEqual(doubted.fields["wait_ms"], "90000")
        # Whoever asks next is told right.
        site.serve(b"third", "text/plain")
        self.publish(hub, topic)
        posts = callback.wait_posts(3)
        self.assertEqual([post.body for post in posts],
                         [b"first", b"second", b"third"])
        for seen in site.fetches.all():
            self.assertNotEqual(seen.get("If-None-Match"), '"an old one"')


if __name__ == "__main__":
    unittest.main()
