// SPDX-License-Identifier: MIT

#include "vigil.h"

void vigil_due(struct vigil *vigil, int64_t at)
{
    if (at < vigil->next)
        vigil->next = at;
}

bool vigil_begins(struct vigil *vigil, int64_t now)
{
    if (vigil->looking || now < vigil->next)
        return false;
    vigil->looking = true;
    vigil->next = INT64_MAX;
    return true;
}

void vigil_saw(struct vigil *vigil, int64_t now, int64_t next)
{
    vigil->looking = false;
    vigil_due(vigil, next);
    vigil_due(vigil, now + VIGIL_LOOK_MS);
}

void vigil_failed(struct vigil *vigil, int64_t now)
{
    // Not at once, whatever has come meanwhile.
    vigil->looking = false;
    vigil->next = now + VIGIL_PAUSE_MS;
}

int64_t vigil_patience(const struct vigil *vigil, int64_t now)
{
    if (vigil->looking)
        return INT64_MAX;
    return vigil->next > now ? vigil->next - now : 0;
}
