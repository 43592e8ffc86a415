# SPDX-License-Identifier: MIT
"""https, and whom the hub believes to be whom (S17)."""

import os
import socket
import unittest
from unittest import mock

from harness import Answer, Atom, Daemon, Story
from harness.server import Server
from harness.tls import HAVE_OPENSSL, Certificate, TlsCallback, TlsOrigin


class Plain(Server):
    """Answers whatever it hears in the clear."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        super().__init__()

    @property
    def secure(self) -> str:
        return f"https://{self.host}:{self.port}/"

    def _one(self, sock: socket.socket, *_) -> bool:
        heard = sock.recv(4096)
        if b"HTTP/" in heard:
            self.said.append(heard)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return False


@unittest.skipUnless(HAVE_OPENSSL, "needs openssl")
class Tls(Story):
    def setUp(self) -> None:
        super().setUp()
        self.origin_server = self._server(TlsOrigin())
        self.subscriber = self._server(TlsCallback())
        # Nothing is kept open, so that every request shows a certificate.
        self.subscriber.on_verify = lambda seen: Answer(
            200, seen.params["hub.challenge"].encode(), close=True)
        self.feed = Atom().add("one")
        self.topic = self.origin_server.serve(self.feed)
        self.good = self.certificate(f"IP:{self.origin_server.host}",
                                     f"IP:{self.subscriber.host}")
        self.wear(self.good, self.good)

    def certificate(self, *names: str, ended: bool = False) -> Certificate:
        self.made = getattr(self, "made", 0) + 1
        return Certificate(self.directory / f"tls{self.made}", *names,
                           ended=ended)

    def wear(self, origin: Certificate, callback: Certificate) -> None:
        self.origin_server.certificate = origin
        self.subscriber.certificate = callback

    def hub_that_trusts(self, *certificates: Certificate,
                        options: tuple[str, ...] = ()) -> Daemon:
        bundle = self.directory / "bundle"
        bundle.write_text("".join(
            one.chain.read_text() for one in certificates or (
                self.certificate("DNS:nobody.test"),)))
        with mock.patch.dict(os.environ, SSL_CERT_FILE=str(bundle)):
            return self.daemon(*options)

    def refused_to_fetch(self, hub: Daemon) -> None:
        subscriber = self.callback()
        self.subscribe(hub, self.topic, subscriber.url())
        line = hub.wait_for("fetch.failed")
        self.assertEqual(line.fields["result"], "tls failed")
        self.publish(hub, self.topic)
        hub.stop()
        self.assertEqual(len(self.origin_server.fetches), 0)
        self.assertEqual(len(subscriber.posts), 0)

    def refused_to_verify(self, hub: Daemon) -> None:
        self.accepted(hub, "subscribe", self.topic, self.subscriber.url())
        hub.wait_for("verification.failed")
        hub.stop()
        self.assertEqual(len(self.subscriber.verifications), 0)

    def test_S17_who_is_vouched_for_is_served(self) -> None:
        hub = self.hub_that_trusts(self.good)
        self.follow(hub, self.topic, self.subscriber.url())
        self.publish(hub, self.topic)
        self.assertEqual(self.subscriber.wait_posts(1)[0].body,
                         self.feed.render())

    def test_S17_a_self_signed_certificate_is_not_believed(self) -> None:
        self.refused_to_fetch(self.hub_that_trusts())
        self.refused_to_verify(self.hub_that_trusts())

    def test_S17_nor_one_for_another_host(self) -> None:
        other = self.certificate("DNS:other.test", "IP:127.0.0.1")
        self.wear(other, other)
        self.refused_to_fetch(self.hub_that_trusts(other))
        self.refused_to_verify(self.hub_that_trusts(other))

    def test_S17_nor_one_whose_time_is_over(self) -> None:
        ended = self.certificate(f"IP:{self.origin_server.host}",
                                 f"IP:{self.subscriber.host}", ended=True)
        self.wear(ended, ended)
        self.refused_to_fetch(self.hub_that_trusts(ended))
        self.refused_to_verify(self.hub_that_trusts(ended))

    def test_S17_a_name_is_vouched_for_by_its_name(self) -> None:
        names = self.names({"pub.test": [self.origin_server.host],
                            "sub.test": [self.subscriber.host]})
        named = self.certificate("DNS:pub.test", "DNS:sub.test")
        self.wear(named, named)
        hub = self.hub_that_trusts(
            named, options=(f"--dns-server={names.address}",))
        topic = f"https://pub.test:{self.origin_server.port}/feed"
        self.follow(hub, topic, self.subscriber.url().replace(
            self.subscriber.host, "sub.test"))
        self.publish(hub, topic)
        self.subscriber.wait_posts(1)

    def test_S17_no_content_goes_to_who_is_not_believed_any_more(self
                                                                 ) -> None:
        hub = self.hub_that_trusts(self.good)
        self.follow(hub, self.topic, self.subscriber.url())
        forged = self.certificate(f"IP:{self.subscriber.host}")
        self.wear(self.good, forged)
        self.publish(hub, self.topic)
        hub.wait_for("delivery.failed")
        self.assertEqual(len(self.subscriber.posts), 0)
        # It was a failure like any other: it is tried again.
        self.wear(self.good, self.good)
        self.subscriber.wait_posts(1)

    def test_S17_who_speaks_no_tls_is_no_https(self) -> None:
        hub, callback = self.hub_that_trusts(self.good), self.callback()
        plain = self._server(Plain())
        self.subscribe(hub, plain.secure, callback.url())
        line = hub.wait_for("fetch.failed")
        self.assertEqual(line.fields["result"], "tls failed")
        self.accepted(hub, "subscribe", self.topic, plain.secure)
        hub.wait_for("verification.failed")
        self.assertGreaterEqual(plain.accepted, 2)
        self.assertEqual(plain.said, [])


if __name__ == "__main__":
    unittest.main()
