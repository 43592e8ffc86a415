# SPDX-License-Identifier: MIT
"""Documents made by chance, cut: what is left says what it said before, and
nothing else does."""

import copy
import json
import random
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Callable

from harness.daemon import binary
from harness.waiting import PATIENCE

ATOM = "http://www.w3.org/2005/Atom"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS = "http://purl.org/rss/1.0/"
ROUNDS = 25


def named(prefix: str, uri: str) -> str:
    return f'xmlns:{prefix[:-1]}="{uri}"' if prefix else f'xmlns="{uri}"'


class Maker:
    """A document with entries of these numbers, written in some way."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.one = self.chance.choice

    def between(self) -> str:
        return self.one(["", " ", "\n", "\n\t ", "  "])

    def apart(self) -> str:
        return self.between() + self.one(
            ["", "", "<!-- not an <entry> -->", "<?not an-item?>"])

    def words(self) -> str:
        return self.one(["words", "Ж, ]} [{", '"items": [', "back\\", "😀"])

    def write(self, value: Any) -> str:
        comma = f"{self.between()},{self.between()}"
        if isinstance(value, dict):
            members = [f"{self.write(name)}{self.between()}:"
                       f"{self.between()}{self.write(value[name])}"
                       for name in value]
            self.chance.shuffle(members)
            return f"{{{self.between()}{comma.join(members)}}}"
        if isinstance(value, list):
            items = comma.join(self.write(item) for item in value)
            return f"[{self.between()}{items}{self.between()}]"
        return json.dumps(value, ensure_ascii=self.one([True, False]))

    def atom(self, numbers: list[int]) -> str:
        a = self.one(["", "a:"])
        entries = "".join(
            f"{self.apart()}<{a}entry><{a}id>{n}</{a}id>"
            f"<{a}title><![CDATA[</entry>]]></{a}title>"
            f"<{a}updated>2024-01-01T00:00:00Z</{a}updated>"
            f"<{a}content type='xhtml'>"
            "<div xmlns='http://www.w3.org/1999/xhtml'><entry>"
            f"{n}</entry></div></{a}content></{a}entry>" for n in numbers)
        return (f"<{a}feed {named(a, ATOM)}><{a}title>T</{a}title>"
                f"<{a}id>f</{a}id>{entries}{self.between()}</{a}feed>")

    def rss(self, numbers: list[int]) -> str:
        items = "".join(
            f"{self.apart()}<item><guid>{n}</guid><title>&lt;item></title>"
            f"<description><![CDATA[</item>{n}]]></description></item>"
            for n in numbers)
        return ("<?xml version='1.0'?>\n<rss version='2.0'><channel>"
                "<title>T</title><link>http://e.example/</link>"
                f"<description>d</description>{items}</channel></rss>")

    def rdf(self, numbers: list[int]) -> str:
        r, s = self.one([("rdf:", ""), ("", "r:"), ("q:", "r:")])
        # Attributes take no default namespace.
        at = r or "x:"
        places = "".join(
            f"{self.between()}<{r}li " + self.one(
                [f"{at}resource='{n}'/>", f"resource='{n}'></{r}li>",
                 f'{at}resource = "{n}" />']) for n in numbers)
        items = "".join(
            f"{self.apart()}<{s}item {at}about='{n}'><{s}title>{n}</{s}title>"
            f"<{s}link>http://e.example/{n}</{s}link></{s}item>"
            for n in numbers)
        return (f"<{r}RDF {named(r, RDF)} {named(s, RSS)} xmlns:x='{RDF}'>"
                f"<{s}channel {at}about='c'><{s}title>T</{s}title>"
                f"<{s}items><{r}Seq>{places}</{r}Seq></{s}items></{s}channel>"
                f"{items}</{r}RDF>")


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def about(element: ElementTree.Element) -> str:
    return next(iter(element.attrib.values()))


class Cut(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="story-")
        self.addCleanup(directory.cleanup)
        self.old = Path(directory.name, "old")
        self.new = Path(directory.name, "new")

    def cut(self, old: str, new: str) -> bytes:
        self.old.write_text(old, encoding="utf-8")
        self.new.write_text(new, encoding="utf-8")
        done = subprocess.run(
            [str(binary("websubctl")), "feed", "diff", str(self.old),
             str(self.new)], capture_output=True, timeout=PATIENCE,
            check=False)
        self.assertEqual(done.stderr, b"")
        return done.stdout

    def choose(self, chance: random.Random) -> tuple[list, list, list]:
        """Entries that were there, those that are, and those between."""
        numbers = list(range(1, chance.randint(1, 6) + 1))
        old = [n for n in numbers if chance.random() < 0.5]
        return old, numbers, [n for n in numbers if n not in old]

    def each(self, name: str, ids: Callable[[ElementTree.Element], list]
             ) -> None:
        for seed in range(ROUNDS):
            maker = Maker(f"{name} {seed}")
            old, numbers, new = self.choose(maker.chance)
            write = getattr(maker, name)
            document = write(numbers)
            cut = self.cut(write(old), document)
            with self.subTest(seed=seed, document=document, cut=cut):
                if not new:
                    # Elsewhere prefixes may be others: that is nothing.
                    self.assertEqual(cut, b"")
                    continue
                self.assertEqual(ids(ElementTree.fromstring(cut)),
                                 [str(n) for n in new])

    def test_atom(self) -> None:
        self.each("atom", lambda root: [
            entry.findtext(f"{{{ATOM}}}id")
            for entry in root.iter(f"{{{ATOM}}}entry")])

    def test_rss(self) -> None:
        self.each("rss", lambda root: [
            item.findtext("guid") for item in root.iter("item")])

    def test_rdf_and_its_sequence(self) -> None:
        def ids(root: ElementTree.Element) -> list:
            items = [about(item) for item in root if local(item) == "item"]
            places = [about(place) for place in root.iter()
                      if local(place) == "li"]
            self.assertEqual(items, places)
            return items

        self.each("rdf", ids)

    def test_json(self) -> None:
        for seed in range(ROUNDS):
            maker = Maker(f"json {seed}")
            old, numbers, new = self.choose(maker.chance)
            feed: dict[str, Any] = {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "items", "_more": {"items": [{"id": "9"}]},
                "items": [{"id": str(n), "title": maker.words(),
                           "content_text": maker.words(),
                           "tags": ["a", "b,]"], "_x": {"items": [n]}}
                          for n in numbers]}
            before, after = copy.deepcopy(feed), copy.deepcopy(feed)
            before["items"] = [feed["items"][n - 1] for n in old]
            after["items"] = [feed["items"][n - 1] for n in new]
            document = maker.write(feed)
            cut = self.cut(maker.write(before), document)
            with self.subTest(seed=seed, document=document, cut=cut):
                if new:
                    self.assertEqual(json.loads(cut), after)
                else:
                    self.assertEqual(cut, b"")


if __name__ == "__main__":
    unittest.main()
