// SPDX-License-Identifier: MIT
//
// look -- a store that is checked (storage/care.h), table by table.
//
// Nothing is written, so what is read stays good until the end. A record that
// cannot be read, or does not agree with another, is said and passed over.

#pragma once

#include "records.h"
#include "storage/care.h"
#include "txn.h"

struct look {
    struct txn txn;
    struct care *care;
    struct counters counters; // as stored
    uint64_t all, done;       // rows
    uint64_t idle;            // requests that are
    uint64_t *listened;       // topics, each as often as mailboxes listen to it
    size_t listened_count;
    // The row before, of tables that are looked at in order.
    uint64_t last_topic, last_number;
};

// One line about a row of this table.
void look_say(struct look *look, enum table table, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Each row; those whose keys are not `key_len` bytes long are said, unless it
// is 0.
void look_each(struct look *look, enum table table, size_t key_len,
               void (*row)(struct look *look, struct bytes key,
                           struct bytes value));

bool look_get(struct look *look, enum table table, const struct key *key,
              struct bytes *value);
// If there is none, that is said of a row of `of`: "NAME N lacks its key in".
void look_want(struct look *look, enum table table, const struct key *key,
               enum table of, const char *name, uint64_t number);

// A topic with its state, and a subscription. False: there is none that can be
// read; who asked may say so.
bool look_topic(struct look *look, uint64_t id, struct topic *out);
bool look_subscription(struct look *look, uint64_t topic, uint64_t id,
                       struct subscription *out);

void look_at_meta(struct look *look);
void look_at_topics(struct look *look);
void look_at_log(struct look *look);
void look_at_subscribers(struct look *look);
void look_at_requests(struct look *look);
void look_at_times(struct look *look);
// Before the topics, which are listened to.
void look_at_mailboxes(struct look *look);
void look_at_steering(struct look *look);
