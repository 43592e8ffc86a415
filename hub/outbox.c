// SPDX-License-Identifier: MIT

#include "outbox.h"

#include "parcel.h"

#include <assert.h>
#include <stdlib.h>

static uint32_t room_of(const struct outbox *outbox)
{
    uint32_t room = outbox->items ? outbox->room : OUTBOX_OWN;
    assert(room > 0);
    return room;
}

static struct parcel **place(const struct outbox *outbox, uint32_t index)
{
    struct parcel *const *items = outbox->items ? outbox->items : outbox->own;
    uint32_t at = (outbox->first + index) % room_of(outbox);
    return (struct parcel **)(uintptr_t)&items[at];
}

static bool make_room(struct outbox *outbox)
{
    uint32_t room = room_of(outbox);
    if (outbox->count < room)
        return true;
    struct parcel **items =
        reallocarray(NULL, 2 * (size_t)room, sizeof(struct parcel *));
    if (!items)
        return false;
    for (uint32_t i = 0; i < outbox->count; i++)
        items[i] = *place(outbox, i);
    free(outbox->items);
    outbox->items = items;
    outbox->room = 2 * room;
    outbox->first = 0;
    return true;
}

// What is kept of small ones is an entry each.
static bool fits(const struct outbox *outbox, size_t large, size_t len)
{
    size_t entries = outbox->count * sizeof(struct parcel *);
    size_t all = outbox->bytes + len;
    size_t waiting = all > large ? all - large : 0;
    return waiting + entries <= OUTBOX_WAITING_MAX;
}

bool outbox_put(struct outbox *outbox, struct parcel *parcel)
{
    size_t len = parcel_length(parcel);
    if (len == 0)
        return true;
    size_t large = len > outbox->large ? len : outbox->large;
    if (!fits(outbox, large, len) || !make_room(outbox))
        return false;
    outbox->large = large;
    *place(outbox, outbox->count) = parcel_share(parcel);
    outbox->count++;
    outbox->bytes += len;
    return true;
}

int outbox_rest(const struct outbox *outbox, struct iovec out[], int max)
{
    size_t skip = outbox->sent;
    int pieces = 0;
    for (uint32_t i = 0; i < outbox->count && pieces < max; i++) {
        const struct parcel *parcel = *place(outbox, i);
        // sendmsg() only reads, but struct iovec has no const.
        out[pieces++] = (struct iovec){
            (void *)(uintptr_t)(parcel_bytes(parcel) + skip),
            parcel_length(parcel) - skip,
        };
        skip = 0;
    }
    return pieces;
}

uint32_t outbox_sent(struct outbox *outbox, size_t len)
{
    uint32_t done = 0;
    outbox->sent += len;
    while (outbox->count > 0) {
        struct parcel *parcel = *place(outbox, 0);
        size_t all = parcel_length(parcel);
        if (outbox->sent < all)
            break;
        outbox->sent -= all;
        outbox->bytes -= all;
        outbox->first = (outbox->first + 1) % room_of(outbox);
        outbox->count--;
        parcel_free(parcel);
        done++;
    }
    if (outbox->count == 0)
        outbox_clear(outbox);
    return done;
}

void outbox_clear(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->count; i++)
        parcel_free(*place(outbox, i));
    free(outbox->items);
    *outbox = (struct outbox){ 0 };
}
