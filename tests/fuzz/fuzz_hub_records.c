// SPDX-License-Identifier: MIT
//
// Records of the store: the first byte says of which table, the rest is one.
// Whatever decodes is within its bounds; and of those that have one version
// only, nothing gets lost or is made up: they encode to what they were.

#include "fuzz.h"
#include "storage/lmdb/mailbox_records.h"
#include "storage/lmdb/records.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES = 17, BUFFER = 65536 };

union any {
    struct topic topic;
    struct subscription subscription;
    struct request request;
    struct update update;
    struct lagging lagging;
    struct store_walk walk;
    struct denial denial;
    struct counters counters;
    struct store_lane lane;
    struct ticket ticket;
    struct mailbox mailbox;
    struct listen listen;
    struct letter letter;
    struct dead_letter dead;
};

static bool decode_old(unsigned table, struct bytes record, union any *out)
{
    switch (table) {
    case 0:
        return topic_decode(record, &out->topic);
    case 1:
        return topic_state_decode(record, &out->topic);
    case 2:
        return subscription_decode(record, &out->subscription);
    case 3:
        return request_decode(record, &out->request);
    case 4:
        return update_decode(record, &out->update);
    case 5:
        return lagging_decode(record, &out->lagging);
    case 6:
        return walk_decode(record, &out->walk);
    case 7:
        return denial_decode(record, &out->denial);
    case 8:
        return counters_decode(record, &out->counters);
    case 9:
        return lane_decode(record, &out->lane);
    default:
        return ticket_decode(record, &out->ticket);
    }
}

// Those of mailboxes, encoded again.
static bool decode_again(unsigned table, struct bytes record, union any *out,
                         struct writer *writer)
{
    switch (table) {
    case 11:
        if (!mailbox_decode(record, &out->mailbox))
            return false;
        mailbox_encode(writer, &out->mailbox);
        return true;
    case 12:
        if (!mailbox_state_decode(record, &out->mailbox))
            return false;
        mailbox_state_encode(writer, &out->mailbox);
        return true;
    case 13:
        if (!listen_decode(record, &out->listen))
            return false;
        listen_encode(writer, &out->listen);
        return true;
    case 14:
        if (!listen_state_decode(record, &out->listen))
            return false;
        listen_state_encode(writer, &out->listen);
        return true;
    case 15:
        if (!letter_decode(record, &out->letter))
            return false;
        letter_encode(writer, &out->letter);
        return true;
    default:
        if (!dead_decode(record, &out->dead))
            return false;
        assert(dead_size(&out->dead) == record.len);
        dead_encode(writer, &out->dead);
        return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static uint8_t buffer[BUFFER];
    union any out;
    struct writer writer;
    if (len == 0 || len > BUFFER)
        return 0;
    // In a block of its own, so that a sanitizer sees a byte too far.
    char *copy = malloc(len);
    if (!copy)
        return 0;
    memcpy(copy, bytes + 1, len - 1);
    struct bytes record = { copy, len - 1 };
    unsigned table = bytes[0] % TABLES;
    memset(&out, 0, sizeof out);
    writer_init(&writer, buffer, sizeof buffer);
    if (table < 11) {
        (void)decode_old(table, record, &out);
    } else if (decode_again(table, record, &out, &writer)) {
        struct bytes again = writer_bytes(&writer);
        assert(!writer.failed);
        assert(again.len == record.len);
        assert(memcmp(again.at, record.at, again.len) == 0);
    }
    free(copy);
    return 0;
}
