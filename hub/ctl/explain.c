// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"
#include "says.h"

#include <stdio.h>

int ctl_explain(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL;
    const struct option_value options[] = { { "topic", &topic } };
    const char **const places[] = { &topic };
    if (!options_read(argc, argv, options, 1, places, 1))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs one topic");
    struct admin_parameter parameter = { "topic", topic };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "GET",
                       .path = "/admin/explain",
                       .parameters = &parameter,
                       .count = 1,
                       .timeout_s = 60,
                   },
                   &answer))
        return CTL_NO_DAEMON;

    int code = CTL_NO;
    if (answer.status != 200) {
        code = admin_complain(ctl, &answer);
    } else {
        if (json_is_true(json_object_get(answer.json, "followed")))
            code = CTL_FINE;
        if (ctl->json)
            puts(answer.text);
        else
            says_print(answer.json);
    }
    admin_clear(&answer);
    return code;
}
