# SPDX-License-Identifier: MIT
"""One update to many: nobody who hangs, and nobody who is large, keeps the
others waiting, and each can prove that he has missed nothing."""

import random
import threading
import unittest
from collections import defaultdict
from dataclasses import dataclass, field

from harness import PATIENCE, Answer, Atom, Farm, Story, until
from harness.callback import name_of
from harness.server import Seen


def sequence(seen: Seen) -> tuple[str, int]:
    name, _, number = seen.get("Hub-Sequence").partition(".")
    return name, int(number)


def previous(seen: Seen) -> int:
    return int(seen.get("Hub-Previous").partition(".")[2])


@dataclass
class Reader:
    """What one subscriber has accepted, and the proof of it (M8)."""
    last: int = -1
    incarnations: set[str] = field(default_factory=set)
    wrongs: list[str] = field(default_factory=list)

    def take(self, seen: Seen) -> None:
        name, number = sequence(seen)
        before = previous(seen)
        self.incarnations.add(name)
        if 0 <= self.last < before and not seen.get("Hub-Gap"):
            self.wrongs.append(f"a hole: had {self.last}, told {before}")
        if number < self.last:
            self.wrongs.append(f"{number} after {self.last}")
        self.last = max(self.last, number)


class Fanout(Story):
    def farm(self, servers: int, each: int) -> Farm:
        return Farm([self.callback() for _ in range(servers)], each)

    def topic(self):
        origin, feed = self.origin(), Atom()
        return origin, feed, origin.serve(feed.add("one"))

    def test_tenths_that_hang_stop_nobody(self) -> None:
        hub = self.daemon("--deliveries=12", "--delivery-timeout=10m")
        healthy, hung = self.farm(6, 15), self.farm(10, 2)
        _, _, topic = self.topic()
        # In the order of their ids the hung ones come in between, all the way.
        urls = list(healthy.urls)
        for at, url in enumerate(hung.urls):
            urls.insert(at * 5, url)
        self.follow(hub, topic, *urls)
        gate = threading.Event()
        hung.set_on_post(lambda _: Answer(204, gate=gate))
        self.publish(hub, topic)
        # Twenty hang for as long as that takes, at twelve places.
        healthy.wait_all()
        gate.set()
        hung.wait_all()
        self.assertEqual(max(healthy.counts().values()), 1)

    def test_a_small_topic_is_served_beside_a_large_slow_one(self) -> None:
        hub = self.daemon("--deliveries=16", "--delivery-timeout=10m")
        large, small = self.farm(8, 40), self.farm(1, 5)
        _, _, first = self.topic()
        _, _, second = self.topic()
        served = threading.Event()
        large.set_on_post(lambda _: Answer(204, gate=served))
        self.follow(hub, first, *large.urls)
        self.follow(hub, second, *small.urls)
        self.publish(hub, first)
        large.servers[0].wait_posts(2)
        # None of the large one has an answer before all of the small one are
        # served.
        self.publish(hub, second)
        small.wait_all()
        served.set()
        large.wait_all()
        self.assertEqual(max(large.counts().values()), 1)

    def test_M1_who_comes_late_in_a_long_walk_gets_the_newest_alone(
            self) -> None:
        hub = self.daemon("--deliveries=8")
        farm = self.farm(6, 30)
        origin, feed, topic = self.topic()
        self.follow(hub, topic, *farm.urls)
        farm.set_on_post(lambda _: Answer(204, dawdle=0.25))
        self.publish(hub, topic)
        farm.servers[0].wait_posts(5)
        origin.serve(feed.add("two"))
        self.publish_and_fetch(hub, topic)
        begun = set(farm.counts())
        newest = []

        def all_have_it() -> bool:
            readers = self.read(farm)
            newest[:] = [reader.last for reader in readers.values()]
            return (len(newest) == len(farm.urls)
                    and min(newest) == max(newest) > 2)
        until(all_have_it, "the newest for all", 2 * PATIENCE)
        hub.stop()
        # Those who had nothing yet get one, but for a page or two of the walk
        # that was on its way.
        twice = [name for name, count in farm.counts().items()
                 if name not in begun and count > 1]
        self.assertLessEqual(len(twice), 128)
        self.check(farm)

    def test_M8_each_can_prove_that_he_has_missed_nothing(self) -> None:
        """Retries, renewals and new updates in any order: what is accepted
        never goes back, and has no hole."""
        hub = self.daemon("--deliveries=16")
        farm = self.farm(5, 8)
        origin, feed, topic = self.topic()
        self.follow(hub, topic, *farm.urls)
        chance = random.Random(20261122)
        lock = threading.Lock()
        readers: dict[str, Reader] = defaultdict(Reader)

        def moody(seen: Seen) -> Answer:
            with lock:
                draw = chance.random()
                if draw < 0.25:
                    return Answer(chance.choice((500, 404, 429, 503)))
                if draw < 0.3:
                    return Answer(drop=True)
                readers[name_of(seen)].take(seen)
                return Answer(204, dawdle=0.3 * draw * draw)
        farm.set_on_post(moody)
        self.publish(hub, topic)

        def newest() -> list[int]:
            with lock:
                return [reader.last for reader in readers.values()]
        for number in range(8):
            until(lambda number=number: sum(
                last > number for last in newest()) > 10,
                f"some have version {number + 1}")
            origin.serve(feed.add(f"update {number}"))
            self.publish_and_fetch(hub, topic)
            self.accepted(hub, "subscribe", topic,
                          chance.choice(farm.urls))

        def settled() -> bool:
            lasts = newest()
            return (len(lasts) == len(farm.urls)
                    and min(lasts) == max(lasts) >= 9)
        until(settled, "the newest for all", 2 * PATIENCE)
        with lock:
            self.assertEqual(
                [wrong for reader in readers.values()
                 for wrong in reader.wrongs], [])
            incarnations = {name for reader in readers.values()
                            for name in reader.incarnations}
        self.assertEqual(len(incarnations), 1)

    def test_M1_who_is_up_to_date_costs_no_write(self) -> None:
        hub = self.daemon()
        farm = self.farm(4, 50)
        origin, feed, topic = self.topic()
        self.follow(hub, topic, *farm.urls)
        self.publish(hub, topic)
        farm.wait_all()
        until(lambda: hub.status()["store"]["walks"] == 0, "the end of the walk")
        before = hub.status()
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        for server in farm.servers:
            server.wait_posts(100)
        until(lambda: hub.status()["store"]["walks"] == 0, "the end of the walk")
        # Whose answer takes over a second lags until then.
        until(lambda: hub.status()["store"]["lagging"] == 0, "nobody to lag")
        after = hub.status()
        late, operations = (
            after[part][name] - before[part][name] for part, name in
            (("counters", "deliveries.late"), ("store", "operations")))
        # The ping, the fetch, and a checkpoint or two for 200 deliveries; and
        # a few for each who was written down.
        self.assertLess(operations, 100 + 4 * late)

    def read(self, farm: Farm) -> dict[str, Reader]:
        readers: dict[str, Reader] = defaultdict(Reader)
        for server in farm.servers:
            for seen in server.posts.all():
                readers[name_of(seen)].take(seen)
        return readers

    def check(self, farm: Farm) -> None:
        self.assertEqual([wrong for reader in self.read(farm).values()
                          for wrong in reader.wrongs], [])


class Large(Story):
    """Bodies that take longer to sign than anybody may wait."""

    def test_large_bodies_keep_nobody_waiting(self) -> None:
        hub = self.daemon("--body-max=16MiB", "--deliveries=16",
                          "--delivery-timeout=10m", "--verify-timeout=5m")
        origin, count = self.origin(), 40
        servers = [self.callback() for _ in range(4)]
        body = b"<html><body>" + b"large " * 1500000 + b"</body></html>"
        topic = origin.serve(body, "text/html")
        since = hub.mark()
        for at in range(count):
            self.accepted(hub, "subscribe", topic,
                          servers[at % 4].url(f"n{at}"),
                          secret=f"quite a secret {at % 20}")
        hub.wait_for("subscription.active", count, since)
        for server in servers:
            server.on_post = lambda _: Answer(204)
        self.publish(hub, topic)
        answered = 0
        stop = threading.Event()

        def ask() -> None:
            nonlocal answered
            while not stop.wait(0.02):
                at = answered + 1
                self.accepted(hub, "subscribe", topic,
                              servers[0].url(f"n{at % 4 * 4}"),
                              secret=f"quite a secret {at % 4 * 4}")
                answered = at
        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for server in servers:
                server.posts.wait_until(
                    lambda posts: len({name_of(one) for one in posts})
                    == count // 4, "one for each", 2 * PATIENCE)
            # How long each of them took is the machine's matter, too.
            until(lambda: answered > 10, "others to be answered beside them")
        finally:
            stop.set()
            thread.join()
        signatures = {seen.get("X-Hub-Signature")
                      for server in servers for seen in server.posts.all()}
        self.assertEqual(len(signatures), 20)
        self.assertEqual({len(seen.body) for server in servers
                          for seen in server.posts.all()}, {len(body)})


if __name__ == "__main__":
    unittest.main()
