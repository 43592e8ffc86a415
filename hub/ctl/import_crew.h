// SPDX-License-Identifier: MIT
//
// import_crew -- several threads that ask the daemon at the same time.
//
// It answers when a change is on the disk, and writes together what comes
// together; who asked one by one would wait for the disk each time.

#pragma once

#include "admin.h"

#include <stdbool.h>
#include <stddef.h>

enum { IMPORT_FIELDS_MAX = 8 };

struct import_crew;

struct import_order {
    unsigned line;
    const char *path; // of a POST; borrowed for ever, as the fields' names
    struct admin_parameter fields[IMPORT_FIELDS_MAX]; // values are copied
    size_t count;
};

struct import_listener {
    // On one of the threads, one after the other. `answer` NULL: there is no
    // daemon any more.
    void (*answered)(void *context, unsigned line,
                     const struct admin_answer *answer);
    void *context;
};

// NULL: out of memory, or threads.
struct import_crew *import_crew_new(const struct ctl *ctl,
                                    const struct import_listener *listener);

// Waits while there is enough to do. False: out of memory, or there is no
// daemon any more.
bool import_crew_put(struct import_crew *crew,
                     const struct import_order *order);

// While this lasts nothing is answered.
void import_crew_lock(struct import_crew *crew);
void import_crew_unlock(struct import_crew *crew);

// Waits until all is answered. NULL is fine.
void import_crew_end(struct import_crew *crew);
