# SPDX-License-Identifier: MIT
"""R94 to R96: the Link header of a delivery."""

import re

import stories  # noqa: F401
from harness import Answer, Atom, together

from scene import PLAIN, Scene

# The one shape that every parser around reads (websub.rocks splits at ", "
# and "; ").
TARGET = r"<https?://[!#-;=?-~]+>"
SHAPE = re.compile(rf'^({TARGET}; rel="hub", )+{TARGET}; rel="self"$')

US = "https://us.example/hub"


class Links(Scene):
    def link_of(self, *fields: str, document: bytes = b"first",
                kind: str = PLAIN, options: tuple[str, ...] = ()) -> str:
        """What a publisher with these Link headers makes of ours."""
        self.follow_one(*options, document=document, kind=kind, serve={
            "fields": [("Link", field) for field in fields]})
        self.publish(self.hub, self.topic)
        seen = self.callback_server.wait_posts(1)[0]
        link, = seen.all("Link")
        self.assertRegex(link, SHAPE)
        return link

    def test_R94_one_header_that_simple_parsers_understand(self) -> None:
        self.assertEqual(
            self.link_of(),
            f'<{self.hub.hub}>; rel="hub", <{self.topic}>; rel="self"')
        parts = [part.split("; ") for part in self.link_of().split(", ")]
        self.assertEqual([relation for _, relation in parts],
                         ['rel="hub"', 'rel="self"'])

    def test_R95_hub_and_self_are_as_the_publisher_writes_them(self
                                                               ) -> None:
        for hub in ("http://hub.example", "https://HUB.example:443/",
                    "https://hub.example/a/../b?x=%7e&y", "https://h.example/?"
                    ):
            for own in ("http://PUB.example/~a", "https://pub.example/%7Ea",
                        "http://pub.example:80/feed?"):
                with self.subTest(hub=hub, own=own):
                    self.assertEqual(
                        self.link_of(f"<{hub}>; rel=hub",
                                     f"<{own}>; rel=self"),
                        f'<{hub}>; rel="hub", <{own}>; rel="self"')

    def test_R95_of_several_hubs_ours_is_first(self) -> None:
        fields = [f'<https://{name}.example/>; rel="hub"'
                  for name in ("one", "two")] + [f"<{US}>; rel=hub"]
        self.assertEqual(
            self.link_of(*fields, options=(f"--hub-alias={US}",)),
            f'<{US}>; rel="hub", <https://one.example/>; rel="hub", '
            f'<https://two.example/>; rel="hub", <{self.topic}>; rel="self"')

    def test_R95_of_several_spellings_of_ours_the_publishers(self) -> None:
        for spelling in ("http://us.example/hub", "https://us.example/hub/"):
            link = self.link_of(f"<{spelling}>; rel=hub", options=(
                f"--public-url={US}", f"--hub-alias={spelling}"))
            self.assertTrue(link.startswith(f'<{spelling}>; rel="hub", <'))
            self.assertNotIn(f"<{US}>", link)

    def test_R95_who_names_only_others_has_his_list(self) -> None:
        self.assertEqual(
            self.link_of("<https://b.example/>; rel=hub",
                         "<https://a.example/>; rel=hub"),
            '<https://b.example/>; rel="hub", '
            f'<https://a.example/>; rel="hub", <{self.topic}>; rel="self"')

    def test_R95_without_a_hub_it_is_our_public_url(self) -> None:
        self.assertEqual(
            self.link_of("<https://pub.example/>; rel=self",
                         options=(f"--public-url={US}",)),
            f'<{US}>; rel="hub", <https://pub.example/>; rel="self"')

    def test_R95_without_a_self_it_is_the_topic_as_subscribed(self) -> None:
        hub, origin, callback = self.daemon(), self.origin(), self.callback()
        origin.answer = lambda _: Answer(200, b"first")
        spellings = [f"{origin.base}/%7Ea", f"{origin.base}/~a",
                     f"HTTP://{origin.host}:{origin.port}/~a"]
        since = hub.mark()
        for number, topic in enumerate(spellings):
            self.subscribe(hub, topic, callback.url(f"{number}"))
        hub.wait_for("update", since=since)
        self.publish(hub, spellings[1])
        links = {seen.path.rpartition("/")[2]: seen.get("Link")
                 for seen in callback.wait_posts(3)}
        for number, topic in enumerate(spellings):
            self.assertTrue(links[f"{number}"].endswith(
                f', <{topic}>; rel="self"'), links)

    def test_R96_a_hostile_header_breaks_nothing(self) -> None:
        for field in (
                "<javascript:alert(1)>; rel=hub", "<data:,x>; rel=self",
                "<ftp://h.example/>; rel=hub", "<>; rel=hub", "<; rel=hub",
                "<http://a b/>; rel=hub", "<http://>; rel=self",
                '<http://h.example/">; rel=self', "<//>; rel=hub",
                "<http://h.example/\t>; rel=hub", ">; rel=hub<",
                "<http://h.example/%0d%0aX-Evil:%201>; rel=hub",
                "<http://h.example/\\>; rel=self", "<http://h.example/",
                "<http://u:p@h.example/>; rel=hub",
                "<http://h.example/{}|^`>; rel=self"):
            with self.subTest(field=field):
                link = self.link_of(field)
                self.assertNotIn("javascript:", link)

    def test_R96_a_hostile_document_breaks_nothing(self) -> None:
        evil = ["http://h.example/&#13;&#10;X-Evil: 1", "javascript:alert(1)",
                "http://h.example/&gt;; rel=&quot;x", "http://h.example/ a b",
                "http://h.example/&quot;, &lt;http://x.example/&gt;",
                "http://h&#0;.example/", "http://h.example/\u202e\u00e9",
                "&#9;http://h.example/&#10;"]
        for href in evil:
            document = (
                '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>'
                f'<link rel="hub" href="{href}"/>'
                f'<link rel="self" href="{href}"/></feed>').encode()
            page = (f"<html><head><link rel=hub href='{href}'>"
                    f"<link rel=self href='{href}'></head></html>").encode()
            for body, kind in ((document, "application/atom+xml"),
                               (page, "text/html")):
                with self.subTest(href=href, kind=kind):
                    self.link_of(document=body, kind=kind)
                    seen = self.callback_server.posts.all()[0]
                    self.assertEqual(seen.all("X-Evil"), [])

    def test_R96_lengths_and_numbers_have_a_ceiling(self) -> None:
        long = "http://h.example/" + "a" * 5000
        many = [f"<http://h{number}.example/{'b' * 40}>; rel=hub"
                for number in range(60)]
        for fields in ([f"<{long}>; rel=hub", f"<{long}>; rel=self"],
                       [", ".join(many)], many):
            link = self.link_of(*fields)
            self.assertLess(len(link), 20_000)
            self.assertLessEqual(link.count('rel="hub"'), 16)
            # Cut, it would be another URL.
            self.assertNotIn("http://h.example/", link)

    def test_R96_a_feed_full_of_links_is_a_feed_still(self) -> None:
        feed = Atom(hub="http://h.example/" + "c" * 3000).add("one")
        self.follow_one(document=feed)
        seen = self.change(feed.add("two"))
        self.assertEqual(seen.body, feed.render())


if __name__ == "__main__":
    together.main()
