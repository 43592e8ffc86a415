// SPDX-License-Identifier: MIT

#include "admin.h"

#include "inquiry.h"

#include <stdlib.h>

struct admin *admin_new(const struct admin_means *means)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        return NULL;
    admin->means = *means;
    admin->began = loop_now().mono;
    return admin;
}

void admin_free(struct admin *admin)
{
    free(admin);
}

void admin_drain(struct admin *admin)
{
    atomic_store(&admin->ended, true);
}

bool admin_idle(const struct admin *admin)
{
    return admin->asking == 0;
}
