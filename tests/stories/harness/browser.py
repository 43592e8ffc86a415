# SPDX-License-Identifier: MIT
"""A real browser: Debian's chromium, driven by what hub/console has from npm.

Stories that need one are skipped where it, or node, or those are missing.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parents[3]
MODULES = Path(os.environ.get("NODE_MODULES",
                              ROOT / "hub" / "console" / "node_modules"))
CHROMIUM, NODE = shutil.which("chromium"), shutil.which("node")
DRIVER = Path(__file__).resolve().parents[1] / "browser" / "driver.mjs"

HAS_BROWSER = bool(CHROMIUM and NODE
                   and (MODULES / "playwright-core").is_dir()
                   and (MODULES / "axe-core").is_dir())
NO_BROWSER = ("no chromium, no node, or no hub/console/node_modules: "
              "see contrib/bootstrap")


class Browser:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [NODE, DRIVER, MODULES, CHROMIUM],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._read()

    def _read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the browser has ended")
        return json.loads(line)

    def ask(self, act: str, **order: Any) -> Any:
        order = {"act": act, "timeout": int(PATIENCE * 1000), **order}
        print(json.dumps(order), file=self.process.stdin, flush=True)
        answer = self._read()
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def updates(self, count: int) -> list[str]:
        """All that the example's page shows, the oldest first, once it is so
        many."""
        texts = self.ask("wait", count=count)
        if len(texts) < count:
            raise AssertionError(f"{len(texts)} of {count}: {texts}, "
                                 f"said {self.ask('said')}")
        return texts[::-1]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()

    # ------------------------------------------------- what people do

    def open(self, url: str) -> None:
        self.ask("goto", url=url)

    def sees(self, text: str, where: str = "body") -> None:
        """It shows, sooner or later."""
        self.ask("sees", text=text, where=where)

    def misses(self, text: str, where: str = "body") -> None:
        """It shows no more, sooner or later."""
        self.ask("misses", text=text, where=where)

    def click(self, role: str, name: str, **more: Any) -> None:
        self.ask("click", role=role, name=name, **more)

    def fill(self, label: str, value: str) -> None:
        self.ask("fill", label=label, value=value)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.ask("press", key=key)

    def focused(self) -> str:
        """What a keyboard would act on: its role or tag, and its name."""
        return self.ask("focused")

    def focuses(self, what: str) -> None:
        """That is what a keyboard acts on, sooner or later."""
        until(lambda: self.focused() == what, f"the keyboard at {what}")

    def look(self, scheme: str = "light", width: int = 1280,
             height: int = 900) -> None:
        self.ask("look", scheme=scheme, width=width, height=height)

    def violations(self) -> list[str]:
        """What axe-core finds."""
        return self.ask("axe")

    def complaints(self) -> list[str]:
        """Errors of the page: exceptions, refused by its policy, ..."""
        return self.ask("complaints")
