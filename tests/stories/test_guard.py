# SPDX-License-Identifier: MIT
"""Addresses that are nobody's business on the internet are never called."""

import unittest

from harness import (Answer, Atom, Callback, Daemon, NameServer, Origin, Story,
                     until)
from harness.server import next_address
from harness.trap import Trap

LOOPBACK = ["127.0.0.1", "127.255.255.254", "127.0.0.1."]
NUMBERS = [
    "2130706433", "0x7f000001", "0X7F000001", "017700000001", "127.1",
    "127.0.1", "0x7f.1", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.0.0.0x1",
    "0", "0.0.0.0", "0x0", "%31%32%37.0.0.1", "127%2E0%2E0%2E1",
]
SIX = [
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::1]",
    "[::ffff:0.0.0.0]",
]
WIDE = ["①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1"]
NAMES = [
    "localhost", "LOCALHOST", "localhost.", "%6cocalhost", "evil.test",
    "EVIL.test", "evil.test.", "zero.test", "six.test", "mapped.test",
    "alias.test", "both.test",
]
SPELLINGS = [*LOOPBACK, *NUMBERS, *SIX, *WIDE, *NAMES]


class GuardStory(Story):
    def trap(self, address: str | None = None, port: int = 0) -> Trap:
        trap = Trap(address, port)
        self.addCleanup(trap.stop)
        return trap

    def evil_names(self) -> NameServer:
        return self.names({
            "evil.test": ["127.0.0.1"], "localhost": ["127.0.0.1"],
            "zero.test": ["0.0.0.0"], "six.test": ["::1"],
            "mapped.test": ["::ffff:127.0.0.1"], "alias.test": "evil.test",
            "both.test": ["127.0.0.1", "::1", "169.254.169.254"]})

    def hub_that_allows(self, *options: str) -> Daemon:
        names = self.evil_names()
        return self.daemon(f"--dns-server={names.address}", *options,
                           loopback=False)

    def ask_all(self, hub: Daemon, urls: list[tuple[str, str]]
                ) -> list[tuple[str, str]]:
        """Subscribes each (topic, callback); those that were taken."""
        taken = []
        for topic, callback in urls:
            with self.subTest(topic=topic, callback=callback):
                answer = self.ask(hub, "subscribe", topic, callback)
                self.assertIn(answer.status, (202, 400, 403))
                if answer.status == 202:
                    taken.append((topic, callback))
        return taken

    def refused_fetches(self, hub: Daemon, count: int) -> None:
        hub.wait_for("fetch.failed", count)
        results = {line.fields["result"]
                   for line in hub.lines("fetch.failed")}
        self.assertEqual(results, {"address refused"})


class Spellings(GuardStory):
    """However it is written, it is what it is (S1)."""

    def test_S1_no_spelling_of_loopback_is_called_back(self) -> None:
        trap, hub = self.trap(), self.hub_that_allows()
        taken = self.ask_all(hub, [
            (f"http://topic.example/{number}",
             f"http://{host}:{trap.port}/cb")
            for number, host in enumerate(SPELLINGS)])
        self.assertGreaterEqual(len(taken), len(SPELLINGS) - len(WIDE))
        hub.wait_for("verification.failed", len(taken))
        hub.stop()
        self.assertEqual(trap.connects(), 0)

    def test_S1_no_spelling_of_loopback_is_fetched(self) -> None:
        trap, callback = self.trap(), self.callback()
        hub = self.hub_that_allows(
            f"--allow-callback-address={callback.host}/32")
        taken = self.ask_all(hub, [
            (f"http://{host}:{trap.port}/feed", callback.url(str(number)))
            for number, host in enumerate(SPELLINGS)])
        self.assertGreaterEqual(len(taken), len(SPELLINGS) - len(WIDE))
        hub.wait_for("subscription.active", len(taken))
        # Spellings of one URL are one topic, so there may be fewer fetches.
        hub.wait_for("fetch.failed", len({
            line.fields["topic"] for line in hub.lines("subscription.active")
        }))
        self.refused_fetches(hub, 1)
        for topic, _ in taken:
            self.publish(hub, topic)
        hub.stop()
        self.assertEqual(trap.connects(), 0)
        self.assertEqual(len(callback.posts), 0)

    def test_S1_no_spelling_of_loopback_is_redirected_to(self) -> None:
        trap, callback, origin = self.trap(), self.callback(), self.origin()
        hub = self.hub_that_allows(
            f"--allow-callback-address={callback.host}/32",
            f"--allow-topic-address={origin.host}/32")
        statuses = (301, 302, 303, 307, 308)

        def answer(seen):
            number = int(seen.target[1:])
            host = (SPELLINGS[number].encode("utf-8").decode("latin-1"))
            return Answer(statuses[number % 5], fields=[
                ("Location", f"http://{host}:{trap.port}/feed")])
        origin.answer = answer
        for number in range(len(SPELLINGS)):
            self.accepted(hub, "subscribe", origin.url(f"/{number}"),
                          callback.url(str(number)))
        results: list[str] = []

        def all_failed() -> bool:
            # Of each topic, however often.
            results[:] = {line.fields["topic"]: line.fields["result"]
                          for line in hub.lines("fetch.failed")}.values()
            return len(results) == len(SPELLINGS)
        until(all_failed, "each fetch to fail")
        self.assertLessEqual(set(results),
                             {"address refused", "bad redirects"})
        self.assertGreaterEqual(results.count("address refused"),
                                len(SPELLINGS) - len(WIDE))
        hub.stop()
        self.assertEqual(trap.connects(), 0)

    def test_S1_private_and_metadata_addresses_are_refused(self) -> None:
        hub, callback = self.daemon(
            "--allow-callback-address=127.0.0.0/8", loopback=False
        ), self.callback()
        hosts = ["10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1",
                 "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1",
                 "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
                 "240.0.0.1", "255.255.255.255", "[fe80::1]", "[fd00::1]",
                 "[fec0::1]", "[ff02::1]", "[100::1]", "[2001::1]",
                 "[2001:db8::1]", "[3fff::1]", "[5f00::1]",
                 "[64:ff9b::10.0.0.1]", "[2002:a9fe:a9fe::1]",
                 "[2606:4700::5efe:a00:1]"]
        for number, host in enumerate(hosts):
            self.accepted(hub, "subscribe", f"http://{host}/feed",
                          callback.url(str(number)))
        self.refused_fetches(hub, len(hosts))


class AllowLists(GuardStory):
    """What is allowed for one purpose is not for the other."""

    def cast(self, *options: str) -> tuple[Daemon, Callback, Origin]:
        callback, origin = self.callback(), self.origin()
        origin.serve(Atom().add("one"))
        words = {"C": callback.host, "T": origin.host}
        hub = self.daemon(*(option.format(**words) for option in options),
                          loopback=False)
        return hub, callback, origin

    def test_S1_who_may_be_fetched_may_not_be_called_back(self) -> None:
        hub, callback, origin = self.cast("--allow-topic-address={C}/32",
                                          "--allow-topic-address={T}/32")
        self.accepted(hub, "subscribe", origin.url(), callback.url())
        hub.wait_for("verification.failed")
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_S1_who_may_be_called_back_may_not_be_fetched(self) -> None:
        hub, callback, origin = self.cast("--allow-callback-address={C}/32",
                                          "--allow-callback-address={T}/32")
        self.subscribe(hub, origin.url(), callback.url())
        self.refused_fetches(hub, 1)
        self.publish(hub, origin.url())
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_S1_the_neighbour_of_an_allowed_address_is_refused(self) -> None:
        callback, origin = self.callback(), self.origin()
        trap = self.trap(next_address())
        hub = self.daemon(f"--allow-address={callback.host}/32",
                          f"--allow-address={origin.host}/32",
                          loopback=False)
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        callback.wait_posts(1)
        there = f"http://{trap.host}:{trap.port}/"
        self.accepted(hub, "subscribe", topic, there)
        self.accepted(hub, "subscribe", there, callback.url("2"))
        hub.wait_for("verification.failed")
        self.refused_fetches(hub, 1)
        hub.stop()
        self.assertEqual(trap.connects(), 0)

    def test_S1_of_mixed_addresses_the_bad_ones_are_skipped(self) -> None:
        callback, origin = self.callback(), self.origin()
        there = [self.trap(next_address(), server.port)
                 for server in (callback, origin)]
        names = self.names({
            "sub.test": [there[0].host, callback.host, "10.0.0.1", "::1"],
            "pub.test": [origin.host, there[1].host, "169.254.169.254"]})
        hub = self.daemon(f"--dns-server={names.address}",
                          f"--allow-address={callback.host}/32",
                          f"--allow-address={origin.host}/32",
                          loopback=False)
        origin.serve(Atom().add("one"))
        topic = f"http://pub.test:{origin.port}/feed"
        self.follow(hub, topic, f"http://sub.test:{callback.port}/"
                                f"{callback.token}/cb")
        self.publish(hub, topic)
        callback.wait_posts(1)
        hub.stop()
        self.assertEqual([trap.connects() for trap in there], [0, 0])


class Redirects(GuardStory):
    """Followed on fetches only, and not for ever (R80)."""

    def chain(self, origin: Origin, hops: int) -> str:
        feed = Atom().add("the end")

        def answer(seen):
            left = int(seen.target[1:])
            if left == 0:
                return Answer(200, feed.render(),
                              [("Content-Type", feed.content_type)])
            return Answer(302, fields=[("Location", f"/{left - 1}")])
        origin.answer = answer
        return origin.url(f"/{hops}")

    def test_R80_five_redirects_are_followed(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = self.chain(origin, 5)
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        self.assertIn(b"the end", callback.wait_posts(1)[0].body)

    def test_R80_more_than_five_are_not(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.subscribe(hub, self.chain(origin, 6), callback.url())
        line = hub.wait_for("fetch.failed")
        self.assertEqual(line.fields["result"], "bad redirects")

    def test_S1_a_redirect_to_a_refused_address_is_not_followed(self) -> None:
        inner, outer, callback = self.origin(), self.origin(), self.callback()
        hub = self.daemon("--allow-callback-address=127.0.0.0/8",
                          f"--allow-topic-address={outer.host}/32",
                          loopback=False)
        secret = inner.serve(Atom().add("private"))
        outer.script(*(Answer(302, fields=[("Location", secret)])
                       for _ in range(9)))
        self.subscribe(hub, outer.url(), callback.url())
        self.refused_fetches(hub, 1)
        hub.stop()
        self.assertGreaterEqual(len(outer.fetches), 1)
        self.assertEqual(inner.accepted, 0)

    def test_S1_no_redirect_of_a_verification_is_followed(self) -> None:
        hub, callback, other = self.daemon(), self.callback(), self.callback()
        statuses = (301, 302, 303, 307, 308)

        def moved(seen):
            status = statuses[int(seen.path[-1])]
            where = other.url("cb", "?" + seen.query)
            return Answer(status, fields=[("Location", where)])
        callback.on_verify = moved
        for number in range(len(statuses)):
            self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                          callback.url(str(number)))
        hub.wait_for("verification.failed", len(statuses))
        hub.stop()
        self.assertEqual(other.accepted, 0)

    def test_S1_no_redirect_of_a_delivery_is_followed(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        other, feed = self.callback(), Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        callback.script(*(
            Answer(status, fields=[("Location", other.url())])
            for status in (301, 302, 303, 307, 308)))
        self.publish(hub, topic)
        # It counts as a failure, and so it is tried again there.
        posts = callback.wait_posts(6)
        self.assertEqual({seen.body for seen in posts}, {feed.render()})
        hub.stop()
        self.assertEqual(other.accepted, 0)


class Ports(GuardStory):
    """Ports of other protocols (S3)."""

    def test_S3_they_are_refused_when_asked_for(self) -> None:
        hub, callback = self.daemon(), self.callback()
        for port in (22, 25, 53, 110, 143, 389, 445, 465, 587, 993, 995,
                     2049, 3306, 5432, 6000, 6379, 6660, 6669, 11211):
            victim = f"http://victim.example:{port}/"
            with self.subTest(port=port):
                for topic, url in ((victim, callback.url()),
                                   ("http://topic.example/", victim)):
                    answer = self.ask(hub, "subscribe", topic, url)
                    self.assertIn(answer.status, (400, 403))
                    self.assertNotIn("<", answer.text)
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_S3_a_redirect_to_one_is_not_followed(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        # At an address that is allowed, and one that may be listened at by
        # anybody.
        trap = self.trap(next_address(), 6667)
        origin.answer = lambda _: Answer(302, fields=[
            ("Location", f"http://{trap.host}:{trap.port}/")])
        self.subscribe(hub, origin.url(), callback.url())
        line = hub.wait_for("fetch.failed")
        self.assertEqual(line.fields["result"], "bad redirects")
        hub.stop()
        self.assertEqual(trap.connects(), 0)


class Itself(GuardStory):
    """The hub never calls itself, whatever is allowed (S18)."""

    def test_S18_under_another_name_it_is_still_itself(self) -> None:
        names = self.names({"me.test": ["127.0.0.1"]})
        callback = self.callback()
        hub = self.daemon(f"--dns-server={names.address}")
        me = f"http://me.test:{hub.address[1]}"
        before = hub.status()["front"]
        self.accepted(hub, "subscribe", "http://topic.example/", f"{me}/cb")
        self.accepted(hub, "subscribe", f"{me}/", callback.url())
        hub.wait_for("verification.failed")
        self.refused_fetches(hub, 1)
        after = hub.status()["front"]
        # Our own two requests, and status itself.
        self.assertLessEqual(after["accepted"] - before["accepted"], 3)

    def test_S18_nor_is_it_called_by_its_number_in_disguise(self) -> None:
        hub, callback = self.daemon(), self.callback()
        port = hub.address[1]
        taken = self.ask_all(hub, [
            (f"http://{host}:{port}/feed", callback.url(str(number)))
            for number, host in enumerate((
                "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"))])
        if taken:
            self.refused_fetches(hub, 1)

    def test_S18_a_topic_that_redirects_to_the_hub_is_not_followed(
            self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        origin.answer = lambda _: Answer(302, fields=[("Location", hub.hub)])
        self.subscribe(hub, origin.url(), callback.url())
        self.refused_fetches(hub, 1)

    def test_S18_its_neighbour_at_the_next_port_is_called(self) -> None:
        hub, origin = self.daemon(), self.origin()
        neighbour = Callback("127.0.0.1")
        self._server(neighbour)
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, neighbour.url())
        self.publish(hub, topic)
        neighbour.wait_posts(1)


class Names(Story):
    def test_names_are_asked_of_the_given_server(self) -> None:
        callback, origin = self.callback(), self.origin()
        names = self.names({"sub.test": [callback.host],
                            "pub.test": [origin.host]})
        hub = self.daemon(f"--dns-server={names.address}")
        topic = f"http://pub.test:{origin.port}/feed"
        origin.serve(Atom().add("one"))
        url = f"http://sub.test:{callback.port}/{callback.token}/cb"
        self.follow(hub, topic, url)
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("Host"), f"sub.test:{callback.port}")

    def test_a_name_that_is_not_answered_delays_nobody(self) -> None:
        callback = self.callback()
        names = self.names({"slow.test": None, "sub.test": [callback.host]})
        hub = self.daemon(f"--dns-server={names.address}")
        for number in range(20):
            self.accepted(hub, "subscribe", f"http://127.9.9.9:9999/{number}",
                          "http://slow.test/")
        names.questions.wait_until(
            lambda asked: any(name == "slow.test" for name, _ in asked),
            "a question for slow.test")
        self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                      f"http://sub.test:{callback.port}/{callback.token}/cb")
        hub.wait_for("subscription.active", host="sub.test")
        # The names that are slow have not been given up yet.
        self.assertEqual(hub.lines("subscription.active", host="slow.test"),
                         [])


if __name__ == "__main__":
    unittest.main()
