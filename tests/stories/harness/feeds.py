# SPDX-License-Identifier: MIT
"""Small feeds whose bytes are known exactly."""

import re
from dataclasses import dataclass, field


@dataclass
class Atom:
    title: str = "A feed"
    hub: str = ""
    self_url: str = ""
    entries: list[str] = field(default_factory=list)  # newest first
    content_type: str = "application/atom+xml; charset=UTF-8"

    def add(self, name: str, text: str = "text") -> "Atom":
        self.entries.insert(0, self.entry(name, text))
        return self

    @staticmethod
    def entry(name: str, text: str = "text") -> str:
        return (f"  <entry>\n    <id>tag:example.org,2024:{name}</id>\n"
                f"    <title>{name}</title>\n"
                "    <updated>2024-01-02T03:04:05Z</updated>\n"
                f"    <content>{text}</content>\n  </entry>\n")

    def _links(self) -> str:
        links = ""
        if self.hub:
            links += f'  <link rel="hub" href="{self.hub}"/>\n'
        if self.self_url:
            links += f'  <link rel="self" href="{self.self_url}"/>\n'
        return links

    def render(self) -> bytes:
        return ('<?xml version="1.0" encoding="UTF-8"?>\n'
                '<feed xmlns="http://www.w3.org/2005/Atom">\n'
                f"  <title>{self.title}</title>\n"
                "  <id>tag:example.org,2024:feed</id>\n"
                "  <updated>2024-01-02T03:04:05Z</updated>\n"
                + self._links() + "".join(self.entries)
                + "</feed>\n").encode()


@dataclass
class Rss:
    title: str = "A feed"
    entries: list[str] = field(default_factory=list)  # newest first
    content_type: str = "application/rss+xml"

    def add(self, name: str, text: str = "text") -> "Rss":
        self.entries.insert(0, (
            f"  <item>\n    <guid isPermaLink=\"false\">{name}</guid>\n"
            f"    <title>{name}</title>\n"
            f"    <description>{text}</description>\n  </item>\n"))
        return self

    def render(self) -> bytes:
        return ('<?xml version="1.0" encoding="UTF-8"?>\n'
                '<rss version="2.0">\n <channel>\n'
                f"  <title>{self.title}</title>\n"
                "  <link>http://example.org/</link>\n"
                "  <description>words</description>\n"
                + "".join(self.entries)
                + " </channel>\n</rss>\n").encode()


def entries_of(body: bytes) -> list[str]:
    """Names of the entries in a document that one of the above rendered."""
    pattern = rb"<(?:entry|item)>.*?<title>(.*?)</title>"
    return [name.decode() for name in re.findall(pattern, body, re.S)]
