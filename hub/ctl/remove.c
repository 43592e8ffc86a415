// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "options.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

static int print(const struct ctl *ctl, const struct admin_answer *answer)
{
    if (answer->status != 200)
        return admin_complain(ctl, answer);
    int64_t removed = show_number(answer->json, "removed");
    if (ctl->json)
        puts(answer->text);
    else
        printf("%" PRId64 " subscription%s ended\n", removed,
               removed == 1 ? "" : "s");
    return CTL_FINE;
}

int ctl_remove(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *callback = NULL;
    const struct option_value options[] = {
        { .name = "topic", .value = &topic },
        { .name = "callback", .value = &callback },
    };
    const char **const places[] = { &topic, &callback };
    if (!options_read(argc, argv, options, 2, places, 2))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs a topic");
    const struct admin_parameter parameters[] = {
        { "topic", topic },
        { "callback", callback },
        { "by", author() },
    };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "POST",
                       .path = "/admin/remove",
                       .parameters = parameters,
                       .count = 3,
                       .timeout_s = 3600,
                   },
                   &answer))
        return CTL_NO_DAEMON;
    int code = print(ctl, &answer);
    admin_clear(&answer);
    return code;
}
