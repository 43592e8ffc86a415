# SPDX-License-Identifier: MIT
"""What must never be connected to."""

import re
import socket
import threading

from .waiting import PATIENCE

# Where other programs have their servers: what is looked for there after its
# end is not meant for us.
_OTHERS = re.compile(r"127\.(?!0\.|25[1-5]\.)")


class Trap:
    """Counts TCP connections, and says nothing to anybody.  Without an
    address it is at every one of this machine's, IPv4 and IPv6 alike."""

    def __init__(self, address: str | None = None, port: int = 0) -> None:
        self.host = address
        self._peers: list[tuple[str, int]] = []
        self._changed = threading.Condition()
        self._listener = self._listen(address, port)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @staticmethod
    def _listen(address: str | None, port: int) -> socket.socket:
        if address is not None:
            return socket.create_server((address, port), backlog=128)
        if socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6,
                                        backlog=128, dualstack_ipv6=True)
        return socket.create_server(("", port), backlog=128)

    def _accept(self) -> None:
        while True:
            try:
                sock, peer = self._listener.accept()
                mine = sock.getsockname()[0].removeprefix("::ffff:")
            except OSError:
                return
            sock.close()
            if self.host is None and _OTHERS.match(mine):
                continue
            with self._changed:
                self._peers.append(peer[:2])
                self._changed.notify_all()

    def connects(self) -> int:
        """How many there were until now.  We connect ourselves: whoever
        came before us has been counted when we are."""
        with socket.create_connection((self.host or "127.0.0.1", self.port),
                                      PATIENCE) as sock:
            mine = sock.getsockname()[1]
            with self._changed:
                seen = self._changed.wait_for(
                    lambda: any(port == mine for _, port in self._peers),
                    PATIENCE)
                assert seen, "our own connection was not accepted"
                self._peers = [peer for peer in self._peers
                               if peer[1] != mine]
                return len(self._peers)

    def stop(self) -> None:
        # shutdown() is what wakes a thread that is blocked in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)
