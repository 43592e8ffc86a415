#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Follow topics of a websubd hub by long-polling; python's library is enough.

    pull.py --hub=https://hub.example/ --state=place.json TOPIC...

Writes one line for each update, its object as JSON, to standard output. The
place in the log is kept in the state file after the line is out, so that the
next run goes on there: nothing is lost, and what was written is not repeated
(but for a line that was out when the power failed). $HUB_TOKEN is a token, if
the hub wants one.
"""

import argparse
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# The hub answers within 270 s at the latest; silence beyond is a dead line.
SILENCE_S = 300


def ask(hub, topics, cursor, wait):
    query = [("topic", topic) for topic in topics]
    query += [("since", cursor), ("wait", str(wait))]
    url = hub.rstrip("/") + "/events?" + urllib.parse.urlencode(query)
    request = urllib.request.Request(url)
    if os.environ.get("HUB_TOKEN"):
        request.add_header("Authorization", "Bearer " + os.environ["HUB_TOKEN"])
    with urllib.request.urlopen(request, timeout=SILENCE_S) as answer:
        return json.load(answer)


def explain(error):
    """What went wrong, whether it may pass, and when to try again."""
    if not isinstance(error, urllib.error.HTTPError):
        return str(error), True, 0
    try:
        problem = json.load(error)
    except ValueError:
        problem = {}
    pause = error.headers.get("Retry-After", "0")
    return (problem.get("detail", f"HTTP {error.code}"),
            problem.get("retryable", error.code >= 429),
            int(pause) if pause.isdigit() else 0)


def remember(path, cursor):
    if path is None:
        return
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"cursor": cursor}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def remembered(path, otherwise):
    if path is None:
        return otherwise
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)["cursor"]
    except FileNotFoundError:
        return otherwise
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"pull.py: {path} has no place in it: {error}")


def follow(options):
    cursor = remembered(options.state, options.since)
    failures = 0
    while True:
        try:
            said = ask(options.hub, options.topic, cursor, options.wait)
        except (OSError, ValueError) as error:
            detail, may_pass, pause = explain(error)
            print("pull.py:", detail, file=sys.stderr)
            if not may_pass:
                return 1
            failures = min(failures + 1, 6)
            time.sleep(max(pause, random.uniform(0.5, 1) * 2 ** failures / 2))
            continue
        failures = 0
        if said["gap"]:
            print("pull.py: lost:", json.dumps(said["gap"]), file=sys.stderr)
        for event in said["events"]:
            print(json.dumps(event), flush=True)
        cursor = said["cursor"]
        remember(options.state, cursor)
        if options.once and not said["more"]:
            return 0
        time.sleep(said["next"]["after_ms"] / 1000)


def main():
    parser = argparse.ArgumentParser(description="Follow topics of a hub.")
    parser.add_argument("--hub", required=True, help="its URL")
    parser.add_argument("--state", help="file that keeps the place")
    parser.add_argument("--since", default="latest",
                        help="where to begin without a state (latest)")
    parser.add_argument("--wait", type=int, default=25, help="seconds (25)")
    parser.add_argument("--once", action="store_true",
                        help="end when everything there is was written")
    parser.add_argument("topic", nargs="+")
    return follow(parser.parse_args())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
