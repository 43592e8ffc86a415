# SPDX-License-Identifier: MIT
"""Signals at any moment of its life: what asks it to end ends it, and well,
what asks it to read its options again never does; and a kill -9 while others
hold its sockets turns nobody away.

    SEED=7 ROUNDS=500 python3 tests/faults/test_signals.py

goes one way again, and further.
"""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
import unittest
from pathlib import Path

import told  # noqa: F401
from harness import Client, Closed, Manager, Story, Wire, binary, request, until
from harness.callback import name_of
from harness.client import post
from harness.waiting import PATIENCE

ROUNDS = int(os.environ.get("ROUNDS", "24"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 1 << 30)


def awaits(pid: int, number: int) -> bool:
    """It holds that signal back, or has a handler for it: not its default."""
    fields = dict(line.split(":", 1) for line in
                  Path(f"/proc/{pid}/status").read_text().splitlines())
    masks = int(fields["SigBlk"], 16) | int(fields["SigCgt"], 16)
    return bool(masks >> (number - 1) & 1)


class AnyMoment(Story):
    def setUp(self) -> None:
        super().setUp()
        print(f"SEED={SEED}")
        self.chance = random.Random(SEED)

    def lasts(self, act) -> float:
        began = time.monotonic()
        act()
        return time.monotonic() - began

    def pause(self, most: float) -> None:
        """Any moment is one: nothing below depends on which."""
        time.sleep(self.chance.random() * most)


class Ends(AnyMoment):
    def test_sigterm_from_the_first_moment_on(self) -> None:
        hub = self.daemon(start=False)
        start = self.lasts(hub.start)
        hub.stop()
        for _ in range(ROUNDS):
            since = hub.launch()
            self.pause(1.5 * start)
            # From its first word on it holds signals until it heeds them.
            spoke = len(hub.log) > since
            hub.terminate()
            code = hub.wait_exit()
            self.assertIn(code, (0,) if spoke else (0, -signal.SIGTERM))
            if code == 0:
                ends = hub.lines("stopped", since)
                self.assertEqual([line.fields["clean"] for line in ends],
                                 ["yes"])
        hub.start()

    def test_whoever_asks_twice_waits_for_nothing_and_loses_nothing(
            self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.follow(hub, origin.serve(b"one", "text/plain"), callback.url())
        for _ in range(ROUNDS):
            hub.terminate()
            self.pause(0.02)
            hub.terminate()
            self.assertIn(hub.wait_exit(), (0, 128 + signal.SIGTERM,
                                            -signal.SIGTERM))
            hub.start()
            self.assertEqual(hub.status()["store"]["subscriptions"], 1)

    def test_sigterm_during_a_backup(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.follow(hub, origin.serve(os.urandom(1 << 20), "image/png"),
                    callback.url())
        copy = self.directory / "copy"
        backup = [str(binary("websubctl")), "--data", str(hub.data),
                  "backup", str(copy)]
        usual = self.lasts(lambda: self.ctl(hub, "backup", str(copy)))
        for _ in range(ROUNDS // 2):
            copy.unlink(missing_ok=True)
            with subprocess.Popen(backup, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE) as running:
                self.pause(1.5 * usual)
                hub.terminate()
                self.assertEqual(hub.wait_exit(), 0)
                _, words = running.communicate(timeout=PATIENCE)
            self.assertIn(running.returncode, (0, 1, 3), words)
            # Whole, or not at all.
            self.assertEqual(running.returncode == 0, copy.exists(), words)
            if copy.exists():
                subprocess.run([str(binary("websubctl")), "store", "check",
                                str(copy)], check=True, timeout=PATIENCE,
                               stdout=subprocess.DEVNULL)
            left = {path.name for path in hub.data.iterdir()}
            self.assertEqual({name for name in left if "backup" in name},
                             set())
            hub.start()


class GoesOn(AnyMoment):
    @contextlib.contextmanager
    def hangups(self, hub):
        """All the time, until there is nobody who could get one."""
        over = threading.Event()

        def send() -> None:
            while not over.wait(0.002):
                hub._process.send_signal(signal.SIGHUP)
        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def test_sighup_never_ends_it(self) -> None:
        hub = self.daemon(start=False)
        for _ in range(ROUNDS // 3):
            since = hub.launch()
            until(lambda: awaits(hub.pid, signal.SIGHUP), "it to be prepared")
            with self.hangups(hub):
                hub.await_ready(since)
                hub.wait_for("reloaded", since=since)
                self.pause(0.05)
                hub.terminate()
                self.assertEqual(hub.wait_exit(), 0)
            self.assertEqual(hub.lines("stopped", since)[-1].fields["clean"],
                             "yes")


class HandedOver(AnyMoment):
    """Its sockets are somebody else's, so whoever comes while it is dead
    waits for the next life."""

    def setUp(self) -> None:
        super().setUp()
        self.manager = Manager()
        self.resolvers.callback(self.manager.close)
        self.address = self.manager.listen()
        local = self.manager.listen_local()
        self.hub = self.manager.adopt(self.daemon(
            f"--admin-socket={local}", start=False)).start()
        self.callbacks = self.callback()
        self.topic = self.origin().serve(b"one", "text/plain")
        self.local = local
        self.guard = threading.Lock()
        self.accepted_names: set[str] = set()
        self.refused: list[str] = []
        self.over = threading.Event()

    def wish(self, name: str) -> bytes:
        return post([("hub.mode", "subscribe"), ("hub.topic", self.topic),
                     ("hub.callback", self.callbacks.url(name))])

    def come(self, who: int) -> None:
        """One request after the other, each by a connection of its own."""
        number = 0
        while not self.over.is_set():
            number += 1
            name = f"{who}-{number}"
            try:
                with Wire(self.address) as wire:
                    status = wire.ask(self.wish(name)).status
            except ConnectionRefusedError:
                status = 0
            except (Closed, OSError):
                continue  # it was being served when that life ended
            with self.guard:
                if status == 202:
                    self.accepted_names.add(name)
                else:
                    self.refused.append(f"{name}: {status}")

    def end_this_life(self, number: int) -> None:
        if number % 3 == 2:
            self.hub.stop()
        else:
            self.hub.kill()

    def next_life(self, number: int) -> None:
        with contextlib.ExitStack() as stack:
            wires = [stack.enter_context(Wire(self.address))
                     for _ in range(10)]
            admin = stack.enter_context(Wire(self.local))
            for at, wire in enumerate(wires):
                wire.send(self.wish(f"queue-{number}-{at}"))
            admin.send(request("GET", "/admin/status"))
            self.hub.start()
            self.assertEqual({wire.read().status for wire in wires}, {202})
            self.assertEqual(admin.read().status, 200)
        with self.guard:
            self.accepted_names |= {f"queue-{number}-{at}"
                                    for at in range(10)}

    def count(self) -> int:
        with self.guard:
            return len(self.accepted_names)

    def test_nobody_is_turned_away_and_nothing_accepted_is_lost(self) -> None:
        threads = [threading.Thread(target=self.come, args=(who,))
                   for who in range(4)]
        for thread in threads:
            thread.start()
        try:
            for number in range(max(3, ROUNDS // 4)):
                before = self.count()
                until(lambda: self.count() > before + 3, "some to come")
                self.pause(0.05)
                self.end_this_life(number)
                self.next_life(number)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(self.refused, [])
        until(lambda: self.accepted_names <= {
            name_of(seen) for seen in self.callbacks.verifications.all()},
            "all to be asked back")
        admin = Client(self.local)
        until(lambda: admin.json("/admin/status")["store"]["subscriptions"]
              >= len(self.accepted_names), "all to be subscribed")


if __name__ == "__main__":
    unittest.main()
