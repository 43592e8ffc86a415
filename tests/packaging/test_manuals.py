# SPDX-License-Identifier: MIT
"""What the manuals show is done as it stands there.

A command is what follows "# " or "$ " in a literal block; whatever else stands
in the blocks of websubd.conf(5) is a file.  Commands of others (systemctl,
adduser) are tried where they can be: contrib/packaging/try.
"""

import json
import os
import re
import shlex
import subprocess
import unittest
from pathlib import Path

from harness import Story, binary

ROOT = Path(__file__).resolve().parents[2]
MADE = Path(os.environ.get(
    "MADE", ROOT / "build" / "release" / "contrib" / "packaging"))
PACKAGED = ROOT / "contrib" / "packaging" / "websubd.conf"

USAGE, NO_DAEMON = 2, 3


def blocks(manual: str) -> list[list[str]]:
    text = (MADE / manual).read_text(encoding="utf-8")
    return [block.strip("\n").split("\n") for block in
            re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.S | re.M)]


def commands(manual: str) -> list[str]:
    return [line[2:] for block in blocks(manual) for line in block
            if line.startswith(("# ", "$ "))]


class Files(Story):
    def check(self, text: str) -> None:
        file = self.directory / "hub.conf"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        done = subprocess.run(
            [binary("websubd"), "--check", "-c", file], capture_output=True,
            text=True, timeout=20)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stderr}")

    def test_every_file_of_the_manual_is_a_fine_one(self) -> None:
        shown = blocks("websubd.conf.5")
        self.assertGreater(len(shown), 3)
        for block in shown:
            self.check("\n".join(block) + "\n")

    def test_first_steps_lead_to_a_fine_file(self) -> None:
        steps = [block for block in blocks("websubd.8")
                 if any(line.startswith("public-url = ") for line in block)]
        self.assertEqual(len(steps), 1)
        self.check(PACKAGED.read_text(encoding="utf-8")
                   + "\n".join(steps[0]) + "\nadmin-listen = 127.0.0.1:8081\n")


class Commands(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon("--pull-open")
        origin, callback = self.origin(), self.callback()
        topic = origin.serve(b"first", "text/plain")
        self.follow(self.hub, topic, callback.url())
        origin.serve(b"second", "text/plain")
        self.publish(self.hub, topic)
        callback.wait_posts(1)
        file = self.directory / "websubd.conf"
        file.write_bytes(PACKAGED.read_bytes())
        # The longest first.
        self.places = {
            "https://blog.example/feed": topic,
            "https://reader.example/hook": callback.url(),
            "https://reader.example": callback.url().rsplit("/", 1)[0],
            "--data=/var/lib/websubd": f"--data={self.directory}/elsewhere",
            "/etc/websubd.conf": str(file),
            "/root/": f"{self.directory}/",
        }

    def run_one(self, line: str) -> subprocess.CompletedProcess:
        for name, place in self.places.items():
            line = line.replace(name, place)
        words = shlex.split(line)
        words[0] = str(binary(words[0]))
        environment = {**os.environ,
                       "WEBSUBD_SOCKET": str(self.hub.data / "admin.sock")}
        return subprocess.run(words, env=environment, capture_output=True,
                              text=True, timeout=50)

    def go_through(self, manual: str) -> None:
        ours = [line for line in commands(manual)
                if re.match(r"websubd --check|websubctl ", line)]
        self.assertGreater(len(ours), 3)
        for line in ours:
            done = self.run_one(line)
            self.assertNotIn(done.returncode, (USAGE, NO_DAEMON),
                             f"{line}: {done.stderr}")
            # A no has its reason: nobody lags, a port is closed.
            self.assertTrue(done.stdout or done.returncode == 0
                            or done.stderr, line)
            self.assertGreaterEqual(done.returncode, 0, line)
            if "--json" in line:
                json.loads(done.stdout)

    def test_the_daemons_manual(self) -> None:
        self.go_through("websubd.8")

    def test_the_manual_of_websubctl(self) -> None:
        self.go_through("websubctl.1")

    def test_every_command_explains_itself(self) -> None:
        manual = (MADE / "websubctl.1").read_text(encoding="utf-8")
        names = [name.replace("\\-", "-").replace("\\&", "") for name in
                 re.findall(r"^\.It Cm (.*?)(?: Ar .*)?$", manual, re.M)]
        self.assertGreater(len(names), 20)
        for name in names:
            done = self.run_one(f"websubctl help {name}")
            self.assertEqual(done.returncode, 0, name)


if __name__ == "__main__":
    unittest.main()
