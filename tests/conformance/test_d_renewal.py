# SPDX-License-Identifier: MIT
"""R40 to R46: what a second request does to a first."""

import stories  # noqa: F401

import threading
from typing import Callable

from harness import Answer, Atom, FETCHED, Message, together
from harness.callback import echo, name_of, signature
from harness.server import Seen

from asking import NOBODY, Asking, listening_never

TEXT = "text/plain"
Answering = Callable[[Seen], Answer]


def no(status: int, *fields: tuple[str, str]) -> Answering:
    """Not that status, though the challenge comes back."""
    return lambda seen: Answer(status, echo(seen).body, list(fields))


REFUSALS: dict[str, Answering] = {
    "404": no(404), "410": no(410), "403": no(403),
    "302": no(302, ("Location", "http://127.9.9.9:9999/")),
    "304": no(304),
    "another body": lambda _: Answer(200, b"no"),
    "an empty body": lambda _: Answer(200),
    "a newline more": lambda seen: Answer(200, echo(seen).body + b"\n"),
    "in quotes": lambda seen: Answer(200, b'"' + echo(seen).body + b'"'),
    "no body at all": lambda _: Answer(204),
    "cut short": lambda seen: Answer(200, echo(seen).body[:-1]),
}
# These may pass: they are asked again, and fail when that is over.
TROUBLES: dict[str, Answering] = {
    "500": no(500), "503": no(503), "429": no(429), "408": no(408),
    "no answer": lambda _: Answer(200, dawdle=60),
    "cut off": lambda _: Answer(drop=True),
    "half an answer": lambda seen: Answer(
        raw=b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"
        + echo(seen).body[:32], close=True),
}
SOON = ("--retry-first=20ms", "--retry-max=40ms", "--drain=100ms")
# For answers that do not come: only where all others are refusals.
PRESSED = "--verify-timeout=1500ms"


class Renewing(Asking):
    def publishing(self, body: bytes, count: int, path: str = "/feed"
                   ) -> list[Seen]:
        """Publish this.  What has been delivered when that many have been."""
        self.publish(self.hub, self.origin_.serve(body, TEXT, path))
        return self.cb.wait_posts(count)

    def setUp(self) -> None:
        super().setUp()
        self.origin_ = self.origin()
        self.topic = self.origin_.serve(b"old", TEXT)

    def by(self, secret: str, post: Seen) -> None:
        """Signed with that, or not at all."""
        self.assertEqual(
            post.all("X-Hub-Signature"),
            [signature("sha256", secret.encode(), post.body)] if secret
            else [])

    def lease_end(self, url: str) -> float:
        """Unix seconds."""
        found = self.ctl_json(self.hub, "subscriptions",
                              f"--topic={self.topic}", f"--callback={url}")
        rows = found["subscriptions"] if isinstance(found, dict) else found
        self.assertEqual(len(rows), 1, rows)
        return rows[0]["lease_end"] / 1000


class Keys(Renewing):
    def test_R40_topic_and_callback_make_a_subscription(self) -> None:
        other = self.origin_.serve(b"old", TEXT, "/other")
        urls = [self.cb.url("cb", query)
                for query in ("", "?a=1", "?a=2", "?a=1&", "?a=1&a=2")]
        urls.append(self.cb.url("CB"))
        for topic in (self.topic, other):
            self.follow(self.hub, topic, urls[0])
            self.subscribe(self.hub, topic, *urls[1:])
        self.assertEqual(self.hub.status()["store"]["subscriptions"],
                         2 * len(urls))
        posts = self.publishing(b"new", len(urls))
        wanted = sorted(url.removeprefix(self.cb.base) for url in urls)
        self.assertEqual(sorted(post.target for post in posts), wanted)
        # One leaves one of them; all others stay.
        self.accepted(self.hub, "unsubscribe", self.topic, urls[1])
        self.hub.wait_for("subscription.ended", reason="unsubscribed")
        posts = self.publishing(b"newer", 2 * len(urls) - 1)
        wanted.remove(urls[1].removeprefix(self.cb.base))
        self.assertEqual(sorted(post.target for post in posts[len(urls):]),
                         wanted)
        posts = self.publishing(b"new too", 3 * len(urls) - 1, "/other")
        self.hub.stop()
        self.assertEqual(len(self.cb.posts), 3 * len(urls) - 1)

    def test_R41_who_subscribed_twice_is_told_once(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url())
        self.subscribe(self.hub, self.topic, self.cb.url(),
                       event="subscription.renewed")
        self.publishing(b"new", 1)
        self.hub.stop()
        self.assertEqual(len(self.cb.posts), 1)

    def test_R41_nothing_changes_or_stops_until_it_is_verified(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url(), secret="old secret")
        end = self.lease_end(self.cb.url())
        gate = threading.Event()

        def held(seen: Seen) -> Answer:
            reply = echo(seen)
            reply.gate = gate
            return reply
        self.cb.on_verify = held
        self.accepted(self.hub, "subscribe", self.topic, self.cb.url(),
                      secret="new secret", lease_seconds="7200")
        self.cb.wait_verifications(2)
        self.by("old secret", self.publishing(b"meanwhile", 1)[0])
        self.assertEqual(self.lease_end(self.cb.url()), end)
        gate.set()
        self.hub.wait_for("subscription.renewed")
        self.by("new secret", self.publishing(b"afterwards", 2)[1])
        self.assertLess(self.lease_end(self.cb.url()), end)
        self.hub.stop()
        self.assertEqual(len(self.cb.posts), 2)


class Unchanged(Renewing):
    options = SOON

    def answering(self, answers: dict[str, Answering]) -> Answering:
        """Each callback, named by its number, gives its own answer."""
        wanted = list(answers.values())
        return lambda seen: wanted[int(name_of(seen))](seen)

    def failing(self, mode: str, answers: dict[str, Answering], *options: str,
                **params: str) -> None:
        """One subscription for each of these; a second request fails, of a
        hub with these options."""
        urls = [self.cb.url(str(at)) for at in range(len(answers))]
        self.follow(self.hub, self.topic, urls[0], secret="old secret")
        self.subscribe(self.hub, self.topic, *urls[1:], secret="old secret")
        ends = [self.lease_end(url) for url in urls]
        self.hub.restart(*options)
        self.cb.on_verify = self.answering(answers)
        for url in urls:
            self.accepted(self.hub, mode, self.topic, url, **params)
        self.settled()
        self.assertEqual(len(self.hub.lines("subscription.renewed")), 0)
        self.assertEqual([self.lease_end(url) for url in urls], ends)
        posts = self.publishing(b"new", len(urls))
        for post in posts:
            name = list(answers)[int(name_of(post))]
            with self.subTest(answer=name):
                self.by("old secret", post)
        self.assertEqual({name_of(post) for post in posts},
                         {str(at) for at in range(len(urls))})
        self.assertEqual(self.hub.lines("subscription.ended"), [])

    def test_R42_a_failed_renewal_leaves_secret_and_lease_as_they_were(
            self) -> None:
        self.failing("subscribe", REFUSALS, secret="new secret",
                     lease_seconds="7200")
        # What is a no is not asked again (progrium: attempts == 1).
        self.assertEqual(len(self.cb.verifications), 2 * len(REFUSALS))

    def test_R42_also_where_it_failed_for_trouble(self) -> None:
        self.failing("subscribe", TROUBLES, PRESSED, secret="new secret",
                     lease_seconds="7200")
        asked = [name_of(seen) for seen in self.cb.verifications.all()]
        for at, name in enumerate(TROUBLES):
            with self.subTest(answer=name):
                # Once for the subscription, then at least thrice (R58).
                self.assertGreaterEqual(asked.count(str(at)), 4)

    def test_R42_a_failed_unsubscription_changes_nothing(self) -> None:
        self.failing("unsubscribe", {**REFUSALS, **TROUBLES}, PRESSED)

    def test_R42_nothing_listens_or_answers_any_more(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url(), secret="old secret")
        self.cb.stop()
        for mode in ("subscribe", "unsubscribe"):
            self.accepted(self.hub, mode, self.topic, self.cb.url(),
                          secret="new secret")
        self.settled()
        self.cb.listen()
        self.by("old secret", self.publishing(b"new", 1)[0])

    def test_R42_the_rest_of_the_profile_stays_too(self) -> None:
        feed = Atom().add("one")
        topic = self.origin_.serve(feed, path="/atom")
        url = self.cb.url("~me", "?~")
        self.follow(self.hub, topic, url, secret="old secret",
                    signature_method="sha512", content="full")
        self.cb.on_verify = no(404)
        self.accepted(self.hub, "subscribe", topic, url.replace("~", "%7E"),
                      secret="new secret", signature_method="sha1",
                      content="entries", verify_token="x")
        self.settled()
        self.publish(self.hub, topic)
        self.cb.wait_posts(1)
        self.publish(self.hub, self.origin_.serve(feed.add("two"),
                                                  path="/atom"))
        post = self.cb.wait_posts(2)[1]
        self.assertEqual(post.body, feed.render())
        self.assertTrue(post.target.endswith("/~me?~"))
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha512", b"old secret", post.body))

    def test_R42_the_lease_ends_when_it_was_to(self) -> None:
        hub = self.hub = self.daemon("--lease-min=1s", *SOON)
        self.follow(hub, self.topic, self.cb.url("short"), lease_seconds="6")
        self.subscribe(hub, self.topic, self.cb.url("long"),
                       lease_seconds="3600")
        self.cb.on_verify = no(404)
        since = hub.mark()
        for name, lease in (("short", "3600"), ("long", "1")):
            self.accepted(hub, "subscribe", self.topic, self.cb.url(name),
                          lease_seconds=lease)
        hub.wait_for("verification.failed", 2, since)
        hub.wait_for("subscription.ended", reason="expired")
        posts = self.publishing(b"new", 1)
        self.hub.stop()
        self.assertEqual([name_of(post) for post in posts], ["long"])
        self.assertEqual(len(self.cb.posts), 1)


class Replaced(Renewing):
    def renew(self, **params: str) -> None:
        self.subscribe(self.hub, self.topic, self.cb.url(),
                       event="subscription.renewed", **params)

    def test_R43_a_verified_renewal_replaces_or_removes_the_secret(self
                                                                   ) -> None:
        self.follow(self.hub, self.topic, self.cb.url(), secret="first secret")
        self.by("first secret", self.publishing(b"1", 1)[0])
        self.renew(secret="second secret")
        self.by("second secret", self.publishing(b"2", 2)[1])
        self.renew()
        self.by("", self.publishing(b"3", 3)[2])
        self.renew(secret="third secret")
        self.by("third secret", self.publishing(b"4", 4)[3])
        self.renew(secret="")
        self.by("", self.publishing(b"5", 5)[4])

    def test_R43_the_whole_profile_is_replaced_and_nothing_inherited(self
                                                                     ) -> None:
        self.follow(self.hub, self.topic, self.cb.url(), secret="a secret",
                    signature_method="sha512", verify_token="a token")
        self.renew(secret="a secret")
        post = self.publishing(b"new", 1)[0]
        self.by("a secret", post)  # sha256 again
        self.assertNotIn("hub.verify_token",
                         self.cb.verifications.all()[-1].params)

    def test_R43_what_waits_for_a_retry_is_signed_anew(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url(), secret="old secret")
        self.cb.on_post = lambda _: Answer(503)
        first = self.publishing(b"new", 1)[0]
        self.by("old secret", first)
        self.renew(secret="new secret")
        count = len(self.cb.posts)
        # One may have been under way; the next one is after the renewal.
        self.by("new secret", self.cb.wait_posts(count + 2)[count + 1])
        self.cb.on_post = lambda _: Answer(204)

    def test_R45_a_renewal_has_its_own_lease(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url(), lease_seconds="5000")
        first = self.lease_end(self.cb.url())
        for lease in ("7000", "3000", None):
            with self.subTest(lease=lease):
                self.renew(**({"lease_seconds": lease} if lease else {}))
                granted = int(lease or 864000)
                seen = self.cb.verifications.all()[-1]
                self.assertEqual(seen.params["hub.lease_seconds"],
                                 str(granted))
                self.assertAlmostEqual(self.lease_end(self.cb.url()),
                                       first - 5000 + granted, delta=60)


class Overlapping(Renewing):
    def setUp(self) -> None:
        super().setUp()
        self.gates: dict[str, threading.Event] = {}
        self.answers: dict[str, Answering] = {}
        self.cb.on_verify = self.verify

    def verify(self, seen: Seen) -> Answer:
        """Each request is known by its verify_token."""
        token = seen.params.get("hub.verify_token", "")
        answer = self.answers.get(token, echo)(seen)
        answer.gate = self.gates.get(token)
        return answer

    def request(self, mode: str, token: str, **params: str) -> Message:
        return self.ask(self.hub, mode, self.topic, self.cb.url(),
                        verify_token=token, signature_method="sha256",
                        **params)

    def hold(self, mode: str, token: str, **params: str) -> None:
        """A request whose verification is answered when we say so."""
        self.gates[token] = threading.Event()
        before = len(self.cb.verifications)
        self.assertEqual(self.request(mode, token, **params).status, 202)
        self.cb.wait_verifications(before + 1)

    def ends_with(self, secret: str) -> None:
        self.by(secret, self.publishing(b"at the end", 1)[0])
        self.assertEqual(self.hub.status()["store"]["subscriptions"], 1)

    def count(self) -> int:
        return self.hub.status()["store"]["subscriptions"]

    def test_R44_an_unsubscription_overtakes_a_slow_subscription(self
                                                                 ) -> None:
        self.hold("subscribe", "slow")
        self.request("unsubscribe", "quick")
        self.cb.wait_verifications(2)
        self.settled()
        self.gates["slow"].set()
        self.hub.restart()
        self.assertEqual(self.count(), 0)

    def test_R44_it_does_so_as_well_after_the_first_was_active(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url())
        self.hold("subscribe", "slow")
        self.request("unsubscribe", "quick")
        self.hub.wait_for("subscription.ended")
        self.gates["slow"].set()
        self.hub.restart()
        self.assertEqual(self.count(), 0)

    def test_R44_an_unverified_unsubscription_cancels_nothing(self) -> None:
        self.hold("subscribe", "slow")
        self.answers["stranger"] = no(404)
        self.request("unsubscribe", "stranger")
        self.hub.wait_for("verification.failed")
        self.gates["slow"].set()
        self.hub.wait_for("subscription.active")
        self.assertEqual(self.count(), 1)

    def test_R44_nor_does_another_subscription(self) -> None:
        self.hold("subscribe", "mine", secret="my secret")
        self.answers["stranger"] = no(404)
        self.request("subscribe", "stranger", secret="a stranger's")
        self.hub.wait_for("verification.failed")
        since = self.hub.mark()
        self.gates["mine"].set()
        self.hub.wait_for(FETCHED, since=since)
        self.ends_with("my secret")

    def later_wins(self, first: str) -> None:
        self.hold("subscribe", "older", secret="older secret")
        self.hold("subscribe", "newer", secret="newer secret")
        self.gates[first].set()
        self.hub.wait_for("subscription.active")
        for gate in self.gates.values():
            gate.set()
        self.settled()
        self.origin_.fetches.wait(1)
        self.hub.restart()
        self.ends_with("newer secret")

    def test_R44_the_later_of_two_wins_when_it_is_verified_first(self
                                                                 ) -> None:
        self.later_wins("newer")

    def test_R44_the_later_of_two_wins_when_it_is_verified_last(self) -> None:
        self.later_wins("older")

    def older_fails_late(self, status: int) -> None:
        self.answers["older"] = no(status)
        self.hold("subscribe", "older", secret="older secret")
        since = self.hub.mark()
        self.request("subscribe", "newer", secret="newer secret")
        self.hub.wait_for(FETCHED, since=since)
        self.gates["older"].set()
        self.settled()
        self.hub.restart()
        self.ends_with("newer secret")

    def test_R44_a_late_404_to_the_older_undoes_nothing(self) -> None:
        self.older_fails_late(404)

    def test_R44_a_late_500_to_the_older_undoes_nothing(self) -> None:
        self.older_fails_late(500)

    def test_R44_a_late_yes_to_an_older_unsubscription_undoes_nothing(
            self) -> None:
        self.follow(self.hub, self.topic, self.cb.url())
        self.hold("unsubscribe", "older")
        self.request("subscribe", "newer", secret="newer secret")
        self.hub.wait_for("subscription.renewed")
        self.gates["older"].set()
        self.hub.restart()
        self.ends_with("newer secret")

    def test_R44_each_has_a_challenge_of_its_own(self) -> None:
        for token in ("1", "2", "3", "4"):
            self.hold("subscribe", token)
        self.assertEqual(len(set(self.cb.challenges())), 4)
        # The challenge of one does not verify another.
        other = self.cb.challenges()[0]
        self.answers["5"] = lambda _: Answer(200, other.encode())
        self.gates["4"].set()
        self.hub.wait_for("subscription.active")
        self.settled()
        self.request("unsubscribe", "5")
        self.hub.wait_for("verification.failed")
        self.assertEqual(self.count(), 1)

    def test_R44_identical_requests_are_one(self) -> None:
        self.hold("subscribe", "same", secret="a secret")
        for _ in range(10):
            answer = self.request("subscribe", "same", secret="a secret")
            self.assertEqual(answer.status, 202)
        self.gates["same"].set()
        self.hub.wait_for("subscription.active")
        self.hub.stop()
        self.assertEqual(len(self.cb.verifications), 1)

    def test_R44_200_at_once_are_all_verified(self) -> None:
        gate = threading.Event()

        def held(seen: Seen) -> Answer:
            answer = echo(seen)
            answer.gate = gate
            return answer
        self.cb.on_verify = held
        hub = self.hub = self.daemon("--verifications=500",
                                     "--deliveries-per-address=200")
        for number in range(200):
            self.accepted(hub, "subscribe", NOBODY, self.cb.url(str(number)))
        self.cb.wait_verifications(200)
        gate.set()
        hub.wait_for("subscription.active", 200)
        self.assertEqual(self.count(), 200)
        self.assertEqual(len(set(self.cb.challenges())), 200)


class Pending(Renewing):
    def test_R45a_a_verification_brings_no_content_of_itself(self) -> None:
        self.follow(self.hub, self.topic, self.cb.url())
        self.subscribe(self.hub, self.topic, self.cb.url(),
                       event="subscription.renewed")
        self.subscribe(self.hub, self.topic, self.cb.url("later"))
        self.hub.stop()
        self.assertEqual(len(self.cb.posts), 0)

    def test_R46_nothing_is_delivered_before_the_verification(self) -> None:
        witness = self.callback()
        self.follow(self.hub, self.topic, witness.url())
        gate = threading.Event()

        def held(seen: Seen) -> Answer:
            answer = echo(seen)
            answer.gate = gate
            return answer
        self.cb.on_verify = held
        since = self.hub.mark()
        self.accepted(self.hub, "subscribe", self.topic, self.cb.url())
        self.cb.wait_verifications(1)
        self.publish(self.hub, self.origin_.serve(b"too early", TEXT))
        witness.wait_posts(1)
        gate.set()
        self.hub.wait_for("subscription.active", since=since)
        self.assertEqual(self.publishing(b"in time", 1)[0].body, b"in time")
        self.hub.stop()
        self.assertEqual(len(self.cb.posts), 1)

    def test_R46_nor_to_who_hangs_for_ever_or_says_no(self) -> None:
        hub = self.hub = self.daemon(*SOON)
        witness = self.callback()
        self.follow(hub, self.topic, witness.url())
        self.cb.on_verify = no(404)
        self.accepted(hub, "subscribe", self.topic, self.cb.url())
        self.accepted(hub, "subscribe", self.topic, listening_never(self))
        hub.wait_for("verification.failed")
        with self.quiet(hub, self.cb):
            self.publish(hub, self.origin_.serve(b"new", TEXT))
            witness.wait_posts(1)


if __name__ == "__main__":
    together.main()
