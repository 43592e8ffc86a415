# SPDX-License-Identifier: MIT
"""Restarted under load, with sockets that stay open in between: no request
fails, and nothing is lost."""

import json
import select
import threading
import time
import unittest
from collections.abc import Callable
from urllib.parse import quote

from harness import (PATIENCE, Answer, Closed, Daemon, Manager, Message, Story,
                     Wire, request, status_path, until)
from harness.client import post
from harness.stream import Events

RESTARTS = 10
# Seconds of silence after which a connection can still be used (restart.md):
# after its last request, and before its first.
DRAIN_IDLE, NEW_IDLE = 0.3, 0.5


class Load:
    """Clients that go on until they are told to stop, and say what failed."""

    def __init__(self, hub: Daemon) -> None:
        self.hub = hub
        self.failed: list[str] = []
        self.done = 0
        self.longest = 0.0
        self.over = threading.Event()
        self.threads: list[threading.Thread] = []
        self.kept: list[Kept] = []

    def start(self, name: str, step: Callable[[], None],
              pause: float = 0.0) -> None:
        def run() -> None:
            while not self.over.is_set():
                began = time.monotonic()
                try:
                    step()
                except (OSError, Closed, AssertionError) as error:
                    self.failed.append(f"{name}: {error!r}")
                    return
                self.done += 1
                self.longest = max(self.longest, time.monotonic() - began)
                self.over.wait(pause)
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self.threads.append(thread)

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(2 * PATIENCE)
            assert not thread.is_alive(), thread.name
        for one in self.kept:
            one.close()

    def keep(self) -> "Kept":
        self.kept.append(Kept(self.hub))
        return self.kept[-1]


class Kept:
    """A connection that is used again and again, as every client does it: one
    that has ended meanwhile is replaced, and so is one that was said to be at
    its end.  Who was silent for longer than is promised may be at its end just
    then, and asks again."""

    def __init__(self, hub: Daemon) -> None:
        self.hub = hub
        self.wire: Wire | None = None
        self.since = 0.0  # when it began to be silent
        self.promised = NEW_IDLE

    def ask(self, data: bytes, status: int) -> Message:
        if self.wire and select.select([self.wire.sock], [], [], 0)[0]:
            self.close()
        answer = self._send(data)
        while not answer:
            self.close()
            answer = self._send(data)
        assert answer.status == status, (answer.start, answer.text)
        if not answer.keeps_alive:
            self.close()
        return answer

    def _send(self, data: bytes) -> Message | None:
        if not self.wire:
            self.since, self.promised = time.monotonic(), NEW_IDLE
            self.wire = Wire(self.hub.address)
        since, promised, silent = self.since, self.promised, None
        try:
            self.wire.send(data)
            self.since, self.promised = time.monotonic(), DRAIN_IDLE
            silent = self.since - since
            answer = self.wire.read()
            # He may be told instead that the hub is stopping.
            late = answer.status == 503 and silent > promised
            return None if late else answer
        except (Closed, ConnectionError):
            if (silent or time.monotonic() - since) <= promised:
                raise
            return None

    def close(self) -> None:
        if self.wire:
            self.wire.close()
        self.wire = None


def ask_once(hub: Daemon, data: bytes, status: int) -> Message:
    """On a connection of its own."""
    connection = Kept(hub)
    try:
        return connection.ask(data, status)
    finally:
        connection.close()


class Reader:
    """Pulls one topic, and sees that no number is missing."""

    def __init__(self, connection: Kept, topic: str, wait: int) -> None:
        self.connection = connection
        self.topic, self.wait = topic, wait
        self.cursor = "latest"
        self.numbers: list[int] = []

    def step(self) -> None:
        target = (f"/events?topic={quote(self.topic, safe='')}"
                  f"&since={quote(self.cursor, safe='')}&wait={self.wait}")
        page = json.loads(
            self.connection.ask(request("GET", target), 200).body)
        self.cursor = page["cursor"]
        for event in page["events"]:
            assert event.get("type") != "gap", event
            self.numbers.append(int(event["body"]))


class Streamer:
    """Is told one topic as it comes, and goes on where it was when a stream
    ends, as a page does by itself."""

    def __init__(self, hub: Daemon, topic: str) -> None:
        self.hub, self.topic = hub, topic
        self.stream: Events | None = None
        self.last_id = ""
        self.numbers: list[int] = []
        self.streams = 0

    def step(self) -> None:
        if not self.stream:
            fields = [("Last-Event-ID", self.last_id)] if self.last_id else []
            began = time.monotonic()
            try:
                self.stream = Events(
                    self.hub.address, "/events/sse?topic="
                    f"{quote(self.topic, safe='')}&since=latest", fields)
            except Closed as error:
                if error.asked - began <= NEW_IDLE:
                    raise
                return
            assert self.stream.head.status == 200, self.stream.head
            # Now and then it looks whether all is over.
            self.stream.wire.sock.settimeout(1)
            self.streams += 1
        try:
            said = self.stream.said()
        except TimeoutError:
            return
        except Closed:
            self.last_id = self.stream.last_id or self.last_id
            self.stream.close()
            self.stream = None
            return
        if said.name == "message":
            self.numbers.append(int(said.data["body"]))

    def close(self) -> None:
        if self.stream:
            self.stream.close()


class Restart(Story):
    def setUp(self) -> None:
        super().setUp()
        self.manager = Manager()
        self.resolvers.callback(self.manager.close)

    def cast(self) -> tuple[Daemon, list[str]]:
        self.manager.listen()
        hub = self.manager.adopt(
            self.daemon(f"--drain-idle={DRAIN_IDLE * 1000:.0f}ms", "--pull-open",
                        start=False))
        hub.start()
        self.site = self.origin()
        topics = [self.site.serve(b"0", "text/plain", path=f"/{name}")
                  for name in "abcd"]
        self.silent = self.site.serve(b"0", "text/plain", path="/silent")
        return hub, topics

    def publishers(self, load: Load, topics: list[str]) -> dict[str, int]:
        """Each topic has one that counts up and says so on a new connection,
        and one that only says so, on one that it keeps."""
        last = dict.fromkeys(topics, 0)

        def ping(topic: str) -> bytes:
            return post([("hub.mode", "publish"), ("hub.url", topic)])

        for topic in topics:
            def step(topic: str = topic) -> None:
                last[topic] += 1
                self.site.serve(str(last[topic]).encode(), "text/plain",
                                path="/" + topic.rpartition("/")[2])
                ask_once(load.hub, ping(topic), 204)
            load.start(f"publisher of {topic[-1]}", step, 0.03)
            kept = load.keep()
            load.start(f"kept publisher of {topic[-1]}",
                       lambda kept=kept, topic=topic:
                       kept.ask(ping(topic), 204) and None, 0.01)
        return last

    def subscribers(self, load: Load, topics: list[str]) -> list[str]:
        asked: list[str] = []

        def step() -> None:
            callback = self.late.url(f"late-{len(asked)}")
            answer = ask_once(load.hub, post([
                ("hub.mode", "subscribe"), ("hub.topic", topics[0]),
                ("hub.callback", callback)]), 202)
            self.secrets.add(status_path(answer).rpartition("/")[2])
            asked.append(callback.rpartition("/")[2])
        load.start("subscriber", step, 0.02)
        return asked

    def test_ten_restarts_under_load_fail_nobody(self) -> None:
        hub, topics = self.cast()
        callback, self.late = self.callback(), self.callback()
        for topic in [*topics, self.silent]:
            self.follow(hub, topic, callback.url("to-" + topic[-1]))
        slow = self.callback()
        slow.on_post = lambda _: Answer(204, dawdle=0.1)
        self.subscribe(hub, topics[1], slow.url("slow"))
        load = Load(hub)
        last = self.publishers(load, topics)
        asked = self.subscribers(load, topics)
        held = Load(hub)
        patient = [Reader(held.keep(), self.silent, 60) for _ in range(24)]
        for number, reader in enumerate(patient):
            held.start(f"held reader {number}", reader.step)
        readers = [Reader(load.keep(), topic, wait) for topic in topics
                   for wait in (0, 2, 2, 2)]
        for number, reader in enumerate(readers):
            load.start(f"reader {number}, wait {reader.wait}", reader.step,
                       0.02)
        streamers = [Streamer(hub, topic) for topic in topics]
        for streamer in streamers:
            load.start(f"stream of {streamer.topic[-1]}", streamer.step)
            load.kept.append(streamer)
        load.start("healthz", lambda: ask_once(
            hub, request("GET", "/healthz"), 200) and None, 0.01)
        seldom = load.keep()
        load.start("seldom", lambda:
                   seldom.ask(request("GET", "/healthz"), 200) and None, 0.7)

        took = []
        for _ in range(RESTARTS):
            before = load.done
            began = time.monotonic()
            hub.stop()
            hub.start()
            took.append(time.monotonic() - began)
            # Each life is long enough to be lived by everybody.
            while load.done < before + 300 and not load.failed:
                load.over.wait(0.01)
        self.settle(hub, topics, last, readers + streamers)
        load.stop()
        self.release(hub, held, patient)
        self.assertEqual(load.failed + held.failed, [])
        self.assertEqual(hub.lines("start.failed"), [])
        self.assertTrue(all(line.fields["clean"] == "yes"
                            for line in hub.lines("stopped")))
        self.complete(topics, last, callback, readers + streamers, asked)
        for streamer in streamers:
            self.assertGreater(streamer.streams, RESTARTS // 2)
        print(f"{load.done} requests, none failed; longest "
              f"{load.longest:.2f} s; a restart took {max(took):.2f} s at "
              "most", flush=True)

    def release(self, hub: Daemon, held: Load, patient: list[Reader]) -> None:
        """They were held all the time, by one life after the other."""
        until(lambda: hub.status()["front"]["held"] >= len(patient),
              "all to be held")
        held.over.set()
        self.site.serve(b"1", "text/plain", path="/silent")
        self.publish(hub, self.silent)
        held.stop()
        self.assertEqual([one.numbers for one in patient],
                         [[1]] * len(patient))

    def settle(self, hub: Daemon, topics: list[str], last: dict[str, int],
               readers: list) -> None:
        """Publishers go on, so only that everybody has come this far."""
        goal = dict(last)
        for reader in readers:
            until(lambda reader=reader: reader.numbers
                  and reader.numbers[-1] >= goal[reader.topic],
                  f"{reader.topic[-1]} to come so far")
        self.assertEqual(set(goal), set(topics))
        self.assertTrue(hub.alive)

    def complete(self, topics: list[str], last: dict[str, int], callback,
                 readers: list, asked: list[str]) -> None:
        # What everybody sees only grows: nothing came twice or out of turn to
        # those who pull.
        for reader in readers:
            self.assertEqual(reader.numbers, sorted(set(reader.numbers)))
        for topic in topics:
            name, goal = "to-" + topic[-1], str(last[topic]).encode()
            callback.posts.wait_until(
                lambda posts, name=name, goal=goal: any(
                    seen.path.endswith(name) and seen.body == goal
                    for seen in posts), f"{goal!r} for {name}")
        # Whoever was promised a verification had it.
        self.late.verifications.wait_until(
            lambda seen: {one.path.rpartition("/")[2] for one in seen}
            >= set(asked), "a verification of all that were accepted")


if __name__ == "__main__":
    unittest.main()
