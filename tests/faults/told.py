# SPDX-License-Identifier: MIT
"""Makes the stories' harness importable from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "stories"))
