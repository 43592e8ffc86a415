# SPDX-License-Identifier: MIT
"""M13 by chance: whatever a publisher does while a subscriber is away, he gets
the last version of everything that is new, or is told of a gap."""

import random
import re
import threading
import unittest
from dataclasses import dataclass, field

from harness import Answer, Story

WINDOW = 6
ROUNDS = 12

ENTRY = re.compile(r"<title>(\w+) (\d+)</title>")


@dataclass
class Blog:
    """A feed of WINDOW entries, newest first; a name and a version each."""
    chance: random.Random
    entries: list[tuple[str, int]] = field(default_factory=list)
    made: int = 0
    # As far as the hub has seen: what was published and replaced between two
    # fetches never was.
    known: dict[str, int] = field(default_factory=dict)
    # Since the subscriber went away:
    touched: dict[str, int] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    def render(self) -> bytes:
        items = "".join(
            f" <item><guid isPermaLink='false'>{name}</guid>"
            f"<title>{name} {version}</title></item>\n"
            for name, version in self.entries)
        return ("<rss version='2.0'><channel><title>t</title>\n"
                f"{items}</channel></rss>\n").encode()

    def add(self) -> None:
        self.made += 1
        self.entries.insert(0, (f"n{self.made}", 1))
        del self.entries[WINDOW:]

    def change(self) -> None:
        place = self.chance.randrange(len(self.entries))
        name, version = self.entries[place]
        self.entries[place] = (name, version + 1)

    def withdraw(self) -> None:
        if len(self.entries) < 4:
            return
        place = self.chance.randrange(len(self.entries) - 2)
        self.withdrawn.add(self.entries.pop(place)[0])

    def seen(self) -> None:
        for name, version in self.entries:
            if self.known.get(name) != version:
                self.known[name] = self.touched[name] = version

    def step(self) -> None:
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            self.chance.choice((self.add, self.add, self.add, self.change,
                                self.change, self.withdraw))()
        # Something that a subscriber has to hear of.
        self.add()


class Missed(Story):
    def setUp(self) -> None:
        super().setUp()
        self.away = threading.Event()
        self.taken: list = []

    def on_post(self, seen) -> Answer:
        if self.away.is_set():
            return Answer(503)
        self.taken.append(seen)
        return Answer(204)

    def update(self, blog: Blog) -> None:
        self.source.serve(blog.render(), "application/rss+xml")
        since = self.hub.mark()
        self.publish(self.hub, self.topic)
        self.hub.wait_for("update", since=since)
        blog.seen()

    def come_back(self) -> list:
        """What he is sent, up to the newest version."""
        head = self.ctl_json(self.hub, "topic", self.topic)["head"]
        # What was made before the newest version was seen is refused still:
        # the second one from now on is later.
        self.receiver.wait_posts(len(self.receiver.posts) + 2)
        self.away.clear()
        self.receiver.posts.wait_until(
            lambda _: self.taken and
            self.taken[-1].get("Hub-Sequence").endswith(f".{head}"),
            "the newest version")
        posts, self.taken = self.taken, []
        return posts

    def check(self, blog: Blog, posts: list) -> None:
        got: dict[str, int] = {}
        for post in posts:
            order = [(name, int(version)) for name, version in
                     ENTRY.findall(post.body.decode())]
            for name, version in order:
                self.assertLessEqual(got.get(name, 0), version, name)
                got[name] = version
            numbers = [int(name[1:]) for name, _ in order]
            self.assertEqual(numbers, sorted(numbers, reverse=True))
        gap = any(post.get("Hub-Gap") for post in posts)
        listed = dict(blog.entries)
        for name, version in blog.touched.items():
            # Whether one was taken out or pushed out cannot always be told:
            # in doubt it comes.
            if name in listed or not (gap or name in blog.withdrawn):
                self.assertEqual(got.get(name), version, name)

    def test_nothing_is_lost_in_silence(self) -> None:
        self.hub = self.daemon("--retry-first=10ms", "--retry-max=20ms",
                               "--retry-attempts=1000")
        for seed in range(2):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                blog = Blog(chance)
                for _ in range(WINDOW):
                    blog.add()
                blog.seen()
                self.source, self.receiver = self.origin(), self.callback()
                self.receiver.on_post = self.on_post
                self.topic = self.source.serve(blog.render(),
                                               "application/rss+xml")
                self.follow(self.hub, self.topic, self.receiver.url(),
                            content="entries")
                for _ in range(ROUNDS):
                    blog.touched, blog.withdrawn = {}, set()
                    self.away.set()
                    for _ in range(chance.randrange(1, 9)):
                        blog.step()
                        self.update(blog)
                    self.check(blog, self.come_back())


if __name__ == "__main__":
    unittest.main()
