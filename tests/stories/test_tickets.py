# SPDX-License-Identifier: MIT
"""Tickets: what a page that can only open a URL shows."""

import json
import unittest
from urllib.parse import quote

from harness import Message, Story, Wire, request, until
from harness.access import add_token, bearer


def events(*topics: str, path: str = "/events", **params: object) -> str:
    pairs = [("topic", topic) for topic in topics] + list(params.items())
    return path + "?" + "&".join(f"{name}={quote(str(value), safe='')}"
                                 for name, value in pairs)


class Tickets(Story):
    def cast(self, *options: str):
        hub, origin = self.daemon(*options), self.origin()
        topics = [origin.serve(b"one", "text/plain", path=path)
                  for path in ("/a", "/b")]
        for topic in topics:
            self.follow(hub, topic, self.callback().url())
        return hub, origin, *topics

    def order(self, hub, token: str, **said: object) -> Message:
        return hub.client.ask(request(
            "POST", "/tickets",
            [bearer(token), ("Content-Type", "application/json")],
            json.dumps(said).encode() if said else b""))

    def ticket(self, hub, token: str, **said: object) -> dict:
        answer = self.order(hub, token, **said)
        self.assertEqual(answer.status, 201, answer.text)
        given = json.loads(answer.body)
        self.secrets.add(given["ticket"])
        return given

    def test_it_opens_what_it_is_for_and_nothing_else(self) -> None:
        hub, _, a, b = self.cast()
        token = add_token(self, hub)
        given = self.ticket(hub, token, topics=[a])
        self.assertEqual(given["expires_in"], 60)
        shown = given["ticket"]
        answer = hub.client.get(events(a, ticket=shown, since="earliest"))
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(len(json.loads(answer.body)["events"]), 1)
        for topics in ((b,), (a, b), (a + "x",)):
            answer = hub.client.get(events(*topics, ticket=shown))
            self.assertEqual(answer.status, 403, answer.text)

    def test_nothing_is_missed_between_ticket_and_connection(self) -> None:
        hub, origin, a, b = self.cast()
        token = add_token(self, hub)
        given = self.ticket(hub, token, topics=[a, b])
        since = hub.mark()
        origin.serve(b"two", "text/plain", path="/a")
        self.publish(hub, a)
        hub.wait_for("update", since=since)
        answer = json.loads(hub.client.get(events(
            a, b, ticket=given["ticket"], since=given["cursor"])).body)
        self.assertEqual([event["body"] for event in answer["events"]],
                         ["two"])
        self.assertNotIn("scope", answer)

    def test_a_stream_lives_on_when_its_ticket_is_over(self) -> None:
        hub, origin, a, _ = self.cast()
        token = add_token(self, hub)
        shown = self.ticket(hub, token, topics=[a], ttl=6)["ticket"]
        with Wire(hub.address) as wire:
            wire.send(request("GET", events(a, path="/events/sse",
                                            ticket=shown)))
            until(lambda: hub.status()["front"]["held"] == 1, "the stream")
            until(lambda: hub.client.get(events(a, ticket=shown)).status
                  == 401, "the ticket to end")
            answer = hub.client.get(events(a, ticket=shown))
            self.assertEqual(json.loads(answer.body)["type"],
                             "ticket-expired")
            self.assertEqual(hub.status()["front"]["held"], 1)
            # But not when its token is.
            self.ctl(hub, "token", "remove", "reader")
            self.assertIn(b"event: abort", wire.ended())
        self.assertEqual(hub.client.get(events(a, ticket=shown)).status, 401)

    def test_it_gives_no_more_than_its_giver_has(self) -> None:
        hub, _, a, b = self.cast()
        token = add_token(self, hub, rights="pull,ticket", scope=a)
        for said in ({"topics": [b]}, {"topics": [a[:-1] + "*"]},
                     {"rights": ["mailbox"]}):
            self.assertEqual(self.order(hub, token, **said).status, 403)
        shown = self.ticket(hub, token)["ticket"]
        self.assertEqual(hub.client.get(events(a, ticket=shown)).status, 200)
        self.assertEqual(hub.client.get(events(b, ticket=shown)).status, 403)
        # Nor does who came with one give others.
        answer = hub.client.ask(request("POST", f"/tickets?ticket={shown}",
                                        body=b""))
        self.assertEqual(answer.status, 403)

    def test_only_some_may_give_any(self) -> None:
        hub, _, a, _ = self.cast()
        self.assertEqual(
            hub.client.ask(request("POST", "/tickets", body=b"")).status, 401)
        token = add_token(self, hub, rights="pull")
        self.assertEqual(self.order(hub, token, topics=[a]).status, 403)

    def test_what_is_made_up_is_refused(self) -> None:
        hub, _, a, _ = self.cast("--pull-open")
        token = add_token(self, hub)
        shown = self.ticket(hub, token)["ticket"]
        other = shown[:20] + ("A" if shown[20] != "A" else "B") + shown[21:]
        for wrong in (other, shown[:-1], "", "x", "A" * 5000):
            answer = hub.client.get(events(a, ticket=wrong))
            self.assertEqual(answer.status, 401, (wrong, answer.text))
        answer = hub.client.get(events(a, ticket=shown), [bearer(token)])
        self.assertEqual(answer.status, 400)

    def test_mailboxes_are_opened_only_if_that_was_asked(self) -> None:
        hub, _, a, _ = self.cast()
        token = add_token(self, hub)
        answer = hub.client.ask(request(
            "PUT", "/mailboxes/box",
            [bearer(token), ("Content-Type", "application/json")],
            json.dumps({"topics": [a]}).encode()))
        self.assertEqual(answer.status, 201, answer.text)
        where = "/mailboxes/box/messages?ticket="
        plain = self.ticket(hub, token)["ticket"]
        self.assertIn(hub.client.get(where + plain).status, (401, 403, 404))
        reader = self.ticket(hub, token, rights=["pull", "mailbox"])["ticket"]
        self.assertEqual(hub.client.get(where + reader).status, 200)

    def box(self, hub, token: str, name: str, *topics: str) -> None:
        answer = hub.client.ask(request(
            "PUT", f"/mailboxes/{name}",
            [bearer(token), ("Content-Type", "application/json")],
            json.dumps({"topics": list(topics)}).encode()))
        self.assertEqual(answer.status, 201, answer.text)

    def test_of_a_mailbox_it_opens_that_one(self) -> None:
        hub, _, a, _ = self.cast()
        token = add_token(self, hub)
        for name in ("mine", "other"):
            self.box(hub, token, name, a)
        shown = self.ticket(hub, token, mailboxes=["mine"])["ticket"]

        def get(where: str) -> Message:
            return hub.client.get(f"{where}?ticket={shown}")

        self.assertEqual(get("/mailboxes/mine/messages").status, 200)
        foreign = get("/mailboxes/other/messages")
        self.assertEqual(foreign.status, 404)
        self.assertEqual(foreign.text, get("/mailboxes/none/messages").text)
        self.assertEqual(get("/mailboxes").status, 403)
        # Nor is it one for topics.
        self.assertEqual(
            hub.client.get(events(a, ticket=shown)).status, 403)

    def test_it_removes_nothing(self) -> None:
        hub, _, a, _ = self.cast()
        token = add_token(self, hub)
        self.box(hub, token, "mine", a)
        shown = self.ticket(hub, token, mailboxes=["mine"])["ticket"]
        answer = hub.client.ask(request("DELETE",
                                        f"/mailboxes/mine?ticket={shown}"))
        self.assertEqual(answer.status, 403)
        plain = add_token(self, hub, "plain", "--owner=reader",
                          rights="pull")
        for target, fields in ((f"/?ticket={shown}", []),
                               ("/", [bearer(plain)])):
            answer = hub.client.post(
                [("hub.mode", "unsubscribe"), ("hub.channel.type", "mailbox"),
                 ("hub.channel.endpoint", f"{hub.hub}mailboxes/mine/messages")],
                target, fields)
            self.assertEqual(answer.status, 403, answer.text)
        answer = hub.client.get("/mailboxes/mine", [bearer(token)])
        self.assertEqual(answer.status, 200)


if __name__ == "__main__":
    unittest.main()
