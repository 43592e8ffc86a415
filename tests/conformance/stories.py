# SPDX-License-Identifier: MIT
"""Lets these tests use the harness of the stories: they begin with
`import stories`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stories"))
