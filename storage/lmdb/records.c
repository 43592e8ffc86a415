// SPDX-License-Identifier: MIT

#include "records.h"

#include <string.h>

enum {
    // 2: key of self, same origin; 3: content; 4: earlier
    TOPIC_VERSION = 4,
    // 2: gone, gone since; 3: plan; 4: reach, listeners, resuming, resumed;
    // 5: kept, poll every
    STATE_VERSION = 5,
    SUBSCRIPTION_VERSION = 2, // paused, request
    LAGGING_VERSION = 2,      // waits, resent, last
    LANE_VERSION = 1,
    TICKET_VERSION = 1,
    REQUEST_VERSION = 3, // 2: host, renews, idle; 3: asker
    WALK_VERSION = 2,    // start, steps
    DENIAL_VERSION = 1,
    COUNTERS_VERSION = 3, // 2: denial, idle; 3: mailbox, token
};

// Its version, from 1 to `newest`.
static uint8_t begin(struct reader *reader, struct bytes record, uint8_t newest)
{
    reader_init(reader, record);
    uint8_t version = read_choice(reader, newest);
    if (version == 0)
        reader->failed = true;
    return version;
}

static void write_key(struct writer *writer, const struct store_key *key)
{
    write_raw(writer, key->bytes, sizeof key->bytes);
}

static void read_key(struct reader *reader, struct store_key *key)
{
    read_raw(reader, key->bytes, sizeof key->bytes);
}

static void write_profile(struct writer *writer,
                          const struct store_profile *profile)
{
    write_u8(writer, (uint8_t)profile->method);
    write_u8(writer, (uint8_t)profile->content);
    write_bool(writer, profile->old_client);
    write_text(writer, profile->secret);
    write_text(writer, profile->verify_token);
}

static void read_profile(struct reader *reader, struct store_profile *profile)
{
    profile->method = read_choice(reader, STORE_SHA512);
    profile->content = read_choice(reader, STORE_CONTENT_ENTRIES);
    profile->old_client = read_bool(reader);
    profile->secret = read_text(reader, STORE_SECRET_MAX);
    profile->verify_token = read_text(reader, STORE_VERIFY_TOKEN_MAX);
}

void topic_encode(struct writer *writer, const struct topic *topic)
{
    const struct store_topic *shown = &topic->shown;
    write_u8(writer, TOPIC_VERSION);
    write_key(writer, &topic->key);
    write_u64(writer, topic->incarnation);
    write_text(writer, shown->url);
    write_text(writer, shown->url_normal);
    write_text(writer, shown->self);
    write_text(writer, shown->hubs);
    write_key(writer, &topic->self_key);
    write_bool(writer, topic->self_near);
    write_u8(writer, (uint8_t)shown->content);
    write_u64(writer, topic->earlier);
}

bool topic_decode(struct bytes record, struct topic *topic)
{
    struct store_topic *shown = &topic->shown;
    struct reader reader;
    uint8_t version = begin(&reader, record, TOPIC_VERSION);
    read_key(&reader, &topic->key);
    topic->incarnation = read_u64(&reader);
    shown->url = read_text(&reader, STORE_URL_MAX);
    shown->url_normal = read_text(&reader, STORE_URL_MAX);
    shown->self = read_text(&reader, STORE_URL_MAX);
    shown->hubs = read_text(&reader, STORE_LINKS_MAX);
    if (version >= 2) {
        read_key(&reader, &topic->self_key);
        topic->self_near = read_bool(&reader);
    }
    if (version >= 3)
        shown->content = read_choice(&reader, STORE_CONTENT_EACH);
    if (version >= 4)
        topic->earlier = read_u64(&reader);
    return reader_done(&reader);
}

void topic_state_encode(struct writer *writer, const struct topic *topic)
{
    const struct store_topic *shown = &topic->shown;
    write_u8(writer, STATE_VERSION);
    write_u64(writer, shown->head);
    write_u64(writer, shown->baseline);
    write_i64(writer, shown->baseline_at);
    write_bool(writer, shown->baseline_owed);
    write_u64(writer, shown->removed);
    write_u64(writer, shown->body_bytes);
    write_u32(writer, shown->dirty);
    write_u32(writer, shown->fetched);
    write_u32(writer, shown->failures);
    write_i64(writer, shown->failing_since);
    write_u32(writer, (uint32_t)shown->last_status);
    write_i64(writer, shown->last_fetch);
    write_i64(writer, shown->last_update);
    write_i64(writer, shown->fetch_due);
    write_i64(writer, topic->trim_due);
    write_i64(writer, shown->pulled_until);
    write_i64(writer, shown->unfollowed_at);
    write_u64(writer, shown->subscriptions);
    write_i64(writer, shown->modified_seen);
    write_text(writer, shown->etag);
    write_text(writer, shown->modified);
    write_text(writer, shown->moved);
    write_u32(writer, shown->gone);
    write_i64(writer, shown->gone_since);
    write_text(writer, shown->plan);
    write_u8(writer, (uint8_t)shown->reach);
    write_u64(writer, shown->listeners);
    write_bool(writer, topic->resuming);
    write_u64(writer, topic->resumed);
    write_bool(writer, shown->kept);
    write_i64(writer, shown->poll_every);
}

// Of its polls: a time, or -1.
static int64_t read_every(struct reader *reader)
{
    uint64_t value = read_u64(reader);
    if (value == UINT64_MAX)
        return -1;
    if (value > INT64_MAX)
        reader->failed = true;
    return reader->failed ? 0 : (int64_t)value;
}

bool topic_state_decode(struct bytes record, struct topic *topic)
{
    struct store_topic *shown = &topic->shown;
    struct reader reader;
    uint8_t version = begin(&reader, record, STATE_VERSION);
    shown->head = read_u64(&reader);
    shown->baseline = read_u64(&reader);
    shown->baseline_at = read_time(&reader);
    shown->baseline_owed = read_bool(&reader);
    shown->removed = read_u64(&reader);
    shown->body_bytes = read_u64(&reader);
    shown->dirty = read_u32(&reader);
    shown->fetched = read_u32(&reader);
    shown->failures = read_u32(&reader);
    shown->failing_since = read_time(&reader);
    shown->last_status = read_i32(&reader);
    shown->last_fetch = read_time(&reader);
    shown->last_update = read_time(&reader);
    shown->fetch_due = read_time(&reader);
    topic->trim_due = read_time(&reader);
    shown->pulled_until = read_time(&reader);
    shown->unfollowed_at = read_time(&reader);
    shown->subscriptions = read_u64(&reader);
    shown->modified_seen = read_time(&reader);
    shown->etag = read_text(&reader, STORE_HEADER_MAX);
    shown->modified = read_text(&reader, STORE_HEADER_MAX);
    shown->moved = read_text(&reader, STORE_URL_MAX);
    if (version >= 2) {
        shown->gone = read_u32(&reader);
        shown->gone_since = read_time(&reader);
    }
    if (version >= 3)
        shown->plan = read_text(&reader, STORE_PLAN_MAX);
    else
        shown->plan = (struct bytes){ "", 0 };
    if (version >= 4) {
        shown->reach = read_choice(&reader, STORE_REACH_INSIDE);
        shown->listeners = read_u64(&reader);
        topic->resuming = read_bool(&reader);
        topic->resumed = read_u64(&reader);
    }
    if (version >= 5) {
        shown->kept = read_bool(&reader);
        shown->poll_every = read_every(&reader);
    }
    return reader_done(&reader) && shown->baseline <= shown->head
           && shown->removed <= shown->head && topic->resumed <= shown->head;
}

void subscription_encode(struct writer *writer,
                         const struct subscription *subscription)
{
    const struct store_subscriber *shown = &subscription->shown;
    write_u8(writer, SUBSCRIPTION_VERSION);
    write_u32(writer, shown->rev);
    write_u64(writer, shown->start);
    write_i64(writer, shown->lease_end);
    write_bool(writer, shown->suspended);
    write_i64(writer, subscription->lease_key);
    write_key(writer, &subscription->callback_key);
    write_key(writer, &shown->origin);
    write_profile(writer, &shown->profile);
    write_text(writer, shown->topic_url);
    write_text(writer, shown->callback);
    write_bool(writer, shown->paused);
    write_u64(writer, shown->request);
}

bool subscription_decode(struct bytes record, struct subscription *subscription)
{
    struct store_subscriber *shown = &subscription->shown;
    struct reader reader;
    uint8_t version = begin(&reader, record, SUBSCRIPTION_VERSION);
    shown->rev = read_u32(&reader);
    shown->start = read_u64(&reader);
    shown->lease_end = read_time(&reader);
    shown->suspended = read_bool(&reader);
    subscription->lease_key = read_time(&reader);
    read_key(&reader, &subscription->callback_key);
    read_key(&reader, &shown->origin);
    read_profile(&reader, &shown->profile);
    shown->topic_url = read_text(&reader, STORE_URL_MAX);
    shown->callback = read_text(&reader, STORE_URL_MAX);
    if (version >= 2) {
        shown->paused = read_bool(&reader);
        shown->request = read_u64(&reader);
    }
    return reader_done(&reader);
}

void lagging_encode(struct writer *writer, const struct lagging *lagging)
{
    write_u8(writer, LAGGING_VERSION);
    write_u64(writer, lagging->next);
    write_u32(writer, lagging->attempts);
    write_u32(writer, lagging->step);
    write_i64(writer, lagging->first_failure);
    write_i64(writer, lagging->due);
    write_u32(writer, (uint32_t)lagging->last_status);
    write_bool(writer, lagging->waits);
    write_bool(writer, lagging->resent);
    write_u8(writer, (uint8_t)lagging->last_count);
    for (size_t i = 0; i < lagging->last_count; i++) {
        write_i64(writer, lagging->last[i].at);
        write_u32(writer, (uint32_t)lagging->last[i].status);
        write_u32(writer, lagging->last[i].took_ms);
    }
}

static void read_attempts(struct reader *reader, struct lagging *lagging)
{
    lagging->last_count = read_choice(reader, STORE_ATTEMPTS_KEPT);
    for (size_t i = 0; i < lagging->last_count; i++) {
        lagging->last[i].at = read_time(reader);
        lagging->last[i].status = read_i32(reader);
        lagging->last[i].took_ms = read_u32(reader);
    }
}

bool lagging_decode(struct bytes record, struct lagging *lagging)
{
    struct reader reader;
    uint8_t version = begin(&reader, record, LAGGING_VERSION);
    *lagging = (struct lagging){ 0 };
    lagging->next = read_u64(&reader);
    lagging->attempts = read_u32(&reader);
    lagging->step = read_u32(&reader);
    lagging->first_failure = read_time(&reader);
    lagging->due = read_time(&reader);
    lagging->last_status = read_i32(&reader);
    if (version >= 2) {
        lagging->waits = read_bool(&reader);
        lagging->resent = read_bool(&reader);
        read_attempts(&reader, lagging);
    }
    return reader_done(&reader) && !(lagging->waits && lagging->due == 0);
}

void lane_encode(struct writer *writer, const struct store_lane *lane)
{
    write_u8(writer, LANE_VERSION);
    write_bool(writer, lane->paused);
    write_i64(writer, lane->due);
    write_u32(writer, lane->step);
    write_u32(writer, lane->failures);
    write_i64(writer, lane->failing_since);
    write_u32(writer, (uint32_t)lane->last_status);
    write_text(writer, lane->name);
}

bool lane_decode(struct bytes record, struct store_lane *lane)
{
    struct reader reader;
    begin(&reader, record, LANE_VERSION);
    lane->paused = read_bool(&reader);
    lane->due = read_time(&reader);
    lane->step = read_u32(&reader);
    lane->failures = read_u32(&reader);
    lane->failing_since = read_time(&reader);
    lane->last_status = read_i32(&reader);
    lane->name = read_text(&reader, STORE_LANE_NAME_MAX);
    return reader_done(&reader);
}

void ticket_encode(struct writer *writer, const struct ticket *ticket)
{
    write_u8(writer, TICKET_VERSION);
    write_u64(writer, ticket->topic);
    write_u64(writer, ticket->subscription);
    write_i64(writer, ticket->end);
}

bool ticket_decode(struct bytes record, struct ticket *ticket)
{
    struct reader reader;
    begin(&reader, record, TICKET_VERSION);
    ticket->topic = read_u64(&reader);
    ticket->subscription = read_u64(&reader);
    ticket->end = read_time(&reader);
    return reader_done(&reader)
           && (ticket->subscription == 0) == (ticket->end != 0);
}

void request_encode(struct writer *writer, const struct request *request)
{
    const struct store_request *shown = &request->shown;
    write_u8(writer, REQUEST_VERSION);
    write_u8(writer, (uint8_t)shown->mode);
    write_i64(writer, shown->lease);
    write_i64(writer, shown->accepted);
    write_i64(writer, shown->deadline);
    write_u32(writer, shown->tries);
    write_i64(writer, request->due);
    write_key(writer, &shown->topic_key);
    write_key(writer, &shown->callback_key);
    write_key(writer, &shown->origin);
    write_profile(writer, &shown->profile);
    write_text(writer, shown->topic);
    write_text(writer, shown->callback);
    write_text(writer, shown->topic_normal);
    write_u64(writer, shown->host);
    write_bool(writer, shown->renews);
    write_bool(writer, request->idle);
    write_u64(writer, shown->asker);
}

bool request_decode(struct bytes record, struct request *request)
{
    struct store_request *shown = &request->shown;
    struct reader reader;
    uint8_t version = begin(&reader, record, REQUEST_VERSION);
    shown->mode = read_choice(&reader, STORE_UNSUBSCRIBE);
    shown->lease = read_time(&reader);
    shown->accepted = read_time(&reader);
    shown->deadline = read_time(&reader);
    shown->tries = read_u32(&reader);
    request->due = read_time(&reader);
    read_key(&reader, &shown->topic_key);
    read_key(&reader, &shown->callback_key);
    read_key(&reader, &shown->origin);
    read_profile(&reader, &shown->profile);
    shown->topic = read_text(&reader, STORE_URL_MAX);
    shown->callback = read_text(&reader, STORE_URL_MAX);
    shown->topic_normal = read_text(&reader, STORE_URL_MAX);
    if (version >= 2) {
        shown->host = read_u64(&reader);
        shown->renews = read_bool(&reader);
        request->idle = read_bool(&reader);
    }
    if (version >= 3)
        shown->asker = read_u64(&reader);
    return reader_done(&reader) && shown->mode != 0;
}

void denial_encode(struct writer *writer, const struct denial *denial)
{
    const struct store_denial *shown = &denial->shown;
    write_u8(writer, DENIAL_VERSION);
    write_u8(writer, (uint8_t)shown->reason);
    write_bool(writer, shown->verified);
    write_i64(writer, shown->made);
    write_u32(writer, shown->tries);
    write_i64(writer, denial->due);
    write_key(writer, &shown->topic_key);
    write_key(writer, &shown->callback_key);
    write_key(writer, &shown->origin);
    write_text(writer, shown->topic);
    write_text(writer, shown->callback);
}

bool denial_decode(struct bytes record, struct denial *denial)
{
    struct store_denial *shown = &denial->shown;
    struct reader reader;
    begin(&reader, record, DENIAL_VERSION);
    shown->reason = read_choice(&reader, STORE_DENIAL_EXPIRED);
    shown->verified = read_bool(&reader);
    shown->made = read_time(&reader);
    shown->tries = read_u32(&reader);
    denial->due = read_time(&reader);
    read_key(&reader, &shown->topic_key);
    read_key(&reader, &shown->callback_key);
    read_key(&reader, &shown->origin);
    shown->topic = read_text(&reader, STORE_URL_MAX);
    shown->callback = read_text(&reader, STORE_URL_MAX);
    return reader_done(&reader) && shown->reason != STORE_DENIAL_NONE;
}

void walk_encode(struct writer *writer, const struct store_walk *walk)
{
    write_u8(writer, WALK_VERSION);
    write_u64(writer, walk->from);
    write_u64(writer, walk->to);
    write_u64(writer, walk->position);
    write_u64(writer, walk->start);
    write_u8(writer, (uint8_t)walk->step_count);
    for (size_t i = 0; i < walk->step_count; i++) {
        write_u64(writer, walk->steps[i].last);
        write_u64(writer, walk->steps[i].cursor);
    }
}

static bool read_steps(struct reader *reader, struct store_walk *walk)
{
    uint64_t last = 0;
    walk->start = read_u64(reader);
    walk->step_count = read_u8(reader);
    if (walk->step_count > STORE_STEPS_MAX || walk->start > walk->position)
        return false;
    for (size_t i = 0; i < walk->step_count; i++) {
        struct store_step *step = &walk->steps[i];
        step->last = read_u64(reader);
        step->cursor = read_u64(reader);
        if (step->last <= last || step->cursor > walk->to)
            return false;
        last = step->last;
    }
    return true;
}

bool walk_decode(struct bytes record, struct store_walk *walk)
{
    struct reader reader;
    uint8_t version = begin(&reader, record, WALK_VERSION);
    walk->from = read_u64(&reader);
    walk->to = read_u64(&reader);
    walk->position = read_u64(&reader);
    walk->start = 0;
    walk->step_count = 0;
    memset(walk->steps, 0, sizeof walk->steps);
    if (version > 1 && !read_steps(&reader, walk))
        return false;
    return reader_done(&reader)
           && (walk->from < walk->to
               || (walk->step_count > 0 && walk->from == walk->to));
}

void counters_encode(struct writer *writer, const struct counters *counters)
{
    write_u8(writer, COUNTERS_VERSION);
    write_u64(writer, counters->topic);
    write_u64(writer, counters->subscription);
    write_u64(writer, counters->request);
    write_u64(writer, counters->event);
    write_i64(writer, counters->clock);
    write_u64(writer, counters->denial);
    write_u64(writer, counters->idle);
    write_u64(writer, counters->mailbox);
    write_u64(writer, counters->token);
}

bool counters_decode(struct bytes record, struct counters *counters)
{
    struct reader reader;
    uint8_t version = begin(&reader, record, COUNTERS_VERSION);
    counters->topic = read_u64(&reader);
    counters->subscription = read_u64(&reader);
    counters->request = read_u64(&reader);
    counters->event = read_u64(&reader);
    counters->clock = read_time(&reader);
    counters->denial = version >= 2 ? read_u64(&reader) : 0;
    counters->idle = version >= 2 ? read_u64(&reader) : 0;
    counters->mailbox = version >= 3 ? read_u64(&reader) : 0;
    counters->token = version >= 3 ? read_u64(&reader) : 0;
    return reader_done(&reader);
}
