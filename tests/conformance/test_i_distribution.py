# SPDX-License-Identifier: MIT
"""R90 to R93 and R97 to R108: content distribution."""

import threading

import stories  # noqa: F401
from harness import Answer, Atom, Farm, Rss, entries_of, together
from harness.callback import name_of

from scene import PLAIN, Scene, target_of

RDF = b"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="http://e/"><title>t</title><link>http://e/</link>
<description>d</description><items><rdf:Seq>
<rdf:li rdf:resource="http://e/%s"/></rdf:Seq></items></channel>
<item rdf:about="http://e/%s"><title>%s</title><link>http://e/1</link></item>
</rdf:RDF>
"""
JSON_FEED = (b'{"version":"https://jsonfeed.org/version/1.1","title":"t",\n'
             b' "items": [ {"id":"%s", "content_text":"\\u00e9" } ] }\n')

QUICK = ("--retry-first=20ms", "--retry-max=40ms")
WORDS = [b"first", b"second", b"third", b"fourth", b"fifth"]


class Exactly(Scene):
    """R90 to R92: what is sent, and where."""

    def test_R90_the_callback_is_called_to_the_byte(self) -> None:
        for name, query in (("a/../b", "?x=1&&y=%7e"), ("//x//", ""),
                            ("%2F%2f", "?"), ("cb", "?a=1?b=2&hub.mode=x"),
                            ("cb;v=1", "?a;b"), ("~%41", "?%7E=[]")):
            with self.subTest(name=name, query=query):
                self.follow_one(name=name, query=query)
                seen = self.change(b"second")
                url = self.callback_server.url(name, query)
                self.assertEqual(seen.target,
                                 target_of(self.callback_server, url))
                self.assertEqual(seen.method, "POST")
                self.assert_header(
                    seen, "Host", f"{self.callback_server.host}:"
                                  f"{self.callback_server.port}")

    def test_R90_a_host_is_called_by_its_name(self) -> None:
        callback = self.callback()
        names = self.names({"sub.test": [callback.host]})
        hub, origin = (self.daemon(f"--dns-server={names.address}"),
                       self.origin())
        topic = origin.serve(b"first", PLAIN)
        self.follow(hub, topic,
                    f"http://Sub.Test:{callback.port}/{callback.token}/")
        self.publish(hub, topic)
        host = callback.wait_posts(1)[0].get("Host")
        self.assertEqual(host.lower(), f"sub.test:{callback.port}")

    def test_R91_the_body_is_the_document_byte_for_byte(self) -> None:
        kinds = {
            "text/plain": [b"one\r\n", b" one\r\ntwo\n\n"],
            "application/json": [b'{"a":1}', b'{ "b" : 2,"a":1.0 }\n'],
            "application/feed+json": [JSON_FEED % b"1", JSON_FEED % b"2"],
            "application/rdf+xml": [RDF % ((b"1",) * 3), RDF % ((b"2",) * 3)],
            "text/html; charset=UTF-8": [b"<p>one", b"<p>one<p>\xc3\xa9"],
            "image/png": [b"\x89PNG\r\n\x1a\n\0", bytes(range(256)) * 9],
            "text/csv; charset=utf-16": ["a,b".encode("utf-16"),
                                         "a,c".encode("utf-16")],
        }
        for kind, (first, second) in kinds.items():
            with self.subTest(kind=kind):
                self.follow_one(document=first, kind=kind)
                seen = self.change(second, kind)
                self.assertEqual(seen.body, second)

    def test_R91_of_feeds_too_when_all_is_wanted(self) -> None:
        for feed in (Atom().add("one"), Rss().add("one")):
            with self.subTest(feed=feed.content_type):
                self.follow_one(document=feed, content="full")
                for name in ("two", "three", "four"):
                    feed.add(name)
                    self.assertEqual(self.change(feed).body, feed.render())

    def test_R91_of_large_documents_too(self) -> None:
        self.follow_one()
        large = b"".join(b"%08d " % number for number in range(250_000))
        self.assertTrue(self.change(large).body == large)

    def test_R92_the_content_type_is_the_publishers_to_the_byte(self
                                                                ) -> None:
        self.follow_one()
        for number, kind in enumerate((
                "text/html; charset=UTF-8", "text/html;charset=utf-8",
                "Text/HTML;  Charset=\"UTF-8\"", "application/atom+xml",
                "APPLICATION/RSS+XML", "x-unknown/y; a=b; c",
                "application/ld+json; profile=\"http://e/,;=\"", "nonsense")):
            with self.subTest(kind=kind):
                seen = self.change(b"version %d" % number, kind)
                self.assert_header(seen, "Content-Type", kind)

    def test_R92_none_is_made_up(self) -> None:
        self.follow_one(kind=None)
        seen = self.change(b"<html>second", None)
        self.assertIn(seen.all("Content-Type"),
                      ([], ["application/octet-stream"]))

    def test_R93_of_feeds_only_what_is_new_unless_all_is_wanted(self
                                                                ) -> None:
        for wish, kept in (({}, ["three"]), ({"content": "entries"},
                                             ["three"]),
                           ({"content": "full"}, ["three", "two", "one"])):
            with self.subTest(wish=wish):
                feed = Atom().add("one")
                self.follow_one(document=feed, **wish)
                self.change(feed.add("two"))
                seen = self.change(feed.add("three"))
                self.assertEqual(entries_of(seen.body), kept)

    def test_R93_the_hub_can_be_told_to_send_all_to_everybody(self) -> None:
        feed = Atom().add("one")
        self.follow_one("--feed-delivery=full", document=feed)
        for name in ("two", "three"):
            self.assertEqual(self.change(feed.add(name)).body, feed.render())


class Answers(Scene):
    """R97 to R99: what the subscriber says to it."""

    def test_R97_any_2xx_is_success_whatever_its_body(self) -> None:
        self.follow_one(*QUICK)
        callback = self.callback_server
        junk = [Answer(200, b"x" * 300_000), Answer(299, b"\0junk"),
                Answer(200, fields=[("Content-Type", "text/html"),
                                    ("Location", "http://127.0.0.1/")]),
                Answer(203), Answer(226, b"{}")]
        for number, answer in enumerate(junk, 1):
            callback.script(answer)
            self.change(b"%d" % number)
        self.hub.stop()
        self.assertEqual(len(callback.posts), len(junk))
        self.assertEqual(self.hub.lines("delivery.failed"), [])

    def test_R98_410_ends_this_subscription_and_no_other(self) -> None:
        self.follow_one(*QUICK)
        callback, url = self.callback_server, self.callback_server.url
        self.subscribe(self.hub, self.topic, url("other"))
        callback.on_post = lambda seen: Answer(
            410 if name_of(seen) == "cb" else 204)
        self.change(b"second")
        self.hub.wait_for("subscription.ended", reason="gone")
        callback.posts.wait(2)
        for number in (3, 4):
            self.origin_server.serve(b"%d" % number, PLAIN)
            self.publish(self.hub, self.topic)
            callback.posts.wait(number)
        self.hub.stop()
        names = [name_of(seen) for seen in callback.posts.all()]
        self.assertEqual(sorted(names), ["cb", "other", "other", "other"])
        # And there is no farewell for one who is gone.
        self.assertEqual(len(callback.verifications), 2)

    def test_R99_everything_else_is_a_failure_and_comes_again(self) -> None:
        self.follow_one(*QUICK, "--retry-attempts=40")
        callback, other = self.callback_server, self.callback()
        codes = (300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 403, 404,
                 405, 406, 408, 409, 411, 413, 415, 422, 425, 429, 451, 500,
                 501, 502, 503, 504, 511, 599, 600)
        callback.script(
            *(Answer(code, fields=[("Location", other.url())])
              for code in codes),
            Answer(drop=True), Answer(raw=b"no http\r\n\r\n", close=True))
        self.origin_server.serve(b"second", PLAIN)
        self.publish(self.hub, self.topic)
        posts = callback.wait_posts(len(codes) + 3)
        self.hub.stop()
        self.assertEqual(len(callback.posts), len(codes) + 3)
        self.assertEqual({seen.body for seen in posts}, {b"second"})
        self.assertEqual(other.accepted, 0)


class Again(Scene):
    """R100 to R102: trying again."""

    def test_R100_tries_are_limited_in_number(self) -> None:
        self.follow_one(*QUICK, "--retry-attempts=4")
        witness = self.callback()
        self.subscribe(self.hub, self.topic, witness.url())
        self.callback_server.on_post = lambda _: Answer(500)
        self.witness_sees(witness, b"second")
        self.callback_server.wait_posts(4)
        self.hub.wait_for("delivery.failed", count=4)
        # A restart is no reason to begin again.
        self.hub.restart()
        with self.quiet(self.hub, self.callback_server):
            self.subscribe(self.hub, self.topic, self.callback().url())

    def test_R100_each_wait_is_longer_than_the_one_before(self) -> None:
        self.follow_one("--retry-first=60ms", "--retry-max=1h")
        self.callback_server.script(*[Answer(503)] * 4)
        self.origin_server.serve(b"second", PLAIN)
        self.publish(self.hub, self.topic)
        posts = self.callback_server.wait_posts(5)
        for step, (before, after) in enumerate(zip(posts, posts[1:])):
            # Twice as long each time, less a fifth of chance.
            self.assertGreater(after.when - before.when, 0.045 * 2 ** step)

    def test_R100_no_wait_is_longer_than_the_longest(self) -> None:
        self.follow_one("--retry-first=20ms", "--retry-max=80ms")
        self.callback_server.script(*[Answer(503)] * 16)
        self.origin_server.serve(b"second", PLAIN)
        self.publish(self.hub, self.topic)
        # Doubled each time it would be 20 minutes.
        self.callback_server.wait_posts(17)

    def test_R100_retry_after_is_honoured(self) -> None:
        self.follow_one(*QUICK)
        for status in (503, 429):
            begin = len(self.callback_server.posts)
            self.callback_server.script(
                Answer(status, fields=[("Retry-After", "1")]))
            self.change(b"%d" % status)
            first, second = self.callback_server.wait_posts(begin + 2)[-2:]
            self.assertGreater(second.when - first.when, 0.95)

    def test_R100_no_try_comes_after_the_end_of_the_lease(self) -> None:
        self.follow_one("--lease-min=1s", *QUICK, "--retry-attempts=1000")
        witness, callback = self.callback(), self.callback_server
        self.subscribe(self.hub, self.topic, witness.url())
        callback.on_post = lambda _: Answer(500)
        self.witness_sees(witness, b"second")
        callback.wait_posts(6)
        self.ctl(self.hub, "subscription", "extend", self.topic,
                 callback.url(), "--lease=1")
        self.hub.wait_for("subscription.ended", reason="expired")
        # What was on its way when the lease ended has come by then.
        self.hub.restart()
        with self.quiet(self.hub, callback):
            self.witness_sees(witness, b"third")

    def test_R101_given_up_is_this_notification_and_not_the_subscription(
            self) -> None:
        self.follow_one(*QUICK, "--retry-attempts=3", secret="still")
        callback = self.callback_server
        for number in range(1, 5):  # so many whole series of failures
            callback.script(*[Answer(404)] * 3)
            self.origin_server.serve(b"lost %d" % number, PLAIN)
            since = self.hub.mark()
            self.publish(self.hub, self.topic)
            self.hub.wait_for("delivery.failed", count=3, since=since)
        seen = self.change(b"heard")
        self.assertEqual(seen.body, b"heard")
        self.assertEqual(len(seen.all("X-Hub-Signature")), 1)
        self.assertEqual(self.hub.lines("subscription.ended"), [])

    def test_R102_who_lags_is_sent_the_newest_once(self) -> None:
        # Nothing is given up before he listens again.
        self.follow_one("--retry-first=300ms", "--retry-max=300ms",
                        "--retry-attempts=1000")
        witness, callback = self.callback(), self.callback_server
        self.subscribe(self.hub, self.topic, witness.url())
        callback.stop()
        for body in WORDS[1:]:
            self.witness_sees(witness, body)
        callback.listen()
        self.assertEqual(callback.wait_posts(1)[0].body, WORDS[-1])
        self.witness_sees(witness, b"last")
        callback.wait_posts(2)
        self.hub.stop()
        self.assertEqual([seen.body for seen in callback.posts.all()],
                         [WORDS[-1], b"last"])

    def test_R102_never_the_older_after_the_newer(self) -> None:
        self.follow_one(*QUICK)
        witness, callback = self.callback(), self.callback_server
        self.subscribe(self.hub, self.topic, witness.url())
        callback.on_post = lambda seen: Answer(
            500 if len(callback.posts) % 3 else 204, dawdle=0.03)
        versions = [b"%03d" % number for number in range(40)]
        for body in versions:
            self.witness_sees(witness, body)
        callback.on_post = lambda _: Answer(204)
        callback.posts.wait_until(
            lambda posts: posts[-1].body == versions[-1], "the last version")
        self.hub.stop()
        bodies = [seen.body for seen in callback.posts.all()]
        self.assertEqual(bodies, sorted(bodies))


class Plain(Scene):
    """R103 and R107: nothing but what belongs there."""

    NAMES = {"host", "user-agent", "accept", "content-type", "content-length",
             "link", "hub-sequence", "hub-previous", "connection"}

    def test_R103_nothing_of_the_publishers_headers_is_passed_on(self
                                                                 ) -> None:
        fields = [("Set-Cookie", "a=b"), ("Content-Language", "de"),
                  ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
                  ("Content-Encoding", "identity"), ("X-Custom", "1"),
                  ("Cache-Control", "max-age=1"), ("Server", "x"),
                  ("Authorization", "Basic eDp5"), ("Expires", "0"),
                  ("Content-Disposition", "attachment"),
                  ("X-Hub-Signature", "sha1=00")]
        self.follow_one(serve={"fields": fields})
        seen = self.change(b"second", fields=fields)
        names = [name.lower() for name, _ in seen.message.fields]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual(set(names), self.NAMES)

    def test_R103_a_large_body_is_sent_without_asking(self) -> None:
        self.follow_one()
        seen = self.change(b"x" * 2_000_000)
        self.assert_header(seen, "Expect")
        self.assert_header(seen, "Transfer-Encoding")
        self.assert_header(seen, "Content-Length", "2000000")

    def test_R103_cookies_are_not_kept(self) -> None:
        self.follow_one()
        cookie = [("Set-Cookie", "id=1; Path=/")]
        self.callback_server.on_post = lambda _: Answer(204, fields=cookie)
        self.change(b"second", fields=cookie)
        seen = self.change(b"third")
        for request in (seen, self.origin_server.fetches.all()[-1]):
            self.assert_header(request, "Cookie")


class Everybody(Scene):
    """R104 to R106: each subscription by itself, and none forgotten."""

    def test_R104_a_hundred_do_not_wait_for_one(self) -> None:
        hub, origin = self.daemon("--delivery-timeout=1h"), self.origin()
        topic = origin.serve(b"first", PLAIN)
        silent, refusing = self.callback(), self.callback()
        farm = Farm([self.callback() for _ in range(20)], 5)
        self.follow(hub, topic, silent.url(), refusing.url(), *farm.urls)
        silent.on_post = lambda _: Answer(204, dawdle=3600)
        refusing.stop()
        for count, body in enumerate(WORDS[1:], 1):
            origin.serve(body, PLAIN)
            self.publish(hub, topic)
            for server in farm.servers:
                server.wait_posts(5 * count)
        silent.wait_posts(1)
        self.assertEqual(len(silent.posts), 1)
        silent.stop()

    def test_R105_every_subscription_has_its_own_post(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topics = [origin.serve(b"of %d" % n, PLAIN, path=f"/{n}")
                  for n in range(3)]
        for topic in topics:
            self.follow(hub, topic, callback.url("one"), callback.url("two"))
        self.publish(hub, *topics)
        callback.wait_posts(6)
        hub.stop()
        got = sorted((name_of(seen), seen.body)
                     for seen in callback.posts.all())
        self.assertEqual(got, [(name, b"of %d" % n)
                               for name in ("one", "two") for n in range(3)])

    def test_R106_what_was_under_way_at_a_kill_comes_again(self) -> None:
        self.follow_one()
        callback = self.callback_server
        callback.on_post = lambda _: Answer(204, dawdle=3600)
        self.change(b"second")
        self.hub.kill()
        callback.on_post = lambda _: Answer(204)
        self.hub.start()
        seen = callback.wait_posts(2)[1]
        self.assertEqual(seen.body, b"second")
        self.hub.stop()
        self.assertEqual(len(callback.posts), 2)

    def test_R106_what_was_being_fetched_at_a_kill_is_fetched_again(self
                                                                    ) -> None:
        self.follow_one()
        before = len(self.origin_server.fetches)
        self.origin_server.gate = threading.Event()
        self.origin_server.serve(b"second", PLAIN)
        self.publish(self.hub, self.topic)
        self.origin_server.fetches.wait(before + 1)
        self.hub.kill()
        self.origin_server.gate = None
        self.hub.start()
        seen = self.callback_server.wait_posts(1)[0]
        self.assertEqual(seen.body, b"second")

    def test_R106_nobody_is_forgotten_when_a_walk_is_killed(self) -> None:
        hub, origin = self.daemon(), self.origin()
        farm = Farm([self.callback() for _ in range(10)], 20)
        topic = origin.serve(b"first", PLAIN)
        self.follow(hub, topic, *farm.urls)
        farm.set_on_post(lambda _: Answer(204, dawdle=0.05))
        self.publish(hub, topic)
        farm.servers[0].wait_posts(1)
        hub.kill()
        farm.set_on_post(lambda _: Answer(204))
        hub.start()
        farm.wait_all()
        hub.stop()
        self.assertEqual(farm.missing(), [])


if __name__ == "__main__":
    together.main()
