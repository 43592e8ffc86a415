# SPDX-License-Identifier: MIT
"""Deliveries are signed exactly when there is a secret."""

import unittest

from harness import Atom, Story
from harness.callback import signature


class Signature(Story):
    def delivery(self, **params: str):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("grüße"))
        self.follow(hub, topic, callback.url(), **params)
        self.publish(hub, topic)
        return callback.wait_posts(1)[0]

    def check(self, method: str, secret: str, **params: str) -> None:
        post = self.delivery(secret=secret, **params)
        self.assertEqual(post.all("X-Hub-Signature"),
                         [signature(method, secret.encode(), post.body)])

    def test_sha256_is_usual(self) -> None:
        self.check("sha256", "a secret of mine")

    def test_old_clients_get_sha1(self) -> None:
        self.check("sha1", "an old secret", verify="async")
        self.check("sha1", "another old one", verify_token="tok")

    def test_the_request_may_choose(self) -> None:
        for method in ("sha1", "sha256", "sha384", "sha512"):
            with self.subTest(method=method):
                self.check(method, "secret for " + method,
                           signature_method=method)

    def test_the_secret_is_bytes(self) -> None:
        self.check("sha256", "a+b&c=é %20")
        self.check("sha256", "€" * 66 + "a")

    def test_without_a_secret_there_is_no_signature(self) -> None:
        self.assertEqual(self.delivery().all("X-Hub-Signature"), [])
        self.assertEqual(self.delivery(secret="").all("X-Hub-Signature"), [])

    def test_what_was_cut_is_signed_as_it_is_sent(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url(), secret="for each of them")
        for count, name in enumerate(("two", "three"), 1):
            origin.serve(feed.add(name))
            self.publish(hub, topic)
            post = callback.wait_posts(count)[-1]
            self.assertEqual(
                post.get("X-Hub-Signature"),
                signature("sha256", b"for each of them", post.body))


if __name__ == "__main__":
    unittest.main()
