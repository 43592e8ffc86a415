# SPDX-License-Identifier: MIT
"""Sockets that somebody else has opened, and what he is told."""

import os
import signal
import socket
import tempfile
import unittest
from pathlib import Path

from harness import Client, Daemon, Manager, Story, Wire, request, until
from harness.access import add_token, bearer


def stopped(pid: int) -> bool:
    """All of its threads stand still."""
    states = {(task / "stat").read_text().rpartition(")")[2].split()[0]
              for task in Path(f"/proc/{pid}/task").iterdir()}
    return states == {"T"}


class Activation(Story):
    def setUp(self) -> None:
        super().setUp()
        self.manager = Manager()
        self.resolvers.callback(self.manager.close)  # after the daemons

    def cast(self, *options: str, start: bool = True) -> Daemon:
        hub = self.manager.adopt(self.daemon(*options, start=False))
        return hub.start() if start else hub

    def fails(self, hub: Daemon) -> str:
        hub.launch()
        code = hub.wait_exit()
        self.assertEqual(code, 1)
        return hub.lines("start.failed")[-1].fields["why"]


class Sockets(Activation):
    def test_all_three_doors_can_be_inherited(self) -> None:
        address = self.manager.listen("public")
        operators = self.manager.listen("admin-tcp")
        local = self.manager.listen_local()
        hub = self.cast(f"--admin-socket={local}")
        self.assertEqual(hub.address, address)
        self.assertEqual(hub.client.get("/healthz").status, 200)
        self.assertIn(f"{address[0]}:{address[1]}",
                      Client(local).json("/admin/status")["listen"])
        hub.admin = Client(local)
        status = Client(operators).get("/admin/status")
        self.assertEqual(status.status, 401)

    def test_names_of_units_mean_what_the_socket_is(self) -> None:
        address = self.manager.listen("websubd.socket")
        local = self.manager.listen_local("unknown")
        hub = self.cast()
        self.assertEqual(hub.address, address)
        self.assertEqual(Client(local).get("/admin/status").status, 200)
        # One of its own would be in the data directory.
        self.assertFalse((hub.data / "admin.sock").exists())

    def test_who_connects_in_between_waits_and_is_served(self) -> None:
        self.manager.listen()
        local = self.manager.listen_local()
        hub = self.cast()
        hub.stop()
        with Wire(hub.address) as wire, Wire(local) as admin:
            wire.send(request("GET", "/healthz"))
            admin.send(request("GET", "/admin/status"))
            hub.start()
            self.assertEqual(wire.read().status, 200)
            self.assertEqual(admin.read().status, 200)
        self.assertTrue(local.exists())
        hub.stop()
        self.assertTrue(local.exists())

    def test_what_is_meant_for_another_process_is_left_alone(self) -> None:
        self.manager.listen()
        self.manager.environment = {"LISTEN_PID": "1"}
        hub = self.daemon(start=False)
        wrap = self.manager._wrap

        def wrong(command):
            line, numbers, environment = wrap(command)
            line[2] = line[2].replace("LISTEN_PID=$$ ", "")
            return line, numbers, environment
        hub.wrap = wrong
        hub.start()
        self.assertNotEqual(hub.address,
                            self.manager.sockets[0][1].getsockname())

    def test_what_is_no_listening_socket_is_refused_by_name(self) -> None:
        connected = socket.socketpair()
        with tempfile.TemporaryFile() as file:
            wrong = [
                (socket.socket(type=socket.SOCK_DGRAM), "no stream socket"),
                (socket.socket(), "does not listen"),
                (connected[0], "does not listen"),
                (file, "no socket"),
            ]
            for one, why in wrong:
                self.manager.sockets = [("public", one)]
                self.assertIn(why, self.fails(self.cast(start=False)))
        self.manager.sockets = []
        for one, _ in wrong:
            one.close()
        connected[1].close()

    def test_a_door_of_another_kind_is_refused(self) -> None:
        for name, listen in (("admin", self.manager.listen),
                             ("public", self.manager.listen_local),
                             ("admin-tcp", self.manager.listen_local)):
            listen(name)
            said = self.fails(self.cast(start=False))
            self.assertIn(f'"{name}', said.replace("\\", ""))
            self.manager.sockets.pop()[1].close()

    def test_nonsense_in_the_environment_is_refused(self) -> None:
        for given in ({"LISTEN_FDS": "some"}, {"LISTEN_FDS": "-1"},
                      {"LISTEN_FDS": "99999999999999999999"},
                      {"LISTEN_FDS": "1000"}, {"LISTEN_FDS": "9"}):
            self.manager.environment = given
            self.assertIn("LISTEN_FDS", self.fails(self.cast(start=False)))

    def test_one_that_others_can_reach_needs_a_public_url(self) -> None:
        one = socket.socket()
        one.bind(("0.0.0.0", 0))
        one.listen(8)
        self.manager.add("public", one)
        self.assertIn("public-url", self.fails(self.cast(start=False)))
        hub = self.cast("--public-url=http://hub.example/")
        self.assertEqual(hub.hub, "http://hub.example/")


class Notices(Activation):
    def test_it_says_when_it_is_ready_reloads_and_stops(self) -> None:
        hub = self.cast()
        self.manager.wait_told("READY=1")
        hub._process.send_signal(signal.SIGHUP)
        self.manager.wait_told("RELOADING=1")
        self.manager.wait_told("READY=1", 2)
        self.assertTrue(any(line.startswith("MONOTONIC_USEC=")
                            for line in self.manager.told.all()))
        hub.stop()
        self.manager.wait_told("STOPPING=1")

    def test_nobody_hears_ready_of_one_that_does_not_start(self) -> None:
        hub = self.cast(start=False)
        hub.launch("--listen=192.0.2.1:1", "--public-url=http://h.example/")
        self.assertEqual(hub.wait_exit(), 1)
        self.assertNotIn("READY=1", self.manager.told.all())

    def test_the_watchdog_is_patted_while_the_loop_turns(self) -> None:
        self.manager.environment = {"WATCHDOG_USEC": "150000"}
        hub = self.cast()
        self.manager.wait_told("WATCHDOG=1", 4)
        os.kill(hub.pid, signal.SIGSTOP)
        until(lambda: stopped(hub.pid), "it to stand still")
        self.manager.catch_up()
        told = self.manager.told.all().count("WATCHDOG=1")
        os.kill(hub.pid, signal.SIGCONT)
        self.manager.wait_told("WATCHDOG=1", told + 2)

    def test_a_watchdog_of_another_process_is_none(self) -> None:
        self.manager.environment = {"WATCHDOG_USEC": "30000",
                                    "WATCHDOG_PID": "1"}
        hub = self.cast()
        hub.client.get("/healthz")
        hub.stop()
        self.assertNotIn("WATCHDOG=1", self.manager.told.all())

    def test_a_manager_that_is_gone_disturbs_nobody(self) -> None:
        self.manager.environment = {"NOTIFY_SOCKET": "/nowhere/at/all",
                                    "WATCHDOG_USEC": "30000"}
        hub = self.cast()
        self.assertEqual(hub.client.get("/healthz").status, 200)
        self.manager.environment = {"NOTIFY_SOCKET": "nonsense"}
        hub.restart()
        hub.wait_for("notify.failed")

    def test_tokens_open_an_inherited_operators_listener(self) -> None:
        self.manager.listen("public")
        door = Client(self.manager.listen("admin-tcp"))
        hub = self.cast()
        token = add_token(self, hub, "root", rights="admin")
        self.assertEqual(door.get("/admin/status", [bearer(token)]).status,
                         200)


if __name__ == "__main__":
    unittest.main()
