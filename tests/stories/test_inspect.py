# SPDX-License-Identifier: MIT
"""Public diagnostics: what is told to whom, and what never is."""

import itertools
import json
import threading
import time
import unittest
from urllib.parse import quote

from harness import Answer, Atom, Message, Story, Wire, request, until
from harness.access import add_token, bearer
from harness.client import post

JSON = ("Accept", "application/json")
BROWSER = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")

_sources = itertools.count(1)


def source() -> str:
    """An address that has not asked anything yet."""
    number = next(_sources)
    return f"127.201.{number // 250}.{1 + number % 250}"


def ask(hub, data: bytes, of: str | None = None) -> Message:
    with Wire(hub.address, source=of or source()) as wire:
        return wire.ask(data)


def look(hub, topic: str, *fields: tuple[str, str], name: str = "hub.topic",
         of: str | None = None) -> Message:
    target = f"/topic?{name}={quote(topic, safe='')}"
    return ask(hub, request("GET", target, fields), of)


def inspect(hub, topic: str, callback: str, secret: str | None,
            *fields: tuple[str, str], of: str | None = None) -> Message:
    pairs = [("hub.topic", topic), ("hub.callback", callback)]
    if secret is not None:
        pairs.append(("hub.secret", secret))
    return ask(hub, post(pairs, "/subscription", fields), of)


def shape(answer: Message) -> tuple:
    """All of it but the date."""
    fields = [(name, value) for name, value in answer.fields
              if name.lower() != "date"]
    return answer.status, fields, answer.body


class Ceiling:
    """Five at once, and five a minute: whoever asks meets it.  A story may
    take so long that there is room for one more: it is counted."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.answers: list[Message] = []

    def refuses(self, answer: Message) -> bool:
        self.answers.append(answer)
        return answer.status == 429

    def was_kept(self) -> bool:
        let_in = sum(answer.status != 429 for answer in self.answers)
        return 5 <= let_in <= 5 + (time.monotonic() - self.began) / 12


class Inspecting(Story):
    def cast(self, *options: str, **params: str):
        hub, callback, origin = (self.daemon("--pull-open", *options),
                                 self.callback(), self.origin())
        topic = origin.serve(Atom(hub=hub.hub).add("one"))
        self.follow(hub, topic, callback.url(), **params)
        return hub, callback, origin, topic

    def assert_page(self, answer: Message) -> None:
        self.assertEqual(answer.get("Content-Type"),
                         "text/html; charset=utf-8")
        policy = answer.get("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("<script", answer.text.lower())
        self.assert_guarded(answer)

    def assert_guarded(self, answer: Message) -> None:
        self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")
        self.assertEqual(answer.get("Cache-Control"), "no-store")


class Topic(Inspecting):
    def test_a_followed_topic_is_told_about(self) -> None:
        hub, callback, origin, topic = self.cast()
        answer = look(hub, topic, JSON)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("Content-Type"), "application/json")
        self.assert_guarded(answer)
        shown = json.loads(answer.body)
        self.assertEqual(shown["topic"], topic)
        self.assertIs(shown["followed"], True)
        self.assertIs(shown["subscribed"], True)
        self.assertEqual(shown["last_fetch"]["status"], 200)
        self.assertRegex(shown["last_fetch"]["worked"],
                         r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertTrue(shown["last_fetch"]["etag"])
        update = shown["last_update"]
        self.assertEqual((update["seq"], update["entries"]), (1, 1))
        self.assertTrue(update["content_type"].startswith(
            "application/atom+xml"))
        self.assertEqual(shown["next_fetch"]["because"], "poll")
        self.assertEqual(shown["hubs"], [hub.hub])
        self.assertIs(shown["names_this_hub"], True)
        for private in (callback.host, callback.token):
            self.assertNotIn(private, answer.text)

    def test_people_get_a_page(self) -> None:
        hub, callback, _, topic = self.cast()
        for accept in (BROWSER, ("Accept", "*/*"), ("X-Nothing", "x")):
            answer = look(hub, topic, accept)
            self.assertEqual(answer.status, 200)
            self.assert_page(answer)
            self.assertIn("HTTP 200", answer.text)
            self.assertNotIn(callback.host, answer.text)
        self.assertIn(b"<form", ask(hub, request("GET", "/topic")).body)

    def test_HEAD_and_OPTIONS_are_understood(self) -> None:
        hub, _, _, topic = self.cast()
        target = f"/topic?hub.topic={quote(topic, safe='')}"
        with Wire(hub.address, source=source()) as wire:
            wire.send(request("HEAD", target))
            answer = wire.read(to_head=True)
        self.assertEqual((answer.status, answer.body), (200, b""))
        for path, methods in (("/topic", {"GET", "HEAD", "OPTIONS"}),
                              ("/subscription",
                               {"GET", "HEAD", "POST", "OPTIONS"})):
            answer = ask(hub, request("OPTIONS", path))
            self.assertEqual(set(answer.get("Allow").split(", ")), methods)

    def test_M20_unknown_and_unfollowed_look_the_same(self) -> None:
        hub, callback, _, topic = self.cast()
        since = hub.mark()
        self.accepted(hub, "unsubscribe", topic, callback.url())
        hub.wait_for("subscription.ended", since=since)
        unknown = topic[:-1] + "x"
        for accept in (JSON, BROWSER):
            one, other = (look(hub, topic, accept),
                          look(hub, unknown, accept))
            self.assertEqual(one.status, 404)
            self.assertEqual(
                shape(one)[:2] + (one.body.replace(topic.encode(), b""),),
                shape(other)[:2] + (other.body.replace(unknown.encode(),
                                                       b""),))

    def test_M20_what_only_the_hub_reaches_is_unknown_to_strangers(self
                                                                   ) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom(hub=hub.hub).add("one"))
        self.follow(hub, topic, callback.url())
        unknown = topic[:-1] + "x"
        for accept in (JSON, BROWSER):
            one, other = (look(hub, topic, accept),
                          look(hub, unknown, accept))
            self.assertEqual(one.status, 404)
            self.assertEqual(
                shape(one)[:2] + (one.body.replace(topic.encode(), b""),),
                shape(other)[:2] + (other.body.replace(unknown.encode(),
                                                       b""),))
        token = add_token(self, hub, "inside", scope=topic)
        answer = look(hub, topic, JSON, bearer(token))
        self.assertEqual(json.loads(answer.body)["topic"], topic)
        self.assertEqual(answer.status, 200)
        other = add_token(self, hub, "elsewhere", scope="https://a.example/*")
        self.assertEqual(look(hub, topic, JSON, bearer(other)).status, 404)
        self.assertEqual(
            look(hub, topic, JSON, ("Authorization", "Bearer x")).status, 401)

    def test_a_failing_fetch_is_told_with_its_reason(self) -> None:
        hub, _, origin, topic = self.cast()
        origin.script(Answer(403))
        self.publish_and_fetch(hub, topic)
        shown = json.loads(look(hub, topic, JSON).body)
        self.assertEqual(shown["last_fetch"]["outcome"],
                         "HTTP 403 (Forbidden)")
        self.assertEqual(shown["last_fetch"]["failures"], 1)
        self.assertEqual(shown["next_fetch"]["because"], "failure")
        self.assertIs(shown["ping_waits"], True)
        self.assertIn("HTTP 403 (Forbidden)", look(hub, topic).text)

    def test_googles_name_of_the_parameter_is_understood(self) -> None:
        hub, _, _, topic = self.cast()
        self.assertEqual(look(hub, topic, name="hub.url").status, 200)
        # However it is spelt.
        port = topic.split(":")[2].split("/")[0]
        self.assertEqual(
            look(hub, topic.replace(f":{port}/feed", f":{port}/%66eed"))
            .status, 200)

    def test_malformed_questions_are_400(self) -> None:
        hub = self.daemon()
        for target in ("/topic?x=y", "/topic?hub.topic=", "/topic?hub.topic=x",
                       "/topic?hub.topic=ftp%3A%2F%2Fh%2F",
                       "/topic?hub.topic=http%3A%2F%2Fh%2F%23f",
                       "/topic?hub.topic=%zz"):
            with self.subTest(target=target):
                answer = ask(hub, request("GET", target, [JSON]))
                self.assertEqual(answer.status, 400)
                self.assertTrue(answer.get("Hub-Error"))
                self.assertTrue(json.loads(answer.body)["reason"])
                self.assert_guarded(answer)
        self.assertEqual(ask(hub, request("PUT", "/topic", body=b"")).status,
                         405)

    def test_what_strangers_write_stays_text(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        evil = "/feed?%3C='\"><script>alert(1)</script>&amp;"
        topic = origin.serve(
            Atom().add("one"), path=evil, validators=False,
            content_type="text/<script>alert(2)</script>",
            fields=[("ETag", '"<script>alert(3)</script>"'),
                    ("Link", '<http://h/?"><script>4</script>>; rel="self"')])
        for _ in range(2):
            for accept in (BROWSER, JSON):
                answer = look(hub, topic, accept)
                self.assertNotEqual(answer.status, 400, answer.text)
                if accept is BROWSER:
                    self.assert_page(answer)
                    self.assertNotIn("'\"", answer.text)
                else:
                    self.assertEqual(json.loads(answer.body)["topic"], topic)
            if not callback.verifications.all():
                self.follow(hub, topic, callback.url())

    def test_bytes_that_are_no_text_are_replaced(self) -> None:
        hub, callback, origin = (self.daemon("--pull-open"), self.callback(),
                                 self.origin())
        topic = origin.url("/odd")
        origin.script(Answer(200, b"page", [
            ("Content-Type", "text/html; a=\x80\xff"), ("ETag", '"\x9b"')]))
        self.follow(hub, topic, callback.url())
        answer = look(hub, topic, JSON)
        self.assertEqual(answer.status, 200)
        self.assertIn("a=\ufffd\ufffd", json.dumps(json.loads(answer.body),
                                                   ensure_ascii=False))
        page = look(hub, topic, BROWSER)
        self.assertIn("a=&#xFFFD;&#xFFFD;", page.body.decode("utf-8"))
        explained = self.ctl_json(hub, "explain", topic)
        self.assertIn("a=\ufffd\ufffd", json.dumps(explained,
                                                   ensure_ascii=False))
        pulled = ask(hub, request(
            "GET", f"/events?topic={quote(topic, safe='')}&since=earliest"))
        event = json.loads(pulled.body)["events"][0]
        self.assertEqual(event["content_type"], "text/html; a=\ufffd\ufffd")

    def test_five_a_minute_and_address(self) -> None:
        hub, _, _, topic = self.cast()
        greedy, ceiling = source(), Ceiling()

        def refused(where: str) -> bool:
            return ceiling.refuses(look(hub, where, JSON, of=greedy))
        until(lambda: refused(topic), "the ceiling")
        answer = ceiling.answers[-1]
        self.assertEqual({one.status for one in ceiling.answers[:-1]}, {200})
        self.assertGreater(int(answer.get("Retry-After")), 0)
        self.assertEqual(answer.get("Hub-Error"), "client.rate")
        # Of unknown ones too, or they could be counted out.
        until(lambda: refused(topic + "x"), "the same ceiling")
        self.assertTrue(ceiling.was_kept())
        self.assertEqual(look(hub, topic).status, 200)

    def test_S19_behind_a_proxy_each_client_counts(self) -> None:
        hub, _, _, topic = self.cast("--trusted-proxy=127.201.99.0/24")
        proxy = "127.201.99.9"

        def through(client: str, of: str) -> Message:
            return look(hub, topic, ("X-Forwarded-For", client), of=of)

        his = Ceiling()
        until(lambda: his.refuses(through("192.0.2.1", proxy)), "his ceiling")
        self.assertTrue(his.was_kept())
        self.assertEqual(through("192.0.2.2", proxy).status, 200)
        # Who is no proxy cannot be somebody else.
        liar, numbers, his = source(), itertools.count(3), Ceiling()
        until(lambda: his.refuses(
            through(f"192.0.2.{next(numbers) % 250}", liar)), "his ceiling")
        self.assertTrue(his.was_kept())


class Subscription(Inspecting):
    def test_who_knows_the_secret_sees_his_own(self) -> None:
        hub, callback, _, topic = self.cast(secret="sesame-1")
        answer = inspect(hub, topic, callback.url(), "sesame-1", JSON)
        self.assertEqual(answer.status, 200)
        self.assert_guarded(answer)
        shown = json.loads(answer.body)
        self.assertEqual(shown["state"], "active")
        self.assertGreater(shown["lease_left_seconds"], 9 * 86400)
        self.assertIsNone(shown["last_outcome"])
        self.assertIsNone(shown["owed"])
        self.assertNotIn("sesame", answer.text)
        page = inspect(hub, topic, callback.url(), "sesame-1", BROWSER)
        self.assertEqual(page.status, 200)
        self.assert_page(page)
        self.assertIn("It is active.", page.text)
        self.assertNotIn("sesame", page.text)
        form = ask(hub, request("GET", "/subscription"))
        self.assert_page(form)
        self.assertIn(b'method="post"', form.body)

    def test_M18_whatever_is_wrong_the_answer_is_the_same(self) -> None:
        hub, callback, _, topic = self.cast(secret="sesame-2")
        self.subscribe(hub, topic, callback.url("plain"))
        wrong = [(topic, callback.url(), "sesame-3"),
                 (topic, callback.url(), ""),
                 (topic, callback.url(), "x" * 500),
                 (topic, callback.url("other"), "sesame-2"),
                 (topic + "x", callback.url(), "sesame-2"),
                 (topic + "x", callback.url("other"), "sesame-3"),
                 # One without a secret is nobody's to look at.
                 (topic, callback.url("plain"), ""),
                 (topic, callback.url("plain"), "sesame-2")]
        for accept in (JSON, BROWSER):
            answers = [shape(inspect(hub, *those, accept)) for those in wrong]
            self.assertEqual(answers[0][0], 404)
            for answer in answers:
                self.assertEqual(answer, answers[0])

    def test_what_is_owed_and_why_is_told(self) -> None:
        hub, callback, origin, topic = self.cast(
            "--retry-first=1h", "--retry-max=1h", secret="sesame-4")
        callback.on_post = lambda _: Answer(500)
        since = hub.mark()
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        hub.wait_for("delivery.failed", since=since)

        def shown() -> dict:
            answer = inspect(hub, topic, callback.url(), "sesame-4", JSON)
            return json.loads(answer.body)

        until(lambda: shown()["state"] == "lagging", "it to lag")
        told = shown()
        self.assertEqual((told["last_status"], told["attempts"]), (500, 1))
        self.assertEqual(told["last_outcome"],
                         "HTTP 500 (Internal Server Error)")
        self.assertEqual(told["owed"], {"from": 2, "to": 2})
        self.assertTrue(told["next_try"])
        page = inspect(hub, topic, callback.url(), "sesame-4").text
        self.assertIn("It is lagging.", page)
        self.assertIn("HTTP 500", page)

    def test_M18_a_pending_request_shows_only_that_it_waits(self) -> None:
        hub, callback, _, topic = self.cast("--verify-timeout=5m",
                                            secret="sesame-5")
        gate = threading.Event()
        callback.on_verify = lambda _: Answer(404, gate=gate)
        self.accepted(hub, "subscribe", topic, callback.url(),
                      secret="stranger-5")
        self.accepted(hub, "subscribe", topic, callback.url("new"),
                      secret="stranger-5")
        # It tells nothing of the subscription that is there.
        known = inspect(hub, topic, callback.url(), "stranger-5", JSON)
        unknown = inspect(hub, topic, callback.url("new"), "stranger-5", JSON)
        for answer in (known, unknown):
            shown = json.loads(answer.body)
            self.assertEqual(shown["state"], "pending")
            self.assertEqual(set(shown), {"topic", "state", "pending"})
            self.assertEqual(shown["pending"]["mode"], "subscribe")
        own = json.loads(
            inspect(hub, topic, callback.url(), "sesame-5", JSON).body)
        self.assertEqual((own["state"], own["pending"]), ("active", None))
        since = hub.mark()
        gate.set()
        hub.wait_for("verification.failed", 2, since)
        self.assertEqual(
            inspect(hub, topic, callback.url("new"), "stranger-5").status,
            404)

    def test_another_spelling_is_the_same_subscription(self) -> None:
        hub, callback, _, topic = self.cast(secret="sesame-6")
        other = callback.url().replace("/cb", "/%63b")
        self.assertEqual(inspect(hub, topic, other, "sesame-6").status, 200)

    def test_a_secret_in_the_query_is_400(self) -> None:
        hub, callback, _, topic = self.cast(secret="sesame-7")
        query = (f"/subscription?hub.topic={quote(topic, safe='')}"
                 f"&hub.callback={quote(callback.url(), safe='')}"
                 "&hub.secret=sesame-7")
        pairs = [("hub.topic", topic), ("hub.callback", callback.url()),
                 ("hub.secret", "sesame-7")]
        for data in (request("GET", query), post([], query),
                     post(pairs, "/subscription?hub.secret=")):
            answer = ask(hub, data)
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.get("Hub-Error"), "secret.query")

    def test_malformed_questions_are_400(self) -> None:
        hub = self.daemon()
        fine = {"hub.topic": "http://h/", "hub.callback": "http://c/",
                "hub.secret": "s"}
        for name in fine:
            pairs = [pair for pair in fine.items() if pair[0] != name]
            answer = ask(hub, post(pairs, "/subscription"))
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.get("Hub-Error"), f"{name[4:]}.missing")
        answer = inspect(hub, "http://h/#x", "http://c/", "s", JSON)
        self.assertEqual(answer.status, 400)
        answer = ask(hub, request("POST", "/subscription",
                                  [("Content-Type", "text/plain")], b"x"))
        self.assertEqual(answer.status, 415)

    def test_five_a_minute_and_address(self) -> None:
        hub, callback, _, topic = self.cast(secret="sesame-8")
        guesser, ceiling = source(), Ceiling()

        def refused(secret: str) -> bool:
            return ceiling.refuses(inspect(hub, topic, callback.url(), secret,
                                           of=guesser))
        until(lambda: refused("guess"), "the ceiling")
        self.assertEqual({one.status for one in ceiling.answers[:-1]}, {404})
        # Now the right one does not help him either.
        until(lambda: refused("sesame-8"), "the same ceiling")
        self.assertTrue(ceiling.was_kept())
        self.assertGreater(
            int(ceiling.answers[-1].get("Retry-After")), 0)
        self.assertEqual(
            inspect(hub, topic, callback.url(), "sesame-8").status, 200)


if __name__ == "__main__":
    unittest.main()
