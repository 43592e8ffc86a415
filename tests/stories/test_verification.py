# SPDX-License-Identifier: MIT
"""A verification that fails leaves everything as it was."""

import unittest
from typing import Callable

from harness import Answer, Atom, Story
from harness.callback import echo, signature
from harness.server import Seen


class Refused(Story):
    """Each answer that is a no, to a new subscription, to a renewal, and to
    an unsubscription."""

    refusals: dict[str, Callable[[Seen], Answer]] = {
        "wrong challenge": lambda _: Answer(200, b"no"),
        "challenge and more": lambda seen: Answer(
            200, echo(seen).body + b"\n"),
        "quoted challenge": lambda seen: Answer(
            200, b'"' + echo(seen).body + b'"'),
        "404": lambda seen: Answer(404, echo(seen).body),
        "410": lambda seen: Answer(410, echo(seen).body),
        "redirect": lambda seen: Answer(
            302, echo(seen).body, [("Location", seen.target + "&again=1")]),
    }

    def test_a_new_subscription_does_not_begin(self) -> None:
        hub = self.daemon()
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        for number, (name, answer) in enumerate(self.refusals.items()):
            with self.subTest(answer=name):
                callback.on_verify = answer
                since = hub.mark()
                self.accepted(hub, "subscribe", topic,
                              callback.url(f"{number}"))
                hub.wait_for("verification.failed", since=since)
        self.assertEqual(len(callback.verifications), len(self.refusals))
        self.publish(hub, topic)
        hub.stop()
        self.assertEqual(hub.lines("subscription.active"), [])
        self.assertEqual(len(origin.fetches), 0)

    def test_a_renewal_leaves_the_old_secret(self) -> None:
        hub = self.daemon()
        callback, origin = self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url(), secret="the old secret")
        for number, (name, answer) in enumerate(self.refusals.items()):
            with self.subTest(answer=name):
                callback.on_verify = answer
                since = hub.mark()
                self.accepted(hub, "subscribe", topic, callback.url(),
                              secret=f"the new secret {number}")
                hub.wait_for("verification.failed", since=since)
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"the old secret", post.body))

    def test_an_unsubscription_does_not_happen(self) -> None:
        hub = self.daemon()
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        for name, answer in self.refusals.items():
            with self.subTest(answer=name):
                callback.on_verify = answer
                since = hub.mark()
                self.accepted(hub, "unsubscribe", topic, callback.url())
                hub.wait_for("verification.failed", since=since)
        self.publish(hub, topic)
        callback.wait_posts(1)
        self.assertEqual(hub.lines("subscription.ended"), [])


class NoAnswer(Story):
    def test_a_redirect_is_never_followed(self) -> None:
        hub, callback, other = self.daemon(), self.callback(), self.callback()
        callback.on_verify = lambda seen: Answer(
            307, fields=[("Location", other.url() + "?" + seen.query)])
        self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                      callback.url())
        hub.wait_for("verification.failed")
        self.assertEqual(other.accepted, 0)

    def test_a_server_error_is_asked_again(self) -> None:
        hub, callback = self.daemon(), self.callback()
        answers = [Answer(500)]
        callback.on_verify = lambda seen: (answers.pop() if answers
                                           else echo(seen))
        self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                      callback.url())
        hub.wait_for("subscription.active")
        challenges = callback.challenges()
        self.assertEqual(len(challenges), 2)
        self.assertNotEqual(*challenges)

    def test_a_timeout_leaves_the_renewed_subscription_as_it_was(self
                                                                 ) -> None:
        hub = self.daemon()
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="the old secret")
        hub.restart("--verify-timeout=300ms")
        before = len(callback.verifications)
        callback.on_verify = lambda _: Answer(200, dawdle=60)
        self.accepted(hub, "subscribe", topic, callback.url(),
                      secret="the new secret")
        # The second attempt shows that the first has ended.
        callback.wait_verifications(before + 2)
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"the old secret", post.body))


if __name__ == "__main__":
    unittest.main()
