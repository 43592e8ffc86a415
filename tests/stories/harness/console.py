# SPDX-License-Identifier: MIT
"""A hub with an operators' door, something to see behind it, and a browser in
front of it."""

from .access import add_token
from .browser import Browser
from .server import Answer, next_address
from .story import Story
from .waiting import until

VIEWS = ("", "topics", "topic", "subscriptions", "subscription", "deliveries",
         "updates", "update", "rules", "hub")


class Watched(Story):
    browser: Browser

    @classmethod
    def setUpClass(cls) -> None:
        # It starts slowly.
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        super().setUp()
        self.browser.ask("begin")
        # Where nobody else comes to listen while it restarts.
        self.door = next_address() + ":0"
        self.topic = "http://nowhere.example/"

    def hub_with_door(self, *options: str) -> None:
        # Who lags, lags for as long as it takes to look at it.
        self.hub = self.daemon(f"--admin-listen={self.door}", "--pull-open",
                               "--retry-first=10m", "--retry-max=10m",
                               *options)
        line = self.hub.wait_for("admin.listening")
        # The same one after a restart.
        self.hub.options = (*self.hub.options,
                            f"--admin-listen={line.fields['listen']}")
        self.console = f"http://{line.fields['listen']}/console/"

    def people_and_news(self) -> None:
        """Three topics; of one an update that one of three callbacks takes
        not."""
        source = self.origin()
        self.good, self.bad = self.callback(), self.callback()
        self.topics = [source.serve(b"one", "text/plain", f"/{name}")
                       for name in ("weather", "news", "blog")]
        self.topic, self.source = self.topics[0], source
        for topic in self.topics:
            self.follow(self.hub, topic, self.good.url("a"))
        self.subscribe(self.hub, self.topic, self.good.url("b"))
        self.subscribe(self.hub, self.topic, self.bad.url("c"))
        self.bad.on_post = lambda _: Answer(500)
        self.news(b"two")
        self.good.wait_posts(2)
        self.bad.wait_posts(1)
        self.hub.wait_for("delivery.failed")
        # Whose answer takes over a second lags until then.
        until(lambda: self.hub.status()["store"]["lagging"] == 1
              and self.hub.status()["counters"]["deliveries.delivered"] >= 2,
              "him alone to lag")

    def news(self, body: bytes) -> None:
        self.source.serve(body, "text/plain", "/weather")
        self.publish_and_fetch(self.hub, self.topic)

    def token(self, right: str, name: str = "") -> str:
        return add_token(self, self.hub, name or right, rights=right)

    def sign_in(self, right: str = "admin") -> str:
        token = self.token(right)
        self.browser.open(self.console)
        self.browser.fill("Token", token)
        self.browser.click("button", "Sign in")
        self.browser.sees("Overview", "h1")
        return token

    def lagging(self) -> dict:
        return self.hub.admin.json("/admin/deliveries")["deliveries"][0]

    def go(self, view: str) -> None:
        """To a view, by its address: it is there, if not what it shows."""
        query: dict = {}
        if view == "topic":
            query = {"url": self.topic}
        elif view == "subscription":
            query = {"topic": self.topic, "id": self.lagging()["id"]}
        elif view == "update":
            query = {"topic": self.topic, "seq": 2}
        self.browser.ask("run", script=f"""new Promise((done) => {{
            const where = '#/{view}?' + new URLSearchParams({query!r});
            const painted = () => requestAnimationFrame(
                () => requestAnimationFrame(done));
            if (location.hash === where)
                return done();
            addEventListener("hashchange", painted, {{ once: true }});
            location.hash = where;
        }})""")

    def settle(self) -> None:
        """Until nothing of a view is being loaded any more."""
        self.browser.ask("run", script="""new Promise((done) => {
            const look = () => document.querySelector("[aria-busy=true]")
                || !document.querySelector("h1")
                ? setTimeout(look, 20) : done();
            look();
        })""")

    def no_dialog(self) -> None:
        """What was open has closed."""
        self.browser.misses("", "dialog")
