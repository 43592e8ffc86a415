# SPDX-License-Identifier: MIT
"""R120 to R127: of feeds only what is new, by cutting, never by writing."""

import re
import unittest

import stories  # noqa: F401
from harness import Answer, Atom, Daemon, Rss, Story, entries_of
from harness.callback import signature
from harness.server import Seen

ATOM, RSS = "application/atom+xml", "application/rss+xml"

# Everything that a writer of XML would change.
RICH = """<?xml version="1.0" encoding="%(encoding)s"?>
<?xml-stylesheet type='text/xsl'   href="style.xsl"?>
<!DOCTYPE f:feed SYSTEM "http://127.9.9.9:9999/f.dtd">
<!-- before, with <f:entry> in it -->
<f:feed xmlns:f="http://www.w3.org/2005/Atom"   xml:lang='de'
        xmlns:x="urn:x">
  <f:title type="text">Grüße &amp; <![CDATA[<f:entry>]]> &#x41;</f:title>
  <f:id>urn:feed</f:id><f:updated>2024-01-01T00:00:00Z</f:updated>
  <x:entry>none of theirs</x:entry>
  <!-- between -->
%(entries)s  <x:last   a = '1'/>
</f:feed>
<!-- after -->
"""


def rich_entry(name: str, text: str = "") -> str:
    return (f"<f:entry   x:y='{name}'><f:title>{name}</f:title>\n"
            f"  <f:id>urn:{name}</f:id><!-- kept --><?pi {name}?>\n"
            f"  <f:content type=\"html\"><![CDATA[<b>ä</b> ]]>&lt;{text}"
            "</f:content><x:empty></x:empty><x:short/></f:entry>\n")


def rich(*names: str, encoding: str = "UTF-8") -> bytes:
    text = RICH % {"encoding": encoding,
                   "entries": "".join(map(rich_entry, names))}
    return text.encode(encoding)


def names_in(body: bytes, encoding: str = "UTF-8") -> list[str]:
    return re.findall(r"<f:entry   x:y='(\w+)'", body.decode(encoding))


class Diff(Story):
    def start(self, document: bytes | Atom | Rss, kind: str | None = None,
              *options: str, **params: str) -> None:
        """One subscriber, who has had the whole document once."""
        self.hub: Daemon = self.daemon(*options)
        self.there, self.source = self.callback(), self.origin()
        self.topic = self.source.serve(document, kind)
        self.follow(self.hub, self.topic, self.there.url(), **params)
        self.publish(self.hub, self.topic)
        self.there.wait_posts(1)

    def change(self, document: bytes | Atom | Rss, kind: str | None = None
               ) -> Seen:
        count = len(self.there.posts)
        self.source.serve(document, kind)
        self.publish(self.hub, self.topic)
        return self.there.wait_posts(count + 1)[count]

    def refuse_until(self, names: list[str]) -> list[Seen]:
        """From now on nothing is taken before a document of just these, and
        then everything.  What is."""
        taken: list[Seen] = []

        def on_post(seen: Seen) -> Answer:
            if not taken and entries_of(seen.body) != names:
                return Answer(500)
            taken.append(seen)
            return Answer(200)
        self.there.on_post = on_post
        return taken

    def assert_same_but_blanks(self, one: bytes, other: bytes) -> None:
        squeeze = re.compile(rb"\s+")
        self.assertEqual(squeeze.sub(b"", one), squeeze.sub(b"", other))


class What(Diff):
    def test_R120_entries_are_left_out_and_nothing_else_changes(self
                                                                ) -> None:
        self.start(rich("two", "one"), ATOM)
        post = self.change(rich("three", "two", "one"), ATOM)
        self.assert_same_but_blanks(post.body, rich("three"))
        self.assertEqual(post.get("Content-Type"), ATOM)

    def test_R120_rss_keeps_its_channel(self) -> None:
        feed = Rss().add("one").add("two")
        self.start(feed)
        post = self.change(feed.add("three"))
        feed.entries = feed.entries[:1]
        self.assert_same_but_blanks(post.body, feed.render())

    def test_R120_nothing_but_atom_and_rss_is_cut(self) -> None:
        rdf = ('<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/"'
               ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
               '<channel rdf:about="urn:c"><title>t</title></channel>%s'
               "</rdf:RDF>")
        item = '<item rdf:about="urn:%s"><title>%s</title></item>'
        feed = ('{"version": "https://jsonfeed.org/version/1.1", "items": [%s'
                "]}")
        cases = [("application/rdf+xml", rdf, item, ""),
                 ("application/feed+json", feed, '{"id": "%s", "t": "%s"}',
                  ", "),
                 ("text/html", "<html>%s</html>", "<p id=%s>%s</p>", "")]
        for kind, whole, part, between in cases:
            with self.subTest(kind=kind):
                old = part % ("one", "one")
                self.start((whole % old).encode(), kind)
                new = (whole % (part % ("two", "two") + between + old)
                       ).encode()
                self.assertEqual(self.change(new, kind).body, new)

    def test_R120_the_first_of_a_subscription_is_whole(self) -> None:
        feed = Atom().add("one").add("two")
        self.start(feed)
        self.assertEqual(self.there.posts.all()[0].body, feed.render())

    def test_R120_full_is_byte_for_byte_when_asked_for(self) -> None:
        self.start(rich("one"), ATOM, content="full")
        self.assertEqual(self.change(rich("two", "one"), ATOM).body,
                         rich("two", "one"))

    def test_R121_who_missed_some_gets_them_with_the_next(self) -> None:
        feed = Atom().add("one")
        self.start(feed)
        witness = self.callback()
        self.subscribe(self.hub, self.topic, witness.url(),
                       content="entries")
        # All tries of "two" fail but the last, which has "three" as well.
        taken = self.refuse_until(["three", "two"])
        for count, name in enumerate(("two", "three"), 1):
            self.source.serve(feed.add(name))
            self.publish(self.hub, self.topic)
            self.assertEqual(entries_of(witness.wait_posts(count)[-1].body),
                             [name])
        self.there.posts.wait_until(lambda _: taken, "both of them in one")
        self.assertEqual(entries_of(self.change(feed.add("four")).body),
                         ["four"])

    def test_R121_a_later_subscriber_has_its_own_beginning(self) -> None:
        feed = Atom().add("one")
        self.start(feed)
        self.change(feed.add("two"))
        late, old = self.callback(), self.callback()
        self.subscribe(self.hub, self.topic, late.url())
        self.subscribe(self.hub, self.topic, old.url(), verify="async")
        post = self.change(feed.add("three"))
        self.assertEqual(entries_of(post.body), ["three"])
        self.assertEqual(late.wait_posts(1)[0].body, feed.render())
        self.assertEqual(entries_of(old.wait_posts(1)[0].body), ["three"])


class How(Diff):
    def test_R122_bytes_are_cut_and_none_is_written(self) -> None:
        for encoding in ("UTF-8", "ISO-8859-1", "windows-1252", "UTF-16"):
            with self.subTest(encoding=encoding):
                self.start(rich("two", "one", encoding=encoding), ATOM)
                new = rich("four", "three", "two", "one", encoding=encoding)
                body = self.change(new, ATOM).body
                self.assertEqual(names_in(body, encoding),
                                 ["four", "three"])
                for name in ("four", "three"):
                    # Without UTF-16's mark, which only the start has.
                    entry = rich_entry(name).rstrip("\n").encode(
                        "utf-16-le" if encoding == "UTF-16" else encoding)
                    self.assertIn(entry, body)
                self.assertTrue(body.startswith(new[:200]))
                self.assertTrue(body.endswith(new[-60:]))

    def test_R122_the_order_is_the_publishers(self) -> None:
        self.start(rich("one"), ATOM)
        body = self.change(rich("b", "one", "z", "a", "c"), ATOM).body
        self.assertEqual(names_in(body), ["b", "z", "a", "c"])

    def test_R122_what_is_signed_is_what_is_sent(self) -> None:
        self.start(rich("one"), ATOM, secret="of the cut")
        post = self.change(rich("two", "one"), ATOM)
        self.assertEqual(names_in(post.body), ["two"])
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"of the cut", post.body))

    def test_R123_what_is_no_feed_is_passed_on_whole(self) -> None:
        unreadable = {
            "no feed": b"<?xml version='1.0'?><other><f/>%d</other>",
            "nothing of XML": b"\0\1\2 <feed %d",
            "JSON of another kind": b'{"items": [%d]}',
            "a page": b"<!DOCTYPE html><title>%d</title>",
        }
        for name, document in unreadable.items():
            with self.subTest(name=name):
                self.start(document % 1, ATOM)
                for version in range(2, 4):
                    post = self.change(document % version, ATOM)
                    self.assertEqual(post.body, document % version)
                    self.assertEqual(post.get("Content-Type"), ATOM)

    def test_R123_a_broken_feed_is_read_as_far_as_it_can_be(self) -> None:
        good = rich("two", "one")
        broken = {
            "an encoding of nobody, and no UTF-8": good.replace(
                b"UTF-8", b"x-none").replace("ü".encode(), b"\xfc"),
            "bytes that are no UTF-8": good.replace(b"between", b"\xff\xfe"),
            "an entity of nobody": re.sub(
                rb"<!DOCTYPE[^>]*>", b"", good).replace(b"Gr", b"&nobody;"),
            "declarations of its own": re.sub(
                rb'SYSTEM "[^"]*"', b"[ <!ELEMENT x ANY> ]", good),
        }
        for name, document in broken.items():
            with self.subTest(name=name):
                self.start(rich("one"), ATOM)
                body = self.change(document, ATOM).body
                self.assertEqual(
                    re.findall(rb"<f:entry   x:y='(\w+)'", body), [b"two"])
                # Not a byte is written, and none but an entry's is missing.
                start = document.index(b"<f:entry   x:y='one'")
                end = document.index(b"</f:entry>", start) + len("</f:entry>")
                self.assert_same_but_blanks(
                    body, document[:start] + document[end:])

    def test_R123_of_a_feed_without_its_end_the_new_entries_are_sent(self
                                                                     ) -> None:
        self.start(rich("one"), ATOM)
        torn = rich("three", "two", "one")
        torn = torn[:torn.index(b"urn:one")]
        post = self.change(torn, ATOM)
        self.assertIn(b"urn:three", post.body)
        self.assertIn(b"urn:two", post.body)
        # The one that was cut off is neither gone nor new.
        body = self.change(rich("four", "three", "two", "one"), ATOM).body
        self.assertEqual(names_in(body), ["four"])

    def test_R123_a_page_in_the_place_of_a_feed_is_not_passed_on(self) -> None:
        self.start(rich("one"), ATOM)
        for wrong in (b"<!DOCTYPE html><title>Back soon</title>", b""):
            since = self.hub.mark()
            self.source.serve(wrong, "text/html")
            self.publish(self.hub, self.topic)
            self.hub.wait_for("fetch.not-a-feed", since=since)
        # Nor does it make everything new.
        self.source.serve(rich("two", "one"), ATOM)
        self.publish(self.hub, self.topic)
        self.there.wait_posts(2)
        self.assertEqual(names_in(self.there.posts.all()[1].body), ["two"])

    def test_R124_an_entry_is_known_by_its_id_and_changes_by_its_content(
            self) -> None:
        feed = Atom().add("one").add("two").add("three")
        self.start(feed)
        feed.entries[1] = Atom.entry("two", "other words")
        body = self.change(feed).body
        self.assertEqual(entries_of(body), ["two"])
        self.assertIn(b"other words", body)
        # The same entries in another order are nothing new; the witness is
        # the next one.
        feed.entries.reverse()
        self.source.serve(feed)
        self.publish_and_fetch(self.hub, self.topic)
        self.assertEqual(entries_of(self.change(feed.add("four")).body),
                         ["four"])

    def test_R124_rss_items_are_known_by_guid_link_title_description(
            self) -> None:
        document = ('<rss version="2.0"><channel><title>t</title>'
                    "<link>http://h/</link><description>d</description>"
                    "%s</channel></rss>")

        def items(names: list[str], tag: str) -> bytes:
            return (document % "".join(
                f"<item><{tag}>http://h/{name}</{tag}></item>"
                for name in names)).encode()
        for tag in ("guid", "link", "title", "description"):
            with self.subTest(tag=tag):
                self.start(items(["one"], tag), RSS)
                body = self.change(items(["two", "one"], tag), RSS).body
                self.assertEqual(body.replace(b"\n", b""),
                                 items(["two"], tag))

    def test_R124_an_entry_without_id_is_known_by_what_it_has(self) -> None:
        self.start(rich("one"), ATOM)
        without = rich("three", "two", "one").replace(
            b"<f:id>urn:three</f:id>", b"").replace(b"urn:two", b"")
        self.assertEqual(names_in(self.change(without, ATOM).body),
                         ["three", "two"])
        added = without.replace(b"<f:entry ", b"<f:entry><f:id>urn:x</f:id>"
                                b"</f:entry><f:entry ", 1)
        body = self.change(added, ATOM).body
        self.assertIn(b"urn:x", body)
        self.assertEqual(names_in(body), [])

    def test_R124_of_a_doubled_id_both_are_kept(self) -> None:
        # Not even one with an id and other words hides the other.
        feed = Atom().add("one")
        self.start(feed)
        feed.add("twin", "first").add("twin", "second")
        body = self.change(feed).body
        self.assertEqual(entries_of(body), ["twin", "twin"])
        self.assertLess(body.index(b"second"), body.index(b"first"))
        self.assertEqual(entries_of(self.change(feed.add("three")).body),
                         ["three"])

    def test_R125_a_change_around_the_entries_reaches_full_subscribers(
            self) -> None:
        feed = Atom(title="old").add("one")
        self.start(feed, None, content="full")
        feed.title = "new"
        self.assertEqual(self.change(feed).body, feed.render())

    def test_R125_entries_subscribers_hear_of_new_links_only(self) -> None:
        feed = Atom(title="old", hub="http://h.example/").add("one")
        self.start(feed)
        feed.title = "new"
        self.source.serve(feed)
        self.publish_and_fetch(self.hub, self.topic)
        feed.hub = "http://other.example/"
        post = self.change(feed)
        self.assertIn(b"http://other.example/", post.body)
        self.assertEqual(len(self.there.posts), 2)

    def test_R126_pages_are_whole_as_public_tests_compare_them(self
                                                               ) -> None:
        self.start(b"<p>one</p>", "text/html; charset=UTF-8")
        new = b"<p>one</p><p>two</p>"
        self.assertEqual(
            self.change(new, "text/html; charset=UTF-8").body, new)

    def test_R127_topics_are_never_put_together(self) -> None:
        hub, there, source = self.daemon(), self.callback(), self.origin()
        feeds = [Atom(title=f"feed {number}").add("one")
                 for number in range(3)]
        topics = [source.serve(feed, path=f"/{number}")
                  for number, feed in enumerate(feeds)]
        for number, topic in enumerate(topics):
            # One callback may have a secret for each topic.
            self.follow(hub, topic, there.url(), secret=f"secret {number} x")
        self.publish(hub, *topics)
        posts = there.wait_posts(3)
        self.assertEqual({post.body for post in posts},
                         {feed.render() for feed in feeds})
        for post in posts:
            number = re.search(rb"feed (\d)", post.body)[1].decode()
            self.assertEqual(
                post.get("X-Hub-Signature"),
                signature("sha256", f"secret {number} x".encode(),
                          post.body))


if __name__ == "__main__":
    unittest.main()
