// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "hub/wording.h"
#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORDS = 96, NAME = 320 };

static void heading(void)
{
    printf("%-8s %-19s %8s %-19s %9s  %-32s %s\n", "STATE", "FAILING SINCE",
           "FAILURES", "NEXT LOOK (UTC)", "WAITING", "LAST OUTCOME", "ORIGIN");
}

// Counting stops somewhere.
static const char *waiting(const json_t *origin, char out[24])
{
    bool counted = json_is_true(json_object_get(origin, "counted"));
    snprintf(out, 24, "%" PRId64 "%s", show_number(origin, "waiting"),
             counted ? "" : "+");
    return out;
}

static void row(const json_t *origin)
{
    char state[WORDS], since[24], due[24], count[24], outcome[WORDS];
    char name[NAME];
    const char *last = show_string(origin, "last_outcome");
    printf("%-8s %-19s %8" PRId64 " %-19s %9s  %-32s %s\n",
           show_text(show_string(origin, "state"), state, sizeof state),
           show_time(show_number(origin, "failing_since"), since),
           show_number(origin, "failures"),
           show_time(show_number(origin, "due"), due), waiting(origin, count),
           show_text(*last ? last : "-", outcome, sizeof outcome),
           show_text(show_string(origin, "origin"), name, sizeof name));
}

int ctl_origins(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl, &(struct pages){
                                .path = "/admin/origins",
                                .list = "origins",
                                .heading = heading,
                                .row = row,
                                .nothing = "no origin is broken, paused or "
                                           "congested",
                                .none = CTL_NO,
                            });
}
