# SPDX-License-Identifier: MIT
"""Tokens, and how they are shown."""

import re

from .daemon import Daemon
from .story import Story

RIGHTS = "pull,match,mailbox,create,ticket,presence"


def add_token(story: Story, hub: Daemon, name: str = "reader", *more: str,
              rights: str = RIGHTS, scope: str = "*") -> str:
    """A new one; its secret must be told in no log."""
    said = story.ctl(hub, "token", "add", name, f"--right={rights}",
                     f"--scope={scope}", *more)
    token = re.search(r"wsd_[\w-]{43}", said)[0]
    story.secrets.add(token)
    return token


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"
