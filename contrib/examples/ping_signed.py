#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Send a document with a ping, or ping all topics that begin so.

    ping_signed.py HUB TOPIC FILE [CONTENT-TYPE]
    ping_signed.py HUB 'PREFIX*'

The secret of the hub's option publisher-key is read from the environment
variable PUBLISHER_SECRET, since a command line can be read by everybody.
What is signed is the topic as it is sent, a line break, unix time in seconds,
a line break, and the document.
"""

import hashlib
import hmac
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def main() -> int:
    if len(sys.argv) not in (3, 4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    hub, topic = sys.argv[1:3]
    secret = os.environ["PUBLISHER_SECRET"].encode()
    document = b""
    fields: dict[str, str | bytes] = {"hub.mode": "publish", "hub.url": topic}
    if len(sys.argv) > 3:
        with open(sys.argv[3], "rb") as file:
            document = file.read()
        fields["hub.content"] = document
    if len(sys.argv) > 4:
        fields["hub.content_type"] = sys.argv[4]
    stamp = str(int(time.time()))
    message = b"\n".join([topic.encode(), stamp.encode(), document])
    fields["hub.timestamp"] = stamp
    fields["hub.signature"] = "sha256=" + hmac.new(
        secret, message, hashlib.sha256).hexdigest()
    try:
        with urllib.request.urlopen(
                hub, urllib.parse.urlencode(fields).encode()) as answer:
            print(answer.status)
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode().strip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
