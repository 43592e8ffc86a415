# SPDX-License-Identifier: MIT
"""Hundreds of subscribers of several topics: what each of them must have and
what each was sent."""

import hashlib
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Optional

from crowd import Asked
from harness import Atom, entries_of
from harness.callback import signature

_PLAIN = re.compile(rb"version (\d+) of ")


class Topic:
    """A document whose every version is known: text, or a feed that has one
    more entry in each."""

    def __init__(self, name: str, url: str, feed: bool) -> None:
        self.name, self.url = name, url
        self.feed: Optional[Atom] = Atom(title=name) if feed else None
        self.version = 0
        self.next()

    def next(self) -> int:
        self.version += 1
        if self.feed:
            self.feed.add(f"{self.name}-{self.version}")
        return self.version

    @property
    def kind(self) -> str:
        return self.feed.content_type if self.feed else "text/plain"

    def body(self) -> bytes:
        return self.feed.render() if self.feed else self._text(self.version)

    def _text(self, version: int) -> bytes:
        return b"version %d of %s\n" % (version, self.name.encode()) * 20

    def versions_in(self, body: bytes) -> set[int]:
        """What a delivered body holds; empty if it is damaged."""
        if self.feed:
            if not body.endswith(b"</feed>\n"):
                return set()
            names = (name.rpartition("-") for name in entries_of(body))
            return {int(number) for name, _, number in names
                    if name == self.name}
        found = _PLAIN.match(body)
        if not found or body != self._text(int(found[1])):
            return set()
        return {int(found[1])}


@dataclass
class Member:
    """One subscription, or one that may be."""
    topic: Topic
    name: str
    url: str
    secret: str = ""
    lease: int = 0          # seconds, as last asked for
    active: bool = False    # after all that was asked
    settling: bool = False  # asked for something that may not be settled
    joined: int = 0         # version when it was known to be active
    asked_at: int = 0       # unix milliseconds
    # What was sent: all of it, and what was taken with a 2xx.
    incarnation: str = ""
    had: int = 0
    accepted: Optional[int] = None
    versions: set[int] = field(default_factory=set)

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()[:8]


class Population:
    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.members: dict[str, Member] = {}
        self.wrong: list[str] = []
        self.doubled: Counter = Counter()  # by topic
        self.posts = 0
        self._behind: dict[str, int] = {}  # members and what they wait for
        self._lock = threading.Lock()
        self.nobody_waits = threading.Event()
        self.nobody_waits.set()

    def add(self, member: Member) -> None:
        self.members[member.name] = member

    def of(self, topic: Topic) -> list[Member]:
        return [member for member in self.members.values()
                if member.topic is topic]

    def everybody_waits(self, topic: Topic) -> None:
        """From now on all of them must come to have the present version."""
        with self._lock:
            for member in self.of(topic):
                if member.active and not member.settling \
                        and not self._has(member, topic.version):
                    self._behind[member.name] = topic.version
            if self._behind:
                self.nobody_waits.clear()

    def leaves(self, member: Member) -> None:
        """It need not have anything any more."""
        with self._lock:
            self._behind.pop(member.name, None)

    def behind(self) -> list[str]:
        with self._lock:
            return sorted(self._behind)

    @staticmethod
    def _has(member: Member, version: int) -> bool:
        return version in member.versions

    # ------------------------------------------------------- deliveries

    def told(self, asked: Asked, accepted: bool, refused: bool) -> None:
        """A delivery has come and is answered with a 2xx (accepted), an error
        (refused) or not at all."""
        with self._lock:
            self.posts += 1
            member = self.members[asked.name]
            trouble = self._number(member, asked, accepted, refused)
            versions = member.topic.versions_in(asked.body)
            if not versions:
                trouble = f"a body of {len(asked.body)} bytes that never was"
            elif not self._signed(member, asked):
                trouble = "a wrong signature"
            if trouble:
                self.wrong.append(f"{asked.name}: {trouble}")
            if accepted:
                member.versions |= versions
                if member.versions and max(member.versions) >= \
                        self._behind.get(member.name, 1 << 60):
                    del self._behind[member.name]
                if not self._behind:
                    self.nobody_waits.set()

    def _number(self, member: Member, asked: Asked, accepted: bool,
                refused: bool) -> str:
        incarnation, _, number = (
            asked.get("Hub-Sequence") or ".0").partition(".")
        previous = int((asked.get("Hub-Previous") or ".0").partition(".")[2])
        now = int(number)
        last = member.accepted
        trouble = ""
        if not member.active and not member.settling:
            trouble = "told, and not subscribed"
        elif member.incarnation and incarnation != member.incarnation:
            trouble = "another incarnation"
        elif asked.get("Hub-Gap"):
            trouble = f"a gap: {asked.get('Hub-Gap')}"
        elif last is not None and previous > last:
            trouble = f"a hole from {last} to {previous}"
        elif last is not None and now < last:
            trouble = f"from {last} back to {now}"
        member.incarnation = incarnation
        if now <= member.had:
            self.doubled[member.topic.name] += 1
        if not refused:
            member.had = max(member.had, now)
        if accepted:
            member.accepted = max(last or 0, now)
        return trouble

    @staticmethod
    def _signed(member: Member, asked: Asked) -> bool:
        sent = asked.get("X-Hub-Signature")
        if not member.secret:
            return sent is None
        method = (sent or "").partition("=")[0]
        return method in ("sha1", "sha256") and sent == signature(
            method, member.secret.encode(), asked.body)

    def holes(self) -> list[str]:
        """Which versions of a feed somebody never got."""
        found = []
        for member in self.members.values():
            if not member.active or not member.topic.feed:
                continue
            wanted = range(member.joined + 1, member.topic.version + 1)
            missed = set(wanted) - member.versions
            if missed:
                found.append(f"{member.name} never got {sorted(missed)}")
        return found

    def forget(self, member: Member) -> None:
        """Its subscription is over: what comes later begins anew."""
        member.accepted, member.had, member.incarnation = None, 0, ""
        member.versions = set()
