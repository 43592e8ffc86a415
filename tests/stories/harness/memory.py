# SPDX-License-Identifier: MIT
"""What a process takes."""

import re
from pathlib import Path


def anonymous_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1))
