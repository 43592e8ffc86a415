// SPDX-License-Identifier: MIT

#include "consistency.h"

#include "storage/care.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void tell(void *context, const struct care_finding *finding)
{
    (void)context;
    print_error("%s: %s\n", finding->table, finding->text);
}

void consistency_check(const char *directory)
{
    char path[512];
    struct problem problem = { "" };
    struct care care = { .found = tell };
    snprintf(path, sizeof path, "%s/data.mdb", directory);
    if (access(path, F_OK) != 0)
        return;
    if (!care_check_file(&care, path, &problem))
        fail_msg("%s", problem.text);
    if (care.findings > 0)
        fail_msg("the store does not agree with itself");
}
