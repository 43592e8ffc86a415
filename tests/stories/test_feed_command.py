# SPDX-License-Identifier: MIT
"""websubctl feed: what the hub reads in a document, what it would send of its
next version, and why."""

import json
import os
import subprocess
import tempfile
import unittest

from harness import PATIENCE, binary

FINE, CANNOT, USAGE = 0, 1, 2
HEAD = ('<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/'
        'slash/">\n<channel>\n<title>T</title>\n<link>http://e.example/</link>'
        '\n<lastBuildDate>{built}</lastBuildDate>\n')
TAIL = "</channel>\n</rss>\n"


def item(guid: str, title: str = "t", more: str = "") -> str:
    return (f"<item>\n <guid>{guid}</guid>\n <title>{title}</title>{more}\n"
            "</item>\n")


def comments(count: int) -> str:
    return f"<slash:comments>{count}</slash:comments>"


def rss(*items: str, built: str = "now") -> str:
    return HEAD.format(built=built) + "".join(items) + TAIL


class Feed(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="story-")
        self.addCleanup(self.directory.cleanup)
        self.count = 0

    def file(self, text: str | bytes) -> str:
        self.count += 1
        name = os.path.join(self.directory.name, f"{self.count}.xml")
        with open(name, "wb") as to:
            to.write(text if isinstance(text, bytes) else text.encode())
        return name

    def run_feed(self, *arguments: str, code: int = FINE,
                 given: bytes = b"") -> bytes:
        done = subprocess.run([binary("websubctl"), "feed", *arguments],
                              input=given, capture_output=True, timeout=PATIENCE,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr == b"", code == FINE, done.stderr)
        return done.stdout

    def inspect(self, text: str | bytes, *options: str) -> dict:
        return json.loads(self.run_feed("inspect", *options, self.file(text)))

    def diff(self, *versions: str | bytes) -> str:
        files = [self.file(version) for version in versions]
        return self.run_feed("diff", *files).decode("utf-8", "replace")

    def why(self, *versions: str | bytes) -> list[str]:
        files = [self.file(version) for version in versions]
        out = self.run_feed("diff", "--why", *files).decode()
        told = json.loads(self.run_feed("diff", "--why", "--json", *files))
        self.assertEqual(
            [line.split()[0] for line in out.splitlines()
             if line.split()[0] in ("new", "changed", "ignored", "returned",
                                    "gone")],
            [entry["turn"] for entry in told["entries"]
             if entry["turn"] != "unchanged"])
        return out.splitlines()


class Inspect(Feed):
    def test_it_says_what_it_read(self) -> None:
        told = self.inspect(rss(item("2", "two"), item("1", "one")))
        self.assertEqual(told["format"], "rss20")
        self.assertEqual(told["charset"], "utf-8")
        self.assertEqual((told["repairs"], told["incomplete"]), ([], False))
        self.assertEqual(told["title"], "T")
        self.assertEqual([entry["id"] for entry in told["entries"]],
                         ["2", "1"])

    def test_it_says_what_was_repaired(self) -> None:
        told = self.inspect(rss(item("1", "a & b&nbsp;")))
        self.assertEqual(set(told["repairs"]), {"ampersand", "entities"})
        self.assertEqual(told["entries"][0]["title"], "a & b\u00a0")
        told = self.inspect(rss(item("2"), item("1"))[:-40])
        self.assertEqual(told["repairs"], ["tail"])
        self.assertIs(told["incomplete"], True)
        self.assertEqual(len(told["entries"]), 1)

    def test_it_says_what_the_feed_says_of_polls(self) -> None:
        told = self.inspect(rss("<ttl>60</ttl><skipDays><day>Sunday</day>"
                                "</skipDays>\n", item("1")))
        self.assertEqual(told["hints"], {"ttl": 3600, "skip_days": [0]})

    def test_a_type_and_a_base_can_be_given(self) -> None:
        latin = rss(item("1", "caf\u00e9")).replace(
            ' encoding="utf-8"', "").encode("latin-1")
        told = self.inspect(latin,
                            "--content-type=text/xml; charset=iso-8859-1")
        self.assertEqual(told["entries"][0]["title"], "caf\u00e9")
        self.assertEqual(told["charset"], "windows-1252")
        told = self.inspect('<feed xmlns="http://www.w3.org/2005/Atom">'
                            '<link rel="self" href="/f"/></feed>',
                            "--base=http://e.example/x")
        self.assertEqual(told["self"], "http://e.example/f")

    def test_the_standard_input_is_read(self) -> None:
        told = json.loads(self.run_feed("inspect", "-",
                                        given=rss(item("1")).encode()))
        self.assertEqual(told["format"], "rss20")

    def test_whatever_it_is_there_is_an_answer(self) -> None:
        for text in (b"", b"\0\xff", b"{}", b"<", b"<!doctype html>x"):
            self.assertEqual(self.inspect(text)["entries"], [])

    def test_exit_codes(self) -> None:
        self.run_feed("inspect", "/nowhere/at/all", code=CANNOT)
        name = self.file("")
        for wrong in ([], ["inspect"], ["inspect", name, name], ["diff", name],
                      ["look", name], ["inspect", "--what", name],
                      ["inspect", "--why", name]):
            self.run_feed(*wrong, code=USAGE)
        self.run_feed("diff", name, "/nowhere/at/all", code=CANNOT)


class Diff(Feed):
    def test_only_what_is_new_is_printed_in_its_own_bytes(self) -> None:
        old = rss(item("2"), item("1"))
        new = rss(item("4", "<![CDATA[x]]>"), item("3"), item("2"), item("1"),
                  built="later")
        self.assertEqual(self.diff(old, new),
                         rss(item("4", "<![CDATA[x]]>"), item("3"),
                             built="later"))

    def test_nothing_new_prints_nothing(self) -> None:
        old = rss(item("2", more=comments(1)), item("1"))
        for new in (old, rss(item("2", more=comments(1)), item("1"),
                             built="later"),
                    rss(item("1"), item("2", more=comments(1))),
                    rss(item("2", more=comments(9)), item("1")),
                    rss(item("1")), rss()):
            self.assertEqual(self.diff(old, new), "")

    def test_what_returns_is_not_new(self) -> None:
        one, other = rss(item("2"), item("1")), rss(item("4"), item("3"))
        self.assertEqual(self.diff(one, other, one), "")
        self.assertEqual(self.diff(one, rss(), one), "")
        self.assertEqual(
            self.diff(one, other, rss(item("2"), item("1", "new"))),
            rss(item("1", "new")))

    def test_a_page_of_errors_makes_nothing_new(self) -> None:
        one = rss(item("2"), item("1"))
        page = "<!doctype html><p>503"
        self.assertEqual(self.diff(one, page), "")
        self.assertEqual(self.diff(one, page, one), "")
        self.assertEqual(self.diff(one, "", rss(item("3"), item("2"))),
                         rss(item("3")))

    def test_a_truncated_feed_brings_its_whole_entries(self) -> None:
        one = rss(item("2"), item("1"))
        cut = rss(item("3"), item("2"), item("1"))[:-40]
        self.assertIn("<guid>3</guid>", self.diff(one, cut))
        self.assertNotIn("<guid>2</guid>", self.diff(one, cut))
        self.assertEqual(
            self.diff(one, cut, rss(item("3"), item("2"), item("1"))), "")

    def test_every_format_is_cut(self) -> None:
        rdf = ('<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://'
               'www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="c">'
               "<items><rdf:Seq>{}</rdf:Seq></items></channel>{}</rdf:RDF>")
        seat, stone = '<rdf:li rdf:resource="{0}"/>', '<item rdf:about="{0}"/>'

        def stones(*names: str) -> str:
            return rdf.format("".join(map(seat.format, names)),
                              "".join(map(stone.format, names)))

        self.assertEqual(self.diff(stones("b", "a"), stones("c", "b", "a")),
                         stones("c"))
        feed = '{{"version":"https://jsonfeed.org/version/1.1","items":[{}]}}'
        self.assertEqual(
            self.diff(feed.format('{"id":"1"}'),
                      feed.format('{"id":"2"},{"id":"1"}')),
            feed.format('{"id":"2"}'))

    def test_other_documents_are_printed_whole(self) -> None:
        self.assertEqual(self.diff("one", "two"), "two")
        self.assertEqual(self.diff("one", "one"), "")


class Why(Feed):
    def test_each_entry_has_its_reason(self) -> None:
        lines = self.why(
            rss(item("5"), item("4"), item("3", more=comments(1)), item("2"),
                item("1")),
            rss(item("6", "six"), item("5", "five"),
                item("4", more="<enclosure url='http://e.example/a'/>"
                     + comments(2)),
                item("3", more=comments(4)), item("1")))
        self.assertEqual(lines[1:8], [
            'new       6 "six"',
            'changed   5 "five": title',
            'changed   4 "t": enclosure; passed over: slash:comments',
            'ignored   3 "t": only slash:comments',
            'gone      2 "t": taken out',
            "unchanged 1 entry",
            "around    unchanged"])

    def test_the_verdict_says_who_gets_what(self) -> None:
        old, new = rss(item("1")), rss(item("2"), item("1"))
        lines = self.why(old, new)
        self.assertEqual(lines[-3:], [
            "verdict   entries are new or changed",
            f"entries   get 1 entry in {len(rss(item('2')))} bytes",
            f"full      get the whole document, {len(new)} bytes"])
        lines = self.why(old, rss(item("1"), built="later"))
        self.assertEqual(lines[-4:], [
            "around    ignored", "verdict   nothing is new",
            "entries   get nothing", "full      get nothing"])

    def test_M14_other_links_are_news_for_everybody(self) -> None:
        link = ('<atom:link xmlns:atom="http://www.w3.org/2005/Atom" '
                'rel="hub" href="http://h.example/"/>\n')
        lines = self.why(rss(item("1")), rss(link, item("1")))
        self.assertIn("verdict   only what surrounds the entries has changed",
                      lines)
        self.assertEqual(
            lines[-2],
            f"entries   get the document without entries, "
            f"{len(rss(link))} bytes")
        lines = self.why(rss(item("1")),
                         rss("<copyright>c</copyright>\n", item("1")))
        self.assertEqual(lines[-2], "entries   get nothing")

    def test_a_page_instead_of_the_feed_is_refused(self) -> None:
        lines = self.why(rss(item("1")), "<!doctype html><p>sorry")
        self.assertEqual(lines[1], "verdict   no feed where there was one: "
                         "as if the fetch had failed")

    def test_what_was_mended_is_told(self) -> None:
        lines = self.why(rss(item("1")), rss(item("2", "a & b"), item("1")))
        self.assertTrue(lines[0].endswith(", mended: ampersand"), lines[0])

    def test_titles_do_not_steer_the_terminal(self) -> None:
        lines = self.why(rss(), rss(item("1", "a\u009b1m&#x9;b\u007fc")))
        self.assertNotRegex("".join(lines), "[\x00-\x1f\x7f-\x9f]")


if __name__ == "__main__":
    unittest.main()
