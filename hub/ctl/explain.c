// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"
#include "says.h"

int ctl_explain(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL;
    const struct option_value options[] = { { .name = "topic",
                                              .value = &topic } };
    const char **const places[] = { &topic };
    if (!options_read(argc, argv, options, 1, places, 1))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs one topic");
    const struct admin_parameter parameter = { "topic", topic };
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/explain",
        .parameters = &parameter,
        .count = 1,
        .timeout_s = 60,
    };
    return says_ask(ctl, &question, "followed");
}
