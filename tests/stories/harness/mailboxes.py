# SPDX-License-Identifier: MIT
"""A hub, a publisher, and owners of mailboxes."""

import json
from typing import Any

from .client import Wire, request
from .stream import Events, Lines
from .streaming import Streaming, target
from .websocket import WebSocket

RIGHTS = "pull,match,mailbox,create,ticket,presence"
JSON = ("Content-Type", "application/json")


class Owner:
    """Who has a token, and what he asks of the hub with it."""

    def __init__(self, story: "Mailboxes", token: str) -> None:
        self.story, self.token = story, token

    @property
    def field(self) -> tuple[str, str]:
        return ("Authorization", f"Bearer {self.token}")

    def ask(self, method: str, where: str, said: Any = None,
            *fields: tuple[str, str]) -> tuple[int, Any]:
        """Status and what the body says; a body that is no JSON as text."""
        fields = (self.field, *fields)
        body = b"" if method == "POST" else None
        if said is not None:
            body = said if isinstance(said, bytes) else \
                json.dumps(said).encode()
            if not any(name == "Content-Type" for name, _ in fields):
                fields = (*fields, JSON)
        answer = self.story.hub.client.ask(
            request(method, where, fields, body))
        try:
            return answer.status, json.loads(answer.body or b"null")
        except ValueError:
            return answer.status, answer.text

    def good(self, method: str, where: str, said: Any = None,
             *statuses: int) -> Any:
        status, answer = self.ask(method, where, said)
        self.story.assertIn(status, statuses or (200, 201, 204),
                            (method, where, answer))
        return answer

    def make(self, name: str, *topics: str, **members: Any) -> dict[str, Any]:
        return self.good("PUT", f"/mailboxes/{name}",
                         {"topics": list(topics), **members})

    def show(self, name: str) -> dict[str, Any]:
        return self.good("GET", f"/mailboxes/{name}")

    def read(self, name: str, **params: object) -> dict[str, Any]:
        return self.good("GET", target(f"/mailboxes/{name}/messages",
                                       **params))

    def hold(self, name: str, wait: int = 200, **params: object) -> Wire:
        """Ask, and see that it is held."""
        before = self.story.held()
        wire = self.ask_held(name, wait, **params)
        self.story.wait_held(before + 1)
        return wire

    def ask_held(self, name: str, wait: int = 200, **params: object) -> Wire:
        """Ask; unless there is something by then it is held."""
        wire = self.story._kept(Wire(self.story.hub.address))
        wire.send(request("GET", target(f"/mailboxes/{name}/messages",
                                        wait=wait, **params), [self.field]))
        return wire

    def mark(self, name: str, **said: Any) -> dict[str, Any]:
        return self.good("POST", f"/mailboxes/{name}/acks", said)

    def events(self, name: str, *fields: tuple[str, str], **params: object
               ) -> Events:
        return self.story._kept(Events(
            self.story.hub.address, target(f"/mailboxes/{name}/sse", **params),
            (self.field, *fields)))

    def lines(self, name: str, **params: object) -> Lines:
        return self.story._kept(Lines(
            self.story.hub.address,
            target(f"/mailboxes/{name}/stream", **params), (self.field,)))

    def socket(self, name: str, **params: object) -> WebSocket:
        return self.story._kept(WebSocket(
            self.story.hub.address, target(f"/mailboxes/{name}/ws", **params),
            (self.field,)))


class Mailboxes(Streaming):
    def owner(self, name: str = "reader", *more: str, rights: str = RIGHTS,
              scope: str = "*") -> Owner:
        return Owner(self, self.token(name, *more, rights=rights,
                                      scope=scope))

    def updates(self, topic: str, *bodies: str) -> None:
        for body in bodies:
            self.update(topic, body.encode())


def bodies(said: dict[str, Any]) -> list[str]:
    return [event["body"] for event in said["events"]]


def answer_of(wire: Wire) -> dict[str, Any]:
    return json.loads(wire.read().body)
