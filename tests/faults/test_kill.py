# SPDX-License-Identifier: MIT
"""kill -9: nothing that was acknowledged is lost, and little is doubled."""

import threading
import unittest

import told  # noqa: F401
from harness import PATIENCE, Answer, Atom, Daemon, Farm, Origin, Story
from harness.callback import name_of

SERVERS, EACH = 20, 5
EVERYBODY = SERVERS * EACH


class Kill(Story):
    def followed(self, *options: str
                 ) -> tuple[Daemon, Origin, Atom, str, Farm]:
        hub, origin, feed = self.daemon(*options), self.origin(), Atom()
        farm = Farm([self.callback() for _ in range(SERVERS)], EACH)
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, *farm.urls)
        return hub, origin, feed, topic, farm

    def test_in_mid_fan_out_everybody_has_the_update(self) -> None:
        # Who is held is held until the kill; and what a checkpoint calls
        # under way is tried again by the next life after such a time.
        hub, origin, feed, topic, farm = self.followed(
            f"--delivery-timeout={PATIENCE * 0.75:.0f}s")
        gate = threading.Event()

        def some_are_quick(seen):
            quick = name_of(seen).endswith(("-0", "-1"))
            return Answer(204, gate=None if quick else gate)
        farm.set_on_post(some_are_quick)
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        # Every server has answered some, and holds others.
        for server in farm.servers:
            server.wait_posts(3)
        hub.kill()
        self.assertLess(sum(farm.counts().values()), 2 * EVERYBODY)
        gate.set()
        hub.start()
        farm.wait_all(2 * PATIENCE)
        hub.stop()

        self.assertEqual(farm.missing(), [])
        bodies = {post.body for server in farm.servers
                  for post in server.posts.all()}
        self.assertEqual(bodies, {feed.render()})
        # Once before the kill and once after it, at the most.
        self.assertLessEqual(max(farm.counts().values()), 2)

    def test_again_and_again_everybody_has_the_newest(self) -> None:
        hub, origin, feed, topic, farm = self.followed()
        for name in ("two", "three", "four", "five"):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            # Somebody was told: the fan-out is under way.
            farm.servers[0].posts.wait_until(
                lambda posts, name=name: any(
                    name.encode() in post.body for post in posts),
                f"a delivery of {name}")
            hub.kill()
            hub.start()
        for server in farm.servers:
            server.posts.wait_until(self.all_have(b"five", EACH),
                                    "the newest entry everywhere")
        hub.stop()
        for server in farm.servers:
            for number in range(EACH):
                self.assert_complete(server, number)

    @staticmethod
    def all_have(word: bytes, count: int):
        return lambda posts: len({name_of(post) for post in posts
                                  if word in post.body}) == count

    def assert_complete(self, server, number: int) -> None:
        """Each entry has reached this subscriber, and its chain of numbers
        has no hole."""
        posts = [post for post in server.posts.all()
                 if name_of(post).endswith(f"-{number}")]
        text = b"".join(post.body for post in posts)
        for name in (b"two", b"three", b"four", b"five"):
            self.assertIn(b"<title>" + name, text)
        last = None
        for post in posts:
            sequence = number_of(post.get("Hub-Sequence"))
            previous = number_of(post.get("Hub-Previous"))
            if last is not None:
                self.assertLessEqual(previous, last)
            last = max(sequence, last or 0)

    def test_right_after_the_202_the_request_is_not_forgotten(self) -> None:
        hub, callback, origin = (self.daemon(), self.callback(),
                                 self.origin())
        topic = origin.serve(Atom().add("one"))
        for number in range(5):
            url = callback.url(f"{number}")
            self.accepted(hub, "subscribe", topic, url)
            hub.kill()
            hub.start()
        callback.verifications.wait_until(
            lambda seen: len({name_of(one) for one in seen}) == 5,
            "verifications of all five")
        hub.restart()
        # From the one to the other at any moment.
        store = hub.status()["store"]
        self.assertEqual(store["subscriptions"] + store["requests"], 5)

    def test_right_after_the_204_the_ping_is_not_forgotten(self) -> None:
        hub, callback, origin = (self.daemon(), self.callback(),
                                 self.origin())
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        for name in ("two", "three", "four"):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            hub.kill()
            hub.start()
            callback.posts.wait_until(
                lambda posts, name=name: any(
                    name.encode() in post.body for post in posts),
                f"a delivery of {name}")

    def test_during_the_first_start_it_starts_again(self) -> None:
        hub = self.daemon(start=False)
        for _ in range(3):
            hub.start()
            hub.kill()
        hub.start()
        self.assertEqual(hub.client.get("/healthz").status, 200)


def number_of(header: str | None) -> int:
    assert header is not None
    return int(header.rpartition(".")[2])


if __name__ == "__main__":
    unittest.main()
