# SPDX-License-Identifier: MIT
"""What is delivered: of feeds what is new, of all else everything, and with
the publisher's own words around it."""

import re
import unittest

from harness import Atom, Rss, Story, entries_of

JSON_FEED = (b'{"version": "https://jsonfeed.org/version/1.1", "title": "t",'
             b' "items": [{"id": "%s", "content_text": "x"}]}')


class Feeds(Story):
    def deliveries(self, feed, *steps, **params: str) -> list:
        """Subscribe, then change and ping once for every step.  What the
        subscriber got, in order."""
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url(), **params)
        for count, step in enumerate(steps, 1):
            step()
            origin.serve(feed)
            self.publish(hub, topic)
            callback.wait_posts(count)
        hub.stop()
        self.assertEqual(len(callback.posts), len(steps))
        return callback.posts.all()

    def cut(self, feed, *kept: str) -> bytes:
        """The feed with only these entries, byte for byte.  The blanks where
        others were are the publisher's, so they may stay or go."""
        entries = [item for item in feed.entries
                   if any(f"<title>{name}<" in item for name in kept)]
        whole, feed.entries = feed.entries, entries
        body = feed.render()
        feed.entries = whole
        return body

    def assert_cut(self, body: bytes, feed, *kept: str) -> None:
        squeeze = re.compile(rb"\s+")
        self.assertEqual(squeeze.sub(b" ", body),
                         squeeze.sub(b" ", self.cut(feed, *kept)))

    def test_atom_is_whole_first_and_then_only_what_is_new(self) -> None:
        feed = Atom().add("one").add("two")
        first, second = self.deliveries(feed, lambda: feed.add("three"),
                                        lambda: feed.add("four"))
        self.assertEqual(entries_of(first.body), ["three", "two", "one"])
        self.assert_cut(second.body, feed, "four")

    def test_rss_is_whole_first_and_then_only_what_is_new(self) -> None:
        feed = Rss().add("one").add("two")
        first, second = self.deliveries(feed, lambda: feed.add("three"),
                                        lambda: feed.add("four"))
        self.assertEqual(entries_of(first.body), ["three", "two", "one"])
        self.assert_cut(second.body, feed, "four")

    def test_a_changed_entry_is_new(self) -> None:
        feed = Atom().add("one").add("two").add("three")

        def change() -> None:
            feed.entries[2] = Atom.entry("two", "other words")
        _, second = self.deliveries(feed, lambda: feed.add("four"), change)
        self.assertEqual(entries_of(second.body), ["two"])
        self.assertIn(b"other words", second.body)

    def test_an_old_client_gets_only_what_is_new_from_the_start(self
                                                                ) -> None:
        feed = Atom().add("one").add("two")
        first, = self.deliveries(feed, lambda: feed.add("three"),
                                 verify="async")
        self.assert_cut(first.body, feed, "three")

    def test_hub_content_chooses(self) -> None:
        feed = Atom().add("one")
        first, = self.deliveries(feed, lambda: feed.add("two"),
                                 content="entries")
        self.assertEqual(entries_of(first.body), ["two"])
        feed = Atom().add("one")
        _, second = self.deliveries(feed, lambda: feed.add("two"),
                                    lambda: feed.add("three"),
                                    content="full")
        self.assertEqual(second.body, feed.render())

    def test_the_hub_can_be_told_to_send_all_of_it(self) -> None:
        hub = self.daemon("--feed-delivery=full")
        callback, origin, feed = self.callback(), self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        for count, name in enumerate(("two", "three"), 1):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            self.assertEqual(callback.wait_posts(count)[-1].body,
                             feed.render())

    def test_a_later_subscriber_starts_with_the_whole(self) -> None:
        hub, origin = self.daemon(), self.origin()
        early, late = self.callback(), self.callback()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, early.url())
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        early.wait_posts(1)
        self.subscribe(hub, topic, late.url())
        origin.serve(feed.add("three"))
        self.publish(hub, topic)
        self.assertEqual(late.wait_posts(1)[0].body, feed.render())
        self.assertEqual(entries_of(early.wait_posts(2)[1].body), ["three"])

    def test_what_cannot_be_read_as_a_feed_is_delivered_whole(self) -> None:
        hub, callback = self.daemon(), self.callback()
        kind = "application/atom+xml"
        for count, (old, new) in enumerate((
                (b"<poem>one", b"<poem>two"),
                (b"{ this: is no JSON", b"{ nor is: this"),
                (b"\xff\xfe\x00 not even text", b"\xff\xfe\x00 nor this")), 1):
            with self.subTest(body=new):
                origin = self.origin()
                topic = origin.serve(old, kind)
                self.follow(hub, topic, callback.url())
                origin.serve(new, kind)
                self.publish(hub, topic)
                post = callback.wait_posts(count)[-1]
                self.assertEqual(post.body, new)
                self.assertEqual(post.get("Content-Type"), kind)


class Others(Story):
    def test_what_is_no_feed_is_whole_every_time(self) -> None:
        hub, callback = self.daemon(), self.callback()
        kinds = {
            "text/plain": (b"one\n", b"one\ntwo\n"),
            "application/json": (b'{"a": 1}', b'{"a": 1, "b": 2}'),
            "image/png": (b"\x89PNG\r\n\x1a\n\0", bytes(range(256)) * 40),
            "application/feed+json": (JSON_FEED % b"1", JSON_FEED % b"2"),
            "text/html; charset=UTF-8": (b"<p>one", b"<p>one<p>two"),
        }
        for count, (kind, (old, new)) in enumerate(kinds.items(), 1):
            with self.subTest(kind=kind):
                origin = self.origin()
                topic = origin.serve(old, kind)
                self.follow(hub, topic, callback.url())
                origin.serve(new, kind)
                self.publish(hub, topic)
                post = callback.wait_posts(count)[-1]
                self.assertEqual(post.body, new)
                self.assertEqual(post.get("Content-Type"), kind)

    def test_a_large_document_arrives_whole(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(b"small", "text/plain")
        self.follow(hub, topic, callback.url(), secret="of a large one")
        large = b"".join(b"%08d " % n for n in range(300_000))
        origin.serve(large, "text/plain")
        self.publish(hub, topic)
        self.assertTrue(callback.wait_posts(1)[0].body == large)


class Headers(Story):
    def delivery(self, feed, content_type, **serve):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(feed, content_type, **serve)
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        return hub, topic, callback.wait_posts(1)[0]

    def test_the_content_type_is_the_publishers_to_the_byte(self) -> None:
        kind = "Application/Atom+XML;type=feed; CHARSET=utf-8"
        _, _, post = self.delivery(Atom().add("one"), kind)
        self.assertEqual(post.all("Content-Type"), [kind])

    def test_without_a_content_type_none_is_made_up(self) -> None:
        _, _, post = self.delivery(b"words", None)
        self.assertIn(post.get("Content-Type"),
                      (None, "application/octet-stream"))

    def test_link_names_hub_and_topic_in_one_header(self) -> None:
        hub, topic, post = self.delivery(Atom().add("one"), None)
        self.assertEqual(
            post.all("Link"),
            [f'<{hub.hub}>; rel="hub", <{topic}>; rel="self"'])

    def test_links_are_those_that_the_publisher_gives(self) -> None:
        feed = Atom(hub="https://hub.example.org/x?y=1",
                    self_url="https://example.org/the/feed").add("one")
        _, _, post = self.delivery(feed, None)
        self.assertEqual(
            post.all("Link"),
            ['<https://hub.example.org/x?y=1>; rel="hub", '
             '<https://example.org/the/feed>; rel="self"'])

    def test_of_several_hubs_ours_comes_first(self) -> None:
        hub = self.daemon("--hub-alias=https://us.example/hub")
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(b"words", "text/plain", fields=[
            ("Link", '<https://other.example/>; rel="hub"'),
            ("Link", '<https://us.example/hub>; rel="hub"')])
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        self.assertEqual(
            callback.wait_posts(1)[0].all("Link"),
            ['<https://us.example/hub>; rel="hub", '
             '<https://other.example/>; rel="hub", '
             f'<{topic}>; rel="self"'])

    def test_links_in_the_publishers_headers_win(self) -> None:
        _, _, post = self.delivery(
            b"words", "text/plain",
            fields=[("Link", '<https://h.example/>; rel=hub'),
                    ("Link", '</other>; rel="self"')])
        link, = post.all("Link")
        self.assertRegex(link, r'^<https://h.example/>; rel="hub", '
                               r'<http://127[^>]*/other>; rel="self"$')

    def test_deliveries_are_numbered_and_chained(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        for count, name in enumerate(("two", "three", "four"), 1):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            callback.wait_posts(count)
        last = None
        for post in callback.posts.all():
            sequence, = post.all("Hub-Sequence")
            previous, = post.all("Hub-Previous")
            self.assertRegex(sequence, r"^[0-9a-f]+\.[0-9]+$")
            self.assertEqual(sequence.split(".")[0], previous.split(".")[0])
            self.assertLess(int(previous.split(".")[1]),
                            int(sequence.split(".")[1]))
            if last is not None:
                self.assertEqual(previous, last)
            last = sequence

    def test_deliveries_are_plain_posts(self) -> None:
        _, _, post = self.delivery(Atom().add("one"), None)
        self.assertEqual(post.method, "POST")
        self.assertEqual(post.get("Content-Length"), str(len(post.body)))
        for name in ("Expect", "Transfer-Encoding", "Cookie",
                     "Content-Encoding", "ETag"):
            self.assertEqual(post.all(name), [], name)

    def test_the_callback_is_called_to_the_byte(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        url = callback.url("x/../y", "?x=1&&y=%7e+%20&z")
        self.follow(hub, topic, url)
        self.publish(hub, topic)
        self.assertEqual(callback.base + callback.wait_posts(1)[0].target,
                         url)


if __name__ == "__main__":
    unittest.main()
