// SPDX-License-Identifier: MIT
//
// loading -- what the files of load share: a new store while it is filled.

#pragma once

#include "storage/dump.h"

#include "mailboxes.h"
#include "meta.h"
#include "ops.h"
#include "placing.h"

struct load {
    struct placing placing;
    struct env env;
    struct txn txn; // of the records since the last commit
    struct engine_context context;
    struct store_options options;
    struct problem *problem; // of the call
    size_t records;          // in the transaction
    size_t bytes;
    bool begun; // the record of the store was there
    // The topic and the mailbox that records belong to, until the next one:
    // what is counted of them is counted here. Their strings are in the arena.
    struct topic topic;
    struct mailbox mailbox;
    struct arena topic_arena, mailbox_arena;
};

// "topic 7: there is none". Returns false.
bool load_refuse(struct load *load, const char *what, uint64_t number,
                 const char *why);

typedef bool load_step(struct load *load, const struct dump_record *record);

load_step load_topic, load_entries, load_update, load_body, load_walk,
    load_subscription;
load_step load_mailbox, load_listen, load_letter, load_dead, load_dead_body;

// Make this topic the one that records belong to. False: there is none.
bool load_turn_to(struct load *load, uint64_t topic);
// Save what was counted of the topic, and of the mailbox.
void load_leave_topic(struct load *load);
void load_leave_mailbox(struct load *load);
