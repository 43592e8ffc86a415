# SPDX-License-Identifier: MIT
"""What operators ask the running daemon for."""

import json
from typing import Any
from urllib.parse import urlencode

from .daemon import Daemon
from .story import Story


class OperatorStory(Story):
    def steer(self, hub: Daemon, path: str, status: int = 200,
              **fields: str) -> Any:
        """A POST, with what it says in its body."""
        pairs = [(name.replace("_", "-"), value)
                 for name, value in fields.items()]
        answer = hub.admin.post(pairs, "/admin/" + path)
        self.assertEqual(answer.status, status, answer.text)
        told = json.loads(answer.body)
        if status != 200:
            self.assertTrue(told["error"])
        return told

    def look(self, hub: Daemon, path: str, status: int = 200,
             **query: str) -> Any:
        answer = hub.admin.get(f"/admin/{path}?{urlencode(query)}")
        self.assertEqual(answer.status, status, answer.text)
        return json.loads(answer.body)

    def pages(self, hub: Daemon, path: str, name: str, limit: int,
              **query: str) -> list[Any]:
        """All of a list, so many at a time."""
        found: list[Any] = []
        after = {}
        while True:
            page = self.look(hub, path, limit=str(limit), **query, **after)
            self.assertLessEqual(len(page[name]), limit)
            found += page[name]
            if page["next"] is None:
                return found
            after = {"after": str(page["next"])}
