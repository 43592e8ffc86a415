// SPDX-License-Identifier: MIT
//
// What the peer of a WebSocket asks for: the first byte says where, the rest is
// its message.

#include "fuzz.h"
#include "hub/pull_ops.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static void check(const struct pull_op *op, enum pull_op_place place)
{
    assert(op->kind >= PULL_OP_SUBSCRIBE && op->kind <= PULL_OP_TOUCH);
    assert(place == PULL_OP_MAILBOX || op->kind < PULL_OP_ACK);
    assert(op->id_count <= PULL_OP_IDS_MAX);
    for (size_t i = 0; i < op->id_count; i++)
        assert(op->ids[i]);
    assert(op->seconds <= PULL_OP_SECONDS_MAX);
    if (op->kind == PULL_OP_SUBSCRIBE)
        assert(!op->topic != !op->match);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char reason[PULL_OP_REASON] = "";
    struct pull_op op;
    if (len == 0)
        return 0;
    enum pull_op_place place = bytes[0] & 1 ? PULL_OP_MAILBOX : PULL_OP_EVENTS;
    if (pull_op_read(place, (const char *)bytes + 1, len - 1, &op, reason)) {
        check(&op, place);
        pull_op_clear(&op);
    } else {
        assert(reason[0] && strlen(reason) < sizeof reason);
    }
    return 0;
}
