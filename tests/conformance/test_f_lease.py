# SPDX-License-Identifier: MIT
"""R60 to R66: how long a subscription lasts."""

import stories  # noqa: F401

import threading
import time

from harness import Answer, together, until
from harness.callback import echo, name_of
from harness.server import Seen

from asking import Asking

TEXT = "text/plain"


class Lease(Asking):
    options = ("--lease-min=1s", "--verify-timeout=5m")

    def setUp(self) -> None:
        super().setUp()
        self.origin_ = self.origin()
        self.topic = self.origin_.serve(b"old", TEXT)
        # Follows for long, and first: the topic is fetched once for him.
        self.witness = self.callback()
        self.follow(self.hub, self.topic, self.witness.url())

    def take(self, name: str, seconds: int | str,
             event: str = "subscription.active") -> float:
        """Subscribe for so long.  When the verification request was seen."""
        before = len(self.cb.verifications)
        self.subscribe(self.hub, self.topic, self.cb.url(name), event=event,
                       lease_seconds=str(seconds))
        return self.cb.wait_verifications(before + 1)[before].when

    def over_soon(self, name: str = "cb") -> None:
        """In a second.  Who asked for so short a lease had to be verified
        within it."""
        self.ctl(self.hub, "subscription", "extend", self.topic,
                 self.cb.url(name), "--lease=1")

    def expired(self, count: int = 1) -> None:
        self.hub.wait_for("subscription.ended", count, reason="expired",
                          host=self.cb.host)

    def told(self, body: bytes) -> list[str]:
        """Who of ours hears of this: when the witness has, all have been sent
        it who are sent it at all."""
        before, count = len(self.cb.posts), len(self.witness.posts)
        self.publish(self.hub, self.origin_.serve(body, TEXT))
        self.witness.wait_posts(count + 1)
        self.hub.stop()
        self.hub.start()
        return sorted(name_of(post) for post in self.cb.posts.all()[before:])

    def lease_end(self, name: str = "cb") -> float:
        """Unix seconds."""
        found = self.ctl_json(self.hub, "subscriptions",
                              f"--topic={self.topic}",
                              f"--callback={self.cb.url(name)}")
        rows = found["subscriptions"] if isinstance(found, dict) else found
        self.assertEqual(len(rows), 1, rows)
        return rows[0]["lease_end"] / 1000


class Enforced(Lease):
    def test_R60_nothing_is_delivered_after_the_end(self) -> None:
        self.take("short", 3600)
        self.take("long", 3600)
        self.over_soon("short")
        self.expired()
        self.assertEqual(self.told(b"new"), ["long"])

    def test_R60_nor_what_was_to_be_tried_again(self) -> None:
        self.cb.on_post = lambda _: Answer(503)
        self.take("cb", 3600)
        self.publish(self.hub, self.origin_.serve(b"new", TEXT))
        self.cb.wait_posts(2)  # it is tried again and again
        self.over_soon()
        self.expired()
        # What was on its way when the lease ended has come by then.
        self.hub.restart()
        count = len(self.cb.posts)
        self.take("other", 3600)
        self.over_soon("other")
        self.expired(2)
        self.assertEqual(len(self.cb.posts), count)

    def test_R60_it_counts_from_the_verification_request(self) -> None:
        def slow(seen):
            answer = echo(seen)
            answer.dawdle = 1.5
            return answer
        self.cb.on_verify = slow
        before = time.time() - time.monotonic()
        asked = self.take("cb", 3600)
        # Not from the answer, which came 1.5 s after it was seen.
        self.assertLess(self.lease_end(), before + asked + 3600 + 1.4)

    def test_R60_a_lease_that_was_over_before_the_answer_never_began(self
                                                                     ) -> None:
        def slow(seen):
            answer = echo(seen)
            answer.dawdle = 1.1
            return answer
        self.cb.on_verify = slow
        since = self.hub.mark()
        self.accepted(self.hub, "subscribe", self.topic, self.cb.url(),
                      lease_seconds="1")
        self.settled()
        self.assertEqual(
            self.hub.lines("subscription.active", since), [])
        self.assertEqual(self.told(b"new"), [])

    def test_R60_it_ends_while_the_hub_is_down_and_is_not_served(self
                                                                 ) -> None:
        self.take("cb", 3600)
        self.over_soon()
        told = time.monotonic()
        self.hub.kill()
        self.origin_.serve(b"new", TEXT)
        until(lambda: time.monotonic() - told > 1, "the end of the lease")
        self.hub.start()
        self.assertEqual(self.told(b"newer"), [])


class Outlived(Lease):
    """The lease ends while a renewal is being verified."""

    def setUp(self) -> None:
        super().setUp()
        self.gate = threading.Event()
        self.take("cb", 3600)
        self.cb.on_verify = self.held
        self.accepted(self.hub, "subscribe", self.topic, self.cb.url(),
                      lease_seconds="3600")
        self.cb.wait_verifications(2)
        # One whose lease ends later shows that it is over.
        other = self.callback()
        self.subscribe(self.hub, self.topic, other.url())
        self.over_soon()
        self.ctl(self.hub, "subscription", "extend", self.topic, other.url(),
                 "--lease=1")
        self.hub.wait_for("subscription.ended", reason="expired",
                          host=other.host)

    def held(self, seen: Seen) -> Answer:
        answer = echo(seen)
        answer.gate = self.gate
        return answer

    def publish_and_see(self, body: bytes) -> None:
        count = len(self.witness.posts)
        self.publish(self.hub, self.origin_.serve(body, TEXT))
        self.witness.wait_posts(count + 1)

    def test_R60_meanwhile_nothing_is_sent_and_afterwards_nothing_is_missing(
            self) -> None:
        self.publish_and_see(b"meanwhile")
        self.publish_and_see(b"meanwhile too")
        self.assertEqual(len(self.cb.posts), 0)
        self.gate.set()
        self.hub.wait_for("subscription.renewed", host=self.cb.host)
        self.assertEqual(self.cb.wait_posts(1)[0].body, b"meanwhile too")
        self.publish_and_see(b"afterwards")
        self.assertEqual(self.cb.wait_posts(2)[1].body, b"afterwards")

    def test_R60_so_it_is_after_a_kill(self) -> None:
        self.publish_and_see(b"meanwhile")
        self.hub.kill()
        self.gate.set()
        self.cb.on_verify = echo
        self.hub.start()
        self.hub.wait_for("subscription.renewed", host=self.cb.host)
        self.assertEqual(self.cb.wait_posts(1)[0].body, b"meanwhile")

    def test_R60_if_it_fails_that_was_the_end(self) -> None:
        self.publish_and_see(b"meanwhile")
        self.cb.on_verify = lambda _: Answer(404)
        self.hub.kill()  # the question under way, which would be a yes
        self.gate.set()
        self.hub.start()
        self.settled()
        self.publish_and_see(b"afterwards")
        self.hub.restart()
        self.assertEqual(len(self.cb.posts), 0)
        self.assertEqual(self.hub.status()["store"]["subscriptions"], 1)

    def test_R66_it_can_be_ended_too(self) -> None:
        self.cb.on_verify = echo
        self.accepted(self.hub, "unsubscribe", self.topic, self.cb.url())
        self.hub.wait_for("subscription.ended", reason="unsubscribed")
        self.gate.set()
        self.publish_and_see(b"afterwards")
        self.hub.restart()
        self.assertEqual(len(self.cb.posts), 0)
        self.assertEqual(self.hub.status()["store"]["subscriptions"], 1)


class Finite(Asking):
    def test_R61_every_lease_is_finite(self) -> None:
        leases = [None, "", "0", "00", "1", "999999999999999999999",
                  "9" * 32, "2592000", str(2**31), str(2**63)]
        pairs = [(lease, verify) for lease in leases
                 for verify in (None, "sync", "async")]
        for number, (lease, verify) in enumerate(pairs):
            with self.subTest(lease=lease, verify=verify):
                seen = self.verified(str(number), lease_seconds=lease,
                                     verify=verify)
                self.assertRegex(seen.params["hub.lease_seconds"],
                                 "^[1-9][0-9]{0,6}$")

    def test_R62_the_default_is_ten_days(self) -> None:
        seen = self.verified()
        self.assertEqual(seen.params["hub.lease_seconds"], "864000")

    def test_R63_leases_are_held_between_bounds(self) -> None:
        # websub.rocks, Invidious, FreshRSS's least, tesaguri's, Pleroma's.
        for asked, granted in (("7200", 7200), ("432000", 432000),
                               ("82801", 82801), ("3601", 3601),
                               ("100", 300), ("1", 300),
                               ("31536000", 2592000)):
            with self.subTest(asked=asked):
                seen = self.verified(asked, lease_seconds=asked)
                self.assertEqual(seen.params["hub.lease_seconds"],
                                 str(granted))


class Renewed(Lease):
    def test_R64_nobody_is_asked_again_unbidden(self) -> None:
        self.take("cb", 3600)
        self.over_soon()
        self.expired()
        self.hub.restart()
        self.hub.stop()
        # Neither before the end nor after it, and not even a "denied".
        self.assertEqual(len(self.cb.verifications), 1)

    def test_R65_a_renewal_counts_from_itself_not_from_the_old_end(self
                                                                   ) -> None:
        offset = time.time() - time.monotonic()
        for first, second in ((5000, 5000), (5000, 400), (400, 5000)):
            with self.subTest(first=first, second=second):
                name = f"{first}-{second}"
                self.take(name, first)
                asked = self.take(name, second, "subscription.renewed")
                self.assertAlmostEqual(self.lease_end(name),
                                       offset + asked + second, delta=60)

    def test_R65_it_ends_then_and_no_earlier(self) -> None:
        self.take("shorter", 3600)
        self.take("longer", 8)
        self.take("longer", 3600, "subscription.renewed")
        self.take("shorter", 8, "subscription.renewed")
        self.take("other", 8)
        self.expired(2)
        self.assertEqual(self.told(b"new"), ["longer"])

    def test_R66_who_expired_can_subscribe_again(self) -> None:
        self.take("cb", 3600)
        self.over_soon()
        self.expired()
        self.take("cb", 3600)  # "active", not "renewed"
        self.assertEqual(self.told(b"new"), ["cb"])

    def test_R66_who_expired_and_unsubscribes_is_not_asked(self) -> None:
        self.take("cb", 3600)
        self.over_soon()
        self.expired()
        self.accepted(self.hub, "unsubscribe", self.topic, self.cb.url())
        self.assertEqual(self.told(b"new"), [])
        self.assertEqual(len(self.cb.verifications), 1)


if __name__ == "__main__":
    together.main()
