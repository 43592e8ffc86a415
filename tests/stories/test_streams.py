# SPDX-License-Identifier: MIT
"""Server-sent events and JSON lines: everything once, whatever happens."""

import unittest
from pathlib import Path

from harness import Closed, Wire, request
from harness.puller import body_of
from harness.server import next_address
from harness.stream import Events, Lines, events_until
from harness.streaming import Streaming, target

NASTY = b'a\nb\r\nc\rd\n\nid: 1\ndata: x\n\n\xe2\x80\xa8"\\\x00\x1f end'


def texts(events: list[dict]) -> list[str]:
    return [event["body"] for event in events]


class Beginnings(Streaming):
    def test_an_event_stream_opens_with_its_place(self) -> None:
        topic = self.begin()
        events = self.events(topic, heartbeat=20, life=600)
        said = events.said()
        self.assertEqual(events.head.status, 200)
        self.assertIn("text/event-stream", events.head.get("Content-Type"))
        self.assertEqual(events.head.get("Cache-Control"), "no-store")
        self.assertEqual(events.head.get("X-Accel-Buffering"), "no")
        self.assertIsNone(events.head.get("Transfer-Encoding"))
        self.assertEqual(said.name, "open")
        self.assertEqual(said.id, said.data["cursor"])
        self.assertEqual(said.data["heartbeat"], 20)
        self.assertTrue(480 <= said.data["life"] <= 720, said.data)
        self.assertEqual(said.data["topics"], 1)
        self.assertTrue(2000 <= events.retry <= 6000, events.retry)

    def test_lines_open_with_their_place(self) -> None:
        topic = self.begin()
        lines = self.lines(topic)
        said = lines.object()
        self.assertIn("application/x-ndjson", lines.head.get("Content-Type"))
        self.assertEqual(said["type"], "open")
        self.assertRegex(said["cursor"], r"^[\w-]{22}$")

    def test_what_is_accepted_chooses_how_it_is_told(self) -> None:
        topic = self.begin()
        for accept, kind in (("text/event-stream", Events),
                             ("application/x-ndjson", Lines)):
            with kind(self.hub.address, target("/events", topic),
                      [("Accept", accept)]) as stream:
                self.assertIn(accept, stream.head.get("Content-Type"))

    def test_padding_comes_before_everything(self) -> None:
        topic = self.begin()
        events = self.events(topic, pad=2048)
        retry, empty, pad = events.line(), events.line(), events.line()
        self.assertTrue(retry.startswith("retry: "))
        self.assertEqual(empty, "")
        self.assertEqual(pad, ":" + " " * 2048)
        self.assertEqual(events.said().name, "open")

    def test_what_is_malformed_is_no_stream(self) -> None:
        self.begin()
        for path in ("/events/sse", "/events/stream"):
            for query in ("?topic=nonsense", "", "?topic=http://a/&life=x"):
                answer = self.hub.client.get(path + query)
                self.assertEqual(answer.status, 400, answer.head)
                self.assertEqual(answer.get("Content-Type"),
                                 "application/problem+json")

    def test_a_question_for_the_head_is_not_held(self) -> None:
        topic = self.begin()
        for path in ("/events/sse", "/events/stream", "/events/poll"):
            with Wire(self.hub.address) as wire:
                wire.send(request("HEAD", target(path, topic)))
                answer = wire.read(to_head=True)
                self.assertEqual(answer.status, 200)
                wire.half_close()
                self.assertEqual(wire.ended(), b"")

    def test_http_1_0_gets_a_stream_that_ends_with_its_connection(
            self) -> None:
        topic = self.begin()
        wire = Wire(self.hub.address)
        self.addCleanup(wire.close)
        wire.send(b"GET " + target("/events/stream", topic,
                                   since="earliest", limit=1).encode()
                  + b" HTTP/1.0\r\n\r\n")
        answer = wire.read()
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.get("Transfer-Encoding"))
        self.assertIn(b'"body":"first"', answer.body)


class Contents(Streaming):
    def test_all_voices_say_the_same(self) -> None:
        topic = self.begin()
        events, lines = self.events(topic), self.lines(topic)
        events.named("open")
        lines.object()
        with self.socket(topic) as socket:
            socket.of_type("open")
            since = self.cursor(topic)
            self.update(topic, b"second")
            polled = self.hub.client.json(
                target("/events", topic, since=since))["events"][0]
            framed = socket.event()
            self.assertEqual(framed.pop("type"), "event")
        said = events.said()
        self.assertEqual(said.name, "message")
        self.assertEqual(said.id, polled["id"])
        self.assertEqual([said.data, lines.event(), framed], [polled] * 3)

    def test_a_body_cannot_break_the_framing(self) -> None:
        topic = self.begin()
        events, lines = self.events(topic), self.lines(topic)
        events.named("open")
        self.update(topic, NASTY)
        self.update(topic, b"after")
        for stream in (events, lines):
            first, second = events_until(stream, 2)
            self.assertEqual(body_of(first), NASTY)
            self.assertEqual(second["body"], "after")

    def test_what_is_not_text_is_base64(self) -> None:
        topic = self.begin()
        events = self.events(topic)
        events.named("open")
        body = bytes(range(256))
        self.update(topic, body, "image/png")
        event = events.event()
        self.assertEqual(event["encoding"], "base64")
        self.assertEqual(body_of(event), body)

    def test_bodies_may_be_left_out(self) -> None:
        topic = self.begin()
        events = self.events(topic, since="earliest", body="none")
        event = events.event()
        self.assertNotIn("body", event)
        self.assertEqual(event["size"], 5)

    def test_several_topics_share_a_stream(self) -> None:
        a = self.begin()
        b = self.topic("/b")
        events = self.events(a, b)
        self.assertEqual(events.named("open").data["topics"], 2)
        self.update(b, b"b2")
        self.update(a, b"a2")
        self.assertEqual([(event["topic"], event["body"])
                          for event in events_until(events, 2)],
                         [(b, "b2"), (a, "a2")])

    def test_another_set_of_topics_is_told(self) -> None:
        a = self.begin()
        b = self.topic("/b")
        cursor = self.cursor(a)
        self.update(b, b"b2")
        events = self.events(a, b, since=cursor)
        said = events.named("scope")
        self.assertTrue(said.id)
        self.assertEqual(set(said.data["topics"]), {a, b})
        # Of b, which it knows nothing of, it may tell more.
        while events.event()["body"] != "b2":
            pass


class Resuming(Streaming):
    def settle_down(self) -> str:
        """To an address of its own, and the option that it is there again."""
        self.hub.restart(f"--listen={next_address()}:0")
        return "--listen=%s:%d" % self.hub.address

    def test_a_browser_sees_everything_once_over_restarts(self) -> None:
        topic = self.begin()
        there = self.settle_down()
        browser = self.browser(topic)
        browser.said()
        seen = []
        for round_ in range(3):
            self.update(topic, b"%d before" % round_)
            seen.append(browser.event()["body"])
            self.update(topic, b"%d unread" % round_)
            self.hub.restart(there)
            self.update(topic, b"%d after" % round_)
            seen += texts(events_until(browser, 2))
        self.assertEqual(seen, [f"{round_} {word}" for round_ in range(3)
                                for word in ("before", "unread", "after")])
        self.assertGreater(browser.connections, 3)

    def test_a_browser_sees_everything_once_over_kills(self) -> None:
        topic = self.begin()
        there = self.settle_down()
        browser = self.browser(topic)
        browser.said()
        self.update(topic, b"before")
        self.hub.kill()
        self.hub.start(there)
        self.update(topic, b"after")
        self.assertEqual(texts(events_until(browser, 2)),
                         ["before", "after"])

    def test_who_has_seen_nothing_but_the_opening_resumes(self) -> None:
        topic = self.begin()
        browser = self.browser(topic)
        self.assertEqual(browser.said().name, "open")
        browser.drop()
        self.update(topic, b"while away")
        self.assertEqual(browser.event()["body"], "while away")

    def test_the_opening_of_a_backlog_is_before_it(self) -> None:
        topic = self.begin()
        self.update(topic, b"second")
        browser = self.browser(topic, since="-2")
        self.assertEqual(browser.said().name, "open")
        browser.drop()
        self.update(topic, b"third")
        self.assertEqual(texts(events_until(browser, 3)),
                         ["first", "second", "third"])

    def test_the_header_wins_over_an_older_url(self) -> None:
        topic = self.begin()
        old = self.cursor(topic)
        self.update(topic, b"second")
        new = self.cursor(topic)
        self.update(topic, b"third")
        events = self.events(topic, since=old,
                             fields=(("Last-Event-ID", new),))
        self.assertEqual(events.event()["body"], "third")

    def test_every_control_message_has_an_id(self) -> None:
        topic = self.begin()
        self.update(topic, b"second")
        events = self.events(topic, since="earliest", limit=1)
        names = []
        while "more" not in names:
            events.last_id = ""
            said = events.said()
            names.append(said.name)
            self.assertTrue(said.id, said)
        self.assertEqual(names, ["open", "message", "more"])

    def test_a_position_of_one_voice_is_good_for_the_others(self) -> None:
        topic = self.begin()
        events = self.events(topic)
        events.named("open")
        self.update(topic, b"second")
        events.event()
        events.close()
        self.update(topic, b"third")
        lines = self.lines(topic, since=events.last_id)
        third = lines.event()
        self.assertEqual(third["body"], "third")
        self.update(topic, b"fourth")
        with self.socket(topic, since=third["id"]) as socket:
            self.assertEqual(socket.event()["body"], "fourth")


class Flow(Streaming):
    def test_a_backlog_larger_than_all_buffers_flows(self) -> None:
        topic = self.begin()
        count, size = 120, 100_000
        for number in range(count):
            self.update(topic, b"%06d" % number + b"x" * size)
        for path, kind in (("/events/sse", Events),
                           ("/events/stream", Lines)):
            stream = kind(self.hub.address,
                          target(path, topic, since="earliest"),
                          receive_buffer=16384)
            self.addCleanup(stream.close)
            found = events_until(stream, count + 1)
            self.assertEqual([event["body"][:6] for event in found[1:]],
                             [f"{number:06d}" for number in range(count)])
        self.update(topic, b"live")
        self.assertEqual(stream.event()["body"], "live")

    def test_a_limit_ends_a_stream_that_can_go_on(self) -> None:
        topic = self.begin()
        for number in range(5):
            self.update(topic, b"%d" % number)
        for stream in (self.events, self.lines):
            with self.subTest(stream.__name__):
                self.limited(topic, stream)

    def limited(self, topic: str, stream) -> None:
        found, cursor = [], "earliest"
        for _ in range(3):
            with stream(topic, since=cursor, limit=2) as reader:
                found += texts(events_until(reader, 2))
                if isinstance(reader, Events):
                    more = reader.said()
                    cursor = more.data["cursor"]
                    self.assertEqual((more.name, more.id),
                                     ("more", cursor))
                else:
                    more = reader.object()
                    cursor = more["cursor"]
                    self.assertEqual(more["type"], "more")
                self.assertEqual(reader.ended(), b"")
        self.assertEqual(found, ["first", "0", "1", "2", "3", "4"])

    def test_a_slow_reader_is_cut_off_and_others_go_on(self) -> None:
        topic = self.begin()
        slow = Events(self.hub.address, target("/events/sse", topic),
                      receive_buffer=4096)
        self.addCleanup(slow.close)
        slow.named("open")
        quick = self.events(topic)
        quick.named("open")
        self.wait_held(2)
        before = memory_kb(self.hub.pid)
        found: list[str] = []
        for number in range(40):
            self.update(topic, b"%03d" % number + b"x" * 500_000)
            found.append(quick.event()["body"][:3])
        self.assertEqual(found, [f"{number:03d}" for number in range(40)])
        self.wait_held(1)
        if not self.hub.sanitized:
            # 20 MB were not taken: nothing like that is kept.
            self.assertLess(memory_kb(self.hub.pid) - before, 12_000)
        # And he can resume where he was.
        resumed = self.events(topic, since=slow.last_id)
        self.assertEqual([event["body"][:3]
                          for event in events_until(resumed, 40)], found)

    def test_silence_is_broken_by_heartbeats(self) -> None:
        topic = self.begin()
        events = self.events(topic, heartbeat=5)
        lines = self.lines(topic, heartbeat=5)
        events.named("open")
        lines.object()
        self.assertTrue(events.line().startswith(":"))
        self.assertEqual(lines.line().strip(), "")
        # A heartbeat is no event, and moves nothing.
        self.update(topic, b"second")
        self.assertEqual(events.event()["body"], "second")
        self.assertEqual(lines.event()["body"], "second")

    def test_a_heartbeat_may_be_an_event_that_pages_can_see(self) -> None:
        topic = self.begin()
        events = self.events(topic, heartbeat=5, beat="event")
        place = events.named("open").id
        beat = events.said()
        self.assertEqual((beat.name, beat.data), ("heartbeat", None))
        # It moves nothing.
        self.assertEqual(beat.id, place)


class Ends(Streaming):
    def test_a_stream_says_when_to_come_again_at_a_stop(self) -> None:
        topic = self.begin()
        streams = [self.events(topic) for _ in range(5)]
        for stream in streams:
            stream.named("open")
            stream.retry = None
        self.wait_held(5)
        self.hub.stop()
        for stream in streams:
            with self.assertRaises(Closed):
                stream.said()
            self.assertGreaterEqual(stream.retry, 2000)

    def test_a_token_that_is_over_ends_what_it_holds(self) -> None:
        topic = self.begin()
        token = self.token("short", "--expires=6s")
        shown = (("Authorization", f"Bearer {token}"),)
        events = self.events(topic, fields=shown)
        lines = self.lines(topic, fields=shown)
        place = events.named("open").id
        said = events.named("abort")
        self.assertEqual(said.data["reason"], "token-expired")
        self.assertEqual(said.data["status"], 401)
        self.assertEqual(said.id, place)
        self.assertEqual(events.ended(), b"")
        self.assertEqual(lines.object()["type"], "open")
        self.assertEqual(lines.object()["reason"], "token-expired")
        answer = self.hub.client.get(target("/events/sse", topic), shown)
        self.assertEqual(answer.status, 401)

    def test_a_reader_that_leaves_is_forgotten(self) -> None:
        topic = self.begin()
        streams = [self.events(topic), self.lines(topic)]
        self.wait_held(2)
        for stream in streams:
            stream.close()
        self.wait_held(0)

    def test_where_there_is_no_room_an_event_source_comes_again(
            self) -> None:
        topic = self.begin("--pulls=1")
        self.events(topic).named("open")
        events = self.events(topic)
        said = events.named("overload")
        self.assertEqual(events.head.status, 200)
        self.assertGreaterEqual(events.retry, 2000)
        self.assertEqual(said.data["retryable"], True)
        self.assertEqual(events.ended(), b"")


def memory_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise AssertionError("no RssAnon")


if __name__ == "__main__":
    unittest.main()
