# SPDX-License-Identifier: MIT
"""What an answer is believed of a feed, and what of it is kept."""

import hashlib
import hmac
import threading
import time
import unittest
from email.utils import formatdate

from harness import FETCHED, Answer
from harness.documents import Documents, atom, names_in

SECRET = "sixteen-letters-or-more"


class Trust(Documents):
    def start(self) -> None:
        """He has had his first delivery, and sees only what is new."""
        self.begin(atom(), "a", content="entries")
        self.delivered("b", "a")

    def look(self, *answers: Answer) -> str:
        """How a fetch ends that is answered so."""
        since = self.hub.mark()
        self.source.script(*answers)
        self.publish(self.hub, self.topic)
        return self.hub.wait_for(FETCHED, since=since).event

    def asked_with(self) -> str | None:
        """The validator of one more fetch."""
        self.look()
        return self.source.fetches.all()[-1].get("If-None-Match")

    def page(self, *names: str, tag: str = '"other"',
             modified: str = "") -> Answer:
        fields = [("Content-Type", self.feed.content_type), ("ETag", tag)]
        if modified:
            fields.append(("Last-Modified", modified))
        return Answer(200, self.feed.render(*names), fields)


class Refused(Trust):
    def test_M5_what_is_refused_replaces_no_validators(self) -> None:
        self.start()
        good = self.asked_with()
        self.assertIsNotNone(good)
        half = b"HTTP/1.1 200 OK\r\nETag: \"half\"\r\n" \
               b"Content-Length: 5000\r\n\r\n<feed>"
        for name, answer in {
                "a page": Answer(200, b"<!doctype html><p>Later.",
                                 [("Content-Type", "text/html"),
                                  ("ETag", '"page"')]),
                "nothing": Answer(200, b"", [("ETag", '"nothing"')]),
                "blanks": Answer(200, b" \n", [("ETag", '"blanks"')]),
                "an error": Answer(503, b"busy", [("ETag", '"busy"')]),
                "not found": Answer(404, b"no", [("ETag", '"no"')]),
                "a part": Answer(206, b"<fe", [("ETag", '"part"')]),
                "half of it": Answer(raw=half, close=True)}.items():
            with self.subTest(name):
                self.assertEqual(self.look(answer), "fetch.failed")
                self.assertEqual(self.asked_with(), good)
        self.hub.stop()
        self.assertEqual(len(self.receiver.posts), 1)

    def test_M5_nor_does_a_feed_without_its_end(self) -> None:
        self.start()
        good = self.asked_with()
        whole = self.feed.render("c", "b", "a")
        cut = whole[:whole.index("Запись b".encode())]
        self.assertEqual(self.look(Answer(
            200, cut, [("Content-Type", self.feed.content_type),
                       ("ETag", '"cut"')])), "update")
        self.assertEqual(names_in(self.receiver.wait_posts(2)[1].body), ["c"])
        self.assertEqual(self.asked_with(), good)

    def test_M5_who_takes_all_gets_the_whole_after_all(self) -> None:
        self.start()
        full = self.callback()
        self.subscribe(self.hub, self.topic, full.url(), content="full")
        whole = self.feed.render("c", "b", "a")
        cut = whole[:whole.index("Запись b".encode())]
        kind = ("Content-Type", self.feed.content_type)
        self.look(Answer(200, cut, [kind]))
        self.assertEqual(full.wait_posts(1)[0].body, cut)
        self.look(Answer(200, whole, [kind]))
        self.assertEqual(full.wait_posts(2)[1].body, whole)
        # It is nothing to who wants what is new, and only once.
        self.look(Answer(200, whole, [kind]))
        _, part = self.delivered("d", "c", "b", "a")
        self.assertEqual(names_in(part), ["d"])
        self.assertEqual(len(self.receiver.posts), 3)
        self.assertEqual(len(full.wait_posts(3)), 3)

    def test_a_304_that_nobody_asked_for_is_a_failure(self) -> None:
        self.begin(atom(), "a", content="entries")
        # The baseline is owed still (M12), so this was not conditional.
        self.assertEqual(self.look(Answer(304)), "fetch.failed")


class Stale(Trust):
    def test_M6_what_was_there_before_is_doubted(self) -> None:
        self.start()
        good = self.asked_with()
        since = self.hub.mark()
        self.assertEqual(self.look(self.page("a")), "fetch.done")
        self.assertEqual(
            len(self.hub.lines("fetch.doubted", since)), 1)
        # It proves nothing, so it is not asked by.
        self.assertEqual(self.asked_with(), good)
        # What is new is not kept back by it.
        _, part = self.delivered("c", "b", "a")
        self.assertEqual(names_in(part), ["c"])
        self.assertEqual(len(self.receiver.posts), 2)

    def test_M6_an_edit_taken_back_is_doubted_too(self) -> None:
        self.begin(atom(), "b", "a", content="entries")
        self.delivered("b=other", "a")
        since = self.hub.mark()
        self.assertEqual(self.look(self.page("b", "a")), "fetch.done")
        self.assertEqual(len(self.hub.lines("fetch.doubted", since)), 1)

    def test_M6_who_proves_that_it_is_newer_is_believed(self) -> None:
        self.start()
        now = time.time()
        early, late = (formatdate(now + ago, usegmt=True)
                       for ago in (-500, -100))
        self.assertEqual(
            self.look(self.page("c", "b", "a", modified=early)), "update")
        self.assertEqual(
            self.look(self.page("b", "a", tag='"new"', modified=late)),
            "update")


class Meanwhile(Trust):
    def hold(self, *names: str) -> threading.Event:
        """A fetch is under way, and is answered when this is set."""
        gate = threading.Event()
        before = len(self.source.fetches)
        self.source.serve(self.feed.render(*names), self.feed.content_type)
        self.source.gate = gate
        self.publish(self.hub, self.topic)
        self.source.fetches.wait(before + 1)
        return gate

    def give(self, *names: str) -> None:
        """The document itself, signed."""
        body, now = self.feed.render(*names), str(int(time.time()))
        said = f"{self.topic}\n{now}\n".encode() + body
        mac = hmac.new(SECRET.encode(), said, hashlib.sha256).hexdigest()
        answer = self.hub.client.post(
            [("hub.mode", "publish"), ("hub.url", self.topic),
             ("hub.content", body.decode()), ("hub.timestamp", now),
             ("hub.signature", f"sha256={mac}")])
        self.assertEqual(answer.status, 204, answer.text)

    def test_M6_a_fetch_that_was_overtaken_is_made_again(self) -> None:
        self.secrets.add(SECRET)
        self.source, self.receiver = self.origin(), self.callback()
        self.hub = self.daemon(
            f"--publisher-key={self.source.url('/')} {SECRET}",
            "--fetch-timeout=1h")
        self.feed = atom()
        self.topic = self.source.serve(self.feed.render("a"),
                                       self.feed.content_type)
        self.follow(self.hub, self.topic, self.receiver.url(),
                    content="entries")
        self.delivered("b", "a")
        before = len(self.source.fetches)
        gate = self.hold("c", "b", "a")
        self.give("d", "c", "b", "a")
        self.receiver.wait_posts(2)
        self.source.serve(self.feed.render("e", "d", "c", "b", "a"),
                          self.feed.content_type)
        self.source.gate = None
        gate.set()
        got = [names_in(post.body) for post in self.receiver.wait_posts(3)]
        self.assertEqual(got[1:], [["d", "c"], ["e"]])
        self.assertEqual(len(self.source.fetches), before + 2)

    def test_M5_a_ping_outlives_the_daemon_that_was_fetching(self) -> None:
        self.start()
        gate = self.hold("c", "b", "a")
        self.hub.kill()
        self.source.gate = None
        gate.set()
        self.hub.start()
        # What was delivered just before may come twice.
        self.receiver.posts.wait_until(
            lambda posts: names_in(posts[-1].body) == ["c"], "what is new")


class Followed(Trust):
    def test_M7_what_came_while_nobody_followed_is_old(self) -> None:
        self.start()
        since = self.hub.mark()
        self.accepted(self.hub, "unsubscribe", self.topic,
                      self.receiver.url())
        self.hub.wait_for("subscription.ended", since=since)
        self.source.serve(self.feed.render("c", "b", "a"),
                          self.feed.content_type)
        self.publish(self.hub, self.topic)
        since = self.hub.mark()
        self.follow(self.hub, self.topic, self.receiver.url(),
                    content="entries")
        self.hub.wait_for("update", since=since, what="baseline")
        _, part = self.delivered("d", "c", "b", "a")
        self.assertEqual(names_in(part), ["d"])

    def test_M12_the_first_ping_after_it_brings_the_baseline(self) -> None:
        self.start()
        since = self.hub.mark()
        self.accepted(self.hub, "unsubscribe", self.topic,
                      self.receiver.url())
        self.hub.wait_for("subscription.ended", since=since)
        self.source.serve(self.feed.render("c", "b", "a"),
                          self.feed.content_type)
        self.follow(self.hub, self.topic, self.receiver.url())
        self.publish(self.hub, self.topic)
        self.assertEqual(names_in(self.receiver.wait_posts(2)[1].body),
                         ["c", "b", "a"])
        # Once.
        self.publish_and_fetch(self.hub, self.topic)
        _, part = self.delivered("d", "c", "b", "a")
        self.assertEqual(names_in(part), ["d"])
        self.assertEqual(len(self.receiver.posts), 3)


class WrongAtFirst(Trust):
    def test_what_began_as_something_else_is_a_feed_from_then_on(self
                                                                 ) -> None:
        for body, kind in ((b"<!doctype html><p>Soon.", "text/html"),
                           (b"", "application/atom+xml")):
            with self.subTest(kind=kind):
                self.hub, self.source = self.daemon(), self.origin()
                self.feed, self.receiver = atom(), self.callback()
                self.topic = self.source.serve(body, kind)
                self.follow(self.hub, self.topic, self.receiver.url(),
                            content="entries")
                _, first = self.delivered("b", "a")
                self.assertEqual(names_in(first), ["b", "a"])
                _, part = self.delivered("c", "b", "a")
                self.assertEqual(names_in(part), ["c"])


if __name__ == "__main__":
    unittest.main()
