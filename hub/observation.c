// SPDX-License-Identifier: MIT

#include "observation.h"

#include "backoff.h"
#include "fetcher/url.h"
#include "poll.h"
#include "topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    BASELINE_MS = 15 * 60 * 1000, // M12
    ENTRIES_MAX = 10000,          // remembered of one topic
    REDIRECTS_MAX = 5,            // R80
};

struct observation *observation_new(const struct store_claimed *item)
{
    struct observation *observation = calloc(1, sizeof *observation);
    if (!observation)
        return NULL;
    observation->topic = topic_copy(&item->topic);
    if (!observation->topic) {
        free(observation);
        return NULL;
    }
    observation->token = item->token;
    observation->pinged = item->topic.dirty != item->topic.fetched;
    return observation;
}

void observation_free(struct observation *observation)
{
    exchange_clear(&observation->exchange);
    store_release(&observation->memory.op);
    if (observation->document_read)
        document_clear(&observation->document);
    free(observation->first_entry);
    free(observation->known);
    free(observation->hubs);
    free(observation->entries);
    free(observation->topic);
    free(observation);
}

static void ask_conditionally(struct observation *observation)
{
    const struct store_topic *topic = observation->topic;
    char *line = observation->if_none_match;
    size_t max = sizeof observation->if_none_match;

    if (topic->etag.len > 0)
        snprintf(line, max, "If-None-Match: %s", topic->etag.at);
    else if (topic->modified.len > 0
             && !poll_modified_is_weak(topic->modified.at,
                                       topic->modified_seen))
        snprintf(line, max, "If-Modified-Since: %s", topic->modified.at);
    else
        return;
    observation->conditional = true;
    struct exchange *x = &observation->exchange;
    x->headers[x->header_count++] = line;
}

void observation_ask(struct observation *observation, bool conditional,
                     uint32_t timeout_ms, size_t body_max)
{
    observation->exchange = (struct exchange){
        .class = EXCHANGE_FETCH,
        .url = observation->topic->url.at,
        // R86a: a cache on the way may not have heard of the update yet.
        .headers = { "Cache-Control: no-cache", "Pragma: no-cache" },
        .header_count = 2,
        .redirects_max = REDIRECTS_MAX,
        .decode = true,
        .body_max = body_max,
        .timeout_ms = timeout_ms,
        .connect_timeout_ms = timeout_ms / 2,
        .subscribers = observation->topic->subscriptions,
        .stranger = observation->stranger,
        .owner = observation,
    };
    observation->conditional = false;
    if (conditional)
        ask_conditionally(observation);
}

static const char *final_url(const struct observation *observation)
{
    const char *url = observation->exchange.final_url;
    return url ? url : observation->topic->url.at;
}

// "" when nothing redirected.
static const char *moved_to(const struct observation *observation)
{
    const char *url = observation->exchange.final_url;
    if (!url || strcmp(url, observation->topic->url.at) == 0)
        return "";
    return strlen(url) <= STORE_URL_MAX ? url : "";
}

bool observation_owes_baseline(const struct observation *observation,
                               int64_t now_unix)
{
    const struct store_topic *topic = observation->topic;
    return observation->pinged && topic->baseline_owed
           && topic->head == topic->baseline
           && now_unix - topic->baseline_at < BASELINE_MS;
}

bool observation_misled(const struct observation *observation)
{
    const struct store_topic *topic = observation->topic;
    const char *moved = moved_to(observation);
    return strlen(moved) != topic->moved.len
           || memcmp(moved, topic->moved.at, topic->moved.len) != 0;
}

static const char *field(const struct observation *observation,
                         const char *name)
{
    const struct exchange_field *f =
        exchange_field(&observation->exchange, name, NULL);
    return f && strlen(f->value) <= STORE_HEADER_MAX ? f->value : NULL;
}

static size_t link_fields(const struct observation *observation,
                          const char *out[OBSERVATION_LINKS])
{
    const struct exchange_field *f = NULL;
    size_t count = 0;
    while (count < OBSERVATION_LINKS
           && (f = exchange_field(&observation->exchange, "link", f)))
        out[count++] = f->value;
    return count;
}

static bool recall(struct observation *observation)
{
    size_t count = observation->memory.count;
    observation->known = calloc(count + 1, sizeof *observation->known);
    if (!observation->known)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct store_entry *entry = &observation->memory.items[i];
        struct document_entry *known = &observation->known[i];
        memcpy(known->id, entry->id, sizeof known->id);
        memcpy(known->content, entry->content, sizeof known->content);
        known->seq = entry->seq;
        known->seen = entry->seen;
    }
    return true;
}

// M12: the baseline may still have to be delivered, to clients of the old
// profile as its first entry alone.
static bool read_first_entry(struct observation *observation,
                             struct document_input input)
{
    struct document all;
    input.known = NULL;
    input.known_count = 0;
    if (!document_read(&input, &all))
        return false;
    if (all.cuttable && all.changed_count > 0) {
        size_t found = 0;
        memcpy(observation->first_id[0], all.changed[0], 16);
        observation->first_entry =
            document_cut(input.bytes, input.len, input.content_type,
                         (const uint8_t(*)[16])observation->first_id, 1, NULL,
                         &found, &observation->first_entry_len);
    }
    document_clear(&all);
    return true;
}

bool observation_read(struct observation *observation)
{
    const char *links[OBSERVATION_LINKS];
    const struct exchange *x = &observation->exchange;
    const struct store_topic *topic = observation->topic;
    if (!recall(observation))
        return false;
    struct document_input input = {
        .bytes = x->response ? x->response : "",
        .len = x->response_len,
        .content_type = field(observation, "content-type"),
        .url = final_url(observation),
        .link_fields = links,
        .link_field_count = link_fields(observation, links),
        .known = observation->known,
        .known_count = observation->memory.count,
        .seq = topic->head + 1,
        .today = observation->today,
        .entries_max = ENTRIES_MAX,
    };
    observation->document_read = document_read(&input, &observation->document);
    if (!observation->document_read)
        return false;
    bool baseline_waits = topic->baseline_owed && observation->pinged
                          && observation->document.change == DOCUMENT_SAME;
    return !baseline_waits || read_first_entry(observation, input);
}

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

static void note_validators(struct observation *observation)
{
    struct store_publish *publish = &observation->publish;
    const char *date = field(observation, "date");
    int64_t seconds = date ? backoff_http_date(date) : -1;
    publish->new_validators = true;
    publish->etag = bytes_of(field(observation, "etag"));
    publish->modified = bytes_of(field(observation, "last-modified"));
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
    const char *type = field(observation, "content-type");

    // What cannot be cut is always delivered whole (M3).
    publish->kind =
        document->cuttable ? kinds[document->change] : STORE_UPDATE_WHOLE;
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

void observation_settle(struct observation *observation,
                        enum store_verdict verdict)
{
    const struct store_topic *topic = observation->topic;
    const struct exchange *x = &observation->exchange;
    struct store_publish *publish = &observation->publish;
    publish->topic = topic->id;
    publish->token = observation->token;
    publish->generation = topic->dirty;
    publish->expected_head = topic->head;
    publish->verdict = verdict;
    publish->status = x->result == EXCHANGE_ANSWERED ? (int32_t)x->status
                                                     : -(int32_t)x->result;
}

bool observation_judge(struct observation *observation, int64_t now_unix)
{
    enum store_verdict verdict = verdict_of(observation, now_unix);
    observation_settle(observation, verdict);
    note_validators(observation);
    if (!note_links(observation) || !note_entries(observation))
        return false;
    if (verdict == STORE_FETCH_UNCHANGED)
        return true;
    note_update(observation);
    if (observation->document.change == DOCUMENT_SAME)
        note_baseline_delivery(observation);
    return true;
}
