# SPDX-License-Identifier: MIT
"""Who may pull what: tokens, their scopes and ends, and pages (CORS)."""

import json
import threading
import time
import unittest
from urllib.parse import quote

from harness import Message, Story, Wire, request, until
from harness.access import add_token, bearer

FINE, NO, USAGE = 0, 1, 2
NOBODY = "wsd_" + "x" * 43


def events(*topics: str, **params: object) -> str:
    pairs = [("topic", topic) for topic in topics] + list(params.items())
    return "/events?" + "&".join(f"{name}={quote(str(value), safe='')}"
                                 for name, value in pairs)


class Tokens(Story):
    def cast(self, *options: str):
        """A hub, an origin that only it reaches, a topic that it follows."""
        hub, origin = self.daemon(*options), self.origin()
        topic = origin.serve(b"one", "text/plain", path="/in/feed")
        self.follow(hub, topic, self.callback().url())
        return hub, origin, topic

    def pull(self, hub, where: str, token: str | None = None) -> Message:
        return hub.client.get(where, [bearer(token)] if token else [])

    def assert_problem(self, answer: Message, status: int, kind: str) -> None:
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.get("Content-Type"),
                         "application/problem+json")
        said = json.loads(answer.body)
        self.assertEqual((said["type"], said["status"]), (kind, status))
        if status == 401:
            self.assertIn("Bearer", answer.get("WWW-Authenticate"))


class Reading(Tokens):
    def test_M20_what_only_the_hub_reaches_is_unknown_to_strangers(self
                                                                   ) -> None:
        hub, _, topic = self.cast()
        unknown = topic + "x"
        mine, other = self.pull(hub, events(topic)), self.pull(hub,
                                                               events(unknown))
        self.assertEqual(mine.status, 404)
        self.assertEqual(mine.text.replace(topic, ""),
                         other.text.replace(unknown, ""))
        token = add_token(self, hub)
        answer = self.pull(hub, events(topic, since="earliest"), token)
        self.assertEqual(answer.status, 200, answer.text)
        event, = json.loads(answer.body)["events"]
        self.assertEqual(event["body"], "one")

    def test_with_pull_open_strangers_read_it(self) -> None:
        hub, _, topic = self.cast("--pull-open")
        self.assertEqual(self.pull(hub, events(topic)).status, 200)

    def test_without_anonymous_pull_a_token_is_needed(self) -> None:
        hub, _, topic = self.cast("--pull-open", "--pull-anonymous=off")
        self.assert_problem(self.pull(hub, events(topic)), 401,
                            "token-needed")
        token = add_token(self, hub)
        self.assertEqual(self.pull(hub, events(topic), token).status, 200)

    def test_a_scope_is_kept_to(self) -> None:
        hub, _, topic = self.cast()
        base = topic.removesuffix("feed")
        token = add_token(self, hub, scope=base + "*")
        outside = base.replace("/in/", "/out/") + "feed"
        self.assertEqual(self.pull(hub, events(topic), token).status, 200)
        for wrong in (outside, base + "../out/feed", base + "..%2fout",
                      topic.replace("127.", "127.0.0.1.evil.example/127.")):
            answer = self.pull(hub, events(wrong), token)
            self.assertEqual(answer.status, 403, (wrong, answer.text))
        # One that is not in it spoils the whole of a question (M16).
        self.assertEqual(
            self.pull(hub, events(topic, outside), token).status, 403)

    def test_M7_who_may_create_makes_the_hub_follow(self) -> None:
        hub, origin, _ = self.cast()
        new = origin.serve(b"new", "text/plain", path="/in/new")
        reader = add_token(self, hub, "reader", rights="pull")
        maker = add_token(self, hub, "maker", rights="pull,create")
        self.assertEqual(self.pull(hub, events(new), reader).status, 404)
        since = hub.mark()
        self.assertEqual(self.pull(hub, events(new), maker).status, 200)
        hub.wait_for("update", since=since)
        answer = self.pull(hub, events(new, since="earliest"), reader)
        self.assertEqual(json.loads(answer.body)["events"][0]["body"], "new")

    def test_what_is_wrong_is_refused_and_not_downgraded(self) -> None:
        hub, _, topic = self.cast("--pull-open")
        for field in (f"Bearer {NOBODY}", "Bearer x", "Basic dTpw", "Bearer",
                      NOBODY):
            answer = hub.client.get(events(topic), [("Authorization", field)])
            self.assert_problem(answer, 401, "token-unknown")
        for param in ("token", "access_token", "%74oken"):
            answer = hub.client.get(f"{events(topic)}&{param}={NOBODY}")
            self.assert_problem(answer, 400, "token-in-url")
        token = add_token(self, hub)
        answer = hub.client.get(events(topic), [bearer(token), bearer(token)])
        self.assertEqual(answer.status, 400)

    def test_an_expired_one_is_refused(self) -> None:
        hub, _, topic = self.cast("--pull-open")
        token = add_token(self, hub, "brief", "--expires=6s")
        self.assertEqual(self.pull(hub, events(topic), token).status, 200)
        until(lambda: self.pull(hub, events(topic), token).status == 401,
              "it to expire")
        self.assert_problem(self.pull(hub, events(topic), token), 401,
                            "token-expired")

    def test_what_is_held_ends_with_its_token(self) -> None:
        hub, _, topic = self.cast()
        token = add_token(self, hub, "brief", "--expires=2s")
        # It has no wait of its own to end it.
        self.pull(hub, events(topic, wait=270), token)
        self.assert_problem(self.pull(hub, events(topic, wait=60), token),
                            401, "token-expired")

    def test_a_removed_one_ends_what_it_holds(self) -> None:
        hub, origin, topic = self.cast()
        token, other = (add_token(self, hub, "one"),
                        add_token(self, hub, "other"))
        answers = {}

        def hold(name: str, shown: str) -> threading.Thread:
            thread = threading.Thread(target=lambda: answers.update(
                {name: self.pull(hub, events(topic, wait=200), shown)}))
            thread.start()
            return thread

        threads = [hold("one", token), hold("other", other)]
        until(lambda: hub.status()["front"]["held"] == 2, "both to be held")
        self.ctl(hub, "token", "remove", "one")
        threads[0].join()
        self.assertEqual(answers["one"].status, 401)
        self.assertNotIn("other", answers)
        self.assertEqual(self.pull(hub, events(topic), token).status, 401)
        origin.serve(b"two", "text/plain", path="/in/feed")
        self.publish(hub, topic)
        threads[1].join()
        self.assertEqual(answers["other"].status, 200)

    def test_tokens_survive_a_restart(self) -> None:
        hub, _, topic = self.cast()
        token = add_token(self, hub)
        hub.stop()
        hub.start()
        self.assertEqual(self.pull(hub, events(topic), token).status, 200)

    def test_who_guesses_holds_up_nobody(self) -> None:
        hub, _, topic = self.cast()
        token = add_token(self, hub)
        self.pull(hub, events(topic), token)
        with Wire(hub.address) as wire:
            for number in range(300):
                guess = f"wsd_{number:043d}"
                answer = wire.ask(request("GET", events(topic),
                                          [bearer(guess)]))
                self.assertEqual(answer.status, 401)
                if answer.get("Connection") == "close":
                    wire.close()
                    wire.__init__(hub.address)
        self.assertEqual(self.pull(hub, events(topic), token).status, 200)


class Commands(Tokens):
    def test_they_are_added_listed_and_removed(self) -> None:
        hub = self.daemon()
        token = add_token(self, hub, "shop", "--owner=acme", "--expires=30d",
                          "--scope=https://b.example/feed", rights="pull",
                          scope="https://a.example/*")
        shown, = self.ctl_json(hub, "token", "list")["tokens"]
        self.assertEqual((shown["name"], shown["owner"], shown["rights"]),
                         ("shop", "acme", "pull"))
        self.assertCountEqual(shown["scope"], ["https://a.example/*",
                                               "https://b.example/feed"])
        self.assertGreater(shown["expires"], (time.time() + 29 * 86400) * 1000)
        self.assertNotIn(token, json.dumps(shown))
        self.assertIn("shop", self.ctl(hub, "token", "list"))
        self.ctl(hub, "token", "add", "shop", code=NO)
        self.ctl(hub, "token", "remove", "shop")
        self.ctl(hub, "token", "remove", "shop", code=NO)
        self.ctl(hub, "token", "list")
        line = hub.wait_for("admin.token.added")
        self.assertEqual((line.fields["name"], line.fields["status"]),
                         ("shop", "ok"))
        self.assertTrue(line.fields["by"])
        hub.wait_for("admin.token.removed", 2)

    def test_for_programs_the_secret_is_json(self) -> None:
        hub = self.daemon()
        said = self.ctl_json(hub, "token", "add", "x")
        self.secrets.add(said["token"])
        self.assertRegex(said["token"], r"^wsd_[\w-]{43}$")

    def test_what_is_malformed_is_usage(self) -> None:
        hub = self.daemon()
        for wrong in (["token"], ["token", "make"], ["token", "add"],
                      ["token", "add", "a b"],
                      ["token", "add", "x", "--right=push"],
                      ["token", "add", "x", "--scope=http://a.example*"],
                      ["token", "add", "x", "--scope=nonsense"],
                      ["token", "add", "x", "--expires=0d"],
                      ["token", "add", "x", "--expires=2001-01-01T00:00:00Z"],
                      ["token", "remove"], ["mailboxes", "--remove"]):
            with self.subTest(wrong):
                self.ctl(hub, *wrong, code=USAGE)
        self.ctl(hub, "token", "list")

    def test_mailboxes_are_listed_shown_and_removed(self) -> None:
        hub, _, topic = self.cast()
        tokens = [add_token(self, hub, name) for name in ("one", "two")]
        body = json.dumps({"topics": [topic]}).encode()
        for name, token in (("box", tokens[0]), ("box", tokens[1]),
                            ("mine", tokens[0])):
            answer = hub.client.ask(request(
                "PUT", f"/mailboxes/{name}",
                [bearer(token), ("Content-Type", "application/json")], body))
            self.assertEqual(answer.status, 201, answer.text)
        listed = self.ctl_json(hub, "mailboxes")["mailboxes"]
        self.assertCountEqual([(box["owner"], box["name"]) for box in listed],
                              [("one", "box"), ("one", "mine"),
                               ("two", "box")])
        self.assertEqual(self.ctl(hub, "mailboxes").count(" box\n"), 2)
        shown = self.ctl(hub, "mailboxes", "mine")
        self.assertRegex(shown, r" one +mine\n")
        self.assertIn(topic, shown)
        self.assertEqual(
            self.ctl_json(hub, "mailboxes", "mine")["listens"][0]["url"],
            topic)
        self.ctl(hub, "mailboxes", "none", code=NO)
        self.ctl(hub, "mailboxes", "box", "--remove", code=USAGE)
        self.ctl(hub, "mailboxes", "box", "--remove", "--owner=two")
        answer = hub.client.get("/mailboxes/box", [bearer(tokens[1])])
        self.assertEqual(answer.status, 404)
        answer = hub.client.get("/mailboxes/box", [bearer(tokens[0])])
        self.assertEqual(answer.status, 200)
        hub.wait_for("admin.mailbox.removed")

    def test_who_pulls_is_counted(self) -> None:
        hub, _, topic = self.cast()
        token = add_token(self, hub)
        with Wire(hub.address) as wire:
            wire.send(request("GET", events(topic, wait=60), [bearer(token)]))
            until(lambda: self.ctl_json(hub, "pulls")["held"] == 1,
                  "it to be held")
            shown = self.ctl_json(hub, "pulls")
            self.assertEqual(shown["by_voice"]["poll"], 1)
            self.assertEqual(shown["topics"], [{"topic": topic, "held": 1}])
            self.assertIn(topic, self.ctl(hub, "pulls"))


class Pages(Tokens):
    ORIGIN = ("Origin", "https://app.example")

    def allow(self, answer: Message) -> str | None:
        return answer.get("Access-Control-Allow-Origin")

    def test_pages_of_listed_origins_may_read(self) -> None:
        hub, _, topic = self.cast("--pull-open",
                                  "--pull-origin=https://app.example")
        for where in (events(topic), events(topic, before="nonsense")):
            answer = hub.client.get(where, [self.ORIGIN])
            self.assertEqual(self.allow(answer), self.ORIGIN[1])
            self.assertIn("ETag",
                          answer.get("Access-Control-Expose-Headers"))
        for field in ([], [("Origin", "https://evil.example")],
                      [("Origin", "null")]):
            answer = hub.client.get(events(topic), field)
            self.assertEqual(answer.status, 200)
            self.assertIsNone(self.allow(answer))

    def test_a_page_can_read_why_it_is_refused(self) -> None:
        hub, _, topic = self.cast("--pull-origin=*")
        answer = hub.client.get(events(topic), [self.ORIGIN,
                                                bearer(NOBODY)])
        self.assertEqual((answer.status, self.allow(answer)), (401, "*"))

    def test_pages_ask_before_they_show_a_token(self) -> None:
        hub, _, _ = self.cast("--pull-origin=https://app.example")
        for path in ("/events", "/events/poll", "/events/sse",
                     "/events/stream", "/mailboxes", "/mailboxes/a",
                     "/mailboxes/a/messages", "/mailboxes/a/acks",
                     "/presence", "/tickets"):
            with self.subTest(path):
                answer = hub.client.ask(request("OPTIONS", path, [
                    self.ORIGIN, ("Access-Control-Request-Method", "GET"),
                    ("Access-Control-Request-Headers", "authorization")]))
                self.assertEqual(answer.status, 204)
                self.assertEqual(self.allow(answer), self.ORIGIN[1])
                self.assertIn("Authorization",
                              answer.get("Access-Control-Allow-Headers"))
                self.assertIn("GET",
                              answer.get("Access-Control-Allow-Methods"))
        answer = hub.client.ask(request(
            "OPTIONS", "/events", [("Origin", "https://evil.example")]))
        self.assertEqual((answer.status, self.allow(answer)), (204, None))


if __name__ == "__main__":
    unittest.main()
