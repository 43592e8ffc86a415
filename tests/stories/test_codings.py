# SPDX-License-Identifier: MIT
"""Content codings are undone before a document is looked at."""

import gzip
import unittest
import zlib

from harness import Answer, Story

TEXT = (b"The quick brown fox jumps over the lazy dog. "
        b"The quick brown fox jumps again.\n")
BROTLI = bytes.fromhex(
    "1b4d00a82c0eec58327861c374f25a01840a4d9299b1e5199e5e85bd3588cb5c"
    "5ed88003872c1df68578d880234fa279c0f1f46a8822ae09e8f837fb944d798f"
    "23")
ZSTD = bytes.fromhex(
    "28b52ffd0458e50100440354686520717569636b2062726f776e20666f78206a"
    "756d7073206f76657220746865206c617a7920646f672e20616761696e2e0a01"
    "0085b62a034616aed5")

# 20 MiB of zeros.
BROTLI_BOMB = bytes.fromhex(
    "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd5ffeffffe09f"
    "0088c30200ddfb1f")


def coded(body: bytes, *codings: str) -> Answer:
    return Answer(200, body, [("Content-Type", "text/plain"),
                              *(("Content-Encoding", coding)
                                for coding in codings)])


class Codings(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon("--body-max=64KiB")
        self.callback_server, self.site = self.callback(), self.origin()
        self.topic = self.site.serve(b"first", "text/plain")
        self.follow(self.hub, self.topic, self.callback_server.url())

    def test_each_of_them_is_asked_for(self) -> None:
        seen = self.site.fetches.wait(1)[0]
        self.assertEqual(seen.get("Accept-Encoding"),
                         "gzip, deflate, br, zstd")

    def test_what_is_delivered_is_plain(self) -> None:
        raw = zlib.compressobj(wbits=-15)
        for count, answer in enumerate((
                coded(gzip.compress(TEXT + b"1"), "gzip"),
                coded(zlib.compress(TEXT + b"2"), "deflate"),
                coded(raw.compress(TEXT + b"3") + raw.flush(), "deflate"),
                coded(BROTLI, "br"),
                coded(TEXT + b"4", "identity"),
                coded(ZSTD, "zstd"),
                coded(gzip.compress(TEXT + b"5"), "identity", "gzip"),
                coded(gzip.compress(BROTLI), "br, gzip"),
                coded(TEXT + b"6"),
                coded(gzip.compress(ZSTD), "zstd", "gzip")), 1):
            # Of a topic of its own: none repeats what was there before.
            topic = self.site.serve(b"first", "text/plain", f"/{count}")
            self.follow(self.hub, topic, self.callback_server.url())
            with self.subTest(number=count):
                self.site.script(answer)
                self.publish(self.hub, topic)
                post = self.callback_server.wait_posts(count)[-1]
                self.assertTrue(post.body.startswith(TEXT), post.body)
                self.assertEqual(post.all("Content-Encoding"), [])

    def test_what_is_cut_broken_or_too_large_is_delivered_to_nobody(self
                                                                    ) -> None:
        for name, answer in {
                "cut brotli": coded(BROTLI[:-3], "br"),
                "cut zstd": coded(ZSTD[:-3], "zstd"),
                "cut within": coded(gzip.compress(ZSTD[:-3]), "zstd, gzip"),
                "not that": coded(ZSTD, "br"),
                "nor that": coded(BROTLI, "zstd"),
                "three": coded(gzip.compress(gzip.compress(gzip.compress(
                    TEXT))), "gzip, gzip, gzip"),
                "unknown": coded(TEXT, "compress"),
                "bomb": coded(BROTLI_BOMB, "br"),
                "bomb within": coded(gzip.compress(BROTLI_BOMB),
                                     "br, gzip")}.items():
            with self.subTest(answer=name):
                since = self.hub.mark()
                self.site.script(answer)
                self.publish(self.hub, self.topic)
                self.hub.wait_for("fetch.failed", since=since)
        self.hub.stop()
        self.assertEqual(len(self.callback_server.posts), 0)


if __name__ == "__main__":
    unittest.main()
