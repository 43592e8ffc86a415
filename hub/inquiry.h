// SPDX-License-Identifier: MIT
//
// inquiry -- one request of an operator while it is being answered.
//
// What the files of admin share. Each kind of question is a struct of its own
// that begins with a struct inquiry, and so with one address for both.

#pragma once

#include "admin.h"
#include "form.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct url;

struct admin {
    struct admin_means means;
    size_t asking;     // requests under way
    int64_t began;     // monotonic: of this process
    bool copying;      // a backup is being made
    atomic_bool ended; // no more of that: looked at on its thread
};

struct inquiry {
    struct admin *admin;
    struct request *request;
    struct form query; // and the body of a POST, behind it
};

// Zeroed, `size` bytes. NULL: it was answered already. A secret is never in a
// query: such a request is refused.
void *inquiry_new(struct admin *admin, struct request *request, size_t size);

// Answer it, and end it. Takes `root`, which may be NULL: out of memory.
void inquiry_answer(struct inquiry *inquiry, unsigned status, json_t *root);
void inquiry_fail(struct inquiry *inquiry, unsigned status, const char *why);

// The same of a value: `name` must be what was `expected`.
void inquiry_blame(struct inquiry *inquiry, const char *name,
                   const char *expected);

// As above for whoever gets an operation back with another status than OK.
void inquiry_unable(struct inquiry *inquiry, enum store_status status);

// End it without an answer: that was given.
void inquiry_end(struct inquiry *inquiry);

// The operation's context is the inquiry.
void inquiry_submit(struct inquiry *inquiry, struct store_op *op,
                    enum store_verb verb, void (*done)(struct store_op *op));

// Who asks, as the request has it, and by what name he calls himself: whoever
// may use the admin socket may say anything, so that is no proof. For the log;
// "?" if it is not known.
const char *inquiry_who(const struct inquiry *inquiry);
const char *inquiry_by(const struct inquiry *inquiry);

// A parameter; NULL: there is none.
const char *inquiry_text(const struct inquiry *inquiry, const char *name);
// "yes" or "no". False: it is something else, and was answered.
bool inquiry_truth(struct inquiry *inquiry, const char *name, bool usual,
                   bool *out);
uint64_t inquiry_number(const struct inquiry *inquiry, const char *name,
                        uint64_t usual);
size_t inquiry_page_size(const struct inquiry *inquiry);

// A parameter that is a URL. NULL: it was answered with a 400. Else to be
// freed.
struct url *inquiry_url(struct inquiry *inquiry, const char *name);

// The same if only its key is wanted. False: it was answered.
bool inquiry_key(struct inquiry *inquiry, const char *name,
                 struct store_key *out);
