# SPDX-License-Identifier: MIT
"""R110 to R116: authenticated content distribution."""

import json

import stories  # noqa: F401
from harness import Answer, Atom, Rss, together
from harness.callback import signature
from harness.server import Seen

from answers import one_after_the_other
from scene import NOBODY, PLAIN, Scene

METHODS = ("sha1", "sha256", "sha384", "sha512")

# R115, computed with other software.
HELLO = {
    "sha1": "f875ad165d97aba6b68e2c2f7ea314aeb2a0082f",
    "sha256": "e5a01537481fa0b2c697f787c7aff885"
              "412cf0760d08e08502259b39d2d6ae68",
    "sha384": "4e54e8d2fa73a522418b3694e640f59d4b7046b6682e18c6"
              "1d9e63797d3326b125bf09a7b89ae4486179d71088ad85a6",
    "sha512": "19be28bc1a54a07419829bba0df0daa580fbde5ddb89cece850074c504f31a"
              "6ef53a80a865448982fca5ae99dffccc99e7115275c721eaefe1c13506b29a"
              "7286",
}
JSON_ANSWER = ("91ea7db06ca7964361d8e9a30d521911"
               "6ba077f3416f11805d784f4c027b7cbe")


class Signed(Scene):
    def assert_signed(self, seen: Seen, method: str, secret: bytes) -> None:
        """Once, and of the bytes that came."""
        self.assert_header(seen, "X-Hub-Signature",
                           signature(method, secret, seen.body))


class Signatures(Signed):
    def test_R110_of_exactly_the_bytes_that_are_sent(self) -> None:
        self.follow_one(secret="of the bytes")
        for body in (b"\0\xff\r\n", bytes(range(256)), b" trailing \n\n",
                     b"x" * 1_000_000):
            self.assert_signed(self.change(body), "sha256", b"of the bytes")

    def test_R110_of_what_is_left_of_a_feed_too(self) -> None:
        for feed in (Atom().add("one"), Rss().add("one")):
            self.follow_one(document=feed, secret="of the rest")
            for name in ("two", "three"):
                seen = self.change(feed.add(name))
                self.assert_signed(seen, "sha256", b"of the rest")
            self.assertLess(len(seen.body), len(feed.render()))

    def test_R110_in_lower_case_hex_after_the_method(self) -> None:
        self.follow_one(secret="in lower case")
        self.assertRegex(self.change(b"second").get("X-Hub-Signature"),
                         "^sha256=[0-9a-f]{64}$")

    def test_R110_the_key_is_the_secrets_bytes(self) -> None:
        for secret in ("+ &=%/?#", " ", "%41", "é€😀", "a" * 199,
                       "€" * 66 + "a", "\t\x7f\r\n"):
            with self.subTest(secret=secret[:9]):
                self.follow_one(secret=secret)
                self.assert_signed(self.change(b"second"), "sha256",
                                   secret.encode())
                if len(secret) < 4:  # the log has blanks of its own
                    self.secrets.discard(secret)

    def test_R111_without_a_secret_there_is_no_signature(self) -> None:
        for params in ({}, {"secret": ""}, {"verify": "async"},
                       {"verify_token": "t"}, {"signature_method": "sha512"}):
            with self.subTest(params=params):
                self.follow_one(**params)
                seen = self.change(b"second")
                signatures = [name for name, _ in seen.message.fields
                              if "signature" in name.lower()]
                self.assertEqual(signatures, [])

    def test_R112_sha256_unless_asked_for_another(self) -> None:
        self.follow_one(secret="a modern one")
        self.assert_signed(self.change(b"second"), "sha256", b"a modern one")

    def test_R112_sha1_for_clients_of_the_old_profile(self) -> None:
        for params in ({"verify": "async"}, {"verify": "sync"},
                       {"verify_token": "t"}):
            with self.subTest(params=params):
                self.follow_one(secret="an old one", **params)
                self.assert_signed(self.change(b"second"), "sha1",
                                   b"an old one")

    def test_R112_whatever_the_request_asks_for(self) -> None:
        for method in METHODS:
            for old in ({}, {"verify": "async"}):
                with self.subTest(method=method, old=old):
                    self.follow_one(secret="as you wish",
                                    signature_method=method, **old)
                    self.assert_signed(self.change(b"second"), method,
                                       b"as you wish")

    def test_R112_an_unknown_method_is_refused(self) -> None:
        hub, callback = self.daemon(), self.callback()
        for method in ("md5", "sha", "sha256=", "none"):
            answer = self.ask(hub, "subscribe", NOBODY, callback.url(),
                              secret="unwanted", signature_method=method)
            self.assertEqual(answer.status, 400)
            self.assertIn("signature_method", answer.text)

    def test_R113_one_signature_and_no_other(self) -> None:
        self.follow_one(secret="just one", verify="async",
                        signature_method="sha512")
        seen = self.change(b"second")
        signatures = [value for name, value in seen.message.fields
                      if "signature" in name.lower()]
        self.assertEqual(signatures,
                         [signature("sha512", b"just one", b"second")])
        self.assertNotIn(",", signatures[0])


class Active(Signed):
    """R114: the secret of the subscription as it is when it is sent."""

    def test_R114_a_try_again_is_signed_anew(self) -> None:
        self.follow_one("--retry-first=1h", "--retry-max=1h",
                        secret="the first one")
        callback = self.callback_server
        callback.script(Answer(500))
        self.origin_server.serve(b"second", PLAIN)
        self.publish(self.hub, self.topic)
        self.assert_signed(callback.wait_posts(1)[0], "sha256",
                           b"the first one")
        self.hub.wait_for("delivery.failed")
        # Who renews is tried again at once.
        self.subscribe(self.hub, self.topic, callback.url(),
                       event="subscription.renewed", secret="the second one",
                       signature_method="sha512")
        seen = callback.wait_posts(2)[1]
        self.assertEqual(seen.body, b"second")
        self.assert_signed(seen, "sha512", b"the second one")

    def test_R114_a_secret_that_is_not_verified_signs_nothing(self) -> None:
        self.follow_one("--retry-first=1h", "--retry-max=1h",
                        secret="the right one")
        callback = self.callback_server
        callback.on_verify = one_after_the_other(*[Answer(500)] * 9)
        self.accepted(self.hub, "subscribe", self.topic, callback.url(),
                      secret="the wrong one")
        callback.wait_verifications(2)
        self.assert_signed(self.change(b"second"), "sha256",
                           b"the right one")

    def test_R114_everybody_has_his_own(self) -> None:
        self.follow_one(secret="of the first")
        others = {name: self.callback() for name in ("two", "three", "none")}
        for name, callback in others.items():
            self.subscribe(self.hub, self.topic, callback.url(),
                           secret="" if name == "none" else f"of {name}")
        self.assert_signed(self.change(b"second"), "sha256", b"of the first")
        for name, callback in others.items():
            seen = callback.wait_posts(1)[0]
            if name == "none":
                self.assert_header(seen, "X-Hub-Signature")
            else:
                self.assert_signed(seen, "sha256", f"of {name}".encode())


class KnownAnswers(Signed):
    def test_R115_each_method_gives_the_known_answer(self) -> None:
        for method, digest in HELLO.items():
            with self.subTest(method=method):
                self.follow_one(secret="s3cret", signature_method=method)
                self.assert_header(self.change(b"hello"), "X-Hub-Signature",
                                   f"{method}={digest}")

    def test_R115_a_key_that_had_to_be_encoded_does_too(self) -> None:
        self.follow_one(kind="application/json", secret="a+b&c=é")
        seen = self.change(b'{"x":1}', "application/json")
        self.assert_header(seen, "X-Hub-Signature", f"sha256={JSON_ANSWER}")


class Secrets(Signed):
    """R116.  Every test here fails too when its secret is in the log: the
    harness looks for it."""

    SECRET = "never-to-be-seen-again"

    def test_R116_not_in_what_is_asked_of_callbacks_and_publishers(self
                                                                   ) -> None:
        self.follow_one(secret=self.SECRET)
        self.change(b"second")
        self.accepted(self.hub, "unsubscribe", self.topic,
                      self.callback_server.url(), secret=self.SECRET)
        self.hub.wait_for("subscription.ended")
        seen = [*self.callback_server.verifications.all(),
                *self.callback_server.posts.all(),
                *self.origin_server.fetches.all()]
        self.assertGreaterEqual(len(seen), 5)
        for message in seen:
            self.assertNotIn(self.SECRET.encode(), message.message.head)

    def test_R116_not_in_what_the_hub_answers(self) -> None:
        hub, callback = self.daemon(), self.callback()
        long = self.SECRET * 10
        for params in ({"secret": long}, {"secret": self.SECRET,
                                          "lease_seconds": self.SECRET + "?"},
                       {"secret": self.SECRET, "signature_method": "?"}):
            answer = self.ask(hub, "subscribe", NOBODY, callback.url(),
                              **params)
            self.assertEqual(answer.status, 400)
            if "lease_seconds" not in params:
                self.assertNotIn(self.SECRET.encode(),
                                 answer.head + answer.body)
        answer = self.ask(hub, "subscribe", NOBODY, callback.url(),
                          secret=self.SECRET)
        self.assertEqual(answer.status, 202)
        self.assertNotIn(self.SECRET.encode(), answer.head + answer.body)

    def test_R116_not_in_what_operators_see(self) -> None:
        self.follow_one(secret=self.SECRET)
        self.callback_server.script(Answer(500))
        self.change(b"second")
        for words in (["status"], ["topics"], ["subscriptions", self.topic],
                      ["explain", self.topic]):
            for more in ([], ["--json"]):
                said = self.ctl(self.hub, *words, *more, code=None)
                self.assertNotIn(self.SECRET, said)
        for target in ("/metrics", "/admin/status", "/admin/topics"):
            answer = self.hub.admin.get(target)
            self.assertNotIn(self.SECRET.encode(), answer.body)
        self.assertIn("signed", json.dumps(
            self.ctl_json(self.hub, "subscriptions", self.topic)))


if __name__ == "__main__":
    together.main()
