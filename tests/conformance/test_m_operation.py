# SPDX-License-Identifier: MIT
"""R140 to R144: what happens to the hub, and what it never does."""

import subprocess
import threading
import time
import unittest
from pathlib import Path

import stories  # noqa: F401
from harness import (PATIENCE, Answer, Atom, Daemon, Message, Story, Wire,
                     entries_of, request)
from harness.callback import echo, signature
from harness.client import FORM, form
from harness.server import Seen
from harness.story import LOOPBACK

LONG = 1_000_000  # seconds that a monotonic clock is moved


class Restart(Story):
    def test_R140_all_that_was_known_survives_kill_9(self) -> None:
        hub, origin, feed = self.daemon(), self.origin(), Atom()
        calm, failing, asked = (self.callback(), self.callback(),
                                self.callback())
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, calm.url(), failing.url(),
                    secret="that is kept")
        self.publish(hub, topic)
        calm.wait_posts(1)
        failing.wait_posts(1)

        # One delivery is owed, one verification is not answered.
        over = threading.Event()
        failing.on_post = lambda _: Answer(200 if over.is_set() else 500)
        gate = threading.Event()
        asked.on_verify = lambda seen: Answer(200, echo(seen).body, gate=gate)
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        calm.wait_posts(2)
        failing.wait_posts(2)
        self.accepted(hub, "subscribe", topic, asked.url())
        asked.wait_verifications(1)
        fetches = len(origin.fetches)
        hub.kill()
        over.set()
        gate.set()
        since = hub.mark()
        hub.start()

        # The pending request is verified, with another challenge.
        hub.wait_for("subscription.active", since=since)
        self.assertEqual(len(set(asked.challenges())),
                         len(asked.challenges()))
        # What was owed comes, with the secret of before.
        post = failing.posts.wait_until(
            lambda posts: entries_of(posts[-1].body) == ["two"]
            and len(posts) >= 3, "the second entry again")[-1]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"that is kept", post.body))
        # Validators are known: nothing has changed, and nobody is told.
        self.publish_and_fetch(hub, topic)
        self.assertTrue(origin.fetches.wait(fetches + 1)[fetches]
                        .get("If-None-Match"))
        # So are the entries: only the new one is delivered.
        origin.serve(feed.add("three"))
        self.publish(hub, topic)
        bodies = [entries_of(post.body) for post in calm.posts.wait_until(
            lambda posts: entries_of(posts[-1].body) == ["three"],
            "the third entry")]
        self.assertNotIn(["three", "two"], bodies)

    def test_R140_nothing_is_doubled_by_a_restart_at_rest(self) -> None:
        hub, origin, callback = self.daemon(), self.origin(), self.callback()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        callback.wait_posts(1)
        # Its success is stored when the daemon has ended orderly.
        hub.restart()
        hub.kill()
        hub.start()
        with self.quiet(hub, callback):
            self.publish_and_fetch(hub, topic)


class Addresses(Story):
    def test_R141_what_was_allowed_before_is_judged_anew(self) -> None:
        hub = self.daemon(loopback=False, start=False)
        hub.start(LOOPBACK)
        origin, callback = self.origin(), self.callback()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        hub.stop()
        fetched, called = origin.accepted, callback.accepted
        # Without the allowance nothing goes out: no fetch,
        since = hub.mark()
        hub.start()
        self.publish(hub, topic)
        hub.wait_for("fetch.failed", since=since)
        hub.stop()
        self.assertEqual(origin.accepted, fetched)
        # and where only the fetch may, no delivery,
        since = hub.mark()
        hub.start("--allow-topic-address=127.0.0.0/8")
        origin.serve(Atom().add("two"))
        self.publish(hub, topic)
        hub.wait_for("delivery.failed", since=since)
        # and no verification.
        self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("verification.failed", since=since)
        hub.stop()
        self.assertGreater(origin.accepted, fetched)
        self.assertEqual(callback.accepted, called)


class Identity(Story):
    def test_R142_the_hub_is_called_what_it_is_configured_as(self) -> None:
        hub = self.daemon("--public-url=https://hub.example/push")
        origin, callback = self.origin(), self.callback()
        topic = origin.serve(Atom().add("one"))
        for host in ("evil.example", "hub.example:99999", "a, b", ""):
            answer = hub.client.ask(request(
                "POST", "/", [("Host", host), ("Content-Type", FORM),
                              ("X-Forwarded-Host", "evil.example"),
                              ("Forwarded", "host=evil.example")],
                form([("hub.mode", "subscribe"), ("hub.topic", topic),
                      ("hub.callback", callback.url())])))
            self.assertIn(answer.status, (202, 400), host)
            page = hub.client.ask(request("GET", "/", [("Host", host)]))
            self.assertNotIn("evil", page.text)
        hub.wait_for("subscription.active")
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].all("Link"), [
            f'<https://hub.example/push>; rel="hub", <{topic}>; rel="self"'])
        page = hub.client.ask(request("GET", "/", [("Host", "evil.example")]))
        self.assertIn("https://hub.example/push", page.text)

    def test_R143_the_page_is_for_people(self) -> None:
        hub = self.daemon()
        for method in ("GET", "HEAD"):
            with self.subTest(method=method):
                wire_answer = self.page(hub, method)
                self.assertEqual(wire_answer.status, 200)
                self.assertRegex(wire_answer.get("Content-Type") or "",
                                 "^text/html; ?charset=utf-8$")
        page = self.page(hub, "GET")
        self.assertIn(hub.hub, page.text)
        # A form each, and nothing that runs.
        for mode in ("subscribe", "publish"):
            self.assertRegex(page.text, f'value="?{mode}')
        self.assertRegex(page.text, '<form[^>]* method="?post')
        self.assertNotIn("<script", page.text)
        self.assertIn("default-src 'none'",
                      page.get("Content-Security-Policy") or "")

    def test_R143_the_page_lists_no_topics_and_no_callbacks(self) -> None:
        hub, origin, callback = self.daemon(), self.origin(), self.callback()
        before = self.page(hub, "GET").body
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.assertEqual(self.page(hub, "GET").body, before)

    @staticmethod
    def page(hub: Daemon, method: str) -> Message:
        with Wire(hub.address) as wire:
            wire.send(request(method, "/"))
            return wire.read(to_head=method == "HEAD")


class Clocks(Story):
    def test_R144_a_lease_goes_on_while_the_hub_is_down(self) -> None:
        hub = self.daemon("--lease-min=1s")
        origin, callback, witness = (self.origin(), self.callback(),
                                     self.callback())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, witness.url())
        self.subscribe(hub, topic, callback.url(), lease_seconds="3600")
        self.ctl(hub, "subscription", "extend", topic, callback.url(),
                 "--lease=1")
        granted = time.monotonic()
        hub.kill()
        # A ping is the first thing after the start, before any sweep.
        threading.Event().wait(max(0, granted + 1.05 - time.monotonic()))
        hub.start()
        self.publish(hub, topic)
        witness.wait_posts(1)
        hub.wait_for("subscription.ended", reason="expired")
        hub.stop()
        self.assertEqual(len(callback.posts), 0)

    def moved(self, seconds: int) -> list[str]:
        """A prefix of a command whose monotonic clock is elsewhere."""
        prefix = ["unshare", "--time", f"--monotonic={seconds}",
                  f"--boottime={seconds}"]
        try:
            done = subprocess.run(
                [*prefix, "cat", "/proc/uptime"], capture_output=True,
                timeout=PATIENCE, check=False)
        except OSError:
            self.skipTest("no unshare here")
        here = float(Path("/proc/uptime").read_text().split()[0])
        if done.returncode or float(done.stdout.split()[0]) - here < LONG / 2:
            self.skipTest("no time namespaces here")
        return prefix

    def test_R144_what_waits_does_not_mind_a_new_monotonic_clock(self
                                                                 ) -> None:
        # As after a reboot: it starts again from the beginning.
        prefix = self.moved(LONG)
        hub = self.daemon(start=False)
        usual = hub.command
        hub.command = lambda *more: [*prefix, *usual(*more)]
        hub.start()
        if hub.status()["pid"] != hub.pid:
            self.skipTest("unshare stays in between")
        origin, callback, asked = (self.origin(), self.callback(),
                                   self.callback())
        feed = Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        over = threading.Event()
        callback.on_post = lambda _: Answer(200 if over.is_set() else 500)

        def later(seen: Seen) -> Answer:
            return echo(seen) if over.is_set() else Answer(503)
        asked.on_verify = later
        self.publish(hub, topic)
        self.accepted(hub, "subscribe", topic, asked.url())
        callback.wait_posts(2)
        asked.wait_verifications(1)
        hub.kill()
        over.set()
        hub.command = usual
        posts, since = len(callback.posts), hub.mark()
        hub.start()
        callback.wait_posts(posts + 1)
        hub.wait_for("subscription.active", since=since)
        self.publish_and_fetch(hub, topic)
        hub.kill()
        # And ahead again.
        hub.command = lambda *more: [*prefix, *usual(*more)]
        hub.start()
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        callback.posts.wait_until(
            lambda posts: "two" in entries_of(posts[-1].body), "the second")
        self.assertEqual(hub.status()["store"]["subscriptions"], 2)


if __name__ == "__main__":
    unittest.main()
