# SPDX-License-Identifier: MIT
"""What tests about pulling begin with: a hub, publishers, and readers who ask
in every manner there is."""

import json
import re
from typing import Any
from urllib.parse import quote

import stories  # noqa: F401
from harness import Daemon, Message, Origin, Story, Wire, request, until
from harness.stream import Events, Lines, Stream
from harness.websocket import WebSocket

PLAIN = "text/plain"
JSON = ("Content-Type", "application/json")


def target(path: str, *topics: str, **params: object) -> str:
    pairs = [("topic", topic) for topic in topics] + list(params.items())
    return path + "?" + "&".join(f"{name}={quote(str(value), safe='')}"
                                 for name, value in pairs)


def bodies(events: list[dict]) -> list[str]:
    return [event["body"] for event in events]


class Pulling(Story):
    hub: Daemon
    source: Origin

    def begin(self, *options: str) -> None:
        self.hub = self.daemon("--pull-open", *options)
        self.source = self.origin()

    def topic(self, path: str = "/a", first: bytes = b"first") -> str:
        """One that is followed, with its first update in the log."""
        topic = self.source.serve(first, PLAIN, path=path)
        since = self.hub.mark()
        self.pull(topic)
        self.hub.wait_for("update", since=since)
        return topic

    def update(self, topic: str, body: bytes) -> None:
        since = self.hub.mark()
        path = topic.removeprefix(self.source.base)
        self.source.serve(body, PLAIN, path=path)
        self.publish(self.hub, topic)
        self.hub.wait_for("update", since=since)

    # ------------------------------------------------------------- reading

    def get(self, where: str, *fields: tuple[str, str]) -> Message:
        return self.hub.client.get(where, fields)

    def pull(self, *topics: str, path: str = "/events",
             **params: object) -> dict[str, Any]:
        answer = self.get(target(path, *topics, **params))
        self.assertEqual(answer.status, 200, answer.text)
        return json.loads(answer.body)

    def hold(self, where: str, *fields: tuple[str, str],
             method: str = "GET", body: bytes | None = None) -> Wire:
        """Ask, and see that it is held."""
        before = self.held()
        wire = Wire(self.hub.address)
        self.addCleanup(wire.close)
        wire.send(request(method, where, fields, body))
        until(lambda: self.held() == before + 1, "it to be held")
        return wire

    def held(self) -> int:
        return self.hub.status()["front"]["held"]

    def events(self, where: str, *fields: tuple[str, str]) -> Events:
        return self._stream(Events(self.hub.address, where, fields))

    def lines(self, where: str, *fields: tuple[str, str]) -> Lines:
        return self._stream(Lines(self.hub.address, where, fields))

    def _stream(self, stream: Stream) -> Any:
        self.addCleanup(stream.close)
        return stream

    def ask_json(self, method: str, where: str, said: Any = None,
                 token: str | None = None) -> tuple[int, Any]:
        fields = [] if said is None else [JSON]
        if token:
            fields.append(("Authorization", f"Bearer {token}"))
        body = None if said is None else json.dumps(said).encode()
        if method == "POST" and body is None:
            body = b""
        answer = self.hub.client.ask(request(method, where, fields, body))
        try:
            return answer.status, json.loads(answer.body or b"null")
        except ValueError:
            return answer.status, answer.text

    # ----------------------------------------------------------- mailboxes

    def token(self, name: str = "reader", *more: str) -> str:
        rights = "pull,match,mailbox,create,ticket,presence"
        said = self.ctl(self.hub, "token", "add", name, f"--right={rights}",
                        "--scope=*", *more)
        token = re.search(r"wsd_[\w-]+", said)[0]
        self.secrets.add(token)
        return token

    def mailbox(self, token: str, name: str, *topics: str,
                **members: Any) -> dict[str, Any]:
        status, said = self.ask_json(
            "PUT", f"/mailboxes/{name}", {"topics": list(topics), **members},
            token)
        self.assertIn(status, (200, 201), said)
        return said

    def messages(self, token: str, name: str, **params: object
                 ) -> dict[str, Any]:
        status, said = self.ask_json(
            "GET", target(f"/mailboxes/{name}/messages", **params),
            token=token)
        self.assertEqual(status, 200, said)
        return said


def gap_of(said: dict) -> dict:
    return said["gap"] or {"reason": None, "topics": []}


class Rules(Pulling):
    """What the tests of each rule need besides."""

    def post(self, question: object, *fields: tuple[str, str]) -> dict:
        status, said = self.ask_json("POST", "/events", question)
        self.assertEqual(status, 200, said)
        return said

    def read(self, topic: str, **params: object) -> list[str]:
        return bodies(self.pull(topic, **params)["events"])

    def socket(self, *topics: str, **params: object) -> WebSocket:
        socket = WebSocket(self.hub.address,
                           target("/events/ws", *topics, **params))
        self.addCleanup(socket.close)
        return socket

    def bearer(self, token: str) -> tuple[str, str]:
        return ("Authorization", f"Bearer {token}")

    def copy(self, source, to) -> None:
        """Of the store of a hub that is stopped."""
        to.mkdir()
        for path in source.iterdir():
            if path.is_file():
                (to / path.name).write_bytes(path.read_bytes())
                (to / path.name).chmod(path.stat().st_mode & 0o777)
        to.chmod(source.stat().st_mode & 0o777)
