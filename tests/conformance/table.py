#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the tables of README.md and pull.md against the tests, both ways.

Every requirement has a row; a row names tests that exist, or says why there is
none ("no test: ..."); every test with a number is named in the row of that
number.  `table.py --write` adds what is missing of the last kind.
"""

import ast
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def span(first: int, last: int, letter: str = "R") -> list[str]:
    return [f"{letter}{number}" for number in range(first, last + 1)]


SECTIONS: dict[str, list[str]] = {
    "1.A": span(1, 11),
    "1.B": [*span(12, 19), "R19a", *span(20, 26)],
    "1.C": span(30, 36),
    "1.D": [*span(40, 45), "R45a", "R46"],
    "1.E": span(50, 59),
    "1.F": span(60, 66),
    "1.G": span(70, 79),
    "1.H": [*span(80, 86), "R86a", "R86b", "R87", "R88"],
    "1.I": [*span(90, 108)],
    "1.J": span(110, 116),
    "1.K": span(120, 127),
    "1.L": span(130, 132),
    "1.M": span(140, 144),
    "5.B": [f"S{number}" for number in range(1, 22)],
}
TABLES: dict[str, list[str]] = {
    "README.md": [number for numbers in SECTIONS.values()
                  for number in numbers],
    "pull.md": [*span(1, 17, "P"), *span(20, 29, "P"), *span(30, 48, "P"),
                *span(50, 74, "P"), *span(80, 93, "P")],
}

# | R42 | M | `test_name`, `stories/test_renew.py: test_name` or a reason |
ROW = re.compile(r"^\| *([^|]+?) *\| *([^|]*?) *\| *(.*?) *\|$")
NAMED = re.compile(r"`(?:([\w/]+\.py): )?(test_\w+)`")
NUMBERED = re.compile(r"^test_([PRS]\d+[ab]?)_")


def tests_of(path: Path) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef)
            and node.name.startswith("test_")]


def rows_of(text: str) -> dict[str, str]:
    """The last cell of each row, by the first."""
    found = (ROW.match(line) for line in text.splitlines())
    rows = [(match[1], match[3]) for match in found if match]
    return {name: cell for name, cell in rows
            if name != "number" and not name.startswith("-")}


def doubled(text: str, numbers: list[str]) -> list[str]:
    names = [match[1] for match in map(ROW.match, text.splitlines()) if match]
    return sorted({name for name in names
                   if name in numbers and names.count(name) > 1})


class Table:
    def __init__(self, file: str, numbers: list[str]) -> None:
        self.file, self.numbers = HERE / file, numbers
        self.text = self.file.read_text()
        self.rows = rows_of(self.text)
        # The tests of this folder need no file name, so they are unique.
        self.here: list[str] = [name for path in sorted(HERE.glob("test_*.py"))
                                for name in tests_of(path)]

    def exists(self, file: str | None, test: str) -> bool:
        if not file:
            return test in self.here
        path = HERE.parent / file
        return path.exists() and test in tests_of(path)

    def troubles_of_row(self, name: str, cell: str) -> list[str]:
        named = NAMED.findall(cell)
        if not named and not re.match(r"no test: \S.{15}", cell):
            return [f"{name}: neither a test nor \"no test:\" and a reason"]
        return [f"{name}: there is no {test} {file and 'in ' + file}"
                for file, test in named if not self.exists(file, test)]

    def unnamed(self) -> list[tuple[str, str]]:
        """Tests that the row of their number does not name."""
        pairs = [(match[1], test) for test in self.here
                 if (match := NUMBERED.match(test))
                 and match[1][0] in {number[0] for number in self.numbers}]
        return [(number, test) for number, test in pairs
                if f"`{test}`" not in self.rows.get(number, "")]

    def troubles(self) -> list[str]:
        troubles = [f"{number}: no row" for number in self.numbers
                    if number not in self.rows]
        troubles += [f"{number}: two rows" for number in doubled(self.text, self.numbers)]
        for name, cell in self.rows.items():
            troubles += self.troubles_of_row(name, cell)
        troubles += [f"{number}: its row does not name {test}"
                     for number, test in self.unnamed()]
        troubles += [f"{test}: two tests have this name"
                     for test in sorted(set(self.here))
                     if NUMBERED.match(test) and self.here.count(test) > 1]
        return troubles

    def write(self) -> None:
        text = self.text
        for number, test in self.unnamed():
            text = re.sub(rf"(?m)^(\| {number} \|.*?)(,?)[ ]*\|$",
                          lambda row, test=test: _with(row[1], test), text)
        self.file.write_text(text)


def _with(row: str, test: str) -> str:
    first = row.rstrip().endswith("|")
    return f"{row.rstrip()}{' ' if first else ', '}`{test}` |"


def main() -> int:
    tables = [Table(file, numbers) for file, numbers in TABLES.items()]
    if sys.argv[1:] == ["--write"]:
        for table in tables:
            table.write()
        tables = [Table(file, numbers) for file, numbers in TABLES.items()]
    found = [trouble for table in tables for trouble in table.troubles()]
    count = sum(len(table.numbers) for table in tables)
    print(*found, f"{count} requirements, {len(found)} troubles", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
