# SPDX-License-Identifier: MIT
"""Consumers that the hub remembers."""

import hashlib
import hmac
import json
import unittest

from harness import Wire, request, until
from harness.mailboxes import Mailboxes, answer_of, bodies
from harness.streaming import target


class Definitions(Mailboxes):
    def setUp(self) -> None:
        super().setUp()
        self.followed = self.begin()
        self.mine = self.owner()

    def test_what_is_granted_is_shown(self) -> None:
        said = self.mine.make("reader-7", self.followed, secret="s3cret",
                              lease_seconds=3600)
        self.secrets.add("s3cret")
        for name, value in {
                "name": "reader-7", "ack": "cursor", "max_pending": 10000,
                "max_bytes": 67108864, "overflow": "suspend", "hold": 1,
                "requests": 2, "wait_max": 270, "min_poll_interval_ms": 0,
                "lease_seconds": 3600, "inactivity": 0, "signed": True,
                "topics": [self.followed], "match": [], "pending": 0,
                "connected": False, "suspended": False}.items():
            self.assertEqual(said[name], value, name)
        self.assertNotIn("s3cret", json.dumps(said))
        self.assertTrue(said["messages"].endswith(
            "/mailboxes/reader-7/messages"))
        shown = self.mine.show("reader-7")
        self.assertEqual(shown["subscriptions"], said["subscriptions"])
        self.assertEqual(shown["cursor"], said["cursor"])

    def test_a_definition_is_replaced_and_changed(self) -> None:
        other = self.topic("/b")
        self.mine.make("one", self.followed)
        self.assertEqual(self.mine.ask(
            "PUT", "/mailboxes/one", {"topics": [other]})[0], 200)
        self.assertEqual(self.mine.show("one")["topics"], [other])
        said = self.mine.good("PATCH", "/mailboxes/one", {"max_pending": 5})
        self.assertEqual((said["max_pending"], said["topics"]), (5, [other]))
        base = self.source.base + "/*"
        said = self.mine.good("PATCH", "/mailboxes/one", {"match": [base]})
        self.assertEqual((said["topics"], said["match"]), ([other], [base]))
        status, said = self.mine.ask("PUT", "/mailboxes/one",
                                     {"ack": "explicit"})
        self.assertEqual((status, said["type"]), (409, "ack-mode"))
        self.assertEqual(self.mine.ask("PATCH", "/mailboxes/none", {})[0],
                         404)

    def test_only_a_new_one_or_only_an_old_one(self) -> None:
        new, old = ("If-None-Match", "*"), ("If-Match", "*")
        where = "/mailboxes/one"
        self.assertEqual(self.mine.ask("PUT", where, {}, old)[0], 404)
        self.assertEqual(self.mine.ask("PUT", where, {}, new)[0], 201)
        self.assertEqual(self.mine.ask("PUT", where, {}, new)[0], 412)
        self.assertEqual(self.mine.ask("PUT", where, {}, old)[0], 200)

    def test_who_is_wrong_is_told_where(self) -> None:
        for said, word in (({"acks": "cursor"}, "acks"),
                           ({"topics": [1]}, "topics[0]"),
                           ({"match": ["http://*"]}, "match[0]"),
                           ({"max_pending": 0}, "max_pending"),
                           (b"{", "JSON")):
            status, problem = self.mine.ask("PUT", "/mailboxes/one", said)
            self.assertEqual((status, problem["type"]), (400, "bad-request"))
            self.assertIn(word, problem["detail"])
        status, problem = self.mine.ask(
            "PUT", "/mailboxes/one", b"a=b",
            ("Content-Type", "application/x-www-form-urlencoded"))
        self.assertEqual((status, problem["type"]), (415, "content-type"))
        self.assertEqual(self.mine.ask("PUT", "/mailboxes/a.dead", {})[0],
                         404)
        self.assertEqual(self.mine.ask("POST", "/mailboxes/a/messages")[0],
                         405)
        self.assertEqual(self.mine.ask("GET", "/mailboxes/a/b")[0], 404)

    def test_M20_foreign_and_unknown_are_the_same(self) -> None:
        other = self.owner("other", "--owner=other")
        self.mine.make("one", self.followed, max_pending=7)
        cases = [("GET", "", None), ("DELETE", "", None),
                 ("PATCH", "", {}), ("GET", "/messages", None),
                 ("GET", "/sse", None), ("POST", "/touch", {}),
                 ("POST", "/acks", {"cursor": "x"}),
                 ("POST", "/seek", {"to": "latest"}),
                 ("GET", "/subscriptions", None),
                 ("DELETE", "/subscriptions", None),
                 ("DELETE", "/subscriptions/1", None),
                 ("POST", "/subscriptions", {"topic": self.followed})]
        for method, part, said in cases:
            with self.subTest(method + part):
                foreign = other.ask(method, "/mailboxes/one" + part, said)
                unknown = other.ask(method, "/mailboxes/two" + part, said)
                self.assertEqual(foreign[0], 404, foreign)
                self.assertEqual(foreign, unknown)
        # Two owners may use one name.
        other.make("one", self.followed, max_pending=9)
        self.assertEqual(self.mine.show("one")["max_pending"], 7)
        self.assertEqual(other.show("one")["max_pending"], 9)
        self.updates(self.followed, "second")
        cursor = other.read("one")["cursor"]
        self.assertEqual(self.mine.ask(
            "GET", target("/mailboxes/one/messages", ack=cursor))[0], 400)
        self.assertEqual(bodies(self.mine.read("one")), ["second"])

    def test_all_of_an_owner_are_listed(self) -> None:
        other = self.owner("other", "--owner=other")
        for name in ("b", "a", "c"):
            self.mine.make(name, self.followed)
        other.make("d", self.followed)
        listed = self.mine.good("GET", "/mailboxes")["mailboxes"]
        self.assertEqual([item["name"] for item in listed], ["a", "b", "c"])

    def test_nobody_has_one_without_the_right(self) -> None:
        answer = self.hub.client.get("/mailboxes/one/messages")
        self.assertEqual(answer.status, 401)
        self.assertIn("Bearer", answer.get("WWW-Authenticate"))
        puller = self.owner("puller", rights="pull,create")
        self.assertEqual(puller.ask("PUT", "/mailboxes/one", {})[0], 403)

    def test_a_topic_out_of_scope_moves_nothing(self) -> None:
        outside = self.topic("/outside/a")
        self.hub.restart()
        narrow = self.owner(
            "narrow", "--owner=narrow", rights="pull,match,mailbox",
            scope=self.source.base + "/inside/*")
        inside = self.source.serve(b"x", "text/plain", path="/inside/a")
        for said in ({"topics": [outside]},
                     {"match": [self.source.base + "/*"]},
                     {"match": ["*"]},
                     # Nobody follows it, and he may not begin to.
                     {"topics": [inside]}):
            status, problem = narrow.ask("PUT", "/mailboxes/one", said)
            self.assertEqual((status, problem["type"]),
                             (403, "forbidden-topic"), said)
        self.assertEqual(narrow.ask("GET", "/mailboxes/one")[0], 404)
        narrow.make("one")
        status, _ = narrow.ask("POST", "/mailboxes/one/subscriptions",
                               {"topic": outside})
        self.assertEqual(status, 403)
        self.assertEqual(narrow.show("one")["subscriptions"], [])

    def test_a_narrower_token_of_the_owner_reads_only_what_it_covers(
            self) -> None:
        outside = self.topic("/outside/a")
        inside = self.topic("/inside/a")
        narrow = self.owner("narrow", "--owner=reader",
                            scope=self.source.base + "/inside/*")
        broad = self.owner("broad", "--owner=reader")
        broad.make("one", outside)
        for part in ("messages", "sse", "ws"):
            status, said = narrow.ask("GET", f"/mailboxes/one/{part}")
            self.assertIn((status, said["type"]), (
                (403, "forbidden-topic"), (400, "bad-request")))
        broad.make("two", inside)
        ticket = narrow.good("POST", "/tickets", {
            "mailboxes": ["one"]})["ticket"]
        self.secrets.add(ticket)
        broad.read("one")  # now the hub has it at hand
        for _ in range(2):
            answer = self.hub.client.get(
                "/mailboxes/one/messages?ticket=" + ticket)
            self.assertEqual((answer.status, json.loads(answer.body)["type"]),
                             (403, "forbidden-topic"))
        held = narrow.hold("two")
        broad.good("POST", "/mailboxes/two/subscriptions",
                   {"topic": outside})
        answer = held.read()
        self.assertEqual((answer.status, json.loads(answer.body)["type"]),
                         (403, "forbidden-topic"))

    def test_who_is_refused_takes_nothing_out(self) -> None:
        outside = self.topic("/outside/b")
        inside = self.topic("/inside/b")
        narrow = self.owner("narrow", "--owner=reader",
                            scope=self.source.base + "/inside/*")
        broad = self.owner("broad", "--owner=reader")
        broad.make("three", inside, ack="none")
        narrow.read("three")
        broad.good("POST", "/mailboxes/three/subscriptions",
                   {"topic": outside, "since": "earliest"})
        self.assertEqual(narrow.ask("GET", "/mailboxes/three/messages")[0],
                         403)
        self.assertEqual(bodies(broad.read("three")), ["first"])

    def test_a_ticket_opens_the_mailboxes_that_it_names(self) -> None:
        self.mine.make("one", self.followed)
        self.mine.make("two", self.followed)
        said = self.mine.good("POST", "/tickets", {
            "mailboxes": ["one"], "rights": ["mailbox", "pull"], "ttl": 60})
        ticket = said["ticket"]
        self.secrets.add(ticket)

        def ask(method: str, path: str, said: object = None) -> int:
            body = None if said is None else json.dumps(said).encode()
            fields = [] if said is None else [("Content-Type",
                                               "application/json")]
            return self.hub.client.ask(request(
                method, path + "?ticket=" + ticket, fields, body)).status
        self.assertEqual(ask("GET", "/mailboxes/one/messages"), 200)
        self.assertEqual(ask("GET", "/mailboxes/two/messages"), 404)
        self.assertEqual(ask("GET", "/mailboxes"), 403)
        self.assertEqual(ask("PATCH", "/mailboxes/one", {}), 403)
        self.assertEqual(ask("DELETE", "/mailboxes/one"), 403)
        self.assertEqual(ask("DELETE", "/mailboxes/two"), 404)
        self.assertEqual(ask("POST", "/mailboxes/one/acks",
                             {"cursor": self.mine.show("one")["cursor"]}),
                         200)

    def test_there_is_a_greatest_number_for_an_owner(self) -> None:
        self.hub.restart("--mailboxes-per-owner=2")
        self.mine.make("a"), self.mine.make("b")
        status, said = self.mine.ask("PUT", "/mailboxes/c", {})
        self.assertEqual((status, said["type"]), (403, "too-many-mailboxes"))
        self.mine.make("a")  # that one is there


class Reading(Mailboxes):
    def setUp(self) -> None:
        super().setUp()
        self.followed = self.begin()
        self.mine = self.owner()

    def test_R15_cursor_tells_again_what_was_not_acknowledged(self) -> None:
        self.mine.make("one", self.followed)
        self.updates(self.followed, "a", "b")
        first = self.mine.read("one")
        self.assertEqual(bodies(first), ["a", "b"])
        self.assertIsNone(first["gap"])
        self.assertEqual(self.mine.read("one"), first)
        self.updates(self.followed, "c")
        said = self.mine.read("one", ack=first["cursor"])
        self.assertEqual(bodies(said), ["c"])
        # An acknowledgement never goes back.
        said = self.mine.read("one", ack=first["events"][0]["id"])
        self.assertEqual(bodies(said), ["c"])
        self.mine.mark("one", cursor=said["cursor"])
        self.assertEqual(bodies(self.mine.read("one")), [])

    def test_foreign_cursors_acknowledge_nothing(self) -> None:
        self.mine.make("one", self.followed)
        self.mine.make("two", self.followed)
        self.updates(self.followed, "a")
        foreign = [self.mine.read("two")["cursor"],
                   self.cursor(self.followed), "nonsense", "A" * 22]
        for cursor in foreign:
            status, said = self.mine.ask(
                "GET", target("/mailboxes/one/messages", ack=cursor))
            self.assertEqual((status, said["type"]), (400, "invalid-cursor"))
            self.assertEqual(self.mine.ask(
                "POST", "/mailboxes/one/acks", {"cursor": cursor})[0], 400)
        self.assertEqual(bodies(self.mine.read("one")), ["a"])

    def test_R39_none_tells_each_at_most_once(self) -> None:
        self.mine.make("one", self.followed, ack="none")
        self.updates(self.followed, "a", "b", "c")
        self.assertEqual(bodies(self.mine.read("one", limit=2)), ["a", "b"])
        # It is done with before the first byte is sent.
        self.hub.kill()
        self.hub.start()
        self.assertEqual(bodies(self.mine.read("one")), ["c"])
        self.assertEqual(bodies(self.mine.read("one")), [])

    def test_HEAD_reads_nothing(self) -> None:
        self.mine.make("one", self.followed, ack="none")
        self.updates(self.followed, "a")
        for part, status in (("one/messages", 200), ("one/sse", 200),
                             ("two/messages", 404)):
            with Wire(self.hub.address) as wire:
                wire.send(request("HEAD", f"/mailboxes/{part}",
                                  [self.mine.field,
                                   ("Connection", "close")]))
                self.assertEqual(wire.read(to_head=True).status, status)
                self.assertEqual(wire.ended(), b"")
        self.assertEqual(bodies(self.mine.read("one")), ["a"])

    def test_at_least_once_whoever_is_killed(self) -> None:
        self.mine.make("one", self.followed)
        seen, cursor = [], None
        for number in range(12):
            self.updates(self.followed, f"{number}")
            params = {"ack": cursor} if cursor else {}
            said = self.mine.read("one", **params)
            seen += bodies(said)
            if number % 3 == 0:
                self.hub.kill()
                self.hub.start()
            if number % 2 == 0:
                cursor = said["cursor"]  # else the client forgets it
        until(lambda: "11" in seen or seen.extend(
            bodies(self.mine.read("one"))), "the last")
        self.assertEqual(sorted(set(seen), key=int),
                         [f"{number}" for number in range(12)])

    def test_a_held_one_is_told_at_once(self) -> None:
        self.mine.make("one", self.followed)
        held = self.mine.hold("one")
        self.updates(self.followed, "a")
        self.assertEqual(bodies(answer_of(held)), ["a"])

    def test_R81_nothing_is_read_while_it_is_held(self) -> None:
        self.mine.make("one", self.followed)
        other = self.topic("/b")
        held = self.mine.hold("one")
        before = self.hub.status()["counters"]["pulls.reads"]
        self.updates(other, "1", "2", "3")
        self.assertEqual(self.hub.status()["counters"]["pulls.reads"], before)
        self.updates(self.followed, "a")
        self.assertEqual(bodies(answer_of(held)), ["a"])

    def test_R11_subscriptions_change_while_it_is_held(self) -> None:
        other = self.topic("/b")
        self.mine.make("one", self.followed)
        held = self.mine.hold("one")
        said = self.mine.good("POST", "/mailboxes/one/subscriptions",
                              {"topic": other, "label": "x"})
        self.updates(other, "b")
        event, = answer_of(held)["events"]
        self.assertEqual((event["body"], event["label"], event["sid"]),
                         ("b", "x", said["sid"]))
        self.mine.mark("one", cursor=event["id"])
        held = self.mine.hold("one")
        self.mine.good("DELETE",
                       f"/mailboxes/one/subscriptions/{said['sid']}")
        self.updates(other, "b2")
        self.updates(self.followed, "a")
        self.assertEqual(bodies(answer_of(held)), ["a"])

    def test_all_that_begin_so(self) -> None:
        self.mine.make("one", match=[self.source.base + "/stocks/*"])
        memory = self.topic("/system/memory")
        held = self.mine.hold("one")
        before = self.hub.status()["counters"]["pulls.reads"]
        self.updates(memory, "second")
        self.assertEqual(self.hub.status()["counters"]["pulls.reads"], before)
        aex = self.topic("/stocks/aex")
        event, = answer_of(held)["events"]
        self.assertEqual((event["topic"], event["body"]), (aex, "first"))

    def test_R22_a_newer_reader_releases_the_older(self) -> None:
        self.mine.make("one", self.followed)
        older = self.mine.hold("one")
        newer = self._kept(Wire(self.hub.address))
        newer.send(request("GET", target("/mailboxes/one/messages", wait=200),
                           [self.mine.field]))
        said = answer_of(older)
        self.assertEqual((said["events"], said["superseded"]), ([], True))
        self.wait_held(1)
        stream = self.mine.events("one")
        self.assertTrue(answer_of(newer)["superseded"])
        self.assertEqual(stream.said().name, "open")
        socket = self.mine.socket("one")
        said = stream.named("abort").data
        self.assertEqual((said["reason"], said["status"]),
                         ("superseded", 409))
        socket.of_type("open")
        self.mine.socket("one").of_type("open")
        self.assertEqual(socket.closed().code, 4409)

    def test_signed_as_a_webhook_would_be(self) -> None:
        secret = "the secret of both"
        self.secrets.add(secret)
        self.mine.make("one", self.followed, secret=secret,
                       signature_method="sha512")
        self.updates(self.followed, "a")
        event, = self.mine.read("one")["events"]
        mac = hmac.new(secret.encode(), b"a", hashlib.sha512).hexdigest()
        self.assertEqual(event["signature"], f"sha512={mac}")

    def test_a_limit_leaves_the_rest(self) -> None:
        self.mine.make("one", self.followed)
        self.updates(self.followed, "a", "b", "c")
        said = self.mine.read("one", limit=2)
        self.assertEqual((bodies(said), said["more"]), (["a", "b"], True))
        said = self.mine.read("one", ack=said["cursor"], body="none")
        self.assertEqual((len(said["events"]), said["more"]), (1, False))
        self.assertNotIn("body", said["events"][0])

    def test_a_stream_goes_on_without_being_acknowledged(self) -> None:
        self.mine.make("one", self.followed)
        stream = self.mine.events("one")
        self.assertEqual(stream.said().name, "open")
        self.updates(self.followed, "a", "b", "c")
        self.assertEqual([stream.event()["body"] for _ in "abc"],
                         ["a", "b", "c"])
        last = stream.last_id
        stream.close()
        self.wait_held(0)
        # What an EventSource comes back with, it has had.
        self.updates(self.followed, "d")
        stream = self.mine.events("one", ("Last-Event-ID", last))
        self.assertEqual(stream.event()["body"], "d")
        stream.close()
        self.wait_held(0)
        lines = self.mine.lines("one")
        self.assertEqual(lines.event()["body"], "d")

    def test_a_socket_acknowledges_and_subscribes(self) -> None:
        other = self.topic("/b")
        self.mine.make("one", self.followed)
        socket = self.mine.socket("one")
        socket.of_type("open")
        self.updates(self.followed, "a")
        event = socket.event()
        socket.say("ack", cursor=event["id"])
        self.assertEqual(socket.of_type("acked")["cursor"], event["id"])
        socket.say("subscribe", topic=other, label="x")
        said = socket.of_type("subscribed")
        self.updates(other, "b")
        event = socket.event()
        self.assertEqual((event["body"], event["sid"]), ("b", said["sid"]))
        socket.say("unsubscribe", sid=said["sid"])
        socket.of_type("unsubscribed")
        socket.say("touch")
        socket.of_type("touched")
        socket.say("ping")
        socket.of_type("pong")
        socket.say("ack", cursor="nonsense")
        self.assertIn("cursor", socket.of_type("error")["detail"])
        socket.say("dance")
        socket.of_type("error")

    def test_seek_goes_anywhere(self) -> None:
        self.mine.make("one", self.followed)
        self.updates(self.followed, "a", "b", "c")
        said = self.mine.read("one")
        middle = said["events"][1]["id"]
        where = "/mailboxes/one/seek"
        self.mine.good("POST", where, {"to": "latest"})
        self.assertEqual(bodies(self.mine.read("one")), [])
        self.mine.good("POST", where, {"to": middle})
        self.assertEqual(bodies(self.mine.read("one")), ["c"])
        self.mine.good("POST", where, {"to": "earliest"})
        self.assertEqual(bodies(self.mine.read("one")),
                         ["first", "a", "b", "c"])
        self.assertEqual(self.mine.ask("POST", where, {"to": "x"})[0], 400)
        status, refused = self.mine.ask("POST", where, {"to": "-2"})
        self.assertEqual((status, "to is -N" in str(refused)), (400, True))
        self.assertEqual(self.mine.ask("POST", where, {})[0], 400)

    def test_where_it_starts_can_be_chosen(self) -> None:
        self.updates(self.followed, "a", "b")
        self.mine.make("all", self.followed, start="earliest")
        self.mine.make("two", self.followed, start="-1")
        self.mine.make("new", self.followed)
        self.assertEqual(bodies(self.mine.read("all")), ["first", "a", "b"])
        self.assertEqual(bodies(self.mine.read("two")), ["b"])
        self.assertEqual(bodies(self.mine.read("new")), [])


if __name__ == "__main__":
    unittest.main()
