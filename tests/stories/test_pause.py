# SPDX-License-Identifier: MIT
"""An operator pauses deliveries: nothing comes, nothing is lost, and after
the resumption everything owed arrives once and in order."""

import json
import threading
import unittest

from harness import Answer, Atom, Daemon, Farm, Story, entries_of, until

FINE, NO, USAGE, NO_DAEMON = 0, 1, 2, 3


def seq(value: str) -> int:
    return int(value.rpartition(".")[2])


class Pause(Story):
    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        self.feed = Atom().add("one")
        return hub, origin, origin.serve(self.feed)

    def update(self, hub: Daemon, origin, *names: str) -> None:
        for name in names:
            self.publish_and_fetch(hub, origin.serve(self.feed.add(name)))

    def item(self, hub: Daemon, topic: str, callback) -> dict:
        page = self.ctl_json(hub, "subscriptions", topic, callback.url())
        return page["subscriptions"][0]

    def chain(self, callback) -> list[tuple[int, int]]:
        """What each delivery says of itself: from where to where."""
        return [(seq(seen.get("Hub-Previous")), seq(seen.get("Hub-Sequence")))
                for seen in callback.posts.all()]

    def rests(self, hub: Daemon) -> bool:
        network = hub.status()["network"]
        return not network["slow"] and not any(
            network[block][kind] for block in ("in_flight", "queued")
            for kind in ("deliver", "retry"))


class Words(Pause):
    """What is said, and what is refused."""

    def test_usage(self) -> None:
        hub, _, topic = self.cast()
        for command in ("pause", "resume"):
            for arguments in ([], [topic], ["--callback=http://h/"],
                              ["--all", topic, "1"], ["--all=yes"],
                              ["--all", "--origin=http://h/"],
                              ["--origin=http://h/", topic],
                              [topic, "1", "2"]):
                with self.subTest(arguments=arguments):
                    self.ctl(hub, command, *arguments, code=USAGE)

    def test_what_is_not_there(self) -> None:
        hub, _, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        for command in ("pause", "resume"):
            for arguments in (["http://unknown.example/", "http://h/"],
                              [topic, callback.url("other")],
                              [topic, "99"]):
                with self.subTest(arguments=arguments):
                    self.ctl(hub, command, *arguments, code=NO)
            for arguments in ([topic, "no-url"], ["--origin=nothing"]):
                with self.subTest(arguments=arguments):
                    self.ctl(hub, command, *arguments, code=USAGE)
        hub.stop()
        self.ctl(hub, "pause", "--all", code=NO_DAEMON)

    def test_twice_is_no_mistake(self) -> None:
        hub, _, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        for what, words in ((["--all"], "all deliveries"),
                            ([topic, callback.url()],
                             f"this subscription at {callback.host}"),
                            (["--origin", callback.url()], callback.base)):
            with self.subTest(what=what):
                self.assertIn(f"{words} were not paused\n",
                              self.ctl(hub, "resume", *what))
                self.assertIn(f"{words} are paused\n",
                              self.ctl(hub, "pause", *what))
                self.assertIn(f"{words} are already paused\n",
                              self.ctl(hub, "pause", *what))
                self.assertIn(f"{words} go on\n",
                              self.ctl(hub, "resume", *what))
        self.assertEqual(
            json.loads(self.ctl(hub, "pause", "--all", "--json")),
            {"paused": True, "changed": True, "halted": True,
             "origins_paused": 0, "subscriptions_paused": 0})
        line = hub.wait_for("admin.paused", what="origin")
        self.assertEqual(line.fields["origin"], callback.base)
        self.assertTrue(line.fields["by"])
        hub.wait_for("admin.paused", status="was so already")

    def test_what_still_holds_is_said(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.follow(hub, topic, callback.url(), other.url())
        self.assertIn("paused; nobody is subscribed there", self.ctl(
            hub, "pause", "--origin=http://mistyped.example:99"))
        self.ctl(hub, "pause", "--origin", callback.base)
        self.ctl(hub, "pause", topic, callback.url())
        self.ctl(hub, "pause", topic, other.url())
        self.ctl(hub, "pause", "--all")
        self.assertIn("go on; but all deliveries are paused",
                      self.ctl(hub, "resume", topic, other.url()))
        self.ctl(hub, "pause", topic, other.url())
        self.update(hub, origin, "two")
        self.assertIn("go on; 2 origins are still paused",
                      self.ctl(hub, "resume", "--all"))
        until(lambda: hub.status()["store"]["lagging"] == 2, "both to lag")
        self.assertIn(
            "were not paused; 2 origins are still paused; 2 subscriptions "
            "are still paused and owed something",
            self.ctl(hub, "resume", "--all"))
        self.assertIn("go on, but its origin is paused",
                      self.ctl(hub, "resume", topic, callback.url()))

    def test_nobody_waits_anywhere(self) -> None:
        hub, _, _ = self.cast()
        self.assertIn("no origin is broken",
                      self.ctl(hub, "origins"))
        self.ctl(hub, "origins", "--all", code=USAGE)
        hub.stop()
        self.ctl(hub, "origins", code=NO_DAEMON)


class UnderWay(Pause):
    """What has been sent before the pause counts when it is answered."""

    def check(self, *what: str) -> None:
        hub, origin, topic = self.cast("--delivery-timeout=5m")
        callback, other = self.callback(), self.callback()
        gate = threading.Event()
        self.follow(hub, topic, callback.url(), other.url())
        callback.on_post = lambda _: Answer(204, gate=gate)
        self.update(hub, origin, "two")
        callback.wait_posts(1)
        other.wait_posts(1)
        what = [word.format(topic=topic, callback=callback.url())
                for word in what]
        self.ctl(hub, "pause", *what)
        # He answers so late that he is written down as owed before.
        until(lambda: hub.status()["store"]["lagging"] == 1, "it to be late")
        gate.set()
        until(lambda: hub.status()["store"]["lagging"] == 0, "the answer")
        self.ctl(hub, "resume", *what)
        self.update(hub, origin, "three")
        callback.wait_posts(2)
        hub.stop()
        self.assertEqual(self.chain(callback), [(1, 2), (2, 3)])

    def test_of_a_subscription(self) -> None:
        self.check("{topic}", "{callback}")

    def test_of_an_origin(self) -> None:
        self.check("--origin={callback}")

    def test_of_everything(self) -> None:
        self.check("--all")


class Together(Pause):
    """Each pause is a thing of its own."""

    def test_the_last_one_that_ends_lets_it_go(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.follow(hub, topic, callback.url(), other.url())
        self.ctl(hub, "pause", topic, callback.url())
        self.ctl(hub, "pause", "--origin", callback.base)
        self.ctl(hub, "pause", "--all")
        self.update(hub, origin, "two")
        hub.kill()
        hub.start()
        self.ctl(hub, "resume", "--all")
        other.wait_posts(1)
        self.ctl(hub, "resume", topic, callback.url())
        self.update(hub, origin, "three")
        other.wait_posts(2)
        self.assertEqual(len(callback.posts), 0)
        self.ctl(hub, "resume", "--origin", callback.base)
        callback.wait_posts(1)
        hub.stop()
        self.assertEqual(self.chain(callback), [(1, 3)])

    def test_a_resend_waits_for_the_resumption(self) -> None:
        hub, origin, topic = self.cast()
        callback, there = self.callback(), self.callback()
        self.follow(hub, topic, callback.url(), there.url())
        self.update(hub, origin, "two")
        # An answer that comes after the resend would be one to it.
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 2,
              "both to have it")
        self.ctl(hub, "pause", topic, callback.url())
        self.ctl(hub, "pause", "--origin", there.base)
        self.assertIn("2 cursors", self.ctl(hub, "resend", topic))
        self.assertIn("1 cursor set back; but it is paused",
                      self.ctl(hub, "resend", topic, callback.url()))
        hub.restart()
        self.assertEqual((len(callback.posts), len(there.posts)), (1, 1))
        self.ctl(hub, "resume", topic, callback.url())
        self.ctl(hub, "resume", "--origin", there.base)
        callback.wait_posts(2)
        there.wait_posts(2)
        hub.stop()
        self.assertEqual(self.chain(callback), [(1, 2), (1, 2)])
        self.assertEqual(self.chain(there), [(1, 2), (1, 2)])


class OfOne(Pause):
    """Of one subscription."""

    def test_only_it_gets_nothing_and_then_all_of_it_once(self) -> None:
        hub, origin, topic = self.cast()
        paused, other = self.callback(), self.callback()
        self.follow(hub, topic, paused.url(), other.url())
        self.update(hub, origin, "two")
        paused.wait_posts(1)
        self.ctl(hub, "pause", topic, paused.url())
        for count, name in enumerate(("three", "four"), 2):
            self.update(hub, origin, name)
            other.wait_posts(count)  # one by one, or he gets both at once
        hub.restart()
        self.update(hub, origin, "five")
        other.wait_posts(4)
        self.assertEqual(len(paused.posts), 1)
        self.ctl(hub, "resume", topic, paused.url())
        last = paused.wait_posts(2)[1]
        self.assertEqual(entries_of(last.body), ["five", "four", "three"])
        self.assertEqual(self.chain(paused), [(1, 2), (2, 5)])
        self.update(hub, origin, "six")
        paused.wait_posts(3)
        hub.stop()
        self.assertEqual(self.chain(paused)[2:], [(5, 6)])

    def test_what_is_queued_for_it_already_is_taken_back(self) -> None:
        hub, origin, topic = self.cast("--deliveries=1",
                                       "--delivery-timeout=5m")
        if hub.sanitized:
            self.skipTest("the slow one gives his place up too soon for it")
        slow, fine = self.callback(), self.callback()
        self.follow(hub, topic, slow.url())  # he is the first, then
        self.subscribe(hub, topic, fine.url())
        # The slow one gives his place up within a moment; if that comes before
        # the pause, the other one has had his, and it is tried again.
        for turn in range(1, 20):
            gate = threading.Event()
            slow.on_post = lambda seen, gate=gate: Answer(204, gate=gate)
            before = len(fine.posts.all())
            self.update(hub, origin, f"update {turn}")
            slow.wait_posts(turn)
            self.ctl(hub, "pause", topic, fine.url())
            until(lambda: not hub.status()["network"]["queued"]["deliver"],
                  "nobody is queued")
            taken_back = len(fine.posts.all()) == before
            gate.set()
            until(lambda: self.rests(hub), "the first has ended")
            if taken_back:
                break
            self.ctl(hub, "resume", topic, fine.url())
        self.assertEqual(len(fine.posts.all()), before)
        self.ctl(hub, "resume", topic, fine.url())
        fine.wait_posts(before + 1)

    def test_it_shows_everywhere(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.follow(hub, topic, callback.url(), other.url())
        shown = self.item(hub, topic, callback)
        self.assertIs(shown["paused"], False)
        # By the number that lists show.
        self.ctl(hub, "pause", topic, str(shown["id"]))
        self.assertIs(self.item(hub, topic, callback)["paused"], True)
        listed = self.ctl_json(hub, "subscriptions", "--state=paused")
        self.assertEqual([one["host"] for one in listed["subscriptions"]],
                         [callback.host])
        self.assertIn("1 is paused by an operator",
                      self.ctl(hub, "explain", topic))
        self.assertIn("1 subscription at its origin is paused",
                      self.ctl(hub, "probe", callback.url()))
        self.update(hub, origin, "two")
        other.wait_posts(1)
        until(lambda: hub.status()["store"]["lagging"] == 1, "it to lag")
        self.assertIn("paused by an operator until it is resumed",
                      self.ctl(hub, "deliveries", "--paused"))
        self.ctl(hub, "resume", topic, str(shown["id"]))
        callback.wait_posts(1)
        self.assertNotIn("paused", self.ctl(hub, "explain", topic))

    def test_one_that_fails_is_tried_no_more(self) -> None:
        hub, origin, topic = self.cast("--retry-attempts=1000")
        callback, refuse = self.callback(), threading.Event()
        refuse.set()
        callback.on_post = lambda _: Answer(500 if refuse.is_set() else 204)
        self.follow(hub, topic, callback.url())
        self.update(hub, origin, "two")
        callback.wait_posts(2)
        self.ctl(hub, "pause", topic, callback.url())
        self.assertIs(self.item(hub, topic, callback)["paused"], True)
        hub.stop()  # what is under way takes its course
        before = len(callback.posts)
        hub.start()
        hub.restart()
        self.assertEqual(len(callback.posts), before)
        refuse.clear()
        self.ctl(hub, "resume", topic, callback.url())
        callback.wait_posts(before + 1)
        until(lambda: hub.status()["store"]["lagging"] == 0, "it to be well")

    def test_what_is_too_much_by_then_is_told(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.follow(hub, topic, callback.url(), other.url(),
                    content="entries")
        self.update(hub, origin, "two")
        callback.wait_posts(1)
        self.ctl(hub, "pause", topic, callback.url())
        for at in range(12):
            del self.feed.entries[1:]
            self.update(hub, origin, f"n{at}")
        self.ctl(hub, "resume", topic, callback.url())
        post = callback.wait_posts(2)[1]
        self.assertEqual(post.body, self.feed.render())
        self.assertRegex(post.get("Hub-Gap"),
                         r"^[0-9a-f]+\.\d+-\d+; reason=expired$")
        self.assertEqual(self.chain(callback)[1:], [(2, 14)])

    def test_it_can_leave_all_the_same(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.follow(hub, topic, callback.url(), other.url())
        self.ctl(hub, "pause", topic, callback.url())
        self.update(hub, origin, "two")
        other.wait_posts(1)
        self.subscribe(hub, topic, callback.url(),
                       event="subscription.renewed")
        self.assertIs(self.item(hub, topic, callback)["paused"], True)
        since = hub.mark()
        self.accepted(hub, "unsubscribe", topic, callback.url())
        hub.wait_for("subscription.ended", since=since)
        self.ctl(hub, "resume", topic, callback.url(), code=NO)
        self.assertEqual(len(callback.posts), 0)


class OfAnOrigin(Pause):
    """Of a server and everybody there."""

    def test_nobody_there_gets_anything_and_then_each_all_once(self) -> None:
        hub, origin, topic = self.cast()
        farm, other = Farm([self.callback()], 30), self.callback()
        server = farm.servers[0]
        self.follow(hub, topic, other.url(), *farm.urls)
        self.ctl(hub, "pause", "--origin", server.base + "/any/path")
        self.update(hub, origin, "two")
        other.wait_posts(1)
        until(lambda: hub.status()["store"]["waiting"] == 30, "all to wait")
        # Who comes now waits there too.
        self.subscribe(hub, topic, server.url("late"))
        hub.restart()
        self.update(hub, origin, "three")
        other.wait_posts(2)
        self.assertEqual(len(server.posts), 0)
        self.ctl(hub, "resume", "--origin", server.base)
        server.wait_posts(31)
        until(lambda: hub.status()["store"]["lagging"] == 0, "nobody to lag")
        hub.stop()
        counts = farm.counts()
        self.assertEqual(set(counts.values()), {1})
        self.assertEqual(len(counts), 31)
        for seen in server.posts.all():
            self.assertEqual(seq(seen.get("Hub-Sequence")), 3)
            late = seen.path.endswith("/late")
            self.assertEqual(seq(seen.get("Hub-Previous")), 2 if late else 1)

    def test_it_shows_everywhere(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.follow(hub, topic, callback.url("a"), callback.url("b"),
                    other.url())
        self.ctl(hub, "pause", "--origin", callback.base)
        one, = self.ctl_json(hub, "origins")["origins"]
        self.assertEqual((one["origin"], one["state"], one["waiting"]),
                         (callback.base, "paused", 0))
        self.update(hub, origin, "two")
        other.wait_posts(1)
        until(lambda: hub.status()["store"]["waiting"] == 2, "both to wait")
        one, = self.ctl_json(hub, "origins")["origins"]
        self.assertEqual((one["waiting"], one["counted"]), (2, True))
        told = self.ctl(hub, "origins")
        self.assertRegex(told, rf"(?m)^paused +- .* 2 .*{callback.base}$")
        self.assertEqual(hub.status()["origins"]["paused"], 1)
        self.assertIn("1 paused", self.ctl(hub, "status"))
        self.assertIn("are paused by an operator",
                      self.ctl(hub, "probe", callback.url()))
        self.assertIn("2 of them wait for a server",
                      self.ctl(hub, "explain", topic))
        self.assertEqual(len(self.ctl_json(
            hub, "subscriptions", "--state=waiting")["subscriptions"]), 2)
        self.ctl(hub, "resume", "--origin", callback.base)
        callback.wait_posts(2)
        until(lambda: self.ctl(hub, "origins", code=None).startswith("no "),
              "the lane to be gone")

    def test_what_is_paused_stays_so_with_nobody_there(self) -> None:
        hub, origin, topic = self.cast()
        callback, other = self.callback(), self.callback()
        self.ctl(hub, "pause", "--origin", callback.base)
        hub.restart()
        self.follow(hub, topic, callback.url(), other.url())
        self.update(hub, origin, "two")
        other.wait_posts(1)
        until(lambda: hub.status()["store"]["waiting"] == 1, "it to wait")
        self.assertEqual(len(callback.posts), 0)
        self.ctl(hub, "resume", "--origin", callback.base)
        callback.wait_posts(1)


class OfEverything(Pause):
    def test_in_the_middle_of_a_fan_out(self) -> None:
        """Eight at a time, held until the pause is there: then the others
        have to wait for the resumption, across a restart and an update."""
        hub, origin, topic = self.cast("--deliveries=8",
                                       "--deliveries-per-origin=2",
                                       "--delivery-timeout=5m",
                                       "--drain=2m")
        farm = Farm([self.callback() for _ in range(6)], 100)
        self.follow(hub, topic, *farm.urls)
        gate = threading.Event()
        farm.set_on_post(lambda _: Answer(204, gate=gate))
        self.update(hub, origin, "two")
        until(lambda: sum(farm.counts().values()) >= 4, "some to be called")
        self.ctl(hub, "pause", "--all")
        self.assertIs(hub.status()["halted"], True)
        gate.set()
        hub.restart()
        self.assertIs(hub.status()["store"]["paused"], True)
        early = sum(farm.counts().values())
        self.assertLess(early, 600)
        self.update(hub, origin, "three")
        self.assertEqual(sum(farm.counts().values()), early)
        self.assertIn("all deliveries, by an operator",
                      self.ctl(hub, "status"))
        told = self.ctl(hub, "explain", topic)
        self.assertIn("All deliveries are paused", told)
        self.assertIn("or wait until deliveries go on", told)
        self.assertNotIn("being delivered right now", told)
        self.assertIn("all deliveries are paused",
                      self.ctl(hub, "deliveries", code=None))
        self.ctl(hub, "resume", "--all")
        until(lambda: not farm.missing() and self.settled(hub), "all")
        hub.stop()
        self.check(farm)

    def test_a_resend_in_the_middle_of_a_fan_out(self) -> None:
        hub, origin, topic = self.cast("--deliveries=8",
                                       "--deliveries-per-origin=2",
                                       "--delivery-timeout=5m")
        farm = Farm([self.callback() for _ in range(6)], 20)
        self.follow(hub, topic, *farm.urls)
        gate = threading.Event()
        farm.set_on_post(lambda _: Answer(204, gate=gate))
        self.update(hub, origin, "two")
        until(lambda: sum(farm.counts().values()) >= 4, "some to be called")
        self.ctl(hub, "pause", "--all")
        gate.set()
        until(lambda: self.rests(hub), "it to rest")
        self.assertIn("120 cursors", self.ctl(hub, "resend", topic))
        self.update(hub, origin, "three")
        self.ctl(hub, "resume", "--all")
        until(lambda: not farm.missing() and self.settled(hub), "all")
        hub.stop()
        for chain in self.chains(farm).values():
            # Each begins where it was before, at the latest.
            self.assertEqual((chain[0][0], chain[-1][1]), (1, 3), chain)
            self.assertLessEqual(len(chain), 3)
            for (_, reached), (start, to) in zip(chain, chain[1:]):
                self.assertLessEqual(start, reached)
                self.assertLessEqual(reached, to)

    def settled(self, hub: Daemon) -> bool:
        store = hub.status()["store"]
        return store["lagging"] == 0 and store["walks"] == 0

    def chains(self, farm: Farm) -> dict[str, list]:
        got: dict[str, list] = {}
        for server in farm.servers:
            for seen in server.posts.all():
                got.setdefault(seen.path, []).append(
                    (seq(seen.get("Hub-Previous")),
                     seq(seen.get("Hub-Sequence"))))
        return got

    def check(self, farm: Farm) -> None:
        """Everything owed arrived, each in order, none of it twice."""
        got = self.chains(farm)
        self.assertEqual(len(got), 600)
        for chain in got.values():
            self.assertIn(chain, ([(1, 3)], [(1, 2), (2, 3)]))

    def test_the_rest_goes_on(self) -> None:
        hub, origin, topic = self.cast()
        callback = self.callback()
        self.ctl(hub, "pause", "--all")
        # Verifications and fetches are no deliveries.
        self.follow(hub, topic, callback.url())
        self.update(hub, origin, "two")
        hub.restart()
        self.update(hub, origin, "three")
        self.assertEqual(len(callback.posts), 0)
        self.ctl(hub, "resume", "--all")
        until(lambda: self.chain(callback)[-1:] and
              self.chain(callback)[-1][1] == 3, "the newest")
        self.assertIn(self.chain(callback), ([(1, 3)], [(1, 2), (2, 3)]))

    def test_a_stop_does_not_wait_for_it(self) -> None:
        hub, origin, topic = self.cast("--drain=10m")
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.ctl(hub, "pause", "--all")
        self.update(hub, origin, "two")
        hub.stop()
        hub.start()
        self.ctl(hub, "resume", "--all")
        callback.wait_posts(1)


if __name__ == "__main__":
    unittest.main()
