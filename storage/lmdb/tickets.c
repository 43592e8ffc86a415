// SPDX-License-Identifier: MIT

#include "tickets.h"

#include "leases.h"

#include <assert.h>

enum {
    TOLD_MS = 24 * 60 * 60 * 1000,
    ENDED_MAX = 65536,
    TICKET_SIZE = 32,
    // With its key in `leases`, and what pages waste.
    TICKET_ROOM = 256,
};

bool ticket_load(struct txn *txn, uint64_t request, struct ticket *out)
{
    struct key key;
    struct bytes record;
    key_one(&key, request);
    if (!txn_get(txn, TABLE_TICKETS, &key, &record))
        return false;
    if (ticket_decode(record, out))
        return true;
    txn_fail(txn, STORE_CORRUPT);
    return false;
}

void ticket_put(struct txn *txn, uint64_t request, const struct ticket *ticket)
{
    uint8_t buffer[TICKET_SIZE];
    struct writer writer;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    ticket_encode(&writer, ticket);
    assert(!writer.failed);
    key_one(&key, request);
    txn_put(txn, TABLE_TICKETS, &key, writer_bytes(&writer));
    lease_move(txn, lease_of_ticket(request), 0, ticket->end);
}

static void forget(struct txn *txn, uint64_t request)
{
    struct key key;
    key_one(&key, request);
    txn_remove(txn, TABLE_TICKETS, &key);
}

void ticket_drop(struct engine_context *context, uint64_t request)
{
    struct ticket ticket;
    if (!ticket_load(context->txn, request, &ticket))
        return;
    lease_move(context->txn, lease_of_ticket(request), ticket.end, 0);
    forget(context->txn, request);
}

// One more has ended, so the first of too many is not told of any more. Every
// subscription has at most one ticket, so what is above that has ended.
static void make_room(struct engine_context *context)
{
    struct txn *txn = context->txn;
    struct lease oldest;
    if (txn_count(txn, TABLE_TICKETS)
            >= txn_count(txn, TABLE_SUBSCRIPTIONS) + ENDED_MAX
        && lease_first(txn, LEASE_TICKET, &oldest))
        ticket_drop(context, oldest.id);
}

void ticket_end(struct engine_context *context, uint64_t request)
{
    struct txn *txn = context->txn;
    struct ticket ticket = { .end = context->now + TOLD_MS };
    if (request == 0)
        return;
    make_room(context);
    // What ends does so all the same when there is no room to tell of it.
    if (!engine_admits(context, TICKET_ROOM)) {
        forget(txn, request);
        return;
    }
    ticket_put(txn, request, &ticket);
}

void ticket_give(struct engine_context *context, uint64_t request,
                 struct store_subscriber *shown)
{
    struct ticket ticket = {
        .topic = shown->topic,
        .subscription = shown->id,
    };
    ticket_end(context, shown->request);
    ticket_put(context->txn, request, &ticket);
    shown->request = request;
}
