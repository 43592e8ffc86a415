# SPDX-License-Identifier: MIT
"""Pullers that are killed, and those whose hub is: each has a memory that it
writes to a disk of its own, as it were, and a connection that it loses."""

import json
import socket
import struct
import threading
from typing import Any, Callable
from urllib.parse import quote

import told  # noqa: F401
from harness import Closed, Daemon, Message, Wire, request
from harness.stream import Events, Lines
from harness.waiting import PATIENCE
from harness.websocket import CLOSE, Refused, WebSocket

RESET = struct.pack("ii", 1, 0)
WAIT = 20
PAUSE = 0.01


class Wrong(Exception):
    """Something that no kill explains."""


class Memory:
    """What one puller has seen of each topic, and where it goes on.

    It is written in one piece: a puller that is killed has seen a message and
    knows its place after it, or neither."""

    def __init__(self, name: str, forgets: bool) -> None:
        self.name, self.forgets = name, forgets
        self.place: str | None = None
        self.last: dict[str, int] = {}
        self.newest: dict[str, str] = {}
        self.bodies: dict[tuple[str, int], str] = {}
        self.events = self.doubled = self.gaps = self.missed = 0
        self.changed = threading.Condition()

    def note(self, place: str | None, events: list[dict[str, Any]],
             gap: dict[str, Any] | None) -> None:
        with self.changed:
            if gap is not None:
                self._miss(gap)
            for event in events:
                self._see(event)
            if place is not None:
                self.place = place
            self.changed.notify_all()

    def _miss(self, gap: dict[str, Any]) -> None:
        """A gap begins where we are, and is as long as it says."""
        if gap["reason"] != "expired" or not gap["topics"]:
            raise Wrong(f"{self.name}: a gap that nobody made: {gap}")
        for lost in gap["topics"]:
            topic, last = lost["topic"], self.last.get(lost["topic"])
            length = lost["to_seq"] - lost["from_seq"] + 1
            if lost["exact"] is not True or lost["lost"] != length:
                raise Wrong(f"{self.name}: {lost} does not add up")
            # Of what was seen and not acknowledged it may lose a part, too.
            if last is not None and lost["from_seq"] != last + 1 \
                    and not (self.forgets and lost["from_seq"] <= last):
                raise Wrong(f"{self.name}: was at {last}, missed {lost}")
            self.last[topic] = max(lost["to_seq"], last or 0)
            self.gaps += 1
            self.missed += lost["lost"]

    def _see(self, event: dict[str, Any]) -> None:
        topic, seq = event["topic"], event["seq"]
        last = self.last.get(topic, seq - 1)
        body = event["body"]
        if self.bodies.setdefault((topic, seq), body) != body:
            raise Wrong(f"{self.name}: {topic} {seq} was something else")
        if seq > last + 1:
            raise Wrong(f"{self.name}: {topic} lost {last + 1} to {seq - 1}")
        if seq <= last:
            self.doubled += 1
            return
        self.events += 1
        self.last[topic] = seq
        self.newest[topic] = body

    def wait_for(self, expected: dict[str, str]) -> bool:
        with self.changed:
            return self.changed.wait_for(
                lambda: self.newest.items() >= expected.items(), PATIENCE)


class Life:
    """When the hub can be asked, and where."""

    def __init__(self, hub: Daemon) -> None:
        self.hub = hub
        self.up = threading.Event()
        self.over = threading.Event()


class Puller(threading.Thread):
    """One that goes on until it is told that all is over."""

    kind = "?"
    forgets = False  # its place is the hub's to know

    def __init__(self, life: Life, name: str, topics: list[str]) -> None:
        super().__init__(daemon=True)
        self.life, self.topics = life, topics
        self.memory = Memory(f"{self.kind} {name}", self.forgets)
        self.trouble: Exception | None = None
        self.kills = 0
        self.waiting = threading.Event()  # not now
        self.waiting.set()
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()

    # ------------------------------------------------------- life and death

    def run(self) -> None:
        while not self.life.over.is_set():
            self.life.up.wait(PAUSE)
            self.waiting.wait(PATIENCE)
            try:
                self.pull()
            except (Closed, OSError):
                self.life.over.wait(PAUSE)
            except Exception as error:  # whatever it is, the test tells it
                self.trouble = error
                with self.memory.changed:
                    self.memory.changed.notify_all()
                return
            finally:
                self._drop()

    def holds(self, wire: Wire) -> bool:
        """What it can lose from now on.  False: it is to be away."""
        with self._lock:
            self._sock = wire.sock
        return self.waiting.is_set() and not self.life.over.is_set()

    def _drop(self) -> None:
        with self._lock:
            if self._sock is not None:
                self._sock.close()
            self._sock = None

    def kill(self) -> None:
        """As a process that ends: in the middle of whatever it does."""
        self.kills += 1
        with self._lock:
            if self._sock is None:
                return
            try:
                if self.kills % 2:
                    self._sock.setsockopt(socket.SOL_SOCKET,
                                          socket.SO_LINGER, RESET)
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was gone already

    def pause(self) -> None:
        """Gone, and not back before resume()."""
        self.waiting.clear()
        self.kill()

    def resume(self) -> None:
        self.waiting.set()

    # ------------------------------------------------------- asking

    def pull(self) -> None:
        """Until the connection ends."""
        raise NotImplementedError

    def wire(self) -> Wire:
        return Wire(self.life.hub.address, timeout=PATIENCE + WAIT)

    def asked(self) -> list[str]:
        return [f"topic={quote(topic, safe='')}" for topic in self.topics]

    def query(self, **more: object) -> str:
        parts = self.asked()
        parts.append("since=" + quote(self.memory.place or "earliest"))
        parts += [f"{name}={value}" for name, value in more.items()]
        return "?" + "&".join(parts)

    def good(self, answer: Message, *statuses: int) -> bool:
        """False: later.  A hub that starts or ends may say so."""
        if answer.status in (429, 503):
            self.life.over.wait(5 * PAUSE)
            return False
        if answer.status not in (statuses or (200,)):
            raise Wrong(f"{self.memory.name}: {answer.start} {answer.text}")
        return True


class Poll(Puller):
    kind = "long-poll"

    def pull(self) -> None:
        with self.wire() as wire:
            while self.holds(wire):
                answer = wire.ask(request(
                    "GET", "/events" + self.query(wait=WAIT)))
                if not self.good(answer):
                    return
                page = json.loads(answer.body)
                self.memory.note(page["cursor"], page["events"], page["gap"])


class OfPrefix(Poll):
    """Of whatever there is at that origin."""

    kind = "long-poll of a prefix"

    def asked(self) -> list[str]:
        start = self.topics[0].rpartition("/")[0]
        return [f"match={quote(start + '/*', safe='')}"]


class ByTopic(Puller):
    """Has a place of its own in each topic."""

    kind = "long-poll by topic"

    def pull(self) -> None:
        with self.wire() as wire:
            while self.holds(wire):
                places = json.loads(self.memory.place or "{}")
                body = json.dumps({
                    "topics": {topic: places.get(topic, "earliest")
                               for topic in self.topics},
                    "view": "by_topic", "wait": WAIT}).encode()
                answer = wire.ask(request(
                    "POST", "/events", [("Content-Type", "application/json")],
                    body))
                if not self.good(answer):
                    return
                page = json.loads(answer.body)
                parts = page["topics"]
                places |= {topic: part["cursor"]
                           for topic, part in parts.items()}
                self.memory.note(
                    json.dumps(places),
                    [event for part in parts.values()
                     for event in part["events"]], page["gap"])


class Streaming(Puller):
    """What streams have in common: control messages, and their places."""

    def hear(self, kind: str, place: str, message: dict[str, Any]) -> None:
        if kind == "event":
            self.memory.note(place, [message], None)
        elif kind == "gap":
            self.memory.note(place, [], message)
        elif kind in ("open", "more"):
            self.memory.note(place, [], None)
        elif kind != "overload":
            raise Wrong(f"{self.memory.name}: {kind} {message}")


class OfEvents(Streaming):
    kind = "SSE"

    def pull(self) -> None:
        fields = [("Last-Event-ID", self.memory.place)] \
            if self.memory.place else []
        with Events(self.life.hub.address, "/events/sse" + self.query(),
                    fields, timeout=PATIENCE + WAIT) as stream:
            good = self.good(stream.head)
            while good and self.holds(stream.wire):
                said = stream.said()
                kind = "event" if said.name == "message" else said.name
                self.hear(kind, said.id, said.data)


class OfLines(Streaming):
    kind = "lines"

    def pull(self) -> None:
        with Lines(self.life.hub.address, "/events/stream" + self.query(),
                   timeout=PATIENCE + WAIT) as stream:
            good = self.good(stream.head)
            while good and self.holds(stream.wire):
                said = stream.object()
                self.hear(said.get("type", "event"),
                          said["cursor" if "type" in said else "id"], said)


class OnSocket(Streaming):
    kind = "WebSocket"

    def pull(self) -> None:
        try:
            stream = WebSocket(self.life.hub.address,
                               "/events/ws" + self.query(),
                               timeout=PATIENCE + WAIT)
        except Refused as refused:
            self.good(refused.answer)
            return
        with stream:
            while self.holds(stream.wire):
                frame = stream.read()
                if frame.opcode == CLOSE:
                    return
                said = json.loads(frame.data)
                kind = said["type"]
                self.hear(kind, said["id" if kind == "event" else "cursor"],
                          said)


class Mailbox(Puller):
    """A durable one, whose place the hub keeps.  What has been seen is
    acknowledged with the next request, also that of another life."""

    kind = "mailbox"
    token = ""

    def fields(self) -> list[tuple[str, str | bytes]]:
        return [("Authorization", f"Bearer {self.token}")]

    def make(self) -> None:
        body = json.dumps({"topics": self.topics, "ack": "cursor",
                           "start": "earliest"}).encode()
        answer = self.life.hub.client.ask(request(
            "PUT", self.path(), [*self.fields(),
                                 ("Content-Type", "application/json")], body))
        self.good(answer, 200, 201)

    def path(self) -> str:
        return "/mailboxes/" + self.memory.name.replace(" ", "-")

    def pull(self) -> None:
        seen = "" if self.forgets else self.memory.place or ""
        with self.wire() as wire:
            while self.holds(wire):
                ack = f"&ack={quote(seen)}" if seen else ""
                answer = wire.ask(request(
                    "GET", f"{self.path()}/messages?wait={WAIT}{ack}",
                    self.fields()))
                if not self.good(answer, 200, 409):
                    return
                if answer.status == 409:
                    continue
                page = json.loads(answer.body)
                self.memory.note(page["cursor"], page["events"], page["gap"])
                seen = page["cursor"]


class Forgetful(Mailbox):
    """A new life knows of nothing, so what was not acknowledged before comes
    once more."""

    kind = "forgetful mailbox"
    forgets = True


Maker = Callable[[Life, str, list[str]], Puller]
