# SPDX-License-Identifier: MIT
"""The document that is delivered: the publisher's own bytes without the
entries that a subscriber has already, in the publisher's order."""

import threading
import unittest

from harness import Answer, Puller
from harness.documents import (EVERY, Documents, atom, is_cut_from, names_in,
                               rdf, rss)
from harness.puller import body_of


class Wishes(Documents):
    def test_who_asks_for_entries_gets_them_of_every_format(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a", content="entries")
                whole, part = self.delivered("c", "b", "a")
                self.assert_cut(part, whole, "c")
                whole, part = self.delivered("d", "c", "b=other", "a")
                self.assert_cut(part, whole, "d", "b")

    def test_who_asks_for_all_gets_all(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a", content="full")
                for names in (("c", "b", "a"), ("d", "c", "b", "a")):
                    whole, got = self.delivered(*names)
                    self.assertEqual(got, whole)

    def test_by_itself_only_atom_and_rss_are_cut(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a")
                whole, first = self.delivered("c", "b", "a")
                self.assertEqual(first, whole)
                whole, second = self.delivered("d", "c", "b", "a")
                if name in ("atom", "rss"):
                    self.assert_cut(second, whole, "d")
                else:
                    self.assertEqual(second, whole)

    def test_an_operator_can_say_so_of_one_topic(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a",
                           options=("--feed-delivery=full",))
                self.ctl(self.hub, "topic", self.topic, "--content=entries")
                whole, first = self.delivered("c", "b", "a")
                self.assertEqual(first, whole)
                whole, second = self.delivered("d", "c", "b", "a")
                self.assert_cut(second, whole, "d")
                self.ctl(self.hub, "topic", self.topic, "--content=full")
                whole, third = self.delivered("e", "d", "c", "b", "a")
                self.assertEqual(third, whole)

    def test_his_own_wish_counts_before_the_operators(self) -> None:
        self.begin(atom(), "b", "a", content="full")
        self.ctl(self.hub, "topic", self.topic, "--content=entries")
        whole, got = self.delivered("c", "b", "a")
        self.assertEqual(got, whole)


class Charsets(Documents):
    def test_other_charsets_are_cut_to_the_byte(self) -> None:
        cases = [(make, charset) for make in (atom, rss, rdf)
                 for charset in ("windows-1251", "koi8-r", "utf-16")]
        for make, charset in cases:
            with self.subTest(format=make.__name__, charset=charset):
                self.begin(make(charset), "b", "a", content="entries")
                whole, part = self.delivered("c", "b", "a")
                self.assert_cut(part, whole, "c")
                self.assertEqual(part[:60], whole[:60])

    def test_an_encoded_character_stays_as_the_publisher_wrote_it(self
                                                                  ) -> None:
        feed = atom("us-ascii")
        feed.document = feed.document.replace("Заметки &amp; мысли",
                                              "&#x417;&#1072; &lt;i&gt;")
        feed.document = feed.document.replace("ru", "en")
        feed.entry = (feed.entry.replace("Запись ", "&#1047; ")
                      .replace("слова", "<![CDATA[<br>]]>&#160;"))
        self.begin(feed, "b", "a", content="entries")
        whole, part = self.delivered("c", "b", "a")
        self.assertTrue(is_cut_from(part, whole))
        self.assertIn(feed.entry.format(name="c", text="text").encode(), part)
        self.assertNotIn(b"2024:b<", part)
        self.assertIn(b"&#x417;&#1072; &lt;i&gt;", part)


class Broken(Documents):
    def test_what_had_to_be_mended_is_cut_as_it_was_published(self) -> None:
        for name, make in (("atom", atom), ("rss", rss)):
            with self.subTest(format=name):
                feed = make()
                feed.entry = feed.entry.replace("<content>",
                                                "<content>A & B&nbsp;")
                feed.entry = feed.entry.replace("<title>", "<title>R&D ")
                self.begin(feed, "b", "a", content="entries")
                whole, part = self.delivered("c", "b", "a")
                self.assert_cut(part, whole, "c")
                whole, part = self.delivered("d", "c", "b=other", "a")
                self.assert_cut(part, whole, "d", "b")

    def test_a_document_without_its_end_takes_nothing_back(self) -> None:
        for name, make in (("atom", atom), ("rss", rss)):
            with self.subTest(format=name):
                self.begin(make(), "c", "b", "a", content="entries")
                self.feed = make()
                whole = self.feed.render("d", "c", "b", "a")
                end = whole.index("Запись b".encode()) + 20
                self.source.serve(whole[:end], self.feed.content_type)
                self.publish(self.hub, self.topic)
                self.assertEqual(
                    names_in(self.receiver.wait_posts(1)[0].body), ["d"])
                # It is there again: nothing of it was gone.
                _, part = self.delivered("e", "d", "c", "b", "a")
                self.assertEqual(names_in(part), ["e"])

    def test_who_got_half_a_document_gets_the_whole_when_it_is_there(self
                                                                     ) -> None:
        self.begin(atom(), "b", "a", content="full")
        self.feed = atom()
        whole = self.feed.render("c", "b", "a")
        half = whole[:whole.index("Запись a".encode()) + 20]
        self.source.serve(half, self.feed.content_type)
        self.publish(self.hub, self.topic)
        self.assertEqual(self.receiver.wait_posts(1)[0].body, half)
        self.source.serve(whole, self.feed.content_type)
        self.publish(self.hub, self.topic)
        self.assertEqual(self.receiver.wait_posts(2)[1].body, whole)


class Each(Documents):
    def test_every_version_comes_whole_and_in_order(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "a")
                self.ctl(self.hub, "topic", self.topic, "--content=each")
                down = threading.Event()
                taken: list = []

                def on_post(seen, down=down, taken=taken) -> Answer:
                    if not down.is_set():
                        return Answer(503)
                    taken.append(seen)
                    return Answer(204)
                self.receiver.on_post = on_post
                wanted = [self.update("b", "a"), self.update("c", "b", "a"),
                          self.update("c", "a"), self.update("c", "a=other")]
                down.set()
                posts = self.wait_taken(taken, 4)
                self.assertEqual([post.body for post in posts], wanted)
                for before, after in zip(posts, posts[1:]):
                    self.assertEqual(after.get("Hub-Previous"),
                                     before.get("Hub-Sequence"))
                self.hub.stop()
                self.assertEqual(len(taken), 4)

    def test_who_is_in_time_gets_each_at_once(self) -> None:
        self.begin(rss(), "a")
        self.ctl(self.hub, "topic", self.topic, "--content=each")
        for names in (("b", "a"), ("c", "b", "a"), ("c", "a")):
            whole, got = self.delivered(*names)
            self.assertEqual(got, whole)


class Pulled(Documents):
    def pulled(self, since: str, **params: str) -> bytes:
        """The newest event, as one who has seen all before it gets it."""
        puller = Puller(self.hub.client, self.topic, since=since)
        event, = puller.pull(**params)["events"]
        return body_of(event)

    def test_who_pulls_is_sent_what_he_asks_for(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a", options=("--pull-open",))
                puller = Puller(self.hub.client, self.topic)
                puller.pull()
                since = puller.cursor
                whole = self.update("c", "b", "a")
                self.assertEqual(self.pulled(since, content="full"), whole)
                self.assert_cut(self.pulled(since, content="entries"), whole,
                                "c")
                usual = self.pulled(since)
                if name in ("atom", "rss"):
                    self.assert_cut(usual, whole, "c")
                else:
                    self.assertEqual(usual, whole)
                self.ctl(self.hub, "topic", self.topic, "--content=entries")
                self.assert_cut(self.pulled(since), whole, "c")
                self.ctl(self.hub, "topic", self.topic, "--content=full")
                self.assertEqual(self.pulled(since), whole)
                self.assert_cut(self.pulled(since, content="entries"), whole,
                                "c")


if __name__ == "__main__":
    unittest.main()
