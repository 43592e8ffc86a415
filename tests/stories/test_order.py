# SPDX-License-Identifier: MIT
"""What one webhook is sent, in which order, whatever goes wrong on the way."""

import random
import re
import threading
import unittest

from harness import Answer, until
from harness.documents import Documents, atom, names_in


def versions_in(body: bytes) -> dict[str, int]:
    return {name: int(version) for name, version in re.findall(
        r"Запись (\w+).*?слова v(\d+)", body.decode(), re.S)}


class Order(Documents):
    def moody(self, seed: int) -> list:
        """From now on he takes what he feels like.  What he takes."""
        chance, taken, lock = random.Random(seed), [], threading.Lock()

        def on_post(seen) -> Answer:
            with lock:
                draw = chance.random()
                if draw < 0.4:
                    return Answer(chance.choice((500, 404, 503)))
                if draw < 0.5:
                    return Answer(drop=True)
                taken.append(seen)
                return Answer(204, dawdle=0.1 * draw)
        self.receiver.on_post = on_post
        return taken

    def settle(self) -> None:
        def settled() -> bool:
            store = self.hub.status()["store"]
            return store["walks"] == store["lagging"] == 0
        until(settled, "nobody to be behind")

    def test_entries_an_entry_never_goes_backwards(self) -> None:
        names = [f"e{number}" for number in range(6)]
        now = dict.fromkeys(names, 0)
        chance = random.Random(5)

        def words() -> list[str]:
            return [f"{name}=v{now[name]}" for name in names]
        self.begin(atom(), *words(), content="entries")
        taken = self.moody(7)
        for _ in range(12):
            for name in chance.sample(names, chance.randint(1, 3)):
                now[name] += 1
            self.update(*words())
            if chance.random() < 0.3:
                self.accepted(self.hub, "subscribe", self.topic,
                              self.receiver.url(), content="entries")
        self.settle()
        had: dict[str, int] = {}
        for seen in taken:
            for name, version in versions_in(seen.body).items():
                self.assertGreaterEqual(version, had.get(name, 0))
                had[name] = version
        # And the latest observed version of each changed entry has come.
        self.assertEqual(had, {name: version for name, version in now.items()
                               if version > 0})

    def test_full_the_newest_version_comes_and_none_after_it(self) -> None:
        self.begin(atom(), "a", content="full")
        taken = self.moody(11)
        for number in range(10):
            whole = self.update(f"n{number}", "a")
        self.settle()
        self.assertEqual(taken[-1].body, whole)
        numbers = [int(seen.get("Hub-Sequence").partition(".")[2])
                   for seen in taken]
        self.assertEqual(numbers, sorted(numbers))
        # M8: each says what was taken before it, so that nothing is missed.
        for before, after in zip(taken, taken[1:]):
            self.assertEqual(after.get("Hub-Previous"),
                             before.get("Hub-Sequence"))

    def test_M10_a_gap_is_told_once_and_then_he_is_at_the_head(self) -> None:
        self.begin(atom(), "n0", content="entries")
        taken = self.refuse_until(lambda names: names[0] == "n12")
        for number in range(1, 13):
            whole = self.update(f"n{number}")
        post = self.wait_taken(taken, 1)[0]
        self.assertEqual(post.body, whole)
        told = re.fullmatch(r"[0-9a-f]+\.(\d+)-(\d+); reason=expired",
                            post.get("Hub-Gap"))
        before = int(post.get("Hub-Previous").partition(".")[2])
        number = post.get("Hub-Sequence").partition(".")[2]
        self.assertEqual((int(told.group(1)), told.group(2)),
                         (before + 1, number))
        # What comes next is cut for him again.
        self.settle()
        self.update("n13", "n12")
        after = self.wait_taken(taken, 2)[1]
        self.assertEqual(names_in(after.body), ["n13"])
        self.assertEqual(after.get("Hub-Previous"), post.get("Hub-Sequence"))
        self.assertIsNone(after.get("Hub-Gap"))


if __name__ == "__main__":
    unittest.main()
