// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"
#include "says.h"

int ctl_probe(const struct ctl *ctl, int argc, char *argv[])
{
    const char *callback = NULL, *topic = NULL;
    const struct option_value options[] = {
        { .name = "callback", .value = &callback },
        { .name = "topic", .value = &topic },
    };
    const char **const places[] = { &callback };
    if (!options_read(argc, argv, options, 2, places, 1))
        return CTL_USAGE;
    if (!callback)
        return ctl_usage(argv[0], "needs one callback");
    const struct admin_parameter parameters[] = {
        { "callback", callback },
        { "topic", topic },
    };
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/probe",
        .parameters = parameters,
        .count = 2,
        .timeout_s = 60,
    };
    return says_ask(ctl, &question, "fine");
}
