#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The exchange that contrib/demo shows: one publisher, one hub, a webhook
and a long-poller, two updates.

usage: demo_main.py WEBSUBD [--once]
"""

import hashlib
import hmac
import http.client
import http.server
import json
import os
import queue
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, ContextManager, Optional
from urllib.parse import parse_qs, quote, urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
FEED = ROOT / "tests" / "fixtures" / "feeds" / "atom-50.xml"
PATIENCE = 30.0  # seconds; everything takes milliseconds

ENTRY = """<entry>
    <id>tag:demo.example,2024:{number}</id>
    <title>{title}</title>
    <link rel="alternate" href="https://demo.example/{number}"/>
    <updated>2024-05-01T12:00:00Z</updated>
    <author><name>The demo</name></author>
    <content type="html">&lt;p&gt;{title}.&lt;/p&gt;</content>
  </entry>
  """


class Missing(Exception):
    """Something that should have come did not."""


class Story:
    """What is printed: who did what, so many milliseconds after the start of
    the chapter."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.RLock()
        fancy = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._bold, self._dim, self._plain = (
            ("\033[1m", "\033[2m", "\033[0m") if fancy else ("", "", ""))

    def chapter(self, title: str) -> None:
        with self._lock:
            print(f"\n{self._bold}{title}{self._plain}", flush=True)
            self._began = time.monotonic()

    def turn(self) -> ContextManager[object]:
        """Nobody else tells anything meanwhile.  An answer comes before what
        follows from it, but its reader may be slower than others."""
        return self._lock

    def tell(self, who: str, what: str) -> None:
        with self._lock:
            took = (time.monotonic() - self._began) * 1000
            print(f"  {self._dim}{took:8.1f} ms{self._plain}  "
                  f"{who:<12} {what}", flush=True)

    def note(self, name: str, value: str) -> None:
        with self._lock:
            print(f"  {name:<12} {value}", flush=True)


def entry_titles(document: bytes) -> list[str]:
    found = re.findall(rb"<entry\b.*?<title[^>]*>(.*?)</title>", document,
                       re.S)
    return [title.decode("utf-8", "replace").strip() for title in found]


def plural(count: int, word: str) -> str:
    many = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{count:,} {word if count == 1 else many}"


def contents(document: bytes) -> str:
    """"148,213 bytes, 26 entries"."""
    return (f"{len(document):,} bytes, "
            + plural(len(entry_titles(document)), "entry"))


def next_of(inbox: "queue.Queue[bytes]", what: str) -> bytes:
    try:
        return inbox.get(timeout=PATIENCE)
    except queue.Empty:
        raise Missing(what) from None


# ------------------------------------------------------------------- servers

Respond = Callable[[http.server.BaseHTTPRequestHandler], None]


def serve(get: Respond, post: Optional[Respond] = None) -> str:
    """An HTTP server on a thread of its own.  Returns its base URL."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            get(self)

        def do_POST(self) -> None:
            if post is None:
                self.send_error(405)
            else:
                post(self)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def respond(to: http.server.BaseHTTPRequestHandler, status: int,
            body: bytes = b"", **fields: str) -> None:
    to.send_response(status)
    for name, value in fields.items():
        to.send_header(name.replace("_", "-"), value)
    if status not in (204, 304):
        to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)


def http_post(url: str, **form: str) -> int:
    """POST a form; names as in hub_mode for hub.mode."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    body = urlencode({name.replace("_", ".", 1): value
                      for name, value in form.items()})
    connection.request("POST", parts.path, body, {
        "Content-Type": "application/x-www-form-urlencoded"})
    status = connection.getresponse().status
    connection.close()
    return status


class Publisher:
    """Serves the feed, and tells the hub when there is something new."""

    def __init__(self, story: Story, hub: str) -> None:
        self.story = story
        self.count = 0
        self.topic = serve(self._get) + "/feed.atom"
        # The feed names its hub and itself, as its subscribers need it.
        document = FEED.read_bytes()
        for rel, url in (("hub", hub), ("self", self.topic)):
            document = re.sub(rb'(<link rel="%s"[^>]*href=")[^"]*'
                              % rel.encode(), rb"\g<1>" + url.encode(),
                              document)
        self.document = document

    def _get(self, to: http.server.BaseHTTPRequestHandler) -> None:
        document = self.document
        etag = f'"{hashlib.sha256(document).hexdigest()[:16]}"'
        known = to.headers.get("If-None-Match")
        self.story.tell("publisher", "is asked for the feed"
                        + (": 304, nothing new" if known == etag else
                           f": {contents(document)}"))
        if known == etag:
            respond(to, 304, ETag=etag)
        else:
            respond(to, 200, document, ETag=etag,
                    Content_Type="application/atom+xml; charset=utf-8")

    def add_entry(self) -> str:
        """A new entry, above those there are."""
        self.count += 1
        title = f"News number {self.count}"
        at = self.document.index(b"<entry")
        entry = ENTRY.format(number=self.count, title=title).encode()
        self.document = self.document[:at] + entry + self.document[at:]
        return title

    def ping(self, hub: str) -> None:
        self.story.tell("publisher", "tells the hub: hub.mode=publish")
        with self.story.turn():
            status = http_post(hub, hub_mode="publish", hub_url=self.topic)
            self.story.tell("hub", f"answers {status}: it is on disk")
        if status != 204:
            raise Missing("the hub's 204 to a ping")


class Webhook:
    """A subscriber with an address: the hub calls it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.secret = secrets.token_hex(16)
        self.inbox: "queue.Queue[bytes]" = queue.Queue()
        self.asked = threading.Event()
        self.callback = (serve(self._verify, self._deliver) + "/inbox/"
                         + secrets.token_hex(4))

    def subscribe(self, hub: str, topic: str) -> None:
        self.story.tell("webhook", "asks the hub: hub.mode=subscribe")
        with self.story.turn():
            status = http_post(hub, hub_mode="subscribe", hub_topic=topic,
                               hub_callback=self.callback,
                               hub_secret=self.secret)
            self.story.tell("hub", f"answers {status}: it is on disk")
        if status != 202:
            raise Missing("the hub's 202 to a subscription")

    def _verify(self, to: http.server.BaseHTTPRequestHandler) -> None:
        asked = parse_qs(urlsplit(to.path).query)
        lease = int(asked["hub.lease_seconds"][0])
        self.story.tell("webhook", "is asked whether it meant that, and says "
                        f"yes (for {lease // 86400} days)")
        respond(to, 200, asked["hub.challenge"][0].encode())

    def _deliver(self, to: http.server.BaseHTTPRequestHandler) -> None:
        body = to.rfile.read(int(to.headers["Content-Length"]))
        method, _, given = (to.headers.get("X-Hub-Signature")
                            or "").partition("=")
        good = method == "sha256" and hmac.compare_digest(
            given, hmac.new(self.secret.encode(), body, "sha256").hexdigest())
        respond(to, 204)
        self.story.tell("webhook", f"receives {contents(body)}, signature "
                        + ("good" if good else "BAD"))
        if good:
            self.inbox.put(body)


class Poller:
    """A subscriber without an address: it asks, and is kept waiting until
    there is something."""

    def __init__(self, story: Story, hub: str, topic: str) -> None:
        self.story = story
        self.hub = urlsplit(hub)
        self.target = "/events?topic=" + quote(topic, safe="")
        self.inbox: "queue.Queue[bytes]" = queue.Queue()
        self.cursor = self._ask("latest", 0)["cursor"]
        story.tell("long-poller", f"has its cursor, {self.cursor[:8]}..., and "
                   "waits")
        threading.Thread(target=self._loop, daemon=True).start()

    def _ask(self, since: str, wait: int) -> dict:
        connection = http.client.HTTPConnection(self.hub.netloc,
                                                timeout=wait + PATIENCE)
        connection.request("GET", f"{self.target}&since={since}&wait={wait}")
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise Missing(f"an answer to a pull: {answer.status}")
        return json.loads(body)

    def _loop(self) -> None:
        while True:
            try:
                page = self._ask(self.cursor, 30)
            except (OSError, http.client.HTTPException, Missing):
                return  # the hub has ended
            self.cursor = page["cursor"]
            for event in page["events"]:
                body = event["body"].encode()
                self.story.tell("long-poller", f"receives {contents(body)}, "
                                f"update {event['seq']} of the topic")
                self.inbox.put(body)


# ----------------------------------------------------------------- the daemon

class Hub:
    """websubd on an empty directory."""

    def __init__(self, program: str) -> None:
        self.ctl = Path(program).with_name("websubctl")
        self.directory = tempfile.mkdtemp(prefix="websubd-demo-")
        self.lines: list[str] = []
        self._ended = False
        self._said = threading.Condition()
        self.process = subprocess.Popen(
            [program, f"--data={self.directory}", "--listen=127.0.0.1:0",
             "--allow-address=127.0.0.0/8", "--pull-open"],
            stderr=subprocess.PIPE, text=True,
            # Ctrl-C is for us; we end it in good order.
            start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def url(self) -> str:
        return self.wait_for("ready").split(" hub=")[1].split()[0]

    def _read(self) -> None:
        for line in self.process.stderr or ():
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self._ended = True
            self._said.notify_all()

    def wait_for(self, event: str) -> str:
        """The first line of the log that tells of it."""
        def found() -> Optional[str]:
            return next((line for line in self.lines
                         if line.split(" ")[2:3] == [event]), None)
        with self._said:
            self._said.wait_for(lambda: found() or self._ended, PATIENCE)
            line = found()
        if line is None:
            raise Missing(f'"{event}" in the log of the hub')
        return line

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        shutil.rmtree(self.directory, ignore_errors=True)
        return code


# --------------------------------------------------------------- the exchange

@dataclass
class Cast:
    story: Story
    hub: Hub
    publisher: Publisher
    webhook: Webhook
    poller: Poller


def introduce(hub: Hub, story: Story) -> Cast:
    publisher = Publisher(story, hub.url)
    webhook = Webhook(story)
    story.chapter("Who takes part")
    story.note("hub", hub.url)
    story.note("publisher", f"{publisher.topic}: "
               + contents(publisher.document))
    story.note("webhook", f"{webhook.callback}: the hub calls it")
    story.note("long-poller", f"{hub.url}events?topic=...: it asks the hub")

    story.chapter("Both subscribe")
    webhook.subscribe(hub.url, publisher.topic)
    hub.wait_for("subscription.active")
    # The hub now learns which entries are old.
    hub.wait_for("update")
    poller = Poller(story, hub.url, publisher.topic)
    return Cast(story, hub, publisher, webhook, poller)


def publish(cast: Cast) -> tuple[str, bytes, bytes]:
    """A new entry and a ping: its title, and what the two received."""
    title = cast.publisher.add_entry()
    cast.story.chapter(f'"{title}"')
    cast.publisher.ping(cast.hub.url)
    pushed = next_of(cast.webhook.inbox, f"{title} at the webhook")
    pulled = next_of(cast.poller.inbox, f"{title} at the long-poller")
    return title, pushed, pulled


def check(right: bool, what: str) -> None:
    if not right:
        raise Missing(what)


def exchange(cast: Cast) -> None:
    title, pushed, pulled = publish(cast)
    check(pushed == cast.publisher.document,
          "the whole feed at the webhook: it was its first delivery")
    check(title in entry_titles(pulled), f"{title} at the long-poller")

    title, pushed, pulled = publish(cast)
    check(entry_titles(pushed) == [title],
          "the new entry, and nothing else, at the webhook")
    check(title in entry_titles(pulled), f"{title} at the long-poller")

    cast.story.chapter("All has arrived")
    print("  The first delivery of a new subscription is the whole feed,\n"
          "  later ones are the same document with only what is new.",
          flush=True)


def stay(cast: Cast) -> None:
    """Until Ctrl-C.  Enter publishes another entry."""
    print(f"\n  The hub goes on at {cast.hub.url} (for a browser, too)\n"
          f"  with the topic {cast.publisher.topic}\n\n"
          f"    curl '{cast.hub.url}events?topic="
          f"{quote(cast.publisher.topic, safe='')}&since=-1'\n"
          f"    {cast.hub.ctl} --data {cast.hub.directory} status\n")
    if sys.stdin.isatty():
        print("  Enter publishes another entry, Ctrl-C ends it all.",
              flush=True)
        for _ in sys.stdin:
            publish(cast)
    else:
        print("  Ctrl-C ends it all.", flush=True)
    while True:
        signal.pause()


def run(program: str, once: bool) -> int:
    story, hub = Story(), Hub(program)
    try:
        cast = introduce(hub, story)
        exchange(cast)
        if not once:
            stay(cast)
        return 0
    except KeyboardInterrupt:
        print()
        return 0
    except (Missing, OSError, http.client.HTTPException) as error:
        print(f"\nMissing: {error}", file=sys.stderr)
        print("The log of the hub:", *hub.lines[-40:], sep="\n  ",
              file=sys.stderr)
        return 1
    finally:
        hub.stop()


def main() -> int:
    arguments = sys.argv[1:]
    once = "--once" in arguments
    rest = [argument for argument in arguments if argument != "--once"]
    if len(rest) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    # SIGTERM ends it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run(rest[0], once)


if __name__ == "__main__":
    sys.exit(main())
