// SPDX-License-Identifier: MIT

#include "relay_watch.h"

#include "fetcher/url.h"
#include "hub/log.h"
#include "relay.h"
#include "relay_deliver.h"
#include "relay_mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOPICS = 100, // that one poll may name
    SLOTS = RELAY_SEATS_MAX / TOPICS,
    WAIT_S = 25, // shorter than what stands between has patience for
    TIMEOUT_MS = (WAIT_S + 15) * 1000,
    ANSWER_MAX = 8 * 1024 * 1024,
    GATHER_MS = 100,      // for more topics to come, before it is asked anew
    BLIND_MS = 60 * 1000, // between looks into all mailboxes
    DENIED_MS = 2 * 1000, // until who is denied is found by his mailbox
    HASTE_MS = 1000,      // nothing new sooner than that is suspicious
    CURSOR_MAX = 64,
};

struct slot {
    struct relay_watch *watch;
    uint32_t number;
    size_t seats;
    struct relay_call *call;
    char cursor[CURSOR_MAX]; // "": from now on
    bool changed;            // other topics than those that are asked for
    bool blind;              // the hub does not let us
    int64_t due;
    int64_t asked; // monotonic
    bool waits;    // the question did
};

struct relay_watch {
    struct relay *relay;
    struct slot slots[SLOTS];
};

struct relay_watch *relay_watch_new(struct relay *relay)
{
    struct relay_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->relay = relay;
    for (uint32_t i = 0; i < SLOTS; i++) {
        watch->slots[i].watch = watch;
        watch->slots[i].number = i;
    }
    return watch;
}

void relay_watch_free(struct relay_watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        relay_hub_cancel(watch->relay->hub, watch->slots[i].call);
    free(watch);
}

static void mark(struct slot *slot)
{
    if (!slot->changed)
        slot->due = loop_now().mono + GATHER_MS;
    slot->changed = true;
}

void relay_watch_seated(struct relay_watch *watch, struct relay_seat *seat)
{
    if (seat->slot > 0)
        return;
    // There are places for as many as there may be seats.
    struct slot *slot = watch->slots;
    while (slot->seats == TOPICS)
        slot++;
    slot->seats++;
    seat->slot = slot->number + 1;
    seat->watched = false;
    mark(slot);
}

void relay_watch_left(struct relay_watch *watch, struct relay_seat *seat)
{
    if (seat->slot == 0)
        return;
    // It is left out of the next question; this one may end by itself.
    watch->slots[seat->slot - 1].seats--;
    seat->slot = 0;
}

// ------------------------------------------------------------------ answers

static void ring_topic(const struct slot *slot, const char *topic)
{
    const struct relay_book *book = &slot->watch->relay->book;
    struct url *url = malloc(sizeof *url);
    struct store_key key;
    bool fine = url && topic && !url_read(topic, strlen(topic), url);
    if (fine)
        url_key(url, key.bytes);
    free(url);
    for (size_t i = 0; fine && i < book->seat_count; i++) {
        struct relay_seat *seat = book->seats[i];
        if (memcmp(&seat->terms.topic_key, &key, sizeof key) == 0)
            relay_deliver_ring(seat);
    }
}

// Where something may have been missed everybody is rung, and is as if new:
// what comes before the next answer may be missed as well.
static void ring_all(const struct slot *slot, bool new_ones)
{
    const struct relay_book *book = &slot->watch->relay->book;
    for (size_t i = 0; i < book->seat_count; i++) {
        struct relay_seat *seat = book->seats[i];
        if (seat->slot != slot->number + 1 || (new_ones && seat->watched))
            continue;
        seat->watched = new_ones;
        relay_deliver_ring(seat);
    }
}

// What a list of objects says of topics.
static void ring_list(const struct slot *slot, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        ring_topic(slot, json_string_value(json_object_get(
                             json_array_get(list, i), "topic")));
}

// The hub may want to be left alone for a while; and if it does not wait with
// us, we do.
static int64_t pause_after(const struct slot *slot, const json_t *root)
{
    int64_t now = loop_now().mono;
    int64_t pause = json_integer_value(
        json_object_get(json_object_get(root, "next"), "after_ms"));
    bool empty = json_array_size(json_object_get(root, "events")) == 0;
    if (slot->waits && empty && now - slot->asked < HASTE_MS)
        pause = pause > HASTE_MS ? pause : HASTE_MS;
    return now + (pause < 0 ? 0 : pause > BLIND_MS ? BLIND_MS : pause);
}

static bool take(struct slot *slot, const struct relay_answer *answer)
{
    json_t *root = json_loadb(answer->body, answer->len, JSON_ALLOW_NUL, NULL);
    const char *cursor = json_string_value(json_object_get(root, "cursor"));
    const json_t *gap = json_object_get(root, "gap");
    bool fine = cursor && memccpy(slot->cursor, cursor, '\0', CURSOR_MAX);
    if (!fine)
        slot->cursor[0] = '\0';
    slot->due = pause_after(slot, root);
    // A gap without names is everybody's.
    if (json_is_object(gap)
        && json_array_size(json_object_get(gap, "topics")) == 0)
        ring_all(slot, false);
    ring_list(slot, json_object_get(gap, "topics"));
    ring_list(slot, json_object_get(root, "events"));
    json_decref(root);
    return fine;
}

// Then everybody's mailbox is looked into now and then.
static void go_blind(struct slot *slot, unsigned status)
{
    if (!slot->blind)
        LOG(LOG_WARN, "watch.refused", LOG_N("status", status),
            LOG_T("what", "the hub does not let the relay see which topics "
                          "have news; it looks into each mailbox once a "
                          "minute"));
    slot->blind = true;
    slot->cursor[0] = '\0';
    slot->due = loop_now().mono + BLIND_MS;
    ring_all(slot, false);
}

// One topic of them is not served any more: whose it was ends, when his mailbox
// has been looked into, and is not among those that are asked for then.
static void drop_denied(struct slot *slot)
{
    slot->changed = true;
    slot->due = loop_now().mono + DENIED_MS;
    ring_all(slot, false);
}

static void on_answer(void *context, const struct relay_answer *answer)
{
    struct slot *slot = context;
    slot->call = NULL;
    if (relay_net_later(answer->status) && answer->status != 429) {
        slot->changed = true; // whoever was new is so still
        return;
    }
    if (relay_mailbox_denied(answer)) {
        drop_denied(slot);
    } else if (answer->status == 400 && slot->cursor[0]) {
        // The cursor is not this hub's: begin anew, and miss nothing.
        slot->cursor[0] = '\0';
        slot->changed = true;
        ring_all(slot, false);
    } else if (answer->status != 200 || !take(slot, answer)) {
        go_blind(slot, answer->status);
    } else {
        if (slot->blind)
            LOG(LOG_INFO, "watch.works", LOG_N("slot", slot->number));
        slot->blind = false;
        // Between being seated and being watched something may have come.
        if (!slot->changed)
            ring_all(slot, true);
    }
}

// -------------------------------------------------------------------- asking

static bool is_listed(const json_t *topics, const char *topic)
{
    for (size_t i = 0; i < json_array_size(topics); i++)
        if (strcmp(json_string_value(json_array_get(topics, i)), topic) == 0)
            return true;
    return false;
}

static json_t *question(const struct slot *slot, bool first)
{
    const struct relay_book *book = &slot->watch->relay->book;
    json_t *topics = json_array();
    for (size_t i = 0; i < book->seat_count; i++) {
        const struct relay_seat *seat = book->seats[i];
        if (seat->slot == slot->number + 1
            && !is_listed(topics, seat->terms.topic))
            json_array_append_new(topics, json_string(seat->terms.topic));
    }
    return json_pack("{s:o, s:s, s:i, s:i, s:s}", "topics", topics, "since",
                     slot->cursor[0] ? slot->cursor : "latest", "wait",
                     first ? 0 : WAIT_S, "limit", TOPICS, "body", "none");
}

static void ask(struct slot *slot, struct moment now)
{
    struct relay *relay = slot->watch->relay;
    // The first answer to a new list comes at once: from then on it is watched.
    bool first = slot->changed || !slot->cursor[0];
    struct relay_errand errand = {
        .method = "POST",
        .path = "/events",
        .json = question(slot, first),
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
        .held = true,
        .done = on_answer,
        .context = slot,
    };
    slot->changed = false;
    slot->due = 0;
    slot->asked = now.mono;
    slot->waits = !first;
    slot->call = errand.json ? relay_hub_ask(relay->hub, &errand, now) : NULL;
    if (!slot->call) {
        slot->changed = first;
        slot->due = now.mono + GATHER_MS;
    }
}

void relay_watch_step(struct relay_watch *watch, struct moment now)
{
    struct relay *relay = watch->relay;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &watch->slots[i];
        if (slot->call && slot->changed && now.mono >= slot->due) {
            relay_hub_cancel(relay->hub, slot->call);
            slot->call = NULL;
        }
        if (!slot->call && slot->seats > 0 && now.mono >= slot->due
            && !relay->draining && relay_hub_ready(relay->hub, now))
            ask(slot, now);
    }
}

int64_t relay_watch_patience(const struct relay_watch *watch, struct moment now)
{
    int64_t patience = LOOP_FOR_EVER, hub = relay_hub_due(watch->relay->hub);
    for (size_t i = 0; i < SLOTS && !watch->relay->draining; i++) {
        const struct slot *slot = &watch->slots[i];
        int64_t at = hub > slot->due ? hub : slot->due;
        if (slot->call && slot->changed)
            patience = relay_sooner(patience, slot->due, now);
        else if (!slot->call && slot->seats > 0)
            patience = relay_sooner(patience, at, now);
    }
    return patience;
}
