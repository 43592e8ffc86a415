# SPDX-License-Identifier: MIT
"""R80 to R82, R84, R86a, R86b and R87: fetching topics."""

import email.utils
import gzip
import time
import zlib

import stories  # noqa: F401
from harness import Answer, together
from harness.server import Seen

from publisher import Fetching, Site
from scene import PLAIN

REDIRECTS = (301, 302, 303, 307, 308)
TOPIC_OK = [("Content-Type", PLAIN)]


def date(seconds: float) -> str:
    return email.utils.formatdate(seconds, usegmt=True)


class Redirects(Fetching):
    """R80."""

    def test_R80_every_redirect_is_followed(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN, path="/real")
        site.moved["/feed"] = (301, "/real")
        self.follow_at(site)
        for code in REDIRECTS:
            for to in ("/real", "real", site.url("/real"),
                       site.base.removeprefix("http:") + "/real"):
                with self.subTest(code=code, to=to):
                    site.moved["/feed"] = (code, to)
                    site.serve(b"%d " % code + to.encode(), PLAIN,
                               path="/real")
                    self.assertEqual(self.ping().body,
                                     b"%d " % code + to.encode())

    def chain(self, site: Site, hops: int) -> None:
        """From /feed over as many redirects to /real."""
        stops = ["/feed", *(f"/hop{n}" for n in range(1, hops)), "/real"]
        for here, there in zip(stops, stops[1:]):
            site.moved[here] = (302, there)

    def test_R80_five_redirects_are_followed_and_six_are_not(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN, path="/real")
        self.chain(site, 5)
        self.follow_at(site)
        site.serve(b"after five", PLAIN, path="/real")
        self.assertEqual(self.ping().body, b"after five")
        site.moved.clear()
        self.chain(site, 6)
        site.serve(b"after six", PLAIN, path="/real")
        self.fetch_fails()
        self.assertEqual(self.delivered(), [b"after five"])

    def test_R80_every_hop_is_judged(self) -> None:
        first, second, inner = self.site(), self.site(), self.origin()
        secret = inner.serve(b"nobody's business", PLAIN)
        self.hub = self.daemon(
            "--allow-callback-address=127.0.0.0/8",
            f"--allow-topic-address={first.host}/32",
            f"--allow-topic-address={second.host}/32", loopback=False)
        callback = self.callback()
        first.moved["/feed"] = (302, second.url("/feed"))
        second.moved["/feed"] = (302, secret)
        self.subscribe(self.hub, first.url(), callback.url())
        self.hub.wait_for("fetch.failed")
        self.hub.stop()
        self.assertEqual(len(second.fetches), 1)
        self.assertEqual(inner.accepted, 0)

    def test_R80_other_schemes_are_not_followed(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN, path="/real")
        site.moved["/feed"] = (302, "/real")
        self.follow_at(site)
        for to in ("file:///etc/hostname", "ftp://127.0.0.1/", "", "http://",
                   "gopher://127.0.0.1:1/"):
            with self.subTest(to=to):
                site.moved["/feed"] = (302, to)
                self.fetch_fails()
        self.hub.stop()
        self.assertEqual(self.delivered(), [])


class Conditional(Fetching):
    """R81 and R86b."""

    def versions(self, *fields: list[tuple[str, str]]) -> list[Seen]:
        """Serve one version after the other, with these fields.  The fetches,
        without the first one: it was for the baseline."""
        site = self.site()
        site.serve(b"version 0", PLAIN, fields=fields[0], validators=False)
        self.follow_at(site)
        for number, more in enumerate(fields[1:], 1):
            site.serve(b"version %d" % number, PLAIN, fields=more,
                       validators=False)
            self.ping()
        return site.fetches.all()[1:]

    def test_R81_the_etag_is_sent_back_to_the_byte(self) -> None:
        for etag in ('"abc"', 'W/"weak, really"', '"\\"', '""', "unquoted"):
            with self.subTest(etag=etag):
                # The first ping asks for the baseline, whatever it is.
                *_, last = self.versions([("ETag", etag)], [("ETag", etag)],
                                         [])
                self.assertEqual(last.all("If-None-Match"), [etag])
                self.assertEqual(last.all("If-Modified-Since"), [])

    def test_R81_an_etag_is_sent_whole_or_not_at_all(self) -> None:
        for etag in (f'"{"e" * 500}"', f'"{"e" * 9000}"', '"\x01\x7f"',
                     '"a", "b"'):
            with self.subTest(length=len(etag)):
                *_, last = self.versions([("ETag", etag)], [("ETag", etag)],
                                         [])
                self.assertIn(last.all("If-None-Match"), ([etag], []))

    def test_R81_without_validators_nothing_is_claimed(self) -> None:
        for seen in self.versions([], [], []):
            for name in ("If-None-Match", "If-Modified-Since"):
                self.assert_header(seen, name)

    def test_R81_a_304_is_success_and_brings_nobody_anything(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site)
        self.ping()
        since = self.hub.mark()
        self.publish(self.hub, self.topic)
        self.hub.wait_for("fetch.done", since=since)
        self.assertEqual(self.hub.lines("fetch.failed", since), [])
        self.assertTrue(site.fetches.all()[-1].get("If-None-Match"))
        topic, = self.ctl_json(self.hub, "topics")["topics"]
        self.assertEqual((topic["last_status"], topic["failures"]), (304, 0))
        self.hub.stop()
        self.assertEqual(self.delivered(), [b"first"])

    def test_R81_validators_belong_to_the_url_that_answered(self) -> None:
        here, there = self.site(), self.site()
        same = [("ETag", '"same everywhere"')]
        here.serve(b"of here", PLAIN, path="/real", fields=same)
        there.serve(b"of there", PLAIN, path="/real", fields=same)
        for site in (here, there):
            site.answer = _only_by_that_etag(site)
        here.moved["/feed"] = (302, "/real")
        self.follow_at(here)
        self.assertEqual(self.ping().body, b"of here")
        here.moved["/feed"] = (302, there.url("/real"))
        self.assertEqual(self.ping().body, b"of there")

    def test_R86b_an_old_enough_last_modified_is_used(self) -> None:
        then = [("Last-Modified", date(time.time() - 3600)),
                ("Date", date(time.time()))]
        *_, last = self.versions(then, then, [])
        self.assert_header(last, "If-Modified-Since", then[0][1])
        self.assert_header(last, "If-None-Match")

    def test_R86b_with_an_etag_last_modified_decides_nothing(self) -> None:
        then = [("Last-Modified", date(time.time() - 3600)),
                ("Date", date(time.time())), ("ETag", '"v"')]
        *_, last = self.versions(then, then, [])
        self.assert_header(last, "If-None-Match", '"v"')

    def test_R86b_two_changes_within_a_second_are_both_seen(self) -> None:
        now = date(time.time())
        fields = [("Last-Modified", now), ("Date", now)]
        site = self.site()
        plain = site.answer

        def answer(seen: Seen) -> Answer:
            if seen.get("If-Modified-Since") == now:
                site.fetches.put(seen)
                return Answer(304, fields=fields)
            return plain(seen)
        site.answer = answer
        site.serve(b"zero", PLAIN, fields=fields, validators=False)
        self.follow_at(site)
        for body in (b"one", b"two", b"three"):
            site.serve(body, PLAIN, fields=fields, validators=False)
            self.assertEqual(self.ping().body, body)

    def test_R86b_a_304_that_was_not_asked_for_is_a_failure(self) -> None:
        site = self.site()
        site.serve(b"zero", PLAIN, validators=False)
        self.follow_at(site)
        site.script(Answer(304))
        self.fetch_fails()
        self.assertEqual(self.ping().body, b"zero")


def _only_by_that_etag(site: Site):
    """304 for that ETag, as every server would that made it."""
    plain = site.answer

    def answer(seen: Seen) -> Answer:
        if (seen.target == "/real"
                and seen.get("If-None-Match") == '"same everywhere"'):
            site.fetches.put(seen)
            return Answer(304)
        return plain(seen)
    # The document's own ETag would be another.
    for document in site._documents.values():
        document.validators = False
    return answer


class Request(Fetching):
    """R82, R84 and the first half of R86a."""

    def test_R82_the_hub_says_who_it_is_and_for_how_many(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.hub, self.callback_server = (
            self.daemon("--public-url=http://hub.example/"), self.callback())
        self.origin_server, self.topic = site, site.url()
        urls = [self.callback_server.url(f"{n}") for n in range(3)]
        self.follow(self.hub, self.topic, *urls)
        self.ping()
        agent = site.fetches.all()[-1].get("User-Agent")
        self.assertRegex(agent, r"^websubd/[0-9.]+ \(\+http://hub\.example/; "
                                r"3 subscribers\)$")
        self.accepted(self.hub, "unsubscribe", self.topic, urls[0])
        self.hub.wait_for("subscription.ended", reason="unsubscribed")
        self.ping_in_vain()
        self.assertIn("; 2 subscribers)",
                      site.fetches.all()[-1].get("User-Agent"))

    def test_R82_callbacks_are_not_told_how_many_others_there_are(self
                                                                  ) -> None:
        self.follow_one("--public-url=http://hub.example/")
        post = self.change(b"second")
        for seen in (post, self.callback_server.verifications.all()[0]):
            self.assertRegex(seen.get("User-Agent"),
                             r"^websubd/[0-9.]+ \(\+http://hub\.example/\)$")

    def test_R84_anything_is_accepted(self) -> None:
        self.follow_one()
        seen = self.origin_server.fetches.all()[0]
        self.assert_header(seen, "Accept", "*/*")
        self.assertEqual((seen.method, seen.body), ("GET", b""))
        for name in ("Accept-Language", "Cookie", "Referer", "From",
                     "Accept-Charset", "Range", "Authorization"):
            self.assert_header(seen, name)

    def test_R84_what_is_asked_for_is_undone_and_delivered_plain(self
                                                                 ) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site)
        asked = site.fetches.all()[0].get("Accept-Encoding") or "identity"
        packed = {
            "identity": (b"as it is", b"as it is"),
            "gzip": (b"of gzip" * 99, gzip.compress(b"of gzip" * 99)),
            "deflate": (b"of zlib" * 99, zlib.compress(b"of zlib" * 99)),
            "br": (b"hello", b"\x0b\x02\x80hello\x03"),
            "zstd": (b"hello zstd",
                     b"\x28\xb5\x2f\xfd\x04\x58\x51\x00\x00\x68\x65"
                     b"\x6c\x6c\x6f\x20\x7a\x73\x74\x64\xcf\xdb\x60\x9c"),
        }
        for name in asked.split(","):
            with self.subTest(encoding=name):
                words, sent = packed[name.strip()]
                site.serve(sent, PLAIN,
                           fields=[("Content-Encoding", name.strip())])
                seen = self.ping()
                self.assertEqual(seen.body, words)
                self.assert_header(seen, "Content-Encoding")

    def test_R84_what_cannot_be_undone_is_not_delivered(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site)
        for fields, body in (
                ([("Content-Encoding", "compress")], b"\x1f\x9d\x90"),
                ([("Content-Encoding", "gzip")], b"this is no gzip at all"),
                ([("Content-Encoding", "gzip")],
                 gzip.compress(b"cut " * 1000)[:-20])):
            site.script(Answer(200, body, [*TOPIC_OK, *fields]))
            self.fetch_fails()
        self.hub.stop()
        self.assertEqual(self.delivered(), [])

    def test_R86a_caches_on_the_way_are_told_to_ask(self) -> None:
        self.follow_one()
        self.change(b"second")
        for seen in self.origin_server.fetches.all():
            self.assert_header(seen, "Cache-Control", "no-cache")
            self.assert_header(seen, "Pragma", "no-cache")


class Caches(Fetching):
    """The other half of R86a.  It takes its time, so it is the first."""

    def test_R86a_a_ping_that_came_too_early_is_not_lost(self) -> None:
        self.follow_one()
        self.change(b"v1")
        # The ping is faster than the publisher's own cache.
        pinged = time.monotonic()
        self.ping_in_vain()
        self.origin_server.serve(b"v2", PLAIN)
        seen = self.callback_server.wait_posts(2)[1]
        self.assertEqual(seen.body, b"v2")
        self.assertGreater(seen.when - pinged, 14)


class Changes(Fetching):
    """R87."""

    def test_R87_the_first_ping_always_brings_the_document(self) -> None:
        self.follow_one()
        self.assertEqual(self.ping().body, b"first")

    def test_R87_what_has_not_changed_is_not_sent_again(self) -> None:
        self.follow_one(serve={"validators": False})
        self.assertEqual(self.ping().body, b"first")
        for _ in range(3):
            self.ping_in_vain()
        self.change(b"second", validators=False)
        self.hub.stop()
        self.assertEqual(self.delivered(), [b"first", b"second"])

    def test_R87_validators_alone_are_no_change(self) -> None:
        self.follow_one()
        self.assertEqual(self.ping().body, b"first")
        for number in range(3):
            self.origin_server.serve(b"first", PLAIN, validators=False,
                                     fields=[("ETag", f'"{number}"')])
            self.ping_in_vain()
        self.hub.stop()
        self.assertEqual(self.delivered(), [b"first"])


if __name__ == "__main__":
    together.main()
