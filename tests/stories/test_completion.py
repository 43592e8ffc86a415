# SPDX-License-Identifier: MIT
"""The completion scripts of websubctl, run by the shells they are for."""

import os
import pathlib
import shutil
import subprocess
import unittest

from harness import PATIENCE, Atom, Story, binary

# What readline does: it splits the line at blanks and at COMP_WORDBREAKS, and
# puts the reply in the place of the last piece.
DRIVER = r"""
source "$1"
line=$2
COMP_LINE=$line COMP_POINT=${#line}
mapfile -t COMP_WORDS < <(printf '%s' "$line" |
    sed -E 's/([=:])/ \1 /g; s/[ \t]+/\n/g')
case $line in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_websubctl
printf '%s\n' "${COMPREPLY[@]}"
"""


def script(shell: str) -> str:
    return subprocess.run([str(binary("websubctl")), "completion", shell],
                          capture_output=True, text=True, timeout=PATIENCE,
                          check=True).stdout


class Bash(Story):
    def setUp(self) -> None:
        super().setUp()
        self.script = self.directory / "websubctl.bash"
        self.script.write_text(script("bash"))

    def complete(self, line: str, cwd: pathlib.Path | None = None
                 ) -> list[str]:
        path = f"{binary('websubctl').parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "--norc", "-c", DRIVER, "bash", str(self.script), line],
            capture_output=True, text=True, timeout=PATIENCE, check=True,
            cwd=cwd or self.directory, env={**os.environ, "PATH": path})
        self.assertEqual(done.stderr, "")
        return [word for word in done.stdout.splitlines() if word]

    def test_commands(self) -> None:
        self.assertEqual(self.complete("websubctl deliv"),
                         ["deliveries "])
        every = self.complete("websubctl ")
        for name in ("status ", "topics ", "token ", "feed ", "help "):
            self.assertIn(name, every)
        self.assertEqual(len(every), len(set(every)))
        self.assertNotIn("complete ", every)

    def test_words_after_words(self) -> None:
        self.assertEqual(self.complete("websubctl token "),
                         ["add ", "list ", "remove "])
        self.assertEqual(self.complete("websubctl --json token r"),
                         ["remove "])
        self.assertEqual(self.complete("websubctl help token l"), ["list "])
        self.assertEqual(self.complete("websubctl completion z"), ["zsh "])

    def test_options(self) -> None:
        found = self.complete("websubctl subscriptions --")
        for name in ("--topic=", "--state=", "--limit=", "--json ",
                     "--reverse "):
            self.assertIn(name, found)
        self.assertEqual(self.complete("websubctl pause --al"), ["--all "])
        self.assertNotIn("--limit=", self.complete("websubctl status --"))

    def test_values_of_options(self) -> None:
        self.assertEqual(self.complete("websubctl subscriptions --state=la"),
                         ["lagging "])
        self.assertEqual(self.complete("websubctl subscriptions --state s"),
                         ["stopped ", "suspended "])
        self.assertEqual(self.complete("websubctl topics --sort=last_s"),
                         ["last_status "])
        self.assertEqual(self.complete("websubctl --color=n"), ["never "])

    def test_files(self) -> None:
        (self.directory / "feed.xml").write_text("x")
        (self.directory / "feeds").mkdir()
        self.assertEqual(sorted(self.complete("websubctl feed inspect fee")),
                         ["feed.xml ", "feeds/"])
        self.assertEqual(self.complete("websubctl --data=fee"), ["feeds/"])

    def test_topics_are_those_of_the_hub(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        # Behind the last colon, which is where readline breaks the word.
        end = topic.rpartition(":")[2] + " "
        for line in (f"explain {topic[:-1]}",
                     f"subscriptions --topic={topic[:-1]}",
                     f"resend {topic[:-1]}"):
            self.assertEqual(
                self.complete(f"websubctl --data={hub.data} {line}"), [end])
        self.assertEqual(self.complete(
            f"websubctl --data {hub.data} explain http"), [topic + " "])
        self.assertEqual(
            self.complete(f"websubctl --data={hub.data} quota set max-t"),
            ["max-topics "])
        self.ctl(hub, "token", "add", "shop")
        self.assertEqual(
            self.complete(f"websubctl --data={hub.data} token remove "),
            ["shop "])
        hub.stop()
        self.assertEqual(self.complete(
            f"websubctl --data={hub.data} explain http"), [])

    def test_what_strangers_have_named_is_no_command(self) -> None:
        hub = self.daemon()
        topic = "http://127.0.0.1:8080/$(touch${IFS}x);`id`&a=1|'\"*"
        self.ctl(hub, "topic", "add", topic)
        word, = self.complete(f"websubctl --data={hub.data} explain http")
        said = subprocess.run(["bash", "--norc", "-c", f"printf %s {word}"],
                              capture_output=True, text=True, timeout=PATIENCE,
                              check=True, cwd=self.directory)
        self.assertEqual(said.stdout, topic)
        self.assertFalse((self.directory / "x").exists())


class Zsh(Story):
    def test_it_is_a_function_of_zsh(self) -> None:
        text = script("zsh")
        self.assertTrue(text.startswith("#compdef websubctl\n"))
        self.assertIn("'token add'", text)
        if not shutil.which("zsh"):
            self.skipTest("there is no zsh")
        path = self.directory / "_websubctl"
        path.write_text(text)
        subprocess.run(["zsh", "-n", str(path)], check=True, timeout=PATIENCE)


if __name__ == "__main__":
    unittest.main()
