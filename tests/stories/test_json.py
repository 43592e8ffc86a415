# SPDX-License-Identifier: MIT
"""Every member that `websubctl --json` prints is in contrib/man/json.md."""

import json
import re
import unittest
from pathlib import Path
from typing import Any

from harness import Answer, Atom, Story, until

DOCUMENT = Path(__file__).parents[2] / "contrib/man/json.md"
# Names of counters, and of what is counted beside them, are in metrics.md.
BY_NAME = {"counters", "per_second"}


def sections() -> dict[str, set[str]]:
    """What is in backticks, by the title it stands under."""
    found: dict[str, set[str]] = {}
    title = ""
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("## "):
            title = line[3:]
        found.setdefault(title, set()).update(
            re.findall(r"`([^`]+)`", line))
    return found


def members(value: Any) -> set[str]:
    """The names of all members, at any depth."""
    if isinstance(value, list):
        return set().union(*map(members, value))
    if not isinstance(value, dict):
        return set()
    names = set(value)
    for name, inside in value.items():
        if name not in BY_NAME:
            names |= members(inside)
    return names


class Json(Story):
    def setUp(self) -> None:
        super().setUp()
        self.sections = sections()

    def named(self, title: str) -> set[str]:
        for names, found in self.sections.items():
            if title in names.split(", "):
                return found
        raise AssertionError(f"json.md has no part {title}")

    def look(self, hub, command: str, *arguments: str, code: int = 0,
             also: tuple[str, ...] = ()) -> Any:
        """`also`: parts whose items it has in its own."""
        said = json.loads(self.ctl(hub, *command.split(), *arguments,
                                   "--json", code=code))
        known = set().union(*map(self.named, (command.split()[0], *also)),
                            self.sections[""])
        with self.subTest(command=command):
            self.assertEqual(members(said) - known - {"next"}, set())
        return said

    def test_lists_and_pictures(self) -> None:
        hub, origin = self.daemon("--retry-first=1h", "--retry-max=1h"), \
            self.origin()
        good, bad = self.callback(), self.callback()
        bad.on_post = lambda _: Answer(503)
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, good.url(), bad.url())
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        until(lambda: hub.status()["store"]["lagging"] == 1, "one to lag")
        self.look(hub, "pause", "--origin", bad.base, also=("origins",))
        for command, arguments, also in (
                ("status", [], []), ("topics", [], []),
                ("topic", [topic], ["topics"]), ("subscriptions", [], []),
                ("subscriptions", [topic, good.url()], []),
                ("deliveries", [], ["subscriptions"]), ("origins", [], []),
                ("explain", [topic], ["topic", "topics"]),
                ("probe", [good.url(), f"--topic={topic}"],
                 ["explain", "origins", "subscriptions"]),
                ("trace", [topic], []), ("traces", [], []),
                ("pulls", [], []), ("mailboxes", [], []),
                ("rule list", [], []), ("key list", [], []),
                ("quota list", [], []), ("token list", [], []),
                ("options", [], []), ("store stats", [], []),
                ("top", ["--interval=0.1"],
                 ["status", "origins", "pulls", "traces"]),
                ("doctor", [], []), ("selftest", [], [])):
            # What is empty is no, and a doctor finds what there is.
            code = None if command.endswith(("list", "doctor")) else 0
            self.look(hub, command, *arguments, code=code, also=tuple(also))

    def test_what_changes(self) -> None:
        hub, origin, callback = (self.daemon(), self.origin(),
                                 self.callback())
        topic = origin.serve(Atom().add("one"))
        other = origin.serve(Atom().add("one"), path="/other")
        self.follow(hub, topic, callback.url())
        self.publish(hub, topic)
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1,
              "something to be there that can be sent again")
        for command, arguments in (
                ("ping", [topic]), ("resend", [topic]),
                ("pause", [topic, "1"]), ("resume", [topic, "1"]),
                ("pause", ["--all"]), ("resume", ["--all"]),
                ("token add", ["x"]), ("token list", []),
                ("token remove", ["x"]),
                ("rule add", ["deny-topic", "bad.example"]),
                ("rule list", []),
                ("rule remove", ["deny-topic", "bad.example"]),
                ("key add", ["https://e.example/"]), ("key list", []),
                ("key remove", ["https://e.example/"]),
                ("quota set", ["max-topics", "1000"]),
                ("quota remove", ["max-topics"]),
                ("topic add", [other]),
                ("topic remove", [other]),
                ("reload", []), ("remove", [topic, "1"])):
            self.look(hub, command, *arguments)
        copy = self.directory / "copy"
        self.look(hub, "backup", str(copy))
        self.assertIn("error", json.loads(
            self.ctl(hub, "trace", topic, "99", "--json", code=1)))


if __name__ == "__main__":
    unittest.main()
