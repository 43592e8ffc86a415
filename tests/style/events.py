#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares contrib/man/events.md with what hub/ logs, both ways: every event,
its levels and its fields.  Prints the rows that are missing as they have to
be but for their meaning."""

import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "contrib" / "man" / "events.md"
PARTS = {"The hub": "hub", "The relay": "relay"}

CALL = re.compile(r'\bLOG\(((?:[^;"]|"(?:[^"\\]|\\.)*")*)\);')
NAMED = re.compile(r'([^,]*),\s*"([^"]+)"\s*(?:,|$)')
LEVEL = re.compile(r"\bLOG_(ERROR|WARN|INFO|DEBUG)\b")
FIELD = re.compile(r'\bLOG_[TN]\(\s*"([^"]+)"')
# In a file where the event of a call is a variable: what it can be.
WORD = re.compile(r'"([a-z]+(?:\.[a-z_-]+)+)"')
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \| (.+) \|$")


@dataclass
class Event:
    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    exact: bool = True  # all that is told of it is known

    def row(self, name: str) -> str:
        order = ["error", "warn", "info", "debug"]
        levels = sorted(self.levels, key=order.index)
        fields = " ".join(f"`{one}`" for one in sorted(self.fields))
        return f"| `{name}` | {', '.join(levels)} | {fields} | ... |"


def read_file(text: str, events: dict[str, Event]) -> None:
    text = "\n".join(line for line in text.splitlines()
                     if not line.startswith("#include"))
    unnamed, own = Event(exact=False), set()
    for call in CALL.findall(text):
        named = NAMED.match(call)
        if named:
            own.add(named[2])
        event = events[named[2]] if named else unnamed
        event.levels |= {one.lower()
                         for one in LEVEL.findall(call.split(",")[0])}
        event.fields |= set(FIELD.findall(call))
    if not unnamed.fields:
        return
    for name in set(WORD.findall(text)) - own:
        event = events[name]
        event.exact = False
        event.levels |= unnamed.levels
        event.fields |= unnamed.fields


def logged() -> dict[str, dict[str, Event]]:
    found: dict[str, dict[str, Event]] = {
        part: defaultdict(Event) for part in PARTS.values()}
    for path in sorted((ROOT / "hub").rglob("*.c")):
        part = "relay" if path.parent.name == "ctl" else "hub"
        read_file(path.read_text(), found[part])
    return found


def written() -> dict[str, dict[str, Event]]:
    found: dict[str, dict[str, Event]] = {
        part: {} for part in PARTS.values()}
    part = ""
    for line in MANUAL.read_text().splitlines():
        if line.startswith("## "):
            part = PARTS.get(line[3:], "")
        row = ROW.match(line)
        if part and row:
            found[part][row[1]] = Event(
                set(row[2].split(", ")), set(re.findall(r"`([^`]+)`", row[3])))
    return found


def compare(name: str, told: Event, manual: Event) -> list[str]:
    wrong = []
    if (told.exact and told.levels != manual.levels
            or not manual.levels <= {"error", "warn", "info", "debug"}):
        wrong.append(f"{name}: level is {', '.join(sorted(told.levels))}")
    missing, extra = told.fields - manual.fields, manual.fields - told.fields
    if extra or (told.exact and missing):
        wrong.append(f"{name}: fields are {' '.join(sorted(told.fields))}")
    return wrong


def main() -> int:
    wrong = []
    logs, manual = logged(), written()
    for title, part in PARTS.items():
        for name in sorted(set(logs[part]) - set(manual[part])):
            wrong.append(f"missing in {title}: {logs[part][name].row(name)}")
        for name in sorted(set(manual[part]) - set(logs[part])):
            wrong.append(f"{name} is in {title}, and nobody logs it")
        for name in sorted(set(manual[part]) & set(logs[part])):
            wrong += compare(name, logs[part][name], manual[part][name])
    for line in wrong:
        print(f"contrib/man/events.md: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
