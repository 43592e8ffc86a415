// SPDX-License-Identifier: MIT

#include "reading.h"

#include "config.h"
#include "cursor.h"
#include "loop.h"
#include "metrics.h"
#include "policy.h"
#include "pull_answer.h"
#include "request.h"
#include "waiters.h"

#include <stdlib.h>
#include <string.h>

enum {
    INTEREST_MS = 24 * 60 * 60 * 1000, // M7
    READS_MAX = 32, // of the log at a time: what they bring lies in memory
    BYTES_MAX = 64 * 1024 * 1024, // of that; one read at least may be
    LONG_ANSWER = 64 * 1024,      // of bodies: written on a worker thread
};

static void end(struct reading *reading)
{
    struct reading_means *means = reading->means;
    struct waiter *waiter = reading->waiter;
    if (waiter && waiter->listed)
        waiters_remove(means->waiters, waiter);
    waiter_free(waiter);
    if (reading->query)
        pull_query_clear(reading->query);
    free(reading->query);
    free(reading);
    means->under_way--;
}

static void fail(struct reading *reading, unsigned status, const char *type,
                 const char *detail)
{
    pull_answer_problem(reading->request, status, type, detail);
    end(reading);
}

// ----------------------------------------------------------------- reading

// What it brought is not needed any more, so another may be read.
static void read_over(struct reading *reading)
{
    store_release(&reading->events.op);
    reading->means->reads--;
    reading->means->bytes -= reading->bytes;
    reading->bytes = 0;
}

static void set_bytes(struct reading *reading, size_t bytes)
{
    reading->means->bytes = reading->means->bytes - reading->bytes + bytes;
    reading->bytes = bytes;
}

static size_t bytes_of(const struct store_events *read)
{
    size_t bytes = 0;
    for (size_t i = 0; i < read->event_count; i++)
        bytes += read->items[i].body.len;
    return bytes;
}

// What it may bring at most: one document is brought whatever its size.
static size_t bytes_expected(const struct reading *reading)
{
    const struct waiter *waiter = reading->waiter;
    size_t one = (size_t)reading->means->services.config->body_max;
    if (!waiter->bodies)
        return 0;
    return one > waiter->max_bytes ? one : waiter->max_bytes;
}

static void answered(void *context)
{
    struct reading *reading = context;
    metric_add(reading->means->services.metrics, METRIC_EVENTS_PULLED,
               reading->told);
    read_over(reading);
    end(reading);
}

// On any thread.
static void say(void *context)
{
    struct reading *reading = context;
    reading->told = pull_answer_say(&reading->answer, reading->request);
}

static void answer(struct reading *reading)
{
    struct reading_means *means = reading->means;
    const struct store_events *read = &reading->events;
    struct waiter *waiter = reading->waiter;
    int64_t waited = loop_now().mono - waiter->since;
    uint64_t number = read->event_count > 0
                          ? read->items[read->event_count - 1].number
                          : waiter->number;
    reading->answer = (struct pull_answer){
        .read = read,
        .urls = reading->urls,
        .cursor = { .epoch = store_epoch(means->services.store),
                    .number = number,
                    .tag = waiter->tag },
        .key = means->key,
        .hub_url = means->services.hub_url,
        .waited_ms = waited > 0 ? waited : 0,
        .epoch_gap = reading->epoch_gap,
        .scope_changed = reading->scope_changed,
        .conditional = waiter->conditional,
        .preferred_s = waiter->preferred_s,
        // Held or not, such a connection cannot be parked: the next pull had
        // better come on a new one.
        .close = !reading->request->parkable || means->draining,
    };
    // From here on nobody else may answer it.
    if (waiter->listed)
        waiters_remove(means->waiters, waiter);
    // Writing megabytes of JSON takes tens of milliseconds.
    if (reading->bytes > LONG_ANSWER
        && loop_job(means->services.loop, say, answered, reading))
        return;
    say(reading);
    answered(reading);
}

static bool has_gap(const struct reading *reading)
{
    for (size_t i = 0; i < reading->events.count; i++)
        if (reading->positions[i].gap_count > 0)
            return true;
    return reading->epoch_gap || reading->scope_changed;
}

// The waiter stays listed; the reading is over.
static void hold(struct reading *reading)
{
    struct reading_means *means = reading->means;
    struct waiter *waiter = reading->waiter;
    read_over(reading);
    waiter->work = NULL;
    if (reading->query) {
        pull_query_clear(reading->query);
        metric_add(means->services.metrics, METRIC_PULLS_HELD, 1);
    }
    free(reading->query);
    free(reading);
    means->under_way--;
}

// A cursor of another history, or from beyond this one's end: tell so, and
// begin at the beginning, where nothing can be missed (M17).
static bool begins_anew(struct reading *reading)
{
    const struct store_events *read = &reading->events;
    if (reading->epoch_gap || reading->waiter->number <= read->head)
        return false;
    reading->epoch_gap = true;
    reading->positioned = false;
    read_over(reading);
    reading_read(reading);
    return true;
}

static void log_read(struct store_op *op)
{
    struct reading *reading = op->context;
    struct reading_means *means = reading->means;
    struct waiter *waiter = reading->waiter;
    const struct store_events *read = &reading->events;

    if (op->status != STORE_OK) {
        read_over(reading);
        fail(reading, 503, "store", "the log cannot be read now");
        return;
    }
    set_bytes(reading, bytes_of(read));
    if (begins_anew(reading))
        return;
    if (!reading->positioned)
        waiter->number = read->head;
    reading->positioned = true;
    // A peer that left before its request was held is told by the request.
    bool over = !waiter->listed || waiter->gone
                || atomic_load(&reading->request->gone) || means->draining
                || waiter->deadline <= loop_now().mono;
    if (read->event_count > 0 || has_gap(reading) || over) {
        answer(reading);
    } else if (waiter->woken) {
        // Something came while the store was being read.
        read_over(reading);
        reading_read(reading);
    } else {
        hold(reading);
    }
}

static struct store_position position_of(const struct reading *reading,
                                         uint64_t topic)
{
    const struct pull_query *query = reading->query;
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_NUMBER,
        .value = reading->waiter->number,
    };
    if (reading->positioned)
        return position;
    if (reading->epoch_gap) {
        position.since = STORE_SINCE_EARLIEST;
    } else {
        position.since = query->since;
        position.value = query->value;
    }
    return position;
}

static void submit(struct reading *reading)
{
    struct reading_means *means = reading->means;
    struct waiter *waiter = reading->waiter;
    means->reads++;
    set_bytes(reading, bytes_expected(reading));
    for (size_t i = 0; i < waiter->count; i++) {
        reading->urls[i] = waiter->interests[i].url;
        reading->positions[i] =
            position_of(reading, waiter->interests[i].topic);
    }
    waiter->woken = false;
    reading->events = (struct store_events){
        .op = { .verb = STORE_EVENTS, .done = log_read, .context = reading },
        .positions = reading->positions,
        .count = waiter->count,
        .limit = waiter->limit,
        .max_bytes = waiter->max_bytes,
        .content = (enum store_content)waiter->content,
        .deltas = means->services.config->feed_delivery == CONFIG_FEED_ENTRIES,
        .bodies = waiter->bodies,
    };
    store_submit(means->services.store, &reading->events.op);
}

static bool has_room(const struct reading_means *means)
{
    return means->reads < READS_MAX
           && (means->reads == 0
               || means->bytes + bytes_expected(means->later) <= BYTES_MAX);
}

// Its answer would be thrown away; reading for it would only keep others
// waiting.
static bool is_sated(const struct reading *reading)
{
    const struct request *request = reading->request;
    return reading->waiter->bodies && request->sated
           && atomic_load(request->sated);
}

void reading_read(struct reading *reading)
{
    struct reading_means *means = reading->means;
    reading->next = NULL;
    *means->later_last = reading;
    means->later_last = &reading->next;
    reading_go_on(means);
}

void reading_go_on(struct reading_means *means)
{
    while (means->later && has_room(means)) {
        struct reading *reading = means->later;
        means->later = reading->next;
        if (!means->later)
            means->later_last = &means->later;
        if (is_sated(reading))
            fail(reading, 503, "busy",
                 "too much is on its way to this address already");
        else
            submit(reading);
    }
}

// ------------------------------------------------------ from query to topics

static bool read_cursor(struct reading *reading)
{
    struct reading_means *means = reading->means;
    const struct pull_query *query = reading->query;
    struct waiter *waiter = reading->waiter;
    struct cursor cursor;
    uint64_t topics[PULL_TOPICS_MAX];

    for (size_t i = 0; i < waiter->count; i++)
        topics[i] = waiter->interests[i].topic;
    waiter->tag = cursor_tag(topics, waiter->count);
    if (!query->has_cursor)
        return true;
    if (!cursor_read(means->key, query->cursor, strlen(query->cursor), &cursor))
        return false;
    waiter->number = cursor.number;
    reading->positioned = cursor.epoch == store_epoch(means->services.store);
    reading->epoch_gap = cursor.epoch != store_epoch(means->services.store);
    reading->scope_changed = !reading->epoch_gap && cursor.tag != waiter->tag;
    return true;
}

static void begin(struct reading *reading)
{
    struct reading_means *means = reading->means;
    struct waiter *waiter = reading->waiter;
    struct moment now = loop_now();

    if (!read_cursor(reading)) {
        fail(reading, 400, "invalid-cursor",
             "since is not a cursor of this "
             "hub");
        return;
    }
    waiter->since = now.mono;
    waiter->deadline = now.mono;
    // Up to a fifth less than asked for, so that many do not come back at one
    // time.
    int64_t wait = reading->query->wait_ms;
    wait -= wait / 5 * (int64_t)(arc4random() % 1001) / 1000;
    if (wait > 0 && reading->request->parkable && !means->draining) {
        waiter->deadline += wait;
        waiter->work = reading;
        waiters_add(means->waiters, waiter, now.mono);
    }
    reading_read(reading);
}

static void ask_topic(struct reading *reading);

static void topic_followed(struct store_op *op)
{
    struct reading *reading = op->context;
    struct reading_means *means = reading->means;

    if (op->status == STORE_NOT_FOUND) {
        fail(reading, 404, "unknown-topic",
             "this hub does not follow that topic: a verified subscription, "
             "an operator or pull-open makes it");
        return;
    }
    if (op->status != STORE_OK) {
        fail(reading, 503, "store", "the hub cannot follow a topic now");
        return;
    }
    reading->waiter->interests[reading->asked].topic = reading->follow.topic;
    if (reading->follow.topic_new)
        means->followed(means->context);
    reading->asked++;
    if (reading->asked < reading->waiter->count)
        ask_topic(reading);
    else
        begin(reading);
}

static void ask_topic(struct reading *reading)
{
    struct reading_means *means = reading->means;
    const struct pull_topic *topic = &reading->query->topics[reading->asked];
    if (!policy_allows_topic(means->services.config, topic->url,
                             topic->url_len)) {
        fail(reading, 403, "denied-topic",
             "this hub does not serve that topic's domain");
        return;
    }
    reading->follow = (struct store_follow){
        .op = { .verb = STORE_FOLLOW,
                .done = topic_followed,
                .context = reading },
        .key = topic->key,
        .url = { topic->url, topic->url_len },
        .url_normal = { topic->normal, topic->normal_len },
        .create = means->services.config->pull_open,
        .interest_ms = INTEREST_MS,
    };
    store_submit(means->services.store, &reading->follow.op);
}

static struct waiter *waiter_for(const struct pull_query *query,
                                 struct request *request)
{
    size_t bytes = 0;
    for (size_t i = 0; i < query->topic_count; i++)
        bytes += query->topics[i].url_len + 1;
    struct waiter *waiter = waiter_new(query->topic_count, bytes);
    if (!waiter)
        return NULL;
    char *at = waiter_urls(waiter);
    for (size_t i = 0; i < query->topic_count; i++) {
        memcpy(at, query->topics[i].url, query->topics[i].url_len + 1);
        waiter->interests[i].url = at;
        at += query->topics[i].url_len + 1;
    }
    waiter->request = request;
    waiter->content = (uint8_t)query->content;
    waiter->conditional = query->conditional;
    if (query->prefer)
        waiter->preferred_s = (uint16_t)(query->wait_ms / 1000);
    waiter->bodies = query->bodies;
    waiter->limit = (uint32_t)query->limit;
    waiter->max_bytes = (uint32_t)query->max_bytes;
    return waiter;
}

struct reading *reading_new(struct reading_means *means,
                            struct request *request, struct pull_query *query)
{
    struct reading *reading = calloc(1, sizeof *reading);
    struct waiter *waiter = reading ? waiter_for(query, request) : NULL;
    if (!waiter) {
        free(reading);
        return NULL;
    }
    reading->means = means;
    reading->request = request;
    reading->query = query;
    reading->waiter = waiter;
    return reading;
}

void reading_begin(struct reading *reading)
{
    reading->means->under_way++;
    ask_topic(reading);
}

struct reading *reading_again(struct reading_means *means,
                              struct waiter *waiter)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        return NULL;
    reading->means = means;
    reading->request = waiter->request;
    reading->waiter = waiter;
    reading->positioned = true;
    waiter->work = reading;
    return reading;
}
