// SPDX-License-Identifier: MIT
//
// A copy of what is committed, as the disk has time for it.
//
// LMDB copies as fast as it can, so it does that into a pipe, on a thread of
// its own, and we take from there. Until it is over its reader keeps what is
// removed meanwhile from being used again, so the store grows; before that
// takes the last room the copy is given up.

#include "engine.h"
#include "storage/paced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    PIECE = 64 << 10,
    // What the disk keeps besides the copy.
    DISK_KEPT = 64 << 20,
    MAP_PART_KEPT = 10, // of the map, one part
    NICE = 10,
};

struct copying {
    struct env *env;
    int to; // the pipe's end that LMDB writes to
    bool done;
    struct problem problem;
};

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "the store: %s", text);
    return false;
}

// LMDB's own thread inherits it. Those who answer somebody come first, but not
// so much that the copy never ends.
static void step_back(void)
{
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}

static void *copy_into_pipe(void *context)
{
    struct copying *copying = context;
    pthread_setname_np(pthread_self(), "copy");
    step_back();
    copying->done = env_copy(copying->env, copying->to, &copying->problem);
    close(copying->to);
    return NULL;
}

// A copy has what is used, and no free page.
static bool disk_has_room(struct env *env, int file, struct problem *problem)
{
    struct env_room room;
    struct statvfs disk;
    if (!env_room(env, false, &room) || fstatvfs(file, &disk))
        return say(problem, "its size cannot be told");
    uint64_t bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    // What has no size has no end either (memory, some networks).
    return disk.f_blocks == 0 || bytes > room.used_bytes + DISK_KEPT
           || say(problem, "the disk has no room for a copy");
}

static bool map_runs_out(struct env *env, uint64_t at_first)
{
    struct env_room room;
    return env_room(env, true, &room) && room.used_bytes > at_first
           && room.used_bytes > room.map_bytes - room.map_bytes / MAP_PART_KEPT;
}

// What comes out of the pipe, until its other end is closed.
static bool drain(struct store *store, int from, struct store_copying *how,
                  struct problem *problem)
{
    char piece[PIECE];
    struct env_room at_first = { 0 };
    struct paced paced;
    ssize_t got;
    env_room(&store->env, true, &at_first);
    paced_start(&paced, how->file);
    while ((got = read(from, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || !paced_write(&paced, piece, (size_t)got))
            return say(problem, strerror(errno));
        how->bytes = paced.written;
        if (how->go_on && !how->go_on(how->context))
            return say(problem, "the copy was given up");
        if (map_runs_out(&store->env, at_first.used_bytes))
            return say(problem, "it is too full to be copied while it is used");
    }
    return true;
}

bool store_copy(struct store *store, struct store_copying *how,
                struct problem *problem)
{
    struct copying copying = { .env = &store->env };
    pthread_t thread;
    int ends[2];
    how->bytes = 0;
    if (!disk_has_room(&store->env, how->file, problem))
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return say(problem, strerror(errno));
    copying.to = ends[1];
    int error = pthread_create(&thread, NULL, copy_into_pipe, &copying);
    if (error != 0) {
        close(ends[0]);
        close(ends[1]);
        return say(problem, strerror(error));
    }
    bool done = drain(store, ends[0], how, problem);
    // If we have given up, this is what ends the other side (EPIPE).
    close(ends[0]);
    pthread_join(thread, NULL);
    if (done && !copying.done)
        *problem = copying.problem;
    return done && copying.done;
}
