# SPDX-License-Identifier: MIT
"""Whoever puts a store in the place of another one is killed at any moment:
there is the old one or the new one, whole, and never something between."""

import os
import random
import subprocess
import time
import unittest

import told  # noqa: F401
from harness import PATIENCE, Atom, binary
from harness.moving import FINE, NO, Moving

ROUNDS = 12


class MoveKill(Moving):
    def store(self, name: str, topics: int) -> str:
        """A backup with so many subscriptions, and something large."""
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        for number in range(topics):
            topic = origin.serve(os.urandom(1 << 19), "application/x-large",
                                 f"/{number}")
            self.follow(hub, topic, callback.url(f"{number}"))
        self.run_ctl("--data", hub.data, "backup", name)
        self.run_ctl("--data", hub.data, "export", f"{name}.jsonl")
        hub.stop()
        return name

    def killed(self, seconds: float, *arguments: str) -> bool:
        """True: it had ended before."""
        running = subprocess.Popen(
            [str(binary("websubctl")), *arguments], cwd=self.directory,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _, said = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.communicate()
            return False
        self.assertEqual(running.returncode, FINE, said)
        return True

    def lasts(self, *arguments: str) -> float:
        began = time.monotonic()
        self.run_ctl(*arguments)
        return time.monotonic() - began

    def subscriptions(self, data: str) -> int:
        self.run_ctl("store", "check", "--data", data)
        self.run_ctl("export", "now.jsonl", "--data", data)
        text = (self.directory / "now.jsonl").read_text()
        return text.count('"kind":"subscription"')

    def test_restoring_over_a_store(self) -> None:
        chance = random.Random(7)
        one, three = self.store("one", 1), self.store("three", 3)
        self.run_ctl("restore", one, "--data=there")
        longest = self.lasts("restore", three, "--data=there", "--force")
        seen = set()
        for number in range(ROUNDS):
            wanted = (one, three)[number % 2]
            ended = self.killed(chance.random() * longest, "restore", wanted,
                                "--data=there", "--force")
            count = self.subscriptions("there")
            self.assertIn(count, (1, 3))
            if ended:
                self.assertEqual(count, (1, 3)[number % 2])
            seen.add(ended)
        # What is left of those that were killed goes with the next one.
        self.run_ctl("restore", one, "--data=there", "--force")
        names = {path.name for path in (self.directory / "there").iterdir()}
        self.assertEqual(names, {"copied", "data.mdb", "data.mdb.before",
                                 "lock"})

    def test_importing_into_a_new_one(self) -> None:
        chance = random.Random(8)
        self.store("three", 3)
        longest = self.lasts("import", "three.jsonl", "--data=first")
        for number in range(ROUNDS):
            data = f"there{number}"
            ended = self.killed(chance.random() * longest, "import",
                                "three.jsonl", "--data", data)
            if (self.directory / data / "data.mdb").exists():
                self.assertEqual(self.subscriptions(data), 3)
            else:
                self.assertFalse(ended)
                self.run_ctl("import", "three.jsonl", "--data", data)
                self.assertEqual(self.subscriptions(data), 3)


class Rotten(Moving):
    def test_no_byte_of_a_copy_crashes_us(self) -> None:
        """Whatever is wrong with it, it is refused or taken, in words."""
        chance = random.Random(9)
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        self.follow(hub, origin.serve(Atom().add("one")), callback.url())
        self.run_ctl("--data", hub.data, "backup", "copy")
        hub.stop()
        whole = (self.directory / "copy").read_bytes()
        refused = 0
        for _ in range(30):
            bad = bytearray(whole)
            for _ in range(chance.choice((1, 8, 200))):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            (self.directory / "bad").write_bytes(bad)
            for command in (["store", "check", "bad"],
                            ["export", "out", "--from", "bad"],
                            ["restore", "bad", "--data=there", "--force"]):
                done = subprocess.run(
                    [str(binary("websubctl")), *command], timeout=PATIENCE,
                    cwd=self.directory, capture_output=True, check=False)
                self.assertIn(done.returncode, (FINE, NO),
                              (command, done.stderr))
                # That it is to be tried again would be no help.
                self.assertNotIn(b": again", done.stdout + done.stderr)
                refused += done.returncode == NO
        self.assertGreater(refused, 5)


if __name__ == "__main__":
    unittest.main()
