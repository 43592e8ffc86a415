# SPDX-License-Identifier: MIT
"""A publisher's web server."""

import hashlib
import threading
from dataclasses import dataclass, field
from typing import Union

from .feeds import Atom, Rss
from .server import Answer, Seen, Server
from .waiting import Inbox


@dataclass
class Document:
    body: bytes
    content_type: str | None
    fields: list[tuple[str, str]] = field(default_factory=list)
    validators: bool = True

    @property
    def etag(self) -> str:
        return '"' + hashlib.sha256(self.body).hexdigest()[:16] + '"'


class Origin(Server):
    """Serves documents, with an ETag and 304 unless told otherwise."""

    def __init__(self, address: str | None = None) -> None:
        self.fetches: Inbox[Seen] = Inbox("fetches")
        self._documents: dict[str, Document] = {}
        self._script: list[Answer] = []
        self._lock_documents = threading.Lock()
        # When set to an event, answers wait for it.
        self.gate: threading.Event | None = None
        super().__init__(address)

    def url(self, path: str = "/feed") -> str:
        return self.base + path

    def serve(self, content: Union[bytes, Atom, Rss],
              content_type: str | None = None, path: str = "/feed",
              fields: list[tuple[str, str]] | None = None,
              validators: bool = True) -> str:
        """From now on this is there.  Returns the topic's URL."""
        if isinstance(content, (Atom, Rss)):
            content_type = content_type or content.content_type
            content = content.render()
        document = Document(content, content_type, fields or [], validators)
        with self._lock_documents:
            self._documents[path] = document
        return self.url(path)

    def script(self, *answers: Answer) -> None:
        """These first, one a fetch; then as usual."""
        with self._lock_documents:
            self._script.extend(answers)

    def answer(self, seen: Seen) -> Answer:
        with self._lock_documents:
            scripted = self._script.pop(0) if self._script else None
            document = self._documents.get(seen.target)
        gate = self.gate
        self.fetches.put(seen)
        if scripted is not None:
            return scripted
        if document is None:
            return Answer(404, b"nothing here\n", gate=gate)
        return _serve(document, seen, gate)


def _serve(document: Document, seen: Seen,
           gate: threading.Event | None) -> Answer:
    fields = list(document.fields)
    if document.content_type is not None:
        fields.append(("Content-Type", document.content_type))
    if document.validators:
        fields.append(("ETag", document.etag))
        if seen.get("If-None-Match") == document.etag:
            return Answer(304, fields=fields, gate=gate)
    return Answer(200, document.body, fields, gate=gate)
