// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "config.h"
#include "dossier.h"
#include "explain.h"
#include "fetcher/url.h"
#include "halt.h"
#include "inquiry.h"
#include "json_text.h"

#include <jansson.h>
#include <stdlib.h>

// Subscribers that are counted at most.
enum { CENSUS_MAX = 20000 };

static json_t *time_json(int64_t unix_ms)
{
    return unix_ms > 0 ? json_integer((json_int_t)unix_ms) : json_null();
}

static json_t *record_json(const struct explain_facts *facts)
{
    const struct store_topic *topic = facts->topic;
    json_t *record = admin_json_topic(topic, facts->now);
    json_t *more =
        json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o}", "etag",
                  json_text(topic->etag), "last_modified",
                  json_text(topic->modified), "moved", json_text(topic->moved),
                  "failing_since", time_json(topic->failing_since), "gone",
                  (int)topic->gone, "gone_since", time_json(topic->gone_since),
                  "pulled_until", time_json(topic->pulled_until),
                  "unfollowed_at", time_json(topic->unfollowed_at));
    if (record && more)
        json_object_update(record, more);
    json_decref(more);
    return record;
}

static json_t *newest_json(const struct store_event *newest)
{
    if (!newest)
        return json_null();
    return json_pack("{s:I, s:o, s:o, s:I}", "seq", (json_int_t)newest->seq,
                     "time", time_json(newest->time), "content_type",
                     json_text(newest->content_type), "size",
                     (json_int_t)newest->size);
}

static void add_known(json_t *root, const struct explain_facts *facts)
{
    json_t *known =
        json_pack("{s:o, s:o, s:I, s:{s:o, s:s}, s:b, s:b, s:b, s:o}", "record",
                  record_json(facts), "newest", newest_json(facts->newest),
                  "entries", (json_int_t)facts->entries, "next_fetch", "at",
                  time_json(facts->topic->fetch_due), "cause",
                  explain_cause_name(explain_cause(facts)), "names_us",
                  explain_names_us(facts), "other_self",
                  explain_other_self(facts), "walking", facts->walking,
                  "subscribers", admin_json_census(&facts->census));
    if (root && known)
        json_object_update(root, known);
    json_decref(known);
}

static void gathered(struct dossier *dossier)
{
    struct inquiry *inquiry = dossier->context;
    const struct explain_facts *facts = &dossier->facts;
    if (dossier->status != STORE_OK) {
        enum store_status status = dossier->status;
        dossier_free(dossier);
        inquiry_unable(inquiry, status);
        return;
    }
    dossier->facts.halted = halt_is(inquiry->admin->means.halt);
    json_t *says = json_array();
    struct explain_voice voice = admin_json_voice(says);
    explain_topic(facts, &voice);
    bool full = facts->config->feed_delivery == CONFIG_FEED_FULL;
    json_t *root = json_pack(
        "{s:s, s:b, s:b, s:s?, s:s}", "topic", inquiry_text(inquiry, "topic"),
        "known", facts->topic != NULL, "followed", explain_followed(facts),
        "denied_by", facts->rule, "feed_delivery", full ? "full" : "entries");
    if (facts->topic)
        add_known(root, facts);
    json_object_set_new(root, "says", says);
    dossier_free(dossier);
    inquiry_answer(inquiry, 200, root);
}

void admin_explain(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request, sizeof *inquiry);
    (void)now;
    if (!inquiry)
        return;
    struct url *topic = inquiry_url(inquiry, "topic");
    if (!topic)
        return;
    if (!dossier_open(inquiry->admin->means.services, topic, CENSUS_MAX, NULL,
                      gathered, inquiry))
        inquiry_fail(inquiry, 503, "out of memory");
    free(topic);
}
