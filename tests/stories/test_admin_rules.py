# SPDX-License-Identifier: MIT
"""Rules about domains that operators make while the hub runs."""

import unittest
from urllib.parse import quote, urlsplit

from harness import Atom, Callback, Daemon
from harness.operator import OperatorStory
from harness.server import Seen

SAID = ("denial.said", "denial.unsaid")


def denials(callback: Callback) -> list[Seen]:
    return [seen for seen in callback.verifications.all()
            if seen.params.get("hub.mode") == "denied"]


class Rules(OperatorStory):
    def rule(self, hub: Daemon, kind: str, domain: str, status: int = 200):
        return self.steer(hub, "rule", status, kind=kind, domain=domain)

    def unrule(self, hub: Daemon, kind: str, domain: str, status: int = 200):
        return self.steer(hub, "rule/remove", status, kind=kind, domain=domain)

    def cast(self, *options: str):
        """Two names of one server of feeds, and of one subscriber."""
        names = self.names({name: ["127.0.0.1"] for name in
                            ("feeds.bad.test", "notbad.test")})
        hub = self.daemon(f"--dns-server={names.address}", *options)
        origin, callback = self.origin(), self.callback()
        names.names |= {"cb.bad.test": [callback.host],
                        "cb.notbad.test": [callback.host],
                        "feeds.bad.test": [origin.host],
                        "notbad.test": [origin.host]}
        origin.serve(Atom().add("one"))
        return hub, origin, callback

    def at(self, server, host: str, path: str) -> str:
        return f"http://{host}:{urlsplit(server.base).port}{path}"

    def topics(self, origin) -> list[str]:
        path = urlsplit(origin.serve(Atom().add("one"))).path
        return [self.at(origin, host, path)
                for host in ("feeds.bad.test", "notbad.test")]

    def test_a_rule_counts_at_once_and_is_written_down(self) -> None:
        hub, origin, callback = self.cast()
        bad, good = self.topics(origin)
        told = self.rule(hub, "deny-topic", "BAD.test.")
        self.assertEqual(told, {"kind": "deny-topic", "domain": "bad.test",
                                "new": True})
        line = hub.wait_for("admin.rule.added", kind="deny-topic",
                            domain="bad.test")
        self.assertRegex(line.fields["who"], r"\A(uid|root)")
        for name in ("before", "after"):
            answer = self.ask(hub, "subscribe", bad, callback.url())
            self.assertEqual((answer.status, answer.get("Hub-Error")),
                             (403, "topic.denied"))
            self.subscribe(hub, good, callback.url(name))
            hub.restart()
        self.assertFalse(self.rule(hub, "deny-topic", "bad.test")["new"])
        kept, = self.look(hub, "rules")["rules"]
        self.assertEqual((kept["kind"], kept["domain"], kept["from"]),
                         ("deny-topic", "bad.test", "store"))
        self.assertTrue(kept["by"])
        self.assertGreater(kept["made"], 0)
        self.unrule(hub, "deny-topic", "bad.test")
        hub.wait_for("admin.rule.removed", domain="bad.test")
        self.follow(hub, bad, callback.url())
        hub.restart()
        self.assertEqual(self.look(hub, "rules")["rules"], [])

    def test_topics_that_are_denied_lose_their_subscribers(self) -> None:
        hub, origin, callback = self.cast()
        bad, good = self.topics(origin)
        names = [f"s{number}" for number in range(70)]
        self.follow(hub, bad, callback.url("first"))
        self.subscribe(hub, bad, *(callback.url(name) for name in names))
        self.follow(hub, good, callback.url("good"))
        self.rule(hub, "deny-topic", "bad.test")
        hub.wait_for(SAID, len(names) + 1)
        left, = self.look(hub, "subscriptions")["subscriptions"]
        self.assertEqual(left["topic"], good)
        hub.stop()
        told = denials(callback)
        self.assertEqual(len(told), len(names) + 1)
        self.assertEqual({seen.params["hub.topic"] for seen in told}, {bad})

    def test_callbacks_that_are_denied_lose_their_subscriptions(self) -> None:
        hub, origin, callback = self.cast()
        topic = origin.serve(Atom().add("one"))
        path = urlsplit(callback.url()).path
        self.follow(hub, topic, self.at(callback, "cb.notbad.test", path))
        self.subscribe(hub, topic, self.at(callback, "cb.bad.test", path))
        self.rule(hub, "deny-callback", "bad.test")
        hub.wait_for(SAID)
        left, = self.look(hub, "subscriptions")["subscriptions"]
        self.assertEqual(left["host"], "cb.notbad.test")
        refused = self.ask(hub, "subscribe", topic,
                           self.at(callback, "x.cb.bad.test", "/"))
        self.assertEqual(refused.get("Hub-Error"), "callback.denied")

    def test_the_first_that_allows_denies_all_others(self) -> None:
        hub, origin, callback = self.cast()
        bad, good = self.topics(origin)
        self.follow(hub, bad, callback.url())
        self.follow(hub, good, callback.url())
        self.rule(hub, "allow-topic", "notbad.test")
        hub.wait_for(SAID)
        left, = self.look(hub, "subscriptions")["subscriptions"]
        self.assertEqual(left["topic"], good)
        # Another one that allows, and without the first it is alone.
        self.rule(hub, "allow-topic", "bad.test")
        self.follow(hub, bad, callback.url())
        self.unrule(hub, "allow-topic", "notbad.test")
        hub.wait_for(SAID, 2)
        left, = self.look(hub, "subscriptions")["subscriptions"]
        self.assertEqual(left["topic"], bad)

    def test_R19_what_a_rule_covers(self) -> None:
        hub = self.daemon("--dns-server=127.0.0.1:9")
        cases = [
            ("example.com", ["example.com", "EXAMPLE.COM", "www.example.com",
                             "a.b.example.com", "example.com."],
             ["badexample.com", "example.com.evil.test", "com", "xample.com",
              "example.comm"]),
            ("b\u00fccher.test", ["xn--bcher-kva.test",
                                  "www.B\u00dcCHER.test"], ["bucher.test"]),
            ("192.0.2.1", ["192.0.2.1", "0xc0000201", "3221225985",
                           "[::ffff:192.0.2.1]"],
             ["192.0.2.11", "192.0.2.2", "1.192.0.2.test"]),
            ("2001:DB8::1", ["[2001:db8:0::1]"], ["[2001:db8::2]"]),
        ]
        for domain, denied, others in cases:
            told = self.rule(hub, "deny-topic", domain)
            for host in denied + others:
                answer = self.ask(hub, "subscribe", f"http://{host}/",
                                  "http://c.test/")
                with self.subTest(rule=domain, host=host):
                    self.assertEqual(answer.status,
                                     403 if host in denied else 202)
            self.unrule(hub, "deny-topic", domain)
            self.assertEqual(
                self.ask(hub, "subscribe", f"http://{denied[0]}/",
                         "http://c.test/").status, 202, told)

    def test_what_is_denied_is_not_pulled_either(self) -> None:
        hub, origin, _ = self.cast("--pull-open=on")
        bad, good = self.topics(origin)
        self.rule(hub, "deny-topic", "bad.test")
        statuses = [hub.client.get("/events?since=earliest&topic="
                                   + quote(topic, safe="")).status
                    for topic in (bad, good)]
        self.assertEqual(statuses, [403, 200])

    def test_those_of_the_configuration_are_beside_them(self) -> None:
        hub = self.daemon("--deny-topic=a.test", "--allow-callback=c.test")
        self.rule(hub, "deny-topic", "a.test")
        self.assertEqual(
            [(rule["kind"], rule["domain"], rule["from"])
             for rule in self.look(hub, "rules")["rules"]],
            [("deny-topic", "a.test", "configuration"),
             ("allow-callback", "c.test", "configuration"),
             ("deny-topic", "a.test", "store")])
        self.unrule(hub, "deny-topic", "a.test")
        why = self.unrule(hub, "deny-topic", "a.test", 404)["error"]
        self.assertIn("configuration", why)
        answer = self.ask(hub, "subscribe", "http://a.test/",
                          "http://c.test/")
        self.assertEqual(answer.status, 403)
        self.assertIn("no such", self.unrule(hub, "deny-topic", "b.test",
                                             404)["error"])

    def test_what_is_no_rule_is_refused(self) -> None:
        hub = self.daemon()
        for domain in ("", "*.a.test", "http://a.test/", "a.test/", "a.test:80",
                       "10.0.0.0/8", "a..b", "a b"):
            self.rule(hub, "deny-topic", domain, 400)
        self.rule(hub, "deny", "a.test", 400)
        self.steer(hub, "rule", 400, kind="deny-topic")
        self.steer(hub, "rule", 400, domain="a.test")
        self.assertEqual(self.look(hub, "rules")["rules"], [])

    def test_many_rules_are_listed_in_pages(self) -> None:
        hub = self.daemon()
        wanted = {(kind, f"n{number}.test") for number in range(12)
                  for kind in ("deny-topic", "deny-callback")}
        for kind, domain in sorted(wanted):
            self.rule(hub, kind, domain)
        # Keys and quotas come after them in the store.
        self.steer(hub, "key", prefix="https://a.test/")
        self.steer(hub, "quota", name="max-topics", value="1000")
        for limit in (1, 5, 1000):
            found = self.pages(hub, "rules", "rules", limit)
            self.assertEqual(len(found), len(wanted))
            self.assertEqual({(one["kind"], one["domain"]) for one in found},
                             wanted)
        found = self.pages(hub, "rules", "rules", 5, kind="deny-topic")
        self.assertEqual(len(found), 12)


if __name__ == "__main__":
    unittest.main()
