// SPDX-License-Identifier: MIT

#include "session.h"

#include "consistency.h"
#include "twin.h"
#include "unreliable.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t FIRST_MOMENT = 1800000000000;
static const char LMDB[] = "lmdb:", MEMORY[] = "/dev/shm";
static const uint64_t ROOM = (uint64_t)512 << 20;

enum { ANSWER_SECONDS = 60, REPEATS_MAX = 1000 };

// What the store must hand back to session_run() and the test's own `done`.
struct flight {
    struct session *session;
    void (*done)(struct store_op *op);
    void *context;
};

static void ring(void *context)
{
    struct session *session = context;
    pthread_mutex_lock(&session->lock);
    session->rung = true;
    pthread_cond_signal(&session->bell);
    pthread_mutex_unlock(&session->lock);
}

static int64_t tell_time(void *context)
{
    struct session *session = context;
    return atomic_load(&session->now);
}

// Containers often have some megabytes of it only, for all tests at once.
static bool is_roomy(const char *directory)
{
    struct statvfs room;
    return access(directory, W_OK) == 0 && statvfs(directory, &room) == 0
           && (uint64_t)room.f_bavail * room.f_frsize >= ROOM;
}

static void name_store(struct session *session, bool cheap)
{
    static unsigned count;
    const char *prefix = getenv("STORE_URL");
    if (prefix) {
        if (strncmp(prefix, LMDB, sizeof LMDB - 1) == 0)
            assert_true(mkdir(prefix + sizeof LMDB - 1, 0700) == 0
                        || errno == EEXIST);
        snprintf(session->url, sizeof session->url, "%s/%ld-%u", prefix,
                 (long)getpid(), count++);
        const char *directory = session_directory(session);
        snprintf(session->root, sizeof session->root, "%s",
                 directory ? directory : "");
        return;
    }
    const char *base = getenv("TMPDIR");
    if (cheap && is_roomy(MEMORY))
        base = MEMORY;
    snprintf(session->root, sizeof session->root, "%s/websubd-store-XXXXXX",
             base ? base : "/tmp");
    assert_non_null(mkdtemp(session->root));
    snprintf(session->url, sizeof session->url, "%s%s/store", LMDB,
             session->root);
}

static struct session *nameless(void)
{
    struct session *session = calloc(1, sizeof *session);
    assert_non_null(session);
    atomic_init(&session->now, FIRST_MOMENT);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&session->bell, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&session->lock, NULL);
    session->options = (struct store_options){
        .url = session->url,
        .map_bytes = (uint64_t)256 << 20,
        .wake = ring,
        .context = session,
        .clock = tell_time,
    };
    return session;
}

struct session *session_new(bool cheap)
{
    struct session *session = nameless();
    name_store(session, cheap);
    return session;
}

struct session *session_at(const char *url)
{
    struct session *session = nameless();
    snprintf(session->url, sizeof session->url, "%s", url);
    return session;
}

void session_open(struct session *session)
{
    struct problem problem = { "" };
    session->store = store_open(&session->options, &problem);
    if (!session->store)
        fail_msg("%s did not open: %s", session->url, problem.text);
}

void session_close(struct session *session)
{
    bool open = session->store != NULL;
    store_close(session->store);
    session->store = NULL;
    if (!open || !session_directory(session))
        return;
    consistency_check(session_directory(session));
    twin_check(session_directory(session));
}

void session_reopen(struct session *session)
{
    session_close(session);
    session_open(session);
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void session_free(struct session *session)
{
    if (!session)
        return;
    session_close(session);
    if (session->root[0])
        nftw(session->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    pthread_cond_destroy(&session->bell);
    pthread_mutex_destroy(&session->lock);
    free(session);
}

static int set_up(void **state, bool cheap)
{
    struct session *session = session_new(cheap);
    *state = session;
    session_open(session);
    return 0;
}

int session_setup(void **state)
{
    return set_up(state, false);
}

int session_setup_cheap(void **state)
{
    return set_up(state, true);
}

int session_teardown(void **state)
{
    session_free(*state);
    return 0;
}

static void landed(struct store_op *op)
{
    struct flight *flight = op->context;
    flight->session->under_way--;
    op->context = flight->context;
    op->done = flight->done;
    free(flight);
    if (op->done)
        op->done(op);
}

void session_submit(struct session *session, struct store_op *op)
{
    struct flight *flight = calloc(1, sizeof *flight);
    assert_non_null(flight);
    *flight = (struct flight){ session, op->done, op->context };
    op->context = flight;
    op->done = landed;
    session->under_way++;
    if (session->faults)
        unreliable_submit(session->faults, op);
    else
        store_submit(session->store, op);
}

static size_t step(struct session *session)
{
    if (session->faults)
        return unreliable_step(session->faults);
    return store_step(session->store, 256);
}

static struct timespec in_seconds(long seconds)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += seconds;
    return at;
}

// The second is for a wake-up that was lost: they are best effort.
static void rest(struct session *session)
{
    struct timespec until = in_seconds(1);
    int result = 0;
    pthread_mutex_lock(&session->lock);
    while (!session->rung && result == 0)
        result = pthread_cond_timedwait(&session->bell, &session->lock, &until);
    session->rung = false;
    pthread_mutex_unlock(&session->lock);
}

void session_wait(struct session *session)
{
    struct timespec limit = in_seconds(ANSWER_SECONDS);
    while (session->under_way > 0) {
        if (step(session) > 0)
            continue;
        if (in_seconds(0).tv_sec > limit.tv_sec)
            fail_msg("%zu operations stay unanswered", session->under_way);
        rest(session);
    }
}

enum store_status session_run(struct session *session, struct store_op *op)
{
    for (int repeats = 0; repeats < REPEATS_MAX; repeats++) {
        session_submit(session, op);
        session_wait(session);
        if (op->status != STORE_UNKNOWN)
            break;
    }
    return op->status;
}

void session_must(struct session *session, struct store_op *op)
{
    enum store_status status = session_run(session, op);
    if (status != STORE_OK)
        fail_msg("verb %d answers %s", (int)op->verb,
                 store_status_name(status));
}

int64_t session_now(const struct session *session)
{
    return atomic_load(&session->now);
}

void session_advance(struct session *session, int64_t ms)
{
    atomic_fetch_add(&session->now, ms);
}

const char *session_directory(const struct session *session)
{
    bool has_one = strncmp(session->url, LMDB, sizeof LMDB - 1) == 0;
    return has_one ? session->url + sizeof LMDB - 1 : NULL;
}
