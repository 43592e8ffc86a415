// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"
#include "says.h"

#include <stdio.h>

int ctl_probe(const struct ctl *ctl, int argc, char *argv[])
{
    const char *callback = NULL, *topic = NULL;
    const struct option_value options[] = {
        { "callback", &callback },
        { "topic", &topic },
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
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "GET",
                       .path = "/admin/probe",
                       .parameters = parameters,
                       .count = 2,
                       .timeout_s = 60,
                   },
                   &answer))
        return CTL_NO_DAEMON;

    int code = CTL_NO;
    if (answer.status != 200) {
        code = admin_complain(ctl, &answer);
    } else {
        if (json_is_true(json_object_get(answer.json, "fine")))
            code = CTL_FINE;
        if (ctl->json)
            puts(answer.text);
        else
            says_print(answer.json);
    }
    admin_clear(&answer);
    return code;
}
