# SPDX-License-Identifier: MIT
"""Nobody can make the hub flood somebody else with verifications (S5)."""

import math
import threading
import time
import unittest

from harness import Answer, Atom, Callback, Daemon, Story, Wire, until
from harness.callback import echo
from harness.client import post
from harness.server import Seen

# As the hub is delivered.
USUAL = ["--stranger-verifications=60", "--stranger-rate=100"]
FLOOD = 2000
CLIENTS = 4


def request(topic: str, callback: str, lease: int = 0) -> bytes:
    return post([("hub.mode", "subscribe"), ("hub.topic", topic),
                 ("hub.callback", callback),
                 *([("hub.lease_seconds", str(lease))] if lease else [])])


def minutes_since(began: float) -> int:
    """Those that have begun."""
    return math.ceil((time.monotonic() - began) / 60)


class BudgetStory(Story):
    def flood(self, hub: Daemon, requests: list[bytes]) -> None:
        """Send them all, over some connections at a time."""
        answers: list[int] = []

        def send(mine: list[bytes]) -> None:
            with Wire(hub.address) as wire:
                for one in mine:
                    answers.append(wire.ask(one).status)
        threads = [threading.Thread(target=send,
                                    args=(requests[at::CLIENTS],))
                   for at in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [202] * len(requests))

    def all_looked_at(self, hub: Daemon, requests: int) -> None:
        """Each of so many has been asked, or put off."""
        until(lambda: self.looked_at(hub) >= requests,
              "all requests to be looked at")

    def looked_at(self, hub: Daemon) -> int:
        counters = hub.status()["counters"]
        return counters["verifications"] + counters["verifications.later"]

    def prompt(self, hub: Daemon, topic: str, callback: Callback,
               event: str = "subscription.active") -> None:
        """One request of somebody else is verified now, and not in the minute
        that a place in line takes."""
        since = hub.mark()
        self.accepted(hub, "subscribe", topic, callback.url("prompt"))
        hub.wait_for(event, since=since, host=callback.host, timeout=50)


class Newcomer(BudgetStory):
    def test_who_imports_his_feeds_is_served_at_once(self) -> None:
        # More than strangers may be asked in a burst, before the first answer.
        hub = self.daemon(*USUAL, "--pending-per-host=200")
        callback, origin = self.callback(), self.origin()
        gate = threading.Event()

        def slow(seen: Seen) -> Answer:
            answer = echo(seen)
            answer.gate = gate
            return answer
        callback.on_verify = slow
        topic = origin.serve(b"one", "text/plain")
        since = hub.mark()
        for number in range(40):
            self.accepted(hub, "subscribe", topic, callback.url(f"n{number}"))
        callback.wait_verifications(2)
        gate.set()
        hub.wait_for("subscription.active", 40, since)


class Victim(BudgetStory):
    def test_2000_paths_of_one_host_are_ten_questions(self) -> None:
        hub = self.daemon(*USUAL)
        victim, other, origin = (self.callback(), self.callback(),
                                 self.origin())
        victim.on_verify = lambda _: Answer(404)
        topic = origin.serve(Atom().add("one"))
        began = time.monotonic()
        before = hub.status()["store"]
        self.flood(hub, [request(topic, victim.url(f"p{number}"))
                         for number in range(FLOOD)])
        self.prompt(hub, topic, other)
        self.all_looked_at(hub, FLOOD)
        until(lambda: FLOOD - hub.status()["store"]["requests"] >= 10,
              "ten to be settled")
        after = hub.status()["store"]
        # Accepted, looked at, and put off until there may be a turn: so few
        # operations for each, however long they wait.
        self.assertLess(after["operations"] - before["operations"],
                        3 * FLOOD)
        asked, more = len(victim.wait_verifications(10)), minutes_since(began)
        # Ten at once, and one a minute from then on.
        self.assertTrue(10 <= asked <= 10 + more, (asked, more))
        self.assertTrue(10 <= FLOOD - after["requests"] <= asked)
        # What waits is asked no oftener after a restart.
        hub.restart()
        self.prompt(hub, topic, self.callback())
        hub.stop()
        self.assertLessEqual(len(victim.verifications), FLOOD // 20)

    def test_many_names_of_one_address_are_one_victim(self) -> None:
        victim, other, origin = (self.callback(), self.callback(),
                                 self.origin())
        victim.on_verify = lambda _: Answer(404)
        hosts = [f"s{number}.wild.test" for number in range(FLOOD)]
        names = self.names({host: [victim.host] for host in hosts})
        hub = self.daemon(*USUAL, "--stranger-rate=0",
                          f"--dns-server={names.address}")
        topic = origin.serve(Atom().add("one"))
        self.flood(hub, [request(topic, f"http://{host}:{victim.port}/")
                         for host in hosts])
        self.prompt(hub, topic, other)
        self.all_looked_at(hub, FLOOD)
        hub.stop()
        self.assertLessEqual(len(victim.verifications), FLOOD // 20)
        self.assertGreater(len(victim.verifications), 0)

    def test_every_attempt_is_charged(self) -> None:
        hub = self.daemon(*USUAL)
        victim, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        began = time.monotonic()
        # Trouble is asked again, after 100 ms here; but not for nothing.
        victim.on_verify = lambda _: Answer(503)
        for number in range(8):
            self.accepted(hub, "subscribe", topic, victim.url(f"p{number}"))
        # 8 first questions, 2 of the second ones: then none is left.
        victim.wait_verifications(10)
        self.all_looked_at(hub, 8 + 8)
        hub.stop()
        self.assertLessEqual(len(victim.verifications),
                             10 + minutes_since(began))

    def test_all_strangers_together_have_a_rate(self) -> None:
        victim = self.callback()
        victim.on_verify = lambda _: Answer(404)
        hosts = [f"s{number}.wild.test" for number in range(40)]
        names = self.names({host: [victim.host] for host in hosts})
        hub = self.daemon("--stranger-rate=10",
                          f"--dns-server={names.address}")
        topic = self.origin().serve(Atom().add("one"))
        began = time.monotonic()
        self.flood(hub, [request(topic, f"http://{host}:{victim.port}/")
                         for host in hosts])
        # 20 at once, and 10 a second from then on.
        seen = victim.wait_verifications(40)
        self.assertGreater(seen[25].when - began, 0.4)
        self.assertGreater(seen[39].when - began, 1.8)

    def test_a_slow_victim_holds_up_nobody(self) -> None:
        hub = self.daemon(*USUAL, "--verifications=32")
        slow = [self.callback() for _ in range(6)]
        for one in slow:
            one.on_verify = lambda _: Answer(404, dawdle=3)
        topic = self.origin().serve(Atom().add("one"))
        known = self.callback()
        self.subscribe(hub, topic, known.url("first"))
        self.flood(hub, [request(topic, one.url(f"p{number}"))
                         for one in slow for number in range(50)])
        # Whom we know has slots that no stranger gets.
        self.prompt(hub, topic, known)


class Silent(BudgetStory):
    """Callbacks that never answer must not hold up who does."""

    def newcomers(self, hub: Daemon, topic: str) -> None:
        """Eight hosts that are new to the hub are verified soon."""
        since = hub.mark()
        newcomers = [self.callback() for _ in range(8)]
        for one in newcomers:
            self.accepted(hub, "subscribe", topic, one.url())
        for one in newcomers:
            hub.wait_for("subscription.active", since=since, host=one.host)

    def test_hosts_that_hang_hold_up_no_newcomer(self) -> None:
        hub = self.daemon(*USUAL, "--verify-timeout=6s")
        # At as many addresses as one likes, each in a network of its own.
        hanging = self._server(Callback("0.0.0.0"))
        never = threading.Event()
        hanging.on_verify = lambda _: Answer(404, gate=never)
        topic = self.origin().serve(Atom().add("one"))
        self.flood(hub, [
            request(topic, f"http://127.251.{host}.7:{hanging.port}/{path}")
            for path in range(20) for host in range(100)])
        hanging.wait_verifications(33)
        self.newcomers(hub, topic)

    def test_names_that_lead_nowhere_hold_up_no_newcomer(self) -> None:
        hosts = [f"s{number}.wild.test" for number in range(200)]
        names = self.names({host: None for host in hosts})
        hub = self.daemon(*USUAL, f"--dns-server={names.address}")
        topic = self.origin().serve(Atom().add("one"))
        self.flood(hub, [request(topic, f"http://{host}/{path}")
                         for path in range(10) for host in hosts])
        names.questions.wait(1)
        self.newcomers(hub, topic)


class Neighbour(Callback):
    """At an address of its own, at the port of another one."""

    def __init__(self, other: Callback) -> None:
        self._port = other.port
        super().__init__()

    def listen(self) -> None:
        self.port = self._port
        super().listen()


class Moved(BudgetStory):
    """Names that agreed at an address, and lead to another one now."""

    def cast(self, count: int) -> tuple[Daemon, str, list[str]]:
        """Callbacks by so many names, each of which has agreed once."""
        self.own = self.callback()
        self.victim = self._server(Neighbour(self.own))
        self.victim.on_verify = lambda _: Answer(404)
        hosts = [f"h{number}.wild.test" for number in range(count)]
        self.resolver = self.names({host: [self.own.host] for host in hosts})
        self.resolver.ttl = 0
        hub = self.daemon(*USUAL, f"--dns-server={self.resolver.address}")
        topic = self.origin().serve(Atom().add("one"))
        bases = [f"http://{host}:{self.own.port}" for host in hosts]
        self.subscribe(hub, topic, *(f"{base}/own" for base in bases))
        return hub, topic, bases

    def move(self, hub: Daemon, topic: str, callback: str) -> None:
        for host in self.resolver.names:
            self.resolver.names[host] = [self.victim.host]
        # What names lead to is kept for a while.
        leases = iter(range(1000, 10**6))

        def arrived() -> bool:
            self.ask(hub, "subscribe", topic, callback,
                     lease_seconds=str(next(leases)))
            return len(self.victim.verifications) > 0
        until(arrived, "a question where the name leads now")

    def test_names_that_were_known_elsewhere_are_one_victim(self) -> None:
        hub, topic, bases = self.cast(10)
        self.move(hub, topic, f"{bases[-1]}/own")
        self.flood(hub, [request(topic, f"{bases[number % 10]}/p{number}")
                         for number in range(FLOOD)])
        self.prompt(hub, topic, self.callback())
        self.all_looked_at(hub, FLOOD)
        hub.stop()
        self.assertLessEqual(len(self.victim.verifications), FLOOD // 20)

    def test_renewals_of_a_name_that_moved_are_so_too(self) -> None:
        hub, topic, [base] = self.cast(1)
        mine = [f"{base}/own{number}" for number in range(150)]
        since = hub.mark()
        self.flood(hub, [request(topic, callback) for callback in mine])
        hub.wait_for("subscription.active", len(mine), since)
        self.move(hub, topic, f"{base}/own")
        requests = [request(topic, callback, lease)
                    for lease in (1000, 2000, 3000) for callback in mine]
        looked_at = self.looked_at(hub)
        self.flood(hub, requests)
        self.prompt(hub, topic, self.callback())
        self.all_looked_at(hub, looked_at + len(requests))
        hub.stop()
        self.assertLessEqual(len(self.victim.verifications),
                             len(requests) // 20)


class Restarted(BudgetStory):
    """After a restart nobody has agreed at any address yet."""

    def renewed(self, callbacks: list[str], *options: str) -> None:
        """So many subscribers of one address renew after a restart, under
        the budgets that there usually are."""
        hub = self.daemon(*options)
        topic = self.origin().serve(Atom().add("one"))
        self.flood(hub, [request(topic, callback) for callback in callbacks])
        hub.wait_for("subscription.active", len(callbacks))
        hub.restart(*USUAL)
        since = hub.mark()
        self.flood(hub, [request(topic, callback, 5000)
                         for callback in callbacks])
        hub.wait_for("subscription.renewed", len(callbacks), since)

    def test_500_subscribers_of_one_name_renew_at_once(self) -> None:
        callback = self.callback()
        self.renewed([callback.url(f"c{number}") for number in range(500)])

    def test_500_subscribers_by_50_names_renew_at_once(self) -> None:
        callback = self.callback()
        hosts = [f"h{number}.reader.test" for number in range(50)]
        names = self.names({host: [callback.host] for host in hosts})
        self.renewed([f"http://{hosts[number % 50]}:{callback.port}/{number}"
                      for number in range(500)],
                     f"--dns-server={names.address}")


class Known(BudgetStory):
    def test_what_is_new_and_fails_uses_up_being_known(self) -> None:
        hub = self.daemon(*USUAL, "--verify-per-host=8")
        callback = self.callback()
        topic = self.origin().serve(Atom().add("one"))
        self.subscribe(hub, topic, callback.url("first"))
        callback.on_verify = lambda _: Answer(404)
        began = time.monotonic()
        self.flood(hub, [request(topic, callback.url(f"p{number}"))
                         for number in range(600)])
        self.all_looked_at(hub, 600)
        asked = len(callback.verifications)
        seconds = time.monotonic() - began
        # Of 200 at once and 20 a second each of them costs ten; and those that
        # were under way.
        self.assertLessEqual(asked, 20 + 8 + math.ceil(2 * seconds))

    def test_who_has_verified_once_goes_on(self) -> None:
        hub = self.daemon("--stranger-verifications=6")
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.subscribe(hub, topic, callback.url("first"))
        self.flood(hub, [request(topic, callback.url(f"p{number}"))
                         for number in range(150)])
        hub.wait_for("subscription.active", 151)

    def test_renewals_are_verified_during_a_flood_of_new_ones(self) -> None:
        hub = self.daemon(*USUAL, "--verifications=16")
        victim, origin = self.callback(), self.origin()
        known = self.callback()
        topic = origin.serve(Atom().add("one"))
        self.subscribe(hub, topic, known.url("prompt"))

        # New requests at the very host that renews, and slow ones.
        def slow_but_for_renewals(seen: Seen) -> Answer:
            if seen.path.endswith("/prompt"):
                return echo(seen)
            return Answer(404, dawdle=2)
        known.on_verify = slow_but_for_renewals
        victim.on_verify = lambda _: Answer(404, dawdle=2)
        self.flood(hub, [request(topic, where.url(f"p{number}"))
                         for number in range(200)
                         for where in (known, victim)])
        for _ in range(3):
            self.prompt(hub, topic, known, "subscription.renewed")


if __name__ == "__main__":
    unittest.main()
