# SPDX-License-Identifier: MIT
"""SIGTERM drains and exits 0; a restart goes on where it was."""

import signal
import threading
import unittest

from harness import Answer, Atom, Farm, Puller, Story, until
from harness.callback import echo
from harness.server import next_address


class Stop(Story):
    def farm(self, servers: int, each: int) -> Farm:
        return Farm([self.callback() for _ in range(servers)], each)

    def test_sigterm_and_sigint_exit_0(self) -> None:
        hub = self.daemon()
        hub.stop()
        hub.start()
        hub._process.send_signal(signal.SIGINT)
        self.assertEqual(hub.wait_exit(), 0)

    def test_a_fan_out_is_drained_and_then_continued(self) -> None:
        hub, origin = self.daemon("--drain=10m"), self.origin()
        farm = self.farm(10, 10)
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, *farm.urls)
        gate = threading.Event()
        farm.set_on_post(lambda _: Answer(204, gate=gate))
        self.publish(hub, topic)
        for server in farm.servers:
            server.wait_posts(1)
        hub.terminate()
        gate.set()
        self.assertEqual(hub.wait_exit(), 0)
        # Whoever was sent to was waited for.
        self.assertEqual(hub.lines("delivery.failed"), [])
        hub.start()
        farm.wait_all()
        hub.stop()
        self.assertEqual(set(farm.counts().values()), {1})

    def test_a_pending_verification_is_made_after_a_restart(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        gate = threading.Event()

        def held(seen):
            answer = echo(seen)
            answer.gate = gate
            return answer
        callback.on_verify = held
        self.accepted(hub, "subscribe", topic, callback.url())
        callback.wait_verifications(1)
        hub.kill()
        gate.set()
        hub.start()
        hub.wait_for("subscription.active")
        first, second = callback.challenges()[:2]
        self.assertNotEqual(first, second)

    def test_a_lagging_retry_is_made_after_a_restart(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url(), secret="kept over restarts")
        callback.stop()
        self.publish(hub, topic)
        hub.wait_for("delivery.failed")
        hub.stop()
        callback.listen()
        hub.start()
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.body, feed.render())
        self.assertTrue(post.get("X-Hub-Signature"))

    def test_a_ping_before_the_end_is_fetched_after_it(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        origin.gate = threading.Event()
        before = len(origin.fetches)
        self.publish(hub, topic)
        origin.fetches.wait(before + 1)
        hub.kill()
        origin.gate.set()
        origin.gate = None
        origin.serve(feed.add("two"))
        hub.start()
        self.assertEqual(callback.wait_posts(1)[0].body, feed.render())

    def test_what_was_known_is_known_after_a_restart(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        callback.wait_posts(1)
        hub.restart()
        origin.serve(feed.add("three"))
        self.publish(hub, topic)
        post = callback.wait_posts(2)[1]
        self.assertNotIn(b"two", post.body)
        self.assertIn(b"three", post.body)
        self.assertEqual(post.get("Hub-Previous"),
                         callback.posts.all()[0].get("Hub-Sequence"))

    def test_not_ready_while_it_ends(self) -> None:
        hub = self.daemon("--drain=10m", start=False)
        # Where nobody else comes to listen when it has ended.
        hub.listen = next_address() + ":0"
        hub.start()
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        gate = threading.Event()
        callback.on_post = lambda _: Answer(204, gate=gate)
        self.publish(hub, topic)
        callback.wait_posts(1)
        hub.terminate()
        hub.wait_for("stopping")
        gate.set()
        self.assertEqual(hub.wait_exit(), 0)
        with self.assertRaises(ConnectionRefusedError):
            Puller(hub.client, topic).ask()

    def held_up(self, *options: str):
        """A hub that is told to stop while a delivery is under way."""
        hub = self.daemon("--drain=10m", "--delivery-timeout=10m", *options)
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        gate = threading.Event()
        callback.on_post = lambda _: Answer(204, gate=gate)
        self.publish(hub, topic)
        callback.wait_posts(1)
        hub.terminate()
        hub.wait_for("stopping")
        return hub, topic, callback, gate

    def test_while_it_finishes_everybody_is_served(self) -> None:
        hub, topic, callback, gate = self.held_up("--pull-open")
        self.assertEqual(hub.client.get("/readyz").status, 503)
        answer = hub.client.get("/healthz")
        self.assertEqual((answer.status, answer.keeps_alive), (200, False))
        self.publish(hub, topic)
        self.accepted(hub, "subscribe", topic, callback.url("later"))
        page = Puller(hub.client, topic).pull()
        self.assertTrue(page["cursor"])
        gate.set()
        self.assertEqual(hub.wait_exit(), 0)
        self.assertEqual(hub.lines("stopped")[-1].fields["clean"], "yes")
        # What came meanwhile is done by the next.
        hub.start()
        hub.wait_for("subscription.active")

    def test_who_is_held_while_it_finishes_is_told_at_its_end(self) -> None:
        hub, topic, _, gate = self.held_up("--pull-open")
        puller = Puller(hub.client, topic, since="latest")
        pages = []
        thread = threading.Thread(target=lambda: pages.append(
            puller.pull(wait=60)))
        thread.start()
        until(lambda: hub.status()["front"]["held"] == 1, "one to be held")
        self.assertEqual(pages, [])
        gate.set()
        self.assertEqual(hub.wait_exit(), 0)
        thread.join()
        self.assertEqual(pages[0]["events"], [])

    def test_patience_ends_and_the_next_makes_what_was_under_way(self) -> None:
        hub, _, callback, gate = self.held_up("--drain=500ms")
        self.assertEqual(hub.wait_exit(), 0)
        self.assertEqual(hub.lines("stopped")[-1].fields["clean"], "no")
        gate.set()
        before = len(callback.posts)
        hub.start()
        callback.wait_posts(before + 1)


if __name__ == "__main__":
    unittest.main()
