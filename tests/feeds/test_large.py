# SPDX-License-Identifier: MIT
"""Documents that are too large to be stored, and those that are made to hold
a reader: none takes longer than a second for each megabyte."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from fixtures import inspect, method_name, run, websubctl

MB = 1 << 20
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'


def entries(first: int, count: int) -> str:
    return "".join(
        f"<entry><id>urn:many:{n}</id><title>Number {n}</title>"
        f"<updated>2026-01-01T00:00:00Z</updated>"
        f'<link href="https://many.example.org/{n}"/>'
        f"<content>{n} is the {n}th of them.</content></entry>\n"
        for n in range(first, first + count))


def atom(first: int, count: int) -> bytes:
    return (f"<feed {ATOM}><title>Many</title>\n{entries(first, count)}"
            f"</feed>\n").encode()


def rss(items: str) -> bytes:
    return (f'<rss version="2.0"><channel><title>Held</title>{items}'
            f"</channel></rss>").encode()


def sanitized() -> bool:
    program = Path(websubctl()).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


class Large(unittest.TestCase):
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)

    def file(self, name: str, data: bytes) -> str:
        path = Path(self._folder.name, name)
        path.write_bytes(data)
        return str(path)

    def test_ten_thousand_entries_are_read(self) -> None:
        got = inspect({}, "-", atom(0, 10_000))
        self.assertEqual([entry["id"] for entry in got["entries"]],
                         [f"urn:many:{n}" for n in range(10_000)])

    def test_ten_thousand_items_of_json_are_read(self) -> None:
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Many",
                "items": [{"id": str(n), "content_text": "x"}
                          for n in range(10_000)]}
        got = inspect({}, "-", json.dumps(feed).encode())
        self.assertEqual([entry["id"] for entry in got["entries"]],
                         [str(n) for n in range(10_000)])

    def test_of_ten_thousand_entries_one_is_new(self) -> None:
        given = run("diff", self.file("old", atom(1, 10_000)),
                    self.file("new", atom(0, 10_001)))
        got = inspect({}, "-", given)
        self.assertEqual([entry["id"] for entry in got["entries"]],
                         ["urn:many:0"])

    def test_pages_that_rotate_bring_nothing_new_twice(self) -> None:
        pages = [self.file(str(n), atom(1000 * n, 1000)) for n in range(8)]
        self.assertEqual(run("diff", *pages, pages[0]), b"")
        self.assertEqual(run("diff", *pages, pages[3]), b"")

    def test_forty_megabytes_of_one_entry_are_read(self) -> None:
        item = "<item><title>Big</title><description>{}</description></item>"
        got = inspect({}, "-", rss(item.format("word " * (8 * MB))))
        self.assertEqual(got["entries"][0]["title"], "Big")


# Each of about 1 MB.
HOSTILE = {
    "a million open tags": rss("<a>" * (MB // 3)),
    "open tags of items": rss("<item>" * (MB // 6)),
    "open tags of entries in Atom":
        f"<feed {ATOM}>{'<entry><id>' * (MB // 11)}".encode(),
    "end tags without a beginning": rss("</a>" * (MB // 4)),
    "crossing tags": rss("<a><b></a></b>" * (MB // 14)),
    "deep nests that are closed":
        rss(("<d>" * 60_000 + "</d>" * 60_000) * 2),
    "one tag of many attributes":
        rss("<a " + " ".join(f'a{n}="1"' for n in range(90_000)) + "/>"),
    "many tags of many attributes":
        rss("".join("<a " + " ".join(f'a{n}="1"' for n in range(250)) + "/>"
                    for _ in range(450))),
    "attributes of one name": rss("<a " + 'a="" ' * (MB // 5) + "/>"),
    "one tag of many namespaces":
        rss("<a " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(50_000))
            + "/>"),
    "nests of namespaces":
        rss("".join(f'<a xmlns:n{n}="u{n}">' for n in range(40_000))),
    "elements of many names":
        rss("".join(f"<n{n}/>" for n in range(110_000))),
    "one name of a megabyte": rss(f"<{'n' * MB}/>"),
    "one value of a megabyte": rss(f'<a b="{"v" * MB}"/>'),
    "a value that is not closed": rss('<a b="' + "v" * MB),
    "values that are not closed": rss('<a b="' * (MB // 6)),
    "ampersands": rss("&" * MB),
    "entities that nobody knows": rss("&nobody;" * (MB // 8)),
    "entities of HTML": rss("&nbsp;" * (MB // 6)),
    "character references": rss("&#38;" * (MB // 5)),
    "less-than signs": rss("<" * MB),
    "greater-than signs": rss(">" * MB),
    "ends of sections": rss("]]>" * (MB // 3)),
    "sections of nothing": rss("<![CDATA[]]>" * (MB // 12)),
    "sections that are not closed": rss("<![CDATA[" * (MB // 9)),
    "a section that is not closed": rss("<![CDATA[" + "x" * MB),
    "comments that are not closed": rss("<!--" * (MB // 4)),
    "a comment of dashes": rss("<!--" + "-" * MB),
    "instructions that are not closed": rss("<?a " * (MB // 4)),
    "declarations within": rss("<!DOCTYPE a>" * (MB // 12)),
    "a million laughs":
        b"<!DOCTYPE rss [<!ENTITY a0 'ha'>"
        + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10)
                   for n in range(1, 10))
        + b"]>" + rss("<item><title>&a9;</title></item>" * 5000),
    "one long entity many times":
        b"<!DOCTYPE rss [<!ENTITY a '" + b"x" * 50_000 + b"'>]>"
        + rss("<item><title>" + "&a;" * 300_000 + "</title></item>"),
    "a document type that is not closed":
        b"<!DOCTYPE rss [" + b"<!ENTITY a 'x'>" * (MB // 15),
    "blanks before the root": b" " * MB + rss(""),
    "words before the root": b"Warning: x <br/> " * (MB // 17) + rss(""),
    "roots after the root": rss("") * (MB // 70),
    "control characters": rss("\x01" * MB),
    "bytes that are no characters": b"<rss version='2.0'>" + b"\xff\xfe\xe9" *
        (MB // 3),
    "half characters of Shift_JIS":
        b"<?xml version='1.0' encoding='shift_jis'?><rss version='2.0'>"
        + b"\x81\xff" * (MB // 2),
    "halves of pairs in UTF-16": b"\xff\xfe" + "<rss>".encode("utf-16le")
        + b"\x00\xd8" * (MB // 2),
    "undeclared prefixes":
        rss("".join(f"<p{n}:x/>" for n in range(100_000))),
    "unquoted values": rss("<a b=c d=e f=g/>" * (MB // 16)),
    "links": rss('<link xmlns="http://www.w3.org/2005/Atom" rel="hub" '
                 'href="https://h.example/"/>' * (MB // 76)),
    "bases within bases": rss(f'<a xml:base="{"b/" * 500}">' * 1000),
    "items of one guid":
        rss("<item><guid>same</guid><title>x</title></item>" * (MB // 48)),
    "empty items": rss("<item/>" * (MB // 7)),
    "brackets of JSON": b"[" * MB,
    "braces of JSON": b'{"a":' * (MB // 5),
    "a JSON Feed of open brackets":
        b'{"version":"https://jsonfeed.org/version/1.1","items":'
        + b"[" * MB,
    "a JSON Feed of commas":
        b'{"version":"https://jsonfeed.org/version/1.1","items":['
        + b"," * MB,
    "a JSON Feed of empty items":
        b'{"version":"https://jsonfeed.org/version/1.1","items":['
        + b"{}," * (MB // 3) + b"{}]}",
    "a JSON Feed of one string that is not closed":
        b'{"version":"https://jsonfeed.org/version/1.1","title":"' + b"x" * MB,
    "a JSON Feed of backslashes":
        b'{"version":"https://jsonfeed.org/version/1.1","title":"'
        + b"\\" * MB,
    "a page of open tags": b"<!doctype html><html>" + b"<div>" * (MB // 5),
    "a page of links": b"<!doctype html><head>"
        + b'<link rel=hub href="//h.example">' * (MB // 34),
    "a page of comments": b"<!doctype html>" + b"<!-- -- " * (MB // 8),
    "a page of scripts": b"<!doctype html>" + b"<script>" * (MB // 8),
    "nothing but zeros": b"\0" * MB,
    "nothing but letters": b"x" * MB,
}


class Hostile(unittest.TestCase):
    """Processor time counts, which a busy machine does not change."""

    def seconds(self, *arguments: str) -> float:
        command = [websubctl(), "feed", *arguments]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return used.ru_utime + used.ru_stime


def _add(says: str, data: bytes) -> None:
    def test(self: Hostile) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            inspecting = self.seconds("inspect", file.name)
            comparing = self.seconds("diff", file.name, file.name)
        if not sanitized():
            self.assertLess(inspecting, 1)
            self.assertLess(comparing, 2)
    test.__name__ = method_name(says + " hold nobody")
    setattr(Hostile, test.__name__, test)


for _says, _data in HOSTILE.items():
    _add(_says, _data)

if __name__ == "__main__":
    unittest.main()
