# SPDX-License-Identifier: MIT
"""websub.rocks, as strict as the real one and in the same places.

The site tests hubs (tests 100 to 106) and publishers.  What it does was read
in its source, with its quirks: it wants exactly 202, gives up after 4 s, takes
Link headers apart at ", " and "; ", compares Content-Type as a string and the
body with the topic as it is at that moment, and answers 200 to whatever is
delivered, valid or not.
"""

import hashlib
import hmac
import json
import re
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote_plus, urljoin, urlsplit

import stories  # noqa: F401
from harness import PATIENCE, Answer, Inbox, Message
from harness.client import request
from harness.server import Seen, Server
from harness.wire import Reader

# Few seconds there; here how fast the machine is does not matter.
TIMEOUT = CONNECT_TIMEOUT = PUBLISHER_TIMEOUT = PATIENCE
REDIRECTS = 8
TOKEN_MAX_AGE = 15 * 60

HTML = "text/html; charset=UTF-8"  # what PHP sends of itself
TYPES = {105: "text/plain", 106: "application/json"}

QUOTES = ["Grüße aus Zürich", "a < b && c > d", "\"quoted\", and 'quoted'",
          "one; two, three", "%7E + ~ & ä", "the last words"]


def query_of(params: list[tuple[str, str]]) -> str:
    """As http_build_query of PHP writes it."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}"
                    for name, value in params)


# ------------------------------------------------------------ Link headers


def link_rels(line: str) -> dict[str, list[str]]:
    """indieweb/link-rel-parser 0.1.3, which splits at exactly ", " and "; "
    and takes a parameter for rel only if it begins so."""
    rels: dict[str, list[str]] = {}
    for link in line.strip().split(", "):
        parts = link.split("; ")
        target = parts[0].strip("<>")
        for part in parts:
            if part.startswith("rel="):
                break
        else:
            continue
        for rel in part[len("rel="):].strip("\"'").split(" "):
            rel = rel.strip().lower()
            if rel and target not in rels.setdefault(rel, []):
                rels[rel].append(target)
    return rels


# ----------------------------------------------------------------- runs


@dataclass
class Run:
    """One test of one hub: a topic, a callback, and what came of it."""
    number: int
    token: str
    hub: str  # as typed
    topic: str
    callback: str
    secret: str = ""
    quotes: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    verified: Inbox[str] = field(default_factory=lambda: Inbox("verified"))
    # ("ok" or the error's code, what the page says)
    results: Inbox[tuple[str, str]] = field(
        default_factory=lambda: Inbox("notifications"))

    @property
    def content_type(self) -> str:
        return TYPES.get(self.number, HTML)

    def document(self) -> bytes:
        if self.number == 105:
            return ("\n".join(self.quotes) + "\n").encode()
        if self.number == 106:
            return json.dumps({"items": self.quotes}).encode()
        items = "".join(f'<div class="h-entry"><p>{quote}</p></div>\n'
                        for quote in self.quotes)
        return f"<html>\n<body>\n{items}</body>\n</html>\n".encode()


class HubError(AssertionError):
    """What the site shows as "Hub Error"."""


class Rocks(Server):
    def __init__(self, address: str | None = None) -> None:
        self.runs: dict[str, Run] = {}
        self._turn = threading.Lock()
        super().__init__(address)

    # ------------------------------------------------- the tester's browser

    def begin(self, number: int, hub: str) -> Run:
        token = secrets.token_hex(10)
        base = f"{self.base}/hub/{number}"
        run = Run(number, token, hub, f"{base}/pub/{token}",
                  f"{base}/sub/{token}", quotes=list(QUOTES[:3]))
        if number == 101:
            run.secret = secrets.token_hex(10)
        self.runs[token] = run
        return run

    def ask(self, run: Run, mode: str) -> None:
        """The buttons Subscribe and Unsubscribe."""
        params = [("hub.mode", mode), ("hub.topic", run.topic),
                  ("hub.callback", run.callback)]
        if run.secret:
            params.append(("hub.secret", run.secret))
        if run.number == 102:
            params += [("foo", "bar"), ("hub.foo", "hub.bar")]
        answer = post(run.hub, params)
        if answer.status != 202:
            raise HubError(
                "Hub Error: the hub did not accept the request: "
                f"{answer.status} {answer.text}")

    def create_post(self, run: Run) -> None:
        """The button Create Post.  What the hub says to it is ignored."""
        with self._turn:
            number = len(run.quotes)
            run.quotes.append(f"{QUOTES[number % len(QUOTES)]} {number}")
            del run.quotes[:-10]
        post(run.hub, [("hub.mode", "publish"), ("hub.topic", run.topic)])

    def age(self, run: Run, seconds: float) -> None:
        run.begun -= seconds

    # ------------------------------------------------------------ the site

    def answer(self, seen: Seen) -> Answer:
        found = re.fullmatch(r"/hub/(\d+)/(pub|sub)/(\w+)", seen.path)
        run = self.runs.get(found[3]) if found else None
        if run is None or str(run.number) != found[1]:
            return said(404, "not_found")
        if found[2] == "pub":
            return self._topic(run, seen)
        if seen.method == "GET":
            return self._verify(run, seen)
        if seen.method == "POST":
            return self._deliver(run, seen)
        return Answer(405, fields=[("Allow", "GET, POST")])

    @staticmethod
    def _topic(run: Run, seen: Seen) -> Answer:
        if seen.method not in ("GET", "HEAD"):
            return Answer(405)
        return Answer(200, run.document(), [
            ("Link", f'<{run.topic}>; rel="self"'),
            ("Link", f'<{run.hub}>; rel="hub"'),
            ("Content-Type", run.content_type)])

    @staticmethod
    def _verify(run: Run, seen: Seen) -> Answer:
        params = php_query(seen.query)
        if params.get("hub_mode") not in ("subscribe", "unsubscribe"):
            return said(404, "missing_mode")
        if params.get("hub_topic") != run.topic:
            return said(404, "invalid_topic")
        if not params.get("hub_challenge"):
            return said(404, "missing_challenge")
        if (params["hub_mode"] == "subscribe"
                and "hub_lease_seconds" not in params):
            return said(404, "missing_lease")
        run.verified.put(params["hub_mode"])
        return Answer(200, params["hub_challenge"].encode(),
                      [("Content-Type", "application/octet-stream")])

    def _deliver(self, run: Run, seen: Seen) -> Answer:
        if time.monotonic() - run.begun > TOKEN_MAX_AGE:
            return said(404, "expired")
        with self._turn:
            document = run.document()
        result = check_delivery(run, seen, document)
        run.results.put(result)
        return Answer(200, b"{}", [("Content-Type", "application/json")])


def check_delivery(run: Run, seen: Seen, document: bytes) -> tuple[str, str]:
    """Everything that the site looks at, in its order; the first that is
    wrong is what it reports."""
    body = seen.body
    if not body.strip():
        return "empty_payload", "the payload is empty"
    if body.strip() != document.strip():
        return "body_mismatch", "the payload is not what the topic is now"
    given = ", ".join(seen.all("Content-Type"))
    if given != run.content_type:
        return "content_type_mismatch", f"{given!r} for {run.content_type!r}"
    # A PSR-7 getHeaderLine joins several fields, here with a bare comma.
    rels = link_rels(",".join(seen.all("Link")))
    if not rels.get("hub"):
        return "link_header", f"no rel=hub in {rels}"
    if rels["hub"][0] != run.hub:
        return "link_header", f"rel=hub is {rels['hub'][0]}, not {run.hub}"
    if not rels.get("self"):
        return "link_header", f"no rel=self in {rels}"
    return check_signature(run, ", ".join(seen.all("X-Hub-Signature")), body)


def check_signature(run: Run, given: str, body: bytes) -> tuple[str, str]:
    if not run.secret:
        if given:
            return "signature", "a signature, but there is no secret"
        return "ok", "Great! Your hub sent a valid notification"
    found = re.search(r"(sha(?:1|256|384|512))=(.+)", given)
    if not found:
        return "signature", f"no valid signature: {given!r}"
    wanted = hmac.new(run.secret.encode(), body,
                      getattr(hashlib, found[1])).hexdigest()
    if found[2] != wanted:
        return "signature_mismatch", "the signature is not of this payload"
    return "ok", "Great! Your hub sent a valid notification"


# ------------------------------------------------------- the publisher test


@dataclass
class Publisher:
    """A subscription of the publisher test.  The row of a request is taken
    away by its first verification."""
    token: str
    callback: str
    topic: str = ""
    pending: bool = False
    subscribed: bool = False


class PublisherTest(Server):
    """Is a subscriber of the tester's own topic, at the tester's own hub."""

    def __init__(self, address: str | None = None) -> None:
        self.tests: dict[str, Publisher] = {}
        self.deliveries: Inbox[Seen] = Inbox("deliveries")
        self.verifications: Inbox[tuple[int, Seen]] = Inbox("verifications")
        # Answers to verifications wait for it, when it is set.
        self.gate: threading.Event | None = None
        super().__init__(address)

    def begin(self) -> Publisher:
        token = secrets.token_hex(10)
        test = Publisher(token,
                         f"{self.base}/publisher/callback?token={token}")
        self.tests[token] = test
        return test

    def subscribe(self, test: Publisher, hub: str, topic: str) -> None:
        test.topic, test.pending = topic, True
        answer = post(hub, [
            ("hub.mode", "subscribe"), ("hub.topic", topic),
            ("hub.callback", test.callback),
            ("hub.lease_seconds", "7200")], PUBLISHER_TIMEOUT)
        if answer.status != 202:
            raise HubError(f"expected 202, got {answer.status}")

    def answer(self, seen: Seen) -> Answer:
        params = php_query(seen.query)
        test = self.tests.get(params.get("token", ""))
        if seen.path != "/publisher/callback" or test is None:
            return said(404, "not_found")
        if seen.method == "GET":
            answer = self._verify(test, params)
            self.verifications.put((answer.status, seen))
            return answer
        self.deliveries.put(seen)
        return Answer(200)

    def _verify(self, test: Publisher, params: dict[str, str]) -> Answer:
        # Whatever the mode is.
        for name in ("hub_topic", "hub_challenge", "hub_lease_seconds"):
            if not params.get(name):
                return said(404, f"missing {name}")
        if not test.pending or params["hub_topic"] != test.topic:
            return said(404, "nothing is pending")
        test.pending, test.subscribed = False, True
        return Answer(200, params["hub_challenge"].encode(), gate=self.gate)


# ---------------------------------------------------------------- plumbing


def said(status: int, code: str) -> Answer:
    return Answer(status, json.dumps({"error": code}).encode(),
                  [("Content-Type", "application/json")])


def php_query(query: str) -> dict[str, str]:
    """PHP writes dots in names as underscores; the last one wins."""
    return {name.replace(".", "_"): value
            for name, value in parse_qsl(query, keep_blank_values=True)}


def post(url: str, params: list[tuple[str, str]],
         timeout: float = TIMEOUT) -> Message:
    """A form, sent as the site's client does: few seconds in all, and
    redirects are followed with the POST kept."""
    deadline = time.monotonic() + timeout
    body = query_of(params).encode()
    for _ in range(REDIRECTS + 1):
        answer = _post_once(url, body, deadline)
        location = answer.get("Location")
        if answer.status not in (301, 302, 307, 308) or not location:
            return answer
        url = urljoin(url, location)
    raise HubError("too many redirects")


def _post_once(url: str, body: bytes, deadline: float) -> Message:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    data = request("POST", target, [
        ("Host", parts.netloc), ("User-Agent", "https://websub.rocks/"),
        ("Accept", "*/*"),
        ("Content-Type", "application/x-www-form-urlencoded")], body)
    try:
        with socket.create_connection((parts.hostname, parts.port),
                                      CONNECT_TIMEOUT) as sock:
            sock.settimeout(max(0.01, deadline - time.monotonic()))
            sock.sendall(data)
            answer = Reader(sock).response()
    except OSError as error:
        raise HubError(f"Hub Error: {error}") from error
    if time.monotonic() > deadline:
        raise HubError("Hub Error: timeout")
    return answer
