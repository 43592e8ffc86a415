# SPDX-License-Identifier: MIT
"""A relay, and a hub or a subscriber that does not do as it should."""

import json
import threading
import time
import unittest

from harness import Answer, Story, until
from harness.callback import name_of, signature
from harness.relay import FakeHub, Relay, document, problem
from harness.server import Seen

TOKEN = "wsd_a-token-that-nobody-may-see"
TOPIC = "http://feeds.example/atom"


class Cast(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self._server(FakeHub(TOKEN))
        self.secrets.add(TOKEN)

    def relay(self, *options: str, token: str = TOKEN,
              no_proxy: str | None = None) -> Relay:
        relay = Relay(self.directory / f"relay{len(self.daemons)}",
                      self.hub.base + "/", token, *options)
        relay.no_proxy = no_proxy or self.hub.host
        self.daemons.append(relay)
        return relay.start()


class Faults(Cast):
    def test_M21_bytes_type_and_signature_are_the_hubs(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), secret="s3cret")
        bodies = [b"<feed>\r\n\xc3\xa4 \x00 \xf0\x9f\x90\x9d</feed>",
                  bytes(range(256)) * 40, b""]
        for body in bodies:
            self.hub.publish(TOPIC, body, "application/x-thing; a=b")
        posts = callback.wait_posts(3)
        self.assertEqual([post.body for post in posts], bodies)
        for at, post in enumerate(posts):
            self.assertEqual(post.get("Content-Type"),
                             "application/x-thing; a=b")
            self.assertEqual(post.get("X-Hub-Signature"),
                             signature("sha256", b"s3cret", bodies[at]))
            self.assertEqual(post.get("Hub-Sequence"),
                             f"00c0ffee00c0ffee.{at + 1}")
            self.assertEqual(post.get("Hub-Previous"),
                             f"00c0ffee00c0ffee.{at}")
            self.assertEqual(
                post.get("Link"), f'<{self.hub.base}/>; rel="hub", '
                                  f'<{TOPIC}>; rel="self"')

    def test_an_old_client_is_signed_by_sha1(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), secret="s3cret",
                       verify="sync", verify_token="tok")
        self.assertEqual(
            callback.verifications.all()[0].params["hub.verify_token"], "tok")
        self.hub.publish(TOPIC, b"new")
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha1", b"s3cret", b"new"))

    def test_the_callback_is_told_the_lease_that_the_hub_granted(self) -> None:
        self.hub.lease = 7200
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), lease_seconds="99999")
        seen = callback.wait_verifications(1)[0]
        self.assertEqual(seen.params["hub.lease_seconds"], "7200")
        self.assertEqual(seen.params["hub.topic"], TOPIC)
        self.assertEqual(self.hub.puts.all()[0]["lease_seconds"], 99999)

    def test_a_gap_is_told(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        self.hub.gap = {"reason": "expired", "topics": [
            {"topic": TOPIC, "lost": 3, "from_seq": 4, "to_seq": 6}]}
        self.hub.publish(TOPIC, b"new")
        self.assertEqual(callback.wait_posts(1)[0].get("Hub-Gap"),
                         "00c0ffee00c0ffee.4-6; reason=expired")

    def test_who_does_not_confirm_leaves_no_mailbox(self) -> None:
        relay, callback = self.relay(), self.callback()
        callback.on_verify = lambda seen: Answer(404)
        self.accepted(relay, "subscribe", TOPIC, callback.url())
        relay.wait_for("verification.failed")
        self.hub.asked.wait_until(
            lambda seen: any(one.method == "DELETE" for one in seen),
            "the end of the mailbox")
        until(lambda: self.hub.boxes == {}, "no mailbox to be there")

    def test_only_neighbours_are_called(self) -> None:
        relay = self.relay()
        # Nothing is sent there.
        self.accepted(relay, "subscribe", TOPIC, "http://8.8.8.8:8080/cb")
        line = relay.wait_for("verification.failed")
        self.assertEqual(line.fields["why"], "its address is not allowed")

    def test_only_the_ranges_given_are_called(self) -> None:
        callback = self.callback()
        relay = self.relay("--allow-callback=10.0.0.0/8",
                           "--allow-callback=fd00::/8")
        self.accepted(relay, "subscribe", TOPIC, callback.url())
        line = relay.wait_for("verification.failed")
        self.assertEqual(line.fields["why"], "its address is not allowed")
        self.assertEqual(callback.accepted, 0)

    def test_its_own_door_is_no_callback(self) -> None:
        relay = self.relay()
        self.accepted(relay, "subscribe", TOPIC, relay.url + "hub")
        line = relay.wait_for("verification.failed")
        self.assertEqual(line.fields["why"], "its address is not allowed")

    def test_a_topic_without_right_is_denied(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.hub.script("PUT", "box", problem(403, "forbidden-topic"))
        self.accepted(relay, "subscribe", TOPIC, callback.url())
        seen = callback.wait_verifications(1)[0]
        self.assertEqual(seen.params["hub.mode"], "denied")
        self.assertEqual(seen.params["hub.topic"], TOPIC)
        self.assertTrue(seen.params["hub.reason"])

    def test_a_hub_that_is_busy_is_left_alone_for_a_while(self) -> None:
        relay, callback = self.relay(), self.callback()
        for status in (429, 503):
            self.hub.script("PUT", "box",
                            problem(status, "busy", ("Retry-After", "0")))
        self.subscribe(relay, TOPIC, callback.url())
        lines = relay.lines("hub.away")
        self.assertEqual([line.fields["status"] for line in lines],
                         ["429", "503"])
        self.assertEqual(len(relay.lines("hub.back")), 1)

    def test_a_new_token_is_read_when_the_old_one_is_refused(self) -> None:
        relay, callback = self.relay(token="wsd_old"), self.callback()
        self.accepted(relay, "subscribe", TOPIC, callback.url())
        line = relay.wait_for("hub.away")
        self.assertEqual(line.fields["status"], "401")
        relay.token_file.write_text(TOKEN)
        relay.wait_for("subscription.active")

    def test_without_a_look_at_the_log_mailboxes_are_read(self) -> None:
        self.hub.blind = True
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        relay.wait_for("watch.refused")
        self.hub.publish(TOPIC, b"new")
        # It looks at once when it starts, and then once a minute.
        relay.restart()
        callback.wait_posts(1)

    def test_a_lost_mailbox_is_made_again(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), secret="s3cret")
        relay.stop()
        self.hub.boxes.clear()
        self.hub.publish(TOPIC, b"while it was away")
        relay.start()
        relay.wait_for("mailbox.lost")
        post = callback.wait_posts(1)[0]
        self.assertEqual(post.body, b"while it was away")
        self.assertEqual(post.get("X-Hub-Signature"),
                         signature("sha256", b"s3cret", post.body))

    def test_M21_nothing_is_acknowledged_before_a_2xx(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        callback.script(Answer(503, fields=[("Retry-After", "1")]),
                        Answer(500))
        self.hub.publish(TOPIC, b"one")
        self.hub.publish(TOPIC, b"two")
        posts = callback.wait_posts(4)
        self.assertEqual([post.body for post in posts],
                         [b"one", b"one", b"one", b"two"])
        self.assertGreaterEqual(posts[1].when - posts[0].when, 0.95)
        relay.wait_for("delivery.recovered")

    def test_who_hangs_holds_up_nobody(self) -> None:
        relay, slow, quick = self.relay(), self.callback(), self.callback()
        self.subscribe(relay, TOPIC, slow.url(), quick.url())
        gate = threading.Event()
        slow.script(Answer(200, gate=gate))
        for number in range(5):
            self.hub.publish(TOPIC, b"%d" % number)
        bodies = [b"0", b"1", b"2", b"3", b"4"]
        self.assertEqual([post.body for post in quick.wait_posts(5)], bodies)
        self.assertEqual(len(slow.wait_posts(1)), 1)
        gate.set()
        self.assertEqual([post.body for post in slow.wait_posts(5)], bodies)

    def test_410_ends_it_here_and_there(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        callback.script(Answer(410))
        self.hub.publish(TOPIC, b"new")
        line = relay.wait_for("subscription.ended")
        self.assertEqual(line.fields["why"], "gone")
        self.hub.asked.wait_until(
            lambda seen: any(one.method == "DELETE" for one in seen),
            "the end of the mailbox")
        until(lambda: relay.saved()["subscriptions"] == [],
              "it to be forgotten")

    def test_410_to_what_was_sent_before_a_renewal_ends_nothing(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        gate = threading.Event()
        callback.script(Answer(410, gate=gate))
        self.hub.publish(TOPIC, b"new")
        callback.wait_posts(1)
        self.subscribe(relay, TOPIC, callback.url(),
                       event="subscription.renewed")
        gate.set()
        posts = callback.wait_posts(2)
        self.assertEqual([post.body for post in posts], [b"new", b"new"])

    def test_a_renewal_that_fails_leaves_the_lease_as_it_was(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), lease_seconds="9000")
        callback.on_verify = lambda seen: Answer(404)
        self.accepted(relay, "subscribe", TOPIC, callback.url(),
                      lease_seconds="60")
        puts = self.hub.puts.wait(3)
        self.assertEqual(puts[1]["lease_seconds"], 60)
        self.assertGreater(puts[2]["lease_seconds"], 8900)

    def test_so_it_does_while_its_mailbox_is_read(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), lease_seconds="9000")
        gate = threading.Event()
        nothing = document({"cursor": "c-0", "more": False, "gap": None,
                            "next": {"after_ms": 0}, "events": []})
        nothing.gate = gate
        self.hub.script("GET", "messages", nothing)
        self.hub.publish(TOPIC, b"new")
        until(lambda: not self.hub.scripted["GET", "messages"],
              "the mailbox to be read")
        callback.on_verify = lambda seen: Answer(404)
        self.accepted(relay, "subscribe", TOPIC, callback.url(),
                      lease_seconds="60")
        relay.wait_for("verification.failed")
        gate.set()
        self.assertGreater(self.hub.puts.wait(3)[2]["lease_seconds"], 8900)

    def test_unsubscribing_is_verified(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        self.accepted(relay, "unsubscribe", TOPIC, callback.url())
        relay.wait_for("subscription.ended", why="unsubscribed")
        self.assertEqual(callback.verifications.all()[-1].params["hub.mode"],
                         "unsubscribe")

    def test_an_unknown_one_that_leaves_is_202_and_asks_nobody(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.accepted(relay, "unsubscribe", TOPIC, callback.url())
        relay.stop()
        self.assertEqual(callback.accepted, 0)

    def test_a_lease_that_is_over_ends_it(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        relay.stop()
        # Two seconds more, or none if it takes longer to start: it cannot be
        # verified within a lease as short as that for certain.
        saved = relay.saved()
        end = int((time.time() + 2) * 1000)
        saved["subscriptions"][0]["lease_end"] = end
        relay.state.write_text(json.dumps(saved))
        relay.start()
        line = relay.wait_for("subscription.ended")
        self.assertEqual(line.fields["why"], "lease")
        self.assertGreaterEqual(time.time() * 1000, end)
        self.assertEqual(len(callback.verifications), 1)

    def test_a_mailbox_is_kept_alive(self) -> None:
        # It is touched four times in that.
        self.hub.lease = 12
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        self.hub.asked.wait_until(
            lambda seen: sum(one.path.endswith("/touch") for one in seen) >= 2,
            "touches")

    def test_requests_survive_a_kill(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.hub.stop()
        self.accepted(relay, "subscribe", TOPIC, callback.url(),
                      secret="s3cret")
        self.assertEqual(relay.state.stat().st_mode & 0o777, 0o600)
        relay.kill()
        self.hub.listen()
        since = relay.mark()
        relay.start()
        relay.wait_for("subscription.active", since=since)

    def test_killed_in_mid_stream_it_goes_on_where_it_was(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), secret="s3cret")
        count, kills = 400, 6
        bodies = [b"number %d" % number for number in range(count)]
        for body in bodies:
            self.hub.publish(TOPIC, body)
        for kill in range(1, kills + 1):
            callback.wait_posts(kill * count // (kills + 2))
            relay.kill()
            until(callback.deserted, "what it has sent to be read")
            relay.start()
        callback.posts.wait_until(
            lambda posts: posts[-1].body == bodies[-1], "the last")
        seen = [post.body for post in callback.posts.all()]
        twice = [at for at in range(1, len(seen)) if seen[at] == seen[at - 1]]
        self.assertEqual([body for at, body in enumerate(seen)
                          if at not in twice], bodies)
        self.assertLessEqual(len(twice), kills)

    def test_sigterm_finishes_what_is_in_flight(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())
        gate = threading.Event()
        callback.script(Answer(204, gate=gate))
        self.hub.publish(TOPIC, b"one")
        self.hub.publish(TOPIC, b"two")
        callback.wait_posts(1)
        relay.terminate()
        relay.wait_for("stopping")
        gate.set()
        self.assertEqual(relay.wait_exit(), 0)
        relay.start()
        posts = callback.wait_posts(2)
        self.assertEqual([post.body for post in posts], [b"one", b"two"])

    def test_long_bodies_come_whole(self) -> None:
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url(), secret="s3cret")
        bodies = [bytes(range(256)) * 40000, "\u00e4\u0001".encode() * 3000000]
        for body in bodies:
            self.hub.publish(TOPIC, body)
        for body, post in zip(bodies, callback.wait_posts(2)):
            self.assertTrue(body == post.body)
            self.assertEqual(post.get("X-Hub-Signature"),
                             signature("sha256", b"s3cret", body))

    def test_a_long_backlog_keeps_nobody_waiting(self) -> None:
        relay, callback = self.relay(), self.callback()
        topics = [f"{TOPIC}/{number}" for number in range(8)]
        names = [f"s{number}" for number in range(8)]
        for topic, name in zip(topics, names):
            self.subscribe(relay, topic, callback.url(name))
        relay.stop()
        for number in range(30):
            for topic in topics:
                self.hub.publish(topic, b"%d" % number)
        everybody = threading.Event()

        def patiently(seen: Seen) -> Answer:
            # Six at a time, ten of each in a row: before anybody gets more,
            # all have had something.
            mine = int(seen.body)
            return Answer(204, gate=everybody if mine >= 10 else None)
        callback.on_post = patiently
        relay.start()
        callback.posts.wait_until(
            lambda posts: {name_of(post) for post in posts} == set(names),
            "one for everybody")
        everybody.set()
        posts = callback.wait_posts(240)
        for name in names:
            self.assertEqual([post.body for post in posts
                              if name_of(post) == name],
                             [b"%d" % number for number in range(30)])

    def test_a_hundred_topics_are_watched_by_one_request(self) -> None:
        relay, callback = self.relay(), self.callback()
        topics = [f"{TOPIC}/{number}" for number in range(130)]
        for topic in topics:
            self.accepted(relay, "subscribe", topic, callback.url())
        relay.wait_for("subscription.active", len(topics))
        for topic in topics:
            self.hub.publish(topic, topic.encode())
        posts = callback.wait_posts(len(topics))
        self.assertEqual(sorted(post.body.decode() for post in posts),
                         sorted(topics))

        def watched(asked: list[Seen]) -> list[int]:
            return [len(json.loads(seen.body)["topics"])
                    for seen in asked if seen.path == "/events"]
        self.hub.asked.wait_until(lambda asked: 100 in watched(asked),
                                  "a hundred to be watched")
        self.assertEqual(max(watched(self.hub.asked.all())), 100)

    def test_what_comes_after_a_denied_question_is_not_missed(self) -> None:
        self.hub.script("POST", "events", problem(403, "denied-topic"))
        relay, callback = self.relay(), self.callback()
        self.subscribe(relay, TOPIC, callback.url())

        def looked(seen: list[Seen]) -> bool:
            kinds = [one.path.rpartition("/")[2] for one in seen]
            return ("events" in kinds
                    and "messages" in kinds[kinds.index("events"):])
        self.hub.asked.wait_until(looked, "a look into the mailbox")
        self.hub.publish(TOPIC, b"new")
        callback.wait_posts(1)

    def test_what_is_no_request_is_refused(self) -> None:
        relay, callback = self.relay(), self.callback()
        for pairs, fields, status in (
                ([("hub.mode", "subscribe")], [], 400),
                ([("hub.mode", "publish"), ("hub.url", TOPIC)], [], 400),
                ([("hub.mode", "subscribe"), ("hub.topic", TOPIC),
                  ("hub.callback", callback.url())],
                 [("Origin", "http://page.example")], 403)):
            answer = relay.client.post(pairs, fields=fields)
            self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(relay.client.get("/nothing").status, 404)
        self.assertEqual(relay.client.get("/healthz").status, 200)
        self.assertEqual(relay.client.get("/feed?url=x").status, 400)

    def test_a_second_relay_keeps_off_the_state(self) -> None:
        relay = self.relay()
        other = Relay(self.directory / "other", self.hub.base, TOKEN)
        other.state = relay.state
        other.launch()
        line = other.wait_for("start.failed")
        self.assertIn("another relay", line.fields["why"])
        self.assertEqual(other.wait_exit(), 1)


if __name__ == "__main__":
    unittest.main()
