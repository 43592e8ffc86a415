# SPDX-License-Identifier: MIT
"""The link that each 202 has: where the request's status is told."""

import re

from .wire import Message

_LINK = re.compile(r'<([a-z]+://[^/]+)(/\S*status/)([A-Za-z0-9_-]{22})>; '
                   r'rel="status"')


def status_path(answer: Message) -> str:
    """Where to GET it."""
    match = _LINK.fullmatch(answer.get("Link") or "")
    assert match, answer.fields
    return match[2] + match[3]


def told(answer: Message) -> tuple:
    """All that an answer says, but for the time of day and the name that its
    request has."""
    fields = [(name, _LINK.sub(r'<\1\2TOKEN>; rel="status"', value))
              for name, value in answer.fields if name.lower() != "date"]
    return answer.start, fields, answer.body
