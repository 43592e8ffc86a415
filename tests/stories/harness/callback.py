# SPDX-License-Identifier: MIT
"""Subscribers: they verify, and they count what they are sent."""

import hashlib
import hmac
import secrets
import threading
from collections import Counter
from typing import Callable

from .server import Answer, Seen, Server
from .waiting import PATIENCE, Inbox


def echo(seen: Seen) -> Answer:
    """What a willing subscriber answers to a verification of intent."""
    return Answer(200, seen.params.get("hub.challenge", "").encode())


def accept(_: Seen) -> Answer:
    return Answer(204)


class Callback(Server):
    """A subscriber's server.  Any number of callback URLs are on it, told
    apart by their name, the last part of the path."""

    def __init__(self, address: str | None = None) -> None:
        self.token = secrets.token_hex(8)  # must never be in a log
        self.verifications: Inbox[Seen] = Inbox("verifications")
        self.posts: Inbox[Seen] = Inbox("deliveries")
        self.on_verify: Callable[[Seen], Answer] = echo
        self.on_post: Callable[[Seen], Answer] = accept
        self._script: list[Answer] = []
        self._lock_script = threading.Lock()
        super().__init__(address)

    def url(self, name: str = "cb", query: str = "") -> str:
        return f"{self.base}/{self.token}/{name}{query}"

    def script(self, *answers: Answer) -> None:
        """These first, one a POST; then as usual."""
        with self._lock_script:
            self._script.extend(answers)

    def answer(self, seen: Seen) -> Answer:
        if seen.method == "GET":
            self.verifications.put(seen)
            return self.on_verify(seen)
        with self._lock_script:
            answer = self._script.pop(0) if self._script else None
        answer = answer or self.on_post(seen)
        self.posts.put(seen)
        return answer

    def wait_posts(self, count: int, timeout: float = PATIENCE) -> list[Seen]:
        return self.posts.wait(count, timeout)

    def wait_verifications(self, count: int) -> list[Seen]:
        return self.verifications.wait(count)

    def challenges(self) -> list[str]:
        return [seen.params["hub.challenge"]
                for seen in self.verifications.all()
                if "hub.challenge" in seen.params]


def name_of(seen: Seen) -> str:
    return seen.path.rpartition("/")[2]


def signature(method: str, secret: bytes, body: bytes) -> str:
    digest = hmac.new(secret, body, getattr(hashlib, method)).hexdigest()
    return f"{method}={digest}"


class Farm:
    """Many callbacks, spread over some servers."""

    def __init__(self, servers: list[Callback], each: int) -> None:
        self.servers = servers
        self.urls = [server.url(f"s{at}-{number}")
                     for at, server in enumerate(servers)
                     for number in range(each)]

    def counts(self) -> Counter:
        """How many deliveries each callback had, by its name."""
        return Counter(name_of(seen) for server in self.servers
                       for seen in server.posts.all())

    def missing(self) -> list[str]:
        counts = self.counts()
        names = [url.rpartition("/")[2] for url in self.urls]
        return [name for name in names if not counts[name]]

    def wait_all(self, timeout: float = PATIENCE) -> None:
        """Everybody has had at least one delivery."""
        for at, server in enumerate(self.servers):
            wanted = {url.rpartition("/")[2] for url in self.urls
                      if url.startswith(server.base + "/")}
            server.posts.wait_until(
                lambda posts, wanted=wanted:
                wanted <= {name_of(seen) for seen in posts},
                f"deliveries to all {len(wanted)} of server {at}", timeout)

    def set_on_post(self, on_post: Callable[[Seen], Answer]) -> None:
        for server in self.servers:
            server.on_post = on_post
