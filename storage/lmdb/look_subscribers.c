// SPDX-License-Identifier: MIT

#include "due.h"
#include "lanes.h"
#include "leases.h"
#include "look.h"

#include <inttypes.h>
#include <string.h>

enum {
    ID = 8,
    HASH = 32,
    PAIR_KEY = 16,
    CALLBACK_KEY = 40,
    ORIGIN_KEY = 48,
    LANE_KEY = 32,
    TICKET_KEY = 8,
};

static bool same(const struct store_key *key, const char *at)
{
    return memcmp(key->bytes, at, sizeof key->bytes) == 0;
}

// ----------------------------------------------------------- subscriptions

static void want_ticket(struct look *look, const struct store_subscriber *shown)
{
    struct key key;
    struct bytes record;
    struct ticket ticket;
    if (shown->request == 0)
        return;
    key_one(&key, shown->request);
    if (!look_get(look, TABLE_TICKETS, &key, &record)
        || !ticket_decode(record, &ticket) || ticket.topic != shown->topic
        || ticket.subscription != shown->id)
        look_say(look, TABLE_SUBSCRIPTIONS,
                 "no ticket leads from request %" PRIu64
                 " to subscription %" PRIu64,
                 shown->request, shown->id);
}

static void want_keys(struct look *look, const struct subscription *one)
{
    const struct store_subscriber *shown = &one->shown;
    struct key key;
    struct bytes id;
    const enum table mine = TABLE_SUBSCRIPTIONS;
    key_one(&key, shown->topic);
    key_hash(&key, &one->callback_key);
    look_want(look, TABLE_SUBSCRIPTION_IDS, &key, mine, "subscription",
              shown->id);
    if (look_get(look, TABLE_SUBSCRIPTION_IDS, &key, &id)
        && key_part(id, 0) != shown->id)
        look_say(look, mine,
                 "subscription %" PRIu64 " is not the only one of its callback",
                 shown->id);
    lane_waiting_key(&key, &shown->origin, shown->topic, shown->id);
    look_want(look, TABLE_ORIGINS, &key, mine, "subscription", shown->id);
    lease_key(&key, lease_of(shown->topic, shown->id), one->lease_key);
    look_want(look, TABLE_LEASES, &key, mine, "subscription", shown->id);
    want_ticket(look, shown);
}

static void subscription_row(struct look *look, struct bytes key,
                             struct bytes value)
{
    struct subscription one;
    struct topic topic;
    uint64_t id = key_part(key, ID);
    (void)value;
    if (!look_subscription(look, key_part(key, 0), id, &one)) {
        look_say(look, TABLE_SUBSCRIPTIONS,
                 "subscription %" PRIu64 " cannot be read", id);
        return;
    }
    if (!look_topic(look, one.shown.topic, &topic)
        || one.shown.start > topic.shown.head)
        look_say(look, TABLE_SUBSCRIPTIONS,
                 "subscription %" PRIu64 " is to topic %" PRIu64
                 ", which does not exist or is not so far",
                 id, one.shown.topic);
    if (id > look->counters.subscription)
        look_say(look, TABLE_SUBSCRIPTIONS,
                 "subscription %" PRIu64 " has a number that was not given yet",
                 id);
    want_keys(look, &one);
}

static void callback_row(struct look *look, struct bytes key,
                         struct bytes value)
{
    struct subscription one;
    uint64_t id = key_part(value, 0);
    if (!look_subscription(look, key_part(key, 0), id, &one)
        || !same(&one.callback_key, key.at + ID))
        look_say(look, TABLE_SUBSCRIPTION_IDS,
                 "a callback leads to subscription %" PRIu64
                 ", which is another one or does not exist",
                 id);
}

static void origin_row(struct look *look, struct bytes key, struct bytes value)
{
    struct subscription one;
    uint64_t topic = key_part(key, HASH), id = key_part(key, HASH + ID);
    (void)value;
    if (!look_subscription(look, topic, id, &one)
        || !same(&one.shown.origin, key.at))
        look_say(look, TABLE_ORIGINS,
                 "an origin leads to subscription %" PRIu64
                 ", which is at another one or does not exist",
                 id);
}

// ----------------------------------------------------------------- lagging

static void want_place(struct look *look, const struct store_subscriber *shown,
                       const struct lagging *lagging)
{
    struct key key;
    if (shown->paused || lagging->due == 0)
        return;
    if (lagging->waits) {
        lane_waiting_key(&key, &shown->origin, shown->topic, shown->id);
        look_want(look, TABLE_WAITING, &key, TABLE_LAGGING, "subscription",
                  shown->id);
        return;
    }
    due_key(&key, work_subscription(shown->topic, shown->id), lagging->due);
    look_want(look, TABLE_DUE, &key, TABLE_LAGGING, "subscription", shown->id);
}

static void lagging_row(struct look *look, struct bytes key, struct bytes value)
{
    struct subscription one;
    struct lagging lagging;
    struct topic topic;
    uint64_t id = key_part(key, ID);
    if (!lagging_decode(value, &lagging)) {
        look_say(look, TABLE_LAGGING,
                 "how far subscription %" PRIu64 " lags cannot be read", id);
        return;
    }
    if (!look_subscription(look, key_part(key, 0), id, &one)
        || !look_topic(look, one.shown.topic, &topic)) {
        look_say(look, TABLE_LAGGING,
                 "subscription %" PRIu64 " lags, but does not exist", id);
        return;
    }
    // One more: it has arrived, and a walk is told so.
    if (lagging.next > topic.shown.head + 1)
        look_say(look, TABLE_LAGGING,
                 "subscription %" PRIu64 " is owed update %" PRIu64
                 ", which does not exist yet",
                 id, lagging.next);
    want_place(look, &one.shown, &lagging);
}

static void waiting_row(struct look *look, struct bytes key, struct bytes value)
{
    struct subscription one;
    struct lagging lagging;
    struct key at;
    struct bytes record;
    uint64_t topic = key_part(key, HASH), id = key_part(key, HASH + ID);
    (void)value;
    key_two(&at, topic, id);
    if (!look_subscription(look, topic, id, &one)
        || !same(&one.shown.origin, key.at)
        || !look_get(look, TABLE_LAGGING, &at, &record)
        || !lagging_decode(record, &lagging) || !lagging.waits
        || one.shown.paused)
        look_say(look, TABLE_WAITING,
                 "subscription %" PRIu64 " is in a lane that it does not wait "
                 "in",
                 id);
    key_start(&at);
    memcpy(at.at, key.at, HASH);
    at.len = HASH;
    look_want(look, TABLE_LANES, &at, TABLE_WAITING, "subscription", id);
}

static void lane_row(struct look *look, struct bytes key, struct bytes value)
{
    struct store_lane lane;
    struct key due;
    memset(&lane, 0, sizeof lane);
    memcpy(lane.origin.bytes, key.at, HASH);
    if (!lane_decode(value, &lane)) {
        look_say(look, TABLE_LANES, "a lane cannot be read");
        return;
    }
    if (lane.paused || lane.due == 0)
        return;
    due_key(&due, work_lane(&lane.origin), lane.due);
    look_want(look, TABLE_DUE, &due, TABLE_LANES, "the lane that begins with",
              key_part(key, 0));
}

static void ticket_row(struct look *look, struct bytes key, struct bytes value)
{
    struct subscription one;
    struct ticket ticket;
    struct key lease;
    uint64_t request = key_part(key, 0);
    if (!ticket_decode(value, &ticket)) {
        look_say(look, TABLE_TICKETS,
                 "the ticket of request %" PRIu64 " cannot be read", request);
        return;
    }
    if (ticket.subscription == 0) {
        lease_key(&lease, lease_of_ticket(request), ticket.end);
        look_want(look, TABLE_LEASES, &lease, TABLE_TICKETS, "request",
                  request);
        return;
    }
    if (!look_subscription(look, ticket.topic, ticket.subscription, &one)
        || one.shown.request != request)
        look_say(look, TABLE_TICKETS,
                 "request %" PRIu64 " leads to subscription %" PRIu64
                 ", which does not say so or does not exist",
                 request, ticket.subscription);
}

void look_at_subscribers(struct look *look)
{
    look_each(look, TABLE_SUBSCRIPTIONS, PAIR_KEY, subscription_row);
    look_each(look, TABLE_SUBSCRIPTION_IDS, CALLBACK_KEY, callback_row);
    look_each(look, TABLE_ORIGINS, ORIGIN_KEY, origin_row);
    look_each(look, TABLE_LAGGING, PAIR_KEY, lagging_row);
    look_each(look, TABLE_WAITING, ORIGIN_KEY, waiting_row);
    look_each(look, TABLE_LANES, LANE_KEY, lane_row);
    look_each(look, TABLE_TICKETS, TICKET_KEY, ticket_row);
}
