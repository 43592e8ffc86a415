# SPDX-License-Identifier: MIT
"""What a scrape tells, what is written about it, and what is warned of."""

import json
import re
import threading
import unittest

from harness import Answer, Atom, Client, Puller, Story, request, until
from harness.access import add_token, bearer
from harness.daemon import ROOT
from harness.exposition import Family, read

MONITORING = ROOT / "contrib" / "monitoring"
NAME = re.compile(r"\b((?:websubd|process)_[a-z0-9_]+)")
ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (\w+) \| (.*) \| (.*) \|$", re.M)


def series(families: dict[str, Family]) -> set[str]:
    """Names that can stand in a query."""
    return {name for family in families.values()
            for name, _ in family.samples}


def labels(family: Family) -> str:
    """As contrib/man/metrics.md has them."""
    found: dict[str, list[str]] = {}
    for _, pairs in family.samples:
        for name, value in pairs:
            if name != "le" and value not in found.setdefault(name, []):
                found[name].append(value)
    return ", ".join(
        f"`{name}` ({'the version' if name == 'version' else ', '.join(of)})"
        for name, of in found.items())


class Metrics(Story):
    def scrape(self, hub) -> dict[str, Family]:
        answer = hub.admin.get("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("Content-Type"),
                         "text/plain; version=0.0.4; charset=utf-8")
        return read(answer.text)

    def test_every_metric_is_in_the_manual_as_it_is_told(self) -> None:
        families = self.scrape(self.daemon())
        manual = (ROOT / "contrib" / "man" / "metrics.md").read_text()
        written = {row[0]: row[1:] for row in ROW.findall(manual)}
        told = {name: (family.type, labels(family), family.help.rstrip("."))
                for name, family in families.items()}
        self.assertEqual(written, told)
        # And what the text speaks of exists.
        self.assertLessEqual(set(NAME.findall(manual)),
                             series(families) | set(families))

    def test_prometheus_scrapes_with_a_token_that_may_look(self) -> None:
        hub = self.daemon("--admin-listen=127.0.0.1:0")
        listen = hub.wait_for("admin.listening").fields["listen"]
        host, _, port = listen.rpartition(":")
        door = Client((host, int(port)))
        self.assertEqual(door.get("/metrics").status, 401)
        token = add_token(self, hub, "prometheus", rights="view")
        answer = door.get("/metrics", [bearer(token)])
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(set(read(answer.text)), set(self.scrape(hub)))
        # And it may do nothing else.
        answer = door.ask(request("POST", "/admin/pause?all=yes",
                                  [bearer(token)], b""))
        self.assertEqual(answer.status, 403, answer.text)

    def test_rules_and_dashboard_ask_for_what_there_is(self) -> None:
        there = series(self.scrape(self.daemon()))
        rules = (MONITORING / "alerts.yml").read_text()
        self.assertLessEqual(
            set(NAME.findall(rules)) - {"websubd_fetch_seconds",
                                        "websubd_commit_seconds"}, there)
        self.assertGreater(len(re.findall(r"^ +expr: ", rules, re.M)), 10)
        board = json.loads((MONITORING / "grafana-dashboard.json").read_text())
        panels = [panel for panel in board["panels"]
                  if panel["type"] != "row"]
        for panel in panels:
            for target in panel["targets"]:
                names = set(NAME.findall(target["expr"]))
                with self.subTest(panel=panel["title"]):
                    self.assertTrue(names)
                    self.assertLessEqual(names, there)
        self.assertGreater(len(panels), 20)

    def test_no_two_panels_lie_on_each_other(self) -> None:
        board = json.loads((MONITORING / "grafana-dashboard.json").read_text())
        taken = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken.add((x, y))
        numbers = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_histograms_count_what_has_happened(self) -> None:
        hub, origin = self.daemon("--pull-open"), self.origin()
        feed, callback = Atom().add("one"), self.callback()
        topic = origin.serve(feed)
        callback.on_post = lambda seen: Answer(
            204 if not seen.path.endswith("late") or len(callback.posts) > 3
            else 503)
        self.follow(hub, topic, callback.url("a"), callback.url("b"),
                    callback.url("late"))
        puller = Puller(hub.client, topic)
        puller.pull()
        held = threading.Thread(target=puller.ask, args=(200,))
        held.start()
        until(lambda: hub.status()["pulls"]["held"] == 1, "a pull to wait")
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        held.join()
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 3,
              "three to have it")
        families: dict[str, Family] = {}

        def count(name: str, **of: str) -> float:
            labels = tuple(sorted(of.items()))
            return families[name].samples[name + "_count", labels]

        def quiet() -> bool:
            families.update(self.scrape(hub))
            return (count("websubd_commit_seconds")
                    == families["websubd_store_commits_total"].value())
        until(quiet, "all commits to be counted")
        self.assertEqual(count("websubd_delivery_seconds", attempt="first"), 2)
        self.assertEqual(count("websubd_delivery_seconds", attempt="again"), 1)
        self.assertEqual(count("websubd_pull_release_seconds"), 1)
        self.assertEqual(
            count("websubd_fetch_seconds"),
            families["websubd_fetches_total"].value())
        told = hub.status()["histograms"]
        self.assertEqual(told["delivery"]["count"], 2)
        self.assertEqual(len(told["fetch"]["counts"]),
                         len(told["fetch"]["bounds_ms"]) + 1)

    def test_a_delivery_counts_from_its_ping(self) -> None:
        hub, origin = self.daemon(), self.origin()
        feed, callback = Atom().add("one"), self.callback()
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        origin.serve(feed.add("two"))
        origin.gate = threading.Event()
        self.publish(hub, topic)
        origin.fetches.wait(2)
        threading.Timer(0.3, origin.gate.set).start()
        callback.wait_posts(1)
        until(lambda: hub.status()["histograms"]["delivery"]["count"] == 1,
              "it to be counted")
        self.assertGreaterEqual(
            hub.status()["histograms"]["delivery"]["sum_ms"], 290)


class Filling(Story):
    def test_a_ceiling_is_told_of_before_it_is_reached(self) -> None:
        hub = self.daemon("--max-subscriptions=10")
        callback, topic = self.callback(), self.origin().serve(b"x")
        since = hub.mark()
        self.subscribe(hub, topic, *(callback.url(f"{n}") for n in range(8)))
        line = hub.wait_for("store.filling", since=since)
        self.assertEqual(line.level, "warn")
        self.assertEqual(line.fields, {"what": "subscriptions",
                                       "percent": "80", "used": "8",
                                       "of": "10"})
        (told,) = (one for one in hub.status()["filling"]
                   if one["what"] == "subscriptions")
        self.assertEqual((told["level"], told["ratio"]), ("soon", 0.8))
        # Nothing is said twice, and from here on it is looked at more often.
        since = hub.mark()
        self.subscribe(hub, topic, callback.url("8"), callback.url("9"))
        line = hub.wait_for("store.filling", since=since)
        self.assertEqual((line.level, line.fields["percent"]), ("error", "95"))
        self.assertEqual(hub.client.get("/readyz").status, 200)
        for name in range(5):
            self.accepted(hub, "unsubscribe", topic, callback.url(f"{name}"))
        eased = hub.wait_for("store.eased", since=since)
        self.assertEqual(eased.fields["what"], "subscriptions")

    def test_a_full_store_is_not_ready_until_there_is_room(self) -> None:
        hub = self.daemon("--map-size=2MiB", "--body-max=1MiB",
                          "--verify-timeout=5m")
        gate, other = threading.Event(), self.callback()
        other.on_verify = lambda _: Answer(404, gate=gate)
        long = "x" * 1500
        for number in range(5000):
            answer = self.ask(hub, "subscribe",
                              f"http://127.9.9.9:9999/{number}{long}",
                              other.url(f"{number}{long}"))
            if answer.status != 202:
                break
        self.assertEqual(answer.status, 503)
        self.assertEqual(hub.wait_for("store.filling").fields["what"], "store")
        until(lambda: hub.client.get("/readyz").status == 503, "it to say so")
        self.assertEqual(hub.client.get("/readyz").text,
                         "the store is full\n")
        self.assertEqual(hub.client.get("/healthz").status, 200)
        self.assertFalse(hub.status()["ready"])
        gate.set()  # those requests fail now, which makes room
        until(lambda: hub.client.get("/readyz").status == 200,
              "it to be ready again")


if __name__ == "__main__":
    unittest.main()
