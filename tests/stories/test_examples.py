# SPDX-License-Identifier: MIT
"""The clients of contrib/examples, and curl as the manual has it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import unittest
from pathlib import Path
from urllib.parse import quote

from harness import PATIENCE, Puller, Story, until

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "contrib/examples"


class Running:
    """A program whose lines are waited for."""

    def __init__(self, *command: object) -> None:
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def next(self) -> str:
        return self.lines.get(timeout=PATIENCE)

    def kill(self) -> list[str]:
        """All that was said and not looked at."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)  # what it runs, too
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        return [self.lines.get() for _ in range(self.lines.qsize())]


class Examples(Story):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.daemon("--pull-open")
        self.source = self.origin()
        self.topic = self.source.serve(b"update 0", "text/plain")
        Puller(self.hub.client, self.topic).pull()
        self.hub.wait_for("update")
        self.number = 0

    def publish_next(self) -> str:
        self.number += 1
        since = self.hub.mark()
        self.source.serve(b"update %d" % self.number, "text/plain")
        self.publish(self.hub, self.topic)
        self.hub.wait_for("update", since=since)
        return f"update {self.number}"

    def start(self, *command: object) -> Running:
        running = Running(*command)
        self.addCleanup(running.kill)
        return running

    def resumes(self, *command: object, body_of=str) -> None:
        """Whoever is killed goes on where he was, once each."""
        seen, sent = [], []
        for count in (2, 1, 3):
            sent += [self.publish_next() for _ in range(count)]
            running = self.start(*command)
            seen += [body_of(running.next()) for _ in range(count)]
            sent.append(self.publish_next())
            seen.append(body_of(running.next()))
            # That its place is kept shows in its next question.
            self.asked_again()
            self.assertEqual(running.kill(), [])
        self.assertEqual(seen, sent)

    def asked_again(self) -> None:
        raise NotImplementedError


class Python(Examples):
    def test_pull_py_goes_on_where_it_was_killed(self) -> None:
        state = self.directory / "place.json"
        state.write_text(json.dumps(
            {"cursor": Puller(self.hub.client, self.topic).pull()["cursor"]}))
        self.state, self.kept = state, state.read_text()
        self.resumes(EXAMPLES / "pull.py", f"--hub={self.hub.hub}",
                     f"--state={state}", self.topic,
                     body_of=lambda line: json.loads(line)["body"])

    def asked_again(self) -> None:
        until(lambda: self.cursor_of_last(), "the place to be kept")

    def cursor_of_last(self) -> bool:
        newest = Puller(self.hub.client, self.topic).pull()["cursor"]
        return json.loads(self.state.read_text())["cursor"] == newest


@unittest.skipUnless(shutil.which("jq") and shutil.which("curl"),
                     "no jq, or no curl")
class Shell(Examples):
    def test_pull_sh_goes_on_where_it_was_killed(self) -> None:
        self.place = self.directory / "place"
        self.place.write_text(
            Puller(self.hub.client, self.topic).pull()["cursor"] + "\n")
        self.resumes(EXAMPLES / "pull.sh", self.hub.hub, self.topic,
                     self.place)

    def asked_again(self) -> None:
        until(lambda: self.place.read_text().strip()
              == Puller(self.hub.client, self.topic).pull()["cursor"],
              "the place to be kept")

    def curl(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["curl", "-sS", *words], capture_output=True, text=True,
            timeout=PATIENCE, check=False)

    def url(self, path: str, **query: object) -> str:
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.hub.hub}{path}?topic={quote(self.topic, '')}{more}"

    def test_curl_reads_the_log_in_every_manner_of_the_manual(self) -> None:
        self.publish_next()
        flat = json.loads(self.curl(self.url("events", since="earliest"))
                          .stdout)
        self.assertEqual(flat["events"][-1]["body"], "update 1")
        http10 = json.loads(self.curl(
            "--http1.0", self.url("events", since="-1")).stdout)
        self.assertEqual(http10["events"], flat["events"][-1:])
        applied = self.curl("-i", "-H", "Prefer: wait=30",
                            self.url("events", since="-1")).stdout
        self.assertIn("Preference-Applied: wait=30", applied)

    def test_curl_N_shows_streams_as_they_come(self) -> None:
        for path in ("events/sse", "events/stream"):
            with self.subTest(path):
                running = self.start("curl", "-sSN", self.url(path))
                said = running.next()
                while "open" not in said:
                    said = running.next()
                sent = self.publish_next()
                while sent not in said:
                    said = running.next()


if __name__ == "__main__":
    unittest.main()
