// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "show.h"
#include "steer.h"

#include <inttypes.h>
#include <stdio.h>

static void print_added(const json_t *answer)
{
    printf("topic %" PRId64 " is followed%s\n", show_number(answer, "id"),
           show_truth(answer, "new") ? " from now on" : ", as before");
}

int ctl_topic_add(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *content = NULL, *poll = NULL;
    const struct option_value options[] = {
        { .name = "content", .value = &content },
        { .name = "poll", .value = &poll },
    };
    const char **const places[] = { &topic };
    if (!options_read(argc, argv, options, 2, places, 1))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs a topic");
    const struct admin_parameter fields[] = {
        { "topic", topic },
        { "content", content },
        { "poll", poll },
    };
    return steer(ctl, "/admin/topic/add", fields, 3, print_added);
}

static void print_removed(const json_t *answer)
{
    int64_t ended = show_number(answer, "removed.subscriptions");
    printf("removed, with %" PRId64 " subscription%s\n", ended,
           ended == 1 ? "" : "s");
}

int ctl_topic_remove(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL;
    const char **const places[] = { &topic };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs a topic");
    const struct admin_parameter field = { "topic", topic };
    return steer(ctl, "/admin/topic/remove", &field, 1, print_removed);
}
