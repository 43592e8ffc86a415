// SPDX-License-Identifier: MIT
//
// session -- one store under test: opened, driven and cleared away.
//
// A session owns a fresh store of its own, below STORE_URL if that is set
// (such as "lmdb:/some/dir"), else in a directory that is made for it. Time
// is the session's: it stands still until a test moves it. Everything here
// fails the running test when it does not work.

#pragma once

#include "storage/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unreliable;

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
};

struct session {
    struct store *store;       // NULL while closed
    struct unreliable *faults; // NULL: none; borrowed
    struct store_options options;
    size_t under_way; // operations whose `done` has not been called
    char url[512];
    char root[256]; // directory to remove at the end; "": none
    _Atomic int64_t now;
    pthread_mutex_t lock; // of `rung`
    pthread_cond_t bell;
    bool rung;
};

// A session that is not open yet: `options` may still be changed. `cheap`
// asks for a place where syncing costs little, if there is one.
struct session *session_new(bool cheap);
// The same for a store that somebody else clears away.
struct session *session_at(const char *url);
void session_open(struct session *session);
// Also that what is closed agrees with itself.
void session_close(struct session *session);
void session_reopen(struct session *session);
void session_free(struct session *session);

// For cmocka: *state is an open session.
int session_setup(void **state);
int session_setup_cheap(void **state);
int session_teardown(void **state);

// Submit and wait until it (and all else that is under way) is done; after
// STORE_UNKNOWN again, as every caller of a store must.
enum store_status session_run(struct session *session, struct store_op *op);
// The same, and anything but STORE_OK fails the test.
void session_must(struct session *session, struct store_op *op);

// Submit only; session_wait() waits for all. `done` of the operation, if the
// caller has set one, is called as well.
void session_submit(struct session *session, struct store_op *op);
void session_wait(struct session *session);

int64_t session_now(const struct session *session);
void session_advance(struct session *session, int64_t ms);

// The directory of the store, or NULL if the engine has none.
const char *session_directory(const struct session *session);
