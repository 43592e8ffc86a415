# SPDX-License-Identifier: MIT
"""Leases end."""

import threading
import unittest

from harness import Atom, Callback, Daemon, Story
from harness.callback import echo


class Lease(Story):
    def shorten(self, hub: Daemon, topic: str, callback: Callback) -> None:
        """It ends in a moment.  A short lease from the start could be over
        before the story has done what has to come first."""
        self.ctl(hub, "subscription", "extend", topic, callback.url(),
                 "--lease=3s")

    def test_nothing_is_delivered_after_its_end(self) -> None:
        hub = self.daemon()
        callback, witness, origin = (self.callback(), self.callback(),
                                     self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, witness.url())
        self.subscribe(hub, topic, callback.url())
        self.shorten(hub, topic, callback)
        hub.wait_for("subscription.ended", reason="expired",
                     host=callback.host)
        with self.quiet(hub, callback):
            self.publish(hub, topic)
            witness.wait_posts(1)
        # Its end is told to nobody: no "denied", no farewell.
        self.assertEqual(len(callback.verifications), 1)

    def test_it_ends_while_the_hub_is_down(self) -> None:
        hub, other = self.daemon(), self.daemon()
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.shorten(hub, topic, callback)
        hub.stop()
        # One that is as long and began later has ended: so has the first.
        self.subscribe(other, topic, callback.url())
        self.shorten(other, topic, callback)
        other.wait_for("subscription.ended", reason="expired")
        hub.start()
        hub.wait_for("subscription.ended", reason="expired")
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)

    def test_a_renewal_extends_it(self) -> None:
        self.renewed(held_until_its_end=False)

    def test_an_expired_one_can_be_had_again(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.shorten(hub, topic, callback)
        hub.wait_for("subscription.ended", reason="expired")
        self.follow(hub, topic, callback.url(), lease_seconds="3600")
        self.publish(hub, topic)
        callback.wait_posts(1)

    def test_it_outlives_its_end_while_a_renewal_is_verified(self) -> None:
        self.renewed(held_until_its_end=True)

    def renewed(self, held_until_its_end: bool) -> None:
        hub = self.daemon("--verify-timeout=5m")
        callback, other, origin = (self.callback(), self.callback(),
                                   self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), lease_seconds="1800")
        gate = threading.Event()

        def held(seen):
            answer = echo(seen)
            answer.gate = gate
            return answer
        callback.on_verify = held
        self.accepted(hub, "subscribe", topic, callback.url(),
                      lease_seconds="3600")
        callback.wait_verifications(2)
        self.shorten(hub, topic, callback)
        if not held_until_its_end:
            gate.set()
            hub.wait_for("subscription.renewed", host=callback.host)
        # One that was to end later has ended: the first would have too.
        self.subscribe(hub, topic, other.url())
        self.shorten(hub, topic, other)
        hub.wait_for("subscription.ended", reason="expired", host=other.host)
        gate.set()
        hub.wait_for("subscription.renewed", host=callback.host)
        self.publish(hub, topic)
        callback.wait_posts(1)


if __name__ == "__main__":
    unittest.main()
