// SPDX-License-Identifier: MIT

#include "requests.h"
#include "standing.h"
#include "subscriptions.h"

#include <string.h>

enum {
    // So many times as many may wait for a host that has subscriptions.
    KNOWN_FACTOR = 20,
    // So many askers at least it takes to fill them.
    ASKERS_MIN = 4,
    IDLE_MS = 15 * 1000,
};

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

// Table B: an identical one is joined, and no second GET follows.
static bool identical(const struct store_request *a,
                      const struct store_request *b)
{
    return a->mode == b->mode && a->lease == b->lease
           && a->profile.method == b->profile.method
           && a->profile.content == b->profile.content
           && a->profile.old_client == b->profile.old_client
           && equal(a->profile.secret, b->profile.secret)
           && equal(a->profile.verify_token, b->profile.verify_token)
           && equal(a->topic, b->topic) && equal(a->callback, b->callback);
}

struct waiting {
    size_t count;      // of the mode that is wanted
    size_t idle_count; // of these, those that nothing will come of
    struct request oldest_idle;
    bool subscribes;
    uint64_t identical; // 0: none is, or it is no longer what is wanted
    bool idle;          // nothing will come of that one
};

// What waits for the key, after those past their deadline have been cleared.
static struct waiting look(struct engine_context *context,
                           const struct store_request *wanted)
{
    struct waiting waiting = { 0 };
    struct pending pending;
    pairs_find(context->pairs, &wanted->topic_key, &wanted->callback_key,
               &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request request;
        if (!request_load(context->txn, &context->scratch, pending.ids[i],
                          &request))
            continue;
        if (request.shown.deadline <= context->now) {
            request_drop(context, &request);
            request_failed(context, &request);
            continue;
        }
        bool counts = request.shown.mode == wanted->mode;
        waiting.count += counts;
        if (counts && request.idle && waiting.idle_count++ == 0)
            waiting.oldest_idle = request;
        if (request.shown.mode == STORE_SUBSCRIBE)
            waiting.subscribes = true;
        // The latest word counts: what another one came after is not joined.
        waiting.identical =
            identical(&request.shown, wanted) ? request.shown.id : 0;
        waiting.idle = request.idle;
    }
    return waiting;
}

struct place {
    uint64_t topic; // 0: there is none
    enum lifecycle_state state;
};

static struct place place_of(struct engine_context *context,
                             const struct store_request *request)
{
    struct txn *txn = context->txn;
    struct subscription subscription;
    struct lagging lagging;
    struct place place = { topic_find(txn, &request->topic_key),
                           LIFECYCLE_NONE };
    uint64_t id = place.topic ? subscription_find(txn, place.topic,
                                                  &request->callback_key)
                              : 0;
    if (!id
        || !subscription_load(txn, &context->scratch, place.topic, id,
                              &subscription))
        return place;
    bool lags = lagging_load(txn, place.topic, id, &lagging);
    place.state = standing_of(&subscription, lags ? &lagging : NULL);
    return place;
}

// S5: one host must not fill the room of all others; nor must somebody else,
// alone, fill that of a host.
static bool crowded(const struct engine_context *context,
                    const struct store_request *request, struct place place)
{
    uint64_t max = context->options->pending_per_host;
    if (request->mode == STORE_UNSUBSCRIBE)
        return false;
    uint64_t all = crowds_count(context->crowds, request->host);
    uint64_t own =
        request->asker
            ? crowds_count_of(context->crowds, request->host, request->asker)
            : 0;
    uint64_t share = max > ASKERS_MIN ? max / ASKERS_MIN : 1;
    if (place.state != LIFECYCLE_NONE || max == 0 || (all < max && own < share))
        return false;
    return all / KNOWN_FACTOR >= max || own / (KNOWN_FACTOR / ASKERS_MIN) >= max
           || !subscription_any_at(context->txn, &request->origin);
}

// S20, S5: what exists is neither refused nor counted.
static enum store_status admit(struct engine_context *context,
                               struct store_take *op, struct place place,
                               bool idle)
{
    const struct store_request *request = &op->request;
    if (request->mode == STORE_SUBSCRIBE && place.state == LIFECYCLE_NONE
        && subscriptions_full(context, place.topic != 0))
        return STORE_FULL;
    if (!pairs_room(context->pairs))
        return STORE_FULL;
    bool another =
        request->mode == STORE_SUBSCRIBE && place.state == LIFECYCLE_NONE;
    if (idle)
        return STORE_OK;
    if (!crowded(context, request, place)
        && !(another && origin_full(context, &request->origin)))
        return STORE_OK;
    op->taken = STORE_TAKEN_CROWDED;
    return STORE_CONFLICT;
}

// M18: what nothing will come of is written all the same, so that nobody can
// tell by the time it takes whether there was a subscription. It is not for
// long: it is waited for by nobody.
static void insert(struct engine_context *context, struct store_take *op,
                   bool idle)
{
    struct request request = {
        .shown = op->request,
        .due = context->now,
        .idle = idle,
    };
    int64_t length = op->request.deadline;
    if (idle && length > IDLE_MS)
        length = IDLE_MS;
    request.shown.id = ++context->counters.request;
    request.shown.accepted = context->now;
    request.shown.deadline =
        length < INT64_MAX - context->now ? context->now + length : INT64_MAX;
    request.shown.tries = 0;
    request.shown.renews = op->renews;
    request.shown.known = false;
    request_add(context, &request);
    op->taken = idle ? STORE_TAKEN_IDLE : STORE_TAKEN_NEW;
    op->id = request.shown.id;
}

static struct lifecycle_step decide(const struct store_request *request,
                                    struct place place,
                                    const struct waiting *waiting)
{
    unsigned facts = 0;
    if (waiting->identical)
        facts |= LIFECYCLE_IDENTICAL;
    if (waiting->subscribes)
        facts |= LIFECYCLE_SUBSCRIBES;
    // Unsubscribes of nothing must not keep out one of something.
    if (waiting->count - waiting->idle_count >= STORE_PENDING_MAX)
        facts |= LIFECYCLE_CROWD;
    return lifecycle_step(place.state,
                          request->mode == STORE_SUBSCRIBE
                              ? LIFECYCLE_SUBSCRIBE
                              : LIFECYCLE_UNSUBSCRIBE,
                          facts);
}

enum store_status op_take(struct engine_context *context, struct store_take *op)
{
    const struct store_request *request = &op->request;
    op->id = 0;
    op->renews = false;
    op->taken = STORE_TAKEN_NEW;
    if (!request_sound(request) || request->deadline <= 0)
        return STORE_INVALID;
    struct place place = place_of(context, request);
    op->renews = place.state != LIFECYCLE_NONE;
    if (!request_fits(context, request, op->renews))
        return STORE_FULL;
    struct waiting waiting = look(context, request);
    struct lifecycle_step step = decide(request, place, &waiting);
    if (step.effects & LIFECYCLE_JOIN) {
        op->taken = waiting.idle ? STORE_TAKEN_IDLE : STORE_TAKEN_JOINED;
        op->id = waiting.identical;
    }
    if (step.effects & LIFECYCLE_REFUSE)
        return STORE_CONFLICT;
    if (!(step.effects & (LIFECYCLE_INSERT | LIFECYCLE_DUMMY)))
        return STORE_OK;
    bool idle = step.effects & LIFECYCLE_DUMMY;
    enum store_status status = admit(context, op, place, idle);
    if (status != STORE_OK)
        return status;
    if (idle && waiting.count >= STORE_PENDING_MAX) {
        op->taken = STORE_TAKEN_IDLE;
        return STORE_OK;
    }
    if (waiting.count >= STORE_PENDING_MAX)
        request_drop(context, &waiting.oldest_idle);
    insert(context, op, idle);
    return STORE_OK;
}
