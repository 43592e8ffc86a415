# SPDX-License-Identifier: MIT
"""A backup of a running hub, and what can be made of it elsewhere."""

import os
import socket
import stat
import subprocess
import threading
import unittest
from pathlib import Path

from harness import (PATIENCE, Answer, Atom, Client, Daemon, Puller, Wire,
                     binary, request, until)
from harness.access import add_token, bearer
from harness.moving import NO, NO_DAEMON, USAGE, Moving

MIB = 1 << 20


class Bottleneck:
    """Between one that asks and a hub: of the answer only so much passes."""

    def __init__(self, path: Path, hub: Path, passes: int) -> None:
        self.path, self.hub, self.passes = path, hub, passes
        self.stuck, self._over = threading.Event(), threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asking, _ = self._listener.accept()
        with asking, socket.socket(socket.AF_UNIX) as answering:
            answering.connect(str(self.hub))
            question = b""
            while b"\r\n\r\n" not in question:
                question += asking.recv(65536)
            answering.sendall(question)
            while self.passes > 0:
                piece = answering.recv(65536)
                if not piece:
                    return
                asking.sendall(piece)
                self.passes -= len(piece)
            self.stuck.set()
            self._over.wait()

    def close(self) -> None:
        self._over.set()
        self._thread.join(PATIENCE)
        self._listener.close()


class Backup(Moving):
    def test_it_is_whole_though_everything_goes_on(self) -> None:
        hub = self.daemon("--pull-open")
        origin, callback, feed = self.origin(), self.callback(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url("kept"), secret="kept-secret")
        puller = Puller(hub.client, topic)
        puller.pull()
        stop = threading.Event()
        load = threading.Thread(target=self.subscribe_more,
                                args=(hub, topic, callback, stop))
        load.start()
        try:
            since = hub.mark()
            self.publish(hub, origin.serve(feed.add("two")))
            hub.wait_for("update", since=since)
            puller.pull()
            self.run_ctl("--data", hub.data, "backup", "copy")
        finally:
            stop.set()
            load.join()
        # What comes later is not in it.
        since = hub.mark()
        self.publish(hub, origin.serve(feed.add("three")))
        hub.wait_for("update", since=since)
        puller.pull()
        hub.stop()
        self.run_ctl("restore", "copy", "--data=elsewhere")
        self.served_elsewhere(hub, origin, callback, feed, topic, puller)

    def subscribe_more(self, hub, topic, callback, stop) -> None:
        number = 0
        while not stop.is_set():
            self.accepted(hub, "subscribe", topic, callback.url(f"{number}"))
            number += 1

    def served_elsewhere(self, hub, origin, callback, feed, topic,
                         puller) -> None:
        other = self.there("elsewhere", hub)
        self.assertGreaterEqual(other.status()["store"]["subscriptions"], 1)
        # His place is from after the copy: he is told, and not turned away.
        puller.client = other.client
        page = puller.pull()
        self.assertIsNotNone(page["gap"])
        before = len(callback.posts)
        self.publish(other, origin.serve(feed.add("four")))
        until(lambda: any(post.target.endswith("kept")
                          and b"four" in post.body
                          for post in callback.posts.all()[before:]),
              "the update to be delivered from elsewhere")

    def test_what_was_owed_is_owed_elsewhere(self) -> None:
        hub = self.daemon("--retry-first=10m", "--retry-max=10m")
        origin, callback, feed = self.origin(), self.callback(), Atom()
        topic = origin.serve(feed.add("one"))
        self.follow(hub, topic, callback.url())
        callback.script(Answer(500))
        since = hub.mark()
        self.publish(hub, origin.serve(feed.add("two")))
        hub.wait_for("delivery.failed", since=since)
        until(lambda: hub.status()["store"]["lagging"] == 1, "it to be stored")
        self.run_ctl("--data", hub.data, "backup", "copy")
        hub.stop()
        self.run_ctl("restore", "copy", "--data=elsewhere")
        other = self.there("elsewhere", hub)
        self.assertEqual(other.status()["store"]["lagging"], 1)
        self.run_ctl("--data", other.data, "resend", topic)
        callback.wait_posts(2)

    def test_it_is_the_owner_s_alone_and_whole_or_not_there(self) -> None:
        hub = self.daemon()
        self.run_ctl("--data", hub.data, "backup", "copy")
        mode = stat.S_IMODE((self.directory / "copy").stat().st_mode)
        self.assertEqual(mode, 0o600)
        # Again, over the old one; and to standard output.
        self.run_ctl("--data", hub.data, "backup", "copy")
        done = self.run_ctl("--data", hub.data, "backup", "-")
        self.assertEqual(len(done.stdout),
                         (self.directory / "copy").stat().st_size)
        self.assertEqual(sorted(path.name for path in hub.data.iterdir()),
                         ["admin.sock", "data.mdb", "lock", "lock.mdb"])
        hub.stop()
        self.run_ctl("--data", hub.data, "backup", "later", code=NO_DAEMON)
        self.assertFalse((self.directory / "later").exists())
        self.run_ctl("backup", code=USAGE)

    def test_over_the_network_only_who_may_steer_gets_it(self) -> None:
        hub = self.daemon("--admin-listen=127.0.0.1:0")
        host, _, port = hub.wait_for("admin.listening").fields[
            "listen"].rpartition(":")
        door = Client((host, int(port)))
        tokens = {right: add_token(self, hub, right, rights=right)
                  for right in ("view", "admin")}
        answers = {right: door.ask(request("GET", "/admin/backup",
                                           [bearer(token)]))
                   for right, token in tokens.items()}
        self.assertEqual(answers["view"].status, 403)
        whole = answers["admin"]
        self.assertEqual(whole.status, 200)
        self.assertEqual(whole.get("Cache-Control"), "no-store")
        self.assertEqual(int(whole.get("Content-Length")), len(whole.body))
        line = hub.wait_for("admin.backup", bytes=len(whole.body))
        self.assertEqual(line.fields["who"], "token admin")
        (self.directory / "copy").write_bytes(whole.body)
        self.run_ctl("store", "check", "copy")

    def large(self) -> Daemon:
        """A hub whose store takes a while to be copied."""
        hub, origin = self.daemon(), self.origin()
        for number in range(6):
            topic = origin.serve(os.urandom(MIB), path=f"/{number}",
                                 content_type="application/octet-stream")
            self.follow(hub, topic, self.callback().url())
        return hub

    def test_one_is_made_at_a_time(self) -> None:
        hub = self.large()

        def one_is_refused() -> bool:
            """Of two that are asked for together."""
            with Wire(hub.admin.to) as one, Wire(hub.admin.to) as other:
                for wire in (one, other):
                    wire.send(request("GET", "/admin/backup"))
                answers = [wire.read() for wire in (one, other)]
            return any(answer.status == 409 and "another" in answer.text
                       for answer in answers)
        until(one_is_refused, "one to come while another is made")

    def test_nothing_is_left_when_it_is_killed(self) -> None:
        hub = self.large()
        # What it reads comes through here, and stops in the middle.
        bottleneck = Bottleneck(self.directory / "narrow", hub.admin.to, MIB)
        self.addCleanup(bottleneck.close)
        first = subprocess.Popen(
            [str(binary("websubctl")), "--socket", str(bottleneck.path),
             "backup", str(self.directory / "first")], stderr=subprocess.PIPE)
        self.assertTrue(bottleneck.stuck.wait(PATIENCE))
        hub.kill()
        bottleneck.close()
        first.communicate()
        self.assertIn(first.returncode, (NO, NO_DAEMON))
        self.assertFalse((self.directory / "first").exists())
        self.assertFalse((self.directory / "first.part").exists())
        left = {path.name for path in hub.data.iterdir()}
        self.assertLessEqual(left, {"admin.sock", "data.mdb", "lock",
                                    "lock.mdb"})
        hub.start()


class Restore(Moving):
    def copy(self) -> None:
        hub = self.daemon()
        self.run_ctl("--data", hub.data, "backup", "copy")
        hub.stop()

    def test_what_is_no_copy_is_refused(self) -> None:
        self.copy()
        whole = (self.directory / "copy").read_bytes()
        bad = {"empty": b"", "text": b"this is no store\n" * 4096,
               "short": whole[:-4096], "head": whole[:4096],
               "zeros": bytes(len(whole)),
               "rotten": whole[:8192] + b"\xff" * (len(whole) - 8192)}
        for name, data in bad.items():
            with self.subTest(name=name):
                (self.directory / name).write_bytes(data)
                done = self.run_ctl("restore", name, "--data=there", code=NO)
                self.assertIn(b"websubctl: ", done.stderr)
                self.assertFalse((self.directory / "there").exists())
        self.run_ctl("restore", "nowhere", "--data=there", code=NO)
        self.run_ctl("restore", "copy", code=USAGE)

    def test_what_is_there_stays_unless_forced(self) -> None:
        self.copy()
        hub = self.daemon()
        origin, callback = self.origin(), self.callback()
        self.follow(hub, origin.serve(Atom().add("one")), callback.url())
        # In use, whatever is said.
        self.run_ctl("restore", "copy", "--force", "--data", hub.data,
                     code=NO)
        hub.stop()
        self.run_ctl("restore", "copy", "--data", hub.data, code=NO)
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], 1)
        hub.stop()
        done = self.run_ctl("restore", "copy", "--force", "--json", "--data",
                            hub.data)
        self.assertIn(b'"bytes":', done.stdout)
        self.assertTrue((hub.data / "data.mdb.before").exists())
        hub.start()
        self.assertEqual(hub.status()["store"]["subscriptions"], 0)


if __name__ == "__main__":
    unittest.main()
