# SPDX-License-Identifier: MIT
"""A relay under test, and what a hub with mailboxes does, as far as a relay
can see it."""

import base64
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .callback import signature
from .client import Client
from .daemon import Daemon, binary
from .server import Answer, Seen, Server, next_address
from .waiting import PATIENCE, Inbox


class Relay(Daemon):
    """One state file, and one life of the relay after the other.  It stays
    where it first listened, as its subscribers know it by that."""

    def __init__(self, directory: Path, hub: str, token: str,
                 *options: str) -> None:
        directory.mkdir()
        self.state = directory / "state.json"
        self.token_file = directory / "token"
        self.token_file.write_text(token + "\n")
        self.hub_url = hub
        self.address = (next_address(), 0)
        self.no_proxy = urlsplit(hub).hostname
        super().__init__(directory, *options)

    def command(self, *more: str) -> list[str]:
        # The hub is not behind the proxy of the environment, and callbacks
        # never are: those that are not on this list would fail.
        return ["/usr/bin/env", f"no_proxy={self.no_proxy}",
                str(binary("websubctl")), "relay", f"--hub={self.hub_url}",
                f"--token-file={self.token_file}",
                f"--listen={self.address[0]}:{self.address[1]}",
                f"--state={self.state}", "--verbose", "--retry-first=100ms",
                "--retry-max=400ms", "--callback-timeout=5m", *self.options,
                *more]

    def await_ready(self, since: int) -> "Relay":
        ready = self.wait_for("ready", since=since)
        host, _, port = ready.fields["listen"].rpartition(":")
        self.address = (host, int(port))
        self.url = f"http://{host}:{port}/"
        self.client = Client(self.address)
        return self

    def saved(self) -> dict:
        return json.loads(self.state.read_text())


@dataclass
class Event:
    number: int
    topic: str
    seq: int
    body: bytes
    content_type: str


@dataclass
class Box:
    definition: dict
    place: int
    last: dict[str, int] = field(default_factory=dict)


class FakeHub(Server):
    """Mailboxes and /events of a hub, in memory, for what a real one does not
    do when it is asked to."""

    INCARNATION = "00c0ffee00c0ffee"

    def __init__(self, token: str) -> None:
        self.token = token
        self.boxes: dict[str, Box] = {}
        self.events: list[Event] = []
        self.lease = 864000
        self.asked: Inbox[Seen] = Inbox("requests")
        self.puts: Inbox[dict] = Inbox("puts")
        self.scripted: dict[tuple[str, str], list[Answer]] = {}
        self.gap: dict | None = None
        self.blind = False
        self._changed = threading.Condition()
        super().__init__()

    # ------------------------------------------------------- the story

    def publish(self, topic: str, body: bytes,
                content_type: str = "application/atom+xml") -> None:
        with self._changed:
            seq = 1 + sum(one.topic == topic for one in self.events)
            self.events.append(Event(len(self.events) + 1, topic, seq, body,
                                     content_type))
            self._changed.notify_all()

    def script(self, method: str, kind: str, *answers: Answer) -> None:
        """These first to such requests; then as usual.  Kinds are "box",
        "messages", "touch" and "events"."""
        self.scripted.setdefault((method, kind), []).extend(answers)

    def stop(self) -> None:
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()
        super().stop()

    # ------------------------------------------------------- answers

    def answer(self, seen: Seen) -> Answer:
        parts = seen.path.strip("/").split("/")
        kind = "events" if parts[0] == "events" else (
            parts[2] if len(parts) > 2 else "box")
        self.asked.put(seen)
        scripted = self.scripted.get((seen.method, kind))
        if scripted:
            return scripted.pop(0)
        if seen.get("Authorization") != f"Bearer {self.token}":
            return problem(401, "token-unknown")
        if kind == "events":
            return self._events(json.loads(seen.body))
        return self._box(seen, kind, parts[1])

    def _box(self, seen: Seen, kind: str, name: str) -> Answer:
        with self._changed:
            box = self.boxes.get(name)
            if seen.method == "PUT":
                return self._put(name, box, json.loads(seen.body))
            if box is None:
                return problem(404, "unknown-mailbox")
            if seen.method == "DELETE":
                del self.boxes[name]
                return Answer(204)
            if kind == "touch":
                return Answer(204)
            if kind == "acks":
                self._acknowledge(box, json.loads(seen.body)["cursor"])
                return document({})
            return self._messages(box, parse_qs(seen.query))

    def _put(self, name: str, box: Box | None, definition: dict) -> Answer:
        self.puts.put(definition)
        if box is None:
            since = len(self.events)
            if definition["start"] != "latest":
                since = 0
            self.boxes[name] = Box(definition, since)
        else:
            box.definition = definition
        granted = min(definition.get("lease_seconds", self.lease), self.lease)
        return document({"name": name, "lease_seconds": granted},
                        200 if box else 201)

    def _acknowledge(self, box: Box, cursor: str) -> None:
        box.place = max(box.place, int(cursor.partition("-")[2]))

    def _messages(self, box: Box, params: dict) -> Answer:
        if "ack" in params:
            self._acknowledge(box, params["ack"][0])
        limit = int(params["limit"][0])
        items = [event for event in self.events
                 if event.number > box.place
                 and event.topic in box.definition["topics"]]
        told = items[:limit]
        place = told[-1].number if told else box.place
        gap, self.gap = (self.gap, None) if told else (None, self.gap)
        return document({
            "cursor": f"c-{place}", "more": len(items) > limit, "gap": gap,
            "next": {"after_ms": 0},
            "events": [self._event(box, event) for event in told]})

    def _event(self, box: Box, event: Event) -> dict:
        try:
            text, encoding = event.body.decode(), "utf8"
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(event.body).decode(), "base64"
        shown = {
            "id": f"c-{event.number}", "topic": event.topic,
            "seq": event.seq, "previous": event.seq - 1,
            "incarnation": self.INCARNATION,
            "content_type": event.content_type,
            "links": {"hub": self.base + "/", "self": event.topic},
            "size": len(event.body), "encoding": encoding, "body": text}
        secret = box.definition.get("secret")
        if secret:
            shown["signature"] = signature(
                box.definition.get("signature_method", "sha256"),
                secret.encode(), event.body)
        return shown

    def _events(self, asked: dict) -> Answer:
        if self.blind:
            return problem(403, "forbidden-topic")

        def news() -> list[Event]:
            return [event for event in self.events
                    if event.number > since and event.topic in asked["topics"]]
        with self._changed:
            since = (len(self.events) if asked["since"] == "latest"
                     else int(asked["since"].partition("-")[2]))
            self._changed.wait_for(
                lambda: news() or self.stopping.is_set(),
                min(asked["wait"], PATIENCE))
            found = news()
            place = found[-1].number if found else len(self.events)
            return document({
                "cursor": f"c-{place}", "more": False, "gap": None,
                "next": {"after_ms": 0},
                "events": [{"id": f"c-{event.number}", "topic": event.topic}
                           for event in found]})


def document(content: dict, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode(),
                  [("Content-Type", "application/json")])


def problem(status: int, kind: str,
            *fields: tuple[str, str]) -> Answer:
    return Answer(status, json.dumps({"type": kind, "status": status}).encode(),
                  [("Content-Type", "application/problem+json"), *fields])
