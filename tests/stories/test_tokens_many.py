# SPDX-License-Identifier: MIT
"""Many tokens that end at one time."""

import hashlib
import unittest

from harness import Wire, request
from harness.access import bearer
from harness.client import FORM, form
from harness.streaming import Streaming

COUNT = 200


class Ended(Streaming):
    def posted(self, path: str, **fields: str) -> bytes:
        return request("POST", path, [("Content-Type", FORM)],
                       form(fields.items()))

    def add(self, name: str) -> str:
        token = "wsd_" + name.rjust(43, "0")
        self.secrets.add(token)
        digest = hashlib.sha256(token.encode()).hexdigest()
        answer = self.hub.admin.ask(self.posted(
            "/admin/token", name=name, rights="pull", scope="*", hash=digest))
        self.assertEqual(answer.status, 200, answer.text)
        return token

    def test_none_of_them_holds_anything_any_more(self) -> None:
        topic = self.begin()
        names = [f"reader-{number}" for number in range(COUNT)]
        readers = [self.lines(topic, fields=(bearer(self.add(name)),))
                   for name in names]
        self.wait_held(COUNT)
        doors = [self._kept(Wire(self.hub.data / "admin.sock"))
                 for _ in names]
        # All are asked for before the first is looked at.
        for door, name in zip(doors, names):
            door.send(self.posted("/admin/token/remove", name=name))
        for door in doors:
            self.assertEqual(door.read().status, 200)
        self.wait_held(0)
        for reader in readers:
            self.assertEqual(reader.object()["type"], "open")
            self.assertEqual(reader.object()["reason"], "token-revoked")
            reader.ended()


if __name__ == "__main__":
    unittest.main()
