# SPDX-License-Identifier: MIT
"""What an operator does in the console, and what comes of it in the hub.

Skipped where there is no browser: see harness/browser.py.
"""

import unittest

from harness.browser import HAS_BROWSER, NO_BROWSER
from harness.console import Watched


@unittest.skipUnless(HAS_BROWSER, NO_BROWSER)
class Acts(Watched):
    def test_an_operator_does_something_about_it(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        browser = self.browser
        since = self.hub.mark()
        browser.click("button", "Ping a topic")
        browser.fill("Topic", self.topic)
        browser.click("button", "Ping", where="dialog")
        browser.sees("Pinged", ".toasts")
        self.hub.wait_for("fetch.done", since=since)

        self.go("topic")
        browser.sees(self.topic, "h1")
        browser.click("button", "Send again")
        browser.click("button", "Send again", where="dialog")
        browser.sees("3 subscribers get it again", ".toasts")
        self.good.wait_posts(4)

        self.bad.on_post = self.good.on_post
        browser.click("button", "Subscribe")
        browser.fill("Callback", self.good.url("d"))
        browser.fill("Secret", "quite secret")
        self.secrets.add("quite secret")
        since = self.hub.mark()
        browser.click("button", "Subscribe", where="dialog")
        browser.sees("is being asked", ".toasts")
        self.hub.wait_for("subscription.active", since=since)
        browser.sees("All 4", ".foot")

        browser.click("button", "Change")
        browser.fill("Look at it every", "2h")
        browser.click("button", "Save", where="dialog")
        browser.sees("every 2 h", "dd")
        browser.click("button", "Remove", where=".head")
        browser.sees("Its 4 subscribers are told", "dialog")
        browser.click("button", "Remove", where="dialog")
        browser.sees("Removed, with 4 subscriptions", ".toasts")
        browser.sees("All 2", ".foot")
        self.assertEqual(browser.complaints(), [])

    def test_one_and_all_can_be_paused(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        browser = self.browser
        browser.click("button", "Pause all deliveries")
        browser.sees("All deliveries are paused", ".notice")
        browser.sees("paused", ".pulse")
        browser.click("button", "Resume deliveries")
        browser.sees("running", ".pulse")
        self.go("subscription")
        browser.click("button", "Pause", where=".head")
        browser.sees("paused", "dd")
        browser.click("button", "Resume", where=".head")
        browser.sees("lagging", "dd")
        browser.click("button", "Extend", where=".head")
        browser.fill("From now on for", "20d")
        browser.click("button", "Extend", where="dialog")
        browser.sees("in 20 days", "dd")

    def test_rules_and_quotas_are_in_force_at_once(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        browser = self.browser
        browser.click("link", "Rules", where=".nav")
        browser.click("button", "Add a rule")
        browser.fill("Domain", "spam.example")
        browser.click("button", "Add", where="dialog")
        browser.sees("spam.example", "td")
        self.assertEqual(self.ask(
            self.hub, "subscribe", "http://a.spam.example/",
            self.good.url()).status, 403)
        browser.click("button", "Remove rule for spam.example")
        browser.click("button", "Remove", where="dialog")
        browser.sees("No rules", ".empty")
        browser.click("link", "Hub", where=".nav")
        browser.click("button", "Change max-topics")
        browser.fill("From now on", "3")
        browser.click("button", "Save", where="dialog")
        browser.sees("an operator", "td")
        self.assertEqual(self.ask(
            self.hub, "subscribe", self.topic + "/more",
            self.good.url()).status, 503)


if __name__ == "__main__":
    unittest.main()
