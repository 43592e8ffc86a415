# SPDX-License-Identifier: MIT
"""websubctl: each command, for people and for programs, and its exit codes."""

import json
import subprocess
import threading
import unittest

from harness import (PATIENCE, Answer, Atom, Daemon, Farm, Rss, Story, binary,
                     entries_of, request, until)

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
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1,
              "the delivery to count")
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
        self.assertIn("1 subscription", self.ctl(hub, "status"))

    def test_topics_are_listed(self) -> None:
        hub, _, _, topic = self.cast()
        self.assertIn(topic, json.dumps(self.ctl_json(hub, "topics")))
        self.assertIn(topic, self.ctl(hub, "topics"))

    def test_subscriptions_are_listed(self) -> None:
        hub, callback, _, topic = self.cast()
        shown = json.dumps(self.ctl_json(hub, "subscriptions", topic))
        self.assertIn(callback.host, shown)
        told = self.ctl(hub, "subscriptions", topic)
        self.assertIn(callback.host, told)
        shown, = self.ctl_json(hub, "subscriptions", topic)["subscriptions"]
        self.assertRegex(told, r"^STATE +NUMBER ")
        self.assertRegex(told, rf"(?m)^active +{shown['id']} ")

    def test_secrets_are_shown_nowhere(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), secret="hidden-secret")
        for command in (["status"], ["topics"], ["subscriptions", topic],
                        ["subscriptions", topic, callback.url()],
                        ["explain", topic],
                        ["probe", callback.url(), "--topic", topic]):
            for more in ([], ["--json"]):
                self.assertNotIn("hidden-secret",
                                 self.ctl(hub, *command, *more))

    def test_ping_fetches_what_is_followed(self) -> None:
        hub, callback, _, topic = self.cast()
        self.ctl(hub, "ping", topic)
        callback.wait_posts(1)
        self.ctl_json(hub, "ping", topic)
        self.ctl(hub, "ping", "http://unknown.example/", code=NO)

    def test_wrong_usage_is_2(self) -> None:
        hub = self.daemon()
        for arguments in ([], ["no-such-command"], ["ping"], ["backup"],
                          ["explain"], ["probe"], ["remove"],
                          ["explain", "http://h/", "http://h/"],
                          ["remove", "http://h/", "http://h/", "http://h/"],
                          ["subscriptions", "--unknown=x"],
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

    def run_ctl(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(binary("websubctl")), *arguments],
                              capture_output=True, text=True, timeout=PATIENCE,
                              check=False)

    def test_help_of_one_command_is_its_own_lines(self) -> None:
        for arguments in (["help", "pause"], ["pause", "--help"],
                          ["pause", "x", "-h"]):
            done = self.run_ctl(*arguments)
            self.assertEqual(done.returncode, FINE)
            self.assertIn("pause TOPIC CALLBACK|NUMBER", done.stdout)
            self.assertNotIn("backup", done.stdout)
        self.assertIn("backup", self.run_ctl("help").stdout)
        for arguments in (["help", "foo"], ["foo", "--help"]):
            done = self.run_ctl(*arguments)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("no such command", done.stderr)

    def test_no_daemon_says_where_one_is_looked_for(self) -> None:
        done = self.run_ctl("--data", str(self.directory), "status")
        self.assertEqual(done.returncode, NO_DAEMON)
        self.assertIn("admin.sock", done.stderr)
        self.assertIn("--data=DIR or WEBSUBD_SOCKET", done.stderr)

    def test_help_is_0(self) -> None:
        done = subprocess.run([str(binary("websubctl")), "--help"],
                              capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        self.assertEqual(done.returncode, FINE)
        for command in ("status", "topics", "subscriptions", "explain",
                        "probe", "remove", "ping", "backup", "feed",
                        "deliveries", "origins", "resend", "pause",
                        "resume"):
            self.assertIn(command, done.stdout)


class Subscriptions(Story):
    """Who is subscribed, and how they fare."""

    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        self.feed = Atom().add("one")
        return hub, origin, origin.serve(self.feed)

    def listed(self, hub: Daemon, *arguments: str) -> list[dict]:
        page = self.ctl_json(hub, "subscriptions", *arguments)
        self.assertIsNone(page["next"])
        return page["subscriptions"]

    def test_a_callback_shows_only_to_who_names_it(self) -> None:
        hub, _, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        for arguments in ([], [topic], [f"--topic={topic}"],
                          ["--state=active"]):
            for more in ([], ["--json"]):
                text = self.ctl(hub, "subscriptions", *arguments, *more)
                self.assertIn(callback.host, text)
                self.assertNotIn(callback.token, text)
        for arguments in ([topic, callback.url()],
                          ["--callback", callback.url()]):
            one, = self.listed(hub, *arguments)
            self.assertEqual(one["callback"], callback.url())
            self.assertIn(callback.url(),
                          self.ctl(hub, "subscriptions", *arguments))
        hashes = {one["callback_hash"] for one in
                  self.listed(hub) + self.listed(hub, topic, callback.url())}
        self.assertEqual(len(hashes), 1)

    def test_each_has_its_state(self) -> None:
        hub, origin, topic = self.cast("--retry-first=1h", "--retry-max=1h",
                                       "--retry-attempts=2")
        good, bad = self.callback(), self.callback()
        bad.on_post = lambda _: Answer(503)
        self.follow(hub, topic, good.url(), bad.url())
        since = hub.mark()
        self.publish(hub, origin.serve(self.feed.add("two")))
        hub.wait_for("delivery.failed", since=since)
        # Whose answer takes over a second lags until then.
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1
              and hub.status()["store"]["lagging"] == 1,
              "one to have it, and one to lag")
        one, = self.listed(hub, topic, "--state=lagging")
        self.assertEqual(one["host"], bad.host)
        self.assertEqual(one["last_outcome"], "HTTP 503 (Service Unavailable)")
        self.assertEqual((one["last_status"], one["attempts"]), (503, 1))
        self.assertEqual(one["owed"], {"from": 2, "to": 2})
        self.assertGreater(one["due"], 0)
        self.assertGreater(one["lease_left_ms"], 0)
        one, = self.listed(hub, topic, "--state=active")
        self.assertEqual(one["host"], good.host)
        self.assertIsNone(one["owed"])
        self.assertEqual(self.listed(hub, topic, "--state=stopped"), [])
        self.assertIn("HTTP 503", self.ctl(hub, "subscriptions", topic))
        self.ctl(hub, "subscriptions", "--state=asleep", code=USAGE)
        told = self.ctl(hub, "explain", topic)
        self.assertIn("1 waits for another try", told)
        self.assertIn("1 because: HTTP 503", told)

    def test_who_was_given_up_is_stopped(self) -> None:
        hub, origin, topic = self.cast("--retry-attempts=1")
        callback = self.callback()
        callback.on_post = lambda _: Answer(drop=True)
        self.follow(hub, topic, callback.url())
        self.publish(hub, origin.serve(self.feed.add("two")))
        until(lambda: self.listed(hub, "--state=stopped"), "it to be stopped")
        one, = self.listed(hub, "--state=stopped")
        self.assertIsNone(one["due"])
        self.assertLess(one["last_status"], 0)

    def test_pending_requests_of_a_pair_are_told(self) -> None:
        hub, _, topic = self.cast("--verify-timeout=1h")
        callback, gate = self.callback(), threading.Event()
        callback.on_verify = lambda seen: Answer(404, gate=gate)
        self.accepted(hub, "subscribe", topic, callback.url())
        page = self.ctl_json(hub, "subscriptions", topic, callback.url())
        self.assertEqual(page["subscriptions"], [])
        self.assertEqual(page["pending"][0]["mode"], "subscribe")
        self.assertGreater(page["pending"][0]["left_ms"], 0)
        self.assertIn("a request to subscribe",
                      self.ctl(hub, "subscriptions", topic, callback.url()))
        told = self.ctl(hub, "probe", callback.url(), "--topic", topic)
        self.assertIn("1 request for that topic waits", told)
        gate.set()
        hub.wait_for("verification.failed")
        page = self.ctl_json(hub, "subscriptions", topic, callback.url())
        self.assertEqual(page["pending"], [])

    def test_long_lists_come_in_pages(self) -> None:
        hub, origin, topic = self.cast()
        farm = Farm([self.callback() for _ in range(4)], 130)
        callback = farm.servers[0]
        self.subscribe(hub, topic, *farm.urls)
        others = [origin.serve(Atom().add("x"), path=f"/{number}")
                  for number in range(3)]
        for other in others:
            self.subscribe(hub, other, callback.url("s0-7"))
        for arguments, count in (([], 523), ([topic], 520),
                                 (["--callback", callback.url("s0-7")], 4),
                                 (["--callback", callback.url("none")], 0),
                                 ([others[1]], 1)):
            with self.subTest(arguments=arguments):
                listed = self.listed(hub, *arguments)
                ids = {one["id"] for one in listed}
                self.assertEqual((len(listed), len(ids)), (count, count))
        page = hub.admin.json("/admin/subscriptions?max=3")
        self.assertEqual(len(page["subscriptions"]), 3)
        page = hub.admin.json(f"/admin/subscriptions?after={page['next']}")
        self.assertGreaterEqual(len(page["subscriptions"]), 100)

    def test_one_is_named_by_its_number(self) -> None:
        hub, _, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url("a"), callback.url("b"))
        for shown in self.listed(hub, topic):
            one, = self.listed(hub, topic, str(shown["id"]))
            self.assertEqual(one["callback_hash"], shown["callback_hash"])
            self.assertIsNone(one["callback"])
        self.assertEqual(self.listed(hub, topic, "99"), [])
        self.ctl(hub, "subscriptions", "--callback=1", code=USAGE)

    def test_unknown_topics_and_urls_that_are_none_are_no(self) -> None:
        hub = self.daemon()
        self.ctl(hub, "subscriptions", "http://unknown.example/", code=NO)
        self.ctl(hub, "subscriptions", "no-url", code=USAGE)
        self.assertIn("no subscriptions", self.ctl(hub, "subscriptions"))


class Remove(Story):
    """The operator ends subscriptions, and they are told."""

    def cast(self, *names: str):
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, *(callback.url(name) for name in names))
        return hub, callback, origin, topic

    def denials(self, callback) -> list[str]:
        return [seen.path.rpartition("/")[2]
                for seen in callback.verifications.all()
                if seen.params.get("hub.mode") == "denied"]

    def test_one_is_ended_and_told(self) -> None:
        hub, callback, origin, topic = self.cast("gone", "left")
        self.assertIn("1 subscription ended",
                      self.ctl(hub, "remove", topic, callback.url("gone")))
        line = hub.wait_for("admin.subscription.removed")
        self.assertEqual(line.fields["host"], callback.host)
        self.assertTrue(line.fields["by"])
        until(lambda: self.denials(callback) == ["gone"], "the goodbye")
        with self.quiet(hub):
            self.publish(hub, origin.serve(Atom().add("one").add("two")))
            callback.wait_posts(1)
        self.assertEqual([seen.path.rpartition("/")[2]
                          for seen in callback.posts.all()], ["left"])

    def test_by_its_number(self) -> None:
        hub, callback, _, topic = self.cast("gone", "left")
        listed = self.ctl_json(hub, "subscriptions", topic)["subscriptions"]
        gone = str(listed[0]["id"])
        self.assertIn("1 subscription ended",
                      self.ctl(hub, "remove", topic, gone))
        self.ctl(hub, "remove", topic, gone, code=NO)
        until(lambda: len(self.denials(callback)) == 1, "the goodbye")
        # And its topic by the number that the log has.
        self.assertIn("1 subscription ended", self.ctl(
            hub, "remove", str(listed[1]["topic_id"]), str(listed[1]["id"])))

    def test_all_of_a_topic_are_ended_and_told(self) -> None:
        names = [f"n{number}" for number in range(30)]
        hub, callback, _, topic = self.cast(*names)
        self.assertEqual(
            self.ctl_json(hub, "remove", f"--topic={topic}")["removed"], 30)
        until(lambda: sorted(self.denials(callback)) == sorted(names),
              "the goodbyes")
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)
        self.assertEqual(self.ctl_json(hub, "remove", topic)["removed"], 0)

    def test_what_is_not_there_is_no(self) -> None:
        hub, callback, _, topic = self.cast("cb")
        self.ctl(hub, "remove", "http://unknown.example/", code=NO)
        self.ctl(hub, "remove", topic, callback.url("other"), code=NO)
        self.ctl(hub, "remove", topic, "77", code=NO)
        self.ctl(hub, "remove", "no-url", code=USAGE)
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)


class Explain(Story):
    """What the hub knows of a topic, in words."""

    def why(self, hub: Daemon, topic: str, code: int = FINE) -> str:
        answer = json.loads(
            self.ctl(hub, "explain", topic, "--json", code=code))
        return " ".join(says["text"] for says in answer["says"]
                        if says["about"] == "why")

    def test_a_topic_nobody_follows(self) -> None:
        hub = self.daemon("--deny-topic=bad.example")
        self.assertIn("nobody here wants it",
                      self.why(hub, "http://unknown.example/", code=NO))
        self.assertIn("A rule forbids",
                      self.why(hub, "http://bad.example/", code=NO))
        self.assertIn("deny-topic = bad.example",
                      self.ctl(hub, "explain", "http://bad.example/", code=NO))
        self.ctl(hub, "explain", "ftp://h/", code=USAGE)

    def test_a_topic_that_names_others(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom(hub="http://other.example/",
                    self_url="http://elsewhere.example/")
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        told = self.ctl(hub, "explain", topic)
        self.assertIn("another hub, http://other.example/", told)
        self.assertIn("calls itself http://elsewhere.example/", told)
        answer = self.ctl_json(hub, "explain", topic)
        self.assertIs(answer["names_us"], False)
        self.assertIs(answer["other_self"], True)
        self.assertEqual(answer["subscribers"]["counted"], 1)
        self.assertEqual(answer["entries"], 1)
        self.assertEqual(answer["record"]["last_status"], 200)

    def test_a_fetch_that_fails(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom(hub=hub.hub).add("one"))
        self.follow(hub, topic, callback.url())
        self.assertIn("Nothing has changed", self.why(hub, topic))
        origin.script(Answer(403))
        self.publish_and_fetch(hub, topic)
        self.assertIn("turn this hub away", self.why(hub, topic))
        answer = self.ctl_json(hub, "explain", topic)
        self.assertEqual(answer["next_fetch"]["cause"], "failure")
        self.assertNotIn(callback.host, json.dumps(answer))

    def test_all_is_well(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Atom(hub=hub.hub, self_url=origin.url()).add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        self.publish(hub, origin.serve(feed.add("two")))
        callback.wait_posts(1)
        until(lambda: "Nothing stands in the way" in self.why(hub, topic),
              "all to be well")


class Probe(Story):
    """Whether a callback would be called; without calling it."""

    def test_nothing_is_sent(self) -> None:
        hub, callback = self.daemon(), self.callback()
        answer = self.ctl_json(hub, "probe", callback.url())
        self.assertIs(answer["fine"], True)
        self.assertEqual(answer["addresses"],
                         [{"address": callback.host, "verdict": "allowed"}])
        self.assertIn("stranger", self.ctl(hub, "probe", callback.url()))
        self.assertEqual(hub.status()["network"]["connections"], 0)
        self.assertEqual(callback.verifications.all(), [])
        self.assertEqual(callback.posts.all(), [])

    def test_a_name_is_resolved_and_each_address_judged(self) -> None:
        names = self.names({"mixed.example": ["10.1.2.3", "127.0.0.9"]})
        hub = self.daemon(f"--dns-server={names.address}")
        answer = self.ctl_json(hub, "probe", "http://mixed.example/")
        verdicts = {one["address"]: one["verdict"]
                    for one in answer["addresses"]}
        self.assertEqual(verdicts,
                         {"10.1.2.3": "refused", "127.0.0.9": "allowed"})
        told = self.ctl(hub, "probe", "http://no.example/", code=NO)
        self.assertIn("did not resolve", told)

    def test_what_is_refused_is_said_with_its_reason(self) -> None:
        hub = self.daemon("--deny-callback=bad.example")
        for callback, reason in (
                ("http://10.0.0.1/", "not of the public internet"),
                (hub.hub, "the hub itself"),
                ("http://bad.example/", "deny-callback = bad.example")):
            with self.subTest(callback=callback):
                told = self.ctl(hub, "probe", callback, code=NO)
                self.assertIn(reason, told)
        for none in ("http://h:25/", "http://u:p@h/", "http://h/#f"):
            self.assertEqual(self.ctl(hub, "probe", none, code=USAGE), "")

    def test_the_budget_of_its_host_is_told(self) -> None:
        hub = self.daemon("--stranger-verifications=6")
        callback, origin = self.callback(), self.origin()
        callback.on_verify = lambda _: Answer(404)
        told = self.ctl_json(hub, "probe", callback.url())
        self.assertEqual(told["left"], 1)
        self.accepted(hub, "subscribe", origin.url(), callback.url())
        hub.wait_for("verification.failed")
        told = self.ctl_json(hub, "probe", callback.url())
        self.assertEqual(told["left"], 0)
        self.assertIn("have to wait", self.ctl(hub, "probe", callback.url()))

    def test_the_public_cannot_ask(self) -> None:
        hub = self.daemon()
        for method, path in (("GET", "explain?topic=http://h/"),
                             ("GET", "probe?callback=http://h/"),
                             ("GET", "subscriptions?callback=http://h/"),
                             ("POST", "remove?topic=http://h/")):
            answer = hub.client.ask(
                request(method, f"/admin/{path}", body=b""))
            self.assertEqual(answer.status, 404, path)

    def test_what_lives_at_its_origin_is_told(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url(), callback.url("other"))
        answer = self.ctl_json(hub, "probe", callback.url())
        self.assertEqual(answer["origin"]["counted"], 2)
        one, = answer["subscriptions"]
        self.assertEqual((one["topic"], one["state"]), (topic, "active"))
        self.assertNotIn("pending", answer)
        told = self.ctl(hub, "probe", callback.url(), "--topic", topic)
        self.assertIn("It is subscribed to that topic.", told)
        self.assertIn("It is delivered to. Nothing was sent.", told)
        self.ctl(hub, "pause", topic, callback.url())
        self.assertIn("Nothing is delivered to it: it is paused.",
                      self.ctl(hub, "probe", callback.url()))

    def test_a_number_shows_no_callback(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        shown, = self.ctl_json(hub, "subscriptions", topic)["subscriptions"]
        number = str(shown["id"])
        for more in ([], ["--json"]):
            told = self.ctl(hub, "probe", number, "--topic", topic, *more)
            self.assertIn(callback.host, told)
            self.assertNotIn(callback.token, told)
        self.assertIn("It is subscribed to that topic.",
                      self.ctl(hub, "probe", number, "--topic", topic))
        self.ctl(hub, "probe", "99", "--topic", topic, code=NO)
        self.ctl(hub, "probe", number, code=USAGE)


class Feed(Story):
    """Without a daemon."""

    def run_feed(self, *arguments: str, stdin: bytes = b"",
                 code: int = FINE) -> bytes:
        done = subprocess.run(
            [str(binary("websubctl")), "feed", *arguments], input=stdin,
            capture_output=True, timeout=PATIENCE, check=False)
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
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertIn(done.returncode, (NO, USAGE))
        self.assertIn(b"missing", done.stderr)


if __name__ == "__main__":
    unittest.main()
