# SPDX-License-Identifier: MIT
"""The console and the public pages for everybody: with a keyboard alone, on a
phone, in the dark, with a screen reader (axe-core finds nothing); and whatever
the hub was told by strangers, it is text.

Skipped where there is no browser: see harness/browser.py.
"""

import json
import unittest
from urllib.parse import urlencode

from harness.browser import HAS_BROWSER, NO_BROWSER
from harness.console import VIEWS, Watched

LOOKS = {"light": ("light", 1280, 900), "dark": ("dark", 1280, 900),
         "phone": ("light", 390, 844)}
MARKUP = "document.querySelectorAll('#app script, img[src=x]').length"
WIDE = "document.documentElement.scrollWidth > innerWidth"


@unittest.skipUnless(HAS_BROWSER, NO_BROWSER)
class Everybody(Watched):
    def nothing_wrong(self, what: str) -> None:
        for name, look in LOOKS.items():
            self.browser.look(*look)
            with self.subTest(what, look=name):
                self.assertEqual(self.browser.violations(), [])
                self.assertFalse(self.browser.ask("run", script=WIDE),
                                 "it is wider than the window")

    def tab_to(self, what: str) -> None:
        for _ in range(40):
            if self.browser.focused() == what:
                return
            self.browser.press("Tab")
        self.fail(f"the keyboard does not reach {what}")

    def test_axe_finds_nothing_in_the_console(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.browser.open(self.console)
        self.browser.sees("Sign in", "h1")
        self.nothing_wrong("sign in")
        self.sign_in()
        for view in VIEWS:
            self.go(view)
            self.settle()
            self.nothing_wrong(view or "overview")
        self.browser.look()
        for view, button, title in (
                ("topics", "Add a topic", "Add a topic"),
                ("topic", "Remove", "Remove this topic?"),
                ("subscriptions", "Subscribe a callback",
                 "Subscribe a callback"),
                ("rules", "Add a rule", "Add a rule")):
            self.go(view)
            self.browser.click("button", button, where=".main")
            self.browser.sees(title, "dialog")
            self.nothing_wrong(title)
            self.browser.press("Escape")
            self.no_dialog()
        self.assertEqual(self.browser.complaints(), [])

    def test_updates_of_a_topic_that_is_gone_are_told_of(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.ctl(self.hub, "topic", "remove", self.topic)
        self.sign_in()
        for view in ("", "updates"):
            self.go(view)
            self.browser.sees("topic 1, removed", "td")
            self.nothing_wrong(f"removed {view}")

    def test_axe_finds_nothing_where_there_is_nothing(self) -> None:
        self.hub_with_door()
        self.sign_in()
        for view in ("", "topics", "subscriptions", "deliveries", "updates"):
            self.go(view)
            self.settle()
            self.nothing_wrong(f"empty {view}")
        self.go("topic")
        self.browser.sees("does not know this topic", ".empty")
        self.nothing_wrong("no such topic")

    def test_axe_finds_nothing_in_the_public_pages(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        for page in ("", "topic", "subscription",
                     "topic?" + urlencode({"hub.topic": self.topic})):
            self.browser.open(self.hub.hub + page)
            self.nothing_wrong(f"/{page}")
        self.assertEqual(self.browser.complaints(), [])

    def test_the_public_forms_say_what_has_come_of_them(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        browser = self.browser
        since = self.hub.mark()
        browser.open(self.hub.hub)
        browser.ask("run", script=f"""
            document.querySelector("[name='hub.url']").value = {
                json.dumps(self.topic)}""")
        browser.click("button", "Tell the hub")
        browser.sees("The hub has been told", "h1")
        self.hub.wait_for("fetch.done", since=since)
        browser.click("link", "Back to the hub")
        browser.sees("This is a WebSub hub", "h1")
        browser.fill("Topic: address of the feed or page", "http://h/#x")
        browser.fill("Callback: address of your program", "http://h/")
        browser.click("button", "Send")
        browser.sees("fragment", "p")
        self.assertEqual(browser.violations(), [])
        browser.click("link", "Back to the hub")
        since = self.hub.mark()
        browser.fill("Topic: address of the feed or page", self.topic)
        browser.fill("Callback: address of your program",
                     self.good.url("form"))
        browser.click("button", "Send")
        browser.sees("The request was accepted", "h1")
        self.secrets.add(browser.ask(
            "run", script="document.links[0].pathname.split('/').pop()"))
        self.hub.wait_for("subscription.active", since=since)
        browser.ask("run", script="document.links[0].click()")
        browser.sees("It is active", "main")
        self.assertEqual(browser.complaints(), [])

    def test_a_view_has_the_keyboard_once_it_shows(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        # In the moment a heading is there, before it is painted.
        self.browser.ask("run", script="""
            window.had = [];
            new MutationObserver(() => {
                const title = document.querySelector("h1").textContent;
                if (window.had.at(-1)?.title !== title)
                    window.had.push({ title,
                        focus: document.activeElement.textContent });
            }).observe(document.querySelector("main"), { childList: true,
                subtree: true, characterData: true })""")
        for view, title in (("topics", "Topics"), ("rules", "Rules")):
            self.go(view)
            self.browser.sees(title, "h1")
        had = self.browser.ask("run", script="window.had")
        self.assertEqual([(one["title"], one["focus"]) for one in had
                          if one["title"] != "Overview"],
                         [("Topics", "Topics"), ("Rules", "Rules")])

    def test_a_dialog_that_closes_takes_no_other_with_it(self) -> None:
        self.hub_with_door()
        self.sign_in()
        # All within one frame, as on a busy machine.
        left = self.browser.ask("run", script="""(async () => {
            const press = async (key) => {
                document.body.dispatchEvent(new KeyboardEvent("keydown",
                    { key, bubbles: true, cancelable: true }));
                await null;
                await null;
            };
            const frame = () => new Promise(requestAnimationFrame);
            const names = () => [...document.querySelectorAll("dialog")].map(
                (one) => one.getAttribute("aria-label"));
            await press("p");
            const first = names();
            document.querySelector("dialog").dispatchEvent(
                new Event("cancel"));
            await null;
            await null;
            await press("?");
            await frame();
            await frame();
            await frame();
            return [...first, ...names()];
        })()""")
        self.assertEqual(left, ["Ping a topic", "Keys"])

    def test_a_keyboard_is_enough(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        browser = self.browser
        browser.open(self.console)
        browser.focuses("input Token")
        browser.ask("type", text=self.token("admin"))
        browser.press("Enter")
        browser.sees("Overview", "h1")
        browser.press("Tab")
        browser.focuses("a Go to the content")
        browser.press("Enter")
        browser.focuses("h1 Overview")
        browser.press("g", "t")
        browser.sees("Topics", "h1")
        browser.focuses("h1 Topics")
        self.settle()
        browser.press("/")
        browser.focuses("input Address begins with")
        browser.ask("type", text=self.topic)
        browser.press("Enter")
        browser.sees("All 1", ".foot")
        self.tab_to(f"a {self.topic}")
        browser.press("Enter")
        browser.sees(self.topic, "h1")
        browser.sees("Ping", ".acts")
        self.tab_to("button Send again")
        browser.press("Enter")
        browser.focuses("input Since")
        browser.press("Escape")
        browser.focuses("button Send again")
        since = self.hub.mark()
        browser.press("p")
        browser.focuses("input Topic")
        browser.ask("type", text=self.topic)
        browser.press("Enter")
        browser.sees("Pinged", ".toasts")
        self.hub.wait_for("fetch.done", since=since)
        self.no_dialog()
        browser.press("?")
        browser.sees("close what is open", "dialog")
        browser.press("Escape")
        self.no_dialog()
        browser.press("g", "d")
        browser.sees("Deliveries", "h1")
        self.assertEqual(browser.complaints(), [])

    def test_what_strangers_say_is_text(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        self.browser.ask("poison", url="**/admin/**")
        for view in VIEWS:
            self.go(view)
            self.browser.sees("<img src=x", "body")
            self.settle()
            with self.subTest(view=view or "overview"):
                self.assertEqual(self.browser.ask("run", script=MARKUP), 0)
                self.assertEqual(self.browser.complaints(), [])
        links = self.browser.ask("run", script="""[...document.links].map(
            (one) => one.protocol).filter((it) => !it.startsWith("http"))""")
        self.assertEqual(links, [])

    def test_what_a_publisher_says_is_text_in_public_too(self) -> None:
        self.hub_with_door()
        source, reader = self.origin(), self.callback()
        bad = "<img src=x onerror=alert(1)>"
        topic = source.serve(b"<p>", f"text/html; x=\"{bad}\"",
                             "/" + bad.replace(" ", "%20"),
                             [("Link", f'<http://h/?"{bad}>; rel="self"')])
        self.follow(self.hub, topic, reader.url("<b>"))
        self.browser.open(self.hub.hub + "topic?"
                          + urlencode({"hub.topic": topic}))
        self.browser.sees("img", "main")
        self.assertEqual(self.browser.ask("run", script=MARKUP), 0)
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    unittest.main()
