# SPDX-License-Identifier: MIT
"""Streams as their readers see them: server-sent events and JSON lines."""

import json
import socket
import time
from dataclasses import dataclass
from typing import Any

from .client import Pairs, Wire, request
from .daemon import Daemon
from .waiting import PATIENCE
from .wire import Closed, Message


class Stream:
    """One answer without an end, line by line."""

    def __init__(self, to: tuple[str, int], target: str, fields: Pairs = (),
                 source: str | None = None, timeout: float = PATIENCE,
                 receive_buffer: int | None = None) -> None:
        self.wire = Wire(to, source, timeout)
        if receive_buffer:
            self.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                      receive_buffer)
        self.wire.send(request("GET", target, fields))
        asked = time.monotonic()
        try:
            self.head: Message = self.wire._reader.head()
        except Closed as error:
            self.wire.close()
            error.asked = asked
            raise

    def line(self) -> str:
        """Without its end.  Closed: there is none any more."""
        return self.wire._reader._until(b"\n").decode().rstrip("\n")

    def ended(self) -> bytes:
        return self.wire.ended()

    def close(self) -> None:
        self.wire.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Lines(Stream):
    """application/x-ndjson."""
    beats = 0

    def object(self) -> dict[str, Any]:
        """The next that is not a heartbeat."""
        while True:
            line = self.line()
            if line.strip():
                return json.loads(line)
            self.beats += 1

    def event(self) -> dict[str, Any]:
        while True:
            said = self.object()
            if "type" not in said:
                return said


@dataclass
class Said:
    """What an EventSource would dispatch."""
    name: str
    data: Any
    id: str


class Events(Stream):
    """text/event-stream, by the rules of the HTML standard (9.2.6)."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.last_id = ""
        self.retry: int | None = None
        self.comments = 0
        super().__init__(*arguments, **named)

    def _field(self, line: str, fields: dict[str, Any]) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            fields.setdefault("data", []).append(value)
        elif name == "event":
            fields["event"] = value
        elif name == "id":
            fields["id"] = value
        elif name == "retry":
            self.retry = int(value)

    def said(self) -> Said:
        """The next that an EventSource would dispatch."""
        fields: dict[str, Any] = {}
        while True:
            line = self.line()
            if line.startswith(":"):
                self.comments += 1
            elif line:
                self._field(line, fields)
            elif "data" in fields:
                self.last_id = fields.get("id", self.last_id)
                data = "\n".join(fields["data"])
                return Said(fields.get("event", "message"),
                            json.loads(data) if data else None,
                            self.last_id)
            else:
                fields = {}

    def named(self, name: str) -> Said:
        while True:
            said = self.said()
            if said.name == name:
                return said

    def event(self) -> dict[str, Any]:
        """The next update, for `onmessage`."""
        return self.named("message").data


class EventSource:
    """Comes back by itself with what it saw last, as a browser does, always
    at the same URL."""

    def __init__(self, hub: Daemon, target: str, fields: Pairs = ()) -> None:
        self.hub, self.target = hub, target
        self.fields = list(fields)
        self.last_id = ""
        self.connections = 0
        self.stream: Events | None = None

    def _connect(self) -> Events:
        fields = list(self.fields)
        if self.last_id:
            fields.append(("Last-Event-ID", self.last_id))
        self.connections += 1
        stream = Events(self.hub.address, self.target, fields)
        assert stream.head.status == 200, stream.head.head
        return stream

    def said(self) -> Said:
        while True:
            self.stream = self.stream or self._connect()
            try:
                said = self.stream.said()
            except (Closed, ConnectionError):
                self.drop()
                continue
            self.last_id = self.stream.last_id
            return said

    def event(self) -> dict[str, Any]:
        while True:
            said = self.said()
            if said.name == "message":
                return said.data

    def drop(self) -> None:
        """The connection breaks."""
        if self.stream:
            self.stream.close()
        self.stream = None

    close = drop


def events_until(source: Any, count: int) -> list[dict[str, Any]]:
    return [source.event() for _ in range(count)]


__all__ = ["EventSource", "Events", "Lines", "PATIENCE", "Said", "Stream",
           "events_until"]
