// SPDX-License-Identifier: MIT

#include "front_page.h"

#include "page.h"

#include <string.h>

// Forms name no path of their own where they can help it: the hub may stand
// behind a proxy, below any path.
static const char about[] =
    "</code>.</p>\n"
    "<p>Websites tell it when something is new; it fetches that once and sends "
    "it on to everybody who asked for it, within a second. It speaks "
    "<a href=\"https://www.w3.org/TR/websub/\">WebSub</a>, also known as "
    "PubSubHubbub.</p>\n"
    "<ul>\n"
    "<li><b>You publish?</b> Link to this address with "
    "<code>rel=\"hub\"</code> in your feed or page, and tell the hub when it "
    "has changed. A <code>hub.url</code> that ends in <code>*</code> stands "
    "for all topics that begin so. Weblogs may ping as they always did: "
    "<code>weblogUpdates.ping</code> by XML-RPC at <code>RPC2</code>, "
    "rssCloud's <code>url</code> at <code>rsscloud/ping</code>.</li>\n"
    "<li><b>You read?</b> Most feed readers find the hub by that link on their "
    "own. A program subscribes with a callback, or, where nobody can call it, "
    "waits at <code>events?topic=URL&amp;wait=30</code>.</li>\n"
    "</ul>\n";

static const char publish_form[] =
    "<h2>Something has changed</h2>\n"
    "<form method=\"post\" action=\"\">\n"
    "<input type=\"hidden\" name=\"hub.mode\" value=\"publish\">\n"
    "<label>Address of the feed or page"
    "<input type=\"url\" name=\"hub.url\" required maxlength=\"2048\" "
    "placeholder=\"https://example.com/feed\"></label>\n"
    "<button>Tell the hub</button>\n"
    "</form>\n"
    "<p>The answer is 204: your browser stays on this page. Nothing is fetched "
    "that nobody has subscribed to.</p>\n";

static const char subscribe_form[] =
    "<h2>Subscribe a callback</h2>\n"
    "<form method=\"post\" action=\"\">\n"
    "<label><input type=\"radio\" name=\"hub.mode\" value=\"subscribe\" "
    "checked>subscribe</label>\n"
    "<label><input type=\"radio\" name=\"hub.mode\" value=\"unsubscribe\">"
    "unsubscribe</label>\n"
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
    "<p>Then the hub asks the callback whether it agrees. The answer has a "
    "link "
    "that tells how that went, and how deliveries go; programs find it in the "
    "header, with <code>rel=\"status\"</code>.</p>\n";

static const char questions[] =
    "<h2>How is a topic doing?</h2>\n"
    "<form method=\"get\" action=\"topic\">\n"
    "<label>Address of the feed or page"
    "<input type=\"url\" name=\"hub.topic\" required maxlength=\"2048\" "
    "placeholder=\"https://example.com/feed\"></label>\n"
    "<button>Look</button>\n"
    "</form>\n"
    "<h2>How is my subscription doing?</h2>\n"
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
    "<p>Only a subscription with a secret can be looked at: the secret is what "
    "tells its owner from everybody else.</p>\n";

void front_page_show(struct request *request, const char *hub_url)
{
    struct page page = { .at = NULL };
    page_begin(&page, "This is a WebSub hub");
    page_markup(&page, "<p>Its address is <code>");
    page_text(&page, hub_url, strlen(hub_url));
    page_markup(&page, about);
    page_markup(&page, publish_form);
    page_markup(&page, subscribe_form);
    page_markup(&page, questions);
    page_end(&page, request, 200);
}
