# SPDX-License-Identifier: MIT
"""The operators' listener: who shows which token may ask what there."""

import contextlib
import itertools
import json
import threading
import unittest

from harness import Client, Closed, Daemon, Message, Story, Wire, request, until
from harness.access import add_token, bearer

NOBODY = "wsd_" + "x" * 43


class AdminListener(Story):
    def cast(self, *options: str) -> tuple[Daemon, Client]:
        hub = self.daemon("--admin-listen=127.0.0.1:0", *options)
        listening = hub.wait_for("admin.listening")
        host, _, port = listening.fields["listen"].rpartition(":")
        return hub, Client((host, int(port)))

    def ask(self, door: Client, token: str | None, target: str,
            method: str = "GET") -> Message:
        fields = [bearer(token)] if token else []
        body = b"" if method == "POST" else None
        return door.ask(request(method, target, fields, body))

    def assert_refused(self, answer: Message, status: int) -> None:
        self.assertEqual(answer.status, status, answer.text)
        self.assertIn("error", json.loads(answer.body))
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        if status == 401:
            self.assertIn("Bearer", answer.get("WWW-Authenticate"))


class Doors(AdminListener):
    def test_what_operators_have_is_there_and_nothing_else(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        status = self.ask(door, admin, "/admin/status")
        self.assertEqual(status.status, 200, status.text)
        self.assertEqual(status.get("Cache-Control"), "no-store")
        self.assertEqual(self.ask(door, admin, "/metrics").status, 200)
        self.assertEqual(self.ask(door, None, "/healthz").status, 200)
        self.assertEqual(self.ask(door, None, "/readyz").status, 200)
        home = self.ask(door, None, "/")
        self.assertEqual((home.status, home.get("Location")),
                         (307, "/console/"))
        self.assertNotEqual(self.ask(door, None, "/console/").status, 401)
        for path in ("/events?topic=http://a/", "/hub", "/topic", "/presence",
                     "/mailboxes", "/status/x", "/nothing"):
            self.assertEqual(self.ask(door, admin, path).status, 404, path)
        for path in ("/", "/publish", "/subscribe"):
            answer = self.ask(door, admin, path, "POST")
            self.assertIn(answer.status, (404, 405), path)

    def test_the_public_listener_has_nothing_for_operators(self) -> None:
        hub, _ = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        public = hub.client
        for path in ("/admin/status", "/metrics", "/console/"):
            self.assertEqual(self.ask(public, admin, path).status, 404, path)

    def test_nobody_comes_in_without_a_token(self) -> None:
        hub, door = self.cast()
        for path in ("/admin/status", "/admin/nothing", "/metrics"):
            self.assert_refused(self.ask(door, None, path), 401)
            self.assert_refused(self.ask(door, NOBODY, path), 401)
        self.assert_refused(self.ask(door, None, "/admin/pause", "POST"), 401)
        hub.forbidden.add(NOBODY)

    def test_a_token_has_no_place_in_a_url(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        self.assert_refused(
            self.ask(door, None, f"/admin/status?access_token={admin}"), 400)

    def test_without_the_option_there_is_no_listener(self) -> None:
        hub = self.daemon()
        self.assertEqual(hub.lines("admin.listening"), [])


class Rights(AdminListener):
    def test_who_may_view_changes_nothing(self) -> None:
        hub, door = self.cast()
        view = add_token(self, hub, "looks", rights="view")
        self.assertEqual(self.ask(door, view, "/admin/topics").status, 200)
        self.assert_refused(self.ask(door, view, "/admin/pause", "POST"), 403)
        self.assertFalse(hub.status()["halted"])
        refused = hub.wait_for("admin.refused")
        self.assertEqual(refused.fields["who"], "token looks")

    def test_who_may_view_gets_no_copy_with_all_secrets(self) -> None:
        hub, door = self.cast()
        view = add_token(self, hub, "looks", rights="view")
        admin = add_token(self, hub, "root", rights="admin")
        for method in ("GET", "HEAD"):
            with Wire(door.to) as wire:
                wire.send(request(method, "/admin/backup", [bearer(view)]))
                self.assertEqual(wire.read(method == "HEAD").status, 403)
        self.assertEqual(self.ask(door, admin, "/admin/backup").status, 200)

    def test_who_may_administrate_may_view(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        self.assertEqual(self.ask(door, admin, "/admin/topics").status, 200)
        self.assertEqual(self.ask(door, admin, "/admin/pause?all=1",
                                  "POST").status,
                         200)

    def test_a_token_for_pulling_opens_nothing(self) -> None:
        hub, door = self.cast()
        pull = add_token(self, hub)
        self.assert_refused(self.ask(door, pull, "/admin/status"), 403)
        self.assert_refused(self.ask(door, pull, "/admin/pause", "POST"), 403)

    def test_a_token_for_administration_pulls_nothing(self) -> None:
        hub, _ = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        answer = hub.client.get("/events?topic=http://a.example/",
                                [bearer(admin)])
        self.assertEqual(answer.status, 403, answer.text)

    def test_a_ticket_opens_nothing(self) -> None:
        hub, door = self.cast()
        both = add_token(self, hub, "both", rights="pull,ticket,admin")
        given = hub.client.ask(request("POST", "/tickets", [
            bearer(both), ("Content-Type", "application/json")], b"{}"))
        self.assertEqual(given.status, 201, given.text)
        ticket = json.loads(given.body)["ticket"]
        self.assert_refused(
            self.ask(door, None, f"/admin/status?ticket={ticket}"), 403)
        wanted = b'{"rights":["admin"]}'
        refused = hub.client.ask(request("POST", "/tickets", [
            bearer(both), ("Content-Type", "application/json")], wanted))
        self.assertEqual(refused.status, 400, refused.text)

    def test_a_removed_token_opens_nothing_from_then_on(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        with Wire(door.to) as wire:
            ask = request("GET", "/admin/status", [bearer(admin)])
            self.assertEqual(wire.ask(ask).status, 200)
            self.ctl(hub, "token", "remove", "root")
            self.assert_refused(wire.ask(ask), 401)


class Crowds(AdminListener):
    def test_who_guesses_has_to_wait_but_who_is_known_has_not(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        self.assertEqual(self.ask(door, admin, "/admin/status").status, 200)
        with Wire(door.to) as wire:
            def guess(number: int) -> Message:
                token = f"wsd_{number:043d}"
                return wire.ask(request("GET", "/admin/status",
                                        [bearer(token)]))
            self.assertEqual(guess(0).status, 401)
            numbers = itertools.count(1)
            refused = []

            def is_refused() -> bool:
                # Of those that he has in a minute some come back meanwhile.
                refused[:] = [guess(next(numbers)) for _ in range(30)]
                return refused[-1].status == 429
            until(is_refused, "him to have to wait")
        self.assert_refused(refused[-1], 429)
        self.assertTrue(refused[-1].get("Retry-After"))
        self.assertEqual(self.ask(door, admin, "/admin/status").status, 200)

    def test_a_flood_without_tokens_holds_nobody_up(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        self.ask(door, admin, "/admin/status")
        over = threading.Event()
        statuses: set[int] = set()

        def flood() -> None:
            while not over.is_set():
                try:
                    with Wire(door.to) as wire:
                        for _ in range(100):
                            statuses.add(wire.ask(request(
                                "GET", "/admin/status",
                                [bearer(NOBODY)])).status)
                except (OSError, Closed):
                    continue
        # Twice as many have a place, if the hub hears late who has left.
        threads = [threading.Thread(target=flood) for _ in range(6)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: 429 in statuses, "somebody to be told to wait")
            for _ in range(20):
                self.assertEqual(hub.client.get("/healthz").status, 200)
                self.assertEqual(
                    self.ask(door, admin, "/admin/whoami").status, 200)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertLessEqual(statuses, {401, 429, 503})
        hub.forbidden.add(NOBODY)

    def test_one_address_cannot_have_all_places(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        crowd = [Wire(door.to, source="127.0.0.2") for _ in range(80)]
        for wire in crowd:
            self.addCleanup(wire.close)
            with contextlib.suppress(OSError):
                wire.send(b"GET /admin/status HTTP/1.1\r\nX-Slow: ")
        # There are 64 places, and his share is 16. Nobody has to go for the
        # operator, who comes from somewhere else, and after them.
        for _ in range(20):
            self.assertEqual(self.ask(door, admin, "/admin/status").status,
                             200)

    def test_silent_connections_shut_nobody_out(self) -> None:
        hub, door = self.cast()
        admin = add_token(self, hub, "root", rights="admin")
        silent = [Wire(door.to) for _ in range(80)]
        for wire in silent:
            self.addCleanup(wire.close)
            with contextlib.suppress(OSError):
                wire.send(b"GET /admin/status HTTP/1.1\r\nX-Slow: ")
        # The public side and the socket are not touched at all.
        self.assertEqual(hub.client.get("/healthz").status, 200)
        hub.status()

        def comes_in() -> bool:
            try:
                return self.ask(door, admin, "/admin/status").status == 200
            except (OSError, AssertionError, Closed):
                return False
        until(comes_in, "a place at the operators' listener")


if __name__ == "__main__":
    unittest.main()
