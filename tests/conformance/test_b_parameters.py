# SPDX-License-Identifier: MIT
"""R12, R13, R20 to R26: what a request says.  Its URLs: test_b2_urls.py."""

import stories  # noqa: F401

from typing import Callable

from harness import Atom, Message, form, request, together
from harness.callback import signature
from harness.client import FORM

from asking import NOBODY, Asking

TEXT = "text/plain"


class Required(Asking):
    def test_R12_what_is_missing_or_empty_is_named(self) -> None:
        for mode in ("subscribe", "unsubscribe"):
            for name in ("mode", "topic", "callback"):
                for value in (None, ""):
                    pairs = self.but(**{"mode": mode, name: value})
                    with self.subTest(mode=mode, name=name, value=value):
                        answer = self.hub.client.post(pairs)
                        self.refused(answer, f"hub.{name}")
                        self.assertEqual(answer.get("Hub-Error"),
                                         f"{name}.missing")
        self.refused(self.raw(b""), "hub.mode")
        self.nobody_is_asked()

    def test_R13_other_modes_are_refused(self) -> None:
        for mode in ("foo", "denied", "status", "subscribe ", " subscribe",
                     "subscribes", "sub", "subscribe\n", "subscribe,publish"):
            with self.subTest(mode=mode):
                self.refused(self.asked(mode=mode), "hub.mode")
        self.nobody_is_asked()

    def test_R13_the_mode_may_have_any_case_and_is_told_in_lower(self
                                                                 ) -> None:
        for mode in ("Subscribe", "SUBSCRIBE"):
            seen = self.verified(mode, mode=mode)
            self.assertEqual(seen.params["hub.mode"], "subscribe")
        self.settled()
        seen = self.verified("SUBSCRIBE", mode="UnSubscribe")
        self.assertEqual(seen.params["hub.mode"], "unsubscribe")


class Leases(Asking):
    def test_R20_leases_are_honoured_defaulted_or_clamped(self) -> None:
        for number, (asked, granted) in enumerate([
                (None, 864000), ("", 864000), ("0", 864000), ("000", 864000),
                ("1", 300), ("299", 300), ("300", 300), ("7200", 7200),
                ("000600", 600), ("432000", 432000), ("2592000", 2592000),
                ("2592001", 2592000), ("999999999999999999999", 2592000),
                ("9223372036854775808", 2592000), ("4294967297", 2592000),
                ("18446744073709551617", 2592000), ("9" * 32, 2592000)]):
            with self.subTest(asked=asked):
                seen = self.verified(str(number), lease_seconds=asked)
                self.assertEqual(seen.params["hub.lease_seconds"],
                                 str(granted))

    def test_R20_what_is_no_positive_integer_is_refused(self) -> None:
        for text in ("-1", "-0", "1.5", "abc", " 10", "10 ", "0x10", "1e3",
                     "+5", "5s", "1,000", "१२", "10\n", "inf", "NaN", "''"):
            with self.subTest(text=text):
                answer = self.asked(lease_seconds=text)
                self.refused(answer, "hub.lease_seconds")
                self.assertEqual(answer.get("Hub-Error"),
                                 "lease_seconds.number")
        self.nobody_is_asked()

    def test_R20_its_bounds_are_the_operators(self) -> None:
        hub = self.daemon("--lease-min=10s", "--lease-default=20s",
                          "--lease-max=30s")
        for number, (asked, granted) in enumerate(
                [("1", 10), ("", 20), ("25", 25), ("31", 30)]):
            self.accepted(hub, "subscribe", NOBODY, self.cb.url(str(number)),
                          lease_seconds=asked)
            seen = self.cb.wait_verifications(number + 1)[number]
            self.assertEqual(seen.params["hub.lease_seconds"], str(granted))

    def test_R21_unsubscribing_ignores_it_even_as_garbage(self) -> None:
        for number, text in enumerate(
                ("abc", "-1", "", "9" * 33, "0", "<&>", "1.5")):
            url = self.cb.url(str(number))
            self.subscribe(self.hub, NOBODY, url)
            since = self.hub.mark()
            with self.subTest(text=text):
                self.accepted(self.hub, "unsubscribe", NOBODY, url,
                              lease_seconds=text)
                self.hub.wait_for("subscription.ended", since=since,
                                  reason="unsubscribed")
        doubled = [*self.but("6", mode="unsubscribe"),
                   ("hub.lease_seconds", "1"), ("hub.lease_seconds", "2")]
        self.assertEqual(self.hub.client.post(doubled).status, 202)


class Secrets(Asking):
    def signs(self, secret: bytes) -> None:
        """Subscribe with it, and see it sign the very bytes delivered."""
        origin = self.origin()
        topic = origin.serve(b"of " + secret, TEXT)
        self.follow(self.hub, topic, self.cb.url("signed"),
                    secret=secret.decode())
        before = len(self.cb.posts)
        self.publish(self.hub, topic)
        post = self.cb.wait_posts(before + 1)[before]
        self.assertEqual(post.all("X-Hub-Signature"),
                         [signature("sha256", secret, post.body)])

    def test_R22_a_secret_is_accepted_over_plain_http(self) -> None:
        self.signs(b"a secret of twenty..")

    def test_R23_199_bytes_are_accepted_and_used(self) -> None:
        self.signs(b"a" * 199)
        self.signs("€".encode() * 66 + b"a")

    def test_R23_200_bytes_are_refused(self) -> None:
        for secret in (b"a" * 200, "€".encode() * 67, b"a" * 199 + b" ",
                       b"a" * 5000):
            with self.subTest(secret=secret[-3:]):
                self.secrets.add(secret.decode())
                answer = self.asked(secret=secret)
                self.refused(answer, "hub.secret")
                self.assertEqual(answer.get("Hub-Error"), "secret.long")
        self.nobody_is_asked()

    def test_R23_bytes_count_after_decoding(self) -> None:
        body = form(self.but()) + b"&hub.secret="
        self.comes_of(body + b"%61" * 199)
        self.refused(self.raw(body + b"%61" * 200), "hub.secret")

    def test_R24_a_secret_is_bytes(self) -> None:
        for secret in ("a+b&c=é", "  ", "%41", "a=b;c", "\x01\r\n\x7f",
                       "\"quotes' \\", "世界", "x" * 64 + "y", "x" * 128 + "y"):
            with self.subTest(secret=secret):
                self.signs(secret.encode())

    def test_R24_an_empty_secret_is_none(self) -> None:
        origin = self.origin()
        topic = origin.serve(b"one", TEXT)
        self.follow(self.hub, topic, self.cb.url(), secret="")
        self.publish(self.hub, topic)
        self.assertEqual(self.cb.wait_posts(1)[0].all("X-Hub-Signature"), [])


class Validation(Asking):
    def test_R25_the_topic_is_never_judged_before_the_202(self) -> None:
        origin = self.origin()
        dead = origin.url("/gone")
        self.subscribe(self.hub, dead, self.cb.url("1"))
        origin.stop()
        self.subscribe(self.hub, origin.url("/2"), self.cb.url("2"))

    def test_R25_another_rel_self_refuses_nobody(self) -> None:
        origin = self.origin()
        feed = Atom(self_url="https://other.example/feed").add("one")
        topic = origin.serve(feed)
        self.follow(self.hub, topic, self.cb.url())
        self.publish(self.hub, topic)
        self.assertEqual(self.cb.wait_posts(1)[0].body, feed.render())

    def test_R25_one_bad_fetch_ends_no_subscription(self) -> None:
        for number, (body, kind) in enumerate([
                (b"<html>moved</html>", "text/html"), (b"", TEXT),
                (b"<feed", "application/atom+xml")]):
            origin = self.origin()
            feed = Atom().add("one")
            topic = origin.serve(feed)
            self.follow(self.hub, topic, self.cb.url(str(number)))
            origin.serve(body, kind)
            self.publish_and_fetch(self.hub, topic)
            origin.serve(feed.add("two"))
            self.publish(self.hub, topic)
            self.cb.posts.wait_until(
                lambda posts, number=number: any(
                    b"two" in post.body
                    and post.path.endswith(f"/{number}") for post in posts),
                "the entry two")
        self.assertEqual(len(self.cb.verifications), 3)


class Errors(Asking):
    def every_error(self) -> dict[str, Callable[[], Message]]:
        long = "x" * 3000
        return {
            "mode.missing": lambda: self.asked(mode=None),
            "mode.unknown": lambda: self.asked(mode="foo"),
            "topic.missing": lambda: self.asked(topic=None),
            "callback.missing": lambda: self.asked(callback=""),
            "topic.conflict": lambda: self.hub.client.post(
                [*self.but(), ("hub.topic", "http://h/")]),
            "callback.long": lambda: self.asked(callback="http://h/" + long),
            "topic.scheme": lambda: self.asked(topic="ftp://h/"),
            "callback.host": lambda: self.asked(callback="http:///x"),
            "topic.port": lambda: self.asked(topic="http://h:0/"),
            "callback.port": lambda: self.asked(callback="http://h:25/"),
            "callback.userinfo": lambda: self.asked(callback="http://u@h/"),
            "callback.fragment": lambda: self.asked(callback="http://h/#x"),
            "topic.character": lambda: self.asked(topic="http://h/ x"),
            "lease_seconds.number": lambda: self.asked(lease_seconds="x"),
            "lease_seconds.long": lambda: self.asked(lease_seconds="9" * 33),
            "secret.long": lambda: self.asked(secret="x" * 200),
            "secret.query": lambda: self.raw(form(self.but()),
                                             target="/?hub.secret=x"),
            "verify_token.long": lambda: self.asked(verify_token=long),
            "signature_method.unknown": lambda: self.asked(
                secret="s", signature_method="md5"),
            "content.unknown": lambda: self.asked(content="some"),
            "url.missing": lambda: self.hub.client.post(
                [("hub.mode", "publish")]),
            "url.scheme": lambda: self.hub.client.post(
                [("hub.mode", "publish"), ("hub.url", "ftp://h/")]),
            "request.form": lambda: self.raw(b"hub.mode=%"),
            "request.type": lambda: self.raw(b"{}", "application/json"),
        }

    def is_plain(self, answer: Message) -> None:
        self.assertTrue(400 <= answer.status < 500, answer.status)
        self.assertRegex(answer.get("Content-Type") or "",
                         r"^text/plain; ?charset=utf-8$")
        self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")
        # One line, for people.
        self.assertRegex(answer.text, r"^[^\r\n]*[a-z]+ [^\r\n]*\n$")

    def test_R26_errors_are_4xx_a_line_of_text_and_a_stable_code(self
                                                                 ) -> None:
        for code, ask in self.every_error().items():
            with self.subTest(code=code):
                answer = ask()
                self.is_plain(answer)
                self.assertEqual(answer.all("Hub-Error"), [code])
        self.nobody_is_asked()

    def test_R26_what_is_too_long_or_in_another_method_too(self) -> None:
        self.is_plain(self.raw(None, None, "/?hub.mode=subscribe", "GET"))
        self.is_plain(self.raw(None, None, "/", "DELETE"))
        self.is_plain(self.hub.client.ask(request(
            "POST", "/", [("Content-Type", FORM),
                          ("Content-Length", str(1 << 30))])))

    def test_R26_what_is_reflected_is_tame(self) -> None:
        wild = "<script>\x07\x1b[31m\r\nX: y" * 200
        for name in ("mode", "topic", "callback", "lease_seconds", "content",
                     "url"):
            with self.subTest(name=name):
                self.tame(self.asked(**{name: wild, "secret": "s"}))
        self.tame(self.raw(form([(wild, "x")]) + b"%"))
        self.tame(self.raw(form(self.but()), "text/html" + "<x>" * 99))

    def tame(self, answer: Message) -> None:
        if answer.status == 202:
            return  # unknown to it, so ignored
        self.is_plain(answer)
        self.assertLess(len(answer.body), 600)
        self.assertNotRegex(answer.text[:-1], r"[\x00-\x1f\x7f]")
        self.assertEqual(answer.get("X"), None)


if __name__ == "__main__":
    together.main()
