# SPDX-License-Identifier: MIT
"""R55: what each answer to a verification of intent means."""

import socket
import threading
from collections import Counter

import stories  # noqa: F401
from harness import Answer, together, until
from harness.callback import echo, name_of
from harness.server import Seen, Server

from answers import HASTY, Answering, extended, settled, status
from scene import NOBODY, Scene


class Outcomes(Scene):
    """R55, row by row."""

    def outcomes(self, answers: dict[str, Answering], *options: str
                 ) -> tuple[Counter, set[str]]:
        """Ask for a subscription of one callback for each answer.  How often
        each was asked, and who was sent what was published afterwards."""
        hub = self.hub = self.daemon(*HASTY, *options)
        origin, callback = self.origin(), self.callback()
        witness = self.callback()
        callback.on_verify = lambda seen: answers[name_of(seen)](seen)
        topic = self.topic = origin.serve(b"first", "text/plain")
        for name in answers:
            self.accepted(hub, "subscribe", topic, callback.url(name))
        settled(hub)
        self.subscribe(hub, topic, witness.url())
        self.witness_sees(witness, b"second", origin)
        hub.stop()
        return (Counter(name_of(seen)
                        for seen in callback.verifications.all()),
                {name_of(seen) for seen in callback.posts.all()})

    def assert_once(self, answers: dict[str, Answering], good: bool) -> None:
        asked, served = self.outcomes(answers, "--verify-timeout=1h")
        self.assertEqual(asked, Counter(dict.fromkeys(answers, 1)))
        self.assertEqual(served, set(answers) if good else set())

    def test_R55_any_2xx_with_the_challenge_is_yes(self) -> None:
        self.assert_once({f"{code}": status(code) for code in
                          (200, 201, 202, 203, 206, 226, 299)}, True)

    def test_R55_any_content_type_is_yes(self) -> None:
        kinds = ["text/html", "application/octet-stream", "image/png", "",
                 "text/plain; charset=utf-16"]
        self.assert_once(
            {f"kind{number}": status(200, fields=[("Content-Type", kind)])
             for number, kind in enumerate(kinds)}, True)

    def test_R55_any_framing_of_the_challenge_is_yes(self) -> None:
        head = b"HTTP/1.%d 200 OK\r\n%s\r\n"

        def chunked(seen: Seen) -> Answer:
            at, body = 10, echo(seen).body
            return Answer(raw=head % (1, b"Transfer-Encoding: chunked\r\n")
                          + b"a\r\n" + body[:at] + b"\r\n36\r\n" + body[at:]
                          + b"\r\n0\r\n\r\n")

        def until_the_end(seen: Seen) -> Answer:
            return Answer(raw=head % (0, b"") + echo(seen).body, close=True)
        self.assert_once({"chunked": chunked, "close": until_the_end}, True)

    def test_R55_any_other_body_is_no_and_not_asked_again(self) -> None:
        self.assert_once({
            "empty": extended(),
            "newline": extended(b"*", b"\n"),
            "crlf": extended(b"*", b"\r\n"),
            "space-before": extended(b" ", b"*"),
            "quotes": extended(b'"', b"*", b'"'),
            "prefix": extended(b"*", b"<html>hello</html>"),
            "suffix": extended(b"challenge=", b"*"),
            "nul": extended(b"*", b"\0"),
            "twice": extended(b"*", b"*"),
            "html": extended(b"<html>welcome</html>"),
            "short": lambda seen: Answer(200, echo(seen).body[:-1]),
            "upper": lambda seen: Answer(200, echo(seen).body.upper()),
            "204": lambda seen: Answer(204),
        }, False)

    def test_R55_404_410_and_other_refusals_are_never_asked_again(self
                                                                  ) -> None:
        self.assert_once({f"{code}": status(code) for code in
                          (400, 401, 403, 404, 405, 406, 409, 410, 418, 422,
                           451, 499)}, False)

    def test_R55_a_redirect_is_no_and_never_followed(self) -> None:
        other = self.callback()

        def to_another(code: int) -> Answering:
            return lambda seen: Answer(code, echo(seen).body, [
                ("Location", other.url() + "?" + seen.query)])
        self.assert_once({f"{code}": to_another(code) for code in
                          (300, 301, 302, 303, 304, 305, 307, 308)}, False)
        self.assertEqual(other.accepted, 0)

    def test_R55_what_may_pass_is_asked_again(self) -> None:
        tries: Counter = Counter()

        def first(answer: Answer) -> Answering:
            def answering(seen: Seen) -> Answer:
                tries[name_of(seen)] += 1
                return answer if tries[name_of(seen)] == 1 else echo(seen)
            return answering
        answers = {f"{code}": first(Answer(code)) for code in
                   (408, 425, 429, 500, 501, 502, 503, 504, 599)}
        answers["dropped"] = first(Answer(drop=True))
        answers["timeout"] = first(Answer(200, dawdle=60))
        answers["garbage"] = first(Answer(raw=b"no http\r\n\r\n", close=True))
        half = b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n0123"
        answers["broken-off"] = first(Answer(raw=half, close=True))
        answers["half-timeout"] = first(Answer(raw=half))
        asked, served = self.outcomes(answers, "--verify-timeout=4s")
        for name in answers:
            self.assertIn(asked[name], (2, 3), name)
        self.assertEqual(served, set(answers))

    def test_R55_a_truncated_challenge_is_no_yes(self) -> None:
        def broken_off(seen: Seen) -> Answer:
            return Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
                          + echo(seen).body, close=True)
        _, served = self.outcomes({"truncated": broken_off},
                                  "--verify-timeout=2s")
        self.assertEqual(served, set())

    def test_R55_an_endless_body_is_not_read_to_its_end(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        hub, callback = self.daemon("--verify-timeout=1h"), self.callback()
        callback.on_verify = lambda seen: Answer(
            raw=head + echo(seen).body + b"x" * 300_000)
        self.accepted(hub, "subscribe", NOBODY, callback.url())
        hub.wait_for("verification.failed")
        self.assertEqual(len(callback.verifications), 1)

    def test_R55_no_encoding_is_asked_for(self) -> None:
        hub, callback = self.daemon(), self.callback()
        self.subscribe(hub, NOBODY, callback.url())
        seen = callback.verifications.all()[0]
        self.assertIn(seen.get("Accept-Encoding"), (None, "identity"))

    def test_R55_a_refused_connection_is_tried_again(self) -> None:
        hub, callback = self.daemon("--retry-first=4s",
                                    "--retry-max=4s"), self.callback()
        callback.stop()
        self.accepted(hub, "subscribe", NOBODY, callback.url())
        until(lambda: hub.status()["counters"]["verifications"] >= 1,
              "the first try")
        callback.listen()
        hub.wait_for("subscription.active")

    def test_R55_a_broken_handshake_is_tried_again(self) -> None:
        hub, blunt = self.daemon(*HASTY), self._server(Blunt())
        self.accepted(hub, "subscribe", NOBODY,
                      f"https://{blunt.host}:{blunt.port}/")
        hub.wait_for("verification.failed")
        self.assertEqual(blunt.accepted, 3)

    def test_R55_a_name_that_is_not_there_is_looked_up_again(self) -> None:
        names = self.names({})
        hub = self.daemon("--retry-first=1h", "--retry-max=1h",
                          f"--dns-server={names.address}")
        self.accepted(hub, "subscribe", NOBODY, "http://late.test/")
        until(lambda: hub.status()["counters"]["verifications"] == 1,
              "the first try")
        hub.stop()
        hub.start()
        # It has not been given up.
        self.assertEqual(hub.status()["store"]["requests"], 1)

    def test_R55_tries_are_bounded(self) -> None:
        asked, served = self.outcomes({"500": status(500),
                                       "429": status(429)})
        self.assertEqual(asked, Counter({"500": 3, "429": 3}))
        self.assertEqual(served, set())


class Blunt(Server):
    """Speaks no TLS and says so."""

    def _serve(self, sock: socket.socket, number: int,
               stopping: threading.Event) -> None:
        sock.sendall(b"HTTP/1.0 400 No TLS here\r\n\r\n")
        self._end(sock, socket.SHUT_RDWR)
        sock.close()


if __name__ == "__main__":
    together.main()
