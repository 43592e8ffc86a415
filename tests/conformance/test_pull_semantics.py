# SPDX-License-Identifier: MIT
"""The exact rules of pulling, each by its number: what positions, gaps and
acknowledgements promise, on whatever transport."""

import hashlib
import hmac
import json
import unittest

from pulling import PLAIN, Pulling, bodies, target
from harness import Wire, request, until
from harness.websocket import WebSocket


def gap_of(said: dict) -> dict:
    return said["gap"] or {"reason": None, "topics": []}


class Rules(Pulling):
    def post(self, question: object, *fields: tuple[str, str]) -> dict:
        status, said = self.ask_json("POST", "/events", question)
        self.assertEqual(status, 200, said)
        return said

    def read(self, topic: str, **params: object) -> list[str]:
        return bodies(self.pull(topic, **params)["events"])

    def socket(self, *topics: str, **params: object) -> WebSocket:
        socket = WebSocket(self.hub.address,
                           target("/events/ws", *topics, **params))
        self.addCleanup(socket.close)
        return socket

    def bearer(self, token: str) -> tuple[str, str]:
        return ("Authorization", f"Bearer {token}")


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

    def copy(self, source, to) -> None:
        to.mkdir()
        for path in source.iterdir():
            if path.is_file():
                (to / path.name).write_bytes(path.read_bytes())
                (to / path.name).chmod(path.stat().st_mode & 0o777)
        to.chmod(source.stat().st_mode & 0o777)

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


class Losses(Rules):
    """M8, M9, M10."""

    MANY = 1250  # trimming may take its time, but not with so many
    MODES = ("none", "cursor", "explicit")

    def lossy(self) -> tuple[str, str]:
        self.begin("--retention-updates=5")
        topic = self.topic("/one")
        place = self.pull(topic)["cursor"]
        self.reader = self.token()
        for mode in self.MODES:
            self.mailbox(self.reader, mode, topic, ack=mode)
        for number in range(self.MANY):
            self.update(topic, b"%d" % number)
        self.hub.wait_for("log.trimmed")

        def lost() -> int:
            found = gap_of(self.pull(topic, since=place))["topics"]
            return found[0]["lost"] if found else 0
        until(lambda: lost() > self.MANY - 150, "the end of trimming")
        return topic, place

    def accounts(self, gaps: list[dict], seqs: list[int], topic: str
                 ) -> None:
        """What is told as lost and what came are all there was, once."""
        lost = [seq for gap in gaps for found in gap["topics"]
                for seq in range(found["from_seq"], found["to_seq"] + 1)
                if found["topic"] == topic]
        for gap in gaps:
            self.assertEqual(gap["reason"], "expired")
            for found in gap["topics"]:
                self.assertTrue(found["exact"])
                self.assertEqual(found["lost"], found["to_seq"]
                                 - found["from_seq"] + 1)
        self.assertEqual(sorted(lost + seqs),
                         list(range(2, self.MANY + 2)))

    def test_M9_M10_a_gap_is_exact_in_every_voice_and_mailbox(self) -> None:
        topic, place = self.lossy()
        two = self.topic("/two")
        with self.subTest("json"):
            self.by_pages(topic, lambda cursor: self.pull(
                topic, since=cursor, limit=7), place)
        with self.subTest("of two topics"):
            self.by_pages(topic, lambda cursor: self.pull(
                two, topic, since=cursor, limit=7), place)
        with self.subTest("a prefix"):
            self.by_pages(topic, lambda cursor: self.pull(
                match=self.source.base + "/*", since=cursor, limit=7), place)
        with self.subTest("by topic"):
            said = self.post({"topics": {topic: place, two: "latest"},
                              "limit": 1000})
            self.accounts([said["gap"]], [
                event["seq"] for event in said["topics"][topic]["events"]],
                topic)
        for name, stream in (
                ("sse", self.events(target("/events/sse", topic,
                                           since=place))),
                ("socket", self.socket(topic, since=place)),
                ("lines", self.lines(target("/events/stream", topic,
                                            since=place)))):
            with self.subTest(name):
                self.by_stream(topic, name, stream)
        with self.subTest("410"):
            answer = self.get(target("/events", topic, since=place,
                                     on_gap="fail"))
            self.assertEqual(answer.status, 410)
            self.assertEqual(json.loads(answer.body)["type"], "gap")
        with self.subTest("previous"):
            # The first that comes says what this reader had (M8).
            said = self.pull(topic, since=place)
            lost, = said["gap"]["topics"]
            self.assertEqual(lost["from_seq"], 2)
            self.assertIn(said["events"][0]["previous"],
                          (1, lost["to_seq"]))
        with self.subTest("M10 the newest body stays"):
            self.assertEqual(self.read(topic, since="-1"),
                             [f"{self.MANY - 1}"])
        for mode in self.MODES:
            # None of them held the log back.
            with self.subTest(f"mailbox {mode}"):
                self.by_messages(self.reader, mode, topic)

    def by_pages(self, topic: str, ask, cursor: str) -> None:
        gaps, seqs = [], []
        for _ in range(200):
            said = ask(cursor)
            gaps += [said["gap"]] if said["gap"] else []
            seqs += [event["seq"] for event in said["events"]
                     if event["topic"] == topic]
            cursor = said["cursor"]
            if not said["more"]:
                break
        self.accounts(gaps, seqs, topic)

    def by_stream(self, topic: str, name: str, stream) -> None:
        gaps, seqs = [], []
        while not seqs or seqs[-1] != self.MANY + 1:
            said = stream.said().data if name == "sse" \
                else json.loads(stream.read().data) if name == "socket" \
                else stream.object()
            if "lost" in json.dumps(said) and "topics" in said:
                gaps.append(said)
            elif "seq" in said:
                seqs.append(said["seq"])
        self.accounts(gaps, seqs, topic)

    def by_messages(self, token: str, mode: str, topic: str) -> None:
        gaps, seqs, more = [], [], {}
        for _ in range(self.MANY):
            said = self.messages(token, mode, limit=100, **more)
            gaps += [said["gap"]] if said["gap"] else []
            seqs += [event["seq"] for event in said["events"]]
            if mode == "cursor":
                more = {"ack": said["cursor"]}
            elif mode == "explicit" and said["events"]:
                self.ask_json("POST", f"/mailboxes/{mode}/acks", {
                    "ack": [event["ack_id"] for event in said["events"]]},
                    token)
            if seqs and seqs[-1] == self.MANY + 1:
                break
        self.accounts(gaps, seqs, topic)


class Numbers(Rules):
    """M8."""

    def test_M8_pullers_and_webhooks_get_the_same_pair(self) -> None:
        self.begin()
        hook = self.callback()
        topic = self.source.serve(b"0", PLAIN, path="/one")
        self.follow(self.hub, topic, hook.url("cb"))
        token = self.token()
        place = self.pull(topic)["cursor"]
        self.mailbox(token, "box", topic)
        stream = self.events(target("/events/sse", topic, since=place))
        for number in range(1, 4):
            self.update(topic, b"%d" % number)
            posts = hook.wait_posts(number)
        told = {post.body.decode(): (post.get("Hub-Sequence"),
                                     post.get("Hub-Previous"))
                for post in posts}

        def pairs(events: list[dict]) -> dict:
            return {event["body"]: tuple(
                f"{event['incarnation']}.{event[name]}"
                for name in ("seq", "previous")) for event in events}
        self.assertEqual(pairs(self.pull(topic, since=place)["events"]), told)
        self.assertEqual(pairs([stream.event() for _ in range(3)]), told)
        self.assertEqual(pairs(self.messages(token, "box")["events"]), told)

    def test_M8_a_chain_proves_that_nothing_is_missing(self) -> None:
        """Page by page, with others in between."""
        self.begin()
        one, two = self.topic("/one"), self.topic("/two")
        for number in range(6):
            self.update(one, b"%d" % number)
            self.update(two, b"%d" % number)
        last, cursor = {one: 0, two: 0}, "earliest"
        for _ in range(20):
            said = self.pull(one, two, since=cursor, limit=3)
            for event in said["events"]:
                self.assertEqual(event["previous"], last[event["topic"]])
                self.assertGreater(event["seq"], event["previous"])
                last[event["topic"]] = event["seq"]
            cursor = said["cursor"]
            if not said["more"]:
                break
        self.assertEqual(set(last.values()), {7})


class Following(Rules):
    """M7."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.reader = self.token()
        self.one = self.source.serve(b"old", PLAIN, path="/one")
        since = self.hub.mark()
        self.mailbox(self.reader, "box", self.one, start="earliest")
        self.hub.wait_for("update", since=since)
        self.place = self.messages(self.reader, "box")["cursor"]

    def leave(self) -> None:
        self.assertEqual(self.ask_json("DELETE", "/mailboxes/box",
                                       token=self.reader)[0], 204)

    def come_back(self, body: bytes) -> None:
        self.source.serve(body, PLAIN, path="/one")
        since = self.hub.mark()
        self.mailbox(self.reader, "again", self.one)
        self.hub.wait_for(("update", "fetch.done"), since=since)

    def test_M7_a_place_from_before_it_was_left_alone_has_a_gap(self) -> None:
        self.leave()
        self.come_back(b"baseline")
        said = self.pull(self.one, since=self.place)
        gap = gap_of(said)
        self.assertEqual(gap["reason"], "unfollowed")
        self.assertFalse(gap["topics"][0]["exact"])
        # What it is now comes as one update.
        self.assertEqual(bodies(said["events"]), ["baseline"])
        self.assertIsNone(self.pull(self.one, since=said["cursor"])["gap"])

    def test_M7_what_did_not_change_meanwhile_is_no_gap(self) -> None:
        self.leave()
        self.come_back(b"old")
        said = self.pull(self.one, since=self.place)
        self.assertEqual((said["gap"], said["events"]), (None, []))

    def test_M7_a_new_webhook_starts_behind_the_baseline(self) -> None:
        self.leave()
        self.source.serve(b"baseline", PLAIN, path="/one")
        hook = self.callback()
        self.follow(self.hub, self.one, hook.url("cb"))
        self.update(self.one, b"new")
        self.assertEqual(hook.wait_posts(1)[0].body, b"new")
        said = self.pull(self.one, since=self.place)
        self.assertEqual(bodies(said["events"]), ["baseline", "new"])
        self.assertEqual(gap_of(said)["reason"], "unfollowed")


class Acknowledging(Rules):
    """The table of guarantees."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.one, self.two = self.topic("/one"), self.topic("/two")
        self.reader = self.token()

    def test_none_at_most_once_also_if_its_reader_vanishes(self) -> None:
        """Before he has read a byte."""
        self.mailbox(self.reader, "box", self.one, ack="none")
        seen: list[str] = []
        for number in range(12):
            self.update(self.one, b"%d" % number)
            with Wire(self.hub.address) as wire:
                wire.send(request("GET", "/mailboxes/box/messages",
                                  [self.bearer(self.reader)]))
                if number % 3 == 0:
                    seen += bodies(json.loads(wire.read().body)["events"])
            if number % 4 == 0:
                self.hub.kill()
                self.hub.start()
        until(lambda: self.held() == 0, "all to be gone")
        seen += bodies(self.messages(self.reader, "box")["events"])
        self.assertEqual(len(seen), len(set(seen)), seen)
        self.assertEqual(seen, sorted(seen, key=int))
        self.assertEqual(self.messages(self.reader, "box")["events"], [])

    def test_none_is_done_before_a_stream_says_it(self) -> None:
        self.mailbox(self.reader, "box", self.one, ack="none")
        for number in range(3):
            self.update(self.one, b"%d" % number)
        stream = self.events("/mailboxes/box/sse", self.bearer(self.reader))
        self.assertEqual(stream.event()["body"], "0")
        self.hub.kill()
        self.hub.start()
        left = bodies(self.messages(self.reader, "box")["events"])
        self.assertNotIn("0", left)

    def test_none_of_who_is_held_and_vanishes(self) -> None:
        self.mailbox(self.reader, "box", self.one, ack="none")
        wire = self.hold(target("/mailboxes/box/messages", wait=60),
                         self.bearer(self.reader))
        wire.close()
        until(lambda: self.held() == 0, "it to be gone")
        # Nobody was told, so it is still to come.
        self.update(self.one, b"a")
        self.assertEqual(bodies(self.messages(self.reader,
                                              "box")["events"]), ["a"])
        self.assertEqual(self.messages(self.reader, "box")["events"], [])

    def test_cursor_acknowledges_no_more_than_was_delivered(self) -> None:
        self.mailbox(self.reader, "box", self.one)
        for number in range(4):
            self.update(self.one, b"%d" % number)
        said = self.messages(self.reader, "box", limit=4)
        last = said["cursor"]
        # Made anew it is another mailbox, whatever its name.
        self.ask_json("DELETE", "/mailboxes/box", token=self.reader)
        self.mailbox(self.reader, "box", self.one, start="earliest")
        one = self.messages(self.reader, "box", limit=1)
        status, problem = self.ask_json(
            "GET", target("/mailboxes/box/messages", ack=last),
            token=self.reader)
        self.assertEqual(status, 400, problem)
        # And a place that it has not told of yet, though it is one of its.
        self.ask_json("POST", "/mailboxes/box/acks",
                      {"cursor": one["cursor"]}, self.reader)
        self.assertEqual(bodies(self.messages(self.reader,
                                              "box")["events"]),
                         ["0", "1", "2", "3"])

    def test_cursor_a_place_of_the_future_is_400(self) -> None:
        """The hub's disk went back: what was delivered there was not here."""
        self.mailbox(self.reader, "box", self.one)
        self.hub.stop()
        old = self.directory / "old"
        Cursors.copy(self, self.hub.data, old)
        self.hub.start()
        self.update(self.one, b"x")
        future = self.messages(self.reader, "box")["cursor"]
        self.hub.stop()
        self.hub.data = old
        self.hub.start()
        status, problem = self.ask_json(
            "GET", target("/mailboxes/box/messages", ack=future),
            token=self.reader)
        self.assertEqual(status, 400, problem)

    def test_cursor_is_monotone_and_survives_a_restart(self) -> None:
        self.mailbox(self.reader, "box", self.one)
        for number in range(4):
            self.update(self.one, b"%d" % number)
        said = self.messages(self.reader, "box")
        ids = [event["id"] for event in said["events"]]
        self.hub.kill()
        self.hub.start()
        for at, left in ((1, ["2", "3"]), (0, ["2", "3"]), (2, ["3"]),
                         (1, ["3"])):
            said = self.messages(self.reader, "box", ack=ids[at])
            self.assertEqual(bodies(said["events"]), left)
        self.hub.kill()
        self.hub.start()
        said = self.messages(self.reader, "box")
        self.assertEqual(bodies(said["events"]), ["3"])

    def test_explicit_keeps_the_order_of_each_topic(self) -> None:
        self.mailbox(self.reader, "box", self.one, self.two, ack="explicit",
                     ack_wait=300)
        for number in range(3):
            self.update(self.one, b"one %d" % number)
            self.update(self.two, b"two %d" % number)
        seen: list[str] = []
        for _ in range(10):
            events = self.messages(self.reader, "box")["events"]
            if not events:
                break
            # Of each topic one at a time, and those of others go on.
            self.assertEqual(len({event["topic"] for event in events}),
                             len(events))
            seen += bodies(events)
            # A second worker gets none of these.
            self.assertEqual(self.messages(self.reader, "box")["events"],
                             [])
            self.ask_json("POST", "/mailboxes/box/acks", {
                "ack": [event["ack_id"] for event in events]}, self.reader)
        for topic in ("one", "two"):
            self.assertEqual([body for body in seen if topic in body],
                             [f"{topic} {number}" for number in range(3)])

    def test_explicit_only_an_acknowledgement_is_one(self) -> None:
        """What an EventSource comes back with by itself is none."""
        self.mailbox(self.reader, "box", self.one, ack="explicit",
                     ack_wait=1)
        self.update(self.one, b"a")
        stream = self.events("/mailboxes/box/sse", self.bearer(self.reader))
        self.assertEqual(stream.event()["body"], "a")
        last = stream.last_id
        stream.close()
        stream = self.events("/mailboxes/box/sse", self.bearer(self.reader),
                             ("Last-Event-ID", last))
        self.assertEqual(stream.head.status, 200)
        self.assertEqual(stream.event()["body"], "a")

    def test_explicit_comes_again_after_a_crash(self) -> None:
        self.mailbox(self.reader, "box", self.one, ack="explicit",
                     ack_wait=1)
        self.update(self.one, b"a")
        first, = self.messages(self.reader, "box")["events"]
        self.assertEqual(first["delivery_count"], 1)
        self.hub.kill()
        self.hub.start()
        again, = self.messages(self.reader, "box", wait=20)["events"]
        self.assertEqual((again["body"], again["delivery_count"]), ("a", 2))
        self.assertNotEqual(again["ack_id"], first["ack_id"])

    def test_signed_and_numbered_as_a_webhook_would_be(self) -> None:
        secret = "the secret of both"
        self.secrets.add(secret)
        hook = self.callback()
        self.subscribe(self.hub, self.one, hook.url("cb"), secret=secret)
        self.mailbox(self.reader, "box", self.one, secret=secret)
        self.update(self.one, b"body")
        post, = hook.wait_posts(1)
        event, = self.messages(self.reader, "box")["events"]
        self.assertEqual(event["signature"], post.get("X-Hub-Signature"))
        self.assertEqual(event["content_type"], post.get("Content-Type"))
        links = post.get("Link")
        self.assertIn(f"<{event['links']['self']}>", links)
        self.assertIn(f"<{event['links']['hub']}>", links)
        method, _, mac = event["signature"].partition("=")
        self.assertEqual(mac, hmac.new(secret.encode(), b"body",
                                       getattr(hashlib, method)).hexdigest())


if __name__ == "__main__":
    unittest.main()
