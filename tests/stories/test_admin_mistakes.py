# SPDX-License-Identifier: MIT
"""What operators' programs ask for by mistake: it is refused, and that is all.

Worth the most where a sanitizer watches the daemon.
"""

import json
import unittest
from urllib.parse import urlencode

from harness import Daemon
from harness.operator import OperatorStory

# Without one of their parameters these cannot be answered.
LOOKS = ("topic", "explain", "probe", "deliveries", "mailbox", "trace")
STEERS = ("topic", "topic/add", "topic/remove", "subscription/add",
          "subscription/extend", "remove", "resend", "pause", "token",
          "token/remove", "rule", "rule/remove", "key", "key/remove", "quota",
          "quota/remove", "mailbox/remove", "ping")

GOOD = {"topic": "http://127.0.0.1:8080/feed",
        "callback": "http://127.0.0.1:8080/callback",
        "origin": "http://127.0.0.1:8080", "id": "1", "seq": "1",
        "kind": "deny-topic", "domain": "bad.test",
        "prefix": "http://127.0.0.1:8080/", "name": "nobody", "value": "1",
        "rights": "view", "hash": "0" * 64, "lease": "1d", "poll": "1h",
        "keep": "yes", "content": "full", "verify": "no", "only-new": "yes"}

BAD = ("", "0", "-1", "javascript:alert(1)", "http://", "\x1b[31m", "\x80",
       "18446744073709551616", "a" * 200)


class Mistakes(OperatorStory):
    def ask_for(self, hub: Daemon, method: str, path: str,
                fields: dict[str, str]) -> None:
        if method == "GET":
            answer = hub.admin.get(f"/admin/{path}?{urlencode(fields)}")
        else:
            answer = hub.admin.post(list(fields.items()), "/admin/" + path)
        told = json.loads(answer.body)
        # A ping says how many topics it found, also when it is none.
        if answer.status not in (200, 202) and "known" not in told:
            self.assertIn(answer.status, (400, 403, 404, 409), answer.text)
            self.assertTrue(told.get("error"), (path, fields, told))

    def all_of(self, hub: Daemon, fields: dict[str, str]) -> None:
        for path in LOOKS:
            self.ask_for(hub, "GET", path, fields)
        for path in STEERS:
            self.ask_for(hub, "POST", path, fields)

    def test_questions_without_their_parameters_are_refused(self) -> None:
        hub = self.daemon()
        for path in LOOKS:
            self.look(hub, path, 400 if path != "deliveries" else 200)
        for path in STEERS:
            self.steer(hub, path, 400)

    def test_whatever_is_wrong_is_said_and_the_hub_goes_on(self) -> None:
        hub = self.daemon()
        for bad in BAD:
            self.all_of(hub, dict.fromkeys(GOOD, bad))
        for name in GOOD:
            self.all_of(hub, {**GOOD, name: BAD[3]})
            self.all_of(hub, {key: value for key, value in GOOD.items()
                              if key != name})
        self.assertEqual(hub.admin.get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
