// SPDX-License-Identifier: MIT
//
// listening -- begin to listen: with the topic, if nobody knew it (M7).

#pragma once

#include "listens.h"

// What it takes of the map, at most.
enum { LISTENING_TOPIC = 8192, LISTENING_SIZE = LISTEN_SIZE + 512 };

struct listen_wish {
    const struct store_listen *wanted;
    enum store_since since;
    uint64_t value;
};

// Its fields make sense.
bool listen_sound(struct listen_wish wish);
// One with a key is of a topic.
bool listen_is_prefix(const struct store_listen *listen);
// One that is for the same; NULL: none.
struct listen *listen_same(const struct listens *listens,
                           const struct store_listen *wanted);
bool listen_equal(const struct store_listen *a, const struct store_listen *b);

// Add it. *topics_new is set if its topic is only followed since now. The
// caller saves the mailbox.
void listen_make(struct engine_context *context, struct mailbox *mailbox,
                 struct listen_wish wish, struct listen *out, bool *topics_new);
