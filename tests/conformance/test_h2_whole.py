# SPDX-License-Identifier: MIT
"""R83 and R85: only what is whole, and no more of it than fits."""

import email.utils
import gzip
import threading
import time

import stories  # noqa: F401
from harness import Answer, FETCHED, Origin, together, until
from harness.server import Seen

from publisher import Fetching
from scene import PLAIN

TOPIC_OK = [("Content-Type", PLAIN)]


def date(seconds: float) -> str:
    return email.utils.formatdate(seconds, usegmt=True)


class OnlyWhatIsWhole(Fetching):
    """R83 and R85."""

    def test_R83_nothing_but_a_200_is_distributed(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site)
        for status in (201, 202, 203, 204, 205, 206, 207, 226, 299, 300, 304,
                       400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503,
                       504, 599):
            with self.subTest(status=status):
                site.script(Answer(status, b"an error page", TOPIC_OK))
                self.fetch_fails()
        site.serve(b"second", PLAIN)
        self.ping()
        self.assertEqual(self.delivered(), [b"second"])

    def test_R83_nothing_that_broke_off_is_distributed(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site, "/feed", "--fetch-timeout=4s")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        sized = head + b"Content-Length: 1000\r\n\r\nhalf"
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
        broken = {
            "too short": Answer(raw=sized, close=True),
            "too slow": Answer(raw=sized),
            "no last chunk": Answer(raw=chunked + b"4\r\nhalf\r\n",
                                    close=True),
            "half a chunk": Answer(raw=chunked + b"9\r\nhalf", close=True),
            "no chunk": Answer(raw=chunked + b"half\r\n\r\n", close=True),
            "half a head": Answer(raw=head, close=True),
            "no http": Answer(raw=b"half\r\n\r\n", close=True),
            "nothing": Answer(drop=True),
        }
        for name, answer in broken.items():
            with self.subTest(answer=name):
                site.script(answer)
                self.fetch_fails()
        site.serve(b"second", PLAIN)
        self.ping()
        self.assertEqual(self.delivered(), [b"second"])

    def assert_due(self, answer: Answer, low: float, high: float) -> None:
        """A ping finds this.  So many seconds after that the hub looks again
        by itself."""
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site)
        site.script(answer)
        began = time.time()
        self.fetch_fails()
        ended = time.time()
        topic, = self.ctl_json(self.hub, "topics")["topics"]
        self.assertIs(topic["dirty"], True)
        due = topic["fetch_due"] / 1000
        self.assertGreater(due - began, low)
        self.assertLess(due - ended, high)

    def test_R83_a_failed_fetch_is_tried_again_soon(self) -> None:
        self.assert_due(Answer(500), 10, 60)
        self.assert_due(Answer(raw=b"no http\r\n\r\n", close=True), 10, 60)

    def test_R85_retry_after_is_respected(self) -> None:
        for status in (429, 503):
            answer = Answer(status, fields=[("Retry-After", "4000")])
            self.assert_due(answer, 3900, 5000)
        later = date(time.time() + 5000)
        answer = Answer(503, fields=[("Retry-After", later)])
        self.assert_due(answer, 4900, 6500)

    def test_R85_nothing_over_the_cap_is_read_or_distributed(self) -> None:
        site = self.site()
        site.serve(b"first", PLAIN)
        self.follow_at(site, "/feed", "--body-max=64KiB",
                       "--fetch-timeout=5s")
        large = b"x" * 65537
        chunked = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n"
                   + b"1000\r\n" + b"y" * 4096 + b"\r\n")
        bomb = gzip.compress(b"\0" * 50_000_000)
        for name, answer in {
                "length": Answer(200, large, TOPIC_OK),
                "claimed": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: "
                                  b"99999999999999\r\n\r\n"),
                "chunks": Answer(raw=chunked + b"1000\r\n" + 20 * (
                    b"y" * 4096 + b"\r\n1000\r\n")),
                "until the end": Answer(raw=b"HTTP/1.0 200 OK\r\n\r\n"
                                        + large, close=True),
                "bomb": Answer(200, bomb, [*TOPIC_OK, (
                    "Content-Encoding", "gzip")])}.items():
            with self.subTest(answer=name):
                site.script(answer)
                self.fetch_fails()
        exact = b"z" * 65536
        site.serve(exact, PLAIN)
        self.assertTrue(self.ping().body == exact)
        self.assertEqual(len(self.delivered()), 1)

    def test_R85_a_dripping_publisher_is_left_at_the_timeout(self) -> None:
        site = self._server(Dripping())
        site.serve(b"first", PLAIN)
        self.follow_at(site, "/feed", "--fetch-timeout=4s")
        site.drip = True
        self.fetch_fails()
        site.drip = False
        self.assertEqual(self.ping().body, b"first")

    def test_R85_two_fetches_at_a_time_of_one_publisher(self) -> None:
        origin, other = self.origin(), self.origin()
        self.hub, self.callback_server = (
            self.daemon("--fetch-timeout=1h"), self.callback())
        topics = [origin.serve(b"first", PLAIN, path=f"/{number}")
                  for number in range(12)]
        topics.append(other.serve(b"first", PLAIN))
        since = self.hub.mark()
        for topic in topics:
            self.accepted(self.hub, "subscribe", topic,
                          self.callback_server.url())
        self.hub.wait_for(FETCHED, len(topics), since)
        before = len(origin.fetches)
        origin.gate = threading.Event()
        self.publish(self.hub, *topics[:-1])
        origin.fetches.wait(before + 1)
        # The other publisher is not kept waiting.
        self.publish(self.hub, topics[-1])
        self.callback_server.wait_posts(1)
        self.assertLessEqual(len(origin.fetches) - before, 2)
        origin.gate.set()
        self.callback_server.wait_posts(13)

    def test_R85_publishers_that_hang_delay_no_others(self) -> None:
        self.follow_one("--fetches=8", "--fetch-timeout=1h")
        hung = [self.origin() for _ in range(20)]
        for origin in hung:
            origin.gate = threading.Event()
        since = self.hub.mark()
        for origin in hung:
            self.accepted(self.hub, "subscribe", origin.url(),
                          self.callback_server.url("hung"))
        self.hub.wait_for("subscription.active", len(hung), since)
        until(lambda: sum(len(origin.fetches) for origin in hung) >= 4,
              "the slow ones to be asked")
        for number in range(3):
            self.change(b"version %d" % number)
        for origin in hung:
            origin.gate.set()


class Dripping(Origin):
    """Sends a byte now and then, for ever."""

    drip = False

    def answer(self, seen: Seen) -> Answer:
        whole = super().answer(seen)
        return Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n") if self.drip else whole

    def _one(self, sock, reader, number, stopping) -> bool:
        goes_on = super()._one(sock, reader, number, stopping)
        while self.drip and not stopping.wait(0.05):
            sock.sendall(b"x")
        return goes_on


if __name__ == "__main__":
    together.main()
