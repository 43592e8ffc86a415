# SPDX-License-Identifier: MIT
"""The configuration, read again while the hub runs."""

import signal
import unittest
from pathlib import Path

from harness import Daemon, Story, until


class Reload(Story):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.directory / "hub.conf"

    def write(self, text: str) -> None:
        # In one piece: whoever reads it reads all of it.
        made = self.directory / "made"
        made.write_text(text, encoding="utf-8")
        made.chmod(0o600)
        made.rename(self.file)

    def cast(self, text: str, *options: str) -> Daemon:
        self.write(text)
        return self.daemon(f"--config={self.file}", *options)

    def hangup(self, hub: Daemon) -> dict[str, str]:
        since = hub.mark()
        hub._process.send_signal(signal.SIGHUP)
        return hub.wait_for(("reloaded", "reload.failed"),
                            since=since).fields

    def options(self, hub: Daemon) -> dict[str, dict]:
        return {one["name"]: one
                for one in self.ctl_json(hub, "options")["options"]}


class Changing(Reload):
    def test_what_can_change_does_and_what_cannot_is_named(self) -> None:
        hub = self.cast("lease-max = 10d\ndrain = 5s\n")
        self.write("lease-max = 20d\nhead-timeout = 9s\n")
        said = self.hangup(hub)
        self.assertEqual(said["changed"], "lease-max,drain")
        self.assertEqual(said["restart"], "head-timeout")
        now = self.options(hub)
        self.assertEqual(now["lease-max"]["value"], "20d")
        self.assertEqual(now["lease-max"]["from"], "configuration")
        self.assertEqual(now["drain"]["value"], "10s")
        self.assertEqual(now["drain"]["from"], "default")
        self.assertEqual(now["head-timeout"]["value"], "10s")

    def test_the_command_says_the_same_as_the_log(self) -> None:
        hub = self.cast("")
        self.assertIn("nothing has changed", self.ctl(hub, "reload"))
        self.write("drain = 3s\nmap-size = 1GiB\n")
        said = self.ctl_json(hub, "reload")
        self.assertEqual(said, {"changed": ["drain"], "restart": ["map-size"],
                                "problem": None})
        # Until it is started anew, each time.
        again = self.ctl(hub, "reload")
        self.assertIn("restarted: map-size", again)
        self.assertEqual(hub.wait_for("reloaded").fields["who"],
                         f"uid {Path('/proc/self').stat().st_uid}")

    def test_flags_win_over_the_file_as_at_start(self) -> None:
        hub = self.cast("", "--drain=7s")
        self.write("drain = 3s\n")
        self.assertEqual(self.hangup(hub)["changed"], "none")
        self.assertEqual(self.options(hub)["drain"]["value"], "7s")

    def test_a_broken_file_changes_nothing_and_says_why(self) -> None:
        hub = self.cast("drain = 3s\n")
        for broken, why in (("drain = 4s\nlease-max = ever\n", "lease-max"),
                            ("drain = 4s\nno-such-thing = 1\n", "no-such"),
                            ("drain = { 4s\n", "hub.conf"),
                            ("drain = 4s\nlease-min = 90d\n", "lease-min")):
            self.write(broken)
            said = self.hangup(hub)
            self.assertIn(why, said["why"])
            self.assertEqual(self.options(hub)["drain"]["value"], "3s")
        self.file.unlink()
        self.assertIn("No such file", self.hangup(hub)["why"])
        self.ctl(hub, "reload", code=1)
        self.write("drain = 4s\n")
        self.hangup(hub)
        self.assertEqual(self.options(hub)["drain"]["value"], "4s")

    def test_a_storm_of_reloads_disturbs_nobody(self) -> None:
        hub = self.cast("drain = 3s\n")
        origin, callback = self.origin(), self.callback()
        topic = origin.serve(b"one", "text/plain")
        self.follow(hub, topic, callback.url())
        for number in range(300):
            self.write(f"drain = {number % 9 + 1}s\nretention = {number + 1}d")
            hub._process.send_signal(signal.SIGHUP)
            if number % 100 == 0:
                origin.serve(b"%d" % number, "text/plain")
                self.publish(hub, topic)
                callback.wait_posts(number // 100 + 1)
        until(lambda: self.options(hub)["retention"]["value"] == "300d",
              "the last of them")
        self.assertEqual(hub.lines("reload.failed"), [])

    def test_secrets_are_shown_to_nobody(self) -> None:
        secret = "a-secret-of-a-publisher"
        hub = self.cast(f'publisher-key = "https://a.example/ {secret}"\n')
        self.assertEqual(self.options(hub)["publisher-key"]["value"], ["***"])
        hub.forbidden.add(secret)


class Effects(Reload):
    def test_rules_count_at_once(self) -> None:
        hub = self.cast("deny-topic = evil.example\n")
        callback = self.callback().url()
        refused = self.ask(hub, "subscribe", "http://good.example/", callback)
        self.assertEqual(refused.status, 202)
        self.write("deny-topic = { evil.example, good.example }\n")
        self.assertEqual(self.hangup(hub)["changed"], "deny-topic")
        refused = self.ask(hub, "subscribe", "http://good.example/", callback)
        self.assertEqual(refused.status, 403, refused.text)

    def test_ceilings_of_the_store_count_at_once(self) -> None:
        hub = self.cast("max-topics = 1\n")
        callback = self.callback()
        self.accepted(hub, "subscribe", "http://a.example/", callback.url())
        answer = self.ask(hub, "subscribe", "http://b.example/",
                          callback.url("b"))
        before = answer.status
        self.write("max-topics = 5\n")
        self.hangup(hub)
        answer = self.ask(hub, "subscribe", "http://b.example/",
                          callback.url("b"))
        self.assertEqual((before in (202, 503), answer.status), (True, 202))

    def test_budgets_of_operators_count_at_once(self) -> None:
        hub = self.cast("")

        def ping() -> int:
            return hub.client.post([("hub.mode", "publish"),
                                    ("hub.url", "http://a.example/")]).status
        self.assertEqual({ping() for _ in range(6)}, {204})
        self.ctl(hub, "quota", "set", "accept-rate", "1")
        until(lambda: ping() == 429, "the ceiling")
        # The file does not bring it back, but who has set it does.
        self.hangup(hub)
        until(lambda: ping() == 429, "the ceiling")
        self.ctl(hub, "quota", "remove", "accept-rate")
        self.assertEqual({ping() for _ in range(6)}, {204})
        for name in ("idle-pings", "stranger-verifications", "stranger-rate"):
            self.ctl(hub, "quota", "set", name, "7")
            self.assertEqual(self.options(hub)[name]["from"], "store")
        hub.restart()
        self.assertEqual(self.options(hub)["idle-pings"]["value"], "7")

    def test_addresses_are_let_through_at_once_and_no_more(self) -> None:
        self.write("")
        hub = self.daemon(f"--config={self.file}", loopback=False)
        origin, callback = self.origin(), self.callback()
        topic = origin.serve(b"one", "text/plain")
        self.accepted(hub, "subscribe", topic, callback.url("before"))
        hub.wait_for("verification.failed", result="address refused")
        self.write(f"allow-topic-address = {origin.host}\n"
                   f"allow-callback-address = {callback.host}\n")
        self.assertEqual(self.hangup(hub)["restart"], "none")
        since = hub.mark()
        self.accepted(hub, "subscribe", topic, callback.url("now"))
        hub.wait_for("subscription.active", since=since)
        self.publish(hub, topic)
        hub.wait_for("update", since=since)
        self.write("")
        self.hangup(hub)
        since = hub.mark()
        self.publish(hub, topic)
        hub.wait_for("fetch.failed", since=since, result="address refused")

    def test_proxies_are_trusted_at_once(self) -> None:
        hub = self.cast("")
        self.ctl(hub, "quota", "set", "accept-rate", "1")

        def statuses() -> set[int]:
            return {hub.client.post(
                [("hub.mode", "publish"), ("hub.url", "http://a.example/")],
                fields=[("X-Forwarded-For", f"192.0.2.{number}")]).status
                for number in range(1, 21)}
        until(lambda: 429 in statuses(), "the ceiling")
        self.write("trusted-proxy = 127.0.0.0/8\n")
        self.assertEqual(self.hangup(hub)["changed"], "trusted-proxy")
        self.assertEqual(statuses(), {204})

    def test_how_long_documents_may_be_counts_at_once(self) -> None:
        hub = self.cast("body-max = 10KiB\n")
        origin, callback = self.origin(), self.callback()
        topic = origin.serve(b"x" * 20000, "text/plain")
        self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("fetch.failed")
        self.write("body-max = 30KiB\n")
        self.assertEqual(self.hangup(hub)["changed"], "body-max")
        self.publish(hub, topic)
        hub.wait_for("update")

    def test_what_is_no_difference_counts_at_once(self) -> None:
        hub = self.cast("")
        origin, callback = self.origin(), self.callback()

        def feed(number: int, title: str = "one") -> str:
            entry = ("<entry><id>urn:1</id><updated>2026-01-01T00:00:00Z"
                     f"</updated><title>{title}</title>"
                     f'<n xmlns="http://x.example/">{number}</n></entry>')
            return ('<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id>'
                    "<title>f</title><updated>2026-01-01T00:00:00Z</updated>"
                    f"{entry}</feed>")

        def serve(text: str) -> str:
            return origin.serve(text.encode(), "application/atom+xml")
        topic = serve(feed(1))
        self.follow(hub, topic, callback.url())
        serve(feed(2))
        self.publish(hub, topic)
        hub.wait_for("update", 2)
        self.write('ignore = "element http://x.example/ n"\n')
        self.assertEqual(self.hangup(hub)["changed"], "ignore")
        for number in (3, 4):
            serve(feed(number))
            self.publish_and_fetch(hub, topic)
        serve(feed(5, "another"))
        self.publish(hub, topic)
        update = hub.wait_for("update", 3)
        self.assertEqual(update.fields["seq"], "3")

    def test_the_log_can_be_turned_up_and_down(self) -> None:
        hub = self.cast("")
        self.write("log-format = json\n")
        hub._process.send_signal(signal.SIGHUP)
        hub.log.wait_until(
            lambda lines: any('"event":"reloaded"' in line.text
                              for line in lines), "a line of JSON")


if __name__ == "__main__":
    unittest.main()
