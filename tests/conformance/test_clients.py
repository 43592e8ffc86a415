# SPDX-License-Identifier: MIT
"""Section 4: requests as real clients send them, with what their callbacks
do.  Heads and bodies are theirs to the byte, but for hosts and keys."""

import hashlib
import hmac
import json
import re
import threading
import unittest
from urllib.parse import parse_qsl, quote, quote_plus

import stories  # noqa: F401
from harness import (Answer, Atom, Message, Story, Wire, entries_of,
                     until)
from harness.callback import echo, signature
from harness.server import Seen

DAY = 24 * 60 * 60
FORM = "Content-Type: application/x-www-form-urlencoded"
Pairs = list[tuple[str, str]]


def php(pairs: Pairs) -> str:
    """http_build_query: a blank is +."""
    return "&".join(f"{name}={quote_plus(value, safe='')}"
                    for name, value in pairs)


def axios(pairs: Pairs) -> str:
    """Its params: colons, commas and brackets are left alone."""
    return "&".join(
        f"{name}={quote(value, safe='-_.!~*()' + chr(39) + ':$,')}"
        .replace("%20", "+") for name, value in pairs)


def plain(pairs: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


class Client(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon()
        self.there = self.callback()
        self.source = self.origin()
        self.feed = Atom(title="videos").add("one")
        self.feed.content_type = "application/atom+xml"

    def raw(self, start: str, *lines: str, body: str | bytes = "",
            length: bool = True) -> Message:
        """One request with exactly these lines, in this order."""
        data = body.encode() if isinstance(body, str) else body
        host, port = self.hub.address
        head = [f"{start} HTTP/1.1" if " HTTP/" not in start else start]
        head += [line.replace("{hub}", f"{host}:{port}") for line in lines]
        if length:
            head.append(f"Content-Length: {len(data)}")
        with Wire(self.hub.address) as wire:
            return wire.ask("\r\n".join(head).encode() + b"\r\n\r\n" + data)

    def topic(self, path: str = "/feeds/videos.xml?channel_id=UCx") -> str:
        return self.source.serve(self.feed, path=path)

    def update(self, topic: str, name: str) -> None:
        path = topic.removeprefix(self.source.base)
        self.source.serve(self.feed.add(name), path=path)
        self.publish(self.hub, topic)

    def begun(self, answer: Message, topic: str, since: int = 0) -> Seen:
        """202, one verification, active, and the baseline is known."""
        self.assertEqual(answer.status, 202, answer.text)
        self.hub.wait_for("subscription.active", since=since)
        self.hub.wait_for("update", since=since)
        seen = self.there.verifications.all()[-1]
        self.assertEqual(seen.params["hub.topic"], topic)
        return seen

    def secret(self, text: str) -> str:
        self.secrets.add(text)
        return text


class Readers(Client):
    # ------------------------------------------------------------ FreshRSS

    KEY = hashlib.sha1(b"a feed").hexdigest()

    def freshrss_url(self, key: str = KEY) -> str:
        return self.there.url("api/pshb.php", f"?k={key}")

    def freshrss(self, mode: str, topic: str, key: str = KEY) -> Message:
        return self.raw(
            "POST /", "Host: {hub}",
            "User-Agent: FreshRSS/1.24.3 (Linux; https://freshrss.org)",
            "Accept: */*", "Accept-Encoding: deflate, gzip, br", FORM,
            body=php([("hub.verify", "sync"), ("hub.mode", mode),
                      ("hub.topic", topic),
                      ("hub.callback", self.freshrss_url(key))]))

    def freshrss_callback(self, seen: Seen) -> Answer:
        """p/api/pshb.php: what it echoes, it has asked for itself."""
        params = dict(parse_qsl(seen.query))
        if params.get("k") != self.KEY:
            return Answer(410, b"Feed not found!")
        if seen.method == "POST":
            return Answer(200)
        if params.get("hub.mode") == "subscribe":
            return Answer(200, params["hub.challenge"].encode(), [
                ("Content-Type", "text/plain; charset=UTF-8"),
                ("X-Content-Type-Options", "nosniff")], close=True)
        return Answer(422, b"Unprocessable Entity")

    def test_freshrss_subscribes_with_its_key_and_without_a_lease(self
                                                                  ) -> None:
        self.there.on_verify = self.there.on_post = self.freshrss_callback
        topic = self.topic()
        seen = self.begun(self.freshrss("subscribe", topic), topic)
        self.assertTrue(seen.query.startswith(f"k={self.KEY}&hub.mode="))
        # It renews at every refresh once 23 hours are left: a shorter lease
        # would be a storm.
        self.assertGreater(int(seen.params["hub.lease_seconds"]), 2 * DAY)
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        self.assertEqual(post.query, f"k={self.KEY}")
        self.assertEqual(post.all("X-Hub-Signature"), [])
        self.assertEqual(entries_of(post.body), ["two"])

    def test_freshrss_renews_by_the_same_request(self) -> None:
        self.there.on_verify = self.there.on_post = self.freshrss_callback
        topic = self.topic()
        self.begun(self.freshrss("subscribe", topic), topic)
        for _ in range(3):
            since = self.hub.mark()
            self.assertEqual(self.freshrss("subscribe", topic).status, 202)
            self.hub.wait_for("subscription.renewed", since=since)
        self.update(topic, "two")
        self.there.wait_posts(1)
        self.hub.stop()
        self.assertEqual(len(self.there.posts), 1)

    def test_freshrss_with_an_unknown_key_is_not_subscribed(self) -> None:
        self.there.on_verify = self.there.on_post = self.freshrss_callback
        topic = self.topic()
        self.assertEqual(
            self.freshrss("subscribe", topic, "0" * 40).status, 202)
        self.hub.wait_for("verification.failed", status=410)
        self.hub.stop()
        self.assertEqual(len(self.there.verifications), 1)

    def test_freshrss_says_410_when_the_feed_is_gone(self) -> None:
        self.there.on_verify = self.there.on_post = self.freshrss_callback
        topic = self.topic()
        self.begun(self.freshrss("subscribe", topic), topic)
        self.there.on_post = lambda _: Answer(410, b"Feed not found!")
        self.update(topic, "two")
        self.hub.wait_for("subscription.ended", reason="gone")

    def test_freshrss_answers_422_to_what_it_did_not_ask(self) -> None:
        self.there.on_verify = self.there.on_post = self.freshrss_callback
        topic = self.topic()
        self.begun(self.freshrss("subscribe", topic), topic)
        self.assertEqual(self.freshrss("unsubscribe", topic).status, 202)
        self.hub.wait_for("verification.failed", status=422)
        self.update(topic, "two")
        self.there.wait_posts(1)

    # ------------------------------------------------------------- Feedbin

    def feedbin(self, topic: str, secret: str) -> Message:
        return self.raw(
            "POST /", "User-Agent: Feedbin feed-id:123 - 4 subscribers",
            FORM, "Connection: close", "Host: {hub}",
            body=php([("hub.mode", "subscribe"), ("hub.verify", "async"),
                      ("hub.topic", topic), ("hub.secret", secret),
                      ("hub.callback", self.there.url("web_sub/123/ab"))]))

    def test_feedbin_compares_the_topic_as_a_string(self) -> None:
        secret = self.secret("f00d" * 10)
        # Spelt so that any normal form differs.
        path = "/%7Eme/./a%2fb?B=2&a=1&&c=%c3%a4+%20"
        topic = self.topic(path)

        def verify(seen: Seen) -> Answer:
            same = seen.params["hub.topic"] == topic
            return echo(seen) if same else Answer(404)
        self.there.on_verify = verify
        self.begun(self.feedbin(topic, secret), topic)
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha1", secret.encode(), post.body))

    def test_feedbin_decodes_by_the_charset_of_the_type(self) -> None:
        text = "<p>Grüße</p>"
        topic = self.source.serve(b"<p>", "text/html; charset=ISO-8859-1")
        self.feedbin(topic, self.secret("5ec2e7" * 6))
        self.hub.wait_for("update")
        self.source.serve(text.encode("latin-1"),
                          "text/html; charset=ISO-8859-1")
        self.publish(self.hub, topic)
        post = self.there.wait_posts(1)[0]
        charset = (post.get("Content-Type") or "").partition("charset=")[2]
        self.assertEqual(post.body.decode(charset), text)

    def test_feedbin_is_never_denied_for_a_failed_verification(self) -> None:
        # It takes hub.mode=denied as "not for a week".
        topic = self.topic()
        self.there.on_verify = lambda _: Answer(404)
        self.feedbin(topic, self.secret("beef" * 10))
        self.hub.wait_for("verification.failed")
        self.hub.stop()
        self.assertEqual([seen.params["hub.mode"]
                          for seen in self.there.verifications.all()],
                         ["subscribe"])

    # ------------------------------------------------------------ NewsBlur

    def newsblur(self, topic: str, token: str, verify: Pairs) -> Message:
        return self.raw(
            "POST /", "Host: {hub}", "User-Agent: python-requests/2.25.0",
            "Accept-Encoding: gzip, deflate", "Accept: */*",
            "Connection: keep-alive", FORM,
            body=php([("hub.mode", "subscribe"),
                      ("hub.callback", self.there.url("push/5994357/")),
                      ("hub.topic", topic), *verify,
                      ("hub.verify_token", token),
                      ("hub.lease_seconds", "864000")]))

    def test_newsblur_wants_its_token_back(self) -> None:
        token = "subscribe4c0ffee"

        def verify(seen: Seen) -> Answer:
            given = seen.params.get("hub.verify_token", "")
            return echo(seen) if given == token else Answer(404)
        self.there.on_verify = verify
        topic = self.topic()
        seen = self.begun(self.newsblur(
            topic, token, [("hub.verify", "async"), ("hub.verify", "sync")]),
            topic)
        self.assertEqual(seen.params["hub.lease_seconds"], "864000")

    def test_newsblur_sends_a_pair_where_a_word_should_be(self) -> None:
        topic = self.topic()
        pair = ("hub.verify", "('async', 'sync')")
        self.begun(self.newsblur(topic, "subscribe5", [pair, pair]), topic)

    # ------------------------------------------------------------ tesaguri

    def tesaguri(self, mode: str, topic: str, name: str, secret: str = ""
                 ) -> Message:
        pairs = [("hub.mode", mode), ("hub.callback", self.there.url(name)),
                 ("hub.topic", topic)]
        pairs += [("hub.secret", secret)] if secret else []
        return self.raw("POST /", "content-type: "
                        "application/x-www-form-urlencoded",
                        "host: {hub}", body=php(pairs))

    def test_tesaguri_takes_the_strongest_signature(self) -> None:
        secret = self.secret("Zm9vYmFyYmF6cXV4X19fLTEyMzQ1Njc4")
        topic = self.topic()

        def verify(seen: Seen) -> Answer:
            wanted = {"hub.mode", "hub.topic", "hub.challenge",
                      "hub.lease_seconds"}
            good = (wanted <= set(seen.params)
                    and seen.params["hub.topic"] == topic)
            return echo(seen) if good else Answer(404)
        self.there.on_verify = verify
        self.begun(self.tesaguri("subscribe", topic, "websub/aeb", secret),
                   topic)
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        # It verifies all four and would take the best of several fields.
        self.assertEqual(post.all("X-Hub-Signature"),
                         [signature("sha256", secret.encode(), post.body)])

    def test_tesaguri_renews_by_a_new_callback_and_leaves_the_old(self
                                                                  ) -> None:
        topic, known = self.topic(), {"old"}

        def is_known(seen: Seen) -> bool:
            return seen.path.rpartition("/")[2] in known
        self.there.on_verify = lambda seen: (echo(seen) if is_known(seen)
                                             else Answer(404))
        self.there.on_post = lambda seen: Answer(200 if is_known(seen)
                                                 else 410)
        self.begun(self.tesaguri("subscribe", topic, "old", self.secret(
            "of the old one")), topic)
        known.add("new")
        since = self.hub.mark()
        self.tesaguri("subscribe", topic, "new", self.secret("of the new"))
        self.hub.wait_for("subscription.active", since=since)
        # It has forgotten the old one before it unsubscribes.
        known.discard("old")
        self.assertEqual(
            self.tesaguri("unsubscribe", topic, "old").status, 202)
        self.hub.wait_for("verification.failed", status=404)
        self.update(topic, "two")
        self.hub.wait_for("subscription.ended", reason="gone")
        self.there.wait_posts(2)
        until(lambda: self.hub.status()["store"]["subscriptions"] == 1,
              "the new one alone")

    # -------------------------------------------------- WordPress subscriber

    def test_wordpress_subscriber_quotes_and_is_told_so_in_the_log(self
                                                                   ) -> None:
        self.there.on_verify = lambda seen: Answer(
            200, json.dumps(seen.params["hub.challenge"]).encode(),
            [("Content-Type", "application/json; charset=UTF-8")])
        answer = self.raw(
            "POST /", "Host: {hub}", "User-Agent: WordPress/6.5.2; "
            "https://blog.example; WebSub/PubSubHubbub", "Accept: */*",
            "Accept-Encoding: deflate, gzip", "Referer: http://{hub}/", FORM,
            "Connection: close",
            body=php([("hub.mode", "subscribe"), ("hub.topic", self.topic()),
                      ("hub.callback", self.there.url(
                          "wp-json/websub/1.0/callback",
                          "?subscription_id=12"))]))
        self.assertEqual(answer.status, 202)
        line = self.hub.wait_for("verification.failed")
        self.assertRegex(line.text, "quotes")
        self.assertNotRegex(line.text, self.there.challenges()[0])

    def test_wordpress_subscriber_other_bodies_are_told_apart(self) -> None:
        bodies = {b"*\n": "and more", b"no": "not the challenge",
                  b"": "empty"}
        for number, (body, words) in enumerate(bodies.items()):
            self.there.on_verify = lambda seen, body=body: Answer(
                200, body.replace(b"*", echo(seen).body))
            since = self.hub.mark()
            self.accepted(self.hub, "subscribe", self.topic(),
                          self.there.url(f"{number}"))
            line = self.hub.wait_for("verification.failed", since=since)
            self.assertRegex(line.text, words)
            self.assertNotRegex(line.text, "quotes")


class Social(Client):
    def test_mastodon_an_empty_lease_and_async(self) -> None:
        topic, secret = self.topic("/users/me.atom"), self.secret("a1" * 20)
        seen = self.begun(self.raw(
            "POST /", "User-Agent: http.rb/3.2.0 (Mastodon/2.4.0; +https://"
            "m.example/)", FORM, "Connection: close", "Host: {hub}",
            body=php([("hub.mode", "subscribe"), ("hub.topic", topic),
                      ("hub.callback", self.there.url("api/subscriptions/7")),
                      ("hub.verify", "async"), ("hub.secret", secret),
                      ("hub.lease_seconds", "")])), topic)
        self.assertEqual(seen.params["hub.lease_seconds"], f"{10 * DAY}")
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha1", secret.encode(), post.body))

    def test_gnu_social_verify_twice_and_a_token(self) -> None:
        topic = self.topic()
        seen = self.begun(self.raw(
            "POST /", "Host: {hub}", "User-Agent: GNU social/2.0",
            "Connection: close", FORM,
            body=php([("hub.mode", "subscribe"),
                      ("hub.callback", self.there.url("main/push/3")),
                      ("hub.verify", "async"), ("hub.verify", "sync"),
                      ("hub.verify_token", "Deprecated-since-PuSH-0.4"),
                      ("hub.lease_seconds", "0"), ("hub.topic", topic),
                      ("hub.secret", self.secret("gnu" * 9))])), topic)
        self.assertEqual(seen.params["hub.verify_token"],
                         "Deprecated-since-PuSH-0.4")
        self.assertEqual(seen.params["hub.lease_seconds"], f"{10 * DAY}")

    def test_pleroma_a_lease_of_100_seconds(self) -> None:
        topic = self.topic()
        seen = self.begun(self.raw(
            "POST /", "User-Agent: hackney/1.15.2", "Host: {hub}", FORM,
            body=php([("hub.callback", self.there.url("push/subscriptions")),
                      ("hub.lease_seconds", "100"),
                      ("hub.mode", "subscribe"),
                      ("hub.secret", self.secret("pleroma's")),
                      ("hub.topic", topic)])), topic)
        self.assertEqual(seen.params["hub.lease_seconds"], "300")


class YouTube(Client):
    """Invidious, and the many scripts that follow channels."""

    def test_invidious_sha1_only_at_subscribe(self) -> None:
        topic = self.topic("/xml/feeds/videos.xml?channel_id=UCx")
        secret = self.secret("invidious key of an hour")
        path = "feed/webhook/v1:1700000000:0123456789abcdef:" + "d" * 40
        seen = self.begun(self.raw(
            "POST /subscribe", "Accept-Encoding: gzip, deflate",
            "User-Agent: Crystal", FORM, "Host: {hub}",
            body=php([("hub.callback", self.there.url(path)),
                      ("hub.topic", topic), ("hub.verify", "async"),
                      ("hub.mode", "subscribe"),
                      ("hub.lease_seconds", "432000"),
                      ("hub.secret", secret)])), topic)
        self.assertEqual(seen.params["hub.lease_seconds"], "432000")
        self.assertEqual(seen.path, self.there.url(path).removeprefix(
            self.there.base))

        def deliver(seen: Seen) -> Answer:
            # env.request.headers["X-Hub-Signature"].lchop("sha1=")
            given = seen.all("X-Hub-Signature")[0].removeprefix("sha1=")
            wanted = hmac.new(secret.encode(), seen.body, "sha1").hexdigest()
            verdicts.append(given == wanted)
            return Answer(200)
        verdicts: list[bool] = []
        self.there.on_post = deliver
        self.update(topic, "two")
        self.there.wait_posts(1)
        self.assertEqual(verdicts, [True])

    def test_invidious_says_400_when_its_callback_is_too_old(self) -> None:
        topic = self.topic()
        self.there.on_verify = lambda seen: Answer(400)
        self.ask(self.hub, "subscribe", topic, self.there.url())
        self.hub.wait_for("verification.failed", status=400)
        self.hub.stop()
        self.assertEqual(len(self.there.verifications), 1)

    def multipart(self, pairs: Pairs) -> tuple[str, bytes]:
        boundary = "------------------------d74496d66958873e"
        body = "".join(
            f"--{boundary}\r\nContent-Disposition: form-data; "
            f'name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs)
        return (f"Content-Type: multipart/form-data; boundary={boundary}",
                f"{body}--{boundary}--\r\n".encode())

    def pairs(self, topic: str, name: str = "yt.php", *more) -> Pairs:
        return [("hub.mode", "subscribe"), ("hub.topic", topic),
                ("hub.callback", self.there.url(name, "?a=1&b=2")),
                ("hub.verify", "sync"), *more]

    def test_youtube_php_arrays_are_multipart(self) -> None:
        topic = self.topic()
        secret = self.secret("a secret in a part")
        kind, body = self.multipart(self.pairs(
            topic, "yt.php", ("hub.secret", secret)))
        self.begun(self.raw(
            "POST /subscribe", "Host: {hub}", "Accept: */*", kind,
            body=body), topic)
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        self.assertEqual(post.query, "a=1&b=2")
        self.assertEqual(post.get("Content-Type"), "application/atom+xml")
        self.assertEqual(entries_of(post.body), ["two"])
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha1", secret.encode(), post.body))

    def test_youtube_old_curl_expects_100_continue(self) -> None:
        topic = self.topic()
        kind, body = self.multipart(self.pairs(topic))
        with Wire(self.hub.address) as wire:
            wire.send(f"POST / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n"
                      f"Content-Length: {len(body)}\r\n"
                      f"Expect: 100-continue\r\n{kind}\r\n\r\n".encode())
            self.assertTrue(wire.sock.recv(4096).startswith(
                b"HTTP/1.1 100 "))
            wire.send(body)
            self.begun(wire.read(), topic)

    def test_youtube_axios_puts_all_in_the_query(self) -> None:
        topic = self.topic()
        query = axios(self.pairs(topic))
        self.assertIn("http:%2F%2F127", query)
        self.begun(self.raw(
            f"POST /subscribe?{query}",
            "Accept: application/json, text/plain, */*", FORM,
            "User-Agent: axios/1.6.7", "Accept-Encoding: gzip, compress, "
            "deflate, br", "Host: {hub}", "Connection: close"), topic)

    def test_youtube_requests_puts_all_in_the_query_without_a_type(self
                                                                   ) -> None:
        topic = self.topic()
        self.begun(self.raw(
            f"POST /subscribe?{php(self.pairs(topic))}", "Host: {hub}",
            "User-Agent: python-requests/2.31.0",
            "Accept-Encoding: gzip, deflate", "Accept: */*",
            "Connection: keep-alive"), topic)

    def test_youtube_node_sends_chunks(self) -> None:
        topic = self.topic()
        body = php(self.pairs(topic)).encode()
        half = len(body) // 2
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                          for part in (body[:half], body[half:], b""))
        self.begun(self.raw(
            "POST /subscribe", "content-type: "
            "application/x-www-form-urlencoded", "host: {hub}",
            "Connection: close", "Transfer-Encoding: chunked",
            body=chunks, length=False), topic)

    def test_ytnoti_and_aspire_dev_sync_and_a_number(self) -> None:
        topic = self.topic("/xml/feeds/videos.xml?channel_id=UCy")
        seen = self.begun(self.raw(
            "POST /subscribe", "Host: {hub}", "Accept: */*",
            "Accept-Encoding: gzip, deflate", "Connection: keep-alive",
            "User-Agent: python-httpx/0.27.0",
            FORM, body=php(self.ytnoti(topic))), topic)
        self.assertEqual(seen.params["hub.lease_seconds"], "432000")

    def ytnoti(self, topic: str) -> Pairs:
        self.secret("ytnoti's password")
        return [("hub.mode", "subscribe"), ("hub.topic", topic),
                ("hub.callback", self.there.url("cb")),
                ("hub.verify", "sync"), ("hub.secret", "ytnoti's password"),
                ("hub.lease_seconds", "432000"), ("hub.verify_token", "")]

    def test_ytnoti_and_aspire_dev_are_answered_at_once(self) -> None:
        # They back off for minutes when the answer is late: it must wait for
        # no callback.
        gate = threading.Event()
        self.there.on_verify = lambda seen: Answer(
            200, echo(seen).body, gate=gate)
        topic = self.topic()
        self.assertEqual(self.raw("POST /subscribe", "Host: {hub}", FORM,
                                  body=php(self.ytnoti(topic))).status, 202)
        self.assertEqual(self.hub.lines("subscription.active"), [])
        gate.set()
        self.hub.wait_for("subscription.active")


class Libraries(Client):
    LINK = re.compile(r"<([^>]+)>\s*(?:;\s*rel=['\"]([^'\"]+)['\"])?", re.I)

    def test_node_pubsubhubbub_takes_the_topic_from_link(self) -> None:
        topic, key = self.topic(), "node's"
        # The library signs with HMAC-SHA1(its secret, topic) in hex.
        secret = self.secret(hmac.new(key.encode(), topic.encode(),
                                      "sha1").hexdigest())
        url = self.there.url("ps", f"?topic={quote(topic, safe='')}"
                             f"&hub={quote(self.hub.hub, safe='')}")

        def deliver(seen: Seen) -> Answer:
            rels = {rel.lower(): target for target, rel
                    in self.LINK.findall(seen.get("Link") or "")}
            if not rels.get("self"):
                return Answer(400, b"Bad Request")
            if not seen.get("X-Hub-Signature"):
                return Answer(403)
            method, _, given = seen.get("X-Hub-Signature").partition("=")
            own = hmac.new(key.encode(), rels["self"].encode(), "sha1")
            wanted = hmac.new(own.hexdigest().encode(), seen.body, method)
            heard.append((rels["self"], rels["hub"],
                          given == wanted.hexdigest()))
            return Answer(204)
        heard: list[tuple[str, str, bool]] = []
        self.there.on_post = deliver
        self.begun(self.raw(
            "POST /", "host: {hub}",
            "content-type: application/x-www-form-urlencoded",
            "Connection: close",
            body=php([("hub.callback", url), ("hub.mode", "subscribe"),
                      ("hub.topic", topic), ("hub.verify", "async"),
                      ("hub.secret", secret)])), topic)
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        self.assertEqual(post.target,
                         url.removeprefix(self.there.base))
        self.assertEqual(heard, [(topic, self.hub.hub, True)])

    def test_go_sorts_its_parameters(self) -> None:
        topic = self.topic()
        self.begun(self.raw(
            "POST /", "Host: {hub}", "User-Agent: Go-http-client/1.1", FORM,
            "Accept-Encoding: gzip",
            body=php([("hub.callback", self.there.url()),
                      ("hub.lease_seconds", "86400"),
                      ("hub.mode", "subscribe"), ("hub.topic", topic)])),
            topic)

    def test_superfeedr_parameters_are_ignored(self) -> None:
        topic = self.topic()
        secret = self.secret("superfeedr's")
        self.begun(self.raw(
            "POST /", "Host: {hub}", "Authorization: Basic dXNlcjpwYXNz",
            "Accept: application/json", FORM,
            body=php([("hub.mode", "subscribe"), ("hub.topic", topic),
                      ("hub.callback", self.there.url()),
                      ("hub.verify", "async"), ("hub.secret", secret),
                      ("format", "json"), ("retrieve", "true"),
                      ("subscription[filter]", "x"),
                      ("superfeedr.digest", "true")])), topic)
        self.update(topic, "two")
        post = self.there.wait_posts(1)[0]
        # The topic's own document: their JSON is not ours.
        self.assertEqual(post.get("Content-Type"), "application/atom+xml")
        for seen in [*self.there.verifications.all(), post,
                     *self.source.fetches.all()]:
            self.assertEqual(seen.all("Authorization"), [])
        for mode in ("list", "retrieve", "replay"):
            answer = self.raw("POST /", "Host: {hub}", FORM, body=php(
                [("hub.mode", mode), ("hub.topic", topic)]))
            self.assertEqual(answer.status, 400)
            self.assertIn("hub.mode", answer.text)


class Publishers(Client):
    def topics(self, count: int) -> list[str]:
        return [self.source.serve(Atom(title=f"{number}").add("one"),
                                  path=f"/feed/{number}?a=1&b=x%20y")
                for number in range(count)]

    def followed(self, topics: list[str]) -> None:
        since = self.hub.mark()
        for topic in topics:
            self.accepted(self.hub, "subscribe", topic, self.there.url())
        # Not those of earlier pings, which may only now be read.
        self.hub.wait_for("update", len(topics), since, what="baseline")

    def pinged(self, answer: Message, topics: list[str]) -> None:
        """204, no body, and each of these is delivered."""
        self.assertEqual((answer.status, answer.body), (204, b""))
        posts = self.there.wait_posts(len(topics))
        selves = {re.search(r'<([^>]*)>; rel="self"',
                            post.get("Link") or "")[1] for post in posts}
        self.assertEqual(selves, set(topics))

    def test_wordpress_pings_dozens_of_feeds_at_once(self) -> None:
        followed = self.topics(12)
        self.followed(followed)
        flavours = [f"http://127.9.9.9:9999/{kind}/feed/{flavour}/?x=a b&y=ä"
                    for kind in ("category/one", "tag/two", "author/three",
                                 "comments", "post-type/four")
                    for flavour in ("rss2", "atom", "rdf", "rss", "json",
                                    "feed")]
        body = "hub.mode=publish" + "".join(
            "&hub.url=" + quote(url, safe="-._~")
            for url in [*flavours[:15], *followed, *flavours[15:]])
        # A blank is not a URL's: it is what esc_url_raw() leaves out.
        self.pinged(self.raw(
            "POST /", "Host: {hub}", "User-Agent: WordPress/6.5.2; "
            "https://blog.example; PubSubHubbub/WebSub", "Accept: */*",
            "Accept-Encoding: deflate, gzip, br", "Referer: http://{hub}/",
            FORM, "Connection: close",
            body=body.replace("%20", "")), followed)
        self.hub.stop()
        # All others are followed by nobody.
        self.assertEqual(len(self.there.posts), 12)

    def test_php_publisher_wants_exactly_204(self) -> None:
        topics = self.topics(2)
        self.followed(topics)
        self.pinged(self.raw(
            "POST /publish", "User-Agent: PubSubHubbub-Publisher-PHP/1.0",
            "Host: {hub}", "Accept: */*", FORM,
            body="hub.mode=publish" + "".join(
                "&hub.url=" + quote(url, safe="-._~") for url in topics)),
            topics)

    def test_php_publisher_without_curl_speaks_http_1_0(self) -> None:
        topics = self.topics(1)
        self.followed(topics)
        self.pinged(self.raw(
            "POST / HTTP/1.0", "Host: {hub}", "Connection: close", FORM,
            body=php([("hub.mode", "publish"), ("hub.url", topics[0])])),
            topics)

    def test_php_brackets_are_a_list(self) -> None:
        for number, names in enumerate((("hub.url[]", "hub.url[]"),
                                        ("hub.url%5B%5D", "hub.url%5B%5D"),
                                        ("hub.url%5B0%5D",
                                         "hub.url%5B1%5D"))):
            with self.subTest(names=names):
                topics = [self.source.serve(
                    Atom(title=f"{number}").add("one"),
                    path=f"/{number}/{at}") for at in range(2)]
                self.followed(topics)
                self.there.posts.clear()
                self.pinged(self.raw(
                    "POST /", "Host: {hub}", FORM,
                    body="hub.mode=publish&" + php(
                        list(zip(names, topics)))), topics)

    def test_python_publisher_sends_a_hundred(self) -> None:
        topics = self.topics(20)
        self.followed(topics)
        others = [f"http://127.9.9.9:9999/{number}" for number in range(80)]
        self.pinged(self.raw(
            "POST /", "Accept-Encoding: identity", FORM, "Host: {hub}",
            "User-Agent: Python-urllib/2.7", "Connection: close",
            body="&".join([php([("hub.url", url)
                                for url in others[:40] + topics
                                + others[40:]]), "hub.mode=publish"])),
            topics)

    def test_perl_publisher_names_te_as_a_connection_option(self) -> None:
        topics = self.topics(1)
        self.followed(topics)
        self.pinged(self.raw(
            "POST /", "TE: deflate,gzip;q=0.3", "Connection: TE, close",
            "Host: {hub}", "User-Agent: Net-PubSubHubbub-Publisher/0.91",
            FORM, body=php([("hub.mode", "publish"),
                            ("hub.url", topics[0])])), topics)

    def test_curl_one_liners_cut_a_topic_at_its_ampersand(self) -> None:
        # curl -d hub.mode=publish -d 'hub.url=http://x/feed?a=1&b=2'
        whole = self.source.serve(Atom().add("one"), path="/feed?a=1&b=2")
        cut = self.source.serve(Atom().add("one"), path="/feed?a=1")
        self.followed([whole, cut])
        self.pinged(self.raw(
            "POST /", "Host: {hub}", "User-Agent: curl/7.88.1",
            "Accept: */*", FORM, body=plain(
                [("hub.mode", "publish"), ("hub.url", whole)])), [cut])
        self.hub.stop()
        self.assertEqual(len(self.there.posts), 1)

    def test_curl_one_liners_subscribe_unencoded(self) -> None:
        topic = self.topic("/feed?a=1")
        self.begun(self.raw(
            "POST /", "Host: {hub}", "User-Agent: curl/8.5.0", "Accept: */*",
            FORM, body=plain(
                [("hub.mode", "subscribe"), ("hub.topic", topic),
                 ("hub.callback", self.there.url("cb", "?x=1")),
                 ("hub.verify", "sync")])), topic)


if __name__ == "__main__":
    unittest.main()
