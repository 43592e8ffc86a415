# SPDX-License-Identifier: MIT
"""Keys of publishers and quotas that operators set while the hub runs."""

import hashlib
import hmac
import json
import subprocess
import time
import unittest

from harness import PATIENCE, Atom, Wire, binary, entries_of, until
from harness.client import post
from harness.operator import OperatorStory

KEY = "a-key-of-more-than-16-bytes"
OTHER = "another-key-of-the-same-kind"


def gift(topic: str, content: bytes, key: str) -> list[tuple[str, object]]:
    stamp = str(int(time.time()))
    message = b"\n".join((topic.encode(), stamp.encode(), content))
    mac = hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
    return [("hub.mode", "publish"), ("hub.url", topic),
            ("hub.content", content), ("hub.timestamp", stamp),
            ("hub.signature", "sha256=" + mac)]


class Keys(OperatorStory):
    def cast(self, *options: str):
        self.secrets |= {KEY, OTHER}
        hub, callback, origin = (self.daemon(*options), self.callback(),
                                 self.origin())
        self.feed = Atom().add("one")
        topic = origin.serve(self.feed)
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, topic

    def give(self, hub, topic: str, key: str, name: str) -> int:
        content = self.feed.add(name).render()
        return hub.client.post(gift(topic, content, key)).status

    def test_a_key_counts_at_once_and_no_longer(self) -> None:
        hub, callback, origin, topic = self.cast()
        prefix = origin.url("/")
        self.assertEqual(self.give(hub, topic, KEY, "none"), 403)
        told = self.steer(hub, "key", prefix=prefix.upper().replace(
            "HTTP", "http"), secret=KEY)
        self.assertEqual(told, {"prefix": prefix, "new": True})
        hub.wait_for("admin.key.added", prefix=prefix)
        for count, name in enumerate(("two", "three"), 1):
            self.assertEqual(self.give(hub, topic, KEY, name), 204)
            callback.wait_posts(count)
            hub.restart()
        self.assertIn("three", entries_of(callback.wait_posts(2)[1].body))
        # The next one is put in beside the old one, which then goes.
        self.steer(hub, "key", prefix=prefix, secret=OTHER)
        self.assertEqual(self.give(hub, topic, KEY, "four"), 204)
        self.assertEqual(self.give(hub, topic, OTHER, "five"), 204)
        listed = self.look(hub, "keys")["keys"]
        self.assertEqual([(key["prefix"], key["from"]) for key in listed],
                         [(prefix, "store")] * 2)
        self.assertNotIn(KEY, str(listed))
        removed = self.steer(hub, "key/remove", prefix=prefix, secret=KEY)
        self.assertEqual(removed, {"prefix": prefix, "removed": 1})
        self.assertEqual(self.give(hub, topic, KEY, "six"), 403)
        self.assertEqual(self.give(hub, topic, OTHER, "six"), 204)
        self.steer(hub, "key/remove", 404, prefix=prefix, secret=KEY)
        removed = self.steer(hub, "key/remove", prefix=prefix)
        self.assertEqual(removed, {"prefix": prefix, "removed": 1})
        hub.wait_for("admin.key.removed", prefix=prefix)
        self.assertEqual(self.give(hub, topic, OTHER, "seven"), 403)
        hub.restart()
        self.assertEqual(self.give(hub, topic, OTHER, "seven"), 403)

    def test_the_hub_makes_a_secret_and_shows_it_once(self) -> None:
        hub, _, origin, topic = self.cast()
        told = self.steer(hub, "key", prefix=origin.url("/"))
        secret = told["secret"]
        self.secrets.add(secret)
        self.assertRegex(secret, r"\A[0-9a-f]{64}\Z")
        self.assertEqual(self.give(hub, topic, secret, "two"), 204)
        self.assertNotIn(secret, str(self.look(hub, "keys")))

    def test_long_documents_are_taken_once_there_is_a_key(self) -> None:
        hub, _, origin, topic = self.cast()
        long = Atom().add("long", "x" * (2 << 20)).render()
        # The head alone: what is refused is not read.
        head = post(gift(topic, long, KEY)).partition(b"\r\n\r\n")[0]
        with Wire(hub.address) as wire:
            self.assertEqual(wire.ask(head + b"\r\n\r\n").status, 413)
        self.steer(hub, "key", prefix=origin.url("/"), secret=KEY)
        self.assertEqual(hub.client.post(gift(topic, long, KEY)).status, 204)

    def test_those_of_the_configuration_stay(self) -> None:
        origin = self.origin()
        prefix = origin.url("/")
        self.secrets |= {KEY, OTHER}
        hub = self.daemon(f"--publisher-key={prefix} {KEY}")
        self.steer(hub, "key", prefix=prefix, secret=OTHER)
        self.assertEqual([key["from"] for key in self.look(hub, "keys")["keys"]],
                         ["configuration", "store"])
        self.steer(hub, "key/remove", prefix=prefix)
        self.steer(hub, "key/remove", 404, prefix=prefix)
        self.feed = Atom().add("one")
        callback = self.callback()
        topic = origin.serve(self.feed)
        self.follow(hub, topic, callback.url())
        self.assertEqual(self.give(hub, topic, KEY, "two"), 204)

    def test_what_is_no_key_is_refused(self) -> None:
        hub = self.daemon()
        for prefix in ("", "https://a.test", "a.test/", "ftp://a.test/"):
            self.steer(hub, "key", 400, prefix=prefix, secret=KEY)
        for secret in ("short", "with a blank in it 123", "x" * 200):
            self.steer(hub, "key", 400, prefix="https://a.test/",
                       secret=secret)
        self.assertEqual(self.look(hub, "keys")["keys"], [])


class Stored(OperatorStory):
    def test_what_means_nothing_any_more_keeps_no_hub_from_starting(self
                                                                    ) -> None:
        """As after a downgrade, or in an import that somebody wrote."""
        hub = self.daemon()
        self.steer(hub, "rule", kind="deny-topic", domain="bad.test")
        hub.stop()
        path, data = self.directory / "export", self.directory / "other"
        self.ctl(hub, "export", str(path))
        first, *lines = path.read_text().splitlines()
        lines = [json.loads(line) for line in lines]
        rule, = [line for line in lines if line["kind"] == "rule"]
        odd = [{**rule, "rule": "deny-topic", "subject": "*.odd/"},
               {**rule, "rule": "publisher-key", "subject": "odd",
                "value": KEY},
               {**rule, "rule": "publisher-key", "subject": "http://a.test/",
                "value": "short"},
               {**rule, "rule": "quota", "subject": "max-nothing",
                "value": "1"},
               *({**rule, "rule": "publisher-key", "value": KEY,
                  "subject": f"http://n{number}.test/"}
                 for number in range(1001))]
        at = lines.index(rule)
        lines[at + 1:at + 1] = odd
        lines[-1]["records"] += len(odd)
        path.write_text("\n".join([first, *map(json.dumps, lines)]) + "\n")
        subprocess.run([str(binary("websubctl")), "import", str(path),
                        f"--data={data}"], check=True, capture_output=True,
                       timeout=PATIENCE)
        self.secrets.add(KEY)
        hub.data = data
        hub.start()
        self.assertEqual(len(hub.lines("rule.ignored")), 5)
        answer = self.ask(hub, "subscribe", "http://bad.test/",
                          "http://c.test/")
        self.assertEqual(answer.status, 403)
        self.steer(hub, "key", 409, prefix="http://b.test/", secret=KEY)


class Quotas(OperatorStory):
    def quota(self, hub, name: str) -> dict:
        one, = [quota for quota in self.look(hub, "quotas")["quotas"]
                if quota["name"] == name]
        return one

    def test_a_quota_counts_at_once_and_after_a_restart(self) -> None:
        hub, callback, origin = (self.daemon("--max-subscriptions=5"),
                                 self.callback(), self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        shown = self.quota(hub, "max-subscriptions")
        self.assertEqual(
            (shown["limit"], shown["used"], shown["from"], shown["unit"]),
            (5, 1, "configuration", "count"))
        told = self.steer(hub, "quota", name="max-subscriptions", value="1")
        self.assertEqual((told["limit"], told["from"]), (1, "store"))
        hub.wait_for("admin.quota.set", name="max-subscriptions", value="1")
        for _ in range(2):
            full = self.ask(hub, "subscribe", topic, callback.url("b"))
            self.assertEqual(full.get("Hub-Error"), "hub.full")
            self.assertEqual(self.quota(hub, "max-subscriptions")["limit"], 1)
            hub.restart()
        self.steer(hub, "quota/remove", name="max-subscriptions")
        hub.wait_for("admin.quota.removed", name="max-subscriptions")
        self.assertEqual(self.quota(hub, "max-subscriptions")["limit"], 5)
        self.subscribe(hub, topic, callback.url("b"))

    def test_a_rate_can_be_lowered(self) -> None:
        hub = self.daemon()
        self.steer(hub, "quota", name="accept-rate", value="1")
        numbers = iter(range(10**6))

        def refused() -> bool:
            answer = self.ask(hub, "subscribe", "http://t.test/",
                              f"http://c.test/{next(numbers)}")
            return answer.status == 429
        until(refused, "the ceiling")
        self.steer(hub, "quota/remove", name="accept-rate")
        self.assertEqual(self.ask(hub, "subscribe", "http://t.test/",
                                  "http://c.test/x").status, 202)

    def test_they_are_told_in_their_units(self) -> None:
        hub = self.daemon()
        told = self.look(hub, "quotas")["quotas"]
        self.assertEqual({one["unit"] for one in told},
                         {"count", "bytes", "ms"})
        week = self.quota(hub, "retention")
        self.assertEqual((week["limit"], week["value"], week["from"]),
                         (7 * 24 * 3600 * 1000, "7d", "default"))
        told = self.steer(hub, "quota", name="retention-bytes", value="1MiB")
        self.assertEqual(told["limit"], 1 << 20)

    def test_what_is_no_quota_is_refused(self) -> None:
        hub = self.daemon()
        self.steer(hub, "quota", 404, name="max-nothing", value="1")
        self.steer(hub, "quota", 400, name="data", value="/tmp")
        self.steer(hub, "quota", 400, value="1")
        self.steer(hub, "quota", 400, name="max-topics")
        for value in ("", "many", "0", "-1", "1.5", "1" * 40):
            self.steer(hub, "quota", 400, name="max-topics", value=value)
        self.steer(hub, "quota/remove", 404, name="max-topics")


if __name__ == "__main__":
    unittest.main()
