# SPDX-License-Identifier: MIT
"""One ping for all topics that begin so: few for anybody, more for who signs,
and never a word about what others follow."""

import hashlib
import hmac
import subprocess
import threading
import time
import unittest

from harness import PATIENCE, Atom, Story, binary, until

KEY = "a-key-of-more-than-16-bytes"


def signed(pattern: str, key: str = KEY, at: int | None = None
           ) -> list[tuple[str, str]]:
    stamp = str(int(time.time()) if at is None else at)
    message = f"{pattern}\n{stamp}\n".encode()
    mac = hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
    return [("hub.mode", "publish"), ("hub.url", pattern),
            ("hub.timestamp", stamp), ("hub.signature", f"sha256={mac}")]


class Wildcard(Story):
    def followed(self, hub, origin, callback, paths) -> list[str]:
        since = hub.mark()
        topics = [origin.serve(Atom(title=path).add("one"), path=path)
                  for path in paths]
        for topic in topics:
            self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("update", len(topics), since)
        return topics

    def ping(self, hub, *patterns: str):
        return hub.client.post([("hub.mode", "publish"),
                                *(("hub.url", one) for one in patterns)])

    def fetched(self, origin, before: int, count: int) -> list[str]:
        seen = origin.fetches.wait(before + count)[before:]
        return sorted({one.path for one in seen})

    def quietly(self, hub, origin, before: int) -> None:
        """Whatever was asked before has been done, and nothing came."""
        hub.stop()
        self.assertEqual(len(origin.fetches), before)

    def test_all_topics_that_begin_so_are_fetched(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.followed(hub, origin, callback,
                      ["/blog/a", "/blog/b", "/blogs", "/news"])
        before = len(origin.fetches)
        answer = self.ping(hub, origin.url("/blog*"))
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(self.fetched(origin, before, 3),
                         ["/blog/a", "/blog/b", "/blogs"])
        before = len(origin.fetches)
        self.assertEqual(self.ping(hub, origin.url("/blog/*")).status, 204)
        self.assertEqual(self.fetched(origin, before, 2),
                         ["/blog/a", "/blog/b"])

    def test_other_origins_are_others(self) -> None:
        hub, callback = self.daemon(), self.callback()
        one, other = self.origin(), self.origin()
        self.followed(hub, one, callback, ["/a"])
        self.followed(hub, other, callback, ["/a"])
        before, others = len(one.fetches), len(other.fetches)
        self.assertEqual(self.ping(hub, one.url("/*")).status, 204)
        self.assertEqual(self.fetched(one, before, 1), ["/a"])
        self.quietly(hub, other, others)

    def test_spellings_are_one(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.followed(hub, origin, callback, ["/~me/a"])
        before = len(origin.fetches)
        pattern = origin.url("/%7Eme/*").replace("http:", "HTTP:")
        self.assertEqual(self.ping(hub, pattern).status, 204)
        self.assertEqual(self.fetched(origin, before, 1), ["/~me/a"])

    def test_several_and_plain_ones_go_in_one_request(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.followed(hub, origin, callback,
                      ["/a/1", "/a/2", "/b/1", "/c", "/d"])
        before = len(origin.fetches)
        answer = self.ping(hub, origin.url("/a/*"), origin.url("/c"),
                           origin.url("/b/*"))
        self.assertEqual(answer.status, 204)
        self.assertEqual(self.fetched(origin, before, 4),
                         ["/a/1", "/a/2", "/b/1", "/c"])

    def test_one_bad_one_refuses_all_of_them(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = self.followed(hub, origin, callback, ["/a"])[0]
        before = len(origin.fetches)
        good = origin.url("/*")
        for bad, code in (("*", "url.scheme"), ("http://*", "url.scheme"),
                          (good[:-2] + "*", "url.invalid"),
                          ("ftp://a.example/*", "url.scheme"),
                          ("http://u@a.example/*", "url.userinfo"),
                          ("http://a.example/" + "x" * 480 + "*",
                           "url.long")):
            answer = self.ping(hub, good, topic, bad)
            self.assertEqual(answer.status, 400, bad)
            self.assertEqual(answer.get("hub-error"), code, bad)
        answer = self.ping(hub, *[good] * 11)
        self.assertEqual((answer.status, answer.get("hub-error")),
                         (413, "url.many"))
        self.quietly(hub, origin, before)

    def test_more_than_ten_need_a_signature(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.followed(hub, origin, callback, [f"/{n}" for n in range(11)])
        before = len(origin.fetches)
        answer = self.ping(hub, origin.url("/*"))
        self.assertEqual(answer.status, 403)
        self.assertEqual(answer.get("hub-error"), "signature.missing")
        # Ten of them are still anybody's.
        self.assertEqual(self.ping(hub, origin.url("/10*")).status, 204)
        self.fetched(origin, before, 1)
        self.quietly(hub, origin, before + 1)

    def test_who_signs_reaches_a_hundred(self) -> None:
        origin = self.origin()
        hub = self.daemon(f"--publisher-key={origin.url('/')} {KEY}")
        self.secrets.add(KEY)
        callback = self.callback()
        self.followed(hub, origin, callback, [f"/{n:03}" for n in range(100)])
        before = len(origin.fetches)
        answer = hub.client.post(signed(origin.url("/*")))
        self.assertEqual(answer.status, 204, answer.text)
        self.assertEqual(len(self.fetched(origin, before, 100)), 100)
        self.follow(hub, origin.serve(Atom().add("one"), path="/100"),
                    callback.url())
        hub.stop()  # what was pinged before is over with
        before = len(origin.fetches)
        hub.start()
        answer = hub.client.post(signed(origin.url("/*")))
        self.assertEqual((answer.status, answer.get("hub-error")),
                         (413, "url.many"))
        self.quietly(hub, origin, before)

    def test_a_signature_must_be_good_and_new(self) -> None:
        origin, other = self.origin(), self.origin()
        hub = self.daemon(f"--publisher-key={origin.url('/')} {KEY}")
        self.secrets.add(KEY)
        callback = self.callback()
        self.followed(hub, origin, callback, [f"/{n}" for n in range(11)])
        before = len(origin.fetches)
        pattern = origin.url("/*")
        cases = [
            (signed(pattern, "another-key-of-16-bytes"), "signature.wrong"),
            (signed(other.url("/*")), "signature.wrong"),
            (signed(pattern, at=int(time.time()) - 400), "timestamp.range"),
            (signed(pattern, at=int(time.time()) + 400), "timestamp.range"),
        ]
        for pairs, code in cases:
            answer = hub.client.post(pairs)
            self.assertEqual((answer.status, answer.get("hub-error")),
                             (403, code))
        two = signed(pattern) + [("hub.url", origin.url("/1"))]
        self.assertEqual(hub.client.post(two).status, 400)
        pairs = signed(pattern)
        self.assertEqual(hub.client.post(pairs).status, 204)
        self.fetched(origin, before, 11)
        # Within one second two things may happen: that is no replay.
        self.assertEqual(hub.client.post(pairs).status, 204)
        self.assertEqual(hub.status()["counters"]["pings.forged"], 2)

    def test_M18_letter_by_letter_nobody_learns_what_is_followed(self
                                                                ) -> None:
        """With ten topics of his own somebody could ask for one more."""
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.followed(hub, origin, callback, [f"/tok{n}" for n in range(10)])
        self.follow(hub, origin.serve(Atom().add("one"), path="/token-of-x"),
                    callback.url())
        before = len(origin.fetches)
        there = self.ping(hub, origin.url("/tok*"))
        not_there = self.ping(hub, origin.url("/toz*"))
        self.assertEqual(there.status, 204)
        self.assertEqual(there.head, not_there.head)
        self.quietly(hub, origin, before)

    def test_what_nobody_follows_is_204_and_not_fetched(self) -> None:
        hub, origin = self.daemon(), self.origin()
        origin.serve(Atom().add("one"))
        self.assertEqual(self.ping(hub, origin.url("/*")).status, 204)
        self.assertEqual(hub.status()["counters"]["pings.known"], 0)
        self.quietly(hub, origin, 0)

    def test_it_costs_more_than_a_plain_ping(self) -> None:
        hub, origin = self.daemon("--accept-rate=10"), self.origin()
        statuses: list[int] = []

        def refused() -> bool:
            statuses.append(self.ping(hub, *[origin.url("/*")] * 10).status)
            return statuses[-1] == 429
        until(refused, "the ceiling")
        self.assertEqual(statuses[0], 204)

    def test_R76_it_is_answered_at_once_and_coalesces(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=5m"),
                                 self.callback(), self.origin())
        self.followed(hub, origin, callback, ["/a", "/b"])
        before = len(origin.fetches)
        origin.gate = threading.Event()  # no fetch ends before it opens
        for _ in range(20):
            self.assertEqual(self.ping(hub, origin.url("/*")).status, 204)
        origin.gate.set()
        callback.wait_posts(2)
        hub.stop()
        self.assertLessEqual(len(origin.fetches) - before, 6)

    def test_an_operator_may_ping_any_number(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.followed(hub, origin, callback, [f"/{n:03}" for n in range(120)])
        before = len(origin.fetches)
        done = subprocess.run(
            [binary("websubctl"), f"--socket={hub.data / 'admin.sock'}",
             "ping", origin.url("/*")],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("120", done.stdout)
        self.assertEqual(len(self.fetched(origin, before, 120)), 120)
        done = subprocess.run(
            [binary("websubctl"), f"--socket={hub.data / 'admin.sock'}",
             "ping", origin.url("/none/*")],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
