# SPDX-License-Identifier: MIT
"""Names that change their mind between the question and the call (S2).

The name server gives every answer for 0 seconds; the hub keeps it for the
least time there is, 5 seconds, and asks again."""

import unittest

from harness import Answer, Atom, Daemon, NameServer, Story, until
from harness.server import Server, next_address
from harness.trap import Trap

NAME = "rebind.test"


class Rebinding(Story):
    def cast(self, server: Server, *also: Server
             ) -> tuple[Daemon, NameServer, Trap]:
        """A hub that may call the servers, and a trap that it may not, at
        the port of the first of them."""
        trap = Trap(next_address(), server.port)
        self.addCleanup(trap.stop)
        names = self.names({})
        names.ttl = 0
        hub = self.daemon(f"--dns-server={names.address}",
                          *(f"--allow-address={one.host}/32"
                            for one in (server, *also)), loopback=False)
        return hub, names, trap

    def publish_until_asked(self, hub: Daemon, names: NameServer,
                            topic: str, count: int, change) -> None:
        def again() -> bool:
            change()
            self.publish(hub, topic)
            return names.asked(NAME) >= count
        until(again, f"{count} questions for {NAME}")

    def test_S2_a_callback_that_becomes_private_gets_no_delivery(self) -> None:
        callback, origin = self.callback(), self.origin()
        hub, names, trap = self.cast(callback, origin)
        names.script(NAME, [callback.host], [trap.host])
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, f"http://{NAME}:{callback.port}/"
                                f"{callback.token}/cb")
        self.publish(hub, topic)
        callback.wait_posts(1)
        numbers = iter(range(10**6))
        self.publish_until_asked(
            hub, names, topic, 2,
            lambda: origin.serve(feed.add(f"entry {next(numbers)}")))
        hub.wait_for("delivery.failed")
        hub.stop()
        self.assertEqual(trap.connects(), 0)

    def test_S2_a_topic_that_becomes_private_is_not_fetched(self) -> None:
        callback, origin = self.callback(), self.origin()
        hub, names, trap = self.cast(origin, callback)
        names.script(NAME, [origin.host], [trap.host])
        feed = Atom().add("one")
        origin.serve(feed)
        topic = f"http://{NAME}:{origin.port}/feed"
        self.follow(hub, topic, callback.url())
        self.publish_until_asked(hub, names, topic, 2, lambda: None)
        line = hub.wait_for("fetch.failed")
        self.assertEqual(line.fields["result"], "address refused")
        hub.stop()
        self.assertEqual(trap.connects(), 0)

    def test_S2_what_was_judged_is_what_is_called(self) -> None:
        callback, origin = self.callback(), self.origin()
        hub, names, trap = self.cast(callback, origin)
        # Whoever asks once more for the call gets the other answer.
        names.script(NAME, [callback.host], [trap.host])
        self.subscribe(hub, origin.serve(Atom().add("one")),
                       f"http://{NAME}:{callback.port}/{callback.token}/cb")
        self.assertEqual(names.asked(NAME), 1)
        self.assertEqual(callback.accepted, 1)
        hub.stop()
        self.assertEqual(trap.connects(), 0)

    def test_S2_a_private_answer_first_is_refused_first(self) -> None:
        callback, origin = self.callback(), self.origin()
        hub, names, trap = self.cast(callback, origin)
        names.script(NAME, [trap.host], [callback.host])
        topic = origin.serve(Atom().add("one"))
        url = f"http://{NAME}:{callback.port}/{callback.token}/cb"
        self.accepted(hub, "subscribe", topic, url)
        hub.wait_for("verification.failed")

        def again() -> bool:
            self.ask(hub, "subscribe", topic, url)
            return bool(hub.lines("subscription.active"))
        until(again, "a subscription")
        self.assertEqual(trap.connects(), 0)

    def test_S2_a_redirect_leads_to_a_name_that_is_judged_anew(self) -> None:
        callback, origin = self.callback(), self.origin()
        hub, names, trap = self.cast(origin, callback)
        names.script(NAME, [origin.host], [trap.host])
        feed = Atom().add("one")
        origin.serve(feed, path="/real")
        topic = origin.url("/moved")
        where = f"http://{NAME}:{origin.port}/real"
        usual = origin.answer
        origin.answer = lambda seen: usual(seen) if seen.path == "/real" \
            else Answer(302, fields=[("Location", where)])
        self.follow(hub, topic, callback.url())
        self.publish_until_asked(hub, names, topic, 2, lambda: None)
        line = hub.wait_for("fetch.failed")
        self.assertEqual(line.fields["result"], "address refused")
        hub.stop()
        self.assertEqual(trap.connects(), 0)


if __name__ == "__main__":
    unittest.main()
