# SPDX-License-Identifier: MIT
"""Section 2: what websub.rocks would say of this hub."""

import threading
import unittest
from dataclasses import replace

import stories  # noqa: F401
from harness import (PATIENCE, Answer, Atom, Client, Message, Story,
                     request)
from harness.callback import signature
from harness.client import FORM
from harness.server import Seen
from rocks import (HTML, HubError, PublisherTest, Rocks, Run, check_delivery,
                   link_rels, post)


class Hub(Story):
    """Tests 100 to 106, with the buttons that the tester presses."""

    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon()
        self.rocks: Rocks = self._server(Rocks())

    def subscribed(self, number: int, hub: str | None = None) -> Run:
        run = self.rocks.begin(number, hub or self.hub.hub)
        self.secrets.add(run.secret or "no secret at all")
        since = self.hub.mark()
        self.rocks.ask(run, "subscribe")
        self.assertEqual(run.verified.wait(1), ["subscribe"])
        self.hub.wait_for("subscription.active", since=since)
        return run

    def notified(self, run: Run) -> None:
        """Create Post brings one more notification, and it is fine."""
        before = len(run.results)
        self.rocks.create_post(run)
        result = run.results.wait(before + 1)[before]
        self.assertEqual(result[0], "ok", result)

    def check(self, number: int, hub: str | None = None) -> Run:
        run = self.subscribed(number, hub)
        self.notified(run)
        self.notified(run)
        self.hub.stop()
        self.assertEqual(len(run.results), 2)
        self.assertEqual(len(run.verified), 1)
        return run

    def test_rocks_100_a_typical_subscriber_request(self) -> None:
        self.assertEqual(self.check(100).content_type, HTML)

    def test_rocks_101_a_subscription_with_a_secret(self) -> None:
        self.assertTrue(self.check(101).secret)

    def test_rocks_102_additional_parameters(self) -> None:
        self.check(102)

    def test_rocks_103_subscribing_again_brings_exactly_one(self) -> None:
        run = self.subscribed(103)
        self.notified(run)
        since = self.hub.mark()
        self.rocks.ask(run, "subscribe")
        self.hub.wait_for("subscription.renewed", since=since)
        self.assertEqual(len(run.verified), 2)
        self.notified(run)
        self.hub.stop()
        self.assertEqual(len(run.results), 2)

    def test_rocks_104_unsubscribed_brings_nothing(self) -> None:
        run = self.subscribed(104)
        # Somebody who is told shows that all are told who are to be.
        witness = self.callback()
        self.subscribe(self.hub, run.topic, witness.url())
        self.notified(run)
        witness.wait_posts(1)
        since = self.hub.mark()
        self.rocks.ask(run, "unsubscribe")
        self.hub.wait_for("subscription.ended", reason="unsubscribed",
                          since=since)
        self.assertEqual(run.verified.all(), ["subscribe", "unsubscribe"])
        self.rocks.create_post(run)
        witness.wait_posts(2)
        self.hub.stop()
        self.assertEqual(len(run.results), 1)

    def test_rocks_105_a_plaintext_topic(self) -> None:
        self.check(105)

    def test_rocks_106_a_json_topic(self) -> None:
        self.check(106)

    def test_rocks_the_hub_is_named_as_it_was_typed(self) -> None:
        bare = self.hub.hub.rstrip("/")
        for typed in (bare, bare + "/hub", bare + "/subscribe"):
            with self.subTest(typed=typed):
                self.notified(self.subscribed(100, typed))

    def test_rocks_a_post_right_after_another_comes_as_it_is_now(self
                                                                 ) -> None:
        run = self.subscribed(100)
        gate, fetched = threading.Event(), threading.Event()
        site = self.rocks.answer

        def slow_topic(seen: Seen) -> Answer:
            answer = site(seen)
            if "/pub/" in seen.path:
                answer.gate = gate
                fetched.set()
            return answer
        self.rocks.answer = slow_topic
        self.rocks.create_post(run)
        self.assertTrue(fetched.wait(PATIENCE))
        self.rocks.create_post(run)
        gate.set()
        run.results.wait_until(lambda results: results[-1:] and
                               results[-1][0] == "ok", "the newest post")

    def test_rocks_a_hub_that_moved_is_followed(self) -> None:
        moved = self.daemon(f"--moved-to={self.hub.hub}")
        run = self.rocks.begin(100, moved.hub)
        self.rocks.ask(run, "subscribe")
        self.hub.wait_for("subscription.active")
        self.notified(run)
        moved.stop()
        self.assertEqual(len(run.verified), 1)


class Publisher(Story):
    """The publisher test, of a tester whose hub we are."""

    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        feed = Atom(hub=hub.hub).add("one")
        feed.self_url = origin.url()
        topic = origin.serve(feed)
        return hub, origin, feed, topic, self._server(PublisherTest())

    def test_rocks_publisher_a_lease_of_7200_and_a_query(self) -> None:
        hub, origin, feed, topic, site = self.cast()
        test = site.begin()
        site.subscribe(test, hub.hub, topic)
        status, seen = site.verifications.wait(1)[0]
        self.assertEqual(status, 200)
        self.assertTrue(seen.query.startswith(f"token={test.token}&hub."))
        self.assertEqual(seen.params["hub.lease_seconds"], "7200")
        hub.wait_for("subscription.active")
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        seen = site.deliveries.wait(1)[0]
        self.assertEqual(seen.query, f"token={test.token}")
        hub.stop()
        self.assertEqual([code for code, _ in site.verifications.all()],
                         [200])

    def test_rocks_publisher_all_three_parameters_for_every_mode(self
                                                                 ) -> None:
        hub, _, _, topic, site = self.cast()
        test = site.begin()
        site.subscribe(test, hub.hub, topic)
        hub.wait_for("subscription.active")
        test.pending = True
        self.accepted(hub, "unsubscribe", topic, test.callback)
        hub.wait_for("subscription.ended", reason="unsubscribed")
        self.assertEqual([code for code, _ in site.verifications.all()],
                         [200, 200])

    def test_rocks_publisher_a_duplicate_404_undoes_no_success(self
                                                               ) -> None:
        hub, origin, feed, topic, site = self.cast()
        test = site.begin()
        site.subscribe(test, hub.hub, topic)
        hub.wait_for("subscription.active")
        hub.restart("--verify-timeout=3s")
        # The answer to a renewal is too late, and the row is used up: the
        # second GET gets 404.
        site.gate = threading.Event()
        site.subscribe(test, hub.hub, topic)
        site.verifications.wait(2)
        hub.wait_for("verification.failed")
        site.gate.set()
        codes = [code for code, _ in site.verifications.all()]
        self.assertEqual((codes[:2], set(codes[2:])), ([200, 200], {404}))
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        site.deliveries.wait(1)


class Strict(unittest.TestCase):
    """The site itself: it must see what is wrong."""

    BODY = "a document of grüße\n".encode()
    HUB, TOPIC = "http://127.0.0.1:1/", "https://topic.example/x"
    LINK = f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"'

    def setUp(self) -> None:
        self.run_ = Run(100, "t", self.HUB, self.TOPIC, "http://cb.example/")

    def result(self, fields: list[tuple[str, str]], body: bytes | None = None,
               run: Run | None = None) -> str:
        message = Message(b"", "POST / HTTP/1.1", fields,
                          self.BODY if body is None else body)
        seen = Seen(message, "POST", "/", 0, 1)
        return check_delivery(run or self.run_, seen, self.BODY)[0]

    def fields(self, link: str | None = None, kind: str = HTML, *more):
        return [("Content-Type", kind), ("Link", link or self.LINK), *more]

    def test_rocks_itself_takes_a_good_message(self) -> None:
        self.assertEqual(self.result(self.fields()), "ok")
        self.assertEqual(self.result(self.fields(
            f"<{self.HUB}>; rel=hub, <{self.TOPIC}>; rel=self")), "ok")

    def test_rocks_itself_wants_the_blanks_in_link(self) -> None:
        for link in (self.LINK.replace(", ", ","),
                     self.LINK.replace("; ", ";"),
                     self.LINK.replace("rel=", "title=x;rel="),
                     self.LINK.replace("rel=", "Rel="),
                     f'<{self.TOPIC}>; rel="self"',
                     f'<{self.HUB}>; rel="hub"',
                     self.LINK.replace(self.HUB, self.HUB.rstrip("/")),
                     self.LINK.replace(self.HUB, "http://a, b/"),
                     f'<http://other.example/>; rel="hub", {self.LINK}'):
            with self.subTest(link=link):
                self.assertEqual(self.result(self.fields(link)),
                                 "link_header")
        two = self.fields(f'<{self.HUB}>; rel="hub"') + [
            ("Link", f'<{self.TOPIC}>; rel="self"')]
        self.assertEqual(self.result(two), "link_header")

    def test_rocks_itself_parses_links_as_the_original_does(self) -> None:
        self.assertEqual(
            link_rels('<http://h/>; rel="hub",<http://t/>; rel="self"'),
            {'hub",<http://t/>': ["http://h/"]})
        self.assertEqual(link_rels('<http://h/>;rel="hub"'), {})
        self.assertEqual(link_rels('<http://h/>; rel="self hub"'),
                         {"self": ["http://h/"], "hub": ["http://h/"]})

    def test_rocks_itself_compares_the_type_as_a_string(self) -> None:
        for kind in ("text/html;charset=UTF-8", "text/html; charset=utf-8",
                     "text/html", "Text/HTML; charset=UTF-8"):
            self.assertEqual(self.result(self.fields(None, kind)),
                             "content_type_mismatch", kind)

    def test_rocks_itself_compares_the_body_with_the_topic(self) -> None:
        self.assertEqual(self.result(self.fields(), b" \n"), "empty_payload")
        self.assertEqual(self.result(self.fields(), b"an older one"),
                         "body_mismatch")
        self.assertEqual(self.result(self.fields(), self.BODY + b"\n "), "ok")

    def test_rocks_itself_wants_no_signature_without_a_secret(self) -> None:
        given = signature("sha1", b"", self.BODY)
        self.assertEqual(self.result(
            self.fields(None, HTML, ("X-Hub-Signature", given))), "signature")

    def test_rocks_itself_verifies_signatures(self) -> None:
        run = replace(self.run_, secret="s3cret")
        good = signature("sha256", b"s3cret", self.BODY)
        method, _, digest = good.partition("=")
        for value, wanted in ((good, "ok"),
                              (signature("sha1", b"s3cret", self.BODY), "ok"),
                              (f"{method}={digest.upper()}",
                               "signature_mismatch"),
                              (signature("sha256", b"other", self.BODY),
                               "signature_mismatch"),
                              ("md5=" + digest, "signature")):
            with self.subTest(value=value):
                self.assertEqual(self.result(self.fields(
                    None, HTML, ("X-Hub-Signature", value)), run=run), wanted)
        self.assertEqual(self.result(self.fields(), run=run), "signature")
        twice = self.fields(None, HTML, ("X-Hub-Signature", good),
                            ("X-Hub-Signature", good))
        self.assertEqual(self.result(twice, run=run), "signature_mismatch")


class Site(unittest.TestCase):
    """The same, at its door."""

    def setUp(self) -> None:
        self.rocks = Rocks()
        self.addCleanup(self.rocks.stop)
        self.client = Client((self.rocks.host, self.rocks.port))
        self.run_ = self.rocks.begin(100, "http://127.0.0.1:1/")

    def path(self, url: str) -> str:
        return url.removeprefix(self.rocks.base)

    def test_rocks_itself_answers_200_to_what_is_wrong(self) -> None:
        answer = self.client.ask(request(
            "POST", self.path(self.run_.callback), [], b"wrong"))
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.run_.results.wait(1)[0][0], "body_mismatch")

    def test_rocks_itself_forgets_after_a_quarter_of_an_hour(self) -> None:
        self.rocks.age(self.run_, 16 * 60)
        answer = self.client.ask(request(
            "POST", self.path(self.run_.callback), [], b"late"))
        self.assertEqual(answer.status, 404)
        self.assertEqual(len(self.run_.results), 0)

    def test_rocks_itself_wants_all_of_a_verification(self) -> None:
        whole = ("hub.mode=subscribe&hub.topic="
                 + self.run_.topic.replace("&", "%26")
                 + "&hub.challenge=abc&hub.lease_seconds=5")
        path = self.path(self.run_.callback)
        answer = self.client.get(f"{path}?{whole}")
        self.assertEqual((answer.status, answer.body), (200, b"abc"))
        for part in whole.split("&"):
            query = "&".join(other for other in whole.split("&")
                             if other != part)
            self.assertEqual(self.client.get(f"{path}?{query}").status, 404,
                             part)
        self.assertEqual(self.client.get(
            f"{path}?{whole}x".replace("pub/", "pub/x")).status, 404)
        with self.assertRaises(AssertionError):
            self.run_.verified.wait(2, timeout=0)

    def test_rocks_itself_takes_202_only(self) -> None:
        for status in (200, 201, 204, 400, 500):
            server = PublisherTest()
            self.addCleanup(server.stop)
            server.answer = lambda _, status=status: Answer(status)
            run = self.rocks.begin(100, server.base)
            with self.assertRaises(HubError):
                self.rocks.ask(run, "subscribe")
            with self.assertRaises(HubError):
                server.subscribe(server.begin(), server.base, run.topic)

    def test_rocks_itself_sends_the_form_of_php(self) -> None:
        server = Rocks()
        self.addCleanup(server.stop)
        asked: list[Seen] = []
        server.answer = lambda seen: asked.append(seen) or Answer(202)
        post(server.base + "/x?y", [("hub.topic", "http://h/a b~c?d&e")])
        self.assertEqual(asked[0].target, "/x?y")
        self.assertEqual(asked[0].get("Content-Type"), FORM)
        self.assertEqual(asked[0].body,
                         b"hub.topic=http%3A%2F%2Fh%2Fa+b~c%3Fd%26e")

    def test_rocks_itself_uses_a_row_of_the_publisher_test_once(self
                                                                ) -> None:
        site = PublisherTest()
        self.addCleanup(site.stop)
        test = site.begin()
        test.topic, test.pending = "http://t/", True
        client = Client((site.host, site.port))
        path = (f"/publisher/callback?token={test.token}&hub.topic=http://t/"
                "&hub.challenge=abc")
        self.assertEqual(client.get(path).status, 404)
        path += "&hub.lease_seconds=1"
        self.assertEqual(client.get(path).status, 200)
        self.assertEqual(client.get(path).status, 404)
        self.assertTrue(test.subscribed)


if __name__ == "__main__":
    unittest.main()
