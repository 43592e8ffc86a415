# SPDX-License-Identifier: MIT
"""Pulling: what is there at once, what is not there when it comes."""

import json
import unittest
from urllib.parse import quote

from harness import Atom, Origin, Puller, Story, Wire, request, until
from harness.puller import body_of


class Pull(Story):
    def cast(self, *options: str):
        """A hub, an origin with a feed, and a topic that has a log."""
        hub = self.daemon("--pull-open", *options)
        origin, feed = self.origin(), Atom()
        topic = origin.serve(feed.add("one"))
        Puller(hub.client, topic).pull()
        hub.wait_for("update")
        return hub, origin, feed, topic

    def update(self, hub, origin: Origin, feed: Atom, name: str,
               path: str = "/feed") -> None:
        """Publish an entry, and wait until it is in the log."""
        since = hub.mark()
        topic = origin.serve(feed.add(name), path=path)
        self.publish(hub, topic)
        hub.wait_for("update", since=since)


class Answers(Pull):
    def test_what_is_there_is_answered_at_once(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        self.update(hub, origin, feed, "two")
        page = puller.pull(wait=60)
        event = page["events"][-1]
        self.assertIn(b"two", body_of(event))
        self.assertEqual(event["topic"], topic)
        self.assertEqual(event["content_type"], feed.content_type)
        self.assertEqual(event["links"], {"hub": hub.hub, "self": topic})
        self.assertEqual(event["size"], len(body_of(event)))
        self.assertRegex(event["time"],
                         r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertIs(page["more"], False)
        self.assertIsNone(page["gap"])
        self.assertEqual(puller.pull()["events"], [])

    def test_what_is_held_is_released_by_a_publish(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        with Wire(hub.address) as wire:
            wire.send(request("GET", puller.target(wait=200)))
            held(hub, 1)
            self.update(hub, origin, feed, "two")
            page = puller.take(wire.read())
        self.assertEqual(len(page["events"]), 1)
        self.assertIn(b"two", body_of(page["events"][0]))

    def test_a_timeout_is_an_answer_with_the_same_cursor(self) -> None:
        hub, _, _, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        # The baseline may still be on its way into the log.
        hub.wait_for("update")
        puller.pull()
        cursor = puller.cursor
        page = puller.pull(wait=1)
        self.assertEqual((page["events"], page["cursor"]), ([], cursor))

    def test_prefer_wait_is_honoured(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        with Wire(hub.address) as wire:
            wire.send(request("GET", puller.target(wait=None),
                              [("Prefer", "wait=200")]))
            held(hub, 1)
            self.update(hub, origin, feed, "two")
            answer = wire.read()
        self.assertEqual(len(puller.take(answer)["events"]), 1)

    def test_if_none_match_gets_304(self) -> None:
        hub, _, _, topic = self.cast()
        hub.wait_for("update")
        target = "/events?topic=" + quote(topic, safe="")
        first = hub.client.get(target)
        again = hub.client.get(target, [("If-None-Match",
                                         first.get("ETag"))])
        self.assertEqual((again.status, again.body), (304, b""))

    def test_post_is_understood_too(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        self.update(hub, origin, feed, "two")
        answer = hub.client.post([("topic", topic),
                                  ("since", puller.cursor)],
                                 target="/events")
        self.assertEqual(len(puller.take(answer)["events"]), 1)

    def test_many_waiters_hear_of_one_update(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        wires = [Wire(hub.address) for _ in range(50)]
        for wire in wires:
            wire.send(request("GET", puller.target(wait=200)))
        held(hub, 50)
        self.update(hub, origin, feed, "two")
        for wire in wires:
            page = json.loads(wire.read().body)
            self.assertIn(b"two", body_of(page["events"][-1]))
            wire.close()

    def test_a_long_answer_comes_whole(self) -> None:
        hub, origin = self.daemon("--pull-open"), self.origin()
        body = b"a line of text that fills a page\n" * 40000
        topic = origin.serve(body, "text/plain")
        puller = Puller(hub.client, topic)
        puller.pull()
        hub.wait_for("update")
        puller = Puller(hub.client, topic, since="earliest")
        event = puller.pull(wait=10)["events"][0]
        self.assertEqual(body_of(event), body)
        # And the next on the same connection is answered too.
        self.assertEqual(puller.pull()["events"], [])

    def test_binary_bodies_come_as_base64(self) -> None:
        hub, origin = self.daemon("--pull-open"), self.origin()
        body = bytes(range(256))
        topic = origin.serve(body, "image/png")
        puller = Puller(hub.client, topic)
        puller.pull()
        hub.wait_for("update")
        puller = Puller(hub.client, topic, since="earliest")
        event = puller.pull(wait=10)["events"][0]
        self.assertEqual(event["encoding"], "base64")
        self.assertEqual(body_of(event), body)


class Positions(Pull):
    def names(self, page: dict) -> list[str]:
        """The newest entry of each event."""
        return [body_of(event).split(b"<title>")[2].split(b"<")[0].decode()
                for event in page["events"]]

    def test_starts_can_be_chosen(self) -> None:
        hub, origin, feed, topic = self.cast()
        for name in ("two", "three", "four"):
            self.update(hub, origin, feed, name)
        for since, expected in (("latest", []), ("-1", ["four"]),
                                ("-2", ["three", "four"]),
                                ("2001-01-01T00:00:00Z", None),
                                ("2101-01-01T00:00:00Z", [])):
            with self.subTest(since=since):
                page = Puller(hub.client, topic, since=since).pull()
                if expected is None:
                    self.assertEqual(self.names(page)[-1], "four")
                    self.assertGreaterEqual(len(page["events"]), 3)
                else:
                    self.assertEqual(self.names(page), expected)
        everything = Puller(hub.client, topic, since="earliest").pull()
        self.assertEqual(self.names(everything)[-3:],
                         ["two", "three", "four"])
        seqs = [event["seq"] for event in everything["events"]]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + len(seqs))))
        # M8: the same pair as on deliveries.
        self.assertEqual([event["previous"] for event in
                          everything["events"]], [seq - 1 for seq in seqs])
        incarnations = {event["incarnation"] for event in
                        everything["events"]}
        self.assertEqual(len(incarnations), 1)
        self.assertRegex(incarnations.pop(), r"^[0-9a-f]{16}$")

    def test_pages_are_bounded_and_go_on(self) -> None:
        hub, origin, feed, topic = self.cast()
        names = ["two", "three", "four"]
        start = Puller(hub.client, topic)
        start.pull()
        for name in names:
            self.update(hub, origin, feed, name)
        page = start.pull(limit="2")
        self.assertEqual((self.names(page)[-1], page["more"]),
                         ("three", True))
        page = start.pull(limit="2")
        self.assertEqual((self.names(page), page["more"]), (["four"], False))

    def test_a_cursor_is_good_after_a_restart(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        self.update(hub, origin, feed, "two")
        hub.restart()
        puller.client = hub.client
        self.assertEqual(self.names(puller.pull()), ["two"])
        self.update(hub, origin, feed, "three")
        self.assertEqual(self.names(puller.pull()), ["three"])

    def test_a_cursor_is_good_after_a_kill(self) -> None:
        hub, origin, feed, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        self.update(hub, origin, feed, "two")
        hub.kill()
        hub.start()
        puller.client = hub.client
        self.assertEqual(self.names(puller.pull()), ["two"])

    def test_a_bad_cursor_is_400(self) -> None:
        hub, _, _, topic = self.cast()
        good = Puller(hub.client, topic).pull()["cursor"]
        for since in ("x", good[:-1], good + "A", "!" + good[1:], "-", "-x",
                      "yesterday"):
            with self.subTest(since=since):
                answer = Puller(hub.client, topic, since=since).ask()
                self.assertEqual(answer.status, 400, answer.text)
                self.assertEqual(answer.get("Content-Type"),
                                 "application/problem+json")
                problem = json.loads(answer.body)
                self.assertEqual(problem["status"], 400)

    def test_a_made_up_cursor_is_found_out(self) -> None:
        hub, _, _, topic = self.cast()
        refused = 0
        for number in range(40):
            since = f"{number:021d}A"
            answer = Puller(hub.client, topic, since=since).ask()
            refused += answer.status == 400
            # Its check has 8 bits; past that, it is of another history.
            if answer.status != 400:
                gap = json.loads(answer.body)["gap"]
                self.assertEqual(gap["reason"], "epoch")
        self.assertGreater(refused, 30)

    def test_several_topics_are_waited_for_together(self) -> None:
        hub, origin, feed, topic = self.cast()
        other_feed = Atom(title="another").add("uno")
        other = origin.serve(other_feed, path="/other")
        since = hub.mark()
        puller = Puller(hub.client, topic, other)
        puller.pull()
        hub.wait_for("update", since=since)
        puller.pull()
        with Wire(hub.address) as wire:
            wire.send(request("GET", puller.target(wait=200)))
            held(hub, 1)
            self.update(hub, origin, other_feed, "dos", path="/other")
            page = puller.take(wire.read())
        self.assertEqual([event["topic"] for event in page["events"]],
                         [other])
        self.update(hub, origin, feed, "two")
        self.update(hub, origin, other_feed, "tres", path="/other")
        page = puller.pull()
        self.assertEqual([event["topic"] for event in page["events"]],
                         [topic, other])


class Manners(Pull):
    def test_a_peer_that_goes_away_is_let_go(self) -> None:
        hub, _, _, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        wires = [Wire(hub.address) for _ in range(20)]
        for wire in wires:
            wire.send(request("GET", puller.target(wait=200)))
        held(hub, 20)
        for wire in wires:
            wire.close()
        held(hub, 0)

    def test_without_a_right_a_topic_cannot_be_pulled(self) -> None:
        hub, origin = self.daemon(), self.origin()
        topic = origin.serve(Atom().add("one"))
        answer = Puller(hub.client, topic).ask()
        self.assertIn(answer.status, (403, 404))
        self.assertEqual(answer.get("Content-Type"),
                         "application/problem+json")
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_nonsense_is_refused(self) -> None:
        hub, _, _, topic = self.cast()
        good = "topic=" + quote(topic, safe="")
        for query in ("", "topic=", "topic=nonsense", "topic=ftp%3A%2F%2Fx",
                      good + "&wait=x", good + "&wait=-1",
                      good + "&limit=0", good + "&limit=x",
                      good + "&since=%zz"):
            with self.subTest(query=query):
                answer = hub.client.get("/events?" + query)
                self.assertEqual(answer.status, 400, answer.text)

    def test_held_ones_do_not_keep_the_hub_from_ending(self) -> None:
        hub, _, _, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        wires = [Wire(hub.address) for _ in range(5)]
        for wire in wires:
            wire.send(request("GET", puller.target(wait=200)))
        held(hub, 5)
        hub.stop()
        for wire in wires:
            page = json.loads(wire.read().body)
            self.assertEqual(page["events"], [])
            self.assertTrue(page["cursor"])
            wire.close()

    def test_while_some_are_held_others_are_served(self) -> None:
        hub, _, _, topic = self.cast()
        puller = Puller(hub.client, topic)
        puller.pull()
        wires = [Wire(hub.address) for _ in range(100)]
        for wire in wires:
            wire.send(request("GET", puller.target(wait=200)))
        held(hub, 100)
        callback = self.callback()
        self.subscribe(hub, topic, callback.url())
        for wire in wires:
            wire.close()


def held(hub, count: int) -> None:
    """Wait until so many pulls are held."""
    until(lambda: hub.status()["front"]["held"] == count,
          f"{count} held pulls")


if __name__ == "__main__":
    unittest.main()
