# SPDX-License-Identifier: MIT
"""Topics of which every version is delivered, and wishes that change while
somebody is away."""

import threading
import unittest

from harness import Answer, until
from harness.documents import Documents, atom, names_in, rss


class Each(Documents):
    def away(self) -> tuple[list, threading.Event]:
        """From now on he takes nothing, until he is back."""
        taken, back = [], threading.Event()

        def on_post(seen) -> Answer:
            if not back.is_set():
                return Answer(503)
            taken.append(seen)
            return Answer(204)
        self.receiver.on_post = on_post
        return taken, back

    def come_back(self, back: threading.Event) -> None:
        self.wait_refused()
        back.set()
        until(lambda: self.hub.status()["store"]["lagging"] == 0,
              "him not to be behind")

    def choose(self, policy: str) -> None:
        self.ctl(self.hub, "topic", self.topic, f"--content={policy}")

    def test_a_restart_in_between_changes_nothing(self) -> None:
        self.begin(atom(), "a")
        self.choose("each")
        taken, back = self.away()
        wanted = [self.update("b", "a"), self.update("c", "b", "a")]
        self.hub.restart()
        wanted.append(self.update("c", "a"))
        self.come_back(back)
        self.assertEqual([post.body for post in taken], wanted)

    def test_however_many_there_are(self) -> None:
        self.begin(rss(), "a")
        self.choose("each")
        taken, back = self.away()
        wanted = [self.update(f"n{n}", "a") for n in range(12)]
        self.come_back(back)
        self.assertEqual([post.body for post in taken], wanted)
        self.assertFalse(any(post.get("Hub-Gap") for post in taken))

    def test_what_surrounds_the_entries_is_a_version_too(self) -> None:
        self.begin(atom(), "a")
        self.choose("each")
        _, first = self.delivered("b", "a")
        self.feed.document = self.feed.document.replace("Заметки", "Записки")
        whole, second = self.delivered("b", "a")
        self.assertNotEqual(first, second)
        self.assertEqual(whole, second)

    def test_the_choice_as_it_is_when_he_is_back_counts(self) -> None:
        for before, after, wanted in (
                ("each", "default", [["d", "c", "b"]]),
                ("default", "each", [["b", "a"], ["c", "b", "a"],
                                     ["d", "c", "b", "a"]]),
                ("each", "full", [["d", "c", "b", "a"]])):
            with self.subTest(before=before, after=after):
                self.begin(atom(), "a", verify="async")
                self.choose(before)
                taken, back = self.away()
                self.update("b", "a")
                self.update("c", "b", "a")
                self.choose(after)
                self.update("d", "c", "b", "a")
                self.come_back(back)
                self.assertEqual([names_in(post.body) for post in taken],
                                 wanted)

    def test_a_renewal_chooses_anew(self) -> None:
        self.begin(atom(), "a", content="entries")
        _, part = self.delivered("b", "a")
        self.assertEqual(names_in(part), ["b"])
        self.subscribe(self.hub, self.topic, self.receiver.url(),
                       event="subscription.renewed", content="full")
        whole, got = self.delivered("c", "b", "a")
        self.assertEqual(got, whole)
        self.subscribe(self.hub, self.topic, self.receiver.url(),
                       event="subscription.renewed")
        _, part = self.delivered("d", "c", "b", "a")
        self.assertEqual(names_in(part), ["d"])


if __name__ == "__main__":
    unittest.main()
