// SPDX-License-Identifier: MIT

#include "observation.h"

#include "backoff.h"
#include "fetcher/url.h"

#include <stdlib.h>
#include <string.h>

static bool join_hubs(struct observation *observation, struct bytes *out)
{
    const struct document *document = &observation->document;
    // Whoever could put himself between us and an http URL wrote this.
    size_t count = observation->exchange.downgraded ? 0 : document->hub_count;
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(document->hubs[i]) + 1;
    char *hubs = malloc(size);
    if (!hubs)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t hub_len = strlen(document->hubs[i]);
        if (len + hub_len + 1 > STORE_LINKS_MAX)
            break;
        if (len > 0)
            hubs[len++] = '\n';
        memcpy(hubs + len, document->hubs[i], hub_len);
        len += hub_len;
    }
    hubs[len] = '\0';
    observation->hubs = hubs;
    *out = (struct bytes){ hubs, len };
    return true;
}

static bool same(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text ? text : "", text ? strlen(text) : 0 };
}

// Another spelling of the topic is no other topic.
static bool note_self(struct store_publish *publish,
                      const struct store_topic *topic)
{
    struct url *url = malloc(sizeof *url);
    if (!url)
        return false;
    if (!url_read(publish->self.at, publish->self.len, url)
        && !same((struct bytes){ url->normal, url->normal_len },
                 topic->url_normal)) {
        url_key(url, publish->self_key.bytes);
        publish->self_same_origin =
            topic->url_normal.len > url->origin_len
            && memcmp(topic->url_normal.at, url->normal, url->origin_len) == 0
            && strchr("/?", topic->url_normal.at[url->origin_len]);
    }
    free(url);
    return true;
}

static bool note_links(struct observation *observation)
{
    struct store_publish *publish = &observation->publish;
    const struct store_topic *topic = observation->topic;
    const char *self =
        observation->exchange.downgraded ? NULL : observation->document.self;
    if (!join_hubs(observation, &publish->hubs))
        return false;
    publish->self = bytes_of(self && strlen(self) <= STORE_URL_MAX ? self : "");
    publish->new_links =
        !same(publish->self, topic->self) || !same(publish->hubs, topic->hubs);
    return !publish->new_links || publish->self.len == 0
           || note_self(publish, topic);
}

static bool note_entries(struct observation *observation)
{
    const struct document *document = &observation->document;
    struct store_publish *publish = &observation->publish;
    if (!document->remember)
        return true;
    observation->entries =
        calloc(document->memory_count + 1, sizeof *observation->entries);
    if (!observation->entries)
        return false;
    for (size_t i = 0; i < document->memory_count; i++) {
        struct store_entry *entry = &observation->entries[i];
        memcpy(entry->id, document->entries[i].id, sizeof entry->id);
        memcpy(entry->content, document->entries[i].content,
               sizeof entry->content);
        entry->seq = document->entries[i].seq;
        entry->seen = document->entries[i].seen;
    }
    publish->new_entries = true;
    publish->entries = observation->entries;
    publish->entry_count = document->memory_count;
    return true;
}

// "" when nothing redirected.
static const char *moved_to(const struct observation *observation)
{
    const char *url = observation_url(observation);
    if (strcmp(url, observation->topic->url.at) == 0)
        return "";
    return strlen(url) <= STORE_URL_MAX ? url : "";
}

static void note_validators(struct observation *observation)
{
    struct store_publish *publish = &observation->publish;
    const char *date = observation_field(observation, "date");
    int64_t seconds = date ? backoff_http_date(date) : -1;
    publish->new_validators = true;
    publish->etag = bytes_of(observation_field(observation, "etag"));
    publish->modified =
        bytes_of(observation_field(observation, "last-modified"));
    publish->moved = bytes_of(moved_to(observation));
    publish->modified_seen = seconds > 0 ? seconds * 1000 : 0;
}

static struct store_new_body body_of(const char *at, size_t len)
{
    struct store_new_body body = { .chunked = 0 };
    if (len > STORE_CHUNK)
        body.chunked = len;
    else
        body.inlined = (struct bytes){ at, len };
    return body;
}

static void note_update(struct observation *observation)
{
    static const enum store_update_kind kinds[] = {
        [DOCUMENT_SAME] = STORE_UPDATE_WHOLE,
        [DOCUMENT_ENTRIES] = STORE_UPDATE_ENTRIES,
        [DOCUMENT_FEED_LEVEL] = STORE_UPDATE_FEED_LEVEL,
        [DOCUMENT_REMOVAL_ONLY] = STORE_UPDATE_REMOVAL_ONLY,
        [DOCUMENT_REPLACED] = STORE_UPDATE_WHOLE,
    };
    const struct document *document = &observation->document;
    const struct exchange *x = &observation->exchange;
    struct store_publish *publish = &observation->publish;
    const char *type = observation_field(observation, "content-type");

    // What cannot be cut is always delivered whole (M3).
    publish->kind = document->cuttable || document->on_request
                        ? kinds[document->change]
                        : STORE_UPDATE_WHOLE;
    publish->on_request = document->on_request;
    memcpy(publish->digest, document->digest, sizeof publish->digest);
    // R92: exactly as the origin said it.
    publish->content_type = bytes_of(type ? type : "application/octet-stream");
    publish->whole = body_of(x->response ? x->response : "", x->response_len);
    publish->changed = (const uint8_t(*)[16])document->changed;
    publish->changed_count = document->changed_count;
    // M14: of what surrounds the entries, only other links are news to those
    // who want entries.
    if (document->delta
        && (document->change == DOCUMENT_ENTRIES || publish->new_links))
        publish->delta = body_of(document->delta, document->delta_len);
}

static void note_baseline_delivery(struct observation *observation)
{
    struct store_publish *publish = &observation->publish;
    publish->delivers_baseline = true;
    if (!observation->first_entry)
        return;
    publish->kind = STORE_UPDATE_ENTRIES;
    publish->changed = (const uint8_t(*)[16])observation->first_id;
    publish->changed_count = 1;
    publish->delta =
        body_of(observation->first_entry, observation->first_entry_len);
}

static enum store_verdict verdict_of(const struct observation *observation,
                                     int64_t now_unix)
{
    const struct store_topic *topic = observation->topic;
    if (observation->document.change == DOCUMENT_SAME)
        return observation_owes_baseline(observation, now_unix)
                   ? STORE_FETCH_UPDATE
                   : STORE_FETCH_UNCHANGED;
    // The first fetch since it is followed teaches what is old (M7, M12),
    // unless somebody says that there is something new, or it came too late.
    bool first = topic->last_fetch == 0 && topic->failures == 0;
    return first && !observation->pinged ? STORE_FETCH_BASELINE
                                         : STORE_FETCH_UPDATE;
}

// M20. A document that was given, or an answer that is none, tells nothing.
static enum store_reach reach_of(const struct observation *observation,
                                 enum store_verdict verdict)
{
    const struct exchange *x = &observation->exchange;
    if (observation->token == 0 || verdict == STORE_FETCH_FAILED
        || x->result != EXCHANGE_ANSWERED)
        return STORE_REACH_UNTOLD;
    return x->inside ? STORE_REACH_INSIDE : STORE_REACH_PUBLIC;
}

void observation_settle(struct observation *observation,
                        enum store_verdict verdict)
{
    const struct store_topic *topic = observation->topic;
    const struct exchange *x = &observation->exchange;
    struct store_publish *publish = &observation->publish;
    *publish = (struct store_publish){ .topic = topic->id };
    publish->token = observation->token;
    publish->generation = topic->dirty;
    publish->expected_head = topic->head;
    publish->verdict = verdict;
    publish->reach = reach_of(observation, verdict);
    publish->status = x->result == EXCHANGE_ANSWERED ? (int32_t)x->status
                                                     : -(int32_t)x->result;
}

bool observation_judge(struct observation *observation, int64_t now_unix)
{
    enum store_verdict verdict = verdict_of(observation, now_unix);
    bool given = observation->token == 0;
    observation_settle(observation, verdict);
    // M5: the next fetch has to bring what is missing.
    if (!given && !observation->document.incomplete)
        note_validators(observation);
    // What an answer's head may say of links, a ping does not; and what is new
    // alone need not say anything but that.
    if (!given && !observation->partial && !note_links(observation))
        return false;
    if (!note_entries(observation))
        return false;
    if (verdict == STORE_FETCH_UNCHANGED)
        return true;
    note_update(observation);
    if (observation->document.change == DOCUMENT_SAME)
        note_baseline_delivery(observation);
    return true;
}
