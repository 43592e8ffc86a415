# SPDX-License-Identifier: MIT
"""R50 to R54, R57 and R59: how intent is verified."""

import re

import stories  # noqa: F401
from harness import Answer, Wire, together
from harness.callback import echo, signature
from harness.client import post
from harness.server import Seen

from answers import HASTY, PRESSED, extended, one_after_the_other, status
from scene import NOBODY, Scene, encoded, pattern, target_of

# What REC-2026 5.3 lets a challenge be made of.
ALPHABET = re.compile(r"^[+\-./0-9=A-Z_a-z]+$")
CHALLENGE = "<[0-9a-f]{64}>"
NUMBER = "<[1-9][0-9]*>"


class Form(Scene):
    """How the question is asked."""

    def question(self, query: str = "", topic: str = NOBODY,
                 mode: str = "subscribe", name: str = "cb",
                 **params: str) -> tuple[str, Seen]:
        """The target of the callback, and the GET that came."""
        hub, callback = self.daemon(), self.callback()
        url = callback.url(name, query)
        self.accepted(hub, mode, topic, url, **params)
        seen = callback.wait_verifications(1)[0]
        return url.removeprefix(callback.base), seen

    def test_R50_a_get_with_the_parameters_appended_to_the_query(self
                                                                 ) -> None:
        for query, joint in (("", "?"), ("?x=1", "&"), ("?", ""),
                             ("?x=1&", ""), ("?x", "&")):
            with self.subTest(query=query):
                url, seen = self.question(query, lease_seconds="864000")
                self.assertRegex(seen.target, pattern(
                    url + joint, "hub.mode=subscribe&hub.topic=",
                    encoded(NOBODY), "&hub.challenge=", CHALLENGE,
                    "&hub.lease_seconds=864000"))

    def test_R50_a_get_with_nothing_in_its_body(self) -> None:
        _, seen = self.question()
        self.assertEqual((seen.method, seen.body), ("GET", b""))
        self.assertTrue(seen.message.start.endswith(" HTTP/1.1"))
        self.assertEqual(seen.all("Transfer-Encoding"), [])
        self.assertIn(seen.all("Content-Length"), ([], ["0"]))

    def test_R50_of_the_longest_of_everything_at_once(self) -> None:
        hub, callback = self.daemon(), self.callback()
        url = callback.url("cb", "?q=")
        url += "&" * (2048 - len(url))
        topic = NOBODY + "?"
        topic += "&" * (2048 - len(topic))
        self.subscribe(hub, topic, url, verify_token="&" * 1024,
                       lease_seconds="9" * 32)
        seen = callback.verifications.all()[0]
        self.assertTrue(seen.target.startswith(target_of(callback, url)))
        self.assertIn("hub.topic=" + encoded(topic) + "&", seen.target)
        self.assertTrue(seen.target.endswith("%26" * 1024))

    def test_R51_the_callbacks_query_is_kept_byte_for_byte(self) -> None:
        for query in ("?b=%2B+%20&a&hub.mode=x&&c=1;2", "?z=y&a=b",
                      "?hub.challenge=imahacker", "?a=%7e%7E&A=1&a=2",
                      "?hub.topic=a&hub.lease_seconds=1&hub.mode=denied",
                      "?k=v?k=v", "?[]='(),/:@!$*"):
            with self.subTest(query=query):
                hub, callback = self.daemon(), self.callback()
                url = callback.url("cb", query)
                self.subscribe(hub, NOBODY, url)
                target = callback.verifications.all()[0].target
                self.assertTrue(target.startswith(
                    target_of(callback, url) + "&hub.mode=subscribe&"),
                    target)

    def test_R51_the_path_of_the_callback_is_kept_too(self) -> None:
        name = "a/../b//%2F%7e;v=1/."
        url, seen = self.question(name=name, query="?x")
        self.assertTrue(seen.target.startswith(url + "&hub.mode="))

    def test_R52_values_are_percent_encoded(self) -> None:
        _, seen = self.question(topic="http://127.9.9.9:9999/?a=1&b=%26+c")
        self.assertIn("&hub.topic=http%3A%2F%2F127.9.9.9%3A9999%2F"
                      "%3Fa%3D1%26b%3D%2526%2Bc&hub.challenge=", seen.target)

    def test_R52_a_space_is_percent_20(self) -> None:
        _, seen = self.question(verify_token="a b+c&d=é/~")
        self.assertIn("&hub.verify_token=a%20b%2Bc%26d%3D%C3%A9%2F~",
                      seen.target)

    def test_R53_every_subscription_is_told_a_finite_lease(self) -> None:
        for lease in ({}, {"lease_seconds": ""}, {"lease_seconds": "0"},
                      {"lease_seconds": "9" * 30}):
            with self.subTest(lease=lease):
                _, seen = self.question(**lease)
                self.assertRegex(seen.params["hub.lease_seconds"],
                                 r"^[1-9][0-9]{0,8}$")

    def test_R53_an_unsubscription_names_a_lease_as_well(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url())
        self.accepted(hub, "unsubscribe", NOBODY, callback.url())
        seen = callback.wait_verifications(2)[1]
        self.assertRegex(seen.target, pattern(
            callback.url().removeprefix(callback.base),
            "?hub.mode=unsubscribe&hub.topic=", encoded(NOBODY),
            "&hub.challenge=", CHALLENGE, "&hub.lease_seconds=", NUMBER))

    def test_R53_the_lease_counts_from_the_time_of_the_question(self
                                                                ) -> None:
        hub = self.daemon("--lease-min=1s")
        slow, prompt = self.callback(), self.callback()
        slow.on_verify = lambda seen: Answer(
            200, echo(seen).body, dawdle=2)
        self.accepted(hub, "subscribe", NOBODY, slow.url(),
                      lease_seconds="8")
        slow.wait_verifications(1)
        self.subscribe(hub, NOBODY, prompt.url(), lease_seconds="9")
        # Counted from the answer it would be the last to end.
        hub.wait_for("subscription.ended", 2, reason="expired")
        self.assertEqual([line.fields["host"] for line in
                          hub.lines("subscription.ended")],
                         [slow.host, prompt.host])

    def test_R54_a_thousand_challenges_are_distinct_and_plain(self) -> None:
        hub = self.daemon("--verify-timeout=1h")
        # On several hosts: each may be asked 200 times at once.
        callbacks = [self.callback() for _ in range(10)]
        with Wire(hub.address) as wire:
            for number in range(1000):
                url = callbacks[number % 10].url(f"{number}")
                answer = wire.ask(post([
                    ("hub.mode", "subscribe"), ("hub.topic", NOBODY),
                    ("hub.callback", url)]))
                self.assertEqual(answer.status, 202)
        for callback in callbacks:
            callback.wait_verifications(100)
        challenges = [challenge for callback in callbacks
                      for challenge in callback.challenges()]
        self.assertGreaterEqual(len(challenges), 1000)
        self.assertEqual(len(set(challenges)), len(challenges))
        for challenge in challenges:
            self.assertRegex(challenge, ALPHABET)
            self.assertLessEqual(len(challenge), 64)

    def test_R54_a_challenge_is_used_once(self) -> None:
        hub, callback = (self.daemon(*HASTY, "--verify-timeout=1h"),
                         self.callback())
        callback.on_verify = one_after_the_other(Answer(500), Answer(503))
        self.subscribe(hub, NOBODY, callback.url())
        self.accepted(hub, "unsubscribe", NOBODY, callback.url())
        callback.wait_verifications(4)
        self.assertEqual(len(set(callback.challenges())), 4)


class Unsubscribing(Scene):
    """R57."""

    def test_R57_an_unsubscription_is_asked_like_a_subscription(self
                                                                ) -> None:
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url("cb", "?a&b"))
        self.accepted(hub, "unsubscribe", NOBODY, callback.url("cb", "?a&b"))
        hub.wait_for("subscription.ended", reason="unsubscribed")
        first, second = callback.verifications.all()
        blank = re.compile("hub.challenge=[^&]*")
        self.assertEqual(
            blank.sub("", second.target).replace("unsubscribe", "subscribe"),
            blank.sub("", first.target))
        self.assertNotEqual(first.params["hub.challenge"],
                            second.params["hub.challenge"])

    def test_R57_unverified_it_changes_nothing(self) -> None:
        self.follow_one(*HASTY, secret="as it was")
        self.hub.restart(*PRESSED)
        refusals = {
            "404": status(404), "410": status(410), "500": status(500),
            "302": status(302, fields=[("Location", "/")]),
            "newline": extended(b"*", b"\n"), "empty": extended(),
            "timeout": status(200, dawdle=60), "dropped": status(0, drop=True),
        }
        callback = self.callback_server
        for name, answer in refusals.items():
            with self.subTest(answer=name):
                callback.on_verify = answer
                since = self.hub.mark()
                self.accepted(self.hub, "unsubscribe", self.topic,
                              callback.url())
                self.hub.wait_for("verification.failed", since=since)
        seen = self.change(b"second")
        self.assert_header(seen, "X-Hub-Signature",
                           signature("sha256", b"as it was", b"second"))


class Token(Scene):
    """R59."""

    def test_R59_a_verify_token_is_echoed(self) -> None:
        hub, callback = self.daemon(), self.callback()
        token = "subscribe:%/+&=é \"<>"
        self.subscribe(hub, NOBODY, callback.url(), verify_token=token)
        self.accepted(hub, "unsubscribe", NOBODY, callback.url(),
                      verify_token=token)
        for seen in callback.wait_verifications(2):
            self.assertEqual(seen.params["hub.verify_token"], token)
            self.assertIn("&hub.verify_token=" + encoded(token), seen.target)

    def test_R59_without_one_there_is_none(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url())
        self.accepted(hub, "subscribe", NOBODY, callback.url("empty"),
                      verify_token="")
        # Nor is the one of an earlier request remembered.
        self.accepted(hub, "subscribe", NOBODY, callback.url("renewed"),
                      verify_token="mine")
        hub.wait_for("subscription.active", count=3)
        self.accepted(hub, "subscribe", NOBODY, callback.url("renewed"))
        with_token = [seen for seen in callback.wait_verifications(4)
                      if "verify_token" in seen.target]
        self.assertEqual(len(with_token), 1)


if __name__ == "__main__":
    together.main()
