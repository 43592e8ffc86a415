# SPDX-License-Identifier: MIT
"""weblogUpdates: how weblogs ping, with a real client and with rude ones."""

import threading
import unittest
import xmlrpc.client
import xml.etree.ElementTree

from harness import Atom, Rss, Story, entries_of, until
from harness.client import Wire, request

# As WordPress sends it, byte for byte (class-IXR-request.php).
WORDPRESS = """<?xml version="1.0"?>
<methodCall>
<methodName>weblogUpdates.extendedPing</methodName>
<params>
<param><value><string>A &amp; B&#8217;s blog</string></value></param>
<param><value><string>{home}</string></value></param>
<param><value><string>{feed}</string></value></param>
</params></methodCall>
"""


class XmlRpc(Story):
    def proxy(self, hub, path: str = "/RPC2") -> xmlrpc.client.ServerProxy:
        host, port = hub.address
        proxy = xmlrpc.client.ServerProxy(f"http://{host}:{port}{path}")
        self.addCleanup(proxy("close"))
        return proxy

    def call(self, hub, body, path: str = "/RPC2", kind: str = "text/xml"):
        data = body.encode() if isinstance(body, str) else body
        return hub.client.ask(
            request("POST", path, [("Content-Type", kind)], data))

    def fault(self, answer) -> int:
        self.assertEqual(answer.status, 200, answer)
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            xmlrpc.client.loads(answer.body)
        return caught.exception.faultCode

    def told(self, answer) -> dict:
        self.assertEqual(answer.status, 200)
        self.assertIn("text/xml", answer.get("content-type"))
        (result,), _ = xmlrpc.client.loads(answer.body)
        self.assertEqual(set(result), {"flerror", "message"})
        return result

    def test_pythons_client_pings(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Rss().add("one")
        topic = origin.serve(feed, path="/feed")
        self.follow(hub, topic, callback.url())
        home = origin.url("/")
        for count, path in enumerate(("/RPC2", "/xmlrpc", "/xmlrpc/ping"), 1):
            origin.serve(feed.add(f"by {path}"), path="/feed")
            updates = self.proxy(hub, path).weblogUpdates
            result = updates.extendedPing("Käse", home, home, topic, "a|b")
            self.assertIs(result["flerror"], False)
            post = callback.wait_posts(count)[-1]
            self.assertIn(f"by {path}", entries_of(post.body))
        self.assertEqual(hub.status()["counters"]["pings.xmlrpc"], 3)

    def test_wordpress_pings(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        feed = Rss().add("one")
        topic = origin.serve(feed, path="/?feed=rss2&b=c")
        self.follow(hub, topic, callback.url())
        origin.serve(feed.add("two"), path="/?feed=rss2&b=c")
        body = WORDPRESS.format(home=origin.url("/"),
                                feed=topic.replace("&", "&amp;"))
        self.assertFalse(self.told(self.call(hub, body))["flerror"])
        self.assertIn("two", entries_of(callback.wait_posts(1)[0].body))

    def test_R76_pings_are_answered_at_once_and_coalesce(self) -> None:
        hub, callback, origin = (self.daemon("--fetch-timeout=5m"),
                                 self.callback(), self.origin())
        feed = Atom().add("one")
        topic = origin.serve(feed)
        self.follow(hub, topic, callback.url())
        before = len(origin.fetches)
        origin.gate = threading.Event()  # no fetch ends before it opens
        ping = self.proxy(hub).weblogUpdates.ping
        for _ in range(20):
            self.assertIs(ping("name", topic)["flerror"], False)
        origin.serve(feed.add("two"))
        self.assertIs(ping("name", topic)["flerror"], False)
        origin.gate.set()
        callback.posts.wait_until(
            lambda posts: any("two" in entries_of(post.body)
                              for post in posts), "the entry two")
        hub.stop()
        self.assertLessEqual(len(origin.fetches) - before, 3)

    def test_a_site_stands_for_its_feeds(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        for path in ("/blog/feed", "/blog/comments", "/blogs", "/"):
            self.follow(hub, origin.serve(Atom().add(path), path=path),
                        callback.url())
        before = len(origin.fetches)
        ping = self.proxy(hub).weblogUpdates.ping
        self.assertIs(ping("name", origin.url("/blog"))["flerror"], False)
        seen = origin.fetches.wait(before + 2)[before:]
        self.assertEqual({one.path for one in seen},
                         {"/blog/feed", "/blog/comments"})
        # Where the site is a topic itself, it is that one.
        before = len(origin.fetches)
        ping("name", origin.url("/"))
        origin.fetches.wait(before + 1)
        hub.stop()
        self.assertEqual([one.path for one in origin.fetches.all()[before:]],
                         ["/"])

    def test_a_site_of_many_feeds_must_name_them(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        since = hub.mark()
        for number in range(11):
            topic = origin.serve(Atom().add("one"), path=f"/{number}")
            self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("update", 11, since)
        before = len(origin.fetches)
        updates = self.proxy(hub).weblogUpdates
        self.assertIs(updates.ping("name", origin.url("/"))["flerror"], True)
        self.assertEqual(len(origin.fetches), before)
        updates.ping("name", origin.url("/"), origin.url("/7"))
        self.assertEqual(origin.fetches.wait(before + 1)[-1].path, "/7")

    def test_what_nobody_follows_is_never_fetched(self) -> None:
        hub, origin = self.daemon(), self.origin()
        home = origin.serve(Atom().add("one"))
        ping = self.proxy(hub).weblogUpdates.ping
        self.assertIs(ping("name", home)["flerror"], False)
        hub.stop()
        self.assertEqual(origin.accepted, 0)

    def test_bad_pings_are_told_as_the_method_tells(self) -> None:
        hub = self.daemon()
        updates = self.proxy(hub).weblogUpdates
        for site in ("", "blog", "ftp://a.example/", "javascript:alert(1)",
                     "http://u:p@a.example/", "http://a.example/" + "x" * 3000):
            self.assertIs(updates.ping("name", site)["flerror"], True, site)

    def test_bad_calls_are_faults(self) -> None:
        hub = self.daemon()
        proxy = self.proxy(hub)
        for call, code in ((lambda: proxy.weblogUpdates.ping("name"), -32602),
                           (lambda: proxy.weblogUpdates.ping(), -32602),
                           (lambda: proxy.pingback.ping("a", "b"), -32601),
                           (lambda: proxy.weblogUpdates.ping(
                               {"name": "x"}, "http://a.example/"), -32700)):
            with self.assertRaises(xmlrpc.client.Fault) as caught:
                call()
            self.assertEqual(caught.exception.faultCode, code)

    def test_garbage_is_a_fault(self) -> None:
        hub = self.daemon()
        good = WORDPRESS.format(home="http://a.example/", feed="")
        for body in ("", "x", "<", "<methodCall>", good[:-20], good + "x",
                     good.replace("methodName>", "methodname>"),
                     good.replace("&amp;", "&nbsp;"),
                     good.replace("&#8217;", "&#0;"),
                     good.replace("&#8217;", "&#x110000;"),
                     good.replace("<methodCall>", "<!DOCTYPE x [<!ENTITY a "
                                  "'b'>]><methodCall>"),
                     good.replace("<string>", "<string a='b'>"),
                     b"\xff\xfe" + good.encode("utf-16-le"),
                     b"\0" * 100, "<a>" * 20000,
                     "<!--" + "<!--" * 10000):
            self.assertEqual(self.fault(self.call(hub, body)), -32700, body[:60])
        self.told(self.call(hub, good))

    def test_too_long_ones_are_refused(self) -> None:
        hub = self.daemon()
        good = WORDPRESS.format(home="http://a.example/", feed="")
        long = good.replace("blog", "b" * 70_000)
        self.assertEqual(self.fault(self.call(hub, long)), -32700)
        head = request("POST", "/RPC2", [("Content-Type", "text/xml"),
                                         ("Content-Length", "100000000")])
        self.assertEqual(hub.client.ask(head).status, 413)
        self.told(self.call(hub, good))

    def test_other_types_and_methods_are_refused(self) -> None:
        hub = self.daemon()
        answer = self.call(hub, "{}", kind="application/json")
        self.assertEqual(answer.status, 415)
        for path in ("/RPC2", "/xmlrpc", "/xmlrpc/ping"):
            answer = hub.client.get(path)
            self.assertEqual(answer.status, 405)
            self.assertIn("POST", answer.get("allow"))
            answer = hub.client.ask(request("PUT", path, (), b"x"))
            self.assertEqual(answer.status, 405)

    def test_a_slow_one_holds_up_nobody(self) -> None:
        hub = self.daemon()
        good = WORDPRESS.format(home="http://a.example/", feed="").encode()
        with Wire(hub.address) as slow:
            slow.send(request("POST", "/RPC2",
                              [("Content-Type", "text/xml"),
                               ("Content-Length", str(len(good)))]))
            slow.send(good[:50])
            self.told(self.call(hub, good))
            slow.send(good[50:])
            self.told(slow.read())

    def test_messages_cannot_break_out(self) -> None:
        hub = self.daemon()
        body = WORDPRESS.format(home="http://a.example/&lt;x&gt;", feed="")
        answer = self.call(hub, body)
        xml.etree.ElementTree.fromstring(answer.body)

    def test_the_front_page_tells_of_it(self) -> None:
        hub = self.daemon()
        page = hub.client.get("/").text
        for word in ("weblogUpdates.ping", "RPC2", "rsscloud/ping"):
            self.assertIn(word, page)

    def test_too_many_are_429(self) -> None:
        hub = self.daemon("--accept-rate=1")
        good = WORDPRESS.format(home="http://a.example/", feed="")
        answers = []

        def refused() -> bool:
            answers.append(self.call(hub, good))
            return answers[-1].status == 429
        until(refused, "the ceiling")
        self.assertEqual(answers[0].status, 200)
        self.assertTrue(answers[-1].get("retry-after"))


if __name__ == "__main__":
    unittest.main()
