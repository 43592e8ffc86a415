// SPDX-License-Identifier: MIT
//
// answer -- a reply as the bytes that go out.
//
// Made on the thread that replies, sent and freed on front's. Many pullers
// that wait for the same get the same body: a body that equals the one before
// it is kept once for all of them, so that releasing ten thousand does not
// take ten thousand copies.

#pragma once

#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct answer;
struct crowd;
struct crowd_member;
struct answer_shelf; // where the last body is kept; for many threads

// Of large bodies that are not sent yet; 0: any number.
struct answer_limits {
    size_t all, per_address; // bytes
};

// The crowd counts who has how much. It outlives the answers; the shelf is
// freed after them, too. NULL: out of memory.
struct answer_shelf *answer_shelf_new(struct crowd *crowd,
                                      const struct answer_limits *limits);
void answer_shelf_free(struct answer_shelf *shelf);

// For a member of the crowd, who leaves after it was freed; NULL: one who is
// not counted. `head_only`: it is a HEAD that is answered. `close`: say so in
// the answer. NULL: out of memory, or its body is one too many.
struct answer *answer_new(struct answer_shelf *shelf,
                          struct crowd_member *member,
                          const struct reply *reply, bool head_only,
                          bool close);
// The same for one more. False: too much is on its way to him.
bool answer_share(struct answer *answer, struct crowd_member *member);
// For each who has it. NULL is fine.
void answer_free(struct answer *answer, struct crowd_member *member);

// What remains after `sent` bytes, in the pieces returned; 0: nothing.
int answer_rest(const struct answer *answer, size_t sent, struct iovec out[2]);

// Does the connection end after it?
bool answer_closes(const struct answer *answer);
