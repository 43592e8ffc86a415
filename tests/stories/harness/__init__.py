# SPDX-License-Identifier: MIT
"""What the stories are told with.

A story starts the real daemon and talks to it over real sockets: a publisher
(Origin), subscribers (Callback), pullers (Puller), names (NameServer) and
clients that may be as rude as they like (Wire).  Nothing here sleeps to
synchronise: whoever waits, waits for an event and has a ceiling.
"""

from .callback import Callback, Farm
from .client import Client, Wire, form, request
from .daemon import FETCHED, Daemon, binary
from .feeds import Atom, Rss, entries_of
from .inherited import Manager
from .links import status_path, told
from .names import NameServer
from .origin import Origin
from .puller import Puller
from .server import Answer
from .story import Story
from .waiting import PATIENCE, Inbox, until
from .wire import Closed, Message

__all__ = [
    "Answer", "Atom", "Callback", "Client", "Closed", "Daemon", "FETCHED",
    "Farm", "Inbox", "Manager", "Message", "NameServer", "Origin", "PATIENCE", "Puller",
    "Rss", "Story", "Wire", "binary", "entries_of", "form", "request",
    "status_path", "told", "until",
]
