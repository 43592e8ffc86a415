# SPDX-License-Identifier: MIT
"""What a topic's memory of entries is for: nothing old is ever new again."""

import unittest

from harness import Atom, Callback, Daemon, Origin, Rss, Story, entries_of

PAGE = (b"<!doctype html><title>503</title><p>Come back later.",
        "text/html; charset=utf-8")


def feed(*names: str, text: str = "text") -> Atom:
    out = Atom()
    for name in reversed(names):
        out.add(name, text)
    return out


class Memory(Story):
    hub: Daemon
    there: Callback
    source: Origin
    topic: str

    def start(self, document: Atom | Rss, *options: str) -> None:
        self.hub = self.daemon(*options)
        self.there, self.source = self.callback(), self.origin()
        self.topic = self.source.serve(document)
        # Always entries, the first time too.
        self.follow(self.hub, self.topic, self.there.url(),
                    content="entries")

    def show(self, document: Atom | Rss) -> None:
        self.source.serve(document)
        self.publish_and_fetch(self.hub, self.topic)

    def assert_new(self, document: Atom | Rss, *names: str) -> None:
        """Also the witness that what was shown before brought nothing."""
        count = len(self.there.posts)
        self.source.serve(document)
        self.publish(self.hub, self.topic)
        post = self.there.wait_posts(count + 1)[count]
        self.assertEqual(entries_of(post.body), list(names))
        self.assertEqual(len(self.there.posts), count + 1)


class Returning(Memory):
    def test_an_entry_that_returns_is_not_new(self) -> None:
        self.start(feed("b", "a"))
        self.assert_new(feed("c", "b"), "c")
        self.show(feed("c", "b", "a"))
        self.assert_new(feed("d", "c", "a"), "d")

    def test_one_that_returns_changed_is(self) -> None:
        self.start(feed("b", "a"))
        self.assert_new(feed("c"), "c")
        document = feed("c", "b")
        document.entries.append(Atom.entry("a", "other words"))
        self.assert_new(document, "a")

    def test_pages_that_rotate_are_known(self) -> None:
        self.start(feed("c", "b", "a"))
        self.assert_new(feed("f", "e", "d"), "f", "e", "d")
        for _ in range(2):
            self.show(feed("c", "b", "a"))
            self.show(feed("f", "e", "d"))
        self.assert_new(feed("g", "c", "b", "a"), "g")

    def test_an_empty_feed_makes_nothing_new(self) -> None:
        self.start(feed("b", "a"))
        self.show(feed())
        self.assert_new(feed("c", "b", "a"), "c")

    def test_a_page_in_its_place_makes_nothing_new(self) -> None:
        self.start(feed("b", "a"))
        for body, kind in (PAGE, (b"", "application/atom+xml")):
            since = self.hub.mark()
            self.source.serve(body, kind)
            self.publish(self.hub, self.topic)
            self.hub.wait_for("fetch.failed", since=since)
        self.assert_new(feed("c", "b", "a"), "c")

    def test_half_a_feed_makes_nothing_new(self) -> None:
        self.start(feed("b", "a"))
        whole = feed("c", "b", "a").render()
        self.source.serve(whole[:whole.index(b"2024:b")],
                          Atom.content_type)
        self.publish(self.hub, self.topic)
        self.assertEqual(entries_of(self.there.wait_posts(1)[0].body), ["c"])
        self.assert_new(feed("d", "c", "b", "a"), "d")

    def test_it_outlives_the_daemon(self) -> None:
        self.start(feed("b", "a"))
        self.assert_new(feed("c"), "c")
        self.hub.restart()
        self.assert_new(feed("d", "c", "b", "a"), "d")


class Bounds(Memory):
    def test_ten_thousand_entries_are_known(self) -> None:
        names = [f"n{number}" for number in range(10000)]
        self.start(feed(*names))
        self.show(feed("n1"))
        self.assert_new(feed("x", *names), "x")

    def test_what_is_there_is_known_whatever_the_bound(self) -> None:
        names = [f"n{number}" for number in range(300)]
        self.start(feed(*names), "--remember-entries=100")
        self.assert_new(feed("x", *names), "x")
        self.show(feed("x"))
        self.assert_new(feed("y", "x", *names), "y")


class Recipe(Memory):
    def test_other_rules_make_nothing_new(self) -> None:
        def page(count: int, *names: str) -> Atom:
            out = feed(*names)
            out.entries = [entry.replace(
                "</content>", "</content><x:n xmlns:x='http://x.example/'>"
                f"{count}</x:n>") for entry in out.entries]
            return out

        self.start(page(1, "b", "a"))
        self.assert_new(page(2, "b", "a"), "b", "a")
        self.hub.restart("--ignore=element http://x.example/ n")
        self.show(page(3, "b", "a"))
        self.assert_new(page(4, "c", "b", "a"), "c")
        self.hub.restart()
        self.show(page(5, "c", "b", "a"))
        self.assert_new(page(5, "d", "c", "b", "a"), "d")
        self.assert_new(page(6, "d"), "d")

    def test_the_same_ids_in_another_format_are_known(self) -> None:
        rss = Rss()
        for name in ("a", "b"):
            rss.add(f"tag:example.org,2024:{name}")
        self.start(feed("b", "a"))
        self.show(rss)
        rss.add("tag:example.org,2024:c")
        self.assert_new(rss, "tag:example.org,2024:c")


if __name__ == "__main__":
    unittest.main()
