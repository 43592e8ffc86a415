# SPDX-License-Identifier: MIT
"""Who lags behind and why, and how an operator has it delivered again."""

import json
import socket
import subprocess
import threading
import time
import unittest
from datetime import datetime, timezone

from harness import (PATIENCE, Answer, Atom, Daemon, Farm, Story, binary,
                     entries_of, until)

FINE, NO, USAGE, NO_DAEMON = 0, 1, 2, 3

# What failed once is not tried again by itself while a story runs.
LATER = ("--retry-first=1h", "--retry-max=1h")


def number(value: str) -> int:
    """The n of <incarnation>.<n>, as in Hub-Sequence."""
    return int(value.rpartition(".")[2])


class Told(Story):
    """websubctl deliveries."""

    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        self.feed = Atom().add("one")
        return hub, origin, origin.serve(self.feed)

    def listed(self, hub: Daemon, *arguments: str, code: int = FINE
               ) -> list[dict]:
        page = json.loads(self.ctl(hub, "deliveries", *arguments, "--json",
                                   code=code))
        self.assertIsNone(page["next"])
        return page["deliveries"]

    def update(self, hub: Daemon, origin, name: str = "two") -> None:
        self.publish_and_fetch(hub, origin.serve(self.feed.add(name)))

    def lags(self, hub: Daemon, count: int = 1) -> None:
        until(lambda: hub.status()["store"]["lagging"] == count,
              f"{count} to lag")

    def test_nobody_lags(self) -> None:
        hub, _, topic = self.cast()
        self.assertIn("nobody lags behind",
                      self.ctl(hub, "deliveries"))
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        callback.wait_posts(1)
        # Whose answer takes over a second lags until then.
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1
              and hub.status()["store"]["lagging"] == 0, "him to have it")
        for more in ([], ["--lagging"], ["--stopped", "--paused"],
                     ["--topic", topic], [topic, callback.url()],
                     ["--callback", callback.url()],
                     ["--origin", callback.base]):
            with self.subTest(more=more):
                self.assertEqual(self.listed(hub, *more), [])
                told = self.ctl(hub, "deliveries", *more)
                self.assertEqual("nobody of these lags behind" in told,
                                 bool(more))
                self.assertNotIn("shown", told)

    def test_what_is_not_there_is_no_and_nonsense_is_usage(self) -> None:
        hub, _, topic = self.cast()
        for code, arguments in (
                (NO, ["--topic=http://unknown.example/"]),
                (USAGE, ["--topic=nothing"]), (USAGE, ["--callback=nothing"]),
                (USAGE, ["--origin=nothing"]), (NO, [topic, "7"]),
                (USAGE, ["--callback=7"]), (USAGE, ["--limit"]),
                (USAGE, ["--topic", topic, "--origin", topic]),
                (USAGE, ["--limit=0"]), (USAGE, ["--limit=many"]),
                (USAGE, ["--limit=-1"]), (USAGE, ["--lagging=yes"]),
                (USAGE, ["--late"]), (USAGE, ["a", "b", "c"])):
            with self.subTest(arguments=arguments):
                self.ctl(hub, "deliveries", *arguments, code=code)
        hub.stop()
        self.ctl(hub, "deliveries", code=NO_DAEMON)

    def test_who_failed_is_told_with_all_there_is_to_know(self) -> None:
        hub, origin, topic = self.cast(*LATER)
        callback = self.callback()
        callback.on_post = lambda _: Answer(500, dawdle=0.05)
        self.follow(hub, topic, callback.url())
        began = time.time()
        self.update(hub, origin)
        self.lags(hub)
        one, = self.listed(hub)
        self.assertEqual((one["topic"], one["host"], one["callback"]),
                         (topic, callback.host, None))
        self.assertEqual((one["state"], one["waits"], one["paused"]),
                         ("lagging", False, False))
        self.assertEqual(one["owed"], {"from": 2, "to": 2})
        self.assertEqual((one["attempts"], one["last_status"]), (1, 500))
        self.assert_between(began, one["failing_since"] / 1000)
        # With its jitter.
        self.assertGreater(one["due"] / 1000, began + 1000)
        attempt, = one["last"]
        self.assertEqual(attempt["status"], 500)
        self.assertEqual(attempt["outcome"],
                         "HTTP 500 (Internal Server Error)")
        self.assertGreaterEqual(attempt["latency_ms"], 40)
        self.assert_between(began, attempt["at"] / 1000)
        told = self.ctl(hub, "deliveries")
        for words in (f"lagging   {topic}\n", f"to {callback.host}, number ",
                      "owed update 2, 1 attempt since the newest, ", "next try 2",
                      "HTTP 500 (Internal Server Error), after",
                      "1 shown; in all 1 lags, of whom 0 wait"):
            self.assertIn(words, told)
        self.assertRegex(told, r"next try .* UTC \(in \d+ minutes\)")

    def assert_between(self, began: float, at: float) -> None:
        """Now and then; the clocks of two programs, so a second more."""
        self.assertTrue(began - 1 < at < time.time() + 1, (began, at))

    def test_the_newest_attempts_are_kept(self) -> None:
        hub, origin, topic = self.cast("--retry-first=20ms",
                                       "--retry-max=20ms",
                                       "--retry-attempts=7")
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        statuses = [500, 501, 404, 400, 403, 418, 500]
        callback.script(*(Answer(status) for status in statuses))
        self.update(hub, origin)
        until(lambda: self.stopped(hub), "it to be stopped")
        one, = self.listed(hub, "--stopped")
        self.assertEqual([last["status"] for last in one["last"]],
                         statuses[:2:-1])
        self.assertEqual((one["state"], one["attempts"], one["due"]),
                         ("stopped", 7, None))
        self.assertEqual(self.listed(hub, "--lagging"), [])
        self.assertIn("left alone until", self.ctl(hub, "deliveries"))

    def stopped(self, hub: Daemon) -> list:
        return json.loads(self.ctl(hub, "deliveries", "--stopped", "--json",
                                   code=None))["deliveries"]

    def test_a_callback_shows_only_to_who_names_it(self) -> None:
        hub, origin, topic = self.cast(*LATER)
        callback = self.callback()
        callback.on_post = lambda _: Answer(500)
        self.follow(hub, topic, callback.url())
        self.update(hub, origin)
        self.lags(hub)
        shown = self.listed(hub)[0]["id"]
        for arguments in ([], [topic], [topic, str(shown)],
                          ["--origin", callback.base]):
            for more in ([], ["--json"]):
                told = self.ctl(hub, "deliveries", *arguments, *more)
                self.assertIn(callback.host, told)
                self.assertNotIn(callback.token, told)
        for arguments in ([topic, callback.url()],
                          ["--callback", callback.url()]):
            self.assertIn(callback.url(),
                          self.ctl(hub, "deliveries", *arguments))
        self.ctl(hub, "deliveries", topic, callback.url("other"), code=NO)
        self.listed(hub, "--callback", callback.url("other"))

    def test_each_is_in_one_set(self) -> None:
        hub, origin, topic = self.cast(*LATER)
        names = ("lagging", "stopped", "waiting", "paused", "fine")
        them = {name: self.callback() for name in names}
        self.follow(hub, topic, *(one.url() for one in them.values()))
        them["lagging"].on_post = lambda _: Answer(500)
        self.ctl(hub, "pause", topic, them["paused"].url())
        self.ctl(hub, "pause", "--origin", them["waiting"].base)
        del them["stopped"]
        self.update(hub, origin)
        # Whose answer takes over a second lags until then.
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 2,
              "those who are fine to have it")
        self.lags(hub, 3)
        for name in ("lagging", "waiting", "paused"):
            with self.subTest(name=name):
                one, = self.listed(hub, f"--{name}")
                self.assertEqual(one["host"], them[name].host)
                self.assertEqual(one["state"], name)
        self.assertEqual(self.listed(hub, "--stopped"), [])
        self.assertIn("nobody of these lags behind\nin all 3 lag, of whom 1",
                      self.ctl(hub, "deliveries", "--stopped"))
        self.assertEqual(len(self.listed(hub)), 3)
        self.assertEqual(len(self.listed(hub, "--paused", "--waiting")), 2)
        told = self.ctl(hub, "deliveries")
        self.assertIn("paused by an operator until", told)
        self.assertIn(f"waits for {them['waiting'].base}, which is", told)
        self.assertIn("in all 3 lag, of whom 1 waits for an origin\n", told)

    def test_a_paused_one_that_is_owed_nothing_is_found_too(self) -> None:
        hub, _, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.ctl(hub, "pause", topic, callback.url())
        self.assertIn("--state=paused",
                      self.ctl(hub, "deliveries", "--paused"))
        told = self.ctl(hub, "subscriptions", "--state=paused")
        number = told.splitlines()[1].split()[1]
        self.assertIn("go on", self.ctl(hub, "resume", topic, number))

    def test_a_topic_is_named_by_its_number_too(self) -> None:
        hub, origin, topic = self.cast(*LATER)
        callback = self.callback()
        callback.on_post = lambda _: Answer(500)
        self.follow(hub, topic, callback.url())
        self.update(hub, origin)
        self.lags(hub)
        # As the log has them.
        line = hub.wait_for("delivery.failed")
        known = line.fields["topic"]
        for which in ([known, line.fields["id"]], [known, callback.url()],
                      [known]):
            one, = self.listed(hub, *which)
            self.assertEqual((one["topic"], one["host"]),
                             (topic, callback.host))
        self.ctl(hub, "deliveries", "77", code=NO)

    def test_long_lists_come_in_pages(self) -> None:
        hub, origin, topic = self.cast(*LATER)
        farm = Farm([self.callback() for _ in range(4)], 130)
        farm.set_on_post(lambda _: Answer(500))
        self.follow(hub, topic, *farm.urls)
        other = origin.serve(Atom().add("x"), path="/other")
        lone = self.callback()
        lone.on_post = lambda _: Answer(500)
        self.follow(hub, other, lone.url())
        self.update(hub, origin)
        self.publish(hub, other)
        self.lags(hub, 521)
        for arguments, count in (([], 521), ([topic], 520), ([other], 1),
                                 (["--origin", farm.servers[1].base], 130)):
            with self.subTest(arguments=arguments):
                ids = {(one["topic"], one["id"])
                       for one in self.listed(hub, *arguments)}
                self.assertEqual(len(ids), count)
        page = json.loads(self.ctl(hub, "deliveries", "--json", "--limit=7"))
        self.assertEqual(len(page["deliveries"]), 7)
        self.assertTrue(page["next"])
        self.assertIn("510 shown, there may be more; in all 521",
                      self.ctl(hub, "deliveries", "--limit", "510"))
        seen, after = set(), ""
        while after is not None:
            page = hub.admin.json(f"/admin/deliveries?max=100{after}")
            self.assertLessEqual(len(page["deliveries"]), 100)
            seen |= {(one["topic"], one["id"]) for one in page["deliveries"]}
            after = page["next"] and f"&after={page['next']}"
        self.assertEqual(len(seen), 521)

    def test_the_public_sees_none_of_it(self) -> None:
        hub, _, _ = self.cast()
        for path in ("/admin/deliveries", "/admin/origins", "/metrics"):
            self.assertEqual(hub.client.get(path).status, 404)
        for path in ("/admin/resend", "/admin/pause", "/admin/resume"):
            self.assertEqual(hub.client.post([("all", "1")], path).status,
                             404)


class Resend(Story):
    """websubctl resend: what was delivered once is delivered again."""

    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        self.feed = Atom().add("one")
        return hub, origin, origin.serve(self.feed)

    def update(self, hub: Daemon, origin, name: str) -> str:
        topic = origin.serve(self.feed.add(name))
        self.publish(hub, topic)
        return topic

    def test_what_is_not_there_is_no(self) -> None:
        hub, _, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        for arguments in (["nothing"], [topic, "no-url"]):
            self.ctl(hub, "resend", *arguments, code=USAGE)
        for arguments in (["http://unknown.example/"],
                          [topic, callback.url("other")], [topic, "99"],
                          # Nothing came since he is here.
                          [topic], [topic, callback.url()],
                          ["--since=1h"]):
            with self.subTest(arguments=arguments):
                self.ctl(hub, "resend", *arguments, code=NO)
        hub.stop()
        self.ctl(hub, "resend", topic, code=NO_DAEMON)
        self.assertEqual(len(callback.posts), 0)

    def test_times_that_are_none_are_usage(self) -> None:
        hub, _, topic = self.cast()
        for since in ("", "now", "yesterday", "2h30m", "-1h", "5 m", "1w",
                      "2026-13-01T00:00:00Z", "2026-11-22", "12:00",
                      "2026-11-22T04:31:07", "99999999999999",
                      "3000000000000h", str(int(time.time()) + 3600),
                      "2999-01-01T00:00:00Z"):
            with self.subTest(since=since):
                self.ctl(hub, "resend", topic, f"--since={since}", code=USAGE)
        for arguments in ([], ["--callback=http://h/"], ["a", "b", "c"],
                          ["--callback=http://h/", "--since=1h"]):
            with self.subTest(arguments=arguments):
                self.ctl(hub, "resend", *arguments, code=USAGE)

    def test_the_newest_update_comes_again_to_all(self) -> None:
        hub, origin, topic = self.cast()
        them = [self.callback() for _ in range(3)]
        self.follow(hub, topic, *(one.url() for one in them))
        for count, name in enumerate(("two", "three"), 1):
            self.update(hub, origin, name)
            for one in them:
                one.wait_posts(count)
        self.assertIn("3 cursors set back", self.ctl(hub, "resend", topic))
        line = hub.wait_for("admin.resent")
        self.assertEqual((line.fields["count"], line.fields["host"]),
                         ("3", "*"))
        for one in them:
            first, second, again = one.wait_posts(3)
            self.assertEqual(again.body, second.body)
            self.assertEqual(again.get("Hub-Sequence"),
                             second.get("Hub-Sequence"))
            self.assertEqual(again.get("Hub-Previous"),
                             first.get("Hub-Sequence"))
        counters = hub.status()["counters"]
        self.assertEqual(counters["deliveries.resent"], 3)

    def test_one_subscription_alone(self) -> None:
        hub, origin, topic = self.cast()
        one, other = self.callback(), self.callback()
        self.follow(hub, topic, one.url(), other.url())
        self.update(hub, origin, "two")
        other.wait_posts(1)
        one.wait_posts(1)
        answer = self.ctl_json(hub, "resend", topic, one.url())
        self.assertEqual(answer["set"], 1)
        one.wait_posts(2)
        listed = self.ctl_json(hub, "subscriptions", topic)["subscriptions"]
        shown, = [item["id"] for item in listed if item["host"] == one.host]
        with self.quiet(hub, other):
            self.ctl(hub, "resend", topic, str(shown))
            one.wait_posts(3)

    def test_all_since_a_time_in_one_document(self) -> None:
        hub, origin, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.update(hub, origin, "two")
        callback.wait_posts(1)
        # Stored times are of a millisecond; the next is a later one.
        until(lambda: time.time() > self.updated(hub) / 1000 + 0.002,
              "the clock")
        since = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        for count, name in enumerate(("three", "four"), 2):
            self.update(hub, origin, name)
            callback.wait_posts(count)
        self.ctl(hub, "resend", topic, callback.url(), "--since", since)
        posts = callback.wait_posts(4)
        self.assertEqual(entries_of(posts[3].body), ["four", "three"])
        self.assertEqual(posts[3].get("Hub-Previous"),
                         posts[0].get("Hub-Sequence"))
        self.assertEqual(posts[3].get("Hub-Sequence"),
                         posts[2].get("Hub-Sequence"))
        self.ctl(hub, "resend", topic, "--since=1d")
        self.assertEqual(entries_of(callback.wait_posts(5)[4].body),
                         # From the beginning: the first one is whole (M3).
                         ["four", "three", "two", "one"])
        self.ctl(hub, "resend", topic, f"--since={int(time.time()) - 3600}")
        callback.wait_posts(6)

    def updated(self, hub: Daemon) -> int:
        return hub.admin.json("/admin/topics")["topics"][0]["last_update"]

    def test_all_topics_since_a_time(self) -> None:
        hub, origin, _ = self.cast()
        callback, topics = self.callback(), []
        for at in range(5):
            feed = Atom(title=f"{at}").add("one")
            topics.append(origin.serve(feed, path=f"/{at}"))
            self.follow(hub, topics[-1], callback.url(f"{at}"))
        for at in range(5):
            if at == 2:
                until(lambda: time.time() > self.newest(hub) / 1000 + 0.002,
                      "the clock")
                since = datetime.now(timezone.utc).isoformat()
            origin.serve(Atom(title=f"{at}").add("one").add("two"),
                         path=f"/{at}")
            self.publish(hub, topics[at])
            callback.wait_posts(at + 1)
        with self.quiet(hub):
            answer = self.ctl(hub, "resend", "--since", since)
            self.assertIn("3 cursors of 3 topics set back", answer)
            callback.wait_posts(8)
        names = [seen.path.rpartition("/")[2] for seen in
                 callback.posts.all()[5:]]
        self.assertEqual(sorted(names), ["2", "3", "4"])

    def newest(self, hub: Daemon) -> int:
        return max(topic["last_update"] for topic in
                   hub.admin.json("/admin/topics")["topics"])

    def test_more_than_fit_in_one_step(self) -> None:
        hub, origin, topic = self.cast()
        farm = Farm([self.callback() for _ in range(5)], 205)
        self.follow(hub, topic, *farm.urls)
        self.update(hub, origin, "two")
        farm.wait_all()
        self.assertIn("1025 cursors set back", self.ctl(hub, "resend", topic))
        until(lambda: sum(farm.counts().values()) >= 2050, "all of them")
        hub.stop()
        self.assertEqual(set(farm.counts().values()), {2})

    def test_who_was_given_up_gets_everything(self) -> None:
        hub, origin, topic = self.cast("--retry-attempts=1")
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.update(hub, origin, "two")
        callback.wait_posts(1)
        callback.script(Answer(500), Answer(500))
        for count, name in enumerate(("three", "four"), 2):
            self.update(hub, origin, name)
            callback.wait_posts(count)
        until(lambda: self.ctl_json(hub, "subscriptions", "--state=stopped")
              ["subscriptions"], "it to be stopped")
        # The newest alone, but he is owed more.
        self.ctl(hub, "resend", topic, callback.url())
        last = callback.wait_posts(4)[3]
        self.assertEqual(entries_of(last.body), ["four", "three"])
        self.assertEqual(number(last.get("Hub-Previous")), 2)

    def test_it_outlives_a_kill(self) -> None:
        hub, origin, topic = self.cast()
        callback = self.callback()
        self.follow(hub, topic, callback.url())
        self.update(hub, origin, "two")
        callback.wait_posts(1)
        self.ctl(hub, "pause", "--all")
        self.assertIn("1 cursor set back; but all deliveries are paused",
                      self.ctl(hub, "resend", topic))
        hub.kill()
        hub.start()
        self.assertEqual(len(callback.posts), 1)
        self.ctl(hub, "resume", "--all")
        again = callback.wait_posts(2)[1]
        self.assertEqual(number(again.get("Hub-Sequence")), 2)


class Gone(Story):
    """The daemon is gone in the middle of a list, or of a resend."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.directory / "admin.sock"

    def play(self, *answers: dict) -> None:
        """Be a daemon that gives these answers and then is gone."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.path))
        listener.listen()
        listener.settimeout(PATIENCE)
        self.asked: list[str] = []

        def serve() -> None:
            for left, answer in zip(range(len(answers), 0, -1), answers):
                peer, _ = listener.accept()
                if left == 1:  # nobody can come once this one is answered
                    listener.close()
                    self.path.unlink()
                with peer:
                    self.give(peer, answer)
        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)

    def give(self, peer: socket.socket, answer: dict) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += peer.recv(65536)
        self.asked.append(asked.split(b" ")[1].decode())
        body = json.dumps(answer).encode()
        peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def run_ctl(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(binary("websubctl")), "--socket", str(self.path),
             *arguments], capture_output=True, timeout=PATIENCE, text=True,
            check=False)

    def test_a_resend_says_what_was_done(self) -> None:
        self.play({"set": 500, "topics": 1, "next": "1.500"},
                  {"set": 250, "topics": 2, "next": "4.7"})
        done = self.run_ctl("resend", "--since=1h")
        self.assertEqual(done.returncode, NO_DAEMON)
        self.assertIn("750 cursors were set back before that", done.stderr)
        self.assertIn("after=1.500", self.asked[1])
        self.assertEqual(done.stdout, "")

    def test_a_list_is_not_whole(self) -> None:
        page = {"deliveries": [{"state": "lagging", "topic": "http://h/"}],
                "totals": {"lagging": 2}, "next": "1.1"}
        self.play(page)
        done = self.run_ctl("deliveries")
        self.assertEqual(done.returncode, NO_DAEMON)
        self.assertIn("http://h/", done.stdout)
        self.assertNotIn("shown", done.stdout)

    def test_pages_may_be_empty(self) -> None:
        page = {"deliveries": [{"state": "lagging", "topic": "http://h/"}],
                "totals": {"lagging": 2}, "next": None}
        self.play({"deliveries": [], "totals": {"lagging": 9},
                   "next": "1.4000"}, {"deliveries": [], "next": "2.17"},
                  page)
        done = self.run_ctl("deliveries", "--stopped")
        self.assertEqual(done.returncode, FINE)
        self.assertIn("1 shown; in all 9 lag", done.stdout)
        self.assertIn("after=2.17", self.asked[2])


class Metrics(Story):
    """GET /metrics on the admin socket."""

    def read(self, hub: Daemon) -> dict[str, float]:
        answer = hub.admin.get("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.get("Content-Type").startswith("text/plain"))
        samples = {}
        for line in answer.text.splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                self.assertNotIn(name, samples)
                samples[name] = float(value)
        return samples

    def test_what_goes_wrong_shows(self) -> None:
        hub, origin = self.daemon(*LATER), self.origin()
        feed = Atom().add("one")
        good, bad, away = (self.callback() for _ in range(3))
        bad.on_post = lambda _: Answer(500)
        topic = origin.serve(feed)
        self.follow(hub, topic, good.url(), bad.url(), away.url())
        before = self.read(hub)
        self.assertEqual(before["websubd_store_lagging"], 0)
        self.assertEqual(before["websubd_store_subscriptions"], 3)
        self.assertEqual(before['websubd_overdue_seconds{queue="deliver"}'],
                         0)
        self.ctl(hub, "pause", "--origin", away.base)
        self.publish(hub, origin.serve(feed.add("two")))
        good.wait_posts(1)
        after = {}

        def settled() -> bool:
            # Whose answer takes over a second lags until then.
            after.update(self.read(hub))
            return (after["websubd_store_lagging"] == 2
                    and after["websubd_deliveries_delivered_total"] == 1
                    and after["websubd_deliveries_failed_total"] == 1)
        until(settled, "two to lag, and one to have it")
        self.assertEqual(after["websubd_store_waiting"], 1)
        self.assertEqual(after["websubd_origins_paused"], 1)
        self.assertEqual(after["websubd_deliveries_failed_total"], 1)
        self.assertEqual(after["websubd_deliveries_delivered_total"], 1)
        self.assertEqual(after["websubd_deliveries_waited_total"], 1)
        self.assertEqual(after["websubd_deliveries_halted"], 0)
        self.ctl(hub, "pause", "--all")
        self.assertEqual(self.read(hub)["websubd_deliveries_halted"], 1)


if __name__ == "__main__":
    unittest.main()
