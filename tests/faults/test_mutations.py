# SPDX-License-Identifier: MIT
"""10,000 random mutations of valid requests: the daemon survives, answers
whatever is a whole HTTP request, and works as before afterwards."""

import os
import random
import threading
import time
import unittest
from typing import Callable
from urllib.parse import quote

import told  # noqa: F401
from harness import Atom, Closed, Daemon, Story, Wire, form, request
from harness.client import FORM

MUTATIONS = int(os.environ.get("MUTATIONS", "10000"))
THREADS = 4
# So many in one go, before their answers are read.
PIPELINED = 5

TOPIC, CALLBACK = "http://topic.test/feed?a=b", "http://callback.test/cb?x=1"

FORMS = [
    [("hub.mode", "subscribe"), ("hub.topic", TOPIC),
     ("hub.callback", CALLBACK), ("hub.secret", "s3cret"),
     ("hub.lease_seconds", "86400")],
    [("hub.mode", "subscribe"), ("hub.topic", TOPIC),
     ("hub.callback", CALLBACK), ("hub.verify", "async"),
     ("hub.verify_token", "token"), ("hub.content", "entries"),
     ("hub.signature_method", "sha512"), ("hub.secret", "s")],
    [("hub.mode", "unsubscribe"), ("hub.topic", TOPIC),
     ("hub.callback", CALLBACK)],
    [("hub.mode", "publish"), ("hub.url", TOPIC),
     ("hub.topic", "http://topic.test/%7Eother"), ("hub.url[]", TOPIC)],
]

LAST = b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"

INTERESTING = [b"%", b"%00", b"%zz", b"\0", b"&", b"=", b"&&", b"\xff", b"\n",
               b"%0d%0a", b"#", b"@", b":", b"[", b"]", b"..", b"//", b"+",
               b"-1", b"99999999999999999999", b"hub.mode=publish&",
               b"hub.url=http://topic.test/&", b"\xf0\x9f\x90\x84",
               b"xn--", b"since=latest&", b"topic=", b"x" * 3000]

Mutator = Callable[[random.Random, bytes], bytes]


def flip(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) \
        + data[at + 1:]


def replace(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([dice.randrange(256)]) + data[at + 1:]


def cut(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.randint(1, 12):]


def insert(dice: random.Random, data: bytes) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + dice.choice(INTERESTING) + data[at:]


def repeat(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(len(data))
    piece = data[start:start + dice.randint(1, 40)]
    return data[:start] + piece * dice.randint(2, 9) + data[start:]


def truncate(dice: random.Random, data: bytes) -> bytes:
    return data[:dice.randint(1, len(data))]


MUTATORS: list[Mutator] = [flip, replace, cut, insert, repeat, truncate]


def mutate(dice: random.Random, data: bytes) -> bytes:
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        data = dice.choice(MUTATORS)(dice, data) or b"x"
    return data


def visible(target: bytes) -> bytes:
    """Without what would end a request line early: then it is well framed,
    however strange."""
    return bytes(byte for byte in target if byte > 32 and byte != 127)


def framed(dice: random.Random, cursor: str) -> bytes:
    """A mutated request whose framing is right."""
    kind = dice.randrange(6)
    if kind < 3:
        body = mutate(dice, form(dice.choice(FORMS)))
        return request("POST", dice.choice(["/", "/hub", "/publish"]),
                       [("Content-Type", FORM)], body)
    if kind == 3:
        query = b"topic=%s&since=%s&limit=5" % (
            quote(TOPIC, safe="").encode(), cursor.encode())
        return get(b"/events?" + visible(mutate(dice, query)), dice)
    if kind == 4:
        body = mutate(dice, form([("topic", TOPIC), ("since", cursor)]))
        return request("POST", "/events", [("Content-Type", FORM)], body)
    return get(b"/" + visible(mutate(dice, b"admin/subscriptions?topic="
                                     + quote(TOPIC, safe="").encode())),
               dice)


def get(target: bytes, dice: random.Random) -> bytes:
    # A hold would only make us wait.
    target = target.replace(b"wait", b"w")[:3500]
    name = b"X-" + visible(mutate(dice, b"name")).translate(
        None, b"()<>@,;:\\\"/[]?={}") .decode("latin-1").encode(
            "ascii", "ignore")
    value = visible(mutate(dice, b"value"))[:1000]
    return (b"GET " + target + b" HTTP/1.1\r\nHost: hub\r\n" + name[:100]
            + b": " + value + b"\r\n\r\n")


class Tally:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sent = 0
        self.answers: dict[int, int] = {}
        self.unanswered: list[bytes] = []
        self.errors: list[str] = []

    def answered(self, status: int) -> None:
        with self.lock:
            self.answers[status] = self.answers.get(status, 0) + 1


class Sender:
    """One thread's share, on connections that it keeps alive while it can."""

    def __init__(self, hub: Daemon, seed: int, share: int, cursor: str,
                 tally: Tally) -> None:
        self.hub = hub
        self.dice = random.Random(seed)
        self.share = share
        self.cursor = cursor
        self.tally = tally
        self.wire: Wire | None = None

    def run(self) -> None:
        try:
            left = self.share
            while left > 0:
                count = min(left, PIPELINED)
                if self.dice.random() < 0.5:
                    self.whole(count)
                else:
                    self.broken(count)
                left -= count
                with self.tally.lock:
                    self.tally.sent += count
        except Exception as error:  # the main thread tells of it
            self.tally.errors.append(repr(error))
        finally:
            self.drop()

    def connect(self) -> Wire:
        if self.wire is None:
            admin = self.dice.random() < 0.2
            self.wire = Wire(self.hub.admin.to if admin
                             else self.hub.address)
        return self.wire

    def drop(self) -> None:
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def whole(self, count: int) -> None:
        """Well framed: each gets its answer, on this connection or, if an
        answer closed it, on the next."""
        waiting = [framed(self.dice, self.cursor) for _ in range(count)]
        while waiting:
            wire = self.connect()
            fresh = True
            try:
                wire.send(b"".join(waiting))
                while waiting:
                    answer = wire.read()
                    fresh = False
                    self.tally.answered(answer.status)
                    waiting.pop(0)
                    if not answer.keeps_alive:
                        break
                else:
                    return
            except (Closed, OSError):
                # Ended before any answer.  It may have been an old
                # connection that had its time.
                if fresh:
                    self.alone(waiting.pop(0))
            self.drop()

    def alone(self, data: bytes) -> None:
        """A request on a connection of its own: now it must be answered."""
        try:
            with Wire(self.hub.address) as wire:
                self.tally.answered(wire.ask(data).status)
        except (Closed, OSError):
            self.tally.unanswered.append(data)

    def broken(self, count: int) -> None:
        """Whole requests mangled, framing and all: answers, the end of the
        connection and waiting for the rest of something are all fine."""
        whole = b"".join(framed(self.dice, self.cursor)
                         for _ in range(count))
        data = mutate(self.dice, whole).replace(b"wait", b"w")
        with Wire(self.hub.address, timeout=0.5) as wire:
            try:
                # If some bytes are missing, the first of these are taken for
                # them, and the last one ends it.
                wire.send(data + LAST * 3)
                wire.ended()
            except OSError:
                pass


class Mutations(Story):
    def test_they_are_survived(self) -> None:
        seed = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
        print(f"{MUTATIONS} mutations, SEED={seed}", flush=True)
        names = self.names({})  # no name exists
        hub = self.daemon("--pull-open", f"--dns-server={names.address}",
                          "--connections-per-address=1000",
                          "--verify-timeout=500ms", loopback=False)
        tally, cursor = Tally(), self.cursor(hub)
        senders = [Sender(hub, seed + number, MUTATIONS // THREADS, cursor,
                          tally) for number in range(THREADS)]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{time.monotonic() - began:.1f} s, answers: "
              f"{dict(sorted(tally.answers.items()))}", flush=True)

        self.assertTrue(hub.alive, "the daemon died")
        self.assertEqual(tally.errors, [])
        self.assertEqual(tally.unanswered[:5], [])
        self.assertEqual(tally.sent, MUTATIONS)
        self.assertNotIn(500, tally.answers)
        self.assertGreater(tally.answers.get(202, 0), 0)
        self.assertGreater(tally.answers.get(400, 0), 0)
        hub.stop()
        self.works(hub)

    def cursor(self, hub: Daemon) -> str:
        answer = hub.client.json("/events?topic=" + quote(TOPIC, safe=""))
        return answer["cursor"]

    def works(self, hub: Daemon) -> None:
        """What is in the store now does not keep it from its work."""
        hub.start("--allow-address=127.0.0.0/8")
        callback, origin = self.callback(), self.origin()
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, feed.render())


if __name__ == "__main__":
    unittest.main()
