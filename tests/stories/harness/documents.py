# SPDX-License-Identifier: MIT
"""Feeds of every format in words that other charsets have too, and a
subscriber of one of them."""

import re
from dataclasses import dataclass
from typing import Callable

from .server import Answer
from .story import Story
from .waiting import until

ATOM = ('<?xml version="1.0" encoding="{charset}"?>\n'
        '<!-- made by hand -->\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru">\n'
        " <title>Заметки &amp; мысли</title>\n"
        " <id>tag:example.org,2024:feed</id>\n"
        " <updated>2024-01-02T03:04:05Z</updated>\n{entries}</feed>\n")
ATOM_ENTRY = ("  <entry><id>tag:example.org,2024:{name}</id>"
              "<title>Запись {name}</title>"
              "<updated>2024-01-02T03:04:05Z</updated>"
              "<content>слова {text}</content></entry>\n")

RSS = ('<?xml version="1.0" encoding="{charset}"?>\n'
       '<rss version="2.0"><channel>\n <title>Заметки</title>\n'
       " <link>http://example.org/</link>\n"
       " <description>слова</description>\n{entries}</channel></rss>\n")
RSS_ENTRY = ("  <item><guid isPermaLink='false'>{name}</guid>"
             "<title>Запись {name}</title>"
             "<description><![CDATA[слова {text}]]></description></item>\n")

RDF = ('<?xml version="1.0" encoding="{charset}"?>\n'
       '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
       ' xmlns="http://purl.org/rss/1.0/">\n'
       '<channel rdf:about="http://example.org/"><title>Заметки</title>\n'
       "<link>http://example.org/</link><description>слова</description>\n"
       "<items><rdf:Seq>\n{places}</rdf:Seq></items></channel>\n"
       "{entries}</rdf:RDF>\n")
RDF_PLACE = ' <rdf:li rdf:resource="http://example.org/{name}"/>\n'
RDF_ENTRY = (' <item rdf:about="http://example.org/{name}">'
             "<title>Запись {name}</title><link>http://example.org/{name}"
             "</link><description>слова {text}</description></item>\n")

JSON = ('{{"version": "https://jsonfeed.org/version/1.1",\n'
        ' "title": "Заметки",\n "items": [\n{entries}\n ],\n'
        ' "_after": {{"kept": true}}}}\n')
JSON_ENTRY = ('  {{"id": "{name}", "title": "Запись {name}",'
              ' "content_text": "слова {text}"}}')


@dataclass
class Feed:
    """Newest first.  A name may carry another text: "a=other"."""
    content_type: str
    document: str
    entry: str
    place: str = ""
    between: str = ""
    charset: str = "utf-8"

    def render(self, *names: str) -> bytes:
        pairs = [(name, text or "text") for name, _, text in
                 (word.partition("=") for word in names)]
        text = self.document.format(
            charset=self.charset,
            places="".join(self.place.format(name=name) for name, _ in pairs),
            entries=self.between.join(
                self.entry.format(name=name, text=text)
                for name, text in pairs))
        return text.encode(self.charset)


def atom(charset: str = "utf-8") -> Feed:
    return Feed("application/atom+xml", ATOM, ATOM_ENTRY, charset=charset)


def rss(charset: str = "utf-8") -> Feed:
    return Feed("application/rss+xml", RSS, RSS_ENTRY, charset=charset)


def rdf(charset: str = "utf-8") -> Feed:
    return Feed("application/rdf+xml", RDF, RDF_ENTRY, RDF_PLACE,
                charset=charset)


def json_feed() -> Feed:
    return Feed("application/feed+json", JSON, JSON_ENTRY, between=",\n")


EVERY = {"atom": atom, "rss": rss, "rdf": rdf, "json": json_feed}


def is_cut_from(part: bytes, whole: bytes) -> bool:
    """Nothing was added or changed, only left out."""
    rest = iter(whole)
    return all(byte in rest for byte in part)


def names_in(body: bytes, charset: str = "utf-8") -> list[str]:
    return re.findall(r"Запись (\w+)", body.decode(charset))


class Documents(Story):
    def begin(self, feed: Feed, *names: str, options: tuple = (),
              **params: str) -> None:
        """A subscriber whose first delivery is behind him."""
        # Whoever takes nothing for a while is not given up meanwhile.
        self.hub = self.daemon("--retry-attempts=1000", *options)
        self.feed, self.source = feed, self.origin()
        self.receiver = self.callback()
        self.topic = self.source.serve(feed.render(*names),
                                        feed.content_type)
        self.follow(self.hub, self.topic, self.receiver.url(), **params)

    def update(self, *names: str) -> bytes:
        """The document as it is from now on; the hub has seen it."""
        body = self.feed.render(*names)
        since = self.hub.mark()
        self.source.serve(body, self.feed.content_type)
        self.publish(self.hub, self.topic)
        self.hub.wait_for("update", since=since)
        return body

    def delivered(self, *names: str) -> tuple[bytes, bytes]:
        """What was published, and what came of it to one that was there."""
        count = len(self.receiver.posts)
        body = self.update(*names)
        return body, self.receiver.wait_posts(count + 1)[count].body

    def refuse_until(self, good: Callable[[list[str]], bool]) -> list:
        """From now on he takes nothing before one that is as wanted, and
        then everything.  What he takes, in order."""
        taken: list = []

        def on_post(seen) -> Answer:
            charset = self.feed.charset
            if not taken and not good(names_in(seen.body, charset)):
                return Answer(503)
            taken.append(seen)
            return Answer(204)
        self.receiver.on_post = on_post
        return taken

    def wait_taken(self, taken: list, count: int) -> list:
        # What is taken is among the posts a moment later.
        self.receiver.posts.wait_until(
            lambda posts: len(taken) >= count
            and any(post is taken[count - 1] for post in posts),
            f"{count} that are taken")
        return taken

    def wait_refused(self) -> None:
        """He who takes nothing is behind, and what is sent from now on is
        made from what the hub has now.  (The first post may have been on its
        way before.)"""
        self.receiver.wait_posts(len(self.receiver.posts) + 2)
        until(lambda: self.hub.status()["store"]["lagging"] == 1,
              "him to be behind")

    def assert_cut(self, part: bytes, whole: bytes, *names: str) -> None:
        charset = self.feed.charset
        self.assertEqual(names_in(part, charset), list(names))
        self.assertTrue(is_cut_from(part, whole))
        # But for the blanks where others were it is as if the publisher had
        # published just these.
        squeeze = re.compile(r"\s+")
        texts = {name: text for name, text in re.findall(
            r"Запись (\w+).*?слова (\w+)", whole.decode(charset), re.S)}
        wanted = self.feed.render(*(f"{name}={texts[name]}"
                                    for name in names))
        self.assertEqual(squeeze.sub("", part.decode(charset)),
                         squeeze.sub("", wanted.decode(charset)))
