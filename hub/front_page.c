// SPDX-License-Identifier: MIT

#include "front_page.h"

#include "page.h"

#include <string.h>

// Forms name no path of their own where they can help it: the hub may stand
// behind a proxy, below any path.
static const char about[] =
    "</code></p>\n"
    "<p class=\"lead\">Websites tell it when something is new; it fetches that "
    "once and sends it on to everybody who asked for it, within a second. It "
    "speaks <a href=\"https://www.w3.org/TR/websub/\">WebSub</a>, also known "
    "as PubSubHubbub.</p>\n"
    "<div class=\"cards\">\n"
    "<section class=\"card\"><h2>You publish?</h2>\n"
    "<p>Link to the address above with <code>rel=\"hub\"</code> in your feed "
    "or page, and tell the hub when it has changed. A <code>hub.url</code> "
    "that ends in <code>*</code> stands for all topics that begin so.</p>\n"
    "<p>Weblogs may ping as they always did: "
    "<code>weblogUpdates.ping</code> by XML-RPC at <code>RPC2</code>, "
    "rssCloud's <code>url</code> at <code>rsscloud/ping</code>.</p>"
    "</section>\n"
    "<section class=\"card\"><h2>You read?</h2>\n"
    "<p>Most feed readers find the hub by that link on their own.</p>\n"
    "<p>A program subscribes with a callback, or, where nobody can call it, "
    "waits at <code>events/poll?topic=URL</code>. Nothing is lost in "
    "between: each answer says where to go on.</p></section>\n</div>\n";

static const char publish_form[] =
    "<h2>Try it</h2>\n<div class=\"cards\">\n"
    "<section class=\"card\"><h3>Something has changed</h3>\n"
    "<form method=\"post\" action=\"\">\n"
    "<input type=\"hidden\" name=\"hub.mode\" value=\"publish\">\n"
    "<label>Address of the feed or page"
    "<input type=\"url\" name=\"hub.url\" required maxlength=\"2048\" "
    "placeholder=\"https://example.com/feed\"></label>\n"
    "<button>Tell the hub</button>\n"
    "</form>\n"
    "<p class=\"hint\">Nothing is fetched that nobody has subscribed to."
    "</p></section>\n";

static const char topic_form[] =
    "<section class=\"card\"><h3>How is a topic doing?</h3>\n"
    "<form method=\"get\" action=\"topic\">\n"
    "<label>Address of the feed or page"
    "<input type=\"url\" name=\"hub.topic\" required maxlength=\"2048\" "
    "placeholder=\"https://example.com/feed\"></label>\n"
    "<button>Look</button>\n"
    "</form>\n"
    "<p class=\"hint\">When it was fetched, what came of it, and when the hub "
    "looks again.</p></section>\n";

static const char subscribe_form[] =
    "<section class=\"card\"><h3>Subscribe a callback</h3>\n"
    "<form method=\"post\" action=\"\">\n"
    "<fieldset aria-label=\"What to do\">"
    "<label><input type=\"radio\" name=\"hub.mode\" value=\"subscribe\" "
    "checked>subscribe</label>\n"
    "<label><input type=\"radio\" name=\"hub.mode\" value=\"unsubscribe\">"
    "unsubscribe</label></fieldset>\n"
    "<label>Topic: address of the feed or page"
    "<input type=\"url\" name=\"hub.topic\" required maxlength=\"2048\" "
    "placeholder=\"https://example.com/feed\"></label>\n"
    "<label>Callback: address of your program"
    "<input type=\"url\" name=\"hub.callback\" required maxlength=\"2048\" "
    "placeholder=\"https://reader.example/callback\"></label>\n"
    "<label>Secret to sign deliveries with, if you want one"
    "<input type=\"password\" name=\"hub.secret\" maxlength=\"199\" "
    "autocomplete=\"off\"></label>\n"
    "<label>For how many seconds, if not for as long as usual"
    "<input name=\"hub.lease_seconds\" inputmode=\"numeric\" maxlength=\"32\">"
    "</label>\n"
    "<button>Send</button>\n"
    "</form>\n"
    "<p class=\"hint\">Then the hub asks the callback whether it agrees. The "
    "answer has a link that tells how that went, and how deliveries go; "
    "programs find it in the header, with <code>rel=\"status\"</code>.</p>"
    "</section>\n";

static const char subscription_form[] =
    "<section class=\"card\"><h3>How is my subscription doing?</h3>\n"
    "<form method=\"post\" action=\"subscription\">\n"
    "<label>Topic"
    "<input type=\"url\" name=\"hub.topic\" required maxlength=\"2048\">"
    "</label>\n"
    "<label>Callback"
    "<input type=\"url\" name=\"hub.callback\" required maxlength=\"2048\">"
    "</label>\n"
    "<label>Its secret"
    "<input type=\"password\" name=\"hub.secret\" required maxlength=\"199\" "
    "autocomplete=\"off\"></label>\n"
    "<button>Look</button>\n"
    "</form>\n"
    "<p class=\"hint\">Only a subscription with a secret can be looked at: the "
    "secret is what tells its owner from everybody else.</p></section>\n"
    "</div>\n";

// ------------------------------------------------------------- for programs

// What stands before and after the hub's address in each.
static const struct {
    const char *title, *before, *after;
} commands[] = {
    { "Tell that something has changed", "curl ",
      " -d hub.mode=publish \\\n"
      "     --data-urlencode hub.url=https://example.com/feed" },
    { "Subscribe", "curl ",
      " -d hub.mode=subscribe \\\n"
      "     --data-urlencode hub.topic=https://example.com/feed \\\n"
      "     --data-urlencode hub.callback=https://reader.example/callback" },
    { "Wait for news without a callback", "curl -G ",
      "events/poll --data-urlencode topic=https://example.com/feed" },
};

static const struct {
    const char *methods, *path, *what;
} endpoints[] = {
    { "POST", "",
      "<code>hub.mode</code> is <code>subscribe</code>, "
      "<code>unsubscribe</code> (202, then the callback is asked) "
      "or <code>publish</code> (204)" },
    { "POST", "RPC2",
      "XML-RPC: <code>weblogUpdates.ping</code> and "
      "<code>extendedPing</code>" },
    { "POST", "rsscloud/ping", "rssCloud: <code>url</code> has changed" },
    { "GET, POST", "events",
      "the updates of a <code>topic</code>, from "
      "<code>since</code> on; <code>wait</code> "
      "seconds for one" },
    { "GET", "events/poll", "the same as JSON; waits for 25 seconds" },
    { "GET", "events/stream", "the same as lines of JSON, without end" },
    { "GET", "events/sse",
      "the same as server-sent events: for "
      "<code>EventSource</code>" },
    { "GET", "events/ws", "the same by WebSocket" },
    { "GET", "events/ID",
      "one update again; <code>/content</code> after it: "
      "its bytes alone" },
    { "GET, POST, PUT, PATCH, DELETE", "mailboxes",
      "a place of your own in the log, kept by the hub; needs a token" },
    { "POST", "tickets", "a pass for a page of yours; needs a token" },
    { "GET", "presence", "who waits for which topic; needs a token" },
    { "GET", "topic",
      "how <code>hub.topic</code> is doing; JSON for who "
      "prefers it" },
    { "POST", "subscription",
      "how yours is doing; <code>hub.topic</code>, "
      "<code>hub.callback</code>, "
      "<code>hub.secret</code>" },
    { "GET", "healthz", "200 while the hub runs" },
    { "GET", "readyz", "200 while it can do its work" },
};

static void write_commands(struct page *page, const char *hub_url)
{
    page_markup(page, "<h2>For programs</h2>\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        page_markup(page, "<h3>");
        page_markup(page, commands[i].title);
        page_markup(page, "</h3>\n<pre>");
        page_markup(page, commands[i].before);
        page_text(page, hub_url, strlen(hub_url));
        page_markup(page, commands[i].after);
        page_markup(page, "</pre>\n");
    }
}

static void write_endpoints(struct page *page, const char *hub_url)
{
    page_markup(page, "<h2>What there is</h2>\n<table><thead><tr>"
                      "<th scope=\"col\">Below ");
    page_text(page, hub_url, strlen(hub_url));
    page_markup(page, "</th><th scope=\"col\">What it does</th></tr></thead>\n"
                      "<tbody>\n");
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        page_markup(page, "<tr><th scope=\"row\"><code>");
        page_markup(page, endpoints[i].methods);
        page_markup(page, "</code> <code>");
        page_markup(page, *endpoints[i].path ? endpoints[i].path
                                             : "the address itself");
        page_markup(page, "</code></th><td>");
        page_markup(page, endpoints[i].what);
        page_markup(page, "</td></tr>\n");
    }
    page_markup(page, "</tbody></table>\n");
}

void front_page_show(struct request *request, const char *hub_url)
{
    struct page page = { .at = NULL };
    page_begin(&page, "This is a WebSub hub");
    page_markup(&page, "<p class=\"address\"><code>");
    page_text(&page, hub_url, strlen(hub_url));
    page_markup(&page, about);
    page_markup(&page, publish_form);
    page_markup(&page, topic_form);
    page_markup(&page, subscribe_form);
    page_markup(&page, subscription_form);
    write_commands(&page, hub_url);
    write_endpoints(&page, hub_url);
    page_end(&page, request, 200);
}
