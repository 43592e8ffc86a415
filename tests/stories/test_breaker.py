# SPDX-License-Identifier: MIT
"""An origin that is dead is probed, not called by everybody; and nobody else
notices."""

import unittest

from harness import Answer, Atom, Inbox, Story, until
from harness.callback import name_of

MANY = 300

# Probes: there are far fewer than MANY, however long a story takes.
SELDOM = ("--retry-first=1s", "--retry-max=1s")


class Breaker(Story):
    def cast(self, *options: str):
        hub = self.daemon("--retry-first=300ms", "--retry-max=300ms",
                          "--retry-attempts=1000", *options)
        origin, feed = self.origin(), Atom()
        return hub, origin, feed, origin.serve(feed.add("one"))

    def crowd(self, hub, topic, *servers, each: int) -> None:
        """So many at each of these, in turn."""
        self.follow(hub, topic, *(server.url(f"n{number}")
                                  for number in range(each)
                                  for server in servers))

    def wait_everybody(self, server, each: int) -> None:
        """Each of them has been sent something."""
        wanted = {f"n{number}" for number in range(each)}
        server.posts.wait_until(
            lambda seen: wanted <= {name_of(one) for one in seen},
            f"a delivery to each of {each}")

    def wait_taken(self, server, each: int) -> None:
        """From now on they take what they are sent, and each of them does."""
        taken: Inbox[str] = Inbox("those who have taken it")

        def take(seen) -> Answer:
            taken.put(name_of(seen))
            return Answer(204)
        server.on_post = take
        wanted = {f"n{number}" for number in range(each)}
        taken.wait_until(lambda names: wanted <= set(names),
                         f"each of {each} to take something")

    def test_a_dead_origin_costs_the_others_nothing(self) -> None:
        hub, origin, feed, topic = self.cast(*SELDOM)
        dead, healthy = self.callback(), [self.callback() for _ in range(3)]
        self.crowd(hub, topic, dead, each=MANY)
        self.subscribe(hub, topic, *(server.url(f"n{number}")
                                     for number in range(20)
                                     for server in healthy))
        dead.on_post = lambda _: Answer(drop=True)
        self.publish(hub, topic)
        for server in healthy:
            self.wait_everybody(server, 20)
        hub.wait_for("origin.broken")
        # One probe after another, and each is a real delivery.
        before = len(dead.posts)
        dead.wait_posts(before + 3)
        hub.stop()
        # Otherwise all would have been called, and again after each second.
        self.assertLess(len(dead.posts), MANY)
        self.assertEqual({post.body for post in dead.posts.all()},
                         {feed.render()})

    def test_fresh_updates_pass_a_dead_origin_by(self) -> None:
        hub, origin, feed, topic = self.cast()
        dead, healthy = self.callback(), self.callback()
        self.crowd(hub, topic, dead, healthy, each=50)
        dead.stop()
        for count, name in enumerate(("two", "three", "four", "five"), 1):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            healthy.wait_posts(50 * count)
        hub.wait_for("origin.broken")

    def test_everything_arrives_when_it_is_back(self) -> None:
        hub, origin, feed, topic = self.cast()
        dead = self.callback()
        self.crowd(hub, topic, dead, each=MANY)
        dead.stop()
        self.publish(hub, topic)
        hub.wait_for("origin.broken")
        dead.listen()
        self.wait_everybody(dead, MANY)
        hub.wait_for("origin.back")
        hub.stop()
        self.assertEqual(len(dead.posts), MANY, "somebody got it twice")

    def test_it_stays_broken_while_probes_fail(self) -> None:
        hub, origin, feed, topic = self.cast(*SELDOM)
        dead = self.callback()
        self.crowd(hub, topic, dead, each=MANY)
        dead.on_post = lambda _: Answer(503)
        self.publish(hub, topic)
        hub.wait_for("origin.broken")
        before = len(dead.posts)
        dead.wait_posts(before + 5)
        self.assertLess(len(dead.posts), MANY)
        self.assertEqual(hub.lines("origin.back"), [])
        self.wait_taken(dead, MANY)
        self.assertEqual(len(hub.lines("origin.broken")), 1)

    def test_it_is_still_broken_after_a_restart(self) -> None:
        hub, origin, feed, topic = self.cast("--retry-first=2s",
                                             "--retry-max=2s")
        dead, healthy = self.callback(), self.callback()
        self.crowd(hub, topic, dead, healthy, each=50)
        dead.on_post = lambda _: Answer(drop=True)
        self.publish(hub, topic)
        self.wait_everybody(healthy, 50)
        hub.wait_for("origin.broken")
        until(lambda: any(
            one["state"] == "broken"
            for one in hub.admin.json("/admin/origins")["origins"]),
            "that is written down")
        hub.restart()
        before = len(dead.posts)
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        healthy.wait_posts(100)
        # It is asked by probes alone: no new wave, and no new breaker.
        dead.wait_posts(before + 2)
        self.assertLess(len(dead.posts), before + 50)
        self.assertEqual(len(hub.lines("origin.broken")), 1)
        self.wait_taken(dead, 50)

    def test_who_is_broken_by_himself_breaks_no_origin(self) -> None:
        hub, origin, feed, topic = self.cast()
        shared = self.callback()
        self.crowd(hub, topic, shared, each=40)

        def some_are_broken(seen):
            broken = name_of(seen) in ("n1", "n2", "n3")
            return Answer(drop=True) if broken else Answer(204)
        shared.on_post = some_are_broken
        for count in range(1, 4):
            origin.serve(feed.add(f"update {count}"))
            self.publish(hub, topic)
            shared.posts.wait_until(
                lambda seen, count=count: sum(
                    name_of(one) not in ("n1", "n2", "n3")
                    for one in seen) >= 37 * count,
                "deliveries to those who are well")
            # The three are tried again and again meanwhile.
            shared.wait_posts(len(shared.posts) + 10)
        self.assertEqual(hub.lines("origin.broken"), [])

    def test_no_tenant_shuts_an_origin_for_the_others(self) -> None:
        hub = self.daemon("--retry-first=200ms", "--retry-max=6h")
        origin, shared = self.origin(), self.callback()
        theirs = origin.serve(b"one", "text/plain", path="/theirs")
        ours = origin.serve(b"one", "text/plain", path="/ours")
        self.follow(hub, theirs, *(shared.url(f"evil{n}")
                                   for n in range(10)))
        self.follow(hub, ours, shared.url("victim"))
        shared.on_post = lambda seen: (
            Answer(503, fields=[("Retry-After", "3600")])
            if name_of(seen).startswith("evil") else Answer(204))
        origin.serve(b"two", "text/plain", path="/theirs")
        self.publish(hub, theirs)
        hub.wait_for("origin.broken")
        origin.serve(b"two", "text/plain", path="/ours")
        self.publish(hub, ours)
        shared.posts.wait_until(
            lambda seen: any(name_of(one) == "victim" for one in seen),
            "the delivery to who did nothing")

    def test_a_single_subscription_has_its_own_schedule(self) -> None:
        hub, origin, feed, topic = self.cast()
        dead = self.callback()
        self.follow(hub, topic, dead.url())
        dead.on_post = lambda _: Answer(drop=True)
        self.publish(hub, topic)
        dead.wait_posts(8)
        self.assertEqual(hub.lines("origin.broken"), [])

    def test_attempts_run_out_while_it_is_broken(self) -> None:
        hub, origin, feed, topic = self.cast("--retry-attempts=4",
                                             "--retry-first=20ms",
                                             "--retry-max=20ms")
        dead = self.callback()
        self.crowd(hub, topic, dead, each=10)
        dead.stop()
        self.publish(hub, topic)
        hub.wait_for("delivery.stopped", 10)
        # An update begins anew; M4: at once, and through the breaker.
        dead.listen()
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        self.wait_everybody(dead, 10)


class Mountain(Story):
    def test_retries_delay_no_fresh_update(self) -> None:
        hub = self.daemon("--deliveries=16", "--delivery-timeout=1h",
                          "--retry-attempts=1000")
        origin, old, fresh = self.origin(), Atom(), Atom()
        first = origin.serve(old.add("one"), path="/old")
        second = origin.serve(fresh.add("one"), path="/fresh")
        hung = [self.callback() for _ in range(24)]
        healthy = [self.callback() for _ in range(10)]
        self.follow(hub, first, *(one.url("a") for one in hung))
        self.follow(hub, second, *(one.url("b") for one in healthy))
        for one in hung:
            one.on_post = lambda _: Answer(500)
        self.publish(hub, first)
        for one in hung:
            one.wait_posts(2)
        held: Inbox = Inbox("those that hang")

        def hang(seen) -> Answer:
            held.put(seen)
            return Answer(204, dawdle=3600)
        for one in hung:
            one.on_post = hang
        held.wait(len(hung))
        for count in range(1, 6):
            origin.serve(fresh.add(f"update {count}"), path="/fresh")
            self.publish(hub, second)
            for one in healthy:
                one.wait_posts(count)
        for one in hung:
            one.stop()


if __name__ == "__main__":
    unittest.main()
