# SPDX-License-Identifier: MIT
"""websubctl: each command, for people and for programs, and its exit codes."""

import json
import subprocess
import unittest

from harness import Atom, Daemon, Rss, Story, binary, entries_of

FINE, NO, USAGE, NO_DAEMON = 0, 1, 2, 3


class Control(Story):
    def cast(self):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, topic

    def test_status_has_the_counters(self) -> None:
        hub, callback, _, topic = self.cast()
        self.publish(hub, topic)
        callback.wait_posts(1)
        status = self.ctl_json(hub, "status")
        self.assertEqual(status["pid"], hub.pid)
        self.assertIs(status["ready"], True)
        self.assertEqual(status["public_url"], hub.hub)
        self.assertEqual(status["store"]["subscriptions"], 1)
        self.assertEqual(status["store"]["topics"], 1)
        counters = status["counters"]
        self.assertEqual(counters["subscribes"], 1)
        self.assertEqual(counters["verifications.verified"], 1)
        self.assertEqual(counters["pings"], 1)
        self.assertGreaterEqual(counters["fetches"], 2)
        self.assertEqual(counters["deliveries"], 1)
        self.assertGreater(status["memory"]["rss_anon"], 0)
        self.assertIn("subscriptions", self.ctl(hub, "status"))

    def test_topics_are_listed(self) -> None:
        hub, _, _, topic = self.cast()
        self.assertIn(topic, json.dumps(self.ctl_json(hub, "topics")))
        self.assertIn(topic, self.ctl(hub, "topics"))

    def test_subscriptions_are_listed(self) -> None:
        hub, callback, _, topic = self.cast()
        shown = json.dumps(self.ctl_json(hub, "subscriptions", topic))
        self.assertIn(callback.host, shown)
        self.assertIn(callback.host, self.ctl(hub, "subscriptions", topic))

    def test_secrets_are_shown_nowhere(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="hidden-secret")
        for command in (["status"], ["topics"], ["subscriptions", topic]):
            for more in ([], ["--json"]):
                self.assertNotIn("hidden-secret",
                                 self.ctl(hub, *command, *more))

    def test_ping_fetches_what_is_followed(self) -> None:
        hub, callback, _, topic = self.cast()
        self.ctl(hub, "ping", topic)
        callback.wait_posts(1)
        self.ctl_json(hub, "ping", topic)
        self.ctl(hub, "ping", "http://unknown.example/", code=NO)

    def test_a_backup_is_a_store_that_runs(self) -> None:
        hub, _, _, topic = self.cast()
        copy = self.directory / "copy"
        self.ctl_json(hub, "backup", str(copy))
        # Never over something that is there.
        self.ctl(hub, "backup", str(copy), code=NO)
        hub.stop()
        other = Daemon(copy, *hub.options)
        self.daemons.append(other)
        other.start()
        self.assertEqual(other.status()["store"]["subscriptions"], 1)

    def test_wrong_usage_is_2(self) -> None:
        hub = self.daemon()
        for arguments in ([], ["no-such-command"], ["ping"], ["backup"],
                          ["status", "--no-such-option"],
                          ["feed"], ["feed", "inspect"], ["feed", "diff"]):
            with self.subTest(arguments=arguments):
                self.ctl(hub, *arguments, code=USAGE)

    def test_no_daemon_is_3(self) -> None:
        hub = self.daemon()
        hub.stop()
        for arguments in (["status"], ["topics"], ["status", "--json"],
                          ["ping", "http://h/"]):
            with self.subTest(arguments=arguments):
                self.ctl(hub, *arguments, code=NO_DAEMON)

    def test_help_is_0(self) -> None:
        done = subprocess.run([str(binary("websubctl")), "--help"],
                              capture_output=True, text=True, timeout=20,
                              check=False)
        self.assertEqual(done.returncode, FINE)
        for command in ("status", "topics", "subscriptions", "ping",
                        "backup", "feed"):
            self.assertIn(command, done.stdout)


class Feed(Story):
    """Without a daemon."""

    def run_feed(self, *arguments: str, stdin: bytes = b"",
                 code: int = FINE) -> bytes:
        done = subprocess.run(
            [str(binary("websubctl")), "feed", *arguments], input=stdin,
            capture_output=True, timeout=20, check=False)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        return done.stdout

    def file(self, name: str, content: bytes) -> str:
        path = self.directory / name
        path.write_bytes(content)
        return str(path)

    def test_inspect_tells_what_is_in_it(self) -> None:
        feed = Atom(title="Words", hub="http://hub.example/",
                    self_url="http://me.example/").add("one").add("two")
        path = self.file("feed.xml", feed.render())
        shown = json.loads(self.run_feed("inspect", path))
        self.assertEqual(shown["format"], "atom10")
        self.assertEqual(shown["title"], "Words")
        self.assertEqual(shown["hubs"], ["http://hub.example/"])
        self.assertEqual(shown["self"], "http://me.example/")
        entry = shown["entries"][0]
        self.assertEqual((entry["id"], entry["title"]),
                         ("tag:example.org,2024:two", "two"))
        self.assertTrue(entry["hash"])
        self.assertEqual(shown, json.loads(
            self.run_feed("inspect", "-", stdin=feed.render())))
        rss = json.loads(self.run_feed(
            "inspect", "--content-type=application/rss+xml", "-",
            stdin=Rss().add("one").render()))
        self.assertEqual(rss["format"], "rss20")

    def test_diff_prints_what_is_new(self) -> None:
        feed = Atom().add("one")
        old = self.file("old.xml", feed.render())
        new = self.file("new.xml", feed.add("two").render())
        newest = self.file("newest.xml", feed.add("three").render())
        self.assertEqual(entries_of(self.run_feed("diff", old, new)),
                         ["two"])
        self.assertEqual(entries_of(self.run_feed("diff", old, newest)),
                         ["three", "two"])
        self.assertEqual(
            entries_of(self.run_feed("diff", old, new, newest)), ["three"])
        self.assertEqual(self.run_feed("diff", new, new), b"")

    def test_a_file_that_is_not_there_is_the_callers_mistake(self) -> None:
        missing = str(self.directory / "missing")
        done = subprocess.run(
            [str(binary("websubctl")), "feed", "inspect", missing],
            capture_output=True, timeout=20, check=False)
        self.assertIn(done.returncode, (NO, USAGE))
        self.assertIn(b"missing", done.stderr)


if __name__ == "__main__":
    unittest.main()
