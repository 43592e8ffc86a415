// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"

#include <stdio.h>

static int print(const struct ctl *ctl, const struct admin_answer *answer)
{
    bool known = answer->status == 200;
    if (!known && answer->status != 404)
        return admin_complain(ctl, answer);
    if (ctl->json)
        puts(answer->text);
    else if (known)
        puts("will be fetched now");
    else
        fputs("websubctl: nobody follows this topic\n", stderr);
    return known ? CTL_FINE : CTL_NO;
}

int ctl_ping(const struct ctl *ctl, int argc, char *argv[])
{
    if (argc != 2)
        return ctl_usage(argv[0], "needs one topic");
    struct admin_parameter topic = { "topic", argv[1] };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "POST",
                       .path = "/admin/ping",
                       .parameters = &topic,
                       .count = 1,
                       .timeout_s = 30,
                   },
                   &answer))
        return CTL_NO_DAEMON;

    int code = print(ctl, &answer);
    admin_clear(&answer);
    return code;
}
