# SPDX-License-Identifier: MIT
"""Pings that bring their document, signed with a publisher's key."""

import hashlib
import hmac
import time

KEY = "a-key-of-more-than-16-bytes"


def signature(topic: str, stamp: str, content: bytes, key: str = KEY) -> str:
    message = topic.encode() + b"\n" + stamp.encode() + b"\n" + content
    return "sha256=" + hmac.new(key.encode(), message,
                                hashlib.sha256).hexdigest()


def gift(topic: str, content: bytes, key: str = KEY, ago: int = 0,
         **others: str) -> list[tuple[str, bytes | str]]:
    stamp = str(int(time.time()) - ago)
    pairs = {"mode": "publish", "url": topic, "content": content,
             "timestamp": stamp,
             "signature": signature(topic, stamp, content, key), **others}
    return [(f"hub.{name}", value) for name, value in pairs.items() if value]
