# SPDX-License-Identifier: MIT
"""Corners of requirements that others test at large."""

import unittest

import stories  # noqa: F401
from harness import Answer, Atom, Story
from harness.server import Seen


class Deliveries(Story):
    def test_R97_a_2xx_is_success_however_its_body_goes_on(self) -> None:
        # FreshRSS#1184: who waits for the end of a body waits for ever.
        hub = self.daemon("--delivery-timeout=4s")
        callback, origin = self.callback(), self.origin()
        heads = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
                 b"HTTP/1.1 200 OK\r\n\r\nwithout an end",
                 b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
                 b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                 b"Content-Length: 3\r\n\r\nxyz"]
        callback.script(*(Answer(raw=head) for head in heads))
        topic = origin.serve(b"old", "text/plain")
        self.follow(hub, topic, callback.url())
        for count in range(1, len(heads) + 1):
            origin.serve(b"new %d" % count, "text/plain")
            self.publish(hub, topic)
            callback.posts.wait_until(
                lambda posts, count=count: posts[-1:] and
                posts[-1].body == b"new %d" % count, "the newest")
        hub.stop()
        self.assertEqual(hub.lines("delivery.failed"), [])
        self.assertEqual(len(callback.posts), len(heads))

    def test_R98_so_is_410_the_end(self) -> None:
        hub = self.daemon("--delivery-timeout=4s")
        callback, origin = self.callback(), self.origin()
        callback.script(Answer(raw=b"HTTP/1.1 410 Gone\r\n"
                                   b"Content-Length: 1000\r\n\r\nhalf"))
        topic = origin.serve(b"old", "text/plain")
        self.follow(hub, topic, callback.url())
        origin.serve(b"new", "text/plain")
        self.publish(hub, topic)
        hub.wait_for("subscription.ended", reason="gone")


class Discovery(Story):
    def links(self, page: bytes) -> str:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        kind = "text/html; charset=utf-8"
        topic = origin.serve(page + b"<p>old", kind)
        self.follow(hub, topic, callback.url())
        origin.serve(page + b"<p>new", kind)
        self.publish(hub, topic)
        self.usual = f'<{hub.hub}>; rel="hub", <{topic}>; rel="self"'
        return callback.wait_posts(1)[0].get("Link") or ""

    def test_R86_what_stands_in_the_body_of_a_page_is_anybodys(self) -> None:
        for body in (b'<a rel="hub" href="http://evil.example/">x</a>'
                     b'<a rel="self" href="http://evil.example/">x</a>',
                     b'<link rel="hub" href="http://evil.example/">'
                     b'<link rel="self" href="http://evil.example/">'):
            for begin in (b"<body>", b"</head><body class=x>",
                          b"</head><p>"):
                with self.subTest(body=body[:10], begin=begin):
                    page = (b"<html><head><title>t</title>" + begin
                            + b"<p>A comment: " + body)
                    self.assertEqual(self.links(page), self.usual)

    def test_R86_the_head_of_a_page_is_the_publishers(self) -> None:
        self.assertEqual(
            self.links(b"<!DOCTYPE html><html><meta charset=utf-8><title>x"
                       b"</title><script>1 < 2</script><!-- <body> -->"
                       b"<LINK REL='alternate HUB' HREF=http://h.example/>"
                       b'<link rel=self href="http://s.example/"><body>'),
            '<http://h.example/>; rel="hub", <http://s.example/>; '
            'rel="self"')


class Rules(Story):
    def test_R19_a_redirect_does_not_lead_to_a_denied_domain(self) -> None:
        origin, callback = self.origin(), self.callback()
        names = self.names({"good.test": [origin.host],
                            "bad.test": [origin.host]})
        hub = self.daemon(f"--dns-server={names.address}",
                          "--deny-topic=bad.test")
        usual = origin.answer
        origin.serve(Atom().add("one"), path="/denied")

        def moved(seen: Seen) -> Answer:
            return usual(seen) if seen.path == "/denied" else Answer(
                302, fields=[("Location",
                              f"http://bad.test:{origin.port}/denied")])
        origin.answer = moved
        topic = f"http://good.test:{origin.port}/feed"
        since = hub.mark()
        self.subscribe(hub, topic, callback.url())
        hub.wait_for("fetch.failed", since=since)
        self.publish_and_fetch(hub, topic)
        hub.stop()
        self.assertEqual(hub.lines("update"), [])
        self.assertEqual(len(callback.posts), 0)

    def test_R31_who_unsubscribes_is_not_told_of_rules(self) -> None:
        callback = self.callback()
        hub = self.daemon("--deny-topic=bad.test",
                          "--deny-callback=evil.test")
        for topic, url in (("http://bad.test/", callback.url()),
                           ("http://good.test/", "http://evil.test/cb")):
            self.assertEqual(
                self.ask(hub, "subscribe", topic, url).status, 403)
            self.accepted(hub, "unsubscribe", topic, url)
        hub.stop()
        self.assertEqual(callback.accepted, 0)


if __name__ == "__main__":
    unittest.main()
