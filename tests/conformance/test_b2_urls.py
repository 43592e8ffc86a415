# SPDX-License-Identifier: MIT
"""R14 to R19a: what may be a topic or a callback, and which are the same."""

import stories  # noqa: F401

from harness import Message, form, together

from asking import NOBODY, Asking

TEXT = "text/plain"
BAD_URLS = {
    "scheme": ["ftp://h/", "file:///etc/passwd", "javascript:alert(1)",
               "/relative", "//h/", "h/x", "nonsense", "http:/h/", "http:h",
               "gopher://h/", "httpx://h/", "data:,x", "mailto:a@h",
               " http://h/", ":", "http"],
    "host": ["http://", "http:///path", "http://?x", "http://[::1/",
             "http://[::g]/", "http://[]/", "http://:80/", "http://a..b/",
             "http://[::1]x/", "http://[1.2.3.4]/", "http://[fe80::1%25x]/",
             "http://%20/", "http://a%2Fb/", "http://a%00b/"],
    "port": ["http://h:0/", "http://h:65536/", "http://h:x/", "http://h:-1/",
             "http://h:99999999999999999999/", "http://h:80x/", "http://h:+80/",
             "http://h:4294967376/"],
}


class Urls(Asking):
    def subscriptions(self) -> int:
        return self.hub.status()["store"]["subscriptions"]

    def active(self, topic: str, url: str) -> None:
        """Subscribe; it is another subscription or a renewal."""
        self.subscribe(self.hub, topic, url,
                       event=("subscription.active", "subscription.renewed"))

    def test_R14_only_absolute_http_and_https_urls_are_taken(self) -> None:
        for urls in BAD_URLS.values():
            for url in urls:
                for name in ("callback", "topic"):
                    with self.subTest(name=name, url=url):
                        answer = self.asked(**{name: url})
                        self.refused(answer, f"hub.{name}")
                        self.assertRegex(answer.get("Hub-Error") or "",
                                         rf"^{name}\.[a-z]+$")
        self.nobody_is_asked()

    def test_R14_any_case_and_https_are_taken(self) -> None:
        for url in ("HTTPS://EXAMPLE.com", "hTTp://h", "https://h:8443/?x",
                    "http://[2001:db8::1]:8080/", "http://h:65535/",
                    "http://xn--bcher-kva.example/", "http://a_b.example/",
                    "http://h.example./", "http://h?x", "http://192.0.2.1:99"):
            for name in ("topic", "callback"):
                with self.subTest(name=name, url=url):
                    answer = self.asked(**{name: url})
                    self.assertEqual(answer.status, 202, answer.text)

    def test_R15_fragments_are_refused(self) -> None:
        for name in ("callback", "topic"):
            for url in ("http://h/#frag", "http://h/#", "http://h/?x#y",
                        "http://h#x"):
                with self.subTest(name=name, url=url):
                    answer = self.asked(**{name: url})
                    self.refused(answer, f"hub.{name}")
                    self.assertEqual(answer.get("Hub-Error"),
                                     f"{name}.fragment")
        self.nobody_is_asked()

    def test_R15_an_escaped_hash_is_no_fragment(self) -> None:
        topic = NOBODY + "/%23x?%23"
        seen = self.comes_of(form(self.but(topic=topic, name="a%23b")))
        self.assertEqual(seen.params["hub.topic"], topic)
        self.assertIn("/a%23b?", seen.target)

    def test_R16_spellings_of_unreserved_characters_are_one(self) -> None:
        origin = self.origin()
        spellings = ["/%7Ea", "/~a", "/%7ea", "/~%61"]
        for path in spellings:
            origin.serve(b"the same", TEXT, path)
        self.follow(self.hub, origin.url(spellings[0]), self.cb.url())
        for path in spellings[1:]:
            self.subscribe(self.hub, origin.url(path), self.cb.url(),
                           event="subscription.renewed")
        told = [seen.params["hub.topic"]
                for seen in self.cb.verifications.all()]
        self.assertEqual(told, [origin.url(path) for path in spellings])
        # Whichever spelling is published, they hear of it.
        for count, path in enumerate(spellings, 1):
            for each in spellings:
                origin.serve(f"version {count}".encode(), TEXT, each)
            self.publish(self.hub, origin.url(path))
            self.cb.wait_posts(count)

    def test_R16_reserved_characters_are_never_decoded(self) -> None:
        origin = self.origin()
        paths = ["/a%2Fb", "/a/b", "/a%3Fb", "/a?b", "/a%26b", "/a&b",
                 "/a%253Fb", "/%257Ea", "/~a", "/a%20b", "/a+b", "/a%2Bb"]
        for number, path in enumerate(paths):
            origin.serve(b"old", TEXT, path)
            self.follow(self.hub, origin.url(path), self.cb.url(str(number)))
        self.assertEqual(self.subscriptions(), len(paths))
        for number, path in enumerate(paths):
            body = f"document {number}".encode()
            origin.serve(body, TEXT, path)
            self.publish(self.hub, origin.url(path))
            posts = self.cb.wait_posts(number + 1)
            self.assertEqual([post.body for post in posts
                              if post.path.endswith(f"/{number}")], [body])

    def test_R16_a_callback_is_called_as_it_was_spelled(self) -> None:
        origin = self.origin()
        topic = origin.serve(b"one", TEXT)
        escaped, plain = self.cb.url("%7Eme", "?%7e"), self.cb.url("~me", "?~")
        self.follow(self.hub, topic, escaped)
        self.publish(self.hub, topic)
        self.cb.wait_posts(1)
        # The other spelling is the same subscription, and the latest counts.
        self.subscribe(self.hub, topic, plain, event="subscription.renewed")
        origin.serve(b"two", TEXT)
        self.publish(self.hub, topic)
        self.cb.wait_posts(2)
        self.hub.stop()
        targets = [seen.target for seen in self.cb.posts.all()]
        self.assertEqual([target.rpartition("/")[2] for target in targets],
                         ["%7Eme?%7e", "~me?~"])

    def test_R17_these_spellings_are_one_key(self) -> None:
        for number, (one, other) in enumerate([
                ("HTTP://EXAMPLE.com:80/a", "http://example.com/a"),
                ("https://Example.COM:443/a", "https://example.com/a"),
                ("http://example.com", "http://example.com/"),
                ("http://example.com?x", "http://example.com/?x"),
                ("http://h/%c3%a9%2f", "http://h/%C3%A9%2F"),
                ("http://h/é?ü", "http://h/%C3%A9?%C3%BC"),
                ("http://bücher.example/", "http://xn--bcher-kva.example/"),
                ("http://BÜCHER.example/", "http://bücher.example/"),
                ("http://h:/x", "http://h/x"),
                ("http://h:0080/x", "http://h/x"),
                ("http://h/%41%2D%5F", "http://h/A-_")]):
            with self.subTest(one=one, other=other):
                before = self.subscriptions()
                for topic in (one, other):
                    self.active(topic, self.cb.url(str(number)))
                self.assertEqual(self.subscriptions(), before + 1)

    def test_R17_these_are_two(self) -> None:
        for number, (one, other) in enumerate([
                ("http://h/a", "http://h/A"), ("http://h/a", "https://h/a"),
                ("http://h/?a&b", "http://h/?b&a"), ("http://h/", "http://h/?"),
                ("http://h/a", "http://h/a/"), ("http://h/a", "http://h//a"),
                ("http://h/a", "http://h/b/../a"), ("http://h/", "http://h/."),
                ("http://h/", "http://www.h/"), ("http://h/x", "http://h:81/x"),
                ("https://h:80/x", "https://h/x"),
                ("http://h/?a=1", "http://h/?a=1&a=1"),
                ("http://h/a%2fb", "http://h/a/b"),
                ("http://h/+", "http://h/%20"), ("http://h/;x", "http://h/"),
                ("http://h/%2B", "http://h/+")]):
            with self.subTest(one=one, other=other):
                before = self.subscriptions()
                for topic in (one, other):
                    self.active(topic, self.cb.url(str(number)))
                self.assertEqual(self.subscriptions(), before + 2)

    def test_R17_a_ping_may_spell_the_host_otherwise(self) -> None:
        hub, origin = self.hub, self.origin()
        self.dns.names["topic.example"] = [origin.host]
        origin.serve(b"one", TEXT, "/a")
        origin.serve(b"none", TEXT, "/A")
        shouted = f"HTTP://TOPIC.Example:{origin.port}"
        plain = f"http://topic.example:{origin.port}"
        self.follow(hub, shouted + "/a", self.cb.url())
        self.publish(hub, plain + "/A")
        self.publish(hub, plain + "/a")
        self.assertEqual(self.cb.wait_posts(1)[0].body, b"one")
        self.assertNotIn("/A", {seen.target for seen in origin.fetches.all()})

    def test_R18_user_information_is_refused(self) -> None:
        self.secrets.add("Passw0rd")
        for start in ("u:Passw0rd@", "u@", ":Passw0rd@", "@", ":@", "u%40:@",
                      "h:80@", "u:Passw0rd@x@"):
            for name in ("callback", "topic"):
                with self.subTest(start=start, name=name):
                    answer = self.asked(**{name: f"http://{start}h/"})
                    self.refused(answer, f"hub.{name}")
                    self.assertNotIn("Passw0rd", answer.text)
        self.nobody_is_asked()

    def test_R18_controls_blanks_and_backslashes_are_refused(self) -> None:
        for byte in ("\r\nX: y", "\r", "\n", "\t", " ", "\x01", "\x7f", "\\",
                     "\x0b", "\u0085", "\u00a0x\u2028"):
            for url in (f"http://h/{byte}", f"http://h{byte}/",
                        f"http://h/?{byte}", f"http{byte}://h/",
                        f"http://h/x{byte}"):
                for name in ("callback", "topic"):
                    # Above ASCII is text, and travels percent-encoded.
                    if byte > "\x7f" and "h/" in url:
                        continue
                    with self.subTest(name=name, url=url):
                        self.refused(self.asked(**{name: url}), f"hub.{name}")
        self.nobody_is_asked()

    def test_R18_escaped_line_breaks_and_nuls_are_refused(self) -> None:
        for escape in ("%0D%0AX:y", "%0d", "%0A", "%00"):
            for start in ("http://h/", "http://h/?", "http://h"):
                for name in ("callback", "topic"):
                    with self.subTest(escape=escape, name=name):
                        self.refused(self.asked(**{name: start + escape}),
                                     f"hub.{name}")
        self.nobody_is_asked()

    def test_R18_other_escapes_stay_escaped(self) -> None:
        seen = self.verified("a%20b%22%5C%3C", topic=NOBODY + "/%20%5c")
        self.assertIn("/a%20b%22%5C%3C?hub.mode", seen.target)
        self.assertEqual(seen.params["hub.topic"], NOBODY + "/%20%5c")

    def test_R18_what_is_above_ascii_travels_percent_encoded(self) -> None:
        seen = self.verified("é\u0085", topic=NOBODY + "/é\u2028")
        self.assertTrue(seen.target.isascii())
        self.assertIn("/%C3%A9%C2%85?", seen.target)
        self.assertEqual(seen.params["hub.topic"], NOBODY + "/é\u2028")

    def test_R19a_2048_bytes_are_fine_and_2049_are_not(self) -> None:
        for name, base in (("topic", NOBODY + "/"),
                           ("callback", self.cb.url() + "/")):
            # What is above ASCII counts as it travels: percent-encoded.
            for filler, size in (("x", 1), ("%41", 3), ("é", 6)):
                room = 2048 - len(base)
                longest = base + "x" * (room % size) + filler * (room // size)
                with self.subTest(name=name, filler=filler):
                    self.assertEqual(
                        self.asked(**{name: longest}).status, 202)
                    answer = self.asked(**{name: longest + "x"})
                    self.refused(answer, f"hub.{name}")
                    self.assertEqual(answer.get("Hub-Error"), f"{name}.long")

    def test_R19a_other_parameters_have_ceilings_too(self) -> None:
        for name, most, byte in (("verify_token", 1024, "x"),
                                 ("lease_seconds", 32, "9")):
            with self.subTest(name=name):
                seen = self.verified(name, **{name: byte * most})
                if name == "verify_token":
                    self.assertEqual(seen.params["hub.verify_token"],
                                     byte * most)
                answer = self.asked(**{name: byte * (most + 1)})
                self.refused(answer, f"hub.{name}")

    def test_R19a_long_urls_that_differ_at_their_end_are_two(self) -> None:
        origin = self.origin()
        end = {"1": "x" * 1900 + "1", "2": "x" * 1900 + "2"}
        topics = {name: origin.serve(b"old", TEXT, "/" + path)
                  for name, path in end.items()}
        for topic in topics.values():
            self.follow(self.hub, topic, self.cb.url(end["1"]))
            self.subscribe(self.hub, topic, self.cb.url(end["2"]))
        self.assertEqual(self.subscriptions(), 4)
        origin.serve(b"new", TEXT, "/" + end["2"])
        self.publish(self.hub, topics["2"])
        self.cb.wait_posts(2)
        self.hub.stop()
        self.assertEqual({post.path[-1] for post in self.cb.posts.all()},
                         {"1", "2"})
        self.assertEqual([post.body for post in self.cb.posts.all()],
                         [b"new"] * 2)


class Policy(Asking):
    options = ("--deny-topic=bad.example", "--deny-topic=both.example",
               "--deny-callback=evil.example", "--deny-topic=192.0.2.7")

    def forbidden(self, answer: Message, code: str) -> None:
        self.refused(answer, "hub." + code.partition(".")[0], 403)
        self.assertEqual(answer.get("Hub-Error"), code)

    def test_R19_denied_domains_are_403(self) -> None:
        for host in ("bad.example", "BAD.example", "sub.bad.example",
                     "a.b.bad.example:8080", "bad.example.", "b%61d.example",
                     "192.0.2.7", "0xc0.0.2.7", "3221225991",
                     "[::ffff:192.0.2.7]", "bad。example", "BAD．example."):
            for scheme in ("http", "https"):
                with self.subTest(host=host):
                    self.forbidden(
                        self.asked(topic=f"{scheme}://{host}/x"),
                        "topic.denied")
        for host in ("evil.example", "x.evil.example:8443"):
            with self.subTest(host=host):
                self.forbidden(self.asked(callback=f"http://{host}/"),
                               "callback.denied")
        self.nobody_is_asked()

    def test_R19_only_these_are_denied(self) -> None:
        for topic in ("http://notbad.example/", "http://bad.example.org/",
                      "http://example/bad.example", "http://evil.example/",
                      "http://h/?bad.example", "http://192.0.2.70/"):
            with self.subTest(topic=topic):
                self.verified(topic=topic)

    def test_R19_allowed_domains_are_all_there_are(self) -> None:
        self.dns.names["x.cb.example"] = [self.cb.host]
        hub = self.daemon("--allow-topic=good.example",
                          "--deny-topic=bad.good.example",
                          "--allow-callback=cb.example")
        good = f"http://x.cb.example:{self.cb.port}/{self.cb.token}/"

        def asked(topic: str, callback: str) -> Message:
            return self.ask(hub, "subscribe", topic, callback)
        for host in ("good.example", "a.good.example"):
            self.assertEqual(asked(f"http://{host}/", good + host).status, 202)
        self.cb.wait_verifications(2)
        for host in ("other.example", "bad.good.example",
                     "x.bad.good.example", "192.0.2.1", "example"):
            with self.subTest(host=host):
                self.forbidden(asked(f"http://{host}/", good), "topic.denied")
        self.forbidden(asked("http://good.example/", self.cb.url()),
                       "callback.denied")

    def test_R19_unsubscribing_from_what_is_denied_asks_nobody(self) -> None:
        # Who is denied has no subscription, so nobody need be asked.
        answer = self.asked(mode="unsubscribe", topic="http://bad.example/")
        self.assertIn(answer.status, (202, 403), answer.text)
        self.nobody_is_asked()

    def test_R19_dangerous_ports_are_refused_and_others_are_not(self) -> None:
        for port in (22, 25, 53, 110, 143, 389, 445, 465, 587, 993, 995, 2049,
                     5432, 6000, 6379, 6667, 11211):
            for name in ("topic", "callback"):
                with self.subTest(port=port, name=name):
                    answer = self.asked(**{name: f"http://192.0.2.1:{port}/"})
                    self.assertIn(answer.status, (400, 403))
                    self.assertIn(f"hub.{name}", answer.text)
        for port in (80, 443, 4443, 8080, 8089, 8188, 8444, 8990, 3000, 1234):
            with self.subTest(port=port):
                self.assertEqual(
                    self.asked(topic=f"http://192.0.2.1:{port}/").status, 202)

    def test_R19_what_needs_a_name_is_judged_after_the_202(self) -> None:
        inside = self.callback()
        self.dns.names["inside.example"] = [inside.host]
        hub = self.daemon(loopback=False)
        answer = self.ask(hub, "subscribe", NOBODY,
                          f"http://inside.example:{inside.port}/")
        self.assertEqual(answer.status, 202, answer.text)
        self.dns.questions.wait(1)
        hub.wait_for("verification.failed")
        hub.stop()
        self.assertEqual(inside.accepted, 0)


if __name__ == "__main__":
    together.main()
