# SPDX-License-Identifier: MIT
"""Every malformed request gets a 4xx and one line of plain text that names
what is wrong."""

import unittest

from harness import Story, form, request
from harness.client import FORM

TOPIC = "http://topic.example/feed"
CALLBACK = "http://callback.example/cb"
GOOD = {"hub.mode": "subscribe", "hub.topic": TOPIC,
        "hub.callback": CALLBACK}


def but(**changes: str | None) -> list[tuple[str, str]]:
    """A good request, but for these: None leaves the parameter out."""
    pairs = {**GOOD, **{f"hub.{name}": value
                        for name, value in changes.items()}}
    return [(name, value) for name, value in pairs.items()
            if value is not None]


BAD_URLS = ["", "nonsense", "/relative", "ftp://h/", "file:///etc/passwd",
            "javascript:alert(1)", "http://", "http:///path", "http://h:0/",
            "http://h:65536/", "http://h:x/", "http://[::1/",
            "http://h/#fragment", "http://user:password@h/",
            "http://h/a b", "http://h/\r\nX: y", "http://h/\\x",
            "http://h:25/", "http://h/" + "x" * 2048]

# What is sent, and what the reason must name.
PARAMETERS: list[tuple[list[tuple[str, str]], str]] = [
    ([], "hub.mode"),
    (but(mode=None), "hub.mode"),
    (but(mode=""), "hub.mode"),
    (but(mode="foo"), "hub.mode"),
    (but(mode="denied"), "hub.mode"),
    (but(topic=None), "hub.topic"),
    (but(callback=None), "hub.callback"),
    (but(mode="unsubscribe", topic=None), "hub.topic"),
    (but(mode="unsubscribe", callback=None), "hub.callback"),
    *((but(topic=url), "hub.topic") for url in BAD_URLS),
    *((but(callback=url), "hub.callback") for url in BAD_URLS),
    *((but(lease_seconds=text), "hub.lease_seconds")
      for text in ("-1", "1.5", "abc", " 10", "0x10", "1e3", "9" * 33)),
    (but(secret="x" * 200), "hub.secret"),
    (but(secret="€" * 67), "hub.secret"),
    (but(verify_token="x" * 1025), "hub.verify_token"),
    (but(signature_method="md5", secret="s"), "hub.signature_method"),
    (but(content="some"), "hub.content"),
    (but() + [("hub.mode", "unsubscribe")], "hub.mode"),
    (but() + [("hub.topic", "http://other.example/")], "hub.topic"),
    (but() + [("hub.callback", "http://other.example/")], "hub.callback"),
    (but(secret="a") + [("hub.secret", "b")], "hub.secret"),
    ([("hub.mode", "publish")], "hub.url"),
    ([("hub.mode", "publish"), ("hub.url", "")], "hub.url"),
    *(([("hub.mode", "publish"), ("hub.url", url)], "hub.url")
      for url in ("nonsense", "ftp://h/", "http://h/#f")),
]

# Whole bodies that are no form at all.
BODIES = [b"hub.mode=%", b"hub.mode=%4", b"hub.mode=%zz",
          b"hub.mode=subscribe&hub.topic=http://x/%00",
          b"hub.mode=subscribe&hub.topic=http://x/%ff%fe",
          b"hub.mode=\xff\xfe", b"\0\0\0\0"]


class Malformed(Story):
    def check(self, answer, named: str = "", status: int = 400) -> None:
        self.assertEqual(answer.status, status, answer.text)
        self.assertRegex(answer.get("Content-Type") or "",
                         r"^text/plain; ?charset=utf-8$")
        self.assertEqual(answer.get("X-Content-Type-Options"), "nosniff")
        self.assertRegex(answer.text, r"^[^\r\n]+\n$")
        self.assertIn(named, answer.text)

    def test_the_reason_names_the_parameter(self) -> None:
        hub = self.daemon()
        for pairs, named in PARAMETERS:
            with self.subTest(pairs=str(pairs)[:200], named=named):
                self.check(hub.client.post(pairs), named)

    def test_a_body_that_is_no_form_is_400(self) -> None:
        hub = self.daemon()
        for body in BODIES:
            with self.subTest(body=body):
                self.check(hub.client.ask(request(
                    "POST", "/", [("Content-Type", FORM)], body)))

    def test_other_types_are_415(self) -> None:
        hub = self.daemon()
        for kind in ("application/json", "text/xml", "text/plain",
                     FORM + "; charset=utf-16"):
            with self.subTest(kind=kind):
                answer = hub.client.ask(request(
                    "POST", "/", [("Content-Type", kind)],
                    form(but())))
                self.check(answer, status=415)

    def test_spellings_of_the_type_are_accepted(self) -> None:
        hub, callback = self.daemon(), self.callback()
        kinds = [FORM + "; charset=UTF-8", FORM.upper(),
                 FORM + " ; x=y;charset=\"utf-8\"", None]
        for number, kind in enumerate(kinds):
            with self.subTest(kind=kind):
                fields = [("Content-Type", kind)] if kind else []
                answer = hub.client.ask(request(
                    "POST", "/", fields,
                    form(but(callback=callback.url(f"{number}")))))
                self.assertEqual(answer.status, 202, answer.text)

    def test_other_methods_do_not_subscribe(self) -> None:
        hub, callback = self.daemon(), self.callback()
        query = form(but(callback=callback.url())).decode()
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            with self.subTest(method=method):
                answer = hub.client.ask(request(method, "/?" + query))
                self.assertEqual(answer.status, 405, answer.text)
                self.assertIn("POST", answer.get("Allow") or "")
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_a_query_is_tolerated_but_never_with_a_secret(self) -> None:
        hub, callback = self.daemon(), self.callback()
        query = form(but(callback=callback.url())).decode()
        answer = hub.client.ask(request("POST", "/?" + query, body=b""))
        self.assertEqual(answer.status, 202, answer.text)
        self.secrets.add("open-secret")
        answer = hub.client.ask(request(
            "POST", "/?" + query + "&hub.secret=open-secret", body=b""))
        self.check(answer, "hub.secret")

    def test_multipart_is_tolerated(self) -> None:
        hub, callback = self.daemon(), self.callback()
        parts = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            f"{value}\r\n"
            for name, value in but(callback=callback.url()))
        answer = hub.client.ask(request(
            "POST", "/", [("Content-Type", "multipart/form-data; boundary=b")],
            (parts + "--b--\r\n").encode()))
        self.assertEqual(answer.status, 202, answer.text)
        callback.wait_verifications(1)

    def test_what_is_reflected_is_tame(self) -> None:
        hub = self.daemon()
        answer = hub.client.post(but(mode="<script>\x07\x1b[31m" * 100))
        self.check(answer, "hub.mode")
        self.assertLess(len(answer.body), 600)
        self.assertNotIn("\x1b", answer.text)

    def test_a_secret_of_199_bytes_is_fine(self) -> None:
        hub, callback = self.daemon(), self.callback()
        for secret in ("x" * 199, "€" * 66 + "a"):
            answer = hub.client.post(but(secret=secret,
                                         callback=callback.url()))
            self.assertEqual(answer.status, 202, answer.text)

    def test_urls_of_2048_bytes_are_fine(self) -> None:
        hub, callback = self.daemon(), self.callback()
        topic = "http://h/" + "x" * (2048 - len("http://h/"))
        url = callback.url()
        url += "x" * (2048 - len(url))
        answer = hub.client.post(but(topic=topic, callback=url))
        self.assertEqual(answer.status, 202, answer.text)
        callback.wait_verifications(1)


if __name__ == "__main__":
    unittest.main()
