# SPDX-License-Identifier: MIT
"""S11 and S14: documents and headers that are meant to hurt."""

import re
import unittest
from pathlib import Path

import stories  # noqa: F401
from harness import Answer, Atom, Daemon, Origin, Story
from harness.server import Seen

ATOM = "application/atom+xml"
FEED = "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>%s</feed>"
ENTRY = "<entry><id>urn:1</id><title>%s</title></entry>"
MiB = 1024 * 1024

HEADERS = {"host", "user-agent", "content-type", "content-length", "link",
           "hub-sequence", "hub-previous", "accept", "x-hub-signature",
           "connection", "hub-gap"}


def memory(hub: Daemon) -> int:
    """Bytes that are the daemon's own, and were at most."""
    text = Path(f"/proc/{hub.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", text)[1]) * 1024


def laughs(levels: int, each: int) -> str:
    rules = "".join(
        f"<!ENTITY a{n} '" + f"&a{n - 1};" * each + "'>"
        for n in range(1, levels))
    return ("<?xml version='1.0'?><!DOCTYPE feed [<!ENTITY a0 'lol'>"
            f"{rules}]>" + FEED % (ENTRY % f"&a{levels - 1};"))


def corpus(trap: str) -> dict[str, bytes]:
    def outside(declaration: str, use: str = "&x;") -> str:
        return (f"<?xml version='1.0'?><!DOCTYPE feed [{declaration}]>"
                + FEED % (ENTRY % use))
    deep = "<a>" * 200_000 + "</a>" * 200_000
    return {name: text.encode() if isinstance(text, str) else text
            for name, text in {
        "billion laughs": laughs(10, 10),
        "quadratic": ("<?xml version='1.0'?><!DOCTYPE feed [<!ENTITY x '"
                      + "a" * 100_000 + "'>]>"
                      + FEED % (ENTRY % ("&x;" * 5000))),
        "a file": outside("<!ENTITY x SYSTEM 'file:///etc/passwd'>"),
        "a page": outside(f"<!ENTITY x SYSTEM '{trap}/entity'>"),
        "a parameter entity": outside(
            f"<!ENTITY % p SYSTEM '{trap}/parameter'> %p;", ""),
        "an outer subset": f"<!DOCTYPE feed SYSTEM '{trap}/dtd'>"
                           + FEED % (ENTRY % "x"),
        "a public subset": f"<!DOCTYPE feed PUBLIC '-//X' '{trap}/public'>"
                           + FEED % (ENTRY % "x"),
        "an inclusion": FEED % (
            "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
            f"href='{trap}/inclusion'/>"),
        "a stylesheet": f"<?xml-stylesheet href='{trap}/style'?>"
                        + FEED % (ENTRY % "x"),
        "itself": outside("<!ENTITY x '&y;'><!ENTITY y '&x;'>"),
        "deep": FEED % (ENTRY % deep),
        "deep without an end": "<a>" * 500_000,
        "one attribute": FEED % f"<entry a='{'x' * (8 * MiB)}'/>",
        "many attributes": FEED % (
            "<entry " + " ".join(f"a{n}='{n}'" for n in range(100_000))
            + "/>"),
        "many namespaces": FEED % "".join(
            f"<e{n}:a xmlns:e{n}='urn:{n}'/>" for n in range(50_000)),
        "many names": FEED % "".join(f"<n{n}/>" for n in range(200_000)),
        "many entries": FEED % "".join(
            f"<entry><id>{n}</id></entry>" for n in range(100_000)),
        "one text": FEED % (ENTRY % ("x" * (8 * MiB))),
        "a comment without an end": FEED % "<!--" + "x" * MiB,
        "UTF-7": "<?xml version='1.0' encoding='UTF-7'?>"
                 "+ADw-feed+AD4-" + FEED % "",
        "UTF-16 that says UTF-8": ("<?xml version='1.0' encoding='UTF-8'?>"
                                   + FEED % "").encode("utf-16-le"),
        "UTF-8 that says UTF-16": "<?xml version='1.0' encoding='UTF-16'?>"
                                  + FEED % (ENTRY % "x"),
        "half a character": (FEED % (ENTRY % "ä")).encode()[:-60],
        "zeros": FEED % (ENTRY % "\0\0") + "\0" * 1000,
        "only zeros": b"\0" * MiB,
        "EBCDIC": ("<?xml version='1.0' encoding='IBM037'?>"
                   + FEED % "").encode("cp037"),
    }.items()}


class Documents(Story):
    def test_S11_no_document_can_hurt_the_hub(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        trap = self.origin()
        documents = corpus(trap.base)
        topics: dict[str, str] = {}
        since = hub.mark()
        for number, name in enumerate(documents):
            topics[name] = origin.serve(b"nothing yet", ATOM,
                                        path=f"/{number}")
            self.accepted(hub, "subscribe", topics[name],
                          callback.url(f"{number}"))
        hub.wait_for("update", len(topics), since)
        before = memory(hub)
        for number, (name, document) in enumerate(documents.items()):
            origin.serve(document, ATOM, path=f"/{number}")
        self.publish(hub, *topics.values())
        # Nobody is kept waiting by them.
        other, feed = self.callback(), Atom().add("one")
        topic = self.origin().serve(feed)
        self.subscribe(hub, topic, other.url())
        posts = callback.wait_posts(len(topics))
        if not hub.sanitized:
            self.assertLess(memory(hub) - before, 128 * MiB)
        got = {post.path.rpartition("/")[2]: post.body for post in posts}
        for number, (name, document) in enumerate(documents.items()):
            with self.subTest(document=name):
                # Passed on as it is: all of it is new.
                self.assertTrue(got[f"{number}"] == document)
        self.assertEqual([seen.target for seen in trap.fetches.all()], [])
        self.assertEqual(trap.accepted, 0)
        self.assertEqual(hub.client.get("/healthz").status, 200)


class Headers(Story):
    def delivery(self, origin: Origin, raw: bytes) -> Seen | None:
        """What becomes of an answer with this head; None: it was refused."""
        hub, callback = self.hub, self.callback()
        body = b"words %d" % len(self.servers)
        path = f"/{len(self.servers)}"
        answer = Answer(raw=b"HTTP/1.1 200 OK\r\n" + raw
                        + b"Content-Length: %d\r\n\r\n" % len(body) + body,
                        close=True)
        origin.answers[path] = answer
        since = hub.mark()
        self.follow(hub, origin.url(path), callback.url())
        self.publish(hub, origin.url(path))
        if hub.lines("fetch.failed", since):
            return None
        seen = callback.wait_posts(1)[0]
        self.assertEqual(seen.body, body)
        return seen

    def test_S14_no_header_of_an_origin_gets_into_another(self) -> None:
        self.hub = self.daemon()
        origin = self._server(Scripted())
        heads = {
            "controls": b"Content-Type: text/plain\x01\x7f\x1b[31m\r\n",
            "a bare CR": b"Content-Type: text/plain\rX-Evil: 1\r\n",
            "a fold": b"Content-Type: text/plain\r\n X-Evil: 1\r\n",
            "a bare LF": b"Content-Type: text/plain\nX-Evil: 1\r\n",
            "too long": b"Content-Type: text/" + b"x" * 5000 + b"\r\n",
            "two of them": b"Content-Type: a/b\r\nContent-Type: c/d\r\n",
            "bytes": b"Content-Type: text/\xff\xfe\r\n",
            "a link with controls": b"Content-Type: text/plain\r\nLink: "
                                    b"<http://h/\x01\x02>; rel=hub\r\n",
            "a link with a bracket": b"Content-Type: text/plain\r\nLink: "
                                     b'<http://h/<x>>; rel="hub"\r\n',
            "a link of markup": b"Content-Type: text/plain\r\nLink: "
                                b'<http://h/">; rel="hub">; rel="self"\r\n',
            "a link elsewhere": b"Content-Type: text/plain\r\nLink: "
                                b'<javascript:alert(1)>; rel="self", '
                                b'<file:///etc/passwd>; rel="hub"\r\n',
            "a long link": b"Content-Type: text/plain\r\nLink: <http://h/"
                           + b"x" * 9000 + b">; rel=hub\r\n",
            "many links": b"Content-Type: text/plain\r\n" + b"".join(
                b"Link: <http://h/%d%s>; rel=hub\r\n" % (n, b"y" * 900)
                for n in range(60)),
            "others": b"Content-Type: text/plain\r\nSet-Cookie: a=b\r\n"
                      b"X-Evil: 1\r\nTransfer-Encoding: identity\r\n"
                      b"X-Hub-Signature: sha1=00\r\nETag: \"x\x01\"\r\n"
                      b"Last-Modified: never\r\n",
        }
        for name, head in heads.items():
            with self.subTest(head=name):
                seen = self.delivery(origin, head)
                if seen is None:
                    continue
                self.check(seen)
                if name == "a long link":
                    # Not even the beginning of it: that is another URL.
                    self.assertNotIn("xxx", seen.get("Link"))

    def check(self, seen: Seen) -> None:
        names = {field.lower() for field, _ in seen.message.fields}
        self.assertEqual(names - HEADERS, set())
        self.assertEqual(seen.all("X-Hub-Signature"), [])
        text = seen.message.head.replace(b"\r\n", b"")
        self.assertEqual(re.findall(rb"[\x00-\x1f\x7f]", text), [])
        self.assertLessEqual(len(seen.get("Content-Type") or ""), 1024)
        link = seen.get("Link") or ""
        self.assertLessEqual(len(link), 3 * 4096)
        targets = re.findall(r"<([^<>]*)>; rel=\"(?:hub|self)\"(?:, |$)",
                             link)
        self.assertEqual(link.count("<"), len(targets))
        for target in targets:
            self.assertRegex(target, "^https?://")


class Scripted(Origin):
    """Each path has one answer, to the byte."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        super().__init__()

    def answer(self, seen: Seen) -> Answer:
        self.fetches.put(seen)
        return self.answers.get(seen.target) or Answer(404)


if __name__ == "__main__":
    unittest.main()
