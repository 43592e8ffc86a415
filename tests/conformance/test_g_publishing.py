# SPDX-License-Identifier: MIT
"""R70 to R79: publishing."""

import contextlib
import threading
import time

import stories  # noqa: F401
from harness import Answer, Message, Wire, request, together
from harness.callback import echo
from harness.client import post

from scene import NOBODY, PLAIN, Scene


class Ping(Scene):
    """What is a ping, and what is answered."""

    def ping(self, *pairs: tuple[str, str], target: str = "/") -> Message:
        return self.hub.client.post([("hub.mode", "publish"), *pairs],
                                    target)

    def assert_heard(self, document: bytes, *pairs: tuple[str, str],
                     target: str = "/") -> None:
        """This ping makes the hub see and deliver this document."""
        before = len(self.callback_server.posts)
        self.origin_server.serve(document, PLAIN)
        answer = self.ping(*pairs, target=target)
        self.assertEqual((answer.status, answer.body), (204, b""))
        seen = self.callback_server.wait_posts(before + 1)[before]
        self.assertEqual(seen.body, document)

    def follow_several(self, *paths: str) -> list[str]:
        self.hub, self.callback_server, self.origin_server = (
            self.daemon(), self.callback(), self.origin())
        topics = [self.origin_server.serve(b"of " + path.encode(), PLAIN,
                                           path=path) for path in paths]
        since = self.hub.mark()
        for topic in topics:
            self.accepted(self.hub, "subscribe", topic,
                          self.callback_server.url())
        self.hub.wait_for("update", len(topics), since)
        return topics

    def test_R70_hub_url_names_a_topic(self) -> None:
        self.follow_one()
        self.assert_heard(b"second", ("hub.url", self.topic))

    def test_R70_hub_url_may_be_repeated(self) -> None:
        topics = self.follow_several("/1", "/2", "/3")
        answer = self.ping(*(("hub.url", topic) for topic in topics))
        self.assertEqual(answer.status, 204)
        bodies = {seen.body for seen in self.callback_server.wait_posts(3)}
        self.assertEqual(bodies, {b"of /1", b"of /2", b"of /3"})

    def test_R71_hub_topic_and_hub_url_with_brackets_do_too(self) -> None:
        self.follow_one()
        self.assert_heard(b"second", ("hub.topic", self.topic))
        self.assert_heard(b"third", ("hub.url[]", self.topic))

    def test_R71_the_names_may_be_mixed_in_one_ping(self) -> None:
        topics = self.follow_several("/1", "/2", "/3")
        answer = self.ping(("hub.url", topics[0]), ("hub.topic", topics[1]),
                           ("hub.url[]", topics[2]))
        self.assertEqual(answer.status, 204)
        self.assertEqual(len({seen.body for seen in
                              self.callback_server.wait_posts(3)}), 3)

    def test_R71_a_comma_is_part_of_a_url(self) -> None:
        topics = self.follow_several("/a", "/a,http://other/b")
        since = self.hub.mark()
        self.publish(self.hub, topics[1])
        seen = self.callback_server.wait_posts(1)[0]
        self.assertEqual(seen.body, b"of /a,http://other/b")
        self.hub.stop()
        # Cut at the comma it would have been the first topic.
        self.assertEqual(len(self.hub.lines("update", since)), 1)

    def test_R72_204_and_nothing_else(self) -> None:
        self.follow_one()
        for topic in (self.topic, NOBODY):
            with self.subTest(topic=topic), Wire(self.hub.address) as wire:
                wire.send(post([("hub.mode", "publish"),
                                ("hub.url", topic)],
                               fields=[("Connection", "close")]))
                answer = wire.read()
                self.assertEqual(answer.status, 204)
                self.assertIn(answer.get("Content-Length"), (None, "0"))
                self.assertEqual(answer.all("Transfer-Encoding"), [])
                self.assertEqual(wire.ended(), b"")

    def test_R72_what_was_answered_with_204_survives_a_kill(self) -> None:
        self.follow_one()
        self.origin_server.gate = threading.Event()
        self.origin_server.serve(b"second", PLAIN)
        self.publish(self.hub, self.topic)
        self.hub.kill()
        self.origin_server.gate = None
        self.hub.start()
        self.assertEqual(self.callback_server.wait_posts(1)[0].body,
                         b"second")

    def test_R73_a_ping_that_names_nothing_is_told_so(self) -> None:
        self.follow_one()
        for pairs in ((), (("hub.url", ""),), (("hub.topic", ""),),
                      (("url", self.topic),)):
            with self.subTest(pairs=pairs):
                answer = self.ping(*pairs)
                self.assertEqual(answer.status, 400)
                self.assertIn("url", answer.text)
                self.assertTrue((answer.get("Content-Type") or ""
                                 ).startswith("text/plain"))

    def test_R73_one_bad_url_refuses_all_of_it(self) -> None:
        self.follow_one()
        fetches = len(self.origin_server.fetches)
        bad = ["ftp://127.9.9.9/", "http://127.9.9.9/#fragment", "/relative",
               "http://127.9.9.9/" + "a" * 2048, "http://", "javascript:1",
               "http://127.9.9.9:0/", "http://a b/"]
        for url in bad:
            for pairs in ([self.topic, url], [url, self.topic]):
                with self.subTest(url=url[:40]):
                    answer = self.ping(*(("hub.url", one) for one in pairs))
                    self.assertEqual(answer.status, 400)
                    self.assertIn("url", answer.text)
        self.hub.stop()
        self.assertEqual(len(self.origin_server.fetches), fetches)

    def test_R74_a_topic_named_twice_is_fetched_once(self) -> None:
        self.follow_one()
        fetches = len(self.origin_server.fetches)
        self.origin_server.serve(b"second", PLAIN)
        self.ping(*[("hub.url", self.topic)] * 50,
                  ("hub.topic", self.topic))
        self.callback_server.wait_posts(1)
        self.hub.stop()
        self.assertEqual(len(self.origin_server.fetches), fetches + 1)

    def test_R74_two_spellings_of_a_topic_are_fetched_once(self) -> None:
        self.follow_one(serve={"path": "/~a"})
        fetches = len(self.origin_server.fetches)
        self.origin_server.serve(b"second", PLAIN, path="/~a")
        self.ping(("hub.url", self.topic),
                  ("hub.url", self.topic.replace("~", "%7E")),
                  ("hub.url", self.topic.replace("http", "HTTP")))
        self.callback_server.wait_posts(1)
        self.hub.stop()
        self.assertEqual(len(self.origin_server.fetches), fetches + 1)

    def test_R74_a_hundred_and_more_in_one_ping(self) -> None:
        topics = self.follow_several(*(f"/{n}" for n in range(120)))
        answer = self.ping(*(("hub.url", topic) for topic in topics))
        self.assertEqual(answer.status, 204)
        bodies = {seen.body for seen in
                  self.callback_server.wait_posts(120)}
        self.assertEqual(len(bodies), 120)

    def test_R75_a_topic_that_nobody_follows_is_never_fetched(self) -> None:
        hub, origin, callback = self.daemon(), self.origin(), self.callback()
        topic = origin.serve(b"first", PLAIN)
        self.publish(hub, topic)
        # Nor while its only subscription is being verified.
        callback.on_verify = lambda seen: Answer(
            200, echo(seen).body, dawdle=60)
        self.accepted(hub, "subscribe", topic, callback.url())
        callback.wait_verifications(1)
        self.publish(hub, topic)
        callback.stop()
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_R75_nor_after_its_last_subscription_has_gone(self) -> None:
        self.follow_one()
        self.accepted(self.hub, "unsubscribe", self.topic,
                      self.callback_server.url())
        self.hub.wait_for("subscription.ended", reason="unsubscribed")
        fetches = len(self.origin_server.fetches)
        self.publish(self.hub, self.topic)
        self.hub.stop()
        self.assertEqual(len(self.origin_server.fetches), fetches)

    def test_R77_publish_subscribe_and_hub_are_the_same_place(self) -> None:
        self.follow_one()
        for target in ("/", "/publish", "/subscribe", "/hub"):
            with self.subTest(target=target):
                self.assert_heard(b"at " + target.encode(),
                                  ("hub.url", self.topic), target=target)
                since = self.hub.mark()
                answer = self.hub.client.post([
                    ("hub.mode", "subscribe"), ("hub.topic", self.topic),
                    ("hub.callback", self.callback_server.url())], target)
                self.assertEqual(answer.status, 202)
                # Before that, the same request again would be the same one.
                self.hub.wait_for("subscription.renewed", since=since)


class Coalescing(Scene):
    """R76."""

    def test_R76_a_ping_during_a_fetch_brings_another(self) -> None:
        self.follow_one("--fetch-timeout=1h")
        before = len(self.origin_server.fetches)
        self.origin_server.gate = threading.Event()
        self.origin_server.serve(b"v1", PLAIN)
        self.publish(self.hub, self.topic)
        self.origin_server.fetches.wait(before + 1)
        self.origin_server.serve(b"v2", PLAIN)
        self.publish(self.hub, self.topic)
        self.origin_server.gate.set()
        self.callback_server.posts.wait_until(
            lambda posts: posts[-1:] and posts[-1].body == b"v2",
            "the second version")

    def test_R76_many_pings_are_two_fetches(self) -> None:
        self.follow_one("--fetch-timeout=1h")
        before = len(self.origin_server.fetches)
        self.origin_server.gate = threading.Event()
        self.origin_server.serve(b"v1", PLAIN)
        self.publish(self.hub, self.topic)
        self.origin_server.fetches.wait(before + 1)
        self.origin_server.serve(b"v2", PLAIN)
        for _ in range(100):
            self.publish(self.hub, self.topic)
        self.assertEqual(len(self.origin_server.fetches), before + 1)
        self.origin_server.gate.set()
        self.callback_server.posts.wait_until(
            lambda posts: posts[-1:] and posts[-1].body == b"v2",
            "the second version")
        self.hub.stop()
        self.assertEqual(len(self.origin_server.fetches), before + 2)


class Anybody(Scene):
    """R78: whoever pings costs little."""

    def test_R78_anybody_may_ping(self) -> None:
        self.follow_one()
        self.origin_server.serve(b"second", PLAIN)
        with Wire(self.hub.address, source="127.77.77.77") as wire:
            answer = wire.ask(post([("hub.mode", "publish"),
                                    ("hub.url", self.topic)]))
        self.assertEqual(answer.status, 204)
        self.callback_server.wait_posts(1)

    def test_R78_a_forged_ping_is_one_conditional_get(self) -> None:
        self.follow_one()
        self.change(b"second")
        before = len(self.origin_server.fetches)
        self.ping_in_vain()
        self.hub.stop()
        forged, = self.origin_server.fetches.all()[before:]
        self.assertTrue(forged.get("If-None-Match"))
        self.assertEqual(len(self.callback_server.posts), 1)

    def test_R78_one_address_has_a_rate(self) -> None:
        hub = self.daemon("--accept-rate=1")
        ping = post([("hub.mode", "publish"), ("hub.url", NOBODY)])
        statuses = []
        with Wire(hub.address, source="127.66.66.66") as wire:
            for _ in range(200):
                answer = wire.ask(ping)
                statuses.append(answer.status)
                if answer.status == 429:
                    break
        self.assertEqual(set(statuses), {204, 429})
        self.assertRegex(answer.get("Retry-After") or "", "^[1-9][0-9]*$")
        with Wire(hub.address, source="127.66.66.67") as wire:
            self.assertEqual(wire.ask(ping).status, 204)

    def test_R78_pings_in_vain_are_few_fetches_and_others_free(self
                                                               ) -> None:
        # A sixth of an hour's worth at once: two.
        self.follow_one("--idle-pings=12")
        self.change(b"second")
        origin = self.origin_server
        for _ in range(2):
            self.ping_in_vain()
        before = len(origin.fetches)
        other, callback = self.origin(), self.callback()
        topic = other.serve(b"first", PLAIN)
        self.follow(self.hub, topic, callback.url())
        for _ in range(20):
            self.publish(self.hub, self.topic)
        # Another origin, pinged later, is heard at once.
        other.serve(b"second", PLAIN)
        self.publish(self.hub, topic)
        callback.wait_posts(1)
        self.hub.stop()
        self.assertEqual(len(origin.fetches), before)

    def test_R78_pings_of_what_never_was_there_are_few_fetches(self
                                                               ) -> None:
        self.hub = self.daemon("--idle-pings=12")
        callback, origin, other = (self.callback(), self.origin(),
                                   self.origin())
        topic = origin.url("/no-such-page")
        begin = time.monotonic()
        self.subscribe(self.hub, topic, callback.url())
        self.hub.wait_for("fetch.failed")
        for count in range(10):
            self.publish(self.hub, topic)
            # It has had its chance when another publisher's was heard.
            witness = other.serve(b"first", PLAIN, path=f"/{count}")
            self.follow(self.hub, witness, callback.url())
            self.publish(self.hub, witness)
            callback.wait_posts(count + 1)
        # It is looked for again after a while.
        took = time.monotonic() - begin
        self.assertLessEqual(len(origin.fetches), 3 + took / 10)

    def test_R78_pings_with_news_are_not_delayed(self) -> None:
        # Without news the second one would be.
        self.follow_one("--idle-pings=6")
        for number in range(8):
            self.change(b"number %d" % number)

    def test_R78_a_topic_with_endless_news_has_a_pace_too(self) -> None:
        self.follow_one("--idle-pings=360")
        plain, origin = self.origin_server.answer, self.origin_server
        # Another document each time it is looked at.
        origin.answer = lambda seen: Answer(
            200, b"number %d" % len(origin.fetches), plain(seen).fields)
        begin, before = time.monotonic(), len(origin.fetches)
        for number in range(120):
            self.publish(self.hub, self.topic)
            self.give_a_chance(number + before + 1)
        took = time.monotonic() - begin
        self.hub.stop()
        self.assertLessEqual(len(origin.fetches) - before, 62 + took)

    def give_a_chance(self, fetches: int) -> None:
        """A moment for this many fetches.  There may be fewer."""
        with contextlib.suppress(AssertionError):
            self.origin_server.fetches.wait(fetches, timeout=0.02)


class Fat(Scene):
    """R79."""

    def test_R79_the_content_of_a_ping_is_not_believed(self) -> None:
        self.follow_one()
        self.change(b"the truth")
        for pairs in ([("hub.content", "a lie"), ("hub.signature", "x")],
                      [("content", "a lie")]):
            answer = self.hub.client.post([
                ("hub.mode", "publish"), ("hub.url", self.topic), *pairs])
            self.assertIn(answer.status, (204, 400))
        answer = self.hub.client.ask(request(
            "POST", "/", [("Content-Type", "text/plain"),
                          ("Link", f'<{self.topic}>; rel="self"')],
            b"a lie"))
        self.assertGreaterEqual(answer.status, 400)
        seen = self.change(b"the truth again")
        self.assertEqual(seen.body, b"the truth again")
        self.assertEqual(len(self.callback_server.posts), 2)


if __name__ == "__main__":
    together.main()
