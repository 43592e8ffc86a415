# SPDX-License-Identifier: MIT
"""The operators' console in a real browser, over a real hub.

Skipped where there is no browser: see harness/browser.py.
"""

import unittest

from harness import until
from harness.browser import HAS_BROWSER, NO_BROWSER
from harness.console import Watched


@unittest.skipUnless(HAS_BROWSER, NO_BROWSER)
class Console(Watched):
    def test_only_who_shows_a_good_token_gets_in(self) -> None:
        self.hub_with_door()
        browser = self.browser
        browser.open(self.console)
        browser.fill("Token", "wsd_" + "x" * 43)
        browser.click("button", "Sign in")
        browser.sees("not known here", ".hint")
        browser.focuses("input Token")
        # A token to pull with is none to administrate with.
        browser.fill("Token", self.token("pull", "reader"))
        browser.click("button", "Sign in")
        browser.sees("Sign in", "h1")
        self.sign_in()
        browser.ask("reload")
        browser.sees("Overview", "h1")
        browser.sees("running", ".pulse")
        # Who loses the token is out, and learns why.
        self.ctl(self.hub, "token", "remove", "admin")
        browser.sees("Sign in to the console", "h1")
        browser.sees("not known here", ".hint")
        until(lambda: browser.ask(
            "run", script="JSON.stringify(sessionStorage)") == "{}",
            "the token to be forgotten")
        self.assertEqual(browser.complaints(), [])

    def test_who_may_only_look_looks(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in("view")
        browser = self.browser
        browser.sees("view only", ".chip")
        browser.click("button", "Pause all deliveries", where=".head",
                      force=True)
        browser.click("link", "Topics", where=".nav")
        browser.click("button", "Add a topic", force=True)
        self.assertEqual(browser.ask(
            "run", script="document.querySelectorAll('dialog').length"), 0)
        browser.sees("3", ".foot")
        self.assertFalse(self.hub.status()["halted"])

    def test_an_operator_finds_out_why_somebody_lags(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        browser = self.browser
        browser.sees("Lagging", ".figure")
        browser.sees(self.topic, ".panel")
        browser.click("link", "Deliveries", where=".nav")
        browser.sees("HTTP 500 (Internal Server Error)", "td")
        browser.click("link", self.bad.host, where=".main", exact=False)
        browser.sees(self.bad.host, "h1")
        browser.sees("update #2", "dd")
        browser.sees("lagging", "dd")
        browser.sees("HTTP 500 (Internal Server Error)", "td")
        browser.click("link", self.topic, where=".facts")
        browser.sees(self.topic, "h1")
        browser.sees("Some callbacks did not take it", ".says")
        browser.click("link", "#2", where=".facts")
        browser.sees("Update #2", "h1")
        browser.sees("2 of 3", "dd")
        browser.sees("First delivery", ".path")
        browser.click("link", "Updates", where=".nav")
        browser.sees("#2", "td")
        browser.click("link", "Subscriptions", where=".nav")
        browser.sees("All 5", ".foot")
        browser.click("link", "Lagging", where=".tabs")
        browser.sees("All 1", ".foot")
        self.assertEqual(browser.complaints(), [])

    def test_it_lives_through_a_restart_of_the_hub(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        browser = self.browser
        browser.sees("3", ".figure")
        self.hub.stop()
        browser.sees("The hub does not answer", ".notice")
        browser.sees("no answer", ".pulse")
        browser.sees("3", ".figure")
        self.hub.start()
        browser.sees("The hub is back", ".notice")
        browser.misses("The hub does not answer", ".notice")
        self.assertEqual(browser.complaints(), [])

    def test_each_visit_is_painted_and_says_when(self) -> None:
        self.hub_with_door()
        self.people_and_news()
        self.sign_in()
        painted: list[float] = []
        for _ in range(3):
            self.browser.open("about:blank")
            self.browser.open(self.console)
            self.browser.sees("Overview", "h1")
            painted.append(self.browser.ask("run", script="""
                new Promise((painted) => new PerformanceObserver((list) => {
                    const first = list.getEntriesByName(
                        "first-contentful-paint")[0];
                    if (first) painted(first.startTime);
                }).observe({ type: "paint", buffered: true }))"""))
        # How long it may take is no matter of a test: see README.
        print(f"first paint after {min(painted):.0f} ms, "
              f"at most {max(painted):.0f} ms")
        self.assertGreater(min(painted), 0)


if __name__ == "__main__":
    unittest.main()
