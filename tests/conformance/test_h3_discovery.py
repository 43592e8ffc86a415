# SPDX-License-Identifier: MIT
"""R86 and R88: which hub and which self a document names."""


import stories  # noqa: F401
from harness import Atom, together

from publisher import Fetching
from scene import PLAIN


def atom(links: str, entry: str = "") -> bytes:
    return (f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>'
            f'<id>x</id>{links}<entry><id>1</id><title>e</title>{entry}'
            f'</entry></feed>').encode()


def rss(links: str) -> bytes:
    return (f'<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom">'
            f'<channel><title>t</title><link>http://e/</link>{links}'
            f'<item><guid>1</guid></item></channel></rss>').encode()


def html(head: str, body: str = "") -> bytes:
    return (f"<!doctype html><html><head><title>t</title>{head}</head>"
            f"<body>{body}</body></html>").encode()


ATOM, RSS, HTML = ("application/atom+xml", "application/rss+xml",
                   "text/html; charset=UTF-8")
HUB, SELF = "https://hub.example/h", "https://pub.example/s"
BOTH = f'<link rel="hub" href="{HUB}"/><link rel="self" href="{SELF}"/>'
OTHERS = ('<link rel="hub" href="https://no.example/"/>'
          '<link rel="self" href="https://no.example/"/>')


class Discovery(Fetching):
    """R86: (document, media type, Link fields), and what is to be found; @
    stands for the publisher's own http://host:port."""

    def check(self, cases: dict[str, tuple[bytes, str, list[str]]],
              hubs: str = HUB, self_url: str = SELF) -> None:
        self.hub, self.callback_server, origin = (
            self.daemon(), self.callback(), self.site())
        for number, (name, case) in enumerate(cases.items()):
            with self.subTest(case=name):
                body, kind, links = case
                self.topic = origin.serve(
                    body, kind, path=f"/a/{number}",
                    fields=[("Link", link) for link in links])
                self.follow(self.hub, self.topic, self.callback_server.url())
                expected = ", ".join(
                    [*(f'<{hub}>; rel="hub"' for hub in hubs.split()),
                     f'<{self_url}>; rel="self"'])
                self.assert_header(self.ping(), "Link", expected.replace(
                    "@", origin.base))

    def test_R86_link_headers_in_any_shape(self) -> None:
        def case(*fields: str) -> tuple[bytes, str, list[str]]:
            return b"words", PLAIN, list(fields)
        hub, self_link = f"<{HUB}>", f"<{SELF}>"
        self.check({
            "two fields": case(f'{hub}; rel="hub"',
                               f'{self_link}; rel="self"'),
            "one field": case(f'{hub}; rel="hub", {self_link}; rel="self"'),
            "self first": case(f'{self_link}; rel="self", {hub}; rel="hub"'),
            "unquoted": case(f"{hub};rel=hub,{self_link};rel=self"),
            "any case": case(f'{hub}; REL="HUB"', f"{self_link}; Rel=Self"),
            "blanks": case(f'{hub} ; rel = "hub" ,, {self_link}; rel=self ,'),
            "other parameters": case(
                f'{hub}; title="a, b; rel=self"; rel=hub; type="x"',
                f"{self_link}; rel=self; hreflang=de"),
            "other relations": case(
                f'<https://n.example/>; rel=next, {hub}; rel=hub',
                f"{self_link}; rel=self"),
            "lists": case(f'{hub}; rel="alternate hub"',
                          f'{self_link}; rel="self canonical"'),
            "the first self": case(
                f"{hub}; rel=hub", f"{self_link}; rel=self",
                "<https://second.example/>; rel=self"),
            "another's": case(
                f"{hub}; rel=hub", f"{self_link}; rel=self",
                '<https://x.example/>; rel=hub; anchor="https://y.example/"'),
        })

    def test_R86_commas_and_semicolons_in_a_target(self) -> None:
        target = "https://hub.example/a,b;c=d"
        self.check({"plain": (b"words", PLAIN, [
            f"<{target}>; rel=hub, <{SELF}>; rel=self"])}, hubs=target)

    def test_R86_relative_targets_are_resolved(self) -> None:
        self.check({
            "header": (b"words", PLAIN,
                       ["</the/hub>; rel=hub", "<../feed.json>; rel=self"]),
            "atom": (atom('<link rel="hub" href="/the/hub"/>'
                          '<link rel="self" href="../feed.json"/>'),
                     ATOM, []),
            "html": (html('<link rel="hub" href="/the/hub">'
                          '<link rel="self" href="../feed.json">'),
                     HTML, []),
        }, hubs="@/the/hub", self_url="@/feed.json")

    def test_R86_both_relations_in_one_link(self) -> None:
        self.check({
            "header": (b"words", PLAIN, [f'<{HUB}>; rel="self hub"']),
            "atom": (atom(f'<link rel="hub self" href="{HUB}"/>'), ATOM, []),
            "html": (html(f'<link rel="self hub" href="{HUB}">'), HTML, []),
        }, self_url=HUB)

    def test_R86_links_in_feeds_and_pages(self) -> None:
        in_rss = BOTH.replace("<link", "<a:link")
        self.check({
            "atom": (atom(BOTH), ATOM, []),
            "atom as xml": (atom(BOTH), "text/xml", []),
            "not of entries": (atom(BOTH, OTHERS), ATOM, []),
            "rss": (rss(in_rss), RSS, []),
            "html": (html(BOTH), HTML, []),
            "html in words": (html(BOTH.upper().replace(
                HUB.upper(), HUB).replace(SELF.upper(), SELF)), HTML, []),
            "html unquoted": (html(f"<link href={HUB} rel=hub>"
                                   f"<link href={SELF} rel=self>"), HTML, []),
            "html comments": (html(f"<!-- {OTHERS} -->{BOTH}"), HTML, []),
            "xhtml": (b'<?xml version="1.0"?><html xmlns='
                      b'"http://www.w3.org/1999/xhtml"><head>'
                      + BOTH.encode() + b"</head><body/></html>",
                      "application/xhtml+xml", []),
        })

    def test_R86_headers_go_before_the_document(self) -> None:
        links = [f"<{HUB}>; rel=hub", f"<{SELF}>; rel=self"]
        self.check({
            "atom": (atom(OTHERS), ATOM, links),
            "html": (html(OTHERS), HTML, links),
            "rss": (rss(OTHERS.replace("<link", "<a:link")), RSS, links),
        })

    def test_R86_links_of_what_a_redirect_led_to(self) -> None:
        site, there = self.site(), self.origin()
        there.serve(b"words", PLAIN, path="/deep/doc", fields=[
            ("Link", "<hub>; rel=hub"), ("Link", "<me>; rel=self")])
        site.moved["/feed"] = (302, there.url("/deep/doc"))
        self.follow_at(site)
        self.assert_header(
            self.ping(), "Link",
            f'<{there.url("/deep/hub")}>; rel="hub", '
            f'<{there.url("/deep/me")}>; rel="self"')


class Aliases(Fetching):
    """R88."""

    def feed(self, self_url: str, *names: str) -> Atom:
        feed = Atom(self_url=self_url)
        for name in names:
            feed.add(name)
        return feed

    def test_R88_another_self_is_told_and_delivered(self) -> None:
        site = self.site()
        site.serve(self.feed("https://canonical.example/feed", "one"))
        self.follow_at(site)
        seen = self.ping()
        self.assertIn('<https://canonical.example/feed>; rel="self"',
                      seen.get("Link"))

    def test_R88_a_ping_of_a_self_of_the_same_origin_is_heard(self) -> None:
        site = self.site()
        canonical = site.url("/canonical")
        site.serve(self.feed(canonical, "one"))
        self.follow_at(site)
        self.ping()
        site.serve(self.feed(canonical, "one", "two"))
        self.publish(self.hub, canonical)
        self.callback_server.wait_posts(2)

    def test_R88_a_ping_of_a_self_that_is_followed_reaches_both(self
                                                                ) -> None:
        site, other = self.site(), self.callback()
        canonical = site.serve(self.feed(site.url("/canonical"), "one"),
                               path="/canonical")
        site.serve(self.feed(canonical, "one"))
        self.follow_at(site)
        self.ping()
        self.follow(self.hub, canonical, other.url())
        self.publish(self.hub, canonical)
        other.wait_posts(1)
        for path in ("/feed", "/canonical"):
            site.serve(self.feed(canonical, "one", "two"), path=path)
        self.publish(self.hub, canonical)
        other.wait_posts(2)
        self.callback_server.wait_posts(2)

    def test_R88_an_alias_lasts_as_long_as_the_document_says_so(self
                                                                ) -> None:
        site = self.site()
        former, later = site.url("/former"), site.url("/later")
        site.serve(self.feed(former, "one"))
        self.follow_at(site)
        self.ping()
        site.serve(self.feed(later, "one", "two"))
        self.ping()
        fetches = len(site.fetches)
        self.publish(self.hub, former)
        site.serve(self.feed(later, "one", "two", "three"))
        self.publish(self.hub, later)
        self.callback_server.wait_posts(3)
        self.hub.stop()
        self.assertEqual(len(site.fetches), fetches + 1)

    def test_R88_without_followers_an_alias_is_worth_nothing(self) -> None:
        site = self.site()
        site.serve(self.feed(site.url("/canonical"), "one"))
        self.follow_at(site)
        self.ping()
        self.accepted(self.hub, "unsubscribe", self.topic,
                      self.callback_server.url())
        self.hub.wait_for("subscription.ended")
        fetches = len(site.fetches)
        self.publish(self.hub, site.url("/canonical"))
        self.hub.stop()
        self.assertEqual(len(site.fetches), fetches)

    def test_R88_a_document_cannot_claim_anothers_pings(self) -> None:
        victim, robber = self.site(), self.site()
        victim.serve(self.feed(victim.url(), "one"))
        self.follow_at(victim)
        self.ping()
        mine = self.callback()
        topic = robber.serve(self.feed(victim.url(), "of mine"))
        self.follow(self.hub, topic, mine.url())
        self.publish(self.hub, topic)
        mine.wait_posts(1)
        fetches = len(victim.fetches), len(robber.fetches)
        robber.serve(self.feed(victim.url(), "of mine", "and more"))
        victim.serve(self.feed(victim.url(), "one", "two"))
        # Neither does a ping of the one mean the other, nor the reverse.
        self.publish(self.hub, topic)
        mine.wait_posts(2)
        self.assertEqual(len(victim.fetches), fetches[0])
        self.publish(self.hub, victim.url())
        self.callback_server.wait_posts(2)
        self.hub.stop()
        self.assertEqual(len(robber.fetches), fetches[1] + 1)
        self.assertEqual(len(mine.posts), 2)

    def test_R88_of_two_that_name_each_other_a_ping_means_both(self
                                                               ) -> None:
        one, two = self.site(), self.site()
        other = self.callback()
        one.serve(self.feed(two.url(), "one"))
        two.serve(self.feed(one.url(), "one"))
        self.follow_at(one)
        self.ping()
        self.follow(self.hub, two.url(), other.url())
        self.publish(self.hub, two.url())
        other.wait_posts(1)
        one.serve(self.feed(two.url(), "one", "two"))
        self.publish(self.hub, two.url())
        self.callback_server.posts.wait_until(
            lambda posts: b"<id>tag:example.org,2024:two</id>"
            in posts[-1].body, "the entry two")


if __name__ == "__main__":
    together.main()
