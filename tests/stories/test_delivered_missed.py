# SPDX-License-Identifier: MIT
"""What a subscriber is sent who was away for some versions (M13)."""

import threading
import unittest

from harness import until
from harness.documents import EVERY, Documents, atom, names_in


class Missed(Documents):
    def test_three_missed_versions_are_one_post(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a", content="entries")
                taken = self.refuse_until(lambda names: "e" in names)
                self.update("c", "b", "a")
                self.update("d", "c", "b=other", "a")
                whole = self.update("e", "d", "c", "b=other", "a")
                post = self.wait_taken(taken, 1)[0]
                self.assert_cut(post.body, whole, "e", "d", "c", "b")
                self.assertEqual(post.all("Hub-Gap"), [])
                # And that was all.
                _, part = self.delivered("f", "e", "d", "c", "b=other", "a")
                self.assertEqual(names_in(part), ["f"])
                self.assertEqual(len(taken), 2)
                self.assertEqual(taken[1].get("Hub-Previous"),
                                 taken[0].get("Hub-Sequence"))

    def test_what_was_withdrawn_is_not_delivered(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "c", "b", "a", content="entries")
                taken = self.refuse_until(lambda names: names == ["e"])
                self.update("d", "c", "b", "a")
                self.update("e", "d", "c", "b", "a")
                whole = self.update("e", "c", "b", "a")
                post = self.wait_taken(taken, 1)[0]
                self.assert_cut(post.body, whole, "e")
                self.assertEqual(post.all("Hub-Gap"), [])

    def test_where_all_of_it_was_withdrawn_there_is_nothing_to_send(self
                                                                    ) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "c", "b", "a", content="entries")
                taken = self.refuse_until(lambda names: names == ["e"])
                self.update("d", "c", "b", "a")
                self.wait_refused()
                # Not as it was before: that might be a stale copy (M6).
                self.feed.document = self.feed.document.replace(
                    "Заметки", "Записки", 1)
                self.update("c", "b", "a")
                until(lambda: self.hub.status()["store"]["lagging"] == 0,
                      "nobody to be behind")
                whole = self.update("e", "c", "b", "a")
                post = self.wait_taken(taken, 1)[0]
                self.assert_cut(post.body, whole, "e")
                self.assertTrue(post.get("Hub-Previous").endswith(".3"))

    def test_what_has_rolled_off_comes_first(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "c", "b", "a", content="entries")
                said = threading.Event()
                taken = self.refuse_until(
                    lambda names, said=said: said.is_set() and names == ["d"])
                first = self.update("d", "c", "b")
                second = self.update("e", "d", "c")
                self.update("f", "e", "d")
                self.update("g", "f", "e")
                last = self.update("h", "g", "f")
                said.set()
                posts = self.wait_taken(taken, 3)
                self.assert_cut(posts[0].body, first, "d")
                self.assert_cut(posts[1].body, second, "e")
                self.assert_cut(posts[2].body, last, "h", "g", "f")
                for before, after in zip(posts, posts[1:]):
                    self.assertEqual(after.get("Hub-Previous"),
                                     before.get("Hub-Sequence"))
                self.assertFalse(any(p.get("Hub-Gap") for p in posts))
                self.hub.stop()
                self.assertEqual(len(taken), 3)

    def test_too_much_that_has_rolled_off_is_a_gap(self) -> None:
        self.begin(atom(), "n0", content="entries")
        taken = self.refuse_until(lambda names: names == ["n12", "n11"])
        for n in range(1, 13):
            whole = self.update(f"n{n}", f"n{n - 1}")
        post = self.wait_taken(taken, 1)[0]
        self.assertEqual(post.body, whole)
        self.assertRegex(post.get("Hub-Gap"),
                         r"^[0-9a-f]+\.\d+-\d+; reason=expired$")

    def test_changes_around_the_entries_do_not_count(self) -> None:
        for name, make in EVERY.items():
            with self.subTest(format=name):
                self.begin(make(), "b", "a", content="entries")
                taken = self.refuse_until(lambda names: "d" in names)
                self.update("c", "b", "a")
                self.feed.document = self.feed.document.replace(
                    "Заметки", "Записки", 1)
                self.update("c", "b", "a")
                whole = self.update("d", "c", "b", "a")
                self.assert_cut(self.wait_taken(taken, 1)[0].body, whole,
                                "d", "c")


if __name__ == "__main__":
    unittest.main()
