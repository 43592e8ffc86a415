# SPDX-License-Identifier: MIT
"""A store that moves: backups, exports, and what is made of them."""

import json
import subprocess
from pathlib import Path

from .daemon import Daemon, binary
from .story import Story
from .waiting import PATIENCE

FINE, NO, USAGE, NO_DAEMON = 0, 1, 2, 3


class Moving(Story):
    def run_ctl(self, *arguments: object, code: int = FINE,
                **more: object) -> subprocess.CompletedProcess:
        """websubctl, without a daemon unless --data or --socket name one."""
        done = subprocess.run(
            [str(binary("websubctl")), *map(str, arguments)],
            capture_output=True, timeout=2 * PATIENCE, check=False,
            cwd=self.directory, **more)
        self.assertEqual(done.returncode, code,
                         (arguments, done.stdout[-500:], done.stderr))
        return done

    def there(self, name: str, like: Daemon, *options: str) -> Daemon:
        """A daemon on what is in that directory now."""
        other = Daemon(self.directory / name, *like.options, *options)
        self.daemons.append(other)
        return other.start()

    def export(self, hub: Daemon, name: str) -> list[dict]:
        path = self.directory / name
        self.run_ctl("--data", hub.data, "export", path)
        return lines_of(path)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]
