# SPDX-License-Identifier: MIT
"""Lists of feeds and of subscriptions that websubctl imports."""

import json
import subprocess
import unittest

from harness import FETCHED, PATIENCE, Answer, Atom, binary
from harness.callback import signature
from harness.operator import OperatorStory

FINE, NO, USAGE, NO_DAEMON = 0, 1, 2, 3

OPML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- <outline xmlUrl="http://comment.test/"/> -->
<opml version="2.0">
  <head><title>Abonn\u00e9s &amp; co</title></head>
  <body>
    <outline text="Folder">
      <outline type="rss" text="one" xmlUrl="{one}" htmlUrl="http://x.test/"/>
      <outline type='rss' XMLURL=' {two} ' text="a > b"/>
    </outline>
    <outline text="again" xmlUrl="{one}"></outline>
    <outline text="no feed" htmlUrl="http://y.test/"/>
    <outline text="odd" xmlUrl="ftp://odd.test/?a=1&amp;b=2"/>
  </body>
</opml>
"""


class ImportStory(OperatorStory):
    def write(self, text: str, name: str = "list", code: str = "utf-8") -> str:
        path = self.directory / name
        path.write_bytes(text.encode(code))
        return str(path)

    def run_ctl(self, hub, *arguments: str, text: str | None = None):
        return subprocess.run(
            [str(binary("websubctl")), "--data", str(hub.data), *arguments],
            capture_output=True, timeout=PATIENCE, text=True, input=text,
            check=False)


class Opml(ImportStory):
    def cast(self):
        hub, origin = self.daemon(), self.origin()
        feed = Atom().add("one")
        one = origin.serve(feed, path="/one")
        two = origin.serve(feed, path="/two") + "?x=1&y=2"
        text = OPML.replace("{one}", one).replace(
            "{two}", two.replace("&", "&#38;"))
        return hub, self.write(text, code="iso-8859-1"), one, two

    def test_its_feeds_are_followed(self) -> None:
        hub, path, one, two = self.cast()
        done = self.run_ctl(hub, "import-opml", path, "--poll=3h")
        self.assertEqual(done.returncode, NO, done.stderr)
        self.assertIn("2 topics added, 1 there already, 1 wrong", done.stdout)
        self.assertRegex(done.stderr, rf"{path}:12: .*http")
        hub.wait_for(FETCHED, 2)
        kept = self.pages(hub, "topics", "topics", 100, state="kept")
        self.assertEqual({(topic["url"], topic["poll_every_ms"])
                          for topic in kept},
                         {(url, 3 * 3600 * 1000) for url in (one, two)})
        # Once more, and nothing changes.
        told = json.loads(self.ctl(hub, "import-opml", path, "--json",
                                   code=NO))
        self.assertEqual((told["added"], told["there"], told["failed"]),
                         (0, 3, 1))
        error, = told["errors"]
        self.assertEqual(error["line"], 12)

    def test_a_trial_changes_nothing(self) -> None:
        hub, path, _, _ = self.cast()
        done = self.run_ctl(hub, "import-opml", "--dry-run", path)
        self.assertEqual(done.returncode, NO)
        self.assertIn("3 topics could be added, 1 wrong", done.stdout)
        self.assertEqual(hub.status()["store"]["topics"], 0)

    def test_broken_lists_are_read_as_far_as_they_can_be(self) -> None:
        hub = self.daemon("--dns-server=127.0.0.1:9")
        for text, added in (
                ("<opml><outline xmlUrl='http://a.test/'", 0),
                ("<OPML><body><outline xmlurl=http://b.test/ >", 1),
                ('<opml><outline xmlUrl="http://c.test/?a&b=c"/>', 1)):
            done = self.run_ctl(hub, "import-opml", "-", text=text)
            self.assertEqual(done.returncode, FINE, done.stderr)
            self.assertIn(f"{added} topics added", done.stdout)
        self.look(hub, "topic", topic="http://c.test/?a&b=c")

    def test_what_is_no_list_is_said(self) -> None:
        hub = self.daemon()
        for text in ("", "<html></html>", "\0\0\0"):
            done = self.run_ctl(hub, "import-opml", self.write(text))
            self.assertEqual(done.returncode, NO)
            self.assertIn("no OPML", done.stderr)
        self.assertEqual(
            self.run_ctl(hub, "import-opml", "/nowhere").returncode, NO)
        self.assertEqual(self.run_ctl(hub, "import-opml").returncode, USAGE)
        hub.stop()
        path = self.write("<opml><outline xmlUrl='http://a.test/'/></opml>")
        self.assertEqual(self.run_ctl(hub, "import-opml", path).returncode,
                         NO_DAEMON)


class Csv(ImportStory):
    def cast(self):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.feed = Atom().add("one")
        return hub, callback, origin, origin.serve(self.feed)

    def test_callbacks_are_asked_and_then_subscribed(self) -> None:
        hub, callback, origin, topic = self.cast()
        self.secrets.add("s, and \"more")
        callback.on_verify = lambda seen: Answer(
            404 if "refuses" in seen.target else 200,
            seen.params.get("hub.challenge", "").encode())
        path = self.write(
            "\ufeffsecret,Callback,TOPIC\r\n"
            f'"s, and ""more",{callback.url("a")},{topic}\r\n'
            "\r\n"
            f",{callback.url('refuses')},{topic}\r\n"
            f",,{topic}\r\n"
            f',"{callback.url("b")}",{topic}')
        done = self.run_ctl(hub, "import-csv", path)
        self.assertEqual(done.returncode, NO)
        self.assertIn("3 asked whether they agree", done.stdout)
        self.assertIn(f"{path}:5:", done.stderr)
        hub.wait_for("subscription.active", 2)
        hub.wait_for("verification.failed")
        again = self.run_ctl(hub, "import-csv", path)
        self.assertIn("1 asked whether they agree, 2 there already",
                      again.stdout)
        hub.wait_for("update")
        origin.serve(self.feed.add("two"))
        self.publish(hub, topic)
        signed, = [post for post in callback.wait_posts(2)
                   if post.path.endswith("/a")]
        self.assertEqual(
            signed.get("X-Hub-Signature"),
            signature("sha256", b's, and "more', signed.body))

    def test_who_is_trusted_is_subscribed_at_once(self) -> None:
        hub, callback, _, topic = self.cast()
        rows = "".join(f"{topic},{callback.url(f's{n}')},40d,,full\n"
                       for n in range(50))
        path = self.write(rows)
        told = json.loads(self.ctl(hub, "import-csv", path, "--trust",
                                   "--json"))
        self.assertEqual((told["added"], told["failed"]), (50, 0))
        again = json.loads(self.ctl(hub, "import-csv", path, "--trust",
                                    "--json"))
        self.assertEqual((again["added"], again["there"]), (0, 50))
        shown = self.pages(hub, "subscriptions", "subscriptions", 20)
        self.assertEqual({one["content"] for one in shown}, {"full"})
        self.assertGreater(shown[0]["lease_left_ms"], 39 * 24 * 3600 * 1000)
        hub.stop()
        self.assertEqual(len(callback.verifications), 0)

    def test_a_trial_needs_no_daemon(self) -> None:
        hub = self.daemon()
        hub.stop()
        path = self.write("topic,callback,lease\n"
                          "http://a.test/,http://b.test/,10d\n"
                          "http://a.test/,gopher://b.test/,10d\n"
                          "http://a.test/,http://b.test/,soon\n"
                          'http://a.test/,"http://b.test/\n')
        done = self.run_ctl(hub, "import-csv", path, "--dry-run")
        self.assertEqual(done.returncode, NO)
        self.assertIn("1 subscriptions could be added, 3 wrong", done.stdout)
        for line, word in ((3, "callback"), (4, "lease"), (5, "quote")):
            self.assertRegex(done.stderr, rf"(?m)^{path}:{line}: .*{word}")
        self.assertEqual(self.run_ctl(hub, "import-csv", path,
                                      "--trust").returncode, NO_DAEMON)


class Commands(ImportStory):
    def test_operators_steer_by_commands(self) -> None:
        hub, callback, origin = (self.daemon("--dns-server=127.0.0.1:9"),
                                 self.callback(), self.origin())
        topic = origin.serve(Atom().add("one"))
        self.ctl(hub, "topic", "add", topic, "--poll=2h")
        hub.wait_for("admin.topic.added")
        self.assertIn("every", self.ctl(hub, "topic", topic))
        self.ctl(hub, "topic", topic, "--poll=never", "--keep=yes")
        self.assertIn(topic, self.ctl(hub, "topics", "--state=kept"))
        secret = self.write("a-secret-on-a-line\nand no more\n")
        self.secrets.add("a-secret-on-a-line")
        self.ctl(hub, "subscription", "add", topic, callback.url(), "--trust",
                 f"--secret-file={secret}", "--lease=90d")
        one, = self.look(hub, "subscriptions")["subscriptions"]
        self.assertTrue(one["signed"])
        self.ctl(hub, "subscription", "extend", topic, "1", "--lease=200d")
        self.ctl(hub, "subscription", "extend", topic, "1", code=USAGE)
        self.ctl(hub, "rule", "add", "deny-topic", "Bad.test")
        listed = self.ctl(hub, "rule", "list", "--kind=deny-topic")
        self.assertIn("bad.test", listed)
        self.ctl(hub, "rule", "remove", "deny-topic", "bad.test")
        self.ctl(hub, "rule", "remove", "deny-topic", "bad.test", code=NO)
        # The first that allows denies all others: only if that is meant.
        self.ctl(hub, "rule", "add", "allow-callback", "a.test", code=USAGE)
        self.assertEqual(self.look(hub, "rules")["rules"], [])
        self.ctl(hub, "rule", "add", "allow-callback", "a.test", "--yes")
        hub.wait_for(("denial.said", "denial.unsaid"))
        self.ctl(hub, "rule", "add", "allow-callback", "b.test")
        made = self.ctl(hub, "key", "add", "https://a.test/").strip()
        self.secrets.add(made)
        self.assertRegex(made, r"\A[0-9a-f]{64}\Z")
        self.assertIn("https://a.test/", self.ctl(hub, "key", "list"))
        self.ctl(hub, "key", "remove", "https://a.test/")
        self.ctl(hub, "quota", "set", "max-topics", "77")
        self.assertRegex(self.ctl(hub, "quota", "list"),
                         r"(?m)^max-topics +77 +1 +store")
        self.ctl(hub, "quota", "remove", "max-topics")
        self.ctl(hub, "quota", "set", "max-topics", "none", code=USAGE)
        self.assertIn("0 subscriptions",
                      self.ctl(hub, "topic", "remove", topic))
        self.assertEqual(hub.status()["store"]["topics"], 0)

    def test_the_log_says_who_and_what(self) -> None:
        hub = self.daemon("--dns-server=127.0.0.1:9")
        topic = "http://t.test/"
        for command, event in (
                (["topic", "add", topic], "topic.added"),
                (["topic", topic, "--poll=1d"], "topic.changed"),
                (["subscription", "add", topic, "http://c.test/x", "--trust"],
                 "subscription.added"),
                (["subscription", "extend", topic, "1", "--lease=1d"],
                 "subscription.extended"),
                (["ping", topic], "pinged"),
                (["pause", topic, "1"], "paused"),
                (["resume", topic, "1"], "resumed"),
                (["pause", "--all"], "paused"),
                (["resume", "--all"], "resumed"),
                (["remove", topic, "1"], "subscription.removed"),
                (["topic", "remove", topic], "topic.removed"),
                (["rule", "add", "deny-topic", "x.test"], "rule.added"),
                (["rule", "remove", "deny-topic", "x.test"], "rule.removed"),
                (["key", "add", "http://x.test/"], "key.added"),
                (["key", "remove", "http://x.test/"], "key.removed"),
                (["quota", "set", "pulls", "8"], "quota.set"),
                (["quota", "remove", "pulls"], "quota.removed"),
                (["token", "add", "somebody"], "token.added"),
                (["token", "remove", "somebody"], "token.removed")):
            since = hub.mark()
            said = self.ctl(hub, *command)
            if command[1] == "add" and command[0] in ("key", "token"):
                self.secrets.add(said.split()[0])
            line = hub.wait_for("admin." + event, since=since)
            with self.subTest(command=command):
                self.assertRegex(line.fields["who"], r"\Auid \d+\Z")
                self.assertNotEqual(line.fields["by"], "?")
                if event in ("topic.added", "topic.removed", "pinged"):
                    self.assertEqual(line.fields["host"], "t.test")
                if event == "subscription.added":
                    self.assertEqual(line.fields["topic_host"], "t.test")
                self.assertNotIn("c.test/x", line.text)


if __name__ == "__main__":
    unittest.main()
