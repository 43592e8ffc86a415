# SPDX-License-Identifier: MIT
"""Publishers that send the document with their ping, and others who would
like to."""

import contextlib
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

from harness import (PATIENCE, Atom, Closed, Story, binary, entries_of,
                     until)
from harness.client import FORM, Wire, form, request
from harness.gifts import KEY, gift

OTHER = "another-key-of-the-same-kind"
MIB = 1 << 20
EXAMPLE = (Path(__file__).resolve().parents[2] / "contrib" / "examples"
           / "ping_signed.py")


class Signed(Story):
    def setUp(self) -> None:
        super().setUp()
        self.secrets |= {KEY, OTHER}
        self.publisher = self.origin()
        self.feed = Atom().add("one")

    def hub(self, *options: str, prefix: str = "/"):
        return self.daemon(
            f"--publisher-key={self.publisher.url(prefix)} {KEY}", *options)

    def followed(self, hub, callback, path: str = "/feed") -> str:
        """A topic whose baseline has been delivered."""
        topic = self.publisher.serve(self.feed, path=path)
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        callback.wait_posts(1)
        self.before = len(self.publisher.fetches)
        return topic

    def refused(self, hub, pairs, status: int, code: str) -> None:
        answer = hub.client.post(pairs)
        self.assertEqual((answer.status, answer.get("Hub-Error")),
                         (status, code), answer.text)

    def unchanged(self, hub, callback) -> None:
        hub.stop()
        self.assertEqual(len(callback.posts), 1)
        self.assertEqual(len(self.publisher.fetches), self.before)

    # ------------------------------------------------------- what is good

    def test_what_is_new_in_it_is_delivered_and_nothing_fetched(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        answer = hub.client.post(gift(topic, self.feed.add("two").render()))
        self.assertEqual((answer.status, answer.body), (204, b""))
        post = callback.wait_posts(2)[-1]
        self.assertEqual(entries_of(post.body), ["two"])
        self.assertEqual(len(self.publisher.fetches), self.before)
        counters = hub.status()["counters"]
        self.assertEqual(counters["pings.given"], 1)
        self.assertEqual(counters["pings.forged"], 0)

    def test_M5_its_204_is_durable(self) -> None:
        hub, callback = self.hub("--retry-first=1h", "--retry-max=1h"), \
            self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.add("two").render()
        self.assertEqual(hub.client.post(gift(topic, body)).status, 204)
        hub.kill()
        hub.start()
        callback.posts.wait_until(
            lambda posts: any("two" in entries_of(post.body)
                              for post in posts), "the entry two")

    def test_the_same_once_more_is_nothing_new(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.render()
        self.assertEqual(hub.client.post(gift(topic, body)).status, 204)
        self.assertEqual(hub.client.post(gift(topic, body, ago=60)).status, 204)
        self.unchanged(hub, callback)

    def test_any_bytes_and_any_type(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        for count, (body, kind) in enumerate([
                ("<?xml version='1.0' encoding='ISO-8859-1'?><rss "
                 "version='2.0'><channel><title>K\u00e4se</title><link>http:"
                 "//a/</link><description/><item><guid>\u00e9</guid></item>"
                 "</channel></rss>".encode("latin-1"), "application/rss+xml"),
                (self.feed.add("16").render().decode().replace(
                    "UTF-8", "UTF-16").encode("utf-16"),
                 "application/atom+xml")], 2):
            answer = hub.client.post(gift(topic, body, content_type=kind))
            self.assertEqual(answer.status, 204, answer.text)
            post = callback.wait_posts(count)[-1]
            self.assertEqual(post.get("Content-Type"), kind)

    def test_as_parts_of_a_form_too(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        pairs = gift(topic, self.feed.add("two").render())
        body = b"".join(
            b"--x\r\nContent-Disposition: form-data; name=\"" + name.encode()
            + b"\"\r\n\r\n"
            + (value if isinstance(value, bytes) else value.encode())
            + b"\r\n" for name, value in pairs) + b"--x--\r\n"
        answer = hub.client.ask(request("POST", "/", [
            ("Content-Type", "multipart/form-data; boundary=x")], body))
        self.assertEqual(answer.status, 204, answer.text)
        self.assertEqual(entries_of(callback.wait_posts(2)[-1].body), ["two"])

    def test_a_large_one_is_read_beside_everything_else(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.add("large", "&lt;" * MIB).render()
        answer = hub.client.post(gift(topic, body))
        self.assertEqual(answer.status, 204, answer.text)
        self.assertEqual(entries_of(callback.wait_posts(2)[-1].body),
                         ["large"])

    def test_nobody_follows_it_and_it_is_204(self) -> None:
        hub, callback = self.hub(), self.callback()
        self.followed(hub, callback)
        topic = self.publisher.url("/other")
        answer = hub.client.post(gift(topic, self.feed.render()))
        self.assertEqual(answer.status, 204, answer.text)
        self.unchanged(hub, callback)

    def test_both_names_of_the_topic_may_be_given(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.add("two").render()
        answer = hub.client.post([("hub.topic", topic),
                                  *gift(topic, body)])
        self.assertEqual(answer.status, 204, answer.text)
        callback.wait_posts(2)

    def test_the_example_works(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        file = self.directory / "feed.xml"
        file.write_bytes(self.feed.add("two").render())

        def run(key: str, *arguments: str) -> subprocess.CompletedProcess:
            host, port = hub.address
            return subprocess.run(
                [sys.executable, str(EXAMPLE), f"http://{host}:{port}/",
                 *arguments], capture_output=True, text=True, timeout=PATIENCE,
                env={**os.environ, "PUBLISHER_SECRET": key,
                     "no_proxy": "*"})
        self.assertEqual(run(KEY, topic, str(file), "application/atom+xml"
                             ).stdout, "204\n")
        self.assertEqual(entries_of(callback.wait_posts(2)[-1].body), ["two"])
        self.assertEqual(run(KEY, self.publisher.url("/*")).returncode, 0)
        self.assertIn("403", run(OTHER, topic, str(file)).stderr)

    # -------------------------------------------------------- what is not

    def test_M19_a_signature_must_be_good(self) -> None:
        hub, callback = self.hub(prefix="/feed"), self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.add("two").render()
        wrong = "signature.wrong"
        self.refused(hub, gift(topic, body, OTHER), 403, wrong)
        self.refused(hub, gift(self.publisher.url("/x"), body), 403, wrong)
        stranger = self.origin().url("/feed")
        self.refused(hub, gift(stranger, body), 403, wrong)
        forged = gift(topic, body)
        forged[2] = ("hub.content", body.replace(b"two", b"six"))
        self.refused(hub, forged, 403, wrong)
        forged = gift(topic, body)
        forged[1] = ("hub.url", topic + "?")
        self.refused(hub, forged, 403, wrong)
        forged = gift(topic, body, ago=10)
        forged[3] = ("hub.timestamp", str(int(time.time())))
        self.refused(hub, forged, 403, wrong)
        self.assertEqual(hub.status()["counters"]["pings.forged"], 6)
        self.unchanged(hub, callback)

    def test_M19_without_a_signature_nobody_writes_the_news(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        pairs = gift(topic, self.feed.add("two").render(), signature="")
        self.refused(hub, pairs, 403, "signature.missing")
        self.unchanged(hub, callback)

    def test_M19_a_ping_is_good_for_five_minutes(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.add("two").render()
        # A minute for the way of each.
        for ago in (360, -360, 10**9):
            self.refused(hub, gift(topic, body, ago=ago), 403,
                         "timestamp.range")
        for count, ago in enumerate((240, -240), 2):
            body = self.feed.add(f"{ago}").render()
            self.assertEqual(hub.client.post(gift(topic, body, ago=ago)
                                             ).status, 204)
            callback.wait_posts(count)

    def test_M19_a_ping_is_taken_once(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        first = gift(topic, self.feed.add("two").render())
        self.assertEqual(hub.client.post(first).status, 204)
        second = gift(topic, self.feed.add("three").render())
        self.assertEqual(hub.client.post(second).status, 204)
        callback.wait_posts(3)
        for again in (first, second, list(reversed(first))):
            self.refused(hub, again, 409, "signature.seen")
        hub.stop()
        self.assertEqual(len(callback.posts), 3)

    def test_M19_a_ping_is_taken_once_whatever_happens(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        pairs = gift(topic, self.feed.add("two").render())
        self.assertEqual(hub.client.post(pairs).status, 204)
        hub.kill()
        hub.start()
        self.refused(hub, pairs, 409, "signature.seen")
        hub.restart()
        self.refused(hub, pairs, 409, "signature.seen")

    def test_malformed_ones_are_400(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        body = self.feed.add("two").render()
        good = gift(topic, body)
        for name, value, code in (
                ("signature", "sha256=abc", "signature.invalid"),
                ("signature", "x" * 71, "signature.invalid"),
                ("timestamp", "now", "timestamp.number"),
                ("timestamp", "-5", "timestamp.number"),
                ("timestamp", "9" * 30, "timestamp.number"),
                ("timestamp", "", "timestamp.missing"),
                ("content_type", "a/b\r\nX-Injected: yes",
                 "content_type.invalid"),
                ("content_type", "nonsense", "content_type.invalid"),
                ("url", "ftp://a.example/", "url.scheme"),
                ("url", self.publisher.url("/*"), "url.invalid")):
            pairs = [(key, old) for key, old in good if key != f"hub.{name}"]
            self.refused(hub, [*pairs, (f"hub.{name}", value)], 400, code)
        self.refused(hub, [*good, ("hub.content", "other")], 400,
                     "content.conflict")
        self.refused(hub, [*good, ("hub.url", topic + "?b")], 400,
                     "url.conflict")
        self.refused(hub, [pair if pair[0] != "hub.content"
                           else ("hub.content", "") for pair in good], 400,
                     "content.missing")
        self.unchanged(hub, callback)

    def test_M5_what_is_no_feed_is_refused_and_may_be_sent_better(self
                                                                 ) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        page = b"<!DOCTYPE html><html><body>error</body></html>"
        self.refused(hub, gift(topic, page, content_type="text/html"), 422,
                     "content.refused")
        self.unchanged(hub, callback)

    # --------------------------------------------------------------- much

    def test_what_is_too_long_is_413(self) -> None:
        hub, callback = self.hub("--body-max=64KiB"), self.callback()
        topic = self.followed(hub, callback)
        self.refused(hub, gift(topic, b"x" * 65_537), 413, "content.long")
        answer = hub.client.ask(request("POST", "/", [
            ("Content-Type", FORM), ("Content-Length", str(10 * MIB))]))
        self.assertEqual(answer.status, 413)
        self.unchanged(hub, callback)

    def test_only_documents_may_be_long(self) -> None:
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        long = form([("hub.mode", "publish"), ("hub.url", topic),
                     ("x", "y" * (2 * MIB))])
        post = [("Content-Type", FORM)]
        answer = hub.client.ask(request("POST", "/", post, long))
        self.assertEqual((answer.status, answer.get("Hub-Error")),
                         (413, "request.long"))
        for path in ("/subscribe", "/subscription", "/events", "/RPC2",
                     "/ping"):
            head = request("POST", path, [
                *post, ("Content-Length", str(2 * MIB))])
            self.assertEqual(hub.client.ask(head).status, 413, path)
        self.unchanged(hub, callback)

    def test_without_keys_nothing_may_be_long(self) -> None:
        hub = self.daemon()
        head = request("POST", "/", [("Content-Type", FORM),
                                     ("Content-Length", str(2 * MIB))])
        self.assertEqual(hub.client.ask(head).status, 413)
        pairs = gift("http://a.example/", b"x")
        self.refused(hub, pairs, 403, "signature.wrong")

    def test_who_sends_slowly_holds_up_nobody(self) -> None:
        """Large bodies have few places, one for each address; whatever is
        small needs none."""
        hub, callback = self.hub(), self.callback()
        topic = self.followed(hub, callback)
        head = request("POST", "/", [("Content-Type", FORM),
                                     ("Content-Length", str(20 * MIB))])
        part = b"hub.content=" + b"x" * (3 * MIB)
        wires = []
        try:
            for _ in range(6):
                wires.append(Wire(hub.address, source="127.0.0.9"))
                # Whom there is no room for may hear so at once.
                with contextlib.suppress(ConnectionError):
                    wires[-1].send(head)
                    wires[-1].send(part)
            body = self.feed.add("small").render()
            self.assertEqual(hub.client.post(gift(topic, body)).status, 204)
            body = self.feed.add("large", "x" * (3 * MIB)).render()
            answer = hub.client.post(gift(topic, body))
            self.assertEqual(answer.status, 204, answer.text)
            callback.wait_posts(3)
        finally:
            for wire in wires:
                wire.close()

    def test_large_ones_cost_more(self) -> None:
        hub = self.hub("--accept-rate=20")
        long = form([("hub.mode", "publish"),
                     ("hub.url", self.publisher.url("/")),
                     ("hub.content", "y" * MIB)])
        statuses: list[int] = []

        def refused() -> bool:
            statuses.append(hub.client.ask(request(
                "POST", "/", [("Content-Type", FORM)], long)).status)
            return statuses[-1] == 429
        until(refused, "the ceiling")
        self.assertEqual(statuses[0], 403)

    def test_memory_has_an_end(self) -> None:
        hub = self.hub()
        if hub.sanitized:
            self.skipTest("a sanitizer keeps what was freed")
        long = request("POST", "/", [("Content-Type", FORM)], form([
            ("hub.mode", "publish"), ("hub.url", self.publisher.url("/")),
            ("hub.content", "\0" * (8 * MIB)), ("hub.timestamp", "1"),
            ("hub.signature", "sha256=" + "0" * 64)]))
        peak = Path(f"/proc/{hub.pid}/status")
        statuses = set()
        for _ in range(2):
            wires = [Wire(hub.address, source=f"127.0.1.{n}")
                     for n in range(1, 8)]
            for part in (long[:12 * MIB], long[12 * MIB:]):
                for wire in wires:
                    with contextlib.suppress(ConnectionError):
                        wire.send(part)
            for wire in wires:
                # Whom there was no room for may hear nothing of it.
                with contextlib.suppress(ConnectionError, Closed), wire:
                    statuses.add(wire.read().status)
        lines = dict(line.split(":", 1)
                     for line in peak.read_text().splitlines())
        self.assertLess(int(lines["VmHWM"].split()[0]), 350 * 1024)
        self.assertLessEqual(statuses, {403, 503})
        self.assertIn(403, statuses)

    # ------------------------------------------------------------ secrets

    def test_keys_are_never_shown(self) -> None:
        hub = self.daemon(start=False)
        file = self.directory / "hub.conf"
        file.write_text(f'publisher-key = "https://a.example/ {KEY}"\n'
                        'publisher-key = "https://b.example/ short"\n')
        for mode, trouble in ((0o600, ""), (0o644, "")):
            os.chmod(file, mode)
            for more in (["--check"], ["--help"], ["--manual"]):
                done = subprocess.run(
                    [binary("websubd"), "-c", str(file), *more],
                    capture_output=True, text=True, timeout=PATIENCE)
                said = done.stdout + done.stderr
                self.assertNotIn(KEY, said)
                self.assertNotIn("short", done.stderr)
        file.write_text(f'publisher-key = "https://a.example/ {KEY}"\n')
        done = subprocess.run([binary("websubd"), "-c", str(file), "--check"],
                              capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertIn("chmod", done.stderr)
        hub.start("-c", str(file))
        hub.wait_for("config.exposed")
        self.assertNotIn(KEY, hub.admin.get("/admin/status").text)


if __name__ == "__main__":
    unittest.main()
