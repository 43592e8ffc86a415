// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "admin_lane.h"
#include "admin_target.h"
#include "config.h"
#include "dossier.h"
#include "fetcher/engine.h"
#include "fetcher/url.h"
#include "halt.h"
#include "inquiry.h"
#include "policy.h"
#include "probe.h"
#include "rules.h"
#include "services.h"
#include "storage/store.h"
#include "verify.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { CENSUS_MAX = 20000, SHOWN_MAX = 100, JUDGE_MS = 15000 };

struct probing {
    struct inquiry inquiry;
    struct admin_target target; // if a number was given
    const char *called;         // the callback; the query's or the target's
    struct url *callback;
    struct store_key topic_key, callback_key, origin;
    bool topic_named;
    struct probe_facts facts;
    char rule[RULES_DOMAIN_MAX]; // of the facts
    struct exchange exchange;
    json_t *shown, *pending;
    union {
        struct store_page_subscribers page;
        struct store_find find;
    };
    struct store_page_lanes lanes; // kept until it is answered
};

static void end(struct probing *probing, unsigned status, json_t *root)
{
    exchange_clear(&probing->exchange);
    store_release(&probing->lanes.op);
    free(probing->callback);
    inquiry_answer(&probing->inquiry, status, root);
}

static void give_up(struct probing *probing, enum store_status status)
{
    json_decref(probing->shown);
    json_decref(probing->pending);
    end(probing, 503, json_pack("{s:s}", "error", store_status_name(status)));
}

// ------------------------------------------------------------------ answer

static json_t *addresses_json(const char *line)
{
    json_t *list = json_array();
    while (line && *line) {
        size_t len = strcspn(line, "\n"), name = strcspn(line, " \n");
        size_t word = name + (name < len);
        json_array_append_new(list,
                              json_pack("{s:s%, s:s%}", "address", line, name,
                                        "verdict", line + word, len - word));
        line += len + (line[len] == '\n');
    }
    return list;
}

static void look_at_budget(struct probing *probing)
{
    const struct admin_means *means = &probing->inquiry.admin->means;
    enum allowance_rank rank = probing->facts.census.counted > 0
                                   ? ALLOWANCE_KNOWN
                                   : ALLOWANCE_STRANGER;
    probing->facts.left =
        verify_left(means->verify, rank, probing->callback->host, loop_now());
}

static void answer(struct probing *probing)
{
    const struct probe_facts *facts = &probing->facts;
    const struct url *callback = probing->callback;
    look_at_budget(probing);
    probing->facts.now = loop_now().unix;
    probing->facts.halted = halt_is(probing->inquiry.admin->means.halt);
    json_t *says = json_array();
    struct explain_voice voice = admin_json_voice(says);
    probe_say(facts, &voice);
    json_t *root = json_pack(
        "{s:s, s:o, s:s, s:i, s:b, s:b, s:s?, s:o, s:s, s:o, s:o, s:o, s:o}",
        "callback", inquiry_text(&probing->inquiry, "callback"), "normal",
        probing->target.number > 0
            ? json_null()
            : json_stringn(callback->normal, callback->normal_len),
        "host", callback->host, "port", (int)callback->port, "fine",
        probe_fine(facts), "own", facts->own, "denied_by", facts->rule,
        "addresses", addresses_json(facts->addresses), "lookup",
        facts->result ? exchange_result_name(facts->result) : "none", "left",
        facts->left == UINT32_MAX ? json_null()
                                  : json_integer((json_int_t)facts->left),
        "origin", admin_json_census(&facts->census), "subscriptions",
        probing->shown, "says", says);
    if (probing->pending)
        json_object_set_new(root, "pending", probing->pending);
    if (facts->lane)
        json_object_set_new(root, "lane", admin_lane_json(facts->lane));
    end(probing, 200, root);
}

// ------------------------------------------------------------------- store

static void pair_found(struct store_op *op)
{
    struct probing *probing = op->context;
    const struct store_find *find = &probing->find;
    enum store_status status = op->status;
    if (status != STORE_OK && status != STORE_NOT_FOUND) {
        store_release(op);
        give_up(probing, status);
        return;
    }
    probing->facts.subscribed = find->subscribed;
    probing->facts.pending = find->pending_count;
    probing->pending = json_array();
    for (size_t i = 0; i < find->pending_count; i++)
        json_array_append_new(probing->pending,
                              admin_json_request(&find->pending[i], op->at));
    store_release(op);
    answer(probing);
}

static void find_pair(struct probing *probing)
{
    probing->find = (struct store_find){
        .topic_key = probing->topic_key,
        .callback_key = probing->callback_key,
    };
    inquiry_submit(&probing->inquiry, &probing->find.op, STORE_FIND,
                   pair_found);
}

static void lane_read(struct store_op *op)
{
    struct probing *probing = op->context;
    const struct store_page_lanes *lanes = &probing->lanes;
    if (op->status != STORE_OK)
        give_up(probing, op->status);
    else {
        probing->facts.lane = admin_lane_of(lanes, &probing->origin);
        if (probing->topic_named)
            find_pair(probing);
        else
            answer(probing);
    }
}

static void read_lane(struct probing *probing)
{
    probing->lanes = admin_lane_ask(&probing->origin);
    inquiry_submit(&probing->inquiry, &probing->lanes.op, STORE_PAGE_LANES,
                   lane_read);
}

static bool is_it(const struct probing *probing,
                  const struct store_subscriber *subscriber)
{
    struct store_key key;
    struct url *url = malloc(sizeof *url);
    bool same =
        url
        && !url_read(subscriber->callback.at, subscriber->callback.len, url);
    if (same)
        url_key(url, key.bytes);
    free(url);
    return same && memcmp(&key, &probing->callback_key, sizeof key) == 0;
}

static void count(struct probing *probing,
                  const struct store_subscriber *subscriber, int64_t now)
{
    struct probe_facts *facts = &probing->facts;
    census_count(&facts->census, subscriber);
    if (!is_it(probing, subscriber))
        return;
    census_count(&facts->mine, subscriber);
    if (facts->mine.counted > SHOWN_MAX)
        return;
    struct admin_json_subscriber from = {
        .subscriber = subscriber,
        .now = now,
        .whole = probing->target.number == 0,
    };
    json_array_append_new(probing->shown, admin_json_subscriber(&from));
}

static void read_page(struct probing *probing, uint64_t topic, uint64_t after);

static void page_read(struct store_op *op)
{
    struct probing *probing = op->context;
    const struct store_page_subscribers *page = &probing->page;
    struct census *census = &probing->facts.census;
    enum store_status status = op->status;
    uint64_t topic = 0, after = 0;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++) {
        count(probing, &page->items[i], op->at);
        topic = page->items[i].topic;
        after = page->items[i].id;
    }
    census->complete = page->end || page->count == 0;
    store_release(op);
    if (status != STORE_OK)
        give_up(probing, status);
    else if (!census->complete && census->counted < CENSUS_MAX)
        read_page(probing, topic, after);
    else
        read_lane(probing);
}

static void read_page(struct probing *probing, uint64_t topic, uint64_t after)
{
    probing->page = (struct store_page_subscribers){
        .origin = &probing->origin,
        .after_topic = topic,
        .after = after,
        .max = DOSSIER_PAGE,
    };
    inquiry_submit(&probing->inquiry, &probing->page.op, STORE_PAGE_SUBSCRIBERS,
                   page_read);
}

// ----------------------------------------------------------------- network

void admin_answered(struct admin *admin, struct exchange *exchange)
{
    struct probing *probing = exchange->owner;
    (void)admin;
    probing->facts.result = exchange->result;
    probing->facts.addresses = exchange->response;
    read_page(probing, 0, 0);
}

// No request is sent and nothing is connected to: a probe is no way to have
// the hub call somebody (M4).
static void look_up(struct probing *probing)
{
    struct engine *engine = probing->inquiry.admin->means.services->engine;
    probing->exchange = (struct exchange){
        .class = EXCHANGE_VERIFY,
        .url = probing->called,
        .judge_only = true,
        .timeout_ms = JUDGE_MS,
        .connect_timeout_ms = JUDGE_MS,
        .owner = probing,
    };
    engine_submit(engine, &probing->exchange);
}

// ----------------------------------------------------------------- reading

static void begin(struct probing *probing, struct url *callback)
{
    const struct services *services = probing->inquiry.admin->means.services;
    probing->callback = callback;
    url_key(callback, probing->callback_key.bytes);
    url_origin_key(callback, probing->origin.bytes);
    probing->facts.own = policy_is_own(services->config, callback);
    probing->facts.rule =
        rules_copy(rules_callback(services->rules, callback), probing->rule);
    probing->facts.topic_named = probing->topic_named;
    probing->shown = json_array();
    look_up(probing);
}

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    struct probing *probing = (struct probing *)(void *)inquiry;
    const char *text = probing->target.callback;
    struct url *callback = malloc(sizeof *callback);
    probing->topic_key = probing->target.key;
    probing->called = text;
    if (callback && !url_read(text, strlen(text), callback)) {
        begin(probing, callback);
        return;
    }
    free(callback);
    inquiry_unable(inquiry, STORE_AGAIN);
}

void admin_probe(void *self, struct request *request, struct moment now)
{
    struct probing *probing = inquiry_new(self, request, sizeof *probing);
    (void)now;
    if (!probing)
        return;
    struct inquiry *inquiry = &probing->inquiry;
    const char *callback = inquiry_text(inquiry, "callback");
    probing->topic_named = inquiry_text(inquiry, "topic") != NULL;
    if (admin_target_lacks_topic(inquiry))
        return;
    if (callback && admin_target_number(callback) > 0) {
        admin_target_find(&probing->target, inquiry, target_found);
        return;
    }
    if (probing->topic_named
        && !inquiry_key(inquiry, "topic", &probing->topic_key))
        return;
    probing->called = callback;
    struct url *url = inquiry_url(inquiry, "callback");
    if (url)
        begin(probing, url);
}
