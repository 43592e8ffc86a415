# SPDX-License-Identifier: MIT
"""How long mailboxes live, and what of what they listen to is still there."""

import json

from harness import Atom, Wire, entries_of, together, until
from harness.client import post
from harness.gifts import KEY, gift
from harness.mailboxes import Mailboxes, answer_of, bodies
from harness.streaming import PLAIN


class Lives(Mailboxes):
    def setUp(self) -> None:
        super().setUp()
        self.followed = self.begin()
        self.mine = self.owner()

    def test_R68_an_ephemeral_one_lives_while_it_is_read(self) -> None:
        status, said = self.mine.ask(
            "POST", "/mailboxes", {"topics": [self.followed],
                                   "inactivity": 600})
        self.assertEqual(status, 201)
        name = said["name"]
        self.assertEqual(said["overflow"], "disconnect")
        stream = self.mine.events(name)
        stream.named("open")
        self.mine.good("PATCH", f"/mailboxes/{name}", {"inactivity": 6})
        # One that begins later and is not read ends: so would this.
        other = self.mine.good("POST", "/mailboxes", {"inactivity": 6})
        self.hub.wait_for("mailbox.ended", reason="inactivity")
        self.assertEqual(self.mine.ask("GET",
                                       f"/mailboxes/{other['name']}")[0], 404)
        self.assertTrue(self.mine.show(name)["connected"])
        self.updates(self.followed, "a")
        self.assertEqual(stream.event()["body"], "a")
        since = self.hub.mark()
        stream.close()
        self.hub.wait_for("mailbox.ended", since=since)

    def test_who_is_held_is_told_that_it_has_ended(self) -> None:
        self.mine.make("one", self.followed)
        held = self.mine.hold("one")
        self.mine.good("DELETE", "/mailboxes/one")
        answer = held.read()
        said = json.loads(answer.body)
        self.assertEqual((answer.status, said["type"]), (410, "denied"))
        self.assertIn("hub.mode=denied", said["detail"])
        self.mine.make("one", self.followed)
        stream = self.mine.events("one")
        socket = self.mine.socket("one")  # releases the stream
        socket.of_type("open")
        self.mine.good("DELETE", "/mailboxes/one")
        self.assertEqual(socket.of_type("abort")["reason"], "denied")
        self.assertEqual(stream.named("abort").data["reason"], "superseded")
        self.assertEqual(self.mine.ask("GET", "/mailboxes/one")[0], 404)

    def test_R46_presence_does_not_flicker(self) -> None:
        self.mine.make("one", self.followed)
        self.assertFalse(self.mine.show("one")["connected"])
        held = self.mine.hold("one", wait=200)
        self.assertTrue(self.mine.show("one")["connected"])
        self.updates(self.followed, "a")
        held.read()
        # Between two polls it is still there.
        self.assertTrue(self.mine.show("one")["connected"])

    def test_all_survives_a_restart(self) -> None:
        made = self.mine.make("one", self.followed, max_pending=7)
        self.updates(self.followed, "a")
        self.hub.kill()
        self.hub.start()
        said = self.mine.show("one")
        self.assertEqual((said["max_pending"], said["pending"]), (7, 1))
        self.assertEqual(said["subscriptions"], made["subscriptions"])
        self.updates(self.followed, "b")
        self.assertEqual(bodies(self.mine.read("one")), ["a", "b"])

    def test_M7_a_mailbox_keeps_its_topic_followed(self) -> None:
        topic = self.source.serve(b"x", "text/plain", path="/new")
        since = self.hub.mark()
        self.mine.make("one", topic)
        self.hub.wait_for("update", since=since)
        self.updates(topic, "y")
        self.assertEqual(bodies(self.mine.read("one"))[-1], "y")

    def test_M3_the_first_of_a_feed_is_whole(self) -> None:
        feed = Atom()
        topic = self.source.serve(feed.add("one").add("two"), path="/feed")
        since = self.hub.mark()
        self.mine.make("whole", topic)
        self.mine.make("cut", topic, content="entries")
        self.hub.wait_for("update", since=since)
        for owner in ("whole", "cut"):
            said = self.mine.read(owner)
            if said["events"]:  # the baseline came after it was made
                self.mine.mark(owner, cursor=said["cursor"])
        self.mine.make("late", topic)
        for name in ("three", "four"):
            since = self.hub.mark()
            self.publish(self.hub, self.source.serve(feed.add(name),
                                                     path="/feed"))
            self.hub.wait_for("update", since=since)
        late = [len(entries_of(event["body"].encode()))
                for event in self.mine.read("late")["events"]]
        cut = [len(entries_of(event["body"].encode()))
               for event in self.mine.read("cut")["events"]]
        self.assertEqual(late, [3, 1])
        self.assertEqual(cut, [1, 1])

    def test_a_hub_that_stops_lets_its_readers_go(self) -> None:
        self.mine.make("one", self.followed)
        self.mine.make("two", self.followed)
        held = self.mine.hold("one")
        stream = self.mine.events("two")
        self.hub.terminate()
        self.assertEqual(answer_of(held)["events"], [])
        stream.ended()
        self.assertEqual(self.hub.wait_exit(), 0)

    def test_M9_a_gap_is_told_exactly(self) -> None:
        self.secrets.add(KEY)
        self.hub.restart("--retention-updates=5",
                         f"--publisher-key={self.followed} {KEY}")
        self.mine.make("one", self.followed)
        # Trimming may take its time, unless there is very much to trim.
        many = 1250
        with Wire(self.hub.address) as wire:
            for number in range(many):
                answer = wire.ask(post(gift(
                    self.followed, b"%d" % number, content_type=PLAIN)))
                self.assertEqual(answer.status, 204, answer.text)
        self.hub.wait_for("update", many)
        self.hub.wait_for("log.trimmed")

        def lost_so_far() -> int:
            gap = self.mine.read("one", limit=1)["gap"]
            return gap["topics"][0]["lost"] if gap else 0
        until(lambda: lost_so_far() > many - 150, "the end of trimming")
        # In one page: trimming may go on after it.
        said = self.mine.read("one", limit=1000)
        lost, = said["gap"]["topics"]
        self.assertEqual(said["gap"]["reason"], "expired")
        self.assertTrue(lost["exact"])
        self.assertEqual(lost["to_seq"] + 1, said["events"][0]["seq"])
        seqs = [event["seq"] for event in said["events"]]
        self.assertFalse(said["more"])
        self.assertEqual(lost["lost"] + len(seqs), many)
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + len(seqs))))


if __name__ == "__main__":
    together.main()
