# SPDX-License-Identifier: MIT
"""The daemon under test: its life, its log, its clients."""

import json
import os
import re
import resource
import select
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Union

from .client import Client
from .waiting import PATIENCE, Inbox

ROOT = Path(__file__).resolve().parents[3]

# A proxy that is not there: whoever takes one from the environment fails.
NOWHERE = "http://127.0.0.1:9"
PROXIES = {name: NOWHERE for name in
           ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY",
            "HTTP_PROXY", "HTTPS_PROXY")}

_FIELD = re.compile(r'([A-Za-z0-9_.-]+)=("(?:[^"\\]|\\.)*"|\S*)')


def binary(name: str) -> Path:
    """WEBSUBD or WEBSUBCTL from the environment, else the release build."""
    given = os.environ.get(name.upper())
    return Path(given) if given else ROOT / "build" / "release" / name


@dataclass
class Line:
    text: str
    level: str
    event: str
    fields: dict[str, str]


def parse_json(text: str) -> Line:
    told = json.loads(text)
    told.pop("time", None)
    level, event = told.pop("level"), told.pop("event")
    return Line(text, level, event,
                {name: str(value) for name, value in told.items()})


def parse(text: str) -> Line:
    """TIMESTAMP LEVEL EVENT name=value ..., or an object of JSON."""
    if text.startswith("{"):
        return parse_json(text)
    parts = text.split(" ", 3)
    if len(parts) < 3:
        return Line(text, "", "", {})
    rest = parts[3] if len(parts) > 3 else ""
    fields = {name: value.strip('"') for name, value in _FIELD.findall(rest)}
    return Line(text, parts[1].lower(), parts[2], fields)


class Said:
    """The pipe that a daemon writes its log to."""

    MOST = 65536  # that much is in a pipe

    def __init__(self, pipe: BinaryIO, log: Inbox[Line]) -> None:
        self._pipe, self._log = pipe, log
        self._begun = b""  # a line that has no end yet
        self._taking = threading.Lock()

    def _ready(self, timeout: int | None = 0) -> bool:
        # One for each question: two threads cannot share one.
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        return bool(poll.poll(timeout))

    def _take(self) -> bool:
        """All that is there now.  False: nothing will come any more."""
        data = self._pipe.read(self.MOST)
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._log.put(parse(line.decode("utf-8", "replace")))
        return bool(data)

    def catch_up(self) -> None:
        with self._taking:
            if not self._pipe.closed and self._ready():
                self._take()

    def to_the_end(self) -> None:
        goes_on = True
        while goes_on:
            self._ready(timeout=None)
            with self._taking:
                # Somebody else may have been faster.
                goes_on = not self._ready() or self._take()
                if not goes_on:
                    self._pipe.close()
        if self._begun:
            self._log.put(parse(self._begun.decode("utf-8", "replace")))


# Each fetch ends in exactly one of these.
FETCHED = ("update", "fetch.done", "fetch.failed")

Event = Union[str, tuple[str, ...]]


class Daemon:
    """One data directory, and one life of the daemon after the other."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.options = options
        self.listen = "127.0.0.1:0"
        self.log: Inbox[Line] = Inbox("log")
        self.forbidden: set[str] = set()
        # Who else starts it (inherited.py): command -> command, descriptors
        # that it gets and that are ours to close, environment.
        self.wrap = None
        self._process: subprocess.Popen | None = None
        self._reader: threading.Thread | None = None
        # What it says: read by whoever comes first, the thread or mark().
        self._said: Said | None = None

    # ------------------------------------------------------- life

    def command(self, *more: str) -> list[str]:
        # The last one of an option wins, so `more` is last.
        return [str(binary("websubd")), f"--data={self.data}",
                f"--listen={self.listen}", "--log=debug", *self.options, *more]

    def start(self, *more: str) -> "Daemon":
        return self.await_ready(self.launch(*more))

    def launch(self, *more: str) -> int:
        """Start without waiting.  The mark() before that."""
        since = self.mark()
        environment = {**os.environ, **PROXIES}
        environment.pop("JOURNAL_STREAM", None)
        command, descriptors = self.command(*more), ()
        if self.wrap:
            command, descriptors, given = self.wrap(command)
            environment.update(given)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0,
            env=environment, pass_fds=descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._said = Said(self._process.stderr, self.log)
        self._reader = threading.Thread(
            target=self._read, args=(self._said,), daemon=True)
        self._reader.start()
        return since

    def await_ready(self, since: int) -> "Daemon":
        ready = self.wait_for("ready", since=since)
        host, _, port = ready.fields["listen"].rpartition(":")
        self.address = (host, int(port))
        self.hub = ready.fields["hub"]
        self.client = Client(self.address)
        self.admin = Client(self.data / "admin.sock")
        return self

    def _read(self, said: Said) -> None:
        said.to_the_end()
        # Whoever waits for a line must hear that none will come.
        self.log.put(Line("(the log ends here)", "", "(end)", {}))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def sanitized(self) -> bool:
        """Sanitizers pad what is allocated, and keep what was freed: then
        memory tells nothing."""
        program = Path(f"/proc/{self.pid}/exe").read_bytes()
        return b"__asan_init" in program or b"__tsan_init" in program

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        code = self._process.wait(timeout)
        self._reader.join(timeout)
        return code

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def stop(self, timeout: float = 2 * PATIENCE) -> None:
        """SIGTERM: everything under way ends, and it exits 0."""
        if self._process is None:
            return
        self.terminate()
        code = self.wait_exit(timeout)
        self._process = None
        assert code == 0, f"exit code {code} after SIGTERM\n{self.tail()}"

    def kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self.wait_exit()
        self._process = None

    def restart(self, *more: str) -> "Daemon":
        self.stop()
        return self.start(*more)

    # ------------------------------------------------------- log

    def mark(self) -> int:
        """All that it has said until now is before this.  (What somebody was
        sent has often been read sooner than the line that tells of it.)"""
        if self._said:
            self._said.catch_up()
        return len(self.log)

    def lines(self, event: Event, since: int = 0, **fields: object
              ) -> list[Line]:
        return [line for line in self.log.all()[since:]
                if _matches(line, event, fields)]

    def wait_for(self, event: Event, count: int = 1, since: int = 0,
                 timeout: float = PATIENCE, **fields: object) -> Line:
        """The count-th line of that event (or one of those), from mark()
        `since` on."""
        def found(lines: list[Line]) -> list[Line]:
            return [line for line in lines[since:]
                    if _matches(line, event, fields)]

        def good(lines: list[Line]) -> bool:
            ended = lines[since:] and lines[-1].event == "(end)"
            return bool(ended) or len(found(lines)) >= count

        lines = self.log.wait_until(
            good, f"{count} × {event} {fields or ''}", timeout)
        hits = found(lines)
        assert len(hits) >= count, (
            f"the daemon ended before {event} {fields}\n{self.tail()}")
        return hits[count - 1]

    def tail(self, count: int = 60) -> str:
        lines = self.log.all()
        left_out = len(lines) - count
        shown = [line.text for line in lines[-count:]]
        if left_out > 0:
            shown.insert(0, f"({left_out} lines before)")
        return "\n".join(shown)

    def leaks(self) -> list[str]:
        """What the log says and must not (secrets, challenges, paths)."""
        text = "\n".join(line.text for line in self.log.all())
        return sorted(word for word in self.forbidden if word in text)

    # ------------------------------------------------------- numbers

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text()
        fields = fields.rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def status(self) -> dict:
        return self.admin.json("/admin/status")

    def limit_file_size(self, size: int) -> None:
        """Let no file grow beyond `size`: a full disk, without a disk."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, hard))


def _matches(line: Line, event: Event, fields: dict[str, object]) -> bool:
    events = (event,) if isinstance(event, str) else event
    return line.event in events and all(
        line.fields.get(name) == str(value)
        for name, value in fields.items())
