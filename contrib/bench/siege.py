#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench-siege: what others feel, and what a victim feels, while the hub is
under attack.  README.md explains; the program is $WEBSUBD, or the one that is
given, with the options it has for everybody."""

import argparse
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[2]
                       / "tests" / "stories"))

from harness import Answer, Wire  # noqa: E402
from harness.callback import Callback  # noqa: E402
from harness.client import post  # noqa: E402
from harness.daemon import FETCHED, Daemon  # noqa: E402
from harness.names import NameServer  # noqa: E402
from harness.origin import Origin  # noqa: E402
from harness.server import next_address  # noqa: E402

LOOPBACK = "--allow-address=127.0.0.0/8"
HEAD = b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form"


class Siege:
    """A hub with its own budgets, and who is around it."""

    def __init__(self, *options: str) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="siege-")
        self.hub = Daemon(Path(self.directory.name) / "data", LOOPBACK,
                          "--log=info", *options)
        self.servers: list = []
        self.hub.start()

    def add(self, server):
        self.servers.append(server)
        return server

    def __enter__(self) -> "Siege":
        return self

    def __exit__(self, *_) -> None:
        self.hub.kill()
        for server in self.servers:
            server.stop()
        self.directory.cleanup()

    def subscription(self, topic: str, callback: str) -> bytes:
        return post([("hub.mode", "subscribe"), ("hub.topic", topic),
                     ("hub.callback", callback)])

    def follow(self, topic: str, *callbacks: str) -> None:
        since = self.hub.mark()
        for callback in callbacks:
            answer = self.hub.client.ask(self.subscription(topic, callback))
            assert answer.status == 202, answer
        self.hub.wait_for("subscription.active", len(callbacks), since)
        self.hub.wait_for(FETCHED, since=since)

    def flood(self, requests: list[bytes]) -> dict[int, int]:
        """All of them, from many addresses, as fast as they are answered."""
        statuses: dict[int, int] = {}
        lock = threading.Lock()

        def send(part: list[bytes]) -> None:
            with Wire(self.hub.address, source=next_address()) as wire:
                for request in part:
                    status = wire.ask(request).status
                    with lock:
                        statuses[status] = statuses.get(status, 0) + 1
        # Some 100 from each address: below everybody's accept-rate.
        parts = [requests[at:at + 100] for at in range(0, len(requests), 100)]
        threads = [threading.Thread(target=send, args=(part,))
                   for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses


def quiet(count: Callable[[], int], seconds: float = 3) -> int:
    """What it is once it has not grown for so long."""
    last, since = count(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.1)
        now = count()
        if now != last:
            last, since = now, time.monotonic()
    return last


def shown(statuses: dict[int, int]) -> str:
    return ",".join(f"{status}:{count}"
                    for status, count in sorted(statuses.items()))


# ------------------------------------------------------------ amplification

def one_host(requests: int) -> None:
    """Everybody asks for verifications of one host that never agrees."""
    with Siege() as siege:
        victim = siege.add(Callback())
        victim.on_verify = lambda _: Answer(404)
        topic = "http://127.200.0.1:9999/feed"
        statuses = siege.flood([
            siege.subscription(topic, victim.url(f"cb{n}"))
            for n in range(requests)])
        report("one-host", requests, statuses,
               quiet(lambda: len(victim.verifications)))


def one_address(requests: int) -> None:
    """The same by as many names, which all are one address."""
    host = next_address()
    names = NameServer({f"h{n}.example.com": [host] for n in range(requests)})
    with Siege(f"--dns-server={names.address}") as siege:
        victim = siege.add(Callback(host))
        victim.on_verify = lambda _: Answer(404)
        topic = "http://127.200.0.1:9999/feed"
        statuses = siege.flood([
            siege.subscription(
                topic, f"http://h{n}.example.com:{victim.port}/cb")
            for n in range(requests)])
        report("one-address", requests, statuses,
               quiet(lambda: len(victim.verifications)))
    names.stop()


def pings(requests: int) -> None:
    """Somebody follows fifty topics of one origin, and then says of all of
    them, again and again, that they are new."""
    with Siege() as siege:
        victim, own = siege.add(Origin()), siege.add(Callback())
        topics = [victim.serve(b"always the same", "text/plain", f"/t{n}")
                  for n in range(50)]
        for at, topic in enumerate(topics):
            siege.follow(topic, own.url(f"cb{at}"))
        ping = post([("hub.mode", "publish"),
                     *(("hub.url", topic) for topic in topics)])
        # The first of each delivers what was learnt at the beginning (M12).
        siege.flood([ping])
        before = quiet(lambda: len(victim.fetches))
        statuses = siege.flood([ping] * requests)
        report("pings", requests, statuses,
               quiet(lambda: len(victim.fetches)) - before)


def report(name: str, requests: int, statuses: dict[int, int],
           reached: int) -> None:
    print(f"bench=siege attack={name} requests={requests} "
          f"statuses={shown(statuses)} victim={reached} "
          f"ratio={reached / requests:.4f} "
          f"reached={int(reached * 20 <= requests)}", flush=True)


# ---------------------------------------------------------------- latencies

def latencies(siege: Siege, origin: Origin, callback: Callback,
              count: int, name: str) -> list[float]:
    topic = origin.url("/feed")
    out = []
    for number in range(count):
        request = siege.subscription(topic, callback.url(f"{name}{number}"))
        began = time.perf_counter()
        answer = siege.hub.client.ask(request)
        out.append((time.perf_counter() - began) * 1000)
        assert answer.status == 202, answer
    return sorted(out)


def crowd(idle: int, slow: int) -> None:
    """So many idle connections, and so many that send a byte now and then;
    how long does a subscription take, on a connection of its own?"""
    with Siege("--accept-rate=0", "--connections=16384") as siege:
        origin, callback = siege.add(Origin()), siege.add(Callback())
        siege.follow(origin.serve(b"x", "text/plain"), callback.url())
        alone = latencies(siege, origin, callback, 200, "a")
        sources = [next_address() for _ in range(40)]
        held = [Wire(siege.hub.address, source=sources[n % 40])
                for n in range(idle)]
        stop = threading.Event()
        dribblers = [Wire(siege.hub.address, source=sources[n % 40])
                     for n in range(slow)]

        def dribble() -> None:
            at = 0
            while not stop.wait(0.2):
                for wire in dribblers:
                    try:
                        wire.send(HEAD[at % len(HEAD):at % len(HEAD) + 1])
                    except OSError:
                        pass
                at += 1
        thread = threading.Thread(target=dribble)
        thread.start()
        under = latencies(siege, origin, callback, 200, "b")
        stop.set()
        thread.join()
        for wire in held + dribblers:
            wire.close()
    median = statistics.median(under)
    print(f"bench=siege attack=crowd idle={idle} slow={slow} "
          f"alone_p50_ms={statistics.median(alone):.2f} "
          f"p50_ms={median:.2f} p99_ms={under[197]:.2f} "
          f"reached={int(median < 100)}", flush=True)


# ------------------------------------------------------------------ oracle

def oracle(count: int) -> None:
    """Does the time of an answer tell whether a subscription exists?  The
    same unsubscription, in turns of one that does and one that does not."""
    with Siege("--accept-rate=0", "--pending-per-host=0",
               "--stranger-verifications=0", "--stranger-rate=0") as siege:
        origin, callback = siege.add(Origin()), siege.add(Callback())
        topic = origin.serve(b"x", "text/plain")
        siege.follow(topic, *(callback.url(f"cb{n}") for n in range(count)))
        callback.on_verify = lambda _: Answer(404)
        times: dict[str, list[float]] = {"cb": [], "no": []}
        with Wire(siege.hub.address) as wire:
            for number in range(count):
                for name, into in times.items():
                    request = post([
                        ("hub.mode", "unsubscribe"), ("hub.topic", topic),
                        ("hub.callback", callback.url(f"{name}{number}"))])
                    # What the one before has set going shall not count.
                    time.sleep(0.005)
                    began = time.perf_counter()
                    answer = wire.ask(request)
                    into.append((time.perf_counter() - began) * 1000)
                    assert answer.status == 202, answer
    known, unknown = (statistics.median(times[name]) for name in ("cb", "no"))
    # How far two halves of the same kind are apart is what chance does.
    halves = (statistics.median(times["no"][::2])
              / statistics.median(times["no"][1::2]))
    print(f"bench=siege attack=oracle pairs={count} "
          f"exists_p50_ms={known:.3f} unknown_p50_ms={unknown:.3f} "
          f"ratio={known / unknown:.3f} same_kind_ratio={halves:.3f}",
          flush=True)


# -------------------------------------------------------------------- hung

def distribution(hung: int, count: int) -> float:
    """From the 204 until the last but one percent of those that answer had
    their POST, in ms."""
    with Siege("--accept-rate=0", "--pending-per-host=0",
               "--stranger-verifications=0") as siege:
        origin = siege.add(Origin())
        topic = origin.serve(b"one", "text/plain")
        farm = [siege.add(Callback()) for _ in range(count)]
        siege.follow(topic, *(callback.url() for callback in farm))
        gate = threading.Event()
        for callback in farm[:hung]:
            callback.on_post = lambda _: Answer(204, gate=gate)
        origin.serve(b"two", "text/plain")
        answer = siege.hub.client.post([("hub.mode", "publish"),
                                        ("hub.url", topic)])
        began = time.monotonic()
        assert answer.status == 204, answer
        times = sorted((callback.wait_posts(1)[0].when - began) * 1000
                       for callback in farm[10:])
        gate.set()
    return times[-1]


def hung(pairs: int) -> None:
    ratios, with_them, without = [], [], []
    for _ in range(pairs):
        without.append(distribution(0, 60))
        with_them.append(distribution(10, 60))
        ratios.append(with_them[-1] / without[-1])
    ratio = statistics.median(ratios)
    print(f"bench=siege attack=hung callbacks=60 hung=10 pairs={pairs} "
          f"undisturbed_p99_ms={statistics.median(without):.1f} "
          f"p99_ms={statistics.median(with_them):.1f} ratio={ratio:.2f} "
          f"reached={int(ratio <= 2)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--websubd", default=os.environ.get("WEBSUBD"))
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--idle", type=int, default=5000)
    parser.add_argument("--slow", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    if options.websubd:
        os.environ["WEBSUBD"] = options.websubd
    socket.setdefaulttimeout(60)
    one_host(options.requests)
    one_address(options.requests)
    pings(options.requests)
    crowd(options.idle, options.slow)
    oracle(500)
    hung(options.pairs)


if __name__ == "__main__":
    main()
