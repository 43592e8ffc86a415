# SPDX-License-Identifier: MIT
"""What happens to a feed while a subscriber is away, and what he is sent when
he is back."""

import threading
import unittest

from harness import FETCHED, Answer, until
from harness.documents import Documents, Feed, atom, names_in, rss

HUB = "<link rel='hub' href='http://hub.example/'/>"


class Away(Documents):
    def leave(self) -> None:
        self.taken, self.back = [], threading.Event()

        def on_post(seen) -> Answer:
            if not self.back.is_set():
                return Answer(503)
            self.taken.append(seen)
            return Answer(204)
        self.receiver.on_post = on_post

    def come_back(self) -> list[list[str]]:
        self.wait_refused()
        self.back.set()
        until(lambda: self.hub.status()["store"]["lagging"] == 0,
              "him not to be behind")
        self.assertEqual([post.get("Hub-Gap") for post in self.taken],
                         [None] * len(self.taken))
        return [names_in(post.body) for post in self.taken]

    def show(self, body: bytes, kind: str) -> None:
        self.source.serve(body, kind)
        self.publish_and_fetch(self.hub, self.topic)

    def link(self) -> None:
        self.feed.document = self.feed.document.replace(
            "</id>", "</id>" + HUB, 1)

    def test_M14_other_links_reach_who_wants_entries(self) -> None:
        self.begin(atom(), "a", content="entries")
        self.delivered("b", "a")
        self.leave()
        self.link()
        self.update("b", "a")
        self.assertEqual(self.come_back(), [[]])
        self.assertIn(HUB.encode(), self.taken[0].body)
        self.assertIn("<http://hub.example/>; rel=\"hub\"",
                      self.taken[0].get("Link"))

    def test_M14_and_come_with_entries_if_there_are_any(self) -> None:
        self.begin(atom(), "a", content="entries")
        self.delivered("b", "a")
        self.leave()
        self.update("c", "b", "a")
        self.link()
        self.update("c", "b", "a")
        self.assertEqual(self.come_back(), [["c"]])
        self.assertIn(HUB.encode(), self.taken[0].body)

    def test_M3_his_first_delivery_is_whole_however_late(self) -> None:
        self.begin(atom(), "a")
        self.leave()
        self.update("b", "a")
        self.hub.restart()
        self.update("c", "b", "a")
        self.assertEqual(self.come_back(), [["c", "b", "a"]])
        _, part = self.delivered("d", "c", "b", "a")
        self.assertEqual(names_in(part), ["d"])

    def test_M13_each_document_keeps_its_own_format(self) -> None:
        self.begin(rss(), "b", "a", content="entries")
        self.leave()
        self.update("c", "b")
        self.update("d", "c")
        now = atom()
        self.feed = Feed(now.content_type, now.document, now.entry.replace(
            "tag:example.org,2024:", ""))
        whole = self.update("e", "d")
        self.assertEqual(self.come_back(), [["c"], ["e", "d"]])
        self.assertEqual([post.get("Content-Type") for post in self.taken],
                         [rss().content_type, now.content_type])
        self.assertIn(b"<rss", self.taken[0].body)
        self.assert_cut(self.taken[1].body, whole, "e", "d")

    def test_M5_a_page_in_between_is_nothing(self) -> None:
        self.begin(rss(), "b", "a", content="entries")
        self.leave()
        whole = self.update("c", "b")
        since = self.hub.mark()
        self.show(b"<!doctype html><p>Later.", "text/html")
        self.assertEqual(self.hub.lines(FETCHED, since)[0].event,
                         "fetch.failed")
        self.assertEqual(self.come_back(), [["c"]])
        self.assert_cut(self.taken[0].body, whole, "c")

    def test_M13_a_document_without_its_end_takes_nothing_away(self) -> None:
        self.begin(rss(), "b", "a", content="entries")
        self.leave()
        self.update("c", "b", "a")
        whole = self.feed.render("d", "c", "b", "a")
        self.show(whole[:whole.index("Запись c".encode())],
                  self.feed.content_type)
        self.assertEqual(sorted(self.come_back()), [["c"], ["d"]])


if __name__ == "__main__":
    unittest.main()
