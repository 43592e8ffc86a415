# SPDX-License-Identifier: MIT
"""The exact rules of pulling, each by its number: what positions promise, on
whatever transport."""

import json
import unittest

from pulling import PLAIN, Rules, bodies, gap_of, target
from harness import Wire, request, until


class Places(Rules):
    """M16."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.one, self.two = self.topic("/one"), self.topic("/two")

    def test_M16_from_one_position_topics_are_walked_by_the_global_number(
            self) -> None:
        place = self.pull(self.one, self.two)["cursor"]
        for number in range(3):
            self.update(self.two, b"two %d" % number)
            self.update(self.one, b"one %d" % number)
        seen, cursor = [], place
        while True:
            said = self.pull(self.one, self.two, since=cursor, limit=1)
            seen += bodies(said["events"])
            cursor = said["cursor"]
            if not said["more"]:
                break
        self.assertEqual(seen, ["two 0", "one 0", "two 1", "one 1", "two 2",
                                "one 2"])

    def test_M16_where_positions_differ_there_is_a_cursor_for_each_only(
            self) -> None:
        place = self.pull(self.one)["cursor"]
        self.update(self.one, b"one 1")
        self.update(self.two, b"two 1")
        said = self.post({"topics": {self.one: place, self.two: "latest"}})
        self.assertIsNone(said.get("cursor"))
        self.assertNotIn("events", said)
        self.assertEqual(set(said["topics"]), {self.one, self.two})
        self.assertEqual(bodies(said["topics"][self.one]["events"]),
                         ["one 1"])
        self.assertEqual(said["topics"][self.two]["events"], [])
        # Each is good for its topic, alone and beside the other.
        for topic in (self.one, self.two):
            again = self.pull(topic, since=said["topics"][topic]["cursor"])
            self.assertEqual(again["events"], [])
            self.assertNotIn("scope", again)
        self.update(self.two, b"two 2")
        places = {topic: at["cursor"] for topic, at in
                  said["topics"].items()}
        said = self.post({"topics": places})
        self.assertEqual(set(said["topics"]), {self.two})
        self.assertEqual(bodies(said["topics"][self.two]["events"]),
                         ["two 2"])

    def test_M16_no_page_of_places_that_differ_loses_or_repeats(self) -> None:
        places = {self.one: self.pull(self.one)["cursor"],
                  self.two: "earliest"}
        for number in range(7):
            self.update(self.one, b"one %d" % number)
            self.update(self.two, b"two %d" % number)
        seen: dict[str, list[str]] = {self.one: [], self.two: []}
        for _ in range(30):
            said = self.post({"topics": places, "limit": 2})
            for topic, at in said["topics"].items():
                places[topic] = at["cursor"]
                seen[topic] += bodies(at["events"])
            if not said["more"]:
                break
        self.assertEqual(seen[self.one], [f"one {n}" for n in range(7)])
        self.assertEqual(seen[self.two],
                         ["first"] + [f"two {n}" for n in range(7)])

    def test_M16_another_set_of_topics_is_told_on_every_transport(
            self) -> None:
        place = self.pull(self.one)["cursor"]
        self.update(self.two, b"two 1")
        said = self.pull(self.one, self.two, since=place)
        self.assertEqual(said["scope"], "changed")
        starts = said["topics"]
        self.assertEqual(set(starts), {self.one, self.two})
        # Where each of them starts: from there on comes what came here.
        self.assertEqual(
            self.read(self.two, since=starts[self.two]["cursor"])[-1],
            "two 1")
        self.assertEqual(
            self.read(self.one, since=starts[self.one]["cursor"]), [])
        where = dict(since=place)
        scope = self.events(target("/events/sse", self.one, self.two,
                                   **where)).named("scope")
        self.assertEqual(set(scope.data["topics"]), {self.one, self.two})
        self.assertTrue(scope.id)
        lines = self.lines(target("/events/stream", self.one, self.two,
                                  **where))
        kinds = [lines.object().get("type") for _ in range(2)]
        self.assertEqual(kinds, ["open", "scope"])
        # The same set in another order is the same.
        cursor = said["cursor"]
        self.assertNotIn("scope", self.pull(self.two, self.one,
                                            since=cursor))
        # One less is another set.
        self.assertEqual(self.pull(self.one, since=cursor)["scope"],
                         "changed")

    def test_M16_what_is_held_with_another_set_is_told_at_once(self) -> None:
        place = self.pull(self.one)["cursor"]
        said = self.pull(self.one, self.two,
                         since=self.pull(self.two)["cursor"], wait=200)
        self.assertEqual(said["scope"], "changed")
        self.assertNotEqual(said["cursor"], place)

    def test_M16_history_gives_a_before_and_nothing_to_wait_at(self) -> None:
        self.update(self.one, b"second")
        for params in ({"order": "desc"}, {"order": "desc", "limit": 1}):
            answer = self.get(target("/events", self.one, **params))
            said = json.loads(answer.body)
            self.assertNotIn("cursor", said)
            self.assertTrue(said["before"])
            self.assertIsNone(answer.get("ETag"))
        for path in ("/events/sse", "/events/stream"):
            self.assertEqual(self.get(target(path, self.one,
                                             order="desc")).status, 400)
        # Also over two topics, by the global number.
        self.update(self.two, b"two 1")
        seen, before = [], {}
        for _ in range(9):
            said = self.pull(self.one, self.two, order="desc", limit=2,
                             **before)
            seen += bodies(said["events"])
            before = {"before": said["before"]}
            if not said["more"]:
                break
        self.assertEqual(seen, ["two 1", "second", "first", "first"])

    def test_M16_a_mailbox_hears_of_a_topic_from_when_it_was_added(
            self) -> None:
        token = self.token()
        self.mailbox(token, "box", self.one)
        self.update(self.two, b"before")
        status, said = self.ask_json("POST", "/mailboxes/box/subscriptions",
                                     {"topic": self.two}, token)
        self.assertIn(status, (200, 201), said)
        self.update(self.two, b"after")
        self.assertEqual(bodies(self.messages(token, "box")["events"]),
                         ["after"])

    def test_M16_nobody_sees_a_lower_number_later(self) -> None:
        """Readers of all transports while two topics change: what each was
        told ascends, and is all of it."""
        where = dict(since=self.pull(self.one, self.two)["cursor"])
        streams = [
            self.events(target("/events/sse", self.one, self.two, **where)),
            self.lines(target("/events/stream", self.two, self.one,
                              **where))]
        for number in range(20):
            self.source.serve(b"%d" % number, PLAIN, path="/one")
            self.source.serve(b"%d" % number, PLAIN, path="/two")
            since = self.hub.mark()
            self.publish(self.hub, self.one, self.two)
            self.hub.wait_for("update", 2, since)
        wanted = self.pull(self.one, self.two, limit=100, **where)["events"]
        self.assertEqual(len(wanted), 40)
        names = [(event["topic"], event["seq"]) for event in wanted]
        for stream in streams:
            told = [stream.event() for _ in names]
            self.assertEqual([(event["topic"], event["seq"])
                              for event in told], names)
        times = [event["time"] for event in wanted]
        self.assertEqual(times, sorted(times))


class Rights(Rules):
    """M16, M20, M7: who names what he may not."""

    def begin(self, *options: str) -> None:
        self.hub = self.daemon(*options)
        self.source = self.origin()

    def narrow(self, *rights: str) -> str:
        said = self.ctl(self.hub, "token", "add", "narrow", "--right="
                        + (",".join(rights) or "pull,create,mailbox"),
                        f"--scope={self.source.base}/in/*", "--json")
        token = json.loads(said)["token"]
        self.secrets.add(token)
        return token

    def test_M16_a_topic_without_right_is_403_and_moves_nothing(self) -> None:
        self.begin()
        narrow = self.narrow()
        inside = self.source.serve(b"in", PLAIN, path="/in/a")
        outside = self.source.serve(b"out", PLAIN, path="/out/a")
        asked = self.hub.mark()
        for method, where, said in (
                ("GET", target("/events", inside, outside), None),
                ("GET", target("/events/sse", inside, outside), None),
                ("GET", target("/events/stream", outside, inside), None),
                ("POST", "/events", {"topics": [inside, outside]}),
                ("POST", "/events", {"topics": {inside: "latest",
                                                outside: "earliest"}}),
                ("PUT", "/mailboxes/box", {"topics": [inside, outside]})):
            status, problem = self.ask_json(method, where, said, narrow)
            self.assertEqual((status, problem["type"]),
                             (403, "forbidden-topic"), where)
        # Nothing moved: the one that is his was not made either.
        self.assertEqual(self.hub.status()["store"]["topics"], 0)
        self.assertEqual(self.hub.lines("update", asked), [])
        self.assertEqual(self.ask_json("GET", "/mailboxes/box",
                                       token=narrow)[0], 404)

    def test_M7_a_stranger_makes_no_topic(self) -> None:
        self.begin()
        unknown = self.source.serve(b"x", PLAIN, path="/in/a")
        for where in (target("/events", unknown), target("/events/sse",
                                                         unknown),
                      target("/events", unknown, since="earliest", wait=60)):
            answer = self.get(where)
            self.assertEqual(answer.status, 404)
            self.assertEqual(json.loads(answer.body)["type"],
                             "unknown-topic")
        self.assertEqual(self.hub.status()["store"]["topics"], 0)
        # Nor a token without that right.
        reader = self.narrow("pull")
        self.assertEqual(self.ask_json("GET", target("/events", unknown),
                                       token=reader)[0], 404)
        self.assertEqual(self.hub.status()["store"]["topics"], 0)
        self.assertEqual(len(self.source.fetches), 0)

    def test_M20_what_is_hidden_is_as_what_is_not_there(self) -> None:
        self.begin()
        narrow = self.narrow()
        hidden = self.source.serve(b"x", PLAIN, path="/in/a")
        since = self.hub.mark()
        self.assertEqual(self.ask_json("GET", target("/events", hidden),
                                       token=narrow)[0], 200)
        self.hub.wait_for("update", since=since)
        unknown = self.source.base + "/in/b"
        for path in ("/events", "/events/sse", "/events/stream",
                     "/events/poll"):
            one, two = (self.get(target(path, topic))
                        for topic in (hidden, unknown))
            self.assertEqual((one.status, one.body), (two.status, two.body))
            self.assertEqual(one.status, 404)
        # Beside another it is no more there.
        self.assertEqual(self.get(target("/events", unknown,
                                         hidden)).status, 404)


class Cursors(Rules):
    """M17."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.one = self.topic("/one")

    def test_M17_a_bad_check_is_400_whoever_asks(self) -> None:
        good = self.pull(self.one)["cursor"]
        self.assertRegex(good, r"^[A-Za-z0-9_-]{22}$")
        flipped = good[:7] + ("A" if good[7] != "A" else "B") + good[8:]
        for bad in (flipped, "A" * 22, good[:-1], good + "A", "x"):
            for where, fields in (
                    (target("/events", self.one, since=bad), ()),
                    (target("/events", self.one, before=bad), ()),
                    (target("/events/sse", self.one, since=bad), ()),
                    (target("/events/sse", self.one),
                     (("Last-Event-ID", bad),)),
                    (target("/events/stream", self.one, since=bad), ()),
                    (target("/events", self.one, since=bad, wait=60), ())):
                answer = self.get(where, *fields)
                self.assertEqual(answer.status, 400, (where, answer.text))
                self.assertFalse(json.loads(answer.body)["retryable"])
            status, said = self.ask_json("POST", "/events", {
                "topics": {self.one: bad, self.source.base + "/x": None}})
            self.assertEqual(status, 400, said)

    def test_M17_another_epoch_is_a_gap_on_every_transport(self) -> None:
        self.update(self.one, b"second")
        cursor = self.pull(self.one)["cursor"]
        copy = self.directory / "copy"
        self.copy_store(self.hub, copy)
        self.hub.stop()
        self.hub.data = copy
        self.hub.start()
        for wait in (0, 60):
            said = self.pull(self.one, since=cursor, wait=wait)
            self.assertEqual(gap_of(said)["reason"], "epoch")
            self.assertEqual(bodies(said["events"]), ["first", "second"])
        self.assertIsNone(self.pull(self.one, since=said["cursor"])["gap"])
        gap = self.events(target("/events/sse", self.one),
                          ("Last-Event-ID", cursor)).named("gap")
        self.assertEqual(gap.data["reason"], "epoch")
        lines = self.lines(target("/events/stream", self.one, since=cursor))
        self.assertEqual([lines.object().get("type") for _ in range(2)],
                         ["open", "gap"])
        socket = self.socket(self.one, since=cursor)
        self.assertEqual(socket.of_type("gap")["reason"], "epoch")
        self.assertEqual(socket.event()["body"], "first")
        answer = self.get(target("/events", self.one, since=cursor,
                                 on_gap="fail"))
        self.assertEqual(answer.status, 410)
        two = self.topic("/two")
        said = self.post({"topics": {self.one: cursor, two: "latest"}})
        self.assertEqual(gap_of(said)["reason"], "epoch")
        self.assertEqual(bodies(said["topics"][self.one]["events"]),
                         ["first", "second"])
        said = self.pull(self.one, before=cursor)
        self.assertEqual(bodies(said["events"]), ["second", "first"])

    def test_M17_beyond_the_head_is_a_gap_too(self) -> None:
        """The disk went back, and the epoch did not."""
        self.hub.stop()
        old = self.directory / "old"
        self.copy(self.hub.data, old)
        self.hub.start()
        for number in range(3):
            self.update(self.one, b"%d" % number)
        cursor = self.pull(self.one)["cursor"]
        self.hub.stop()
        self.hub.data = old
        self.hub.start()
        said = self.pull(self.one, since=cursor, wait=60)
        self.assertEqual(gap_of(said)["reason"], "epoch")
        self.assertEqual(bodies(said["events"]), ["first"])
        # He does not go round in circles.
        again = self.pull(self.one, since=said["cursor"])
        self.assertEqual((again["gap"], again["events"]), (None, []))

    def test_M17_an_idle_answer_tells_nothing_of_others(self) -> None:
        cursor = self.pull(self.one)["cursor"]
        two = self.topic("/two")
        for number in range(3):
            self.update(two, b"%d" % number)
        for wait in (0, 1):
            self.assertEqual(self.pull(self.one, since=cursor,
                                       wait=wait)["cursor"], cursor)
        # `latest` tells no more.
        self.assertEqual(self.pull(self.one)["cursor"], cursor)
        said = self.events(target("/events/sse", self.one)).said()
        self.assertEqual((said.name, said.id), ("open", cursor))


class Streams(Rules):
    """M11."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.one = self.topic("/one")

    def test_M11_one_that_has_seen_nothing_resumes(self) -> None:
        for since in ("latest", "earliest", "-1", None):
            where = target("/events/sse", self.one,
                           **({"since": since} if since else {}))
            seen = self.read(self.one, since="earliest")
            had = {"latest": 0, None: 0, "earliest": len(seen),
                   "-1": 1}[since]
            stream = self.events(where)
            opening = stream.said()
            self.assertEqual(opening.name, "open")
            self.assertEqual(opening.id, opening.data["cursor"])
            stream.close()
            self.update(self.one, f"after {since}".encode())
            stream = self.events(where, ("Last-Event-ID", opening.id))
            wanted = (seen[len(seen) - had:] if had else []) \
                + [f"after {since}"]
            self.assertEqual([stream.event()["body"] for _ in wanted],
                             wanted)
            self.assertEqual(stream.head.status, 200)

    def test_M11_every_control_event_has_an_id(self) -> None:
        for number in range(3):
            self.update(self.one, b"%d" % number)
        stream = self.events(target("/events/sse", self.one,
                                    since="earliest", limit=2))
        more = stream.named("more")
        self.assertTrue(more.id)
        self.assertEqual(more.id, more.data["cursor"])
        self.assertEqual(self.read(self.one, since=more.id), ["1", "2"])
        # An end in its midst.
        token = self.token("gone")
        stream = self.events(target("/events/sse", self.one, since="-1"),
                             self.bearer(token))
        self.assertEqual(stream.event()["body"], "2")
        last, stream.last_id = stream.last_id, ""
        self.ctl(self.hub, "token", "remove", "gone")
        abort = stream.named("abort")
        self.assertEqual(abort.data["reason"], "token-revoked")
        self.assertEqual(abort.id, last)

    def test_M11_who_is_turned_away_comes_back_to_where_he_was(self) -> None:
        self.hub.restart("--pulls=1")
        where = target("/events/sse", self.one)
        self.assertEqual(self.events(where).said().name, "open")
        cursor = self.pull(self.one)["cursor"]
        for fields in ((("Last-Event-ID", cursor),), ()):
            stream = self.events(where, *fields)
            self.assertEqual(stream.head.status, 200)
            overload = stream.said()
            self.assertEqual(overload.name, "overload")
            self.assertTrue(overload.data["retryable"])
            self.assertGreaterEqual(stream.retry, 1000)
            self.assertEqual(overload.id, cursor)

    def test_M11_a_mailbox_resumes_by_its_last_id(self) -> None:
        token = self.token()
        for mode in ("none", "cursor"):
            self.mailbox(token, mode, self.one, ack=mode)
            where = f"/mailboxes/{mode}/sse"
            last: tuple[tuple[str, str], ...] = ()
            for body in ("a", "b", "c"):
                stream = self.events(where, self.bearer(token), *last)
                opening = stream.said()
                self.assertEqual((opening.name, opening.id),
                                 ("open", opening.data["cursor"]))
                if body == "a":  # has seen nothing, and goes
                    stream.close()
                    until(lambda: self.held() == 0, "it to be gone")
                    self.update(self.one, f"{mode} {body}".encode())
                    stream = self.events(where, self.bearer(token),
                                         ("Last-Event-ID", opening.id))
                else:
                    self.update(self.one, f"{mode} {body}".encode())
                self.assertEqual(stream.event()["body"], f"{mode} {body}")
                last = (("Last-Event-ID", stream.last_id),)
                stream.close()
                until(lambda: self.held() == 0, "it to be gone")

    def test_M11_nothing_falls_between_reading_and_waiting(self) -> None:
        """Each poll is sent while an update comes in: whichever is first,
        the answer has it."""
        cursor = self.pull(self.one)["cursor"]
        for number in range(25):
            with Wire(self.hub.address) as wire:
                self.source.serve(b"%d" % number, PLAIN, path="/one")
                if number % 2:
                    self.publish(self.hub, self.one)
                wire.send(request("GET", target("/events", self.one,
                                                since=cursor, wait=60)))
                if number % 2 == 0:
                    self.publish(self.hub, self.one)
                said = json.loads(wire.read().body)
            self.assertEqual(bodies(said["events"]), [f"{number}"])
            cursor = said["cursor"]


if __name__ == "__main__":
    unittest.main()
