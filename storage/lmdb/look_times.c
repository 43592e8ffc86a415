// SPDX-License-Identifier: MIT
//
// Requests and denials, and the two tables in the order of time: whether each
// key in them is one that a record has.

#include "due.h"
#include "graves.h"
#include "leases.h"
#include "look.h"
#include "mailbox_records.h"
#include "meta.h"

#include <inttypes.h>
#include <string.h>

enum { NUMBER_KEY = 8, TIME_KEY = 25, TIME = 1, TOPIC = 9, ID = 17 };

static bool get_request(struct look *look, uint64_t id, struct request *out)
{
    struct key key;
    struct bytes record;
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    key_one(&key, id);
    return look_get(look, TABLE_REQUESTS, &key, &record)
           && request_decode(record, out);
}

static bool get_denial(struct look *look, uint64_t id, struct denial *out)
{
    struct key key;
    struct bytes record;
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    key_one(&key, id);
    return look_get(look, TABLE_DENIALS, &key, &record)
           && denial_decode(record, out);
}

static void request_row(struct look *look, struct bytes key, struct bytes value)
{
    struct request request;
    struct key at;
    uint64_t id = key_part(key, 0);
    (void)value;
    if (!get_request(look, id, &request)) {
        look_say(look, TABLE_REQUESTS, "request %" PRIu64 " cannot be read",
                 id);
        return;
    }
    look->idle += request.idle;
    due_key(&at, work_request(&request), request.due);
    look_want(look, TABLE_DUE, &at, TABLE_REQUESTS, "request", id);
    lease_key(&at, lease_of_request(id), request.shown.deadline);
    look_want(look, TABLE_LEASES, &at, TABLE_REQUESTS, "request", id);
    if (id > look->counters.request)
        look_say(look, TABLE_REQUESTS,
                 "request %" PRIu64 " has a number that was not given yet", id);
}

static void denial_row(struct look *look, struct bytes key, struct bytes value)
{
    struct denial denial;
    struct key at;
    uint64_t id = key_part(key, 0);
    (void)value;
    if (!get_denial(look, id, &denial)) {
        look_say(look, TABLE_DENIALS, "denial %" PRIu64 " cannot be read", id);
        return;
    }
    due_key(&at, work_denial(id), denial.due);
    look_want(look, TABLE_DUE, &at, TABLE_DENIALS, "denial", id);
    if (id > look->counters.denial)
        look_say(look, TABLE_DENIALS,
                 "denial %" PRIu64 " has a number that was not given yet", id);
}

void look_at_requests(struct look *look)
{
    look_each(look, TABLE_REQUESTS, NUMBER_KEY, request_row);
    look_each(look, TABLE_DENIALS, NUMBER_KEY, denial_row);
    if (look->idle != look->counters.idle)
        look_say(look, TABLE_META,
                 "%" PRIu64 " requests count as idle, and %" PRIu64 " are",
                 look->counters.idle, look->idle);
}

// --------------------------------------------------------------------- due

static bool delivery_is_due(struct look *look, struct due_place place)
{
    struct subscription one;
    struct lagging lagging;
    struct key key;
    struct bytes record;
    key_two(&key, place.topic, place.id);
    return look_subscription(look, place.topic, place.id, &one)
           && look_get(look, TABLE_LAGGING, &key, &record)
           && lagging_decode(record, &lagging) && lagging.due == place.due
           && !lagging.waits && !one.shown.paused;
}

// By the first half of its origin.
static bool lane_is_due(struct look *look, struct due_place place)
{
    struct store_lane lane;
    struct key from;
    struct bytes key, record;
    key_two(&from, place.topic, place.id);
    return txn_seek(&look->txn, TABLE_LANES, &from, &key, &record)
           && key_part(key, 0) == place.topic
           && key_part(key, sizeof place.topic) == place.id
           && lane_decode(record, &lane) && !lane.paused
           && lane.due == place.due;
}

static bool is_due(struct look *look, uint8_t kind, struct due_place place)
{
    struct topic topic;
    struct request request;
    struct denial denial;
    switch (kind) {
    case STORE_DUE_VERIFY:
    case STORE_DUE_RENEW:
    case DUE_IDLE:
        return get_request(look, place.id, &request) && request.due == place.due
               && (uint8_t)work_request(&request).kind == kind;
    case STORE_DUE_DELIVER:
        return delivery_is_due(look, place);
    case STORE_DUE_FETCH:
        return look_topic(look, place.id, &topic)
               && topic.shown.fetch_due == place.due;
    case STORE_DUE_TRIM:
        return look_topic(look, place.id, &topic)
               && topic.trim_due == place.due;
    case STORE_DUE_DENY:
        return get_denial(look, place.id, &denial) && denial.due == place.due;
    case STORE_DUE_LANE:
        return lane_is_due(look, place);
    default:
        return false;
    }
}

static void due_row(struct look *look, struct bytes key, struct bytes value)
{
    uint8_t kind = (uint8_t)key.at[0];
    struct due_place place = due_place_of(key);
    (void)value;
    if (!is_due(look, kind, place))
        look_say(look, TABLE_DUE,
                 "work of kind %u for %" PRIu64 ", %" PRIu64
                 " is due that nobody asks for",
                 kind, place.topic, place.id);
}

// ------------------------------------------------------------------ leases

static bool mailbox_ends(struct look *look, uint64_t id, int64_t end)
{
    struct mailbox mailbox;
    struct key key;
    struct bytes state;
    memset(&mailbox, 0, sizeof mailbox);
    key_one(&key, id);
    return look_get(look, TABLE_MAILBOX_STATE, &key, &state)
           && mailbox_state_decode(state, &mailbox) && mailbox.lease_key == end;
}

static bool ticket_ends(struct look *look, uint64_t request, int64_t end)
{
    struct ticket ticket;
    struct key key;
    struct bytes record;
    key_one(&key, request);
    return look_get(look, TABLE_TICKETS, &key, &record)
           && ticket_decode(record, &ticket) && ticket.subscription == 0
           && ticket.end == end;
}

static bool grave_ends(struct look *look, const struct lease *lease)
{
    struct key key;
    struct bytes record;
    uint64_t number;
    int64_t end;
    key_two(&key, lease->topic, lease->id);
    return look_get(look, TABLE_GRAVES, &key, &record)
           && grave_decode(record, &number, &end) && end == lease->end;
}

static bool ends(struct look *look, const struct lease *lease)
{
    struct subscription one;
    struct request request;
    switch (lease->kind) {
    case LEASE_SUBSCRIPTION:
        return look_subscription(look, lease->topic, lease->id, &one)
               && one.lease_key == lease->end;
    case LEASE_REQUEST:
        return get_request(look, lease->id, &request)
               && request.shown.deadline == lease->end;
    case LEASE_TICKET:
        return ticket_ends(look, lease->id, lease->end);
    case LEASE_MAILBOX:
        return mailbox_ends(look, lease->id, lease->end);
    case LEASE_GRAVE:
        return grave_ends(look, lease);
    default:
        return false;
    }
}

static void lease_row(struct look *look, struct bytes key, struct bytes value)
{
    struct lease lease = {
        .kind = (uint8_t)key.at[0],
        .end = (int64_t)key_part(key, TIME),
        .topic = key_part(key, TOPIC),
        .id = key_part(key, ID),
    };
    (void)value;
    if (!ends(look, &lease))
        look_say(look, TABLE_LEASES,
                 "something of kind %u ends for %" PRIu64 ", %" PRIu64
                 " that nobody knows of",
                 (unsigned)lease.kind, lease.topic, lease.id);
}

void look_at_times(struct look *look)
{
    look_each(look, TABLE_DUE, TIME_KEY, due_row);
    look_each(look, TABLE_LEASES, TIME_KEY, lease_row);
}
