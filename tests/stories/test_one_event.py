# SPDX-License-Identifier: MIT
"""One update again, by its id: for who may read it."""

import unittest

from harness.streaming import Streaming, target

NASTY = b'a\nb\r\nc\rd\n\nid: 1\ndata: x\n\n\xe2\x80\xa8"\\\x00\x1f end'


class OneEvent(Streaming):
    def test_an_event_can_be_had_again(self) -> None:
        topic = self.begin()
        events = self.events(topic)
        events.named("open")
        self.update(topic, NASTY)
        event = events.event()
        self.assertEqual(self.hub.client.json(f"/events/{event['id']}"),
                         event)

    def test_its_body_comes_as_a_webhook_would_get_it(self) -> None:
        topic = self.begin()
        callback = self.callback()
        self.subscribe(self.hub, topic, callback.url())
        self.update(topic, NASTY, "text/plain; charset=x")
        post = callback.wait_posts(1)[0]
        event = self.hub.client.json(
            target("/events", topic, since="-1"))["events"][0]
        plain = self.hub.client.get(f"/events/{event['id']}/content")
        self.assertEqual(plain.status, 200, plain.head)
        self.assertEqual(plain.body, post.body)
        for name in ("Content-Type", "Link", "Hub-Sequence"):
            self.assertEqual(plain.get(name), post.get(name), name)

    def test_what_is_not_there_is_404(self) -> None:
        topic = self.begin()
        cursor = self.cursor(topic)
        for path in ("x", "x/content", cursor + "/body", cursor + "/",
                     "A" * 22, "sse/x"):
            answer = self.hub.client.get(f"/events/{path}")
            self.assertEqual(answer.status, 404, (path, answer.text))

    def test_a_page_cannot_act_in_the_name_of_the_hub(self) -> None:
        topic = self.begin()
        self.update(topic, b"<script>alert(1)</script>", "text/html")
        event = self.hub.client.json(
            target("/events", topic, since="-1"))["events"][0]
        plain = self.hub.client.get(f"/events/{event['id']}/content")
        self.assertEqual(plain.get("Content-Security-Policy"), "sandbox")
        self.assertEqual(plain.get("X-Content-Type-Options"), "nosniff")

    def test_without_a_right_it_is_not_there(self) -> None:
        topic = self.begin()
        event = self.hub.client.json(
            target("/events", topic, since="-1"))["events"][0]
        self.hub.options = tuple(option for option in self.hub.options
                                 if option != "--pull-open")
        self.hub.restart()
        path = f"/events/{event['id']}"
        # The hub reaches it only by allow-address (M20).
        self.assertEqual(self.hub.client.get(path).status, 404)
        mine = self.token("mine", scope=topic)
        other = self.token("other", scope="https://elsewhere.example/*")
        for token, status in ((mine, 200), (other, 404)):
            for end in ("", "/content"):
                answer = self.hub.client.get(
                    path + end, [("Authorization", f"Bearer {token}")])
                self.assertEqual(answer.status, status, answer.text)
        answer = self.hub.client.get(
            path, [("Authorization", "Bearer wsd_nonsense")])
        self.assertEqual(answer.status, 401)


if __name__ == "__main__":
    unittest.main()
