# SPDX-License-Identifier: MIT
"""websubctl for people at a terminal: top, selftest, doctor, trace; tables,
colours, sorting; and where it looks for the daemon."""

import codecs
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest
from unittest import mock

from harness import PATIENCE, Answer, Atom, Daemon, Story, binary, until
from harness.tls import HAVE_OPENSSL, Certificate, TlsOrigin

FINE, NO, USAGE, NO_DAEMON = 0, 1, 2, 3
LATER = ("--retry-first=1h", "--retry-max=1h")


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, *arguments: str, columns: int = 100) -> None:
        self.fd, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 40, columns, 0, 0))
        settings = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns)}
        settings.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [str(binary("websubctl")), *arguments], stdin=end, stdout=end,
            stderr=end, env=settings, start_new_session=True)
        os.close(end)
        self.text = ""
        # A letter may come in two pieces.
        self._decode = codecs.getincrementaldecoder("utf-8")().decode

    def read(self, what: str) -> str:
        return self.match(re.escape(what))

    def match(self, what: str) -> str:
        end = time.monotonic() + PATIENCE
        while not re.search(what, self.text):
            ready, _, _ = select.select([self.fd], [], [],
                                        max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(
                    f"no {what!r} in {self.text[-2000:]!r}")
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                raise AssertionError(
                    f"no {what!r} in {self.text[-2000:]!r}")
            self.text += self._decode(more)
        return self.text

    def press(self, key: str) -> None:
        os.write(self.fd, key.encode())

    def end(self) -> int:
        """Read the rest, until it has ended."""
        try:
            while more := os.read(self.fd, 65536):
                self.text += self._decode(more)
        except OSError:
            pass
        os.close(self.fd)
        return self.process.wait()


class Operating(Story):
    def cast(self, *options: str):
        hub, callback, origin = (self.daemon(*options), self.callback(),
                                 self.origin())
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        return hub, callback, origin, topic


class Top(Operating):
    def test_once_it_looks_twice_and_ends(self) -> None:
        hub, callback, _, topic = self.cast(*LATER)
        callback.on_post = lambda _: Answer(503)
        told = self.ctl(hub, "top", "--once", "--interval=0.1")
        self.assertIn("1 subscriptions", told)
        self.assertRegex(told, r"(?m)^deliveries +0\.0 +0 +0$")
        self.assertIn(topic, told)
        self.assertNotIn("\033", told)
        shown = self.ctl_json(hub, "top", "--interval=0.1")
        self.assertGreater(shown["seconds"], 0)
        self.assertGreater(shown["per_second"]["counters.requests"], 0)
        self.assertEqual(shown["status"]["pid"], hub.pid)
        self.assertEqual(shown["origins"], [])
        self.assertEqual(shown["traces"][0]["topic"], topic)
        self.ctl(hub, "top", "--interval=soon", code=USAGE)

    def test_at_a_terminal_it_goes_on_until_q(self) -> None:
        hub, callback, origin, topic = self.cast()
        terminal = Terminal(f"--data={hub.data}", "top", "--interval=0.2",
                            columns=160)
        terminal.read("q quits")
        origin.serve(Atom().add("one").add("two"))
        self.publish(hub, topic)
        callback.wait_posts(1)
        until(lambda: hub.admin.json("/admin/traces")["traces"][0]["delivered"],
              "it to count")
        # The newest update is in the list, delivered to one of one.
        terminal.match(r" 2 +\d+ +\d+ +1 +1 +0 +0  " + re.escape(topic))
        terminal.press("q")
        self.assertEqual(terminal.end(), FINE)

    def test_a_daemon_that_ends_ends_it(self) -> None:
        hub, *_ = self.cast()
        terminal = Terminal(f"--data={hub.data}", "top", "--interval=0.1")
        terminal.read("q quits")
        hub.stop()
        self.assertEqual(terminal.end(), NO_DAEMON)


class Selftest(Story):
    def test_a_hub_that_may_call_us_passes_all(self) -> None:
        hub = self.daemon()
        done = self.ctl_json(hub, "selftest")
        self.assertTrue(done["passed"])
        states = {step["name"]: step["state"] for step in done["steps"]}
        self.assertEqual(set(states.values()), {"passed"}, done)
        for name in ("challenge", "deliver", "signature", "pull",
                     "unsubscribe", "clean-up"):
            self.assertIn(name, states)
        # Nothing is left behind.
        store = hub.status()["store"]
        self.assertEqual((store["subscriptions"], store["topics"],
                          store["tokens"]), (0, 0, 0))
        self.assertIn("the hub does what it should",
                      self.ctl(hub, "selftest", "--url=public"))

    def test_a_guard_that_forbids_it_says_what_to_allow(self) -> None:
        hub = self.daemon(loopback=False)
        told = self.ctl(hub, "selftest", code=NO)
        self.assertIn("allow-address = 127.0.0.1", told)
        self.assertIn("skipped", told)
        self.assertEqual(hub.status()["store"]["topics"], 0)

    def test_a_hub_that_does_not_answer_there_fails(self) -> None:
        hub = self.daemon()
        told = self.ctl(hub, "selftest", "--url=http://127.0.0.1:1/",
                        code=NO)
        self.assertIn("failed  the hub answers", told)
        self.ctl(hub, "selftest", "--timeout=never", code=USAGE)
        self.ctl(hub, "selftest", "--address=192.0.2.1", code=USAGE)

    def test_a_policy_that_forbids_it_is_told(self) -> None:
        hub = self.daemon("--allow-topic=example.com")
        done = json.loads(self.ctl(hub, "selftest", "--json", code=NO))
        failed = [step for step in done["steps"]
                  if step["state"] == "failed"]
        self.assertEqual(len(failed), 1)
        self.assertTrue(failed[0]["detail"])


class Doctor(Story):
    def checks(self, hub: Daemon, *arguments: str, code: int = FINE
               ) -> dict[str, list[tuple[str, str]]]:
        said = json.loads(self.ctl(hub, "doctor", "--json", *arguments,
                                   code=code))
        self.assertEqual(said["fine"], code == FINE)
        found: dict[str, list[tuple[str, str]]] = {}
        for check in said["checks"]:
            found.setdefault(check["name"], []).append(
                (check["state"], check["text"]))
        return found

    def test_a_hub_to_try_out_has_warnings_but_no_problem(self) -> None:
        hub = self.daemon()
        found = self.checks(hub)
        self.assertEqual(found["ready"][0][0], "ok")
        self.assertEqual(found["version"][0][0], "ok")
        self.assertIn(("ok", f"{hub.hub} answers"), found["public-url"])
        self.assertIn("warning", [state for state, _ in found["public-url"]])
        self.assertEqual(found["guard"][0][0], "warning")
        self.assertRegex(self.ctl(hub, "doctor"), r"(?m)^ok +ready ")

    def test_a_public_url_that_leads_nowhere_is_a_problem(self) -> None:
        hub = self.daemon("--public-url=http://127.0.0.1:1/")
        found = self.checks(hub, code=NO)
        self.assertIn("problem", [state for state, _ in found["public-url"]])

    def test_another_server_at_the_public_url_is_a_problem(self) -> None:
        origin = self.origin()
        hub = self.daemon(f"--public-url={origin.base}/")
        state, text = self.checks(hub, code=NO)["public-url"][-1]
        self.assertEqual(state, "problem")
        self.assertIn("answers 404", text)

    def test_files_that_others_may_read_or_write(self) -> None:
        hub = self.daemon()
        config = self.directory / "websubd.conf"
        config.write_text("publisher-key = \"x\"\n")
        config.chmod(0o644)
        state, text = self.checks(hub, f"--config={config}",
                                  code=NO)["config"][0]
        self.assertEqual(state, "problem")
        self.assertIn("everybody may read it", text)
        config.chmod(0o622)
        self.assertIn("others may write", self.checks(
            hub, f"--config={config}", code=NO)["config"][0][1])
        config.chmod(0o600)
        self.assertEqual(self.checks(hub, f"--config={config}")["config"],
                         [("ok", str(config))])

    def test_who_lags_and_what_is_paused_is_told(self) -> None:
        hub, callback, origin = (self.daemon(*LATER), self.callback(),
                                 self.origin())
        callback.on_post = lambda _: Answer(503)
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url())
        self.publish(hub, origin.serve(Atom().add("one").add("two")))
        until(lambda: hub.status()["store"]["lagging"] == 1, "it to lag")
        self.ctl(hub, "pause", "--all")
        texts = [text for _, text in self.checks(hub)["deliveries"]]
        self.assertTrue(any("1 subscribers lag" in text for text in texts))
        self.assertTrue(any("all are paused" in text for text in texts))

    def test_who_loses_updates_before_he_is_given_up_is_foreseen(self) -> None:
        hub = self.daemon("--retention=2h", *LATER)
        state, text = self.checks(hub)["retention"][0]
        self.assertEqual(state, "warning")
        self.assertIn("kept for 2h", text)
        self.ctl(hub, "quota", "set", "retention", "30d")
        self.assertEqual(self.checks(hub)["retention"][0][0], "ok")

    @unittest.skipUnless(HAVE_OPENSSL, "needs openssl")
    def test_the_certificate_of_the_public_url_is_looked_at(self) -> None:
        server = self._server(TlsOrigin())
        server.serve(Atom().add("x"), path="/healthz")
        hub = self.daemon(f"--public-url={server.base}/")
        good = Certificate(self.directory / "good", f"IP:{server.host}")
        ended = Certificate(self.directory / "ended", f"IP:{server.host}",
                            ended=True)
        server.certificate = good
        state, text = self.checks(hub, code=NO)["public-url"][-1]
        self.assertEqual(state, "problem")
        self.assertIn("not trusted here: it is for another name, over", text)
        with mock.patch.dict(os.environ, SSL_CERT_FILE=str(good.chain)):
            state, text = self.checks(hub)["certificate"][0]
            self.assertEqual(state, "ok")
            self.assertIn("good until 2099-12-31", text)
        server.certificate = ended
        with mock.patch.dict(os.environ, SSL_CERT_FILE=str(ended.chain)):
            self.assertNotIn("certificate", self.checks(hub, code=NO))


class Trace(Operating):
    def test_an_update_is_told_from_its_ping_to_who_lags(self) -> None:
        hub, origin = self.daemon(*LATER), self.origin()
        good, bad = self.callback(), self.callback()
        bad.on_post = lambda _: Answer(503)
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, good.url(), bad.url())
        self.publish(hub, origin.serve(Atom().add("one").add("two")))

        def both_are_answered() -> bool:
            so_far = self.ctl_json(hub, "trace", topic)["deliveries"]
            return (so_far["lagging"], so_far["delivered"]) == (1, 1)
        until(both_are_answered, "one to have it, and one to lag")
        told = self.ctl(hub, "trace", topic)
        self.assertIn(f"{topic}, topic 1", told)
        self.assertIn("seq 2", told)
        for step in ("fetched", "stored", "first delivery"):
            self.assertRegex(told, rf"(?m)^{step} +\+\d+ ms$")
        self.assertRegex(told, r"(?m)^pinged +2\d\d\d-.* UTC$")
        self.assertIn("2 owed, 1 delivered, 1 attempts failed, 1 lags", told)
        self.assertIn("HTTP 503", told)
        self.assertIn(bad.host, told)
        self.assertIn("baseline", self.ctl(hub, "trace", "1", "1"))
        self.ctl(hub, "trace", topic, "9", code=NO)
        self.ctl(hub, "trace", code=USAGE)

    def test_the_newest_updates_are_a_table(self) -> None:
        hub, _, _, topic = self.cast()
        told = self.ctl(hub, "traces")
        self.assertRegex(told, r"^STORED \(UTC\) +SEQ ")
        self.assertIn(topic, told)
        self.assertEqual(
            len(self.ctl_json(hub, "traces", "--limit=1")["traces"]), 1)


class Tables(Operating):
    def test_lists_are_sorted_and_cut(self) -> None:
        hub, origin = self.daemon(), self.origin()
        callback = self.callback()
        for number in range(1, 5):
            topic = origin.serve(Atom().add("x"), path=f"/{number}/feed")
            self.follow(hub, topic, *(callback.url(f"c{number}-{one}")
                                      for one in range(number)))
        def counts(*more: str) -> list[int]:
            return [one["subscriptions"] for one in
                    self.ctl_json(hub, "topics", *more)["topics"]]
        self.assertEqual(counts("--sort=subscriptions"), [1, 2, 3, 4])
        self.assertEqual(counts("--sort=subscriptions", "--reverse",
                                "--limit=2"), [4, 3])
        self.assertEqual(counts("--limit", "1"), [1])
        told = self.ctl(hub, "topics", "--sort", "subscriptions",
                        "--reverse").splitlines()
        self.assertRegex(told[0], r"^ *ID +HEAD +SUBS ")
        self.assertIn("/4/feed", told[1])
        self.assertEqual(len(told), 5)
        # Columns stand below each other.
        self.assertEqual({line.index("http") for line in told[1:]},
                         {told[0].index("TOPIC")})
        self.ctl(hub, "topics", "--sort=colour", code=USAGE)
        self.ctl(hub, "topics", "--limit=all", code=USAGE)
        self.ctl(hub, "topics", "--reverse", code=USAGE)
        self.ctl(hub, "status", "--limit=1", code=USAGE)

    def test_a_list_goes_on_where_it_was_cut(self) -> None:
        hub, callback, origin, topic = self.cast()
        self.subscribe(hub, topic, *(callback.url(f"c{number}")
                                     for number in range(4)))
        found, place = [], ""
        while True:
            page = self.ctl_json(hub, "subscriptions", "--limit=2",
                                 *([f"--after={place}"] if place else []))
            found += [one["id"] for one in page["subscriptions"]]
            place = page["next"]
            if not place:
                break
        self.assertEqual(found, sorted(set(found)))
        self.assertEqual(len(found), 5)
        told = self.ctl(hub, "subscriptions", "--limit=2")
        self.assertRegex(told, r"(?m)^more with --after=[0-9.]+$")
        self.ctl(hub, "subscriptions", "--after=there", code=USAGE)

    def test_a_narrow_terminal_still_tells_callbacks_apart(self) -> None:
        hub, _, _, topic = self.cast()
        shown, = self.ctl_json(hub, "subscriptions", topic)["subscriptions"]
        terminal = Terminal(f"--data={hub.data}", "subscriptions", columns=80)
        terminal.end()
        text = terminal.read("#" + shown["callback_hash"])
        self.assertNotIn("NEXT TRY", text)
        self.assertIn("TOPIC", text)

    def test_colours_are_for_terminals(self) -> None:
        hub, _, _, topic = self.cast()
        self.assertNotIn("\033", self.ctl(hub, "subscriptions", topic))
        self.assertIn("\033[32mactive\033[0m", self.ctl(
            hub, "--color=always", "subscriptions", topic))
        self.ctl(hub, "--color=red", "subscriptions", code=USAGE)
        terminal = Terminal(f"--data={hub.data}", "subscriptions", topic)
        self.assertIn("\033[32mactive", terminal.read("#"))
        self.assertEqual(terminal.end(), FINE)
        os.environ["NO_COLOR"] = "1"
        self.addCleanup(os.environ.pop, "NO_COLOR")
        terminal = Terminal(f"--data={hub.data}", "--color=never",
                            "subscriptions", topic)
        terminal.end()
        self.assertNotIn("\033", terminal.read("#"))

    def test_a_terminal_cuts_what_is_too_wide(self) -> None:
        hub, callback, origin, _ = self.cast()
        topic = origin.serve(Atom().add("x"), path="/" + 200 * "x")
        self.follow(hub, topic, callback.url("b"))
        self.assertIn(topic, self.ctl(hub, "topics"))
        terminal = Terminal(f"--data={hub.data}", "topics", columns=80)
        terminal.end()
        text = re.sub(r"\033\[[0-9;]*m", "", terminal.read("~"))
        self.assertTrue(all(len(line) <= 80
                            for line in text.replace("\r", "").split("\n")))


class Place(Operating):
    def run_ctl(self, *arguments: str, **environment: str
                ) -> subprocess.CompletedProcess:
        settings = {**os.environ, **environment}
        return subprocess.run(
            [str(binary("websubctl")), *arguments], capture_output=True,
            text=True, timeout=PATIENCE, check=False, cwd=self.directory,
            env=settings)

    def test_the_daemon_is_found(self) -> None:
        hub, *_ = self.cast()
        socket = str(hub.data / "admin.sock")
        self.assertEqual(self.run_ctl("status").returncode, NO_DAEMON)
        for arguments, environment in (
                (["--socket", socket], {}), ([f"--socket={socket}"], {}),
                ([f"--data={hub.data}"], {}), ([], {"WEBSUBD_SOCKET": socket}),
                ([f"--data={hub.data}"], {"WEBSUBD_SOCKET": "/nowhere"})):
            with self.subTest(arguments=arguments):
                done = self.run_ctl(*arguments, "status", **environment)
                self.assertEqual(done.returncode, FINE, done.stderr)
        (self.directory / "websubd-data").symlink_to(hub.data)
        self.assertEqual(self.run_ctl("status").returncode, FINE)

    def test_every_command_says_in_help_what_it_takes(self) -> None:
        """Its row and its code agree: a debugging assert ends it else."""
        listed = self.run_ctl("help").stdout
        names = re.findall(r"(?m)^  ([a-z][a-z-]*(?: [a-z-]+)?)  ", listed)
        self.assertGreater(len(names), 25)
        for name in names:
            with self.subTest(command=name):
                self.assertIn(f"Usage: websubctl {name}", self.run_ctl(
                    "help", *name.split()).stdout)
                if name in ("help", "completion"):
                    continue
                done = self.run_ctl("--data", str(self.directory),
                                    *name.split(), "--no-such-option")
                self.assertEqual(done.returncode, USAGE, done.stderr)


if __name__ == "__main__":
    unittest.main()
