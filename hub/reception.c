// SPDX-License-Identifier: MIT

#include "reception.h"

#include "budget.h"
#include "channel.h"
#include "config.h"
#include "donation.h"
#include "form.h"
#include "forwarded.h"
#include "front_page.h"
#include "intent.h"
#include "keyring.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "publish.h"
#include "publisher_key.h"
#include "refusal.h"
#include "replay_log.h"
#include "replays.h"
#include "request.h"
#include "rsscloud.h"
#include "services.h"
#include "status_link.h"
#include "subscribe.h"
#include "xmlrpc_ping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    // So many URLs of a ping cost nothing more than the ping itself; each
    // look-up of a topic is a little work (S7).
    URLS_FREE = 5,
    URLS_OF_PREFIX = 10,
    BYTES_FREE = 64 * 1024,  // of a body, and each so many cost another one
    USUAL_MAX = 1024 * 1024, // of a body without a document
    LOCATION_MAX = 2048,
};

struct reception {
    const struct services *services;
    struct reception_listener listener;
    struct subscribe_means subscriptions;
    struct channels *channels;
    struct status_link *link;
    struct budget *budget;
    uint32_t rate; // of it
    struct replays *replays;
    struct donations donations;
};

// A request while it is being read.
struct visit {
    struct reception *reception;
    struct request *request;
    struct publisher_keys *keys;
    struct intent intent;
    bool fine;    // it could be read
    bool vouched; // and a key of the hub's has signed it
};

struct recall {
    struct replays *replays;
    int64_t now_s;
};

static void recall_one(void *context, const uint8_t mac[PUBLISHER_MAC],
                       int64_t until_s)
{
    const struct recall *recall = context;
    replays_recall(recall->replays, mac, until_s, recall->now_s);
}

// Without keys no document is taken, and nothing is read or written.
static bool recall(struct reception *reception)
{
    const struct services *services = reception->services;
    const struct config *config = services->config;
    struct recall from = { reception->replays, loop_now().unix / 1000 };
    if (reception->donations.log || !services->keyring
        || !atomic_load(keyring_in_use(services->keyring)))
        return true;
    reception->donations.log =
        replay_log_open(config->data, from.now_s, recall_one, &from);
    if (!reception->donations.log)
        LOG(LOG_ERROR, "replays.unreadable", LOG_T("why", strerror(errno)));
    return reception->donations.log != NULL;
}

struct reception *reception_new(const struct services *services,
                                const struct reception_listener *listener)
{
    struct reception *reception = calloc(1, sizeof *reception);
    if (!reception)
        return NULL;
    reception->services = services;
    reception->listener = *listener;
    reception->rate = (uint32_t)services->config->accept_rate;
    reception->budget = budget_new(reception->rate);
    reception->link = status_link_new(services);
    reception->subscriptions = (struct subscribe_means){
        .services = services,
        .link = reception->link,
        .accepted = listener->accepted,
        .context = listener->context,
    };
    reception->replays = replays_new();
    reception->donations = (struct donations){
        .services = services,
        .replays = reception->replays,
        .give = listener->given,
        .context = listener->context,
    };
    if (reception->budget && reception->link && reception->replays
        && recall(reception))
        return reception;
    reception_free(reception);
    return NULL;
}

// With a new rate everybody has all of it.
bool reception_retune(struct reception *reception)
{
    uint32_t rate = (uint32_t)reception->services->config->accept_rate;
    if (rate == reception->rate)
        return true;
    struct budget *budget = budget_new(rate);
    if (!budget)
        return false;
    budget_free(reception->budget);
    reception->budget = budget;
    reception->rate = rate;
    return true;
}

void reception_use(struct reception *reception, struct channels *channels)
{
    reception->channels = channels;
}

void reception_free(struct reception *reception)
{
    if (!reception)
        return;
    budget_free(reception->budget);
    status_link_free(reception->link);
    replays_free(reception->replays);
    replay_log_close(reception->donations.log);
    free(reception);
}

// R34: where the hub is now, whatever was asked.
static bool has_moved(const struct reception *reception,
                      struct request *request)
{
    static const char text[] = "the hub has moved\n";
    const char *to = reception->services->config->moved_to;
    char location[LOCATION_MAX];
    if (!to || !*to || request->admin)
        return false;
    int len = snprintf(location, sizeof location, "Location: %s", to);
    if (len < 0 || (size_t)len >= sizeof location)
        return false;
    struct reply reply = {
        .status = 308,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { location, "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    request_reply(request, &reply);
    return true;
}

// Whether this client may ask for so much more; if not, it is told.
static bool affords(struct reception *reception, struct request *request,
                    uint32_t cost, struct moment now)
{
    const struct services *services = reception->services;
    char from[FORWARDED_MAX];
    if (request->admin || cost == 0)
        return true;
    forwarded_from(request, &services->config->trusted_proxy, from);
    if (budget_take(reception->budget, from, cost, now.mono))
        return true;
    refusal_limit(services->metrics, request, "client.rate",
                  "too many requests from this address", 0);
    return false;
}

// Never more than can be had.
static uint32_t at_most(const struct config *config, size_t price)
{
    return price < (size_t)config->accept_rate ? (uint32_t)price
                                               : (uint32_t)config->accept_rate;
}

// Beside the one of each request.
static uint32_t price_of(const struct config *config,
                         const struct intent *intent)
{
    size_t urls = intent->url_count + intent->prefix_count * URLS_OF_PREFIX;
    return at_most(config, urls / URLS_FREE);
}

static struct publish_order order_of(const struct reception *reception)
{
    return (struct publish_order){
        .pinged = reception->listener.pinged,
        .context = reception->listener.context,
    };
}

// ------------------------------------------------------------ signed pings

static void blame(struct visit *visit, unsigned status, const char *code,
                  const char *reason)
{
    intent_clear(&visit->intent);
    refusal_blame(visit->reception->services->metrics, visit->request, status,
                  code, reason);
}

static enum replay judge(const struct visit *visit, struct moment now)
{
    const struct intent *intent = &visit->intent;
    int64_t now_s = now.unix / 1000;
    if (intent->gives)
        return replays_note(visit->reception->replays, intent->mac,
                            intent->signed_at, now_s);
    return replays_is_timely(intent->signed_at, now_s) ? REPLAY_NEW
                                                       : REPLAY_OUTSIDE;
}

// False: it was answered.
static bool is_trusted(struct visit *visit, struct moment now)
{
    struct metrics *metrics = visit->reception->services->metrics;
    if (!visit->vouched) {
        metric_add(metrics, METRIC_PINGS_FORGED, 1);
        blame(visit, 403, "signature.wrong",
              "hub.signature is not by a key of this hub for this hub.url");
        return false;
    }
    switch (judge(visit, now)) {
    case REPLAY_NEW:
        return true;
    case REPLAY_SEEN:
        blame(visit, 409, "signature.seen", "this ping was taken before");
        return false;
    case REPLAY_OUTSIDE:
        blame(visit, 403, "timestamp.range",
              "hub.timestamp is more than five minutes from the hub's time");
        return false;
    case REPLAY_FULL:
        break;
    }
    intent_clear(&visit->intent);
    refusal_say(metrics, visit->request, STORE_AGAIN);
    return false;
}

static void publish(struct visit *visit, struct moment now)
{
    struct reception *reception = visit->reception;
    struct intent *intent = &visit->intent;
    struct publish_order order = order_of(reception);
    size_t most = (size_t)reception->services->config->body_max;
    if (intent->gives && intent->message.content.len > most) {
        blame(visit, 413, "content.long", "hub.content is too long");
        return;
    }
    // The first key may have come while we ran.
    if (intent->gives && !recall(reception)) {
        intent_clear(intent);
        refusal_say(reception->services->metrics, visit->request, STORE_AGAIN);
        return;
    }
    if (intent->is_signed && !is_trusted(visit, now))
        return;
    order.is_signed = intent->is_signed;
    if (intent->gives)
        donation_accept(&reception->donations, visit->request, intent, now);
    else
        publish_accept(reception->services, visit->request, intent, &order);
}

// ----------------------------------------------------------------- reading

// On any thread.
static void read_visit(void *context)
{
    struct visit *visit = context;
    const struct intent *intent = &visit->intent;
    visit->fine = intent_read(visit->request, &visit->intent);
    visit->vouched = visit->fine && intent->is_signed
                     && publisher_keys_vouch(visit->keys, intent->url,
                                             &intent->message, intent->mac);
}

// Takes what the visit holds.
static void decide(struct visit *visit, struct moment now)
{
    struct reception *reception = visit->reception;
    const struct services *services = reception->services;
    struct intent *intent = &visit->intent;
    publisher_keys_free(visit->keys);
    if (!visit->fine) {
        refusal_blame(services->metrics, visit->request, intent->status,
                      intent->code, intent->reason);
    } else if (visit->request->body_len > USUAL_MAX && !intent->gives) {
        blame(visit, 413, "request.long", "the request's body is too long");
    } else if (!affords(reception, visit->request,
                        price_of(services->config, intent), now)) {
        intent_clear(intent);
    } else if (intent->mode == INTENT_PUBLISH) {
        publish(visit, now);
    } else if (intent->channel != INTENT_WEBHOOK) {
        channels_accept(reception->channels, visit->request, intent, now);
    } else {
        subscribe_accept(&reception->subscriptions, visit->request, intent);
    }
}

static void read_apart(void *context)
{
    struct visit *visit = context;
    decide(visit, loop_now());
    free(visit);
}

void reception_post(void *self, struct request *request, struct moment now)
{
    struct reception *reception = self;
    const struct services *services = reception->services;
    struct visit here = { .reception = reception, .request = request };
    size_t more = request->body_len / BYTES_FREE;

    if (has_moved(reception, request)
        || !affords(reception, request, 1 + at_most(services->config, more),
                    now))
        return;
    here.keys = keyring_now(services->keyring);
    if (!here.keys) {
        refusal_say(services->metrics, request, STORE_AGAIN);
        return;
    }
    if (more == 0) {
        read_visit(&here);
        decide(&here, now);
        return;
    }
    struct visit *apart = malloc(sizeof *apart);
    if (apart) {
        *apart = here;
        if (loop_job(services->loop, read_visit, read_apart, apart))
            return;
    }
    free(apart);
    publisher_keys_free(here.keys);
    refusal_say(services->metrics, request, STORE_AGAIN);
}

// ------------------------------------------------------- other ways to ping

// What these read is short, and costs like any ping.
static void accept(struct reception *reception, struct request *request,
                   bool (*read)(struct request *request, struct intent *out),
                   const struct publish_order *order, struct moment now)
{
    const struct services *services = reception->services;
    struct intent intent;
    if (has_moved(reception, request) || !affords(reception, request, 1, now))
        return;
    if (!read(request, &intent)) {
        metric_add(services->metrics, METRIC_REQUESTS_REFUSED, 1);
        return;
    }
    if (affords(reception, request, price_of(services->config, &intent), now))
        publish_accept(services, request, &intent, order);
    else
        intent_clear(&intent);
}

void reception_xmlrpc(void *self, struct request *request, struct moment now)
{
    struct publish_order order = order_of(self);
    order.face = xmlrpc_ping_face();
    order.otherwise = true;
    accept(self, request, xmlrpc_ping_read, &order, now);
}

void reception_rsscloud(void *self, struct request *request, struct moment now)
{
    struct publish_order order = order_of(self);
    order.face = rsscloud_face();
    accept(self, request, rsscloud_read, &order, now);
}

// ------------------------------------------------------------ for browsers

// R2: what looks like a request in the wrong method is told so.
static void say_post(struct request *request)
{
    static const char text[] = "hub.mode needs POST, with the parameters in "
                               "the body\n";
    struct reply reply = {
        .status = 405,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { "Allow: POST", "X-Content-Type-Options: nosniff",
                     "Hub-Error: request.method" },
        .header_count = 3,
    };
    request_reply(request, &reply);
}

static bool asks_for_something(const char *query)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    if (!form_read(query, strlen(query), &form, problem))
        return strstr(query, "hub.") != NULL;
    bool asks = false;
    for (size_t i = 0; i < form.count && !asks; i++)
        asks = strncmp(form.fields[i].name, "hub.", 4) == 0;
    form_clear(&form);
    return asks;
}

void reception_page(void *self, struct request *request, struct moment now)
{
    const struct reception *reception = self;
    (void)now;
    if (has_moved(reception, request))
        return;
    if (asks_for_something(request->query))
        say_post(request);
    else
        front_page_show(request, reception->services->hub_url);
}
