#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A publisher, a subscriber and callers that never rest, for contrib/packaging/try.

  trial.py round URL        subscribe, publish, be delivered to, unsubscribe
  trial.py broken URL       subscribe and then fail, until the input ends
  trial.py proxied URL      pull through a proxy: long-poll, stream, WebSocket
  trial.py load URL FILE    call URL until FILE is gone, several at a time; no
                            request may fail
  trial.py denied URL       what the operators' listener does not give away

TRIAL_CA names the certificate to trust, TRIAL_TOKEN a token.
Ends with 0 if all is well; what is not is told.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import queue
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlencode, urlsplit

PATIENCE = 30
SECRET = "a secret of the trial"
PLACE = ("127.0.0.1", 9000)


def connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    """To this machine, whatever the name."""
    parts = urlsplit(url)
    path = parts.path or "/"
    if parts.scheme == "http":
        return http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=PATIENCE), path
    context = ssl.create_default_context(cafile=os.environ["TRIAL_CA"])
    connection = http.client.HTTPSConnection(
        parts.hostname, timeout=PATIENCE, context=context)
    plain = socket.create_connection(("127.0.0.1", 443), PATIENCE)
    connection.sock = context.wrap_socket(plain,
                                          server_hostname=parts.hostname)
    return connection, path


def ask(url: str, fields: dict[str, str] | None = None,
        **headers: str) -> tuple[int, bytes]:
    connection, path = connect(url)
    query = urlsplit(url).query
    where = f"{path}?{query}" if query else path
    if fields is None:
        connection.request("GET", where, headers=headers)
    else:
        connection.request("POST", where, urlencode(fields), {
            "Content-Type": "application/x-www-form-urlencoded", **headers})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"trial: {what}: {found!r}, not {wanted!r}")


class Outside:
    """A document, and a callback that agrees to everything."""

    def __init__(self) -> None:
        self.document = b"first"
        self.status = 200
        self.agreed: queue.Queue[str] = queue.Queue()
        self.fetched: queue.Queue[None] = queue.Queue()
        self.posts: queue.Queue[tuple[dict, bytes]] = queue.Queue()
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                if "hub.challenge" not in query:
                    self.answer(outside.document)
                    return outside.fetched.put(None)
                outside.agreed.put(query["hub.mode"][0])
                return self.answer(query["hub.challenge"][0].encode())

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                outside.posts.put((dict(self.headers), self.rfile.read(size)))
                self.answer(b"", outside.status)

            def answer(self, body: bytes, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(PLACE, Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.topic = f"http://127.0.0.1:{PLACE[1]}/document"
        self.callback = f"http://127.0.0.1:{PLACE[1]}/callback"

    def subscribe(self, hub: str, mode: str) -> None:
        status, body = ask(hub, {
            "hub.mode": mode, "hub.topic": self.topic,
            "hub.callback": self.callback, "hub.secret": SECRET})
        expect(f"{mode}: {body!r}", status, 202)
        expect("agreed to", self.agreed.get(timeout=PATIENCE), mode)
        if mode == "subscribe":
            # What a subscriber begins from, unless the hub has it already;
            # and a topic is fetched once a second.
            with contextlib.suppress(queue.Empty):
                self.fetched.get(timeout=3)
            time.sleep(1.1)

    def publish(self, hub: str, document: bytes) -> None:
        self.document = document
        status, body = ask(hub, {"hub.mode": "publish",
                                 "hub.url": self.topic})
        expect(f"publish: {body!r}", status, 204)


def round_trip(hub: str) -> None:
    outside = Outside()
    outside.subscribe(hub, "subscribe")
    for document in (b"one", b"two"):
        time.sleep(1.1)  # one fetch of a topic a second
        outside.publish(hub, document)
        headers, body = outside.posts.get(timeout=PATIENCE)
        expect("delivered", body, document)
        method, _, sent = headers["X-Hub-Signature"].partition("=")
        expect("signature", sent, hmac.new(
            SECRET.encode(), body, getattr(hashlib, method)).hexdigest())
    outside.subscribe(hub, "unsubscribe")


def broken(hub: str) -> None:
    outside = Outside()
    outside.subscribe(hub, "subscribe")
    outside.status = 503
    outside.publish(hub, b"refused")
    outside.posts.get(timeout=PATIENCE)
    print("failing", flush=True)
    sys.stdin.read()


# ------------------------------------------------------------------- pulling

def later(action: object) -> None:
    timer = threading.Timer(1.5, action)
    timer.daemon = True
    timer.start()


def poll_through(hub: str, outside: Outside) -> None:
    where = f"{hub}events/poll?topic={quote(outside.topic, '')}"
    status, body = ask(where + "&since=latest&wait=0")
    expect(f"poll: {body!r}", status, 200)
    cursor = json.loads(body)["cursor"]
    later(lambda: outside.publish(hub, b"polled"))
    begun = time.monotonic()
    status, body = ask(f"{where}&since={quote(cursor, '')}&wait=20")
    expect(f"held: {body!r}", status, 200)
    expect("polled", [one["body"] for one in json.loads(body)["events"]],
           ["polled"])
    expect("it waited", 1 < time.monotonic() - begun < 10, True)


def stream_through(hub: str, outside: Outside) -> None:
    connection, _ = connect(hub)
    connection.request(
        "GET", f"/events/sse?topic={quote(outside.topic, '')}&since=latest",
        headers={"Accept": "text/event-stream"})
    answer = connection.getresponse()
    expect("stream", answer.status, 200)
    expect("type", answer.headers["Content-Type"].partition(";")[0],
           "text/event-stream")
    later(lambda: outside.publish(hub, b"streamed"))
    for line in answer:
        if line.startswith(b"data:") and b"streamed" in line:
            break
    else:
        sys.exit("trial: the stream ended without the update")
    connection.close()


def socket_through(hub: str, outside: Outside) -> None:
    connection, _ = connect(hub)
    name = urlsplit(hub).hostname
    key = base64.b64encode(os.urandom(16)).decode()
    path = f"/events/ws?topic={quote(outside.topic, '')}&since=latest"
    if connection.sock is None:
        connection.connect()
    connection.sock.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode())
    later(lambda: outside.publish(hub, b"socketed"))
    seen = b""
    while b"socketed" not in seen:
        more = connection.sock.recv(65536)
        if not more:
            sys.exit(f"trial: the WebSocket ended: {seen[:300]!r}")
        seen += more
    expect("upgraded", seen.split(b"\r\n", 1)[0].split(b" ")[1], b"101")
    connection.close()


def proxied(hub: str) -> None:
    outside = Outside()
    outside.subscribe(hub, "subscribe")
    outside.publish(hub, b"begun")
    outside.posts.get(timeout=PATIENCE)
    for how in (poll_through, stream_through, socket_through):
        time.sleep(1.1)
        how(hub, outside)
    outside.subscribe(hub, "unsubscribe")


# ---------------------------------------------------------------------- load

def load(hub: str, mark: str) -> None:
    wrong: list[str] = []
    counts = [0, 0, 0]

    def call(index: int) -> None:
        while os.path.exists(mark):
            try:
                if index == 0:
                    status, _ = ask(f"{hub}healthz")
                    fine = status == 200
                else:
                    status, _ = ask(hub, {"hub.mode": "publish",
                                          "hub.url": "http://a.example/"})
                    fine = status in (204, 429)
            except OSError as error:
                status, fine = repr(error), False
            except http.client.HTTPException as error:
                status, fine = repr(error), False
            counts[index] += 1
            if not fine:
                wrong.append(f"{index}: {status}")
            time.sleep(0.002)

    threads = [threading.Thread(target=call, args=(index,))
               for index in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{sum(counts)} requests, {len(wrong)} failed")
    expect("failed", wrong[:5], [])


def denied(console: str) -> None:
    status, page = ask(f"{console}console/")
    expect("page", (status, b"<script" in page), (200, True))
    expect("without token", ask(f"{console}admin/status")[0], 401)
    bearer = {"Authorization": f"Bearer {os.environ['TRIAL_TOKEN']}"}
    status, body = ask(f"{console}admin/status", **bearer)
    expect("with token", status, 200)
    expect("version", "version" in json.loads(body), True)
    status, body = ask(f"{console}metrics", **bearer)
    expect("metrics", (status, b"websubd_" in body), (200, True))
    expect("no hub there", ask(console, {"hub.mode": "publish"})[0] in
           (401, 404, 405), True)


def main() -> None:
    name, *arguments = sys.argv[1:]
    {"round": round_trip, "broken": broken, "proxied": proxied, "load": load,
     "denied": denied}[name](*arguments)
    print(f"trial: {name}: fine")


if __name__ == "__main__":
    main()
