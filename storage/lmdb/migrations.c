// SPDX-License-Identifier: MIT
//
// The steps of this program. storage/README.md says what each format added,
// tests/store/formats.c what has to be there after them.

#include "migration.h"

// 1 to 6: what is new is in tables of its own, and at the end of records that
// say their version.
static const struct migration_step steps[] = {
    { .from = 1 }, { .from = 2 }, { .from = 3 },
    { .from = 4 }, { .from = 5 }, { .from = 6 },
};

const struct migration_step *migration_steps(size_t *count)
{
    *count = sizeof steps / sizeof *steps;
    return steps;
}
