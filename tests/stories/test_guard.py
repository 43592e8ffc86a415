# SPDX-License-Identifier: MIT
"""Addresses that are nobody's business on the internet are never called."""

import unittest

from harness import Answer, Atom, Story


class Guard(Story):
    def test_a_callback_on_loopback_is_202_and_never_called(self) -> None:
        hub, callback = self.daemon(loopback=False), self.callback()
        since = hub.mark()
        answer = self.ask(hub, "subscribe", "http://topic.example/",
                          callback.url())
        self.assertEqual(answer.status, 202)
        hub.wait_for("verification.failed", since=since)
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_no_spelling_of_loopback_gets_through(self) -> None:
        names = self.names({"evil.test": ["127.0.0.1"],
                            "localhost": ["127.0.0.1"]})
        hub = self.daemon(f"--dns-server={names.address}",
                          loopback=False)
        callback = self.callback()
        callback.stop()
        # Whatever it is called, it comes here: at a port that is free on
        # every address.
        callback.host, callback.port = "0.0.0.0", 0
        callback.listen()
        hosts = ["127.0.0.1", "127.1", "2130706433", "0x7f000001",
                 "017700000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]",
                 "localhost", "localhost.", "evil.test", "evil.test."]
        for number, host in enumerate(hosts):
            with self.subTest(host=host):
                url = f"http://{host}:{callback.port}/{callback.token}/"
                since = hub.mark()
                answer = self.ask(hub, "subscribe",
                                  f"http://topic.example/{number}", url)
                self.assertIn(answer.status, (202, 400, 403))
                if answer.status == 202:
                    hub.wait_for("verification.failed", since=since,
                                 timeout=40)
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def test_a_topic_on_loopback_is_never_fetched(self) -> None:
        hub = self.daemon("--allow-callback-address=127.0.0.0/8",
                          loopback=False)
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("private"))
        self.subscribe(hub, topic, callback.url())
        hub.wait_for("fetch.failed")
        self.publish(hub, topic)
        hub.stop()
        self.assertEqual(origin.accepted, 0)
        self.assertEqual(len(callback.posts), 0)

    def test_a_redirect_to_a_refused_address_is_not_followed(self) -> None:
        inner, outer, callback = self.origin(), self.origin(), self.callback()
        hub = self.daemon("--allow-callback-address=127.0.0.0/8",
                          f"--allow-topic-address={outer.host}/32",
                          loopback=False)
        secret = inner.serve(Atom().add("private"))
        outer.script(*(Answer(302, fields=[("Location", secret)])
                       for _ in range(9)))
        self.subscribe(hub, outer.url(), callback.url())
        hub.wait_for("fetch.failed")
        hub.stop()
        self.assertGreaterEqual(len(outer.fetches), 1)
        self.assertEqual(inner.accepted, 0)


class Names(Story):
    def test_names_are_asked_of_the_given_server(self) -> None:
        callback, origin = self.callback(), self.origin()
        names = self.names({"sub.test": [callback.host],
                            "pub.test": [origin.host]})
        hub = self.daemon(f"--dns-server={names.address}")
        topic = f"http://pub.test:{origin.port}/feed"
        origin.serve(Atom().add("one"))
        url = f"http://sub.test:{callback.port}/{callback.token}/cb"
        self.follow(hub, topic, url)
        self.publish(hub, topic)
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("Host"), f"sub.test:{callback.port}")

    def test_a_name_that_is_not_answered_delays_nobody(self) -> None:
        callback = self.callback()
        names = self.names({"slow.test": None, "sub.test": [callback.host]})
        hub = self.daemon(f"--dns-server={names.address}",
                          )
        for number in range(20):
            self.accepted(hub, "subscribe", f"http://127.9.9.9:9999/{number}",
                          "http://slow.test/")
        names.questions.wait_until(
            lambda asked: any(name == "slow.test" for name, _ in asked),
            "a question for slow.test")
        self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                      f"http://sub.test:{callback.port}/{callback.token}/cb")
        hub.wait_for("subscription.active", host="sub.test")
        # The names that are slow have not been given up yet.
        self.assertEqual(hub.lines("subscription.active", host="slow.test"),
                         [])


if __name__ == "__main__":
    unittest.main()
