# SPDX-License-Identifier: MIT
"""Health, the page for people, and what is not for the public."""

import stat
import subprocess
import unittest

from harness import PATIENCE, Daemon, Story, Wire, binary, request, until


class Health(Story):
    def test_both_listeners_tell_their_health(self) -> None:
        hub = self.daemon()
        for client in (hub.client, hub.admin):
            for path in ("/healthz", "/readyz"):
                with self.subTest(to=str(client.to), path=path):
                    self.assertEqual(client.get(path).status, 200)

    def test_admin_paths_are_unknown_in_public(self) -> None:
        hub = self.daemon()
        for path in ("/admin", "/admin/", "/admin/status", "/admin/topics",
                     "/admin/subscriptions", "/metrics", "//admin/status",
                     "/%61dmin/status", "/./admin/status"):
            with self.subTest(path=path):
                self.assertEqual(hub.client.get(path).status, 404)
        for path in ("/admin/ping?topic=http://h/",
                     "/admin/remove?topic=http://h/"):
            answer = hub.client.ask(request("POST", path, body=b""))
            self.assertEqual(answer.status, 404)

    def test_the_admin_socket_is_the_owners_alone(self) -> None:
        hub = self.daemon()
        mode = (hub.data / "admin.sock").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(stat.S_IMODE(hub.data.stat().st_mode), 0o700)

    def test_there_is_a_page_for_people(self) -> None:
        hub = self.daemon()
        answer = hub.client.get("/")
        self.assertEqual(answer.status, 200)
        self.assertIn("WebSub", answer.text)
        with Wire(hub.address) as wire:
            wire.send(request("HEAD", "/"))
            self.assertEqual(wire.read(to_head=True).status, 200)
            # There was no body: the next answer is one.
            self.assertEqual(wire.ask(request("GET", "/healthz")).status, 200)

    def test_unknown_paths_are_404_and_wrong_methods_405(self) -> None:
        hub = self.daemon()
        self.assertEqual(hub.client.get("/no/such/path").status, 404)
        answer = hub.client.ask(request("DELETE", "/healthz"))
        self.assertEqual(answer.status, 405)
        self.assertIn("GET", answer.get("Allow") or "")

    def test_an_accept_rate_is_kept(self) -> None:
        hub = self.daemon("--accept-rate=1")
        pairs = [("hub.mode", "publish"), ("hub.url", "http://h.example/")]
        answers = []

        def refused() -> bool:
            answers.append(hub.client.post(pairs))
            return answers[-1].status == 429
        until(refused, "the ceiling")
        self.assertTrue(answers[-1].get("Retry-After"))
        # Its own health it tells all the same.
        self.assertEqual(hub.client.get("/healthz").status, 200)


class CommandLine(Story):
    def run_daemon(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(binary("websubd")), *arguments],
                              capture_output=True, text=True, timeout=PATIENCE,
                              check=False, cwd=self.directory)

    def test_help_lists_the_options(self) -> None:
        done = self.run_daemon("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("data", "listen", "public-url", "allow-address",
                       "lease-default", "retry-first", "map-size"):
            self.assertIn(option, done.stdout)

    def test_check_reads_the_file_and_does_not_start(self) -> None:
        path = self.directory / "websubd.conf"
        path.write_text('data = "here"\nlisten = {"127.0.0.1:0"}\n')
        done = self.run_daemon("--check", "-c", str(path))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse((self.directory / "here").exists())

    def test_it_runs_with_a_file(self) -> None:
        path = self.directory / "websubd.conf"
        path.write_text('# a comment\nlease-max = "1h"\n'
                        'lease-default = 30m\nallow-address = '
                        '{"127.0.0.0/8", "192.0.2.0/24"}\n')
        hub = self.daemon("-c", str(path), loopback=False)
        callback = self.callback()
        for number, lease in enumerate(({}, {"lease_seconds": "99999"})):
            self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                          callback.url(f"{number}"), **lease)
        leases = {seen.params["hub.lease_seconds"]
                  for seen in callback.wait_verifications(2)}
        self.assertEqual(leases, {"1800", "3600"})

    def test_a_wrong_option_is_named_and_2(self) -> None:
        for wrong in ("--no-such-option=1", "--retry-first=soon",
                      "--retry-attempts=-4"):
            with self.subTest(option=wrong):
                done = self.run_daemon(f"--data={self.directory}/d", wrong)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(wrong.split("=")[0].lstrip("-"), done.stderr)

    def test_a_directory_in_use_is_refused(self) -> None:
        hub = self.daemon()
        done = self.run_daemon(f"--data={hub.data}", "--listen=127.0.0.1:0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("in use", done.stderr)
        self.assertEqual(hub.client.get("/healthz").status, 200)

    def test_a_public_listener_needs_a_public_url(self) -> None:
        done = self.run_daemon(f"--data={self.directory}/d",
                               "--listen=0.0.0.0:0")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("public-url", done.stderr)

    def test_a_public_url_is_what_the_hub_calls_itself(self) -> None:
        hub = self.daemon("--public-url=https://hub.example/path")
        self.assertIsInstance(hub, Daemon)
        self.assertEqual(hub.hub, "https://hub.example/path")


if __name__ == "__main__":
    unittest.main()
