# SPDX-License-Identifier: MIT
"""Servers of callbacks that are broken: told until they are back, and looked
at as soon as there is a reason to."""

import time
import unittest

from harness import Atom, Daemon, Story, until

NO = 1

# What failed once is not tried again by itself while a story runs.
LATER = ("--retry-first=1h", "--retry-max=1h")


class Origins(Story):
    """websubctl origins: servers that are broken."""

    def nine_lag(self, hub: Daemon) -> None:
        """And not the good one, who may be slow for a while."""
        def they_do() -> bool:
            status = hub.status()
            return (status["counters"]["deliveries.delivered"] == 1
                    and status["store"]["lagging"] == 9)
        until(they_do, "nine to lag")

    def test_a_broken_one_is_told_until_it_is_back(self) -> None:
        hub, origin, feed = self.daemon(*LATER), self.origin(), Atom()
        dead, good = self.callback(), self.callback()
        topic = origin.serve(feed.add("one"))
        urls = [dead.url(f"{at}") for at in range(9)]
        self.follow(hub, topic, good.url(), *urls)
        dead.stop()
        began = time.time()
        self.publish(hub, origin.serve(feed.add("two")))
        good.wait_posts(1)
        self.nine_lag(hub)
        one, = self.ctl_json(hub, "origins")["origins"]
        self.assertEqual((one["origin"], one["state"], one["paused"]),
                         (dead.base, "broken", False))
        self.assertGreaterEqual(one["failures"], 5)
        self.assertGreaterEqual(one["waiting"], 1)
        self.assertEqual(one["last_outcome"], "no connection could be made")
        self.assertTrue(began - 1 < one["failing_since"] / 1000
                        < time.time() + 1, (began, one))
        self.assertGreater(one["due"] / 1000, began + 60)
        self.assertEqual(hub.status()["origins"]["open"], 1)
        self.assertIn("gives no sign of life since",
                      self.ctl(hub, "probe", urls[0]))
        self.assertIn("broken ", self.ctl(hub, "origins"))
        hub.restart()
        self.assertIn("broken ", self.ctl(hub, "origins"))

    def broken(self, restart: bool):
        hub, origin, feed = self.daemon(*LATER), self.origin(), Atom()
        dead, good = self.callback(), self.callback()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, good.url(),
                    *(dead.url(f"{at}") for at in range(9)))
        dead.stop()
        self.publish(hub, origin.serve(feed.add("two")))
        good.wait_posts(1)
        self.nine_lag(hub)
        if restart:
            hub.restart()
        dead.listen()
        return hub, dead, topic

    def test_a_broken_one_is_looked_at_when_an_operator_says_so(self) -> None:
        for restart in (False, True):
            with self.subTest(restart=restart):
                hub, dead, topic = self.broken(restart)
                self.ctl(hub, "pause", "--origin", dead.base)
                self.ctl(hub, "resume", "--origin", dead.base)
                self.well(hub, dead, topic)

    def test_a_resumption_has_one_looked_at_that_was_not_paused(self) -> None:
        for restart in (False, True):
            with self.subTest(restart=restart):
                hub, dead, topic = self.broken(restart)
                self.assertIn("were not paused; it is broken, and looked at",
                              self.ctl(hub, "resume", "--origin", dead.base))
                dead.wait_posts(1)
                self.well(hub, dead, topic)

    def test_a_resend_has_a_broken_one_looked_at(self) -> None:
        for restart in (False, True):
            with self.subTest(restart=restart):
                hub, dead, topic = self.broken(restart)
                self.ctl(hub, "resend", topic)
                self.well(hub, dead, topic)

    def test_a_renewal_has_a_broken_one_looked_at(self) -> None:
        for restart in (False, True):
            with self.subTest(restart=restart):
                hub, dead, topic = self.broken(restart)
                for at in range(9):
                    self.subscribe(hub, topic, dead.url(f"{at}"),
                                   event="subscription.renewed")
                self.well(hub, dead, topic)

    def well(self, hub: Daemon, dead, topic: str) -> None:
        # Those that failed before it was found to be broken wait for
        # themselves.
        self.ctl(hub, "resend", topic)
        dead.wait_posts(9)
        until(lambda: hub.status()["store"]["lagging"] == 0, "all to be well")
        self.ctl(hub, "origins")


if __name__ == "__main__":
    unittest.main()
