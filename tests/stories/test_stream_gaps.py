# SPDX-License-Identifier: MIT
"""What retention took from a stream is told in it."""

import unittest

from harness import until
from harness.stream import Events, events_until
from harness.streaming import Streaming, target


class Gaps(Streaming):
    def test_a_gap_comes_before_what_follows_it(self) -> None:
        topic = self.begin("--retention-updates=5")
        cursor = self.cursor(topic)
        count = 1250  # trimming may take its time, but not with so many
        for number in range(count):
            self.update(topic, b"%d" % number)
        self.hub.wait_for("log.trimmed")

        def lost() -> int:
            gap = self.hub.client.json(
                target("/events", topic, since=cursor))["gap"]
            return gap["topics"][0]["lost"] if gap else 0
        until(lambda: lost() > count - 150, "the end of trimming")
        for stream in (self.events, self.lines):
            with stream(topic, since=cursor) as reader:
                self.gapped(topic, reader, count)

    def gapped(self, topic: str, reader, count: int) -> None:
        if isinstance(reader, Events):
            said = reader.named("gap")
            gap, place = said.data, said.id
            self.assertEqual(gap["cursor"], place)
        else:
            gap = reader.object()
            while gap["type"] != "gap":
                gap = reader.object()
        lost = gap["topics"][0]
        self.assertEqual((gap["reason"], lost["topic"], lost["exact"]),
                         ("expired", topic, True))
        event = reader.event()
        self.assertEqual(event["seq"], lost["to_seq"] + 1)
        events = [event] + events_until(reader, count - lost["lost"] - 1)
        self.assertEqual(events[-1]["body"], str(count - 1))


if __name__ == "__main__":
    unittest.main()
