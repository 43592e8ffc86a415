# SPDX-License-Identifier: MIT
"""The text that Prometheus scrapes (exposition format 0.0.4), read strictly:
what a lenient reader would pass over is an error here."""

import re
from dataclasses import dataclass, field

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')

Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    name: str
    help: str
    type: str = ""
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

    def value(self, **labels: str) -> float:
        return self.samples[self.name, tuple(sorted(labels.items()))]


def labels_of(text: str | None) -> Labels:
    if text is None:
        return ()
    found, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels: {text}"
        found.append((match[1], match[2]))
        at = match.end()
        if at < len(text):
            assert text[at] == ",", f"labels: {text}"
            at += 1
    names = [name for name, _ in found]
    assert names and len(set(names)) == len(names), f"labels: {text}"
    return tuple(sorted(found))


def belongs(name: str, family: Family) -> bool:
    if family.type == "histogram":
        return name in {family.name + end
                        for end in ("_bucket", "_sum", "_count")}
    return name == family.name


def check_histogram(family: Family) -> None:
    rows: dict[Labels, list[tuple[float, float]]] = {}
    for (name, labels), value in family.samples.items():
        if name == family.name + "_bucket":
            bound = dict(labels)["le"]
            rest = tuple(pair for pair in labels if pair[0] != "le")
            rows.setdefault(rest, []).append((float(bound), value))
    assert rows, f"{family.name} has no buckets"
    for rest, buckets in rows.items():
        assert buckets == sorted(buckets), f"{family.name}: order"
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), f"{family.name}: not cumulative"
        assert buckets[-1][0] == float("inf"), f"{family.name}: no +Inf"
        count = family.samples[family.name + "_count", rest]
        assert counts[-1] == count, f"{family.name}: +Inf is not the count"
        assert (family.name + "_sum", rest) in family.samples


def check(family: Family) -> None:
    assert family.type in ("counter", "gauge", "histogram"), family
    assert family.samples, f"{family.name} has no samples"
    assert family.name.endswith("_total") == (family.type == "counter"), (
        f"{family.name} is a {family.type}")
    if family.type == "histogram":
        check_histogram(family)
    if family.type == "counter":
        assert all(value >= 0 for value in family.samples.values())


def read(text: str) -> dict[str, Family]:
    """Every family by its name; AssertionError where it is malformed."""
    assert text.endswith("\n"), "the last line has no end"
    families: dict[str, Family] = {}
    family: Family | None = None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, told = line[7:].partition(" ")
            assert NAME.fullmatch(name) and told, line
            assert name not in families, f"{name} comes twice"
            family = families[name] = Family(name, told)
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            assert family and family.name == name, line
            assert not family.type and not family.samples, line
            family.type = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, f"no sample: {line!r}"
            assert family and belongs(match[1], family), (
                f"{line!r} is not of {family}")
            key = match[1], labels_of(match[2])
            assert key not in family.samples, f"{line!r} comes twice"
            family.samples[key] = float(match[3])
    for one in families.values():
        check(one)
    return families
