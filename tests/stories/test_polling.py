# SPDX-License-Identifier: MIT
"""Topics whose publishers do not ping are looked at now and then."""

from harness import Answer, Atom, Story, entries_of, together, until

OFTEN = ["--poll-min=1s", "--poll-max=1s"]


class Polling(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon(*OFTEN)
        self.callback_server, self.site = self.callback(), self.origin()
        self.feed = Atom().add("one").add("two")

    def start(self, topic: str) -> str:
        self.follow(self.hub, topic, self.callback_server.url(),
                    content="entries")
        return topic

    def test_what_nobody_pinged_for_is_found(self) -> None:
        self.start(self.site.serve(self.feed))
        self.site.serve(self.feed.add("three"))
        post = self.callback_server.wait_posts(1)[0]
        self.assertEqual(entries_of(post.body), ["three"])

    def test_polls_are_conditional_and_ask_for_what_is_new_alone(self
                                                                 ) -> None:
        self.start(self.site.serve(self.feed))
        seen = self.site.fetches.wait(3)[2]
        self.assertTrue(seen.get("If-None-Match"))
        self.assertEqual(seen.get("A-IM"), "feed")
        self.assertIsNone(self.site.fetches.all()[0].get("A-IM"))

    def test_polls_stop_when_nobody_listens(self) -> None:
        topic = self.start(self.site.serve(self.feed))
        self.site.fetches.wait(2)
        since = self.hub.mark()
        self.accepted(self.hub, "unsubscribe", topic,
                      self.callback_server.url())
        self.hub.wait_for("subscription.ended", since=since)
        # One may have been under way.
        before = len(self.site.fetches) + 1
        other = self.origin()
        self.start(other.serve(self.feed))
        other.fetches.wait(4)
        self.assertLessEqual(len(self.site.fetches), before)

    def test_what_is_new_alone_is_fetched_whole(self) -> None:
        self.start(self.site.serve(self.feed))
        self.site.fetches.wait(2)
        newer = Atom().add("three")
        whole = self.feed.add("three")
        self.site.script(Answer(226, newer.render(), [
            ("Content-Type", newer.content_type), ("IM", "feed"),
            ("ETag", '"newer"')]))
        self.site.serve(whole)
        post = self.callback_server.wait_posts(1)[0]
        self.assertEqual(entries_of(post.body), ["three"])
        asked = [seen.get("A-IM") for seen in self.site.fetches.all()[1:]]
        self.assertIn(("feed", None), list(zip(asked, asked[1:])))

    def test_a_226_with_nothing_new_is_nothing(self) -> None:
        self.start(self.site.serve(self.feed))
        self.site.fetches.wait(2)
        newest = Atom().add("two")
        since = self.hub.mark()
        self.site.script(Answer(226, newest.render(), [
            ("Content-Type", newest.content_type), ("IM", "feed"),
            ("ETag", '"of the 226"')]))
        self.hub.wait_for("fetch.done", since=since, status="226")
        seen = self.site.fetches.wait_until(
            lambda all_: [one for one in all_
                          if one.get("If-None-Match") == '"of the 226"'],
            "its tag to be used")
        self.assertTrue(seen)
        with self.quiet(self.hub, self.callback_server):
            pass

    def moved(self, status: int) -> tuple[str, Story]:
        """A topic that redirects elsewhere."""
        elsewhere = self.origin()
        real = elsewhere.serve(self.feed)
        self.site.answer = lambda seen: (
            self.site.fetches.put(seen),
            Answer(status, fields=[("Location", real)]))[1]
        return self.site.url(), elsewhere

    def test_M15_polls_go_where_it_was_moved_for_good(self) -> None:
        topic, elsewhere = self.moved(308)
        self.start(topic)
        elsewhere.fetches.wait(4)
        # Twice only around midnight.
        self.assertLessEqual(len(self.site.fetches), 2)
        # A ping begins where the topic is.
        before = len(self.site.fetches)
        self.publish(self.hub, topic)
        self.site.fetches.wait(before + 1)

    def test_M15_other_redirects_are_asked_each_time(self) -> None:
        topic, elsewhere = self.moved(307)
        self.start(topic)
        elsewhere.fetches.wait(3)
        self.assertGreaterEqual(len(self.site.fetches), 3)

    def test_M15_what_moved_back_is_found(self) -> None:
        topic, elsewhere = self.moved(301)
        self.start(topic)
        elsewhere.fetches.wait(2)
        self.site.serve(self.feed.add("three"))
        del self.site.answer
        elsewhere.answer = lambda seen: Answer(404, b"gone")
        post = self.callback_server.wait_posts(1)[0]
        self.assertEqual(entries_of(post.body), ["three"])

    def test_R85_retry_after_is_respected(self) -> None:
        self.start(self.site.serve(self.feed))
        self.site.fetches.wait(1)
        since = self.hub.mark()
        self.site.script(Answer(503, b"", [("Retry-After", "3600")]))
        self.hub.wait_for("fetch.failed", since=since, status="503")
        before = len(self.site.fetches)
        other = self.origin()
        self.start(other.serve(self.feed))
        other.fetches.wait(4)
        self.assertEqual(len(self.site.fetches), before)

    def delayed(self) -> int:
        return self.hub.status()["counters"]["fetches.delayed"]

    def test_R85_a_ping_does_not_get_around_it(self) -> None:
        topic = self.start(self.site.serve(self.feed))
        since = self.hub.mark()
        self.site.script(Answer(503, b"", [("Retry-After", "3600")]))
        self.publish(self.hub, topic)
        self.hub.wait_for("fetch.failed", since=since, status="503")
        before = len(self.site.fetches)
        delayed = self.delayed()
        self.publish(self.hub, topic)
        until(lambda: self.delayed() > delayed, "the ping to wait")
        self.assertEqual(len(self.site.fetches), before)


if __name__ == "__main__":
    together.main()
