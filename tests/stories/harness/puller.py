# SPDX-License-Identifier: MIT
"""A subscriber that nobody can reach: it asks, and is kept waiting."""

import base64
import json
from typing import Any
from urllib.parse import quote

from .client import Client
from .waiting import PATIENCE
from .wire import Message


def body_of(event: dict[str, Any]) -> bytes:
    if event["encoding"] == "base64":
        return base64.b64decode(event["body"])
    return event["body"].encode()


class Puller:
    def __init__(self, client: Client, *topics: str,
                 since: str | None = None) -> None:
        self.client = client
        self.topics = topics
        self.cursor = since
        self.seen: list[dict[str, Any]] = []

    def target(self, wait: float | None = 0, **params: str) -> str:
        parts = ["topic=" + quote(topic, safe="") for topic in self.topics]
        if self.cursor is not None:
            parts.append("since=" + quote(self.cursor, safe=""))
        if wait is not None:
            parts.append(f"wait={wait:g}")
        parts += [f"{name}={quote(value, safe='')}"
                  for name, value in params.items()]
        return "/events?" + "&".join(parts)

    def ask(self, wait: float | None = 0, **params: str) -> Message:
        return self.client.get(self.target(wait, **params),
                               timeout=(wait or 0) + PATIENCE)

    def pull(self, wait: float | None = 0, **params: str) -> dict[str, Any]:
        """One request; the cursor moves on."""
        return self.take(self.ask(wait, **params))

    def take(self, answer: Message) -> dict[str, Any]:
        assert answer.status == 200, (answer.start, answer.text)
        page = json.loads(answer.body)
        self.cursor = page["cursor"]
        self.seen += page["events"]
        return page
