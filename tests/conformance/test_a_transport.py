# SPDX-License-Identifier: MIT
"""R1 to R11: how a request arrives."""

import stories  # noqa: F401

import contextlib
import socket
import threading
import time

from harness import Answer, PATIENCE, Wire, form, request, together
from harness.client import FORM, post

from asking import NOBODY, Asking

MULTIPART = "multipart/form-data; boundary=b"


def parts_of(pairs) -> bytes:
    text = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{value}\r\n" for name, value in pairs)
    return (text + "--b--\r\n").encode()


class Methods(Asking):
    def test_R1_a_form_in_the_body_of_a_post_is_202(self) -> None:
        seen = self.comes_of(
            f"hub.mode=subscribe&hub.topic={NOBODY}&hub.callback="
            f"{self.cb.url()}".encode())
        self.assertEqual(seen.params["hub.topic"], NOBODY)

    def test_R1_parameters_are_utf_8(self) -> None:
        seen = self.verified(topic=NOBODY + "/é", verify_token="Grüße, 世界")
        self.assertEqual(seen.params["hub.topic"], NOBODY + "/é")
        self.assertEqual(seen.params["hub.verify_token"], "Grüße, 世界")

    def test_R2_no_other_method_subscribes(self) -> None:
        good = form(self.but())
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            for path in ("/", "/subscribe", "/hub"):
                with self.subTest(method=method, path=path):
                    answer = self.raw(None, None, f"{path}?{good.decode()}",
                                      method)
                    self.refused(answer, status=405)
                    self.assertIn("POST", answer.get("Allow") or "")
        for method in ("PUT", "PATCH"):
            with self.subTest(method=method, body=True):
                self.refused(self.raw(good, method=method), status=405)
        self.nobody_is_asked()

    def test_R2_get_and_head_are_a_page(self) -> None:
        answer = self.hub.client.get("/")
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.get("Content-Type") or "", "^text/html")
        with Wire(self.hub.address) as wire:
            wire.send(request("HEAD", "/"))
            head = wire.read(to_head=True)
            self.assertEqual(head.status, 200)
            # That no body followed shows in what comes next.
            self.assertEqual(wire.ask(request("GET", "/")).body, answer.body)


class Types(Asking):
    def test_R3_other_types_are_415_whatever_the_query_says(self) -> None:
        good = form(self.but())
        bodies = {"application/json": b'{"hub.mode": "subscribe"}',
                  "text/xml": b"<hub.mode>subscribe</hub.mode>",
                  "text/plain": good, "multipart/mixed; boundary=b": good}
        for kind, body in bodies.items():
            for target in ("/", "/?" + good.decode()):
                with self.subTest(kind=kind, query=len(target) > 1):
                    self.refused(self.raw(body, kind, target), status=415)
        # Without a type too, a body that is no request is none.
        answer = self.raw(bodies["application/json"], None,
                          "/?" + good.decode())
        self.refused(answer, "mode")
        self.nobody_is_asked()

    def test_R4_the_type_may_have_parameters_and_any_case(self) -> None:
        kinds = [FORM, FORM + "; charset=UTF-8", FORM + ";charset=utf-8",
                 FORM.upper() + " ;  CHARSET=Utf-8", FORM + "; x=y; z",
                 FORM + '; charset="utf-8"', FORM + "; charset=us-ascii"]
        for number, kind in enumerate(kinds):
            with self.subTest(kind=kind):
                self.comes_of(form(self.but(str(number))), kind=kind)

    def test_R4_a_form_without_a_type_is_taken(self) -> None:
        self.comes_of(form(self.but()), kind=None)

    def test_R4_other_charsets_are_415(self) -> None:
        for charset in ("iso-8859-1", "utf-16", "utf-7"):
            with self.subTest(charset=charset):
                self.refused(self.raw(form(self.but()), FORM + "; charset="
                                      + charset), status=415)
        self.nobody_is_asked()

    def test_R5_multipart_is_taken(self) -> None:
        topic = NOBODY + "?a=1&b=%26+c"
        seen = self.comes_of(
            parts_of(self.but(topic=topic, verify_token="t+k%20 x")),
            kind=MULTIPART)
        # Nothing in a part is percent-decoded.
        self.assertEqual(seen.params["hub.topic"], topic)
        self.assertEqual(seen.params["hub.verify_token"], "t+k%20 x")

    def test_R5_broken_multipart_is_refused(self) -> None:
        whole = parts_of(self.but())
        for kind, body in (("multipart/form-data", whole),
                           (MULTIPART, whole[:80]),
                           ("multipart/form-data; boundary=c", whole),
                           (MULTIPART, b"")):
            with self.subTest(kind=kind, length=len(body)):
                self.refused(self.raw(body, kind))
        self.nobody_is_asked()


    def test_R3_what_is_said_twice_is_refused(self) -> None:
        good = form(self.but())
        for fields in ([("Content-Type", "text/xml")],
                       [("Content-Type", FORM)], [("Host", "other.example")],
                       [("Content-Length", str(len(good)))],
                       [("Transfer-Encoding", "chunked")]):
            with self.subTest(fields=fields):
                self.refused(self.hub.client.ask(request(
                    "POST", "/", [("Content-Type", FORM),
                                  ("Host", "hub.example"),
                                  ("Content-Length", str(len(good))),
                                  *fields], good)))
        self.nobody_is_asked()


class Queries(Asking):
    def test_R6_a_query_counts_when_the_body_is_empty(self) -> None:
        for kind in (None, FORM):
            with self.subTest(kind=kind):
                query = form(self.but(f"with-{bool(kind)}")).decode()
                self.comes_of(b"", kind=kind, target="/?" + query)

    def test_R6_but_not_with_another_type(self) -> None:
        query = form(self.but()).decode()
        for kind in ("application/json", "text/xml"):
            self.refused(self.raw(b"", kind, "/?" + query), status=415)
        kind = "multipart/form-data; boundary=b"
        self.refused(self.raw(b"", kind, "/?" + query), status=400)
        self.nobody_is_asked()

    def test_R6_a_secret_in_a_query_is_400(self) -> None:
        self.secrets.add("open-secret")
        query = form(self.but(secret="open-secret")).decode()
        body = form(self.but())
        for target, sent in (("/?" + query, b""), ("/?" + query, body),
                             ("/?hub.secret=open-secret", body),
                             ("/?hub%2Esecret=open-secret", body)):
            with self.subTest(target=target[:20], body=bool(sent)):
                answer = self.raw(sent, target=target)
                self.refused(answer, "hub.secret")
                self.assertNotIn("open-secret", answer.text)
        self.nobody_is_asked()

    def test_R6_when_both_have_parameters_the_body_wins(self) -> None:
        other = self.callback()
        query = form([("hub.mode", "unsubscribe"), ("hub.topic", NOBODY + "2"),
                      ("hub.callback", other.url()),
                      ("hub.lease_seconds", "4000")]).decode()
        seen = self.comes_of(form(self.but()), target="/?" + query)
        self.assertEqual(seen.params["hub.mode"], "subscribe")
        self.assertEqual(seen.params["hub.topic"], NOBODY)
        self.assertNotEqual(seen.params["hub.lease_seconds"], "4000")
        # Nothing that the body lacks is taken from the query.
        self.refused(self.raw(form(self.but(topic=None)),
                              target="/?" + query), "topic")
        self.hub.stop()
        self.assertEqual(other.accepted, 0)


class Bodies(Asking):
    def test_R7_a_body_over_the_ceiling_is_413_unread(self) -> None:
        for fields in ([], [("Expect", "100-continue")]):
            with self.subTest(fields=fields), Wire(self.hub.address) as wire:
                wire.send(request("POST", "/", [
                    ("Content-Type", FORM), *fields,
                    ("Content-Length", str(1 << 40))]))
                # Not one byte of it has been sent, nor asked for.
                self.assertEqual(wire.sock.recv(12), b"HTTP/1.1 413")

    def test_R7_2_mib_are_413(self) -> None:
        body = form(self.but()) + b"&x=" + b"x" * (2 << 20)
        with Wire(self.hub.address) as wire:
            try:
                wire.send(request("POST", "/", [("Content-Type", FORM)], body))
            except ConnectionError:
                pass  # it need not read all that
            self.assertEqual(wire.read().status, 413)
        self.nobody_is_asked()

    def chunked(self, wire: Wire, count: int) -> int:
        """Send chunks of 64 KiB until the hub ends it.  How many went."""
        wire.send(request("POST", "/", [
            ("Content-Type", FORM), ("Transfer-Encoding", "chunked")]))
        for sent in range(count):
            try:
                wire.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except ConnectionError:
                return sent
        return count

    def test_R7_chunks_over_the_ceiling_are_413(self) -> None:
        with Wire(self.hub.address) as wire:
            self.assertEqual(self.chunked(wire, 20), 20)
            self.assertEqual(wire.ask(b"0\r\n\r\n").status, 413)

    def test_R7_endless_chunks_are_not_read_for_ever(self) -> None:
        with Wire(self.hub.address) as wire:
            # 16 MiB of buffers on the way are plenty.
            self.assertLess(self.chunked(wire, 16_000), 256)
        self.verified()

    def test_R7_large_requests_are_fine(self) -> None:
        self.comes_of(form([*self.but(), ("x", "x" * 16384)]))
        # WordPress names one URL per feed type, tag and category.
        urls = [("hub.url", f"{NOBODY}/{number}/" + "x" * 1000)
                for number in range(900)]
        answer = self.hub.client.post([("hub.mode", "publish"), *urls])
        self.assertEqual(answer.status, 204, answer.text)

    def test_R7_chunked_bodies_are_202(self) -> None:
        body = form(self.but())
        chunks = b"%x\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (
            10, body[:10], len(body) - 10, body[10:])
        with Wire(self.hub.address) as wire:
            answer = wire.ask(request("POST", "/", [
                ("Content-Type", FORM), ("Transfer-Encoding", "chunked")],
                chunks))
        self.assertEqual(answer.status, 202, answer.text)
        self.cb.wait_verifications(1)

    def test_R7_nothing_can_hide_behind_chunks(self) -> None:
        # Who reads these otherwise than a proxy before it must not take what
        # follows for another request.
        hidden = post(self.but("hidden"))
        for chunks in (b"5\nx=abc\r\n0\r\n\r\n", b"5;x\nx=abc\r\n0\r\n\r\n",
                       b"5\r\nx=abc\n0\r\n\r\n", b"5\r\nx=abc\r\n0\n\n",
                       b"5\r\nx=abc\r\n0\r\n\r\n"):
            with self.subTest(chunks=chunks), Wire(self.hub.address) as wire:
                wire.send(request("POST", "/", [
                    ("Content-Type", FORM), ("Transfer-Encoding", "chunked")],
                    chunks) + hidden)
                self.assertEqual(wire.read().status, 400)
                self.assertEqual(wire.ended(), b"")
        self.nobody_is_asked()

    def test_R7_expect_continue_is_answered(self) -> None:
        body = form(self.but())
        with Wire(self.hub.address) as wire:
            wire.send(request("POST", "/", [
                ("Content-Type", FORM), ("Expect", "100-continue"),
                ("Content-Length", str(len(body)))]))
            self.assertRegex(wire.sock.recv(4096), rb"^HTTP/1\.1 100 ")
            wire.send(body)
            self.assertEqual(wire.read().status, 202)

    def test_R7_who_drips_is_ended_and_others_are_served(self) -> None:
        self.hub = self.daemon("--idle-timeout=3s", "--head-timeout=3s")
        drips = {"head": b"POST / HTTP/1.1\r\nX: ",
                 "body": request("POST", "/", [
                     ("Content-Type", FORM), ("Content-Length", "100000")])}
        wires = {name: Wire(self.hub.address) for name in drips}
        for name, wire in wires.items():
            wire.send(drips[name])
        for name in ("head", "body"):
            with self.subTest(drips=name):
                self.drip_until_ended(wires[name])
        self.verified()

    def test_R7_half_sent_bodies_cannot_take_all_memory(self) -> None:
        self.hub = self.daemon("--head-timeout=10m", "--idle-timeout=10m")
        body = b"x" * ((1 << 20) - 1)
        head = request("POST", "/", [("Content-Type", FORM),
                                     ("Content-Length", str(1 << 20))])
        with contextlib.ExitStack() as stack:
            wires = []
            for number in range(200):
                wire = stack.enter_context(Wire(
                    self.hub.address, source=f"127.0.77.{1 + number % 2}"))
                # What has been sent has then mostly been read as well.
                wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF,
                                     65536)
                wire.send(head + body)
                wires.append(wire)
            # Who sends little is served meanwhile.
            self.verified()
            answers = [wire.ask(b"x") for wire in wires]
        refused = [answer for answer in answers if answer.status != 400]
        self.assertGreater(len(refused), 50)
        for answer in refused:
            self.assertEqual(answer.status, 503)
            self.assertTrue(answer.get("Retry-After"))

    def drip_until_ended(self, wire: Wire) -> None:
        """A byte each tenth of a second, until the hub has had enough."""
        wire.sock.settimeout(0.1)
        deadline, got = time.monotonic() + PATIENCE, b""
        while time.monotonic() < deadline:
            try:
                wire.send(b"x")
                data = wire.sock.recv(4096)
            except socket.timeout:
                continue
            except OSError:
                break
            if not data:
                break
            got += data
        else:
            self.fail("it was never ended")
        wire.close()
        self.assertRegex(got, rb"^(HTTP/1\.1 408 |$)")


class Decoding(Asking):
    def body(self, more: str, name: str = "cb") -> bytes:
        return (f"hub.mode=subscribe&hub.topic={NOBODY}&hub.callback="
                f"{self.cb.url(name)}{more}").encode()

    def test_R8_values_are_decoded_once(self) -> None:
        cases = {"a+b": "a b", "a%20b": "a b", "a%2Bb": "a+b",
                 "a%2bb": "a+b", "%252B": "%2B", "%c3%a9%C3%A9": "éé",
                 "a;b": "a;b", "a=b=c": "a=b=c", "%26x%3D": "&x=",
                 "%41": "A", "x%7e": "x~"}
        for number, (sent, meant) in enumerate(cases.items()):
            with self.subTest(sent=sent):
                seen = self.comes_of(self.body(
                    f"&hub.verify_token={sent}", str(number)))
                self.assertEqual(seen.params["hub.verify_token"], meant)

    def test_R8_names_are_decoded_too(self) -> None:
        for number, dot in enumerate(("%2E", "%2e")):
            body = self.body("", str(number)).replace(
                b"hub.", f"hub{dot}".encode())
            self.comes_of(body)

    def test_R8_broken_escapes_are_400(self) -> None:
        for more in ("&x=%", "&x=%4", "&x=%zz", "&x=%4g", "&x=%-1",
                     "&%=x", "&x%4=x", "&hub.secret=100%", "&x=%&y=41",
                     "&x=%+1", "&x=%0x41"):
            with self.subTest(more=more):
                self.refused(self.raw(self.body(more)))
        self.nobody_is_asked()

    def test_R8_nul_is_400(self) -> None:
        for more in ("&hub.secret=a%00b", "&x=%00", "&%00=x", "%00",
                     "&hub.verify_token=\0"):
            with self.subTest(more=more):
                self.refused(self.raw(self.body(more)))
        self.refused(self.raw(
            b"hub.mode=subscribe&hub.topic=http%3A%2F%2Fx%2F%00&hub.callback="
            + self.cb.url().encode()), "hub.topic")
        self.nobody_is_asked()

    def test_R8_what_is_not_utf_8_is_400(self) -> None:
        for text in (b"%ff", b"%c3", b"%c0%af", b"%ed%a0%80", b"\xe9",
                     b"%f4%90%80%80", b"%e2%82"):
            for body in (b"&x=" + text, b"&" + text + b"=x",
                         b"&hub.secret=" + text):
                with self.subTest(body=body):
                    self.refused(self.raw(self.body("") + body))
        self.nobody_is_asked()

    def test_R8_only_ampersands_separate(self) -> None:
        body = self.body("").replace(b"&", b";")
        self.refused(self.raw(body), "mode")
        self.nobody_is_asked()

    def test_R8_empty_pairs_are_ignored(self) -> None:
        body = b"&&" + self.body("").replace(b"&", b"&&&") + b"&&"
        self.comes_of(body)

    def test_R9_unknown_parameters_are_ignored(self) -> None:
        seen = self.comes_of(self.body(
            "&foo=bar&hub.foo=hub.bar&hub.foo=again&mode=unsubscribe&HUB.MODE="
            "unsubscribe&lease_seconds=7200&=x&hub.&x"))
        query = seen.query.partition("hub.mode=")[2]
        self.assertRegex(
            query, r"^subscribe&hub\.topic=[^&]+&hub\.challenge=[^&]+"
            r"&hub\.lease_seconds=864000$")

    def test_R10_conflicting_duplicates_are_400(self) -> None:
        other = {"mode": "unsubscribe", "topic": NOBODY + "2",
                 "callback": self.cb.url("other"), "secret": "b",
                 "lease_seconds": "5000", "verify_token": "b"}
        first = {"secret": "a", "lease_seconds": "4000", "verify_token": "a"}
        for name, value in other.items():
            pairs = self.but(**first)
            for at in (0, len(pairs)):
                doubled = [*pairs[:at], (f"hub.{name}", value), *pairs[at:]]
                with self.subTest(name=name, at=at):
                    self.refused(self.hub.client.post(doubled),
                                 f"hub.{name}")
            with self.subTest(name=name, empty=True):
                self.refused(self.hub.client.post(
                    [*pairs, (f"hub.{name}", "")]), f"hub.{name}")
        self.nobody_is_asked()

    def test_R10_equal_duplicates_are_one(self) -> None:
        pairs = self.but(secret="a secret", lease_seconds="4000",
                         verify_token="a")
        seen = self.comes_of(form(pairs * 2))
        self.assertEqual(seen.params["hub.lease_seconds"], "4000")
        self.settled()
        self.hub.stop()
        self.assertEqual(len(self.cb.verifications), 1)

    def test_R10_hub_verify_and_topics_of_a_ping_may_be_repeated(self
                                                                 ) -> None:
        self.comes_of(form([*self.but(), ("hub.verify", "sync"),
                            ("hub.verify", "async"), ("hub.verify", "x")]))
        answer = self.hub.client.post(
            [("hub.mode", "publish"), ("hub.topic", NOBODY),
             ("hub.topic", NOBODY + "2"), ("hub.url", NOBODY + "3"),
             ("hub.url", NOBODY + "4")])
        self.assertEqual(answer.status, 204, answer.text)

    def test_R11_every_answer_comes_at_once(self) -> None:
        gate = threading.Event()
        self.cb.on_verify = lambda _: Answer(200, gate=gate)
        for number in range(40):
            for data in (post(self.but(str(number))),
                         post(self.but(str(number), mode="unsubscribe")),
                         post([("hub.mode", "publish"), ("hub.url", NOBODY)])):
                # No verification is over.
                answer = self.hub.client.ask(data)
                self.assertLess(answer.status, 300)
        gate.set()


if __name__ == "__main__":
    together.main()
