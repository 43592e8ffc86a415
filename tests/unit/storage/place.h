// SPDX-License-Identifier: MIT
//
// place -- an LMDB environment in a directory of its own, for one test.

#pragma once

#include "storage/lmdb/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
    char path[64];
    struct env env;
};

static inline int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct problem problem;
    *state = place;
    if (!place)
        return -1;
    snprintf(place->path, sizeof place->path, "/tmp/websubd-test-XXXXXX");
    if (!mkdtemp(place->path))
        return -1;
    return env_open(&place->env, place->path, 1 << 20, &problem) ? 0 : -1;
}

static inline int tear_down(void **state)
{
    static const char *const names[] = { "data.mdb", "lock.mdb" };
    struct place *place = *state;
    env_close(&place->env);
    for (size_t i = 0; i < 2; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s/%s", place->path, names[i]);
        unlink(name);
    }
    rmdir(place->path);
    free(place);
    return 0;
}
