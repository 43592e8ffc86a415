// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "options.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

enum { WHAT = 2400 };

struct pausing {
    const char *topic, *callback, *origin;
    bool all;
};

// Exactly one of the three: a subscription, an origin, all.
static bool is_one(const struct pausing *what)
{
    bool one = what->topic && what->callback;
    bool half = what->topic || what->callback;
    return one + (what->origin != NULL) + what->all == 1 && (one || !half);
}

static void print(const struct pausing *what, bool pause,
                  const struct admin_answer *answer)
{
    char name[WHAT];
    bool changed = json_is_true(json_object_get(answer->json, "changed"));
    if (what->all)
        snprintf(name, sizeof name, "all deliveries");
    else if (what->origin)
        snprintf(name, sizeof name, "deliveries to %s",
                 show_string(answer->json, "origin"));
    else
        snprintf(name, sizeof name, "deliveries to this subscription at %s",
                 show_string(answer->json, "host"));
    char text[WHAT];
    printf("%s %s%s\n", show_text(name, text, sizeof text),
           changed ? "" : "already ", pause ? "paused" : "go on");
}

static int ask(const struct ctl *ctl, const struct pausing *what, bool pause)
{
    const struct admin_parameter parameters[] = {
        { "topic", what->topic },   { "callback", what->callback },
        { "origin", what->origin }, { "all", what->all ? "1" : NULL },
        { "by", author() },
    };
    const struct admin_question question = {
        .method = "POST",
        .path = pause ? "/admin/pause" : "/admin/resume",
        .parameters = parameters,
        .count = sizeof parameters / sizeof *parameters,
        .timeout_s = 120,
    };
    struct admin_answer answer;
    if (!admin_ask(ctl, &question, &answer))
        return CTL_NO_DAEMON;
    int code = CTL_FINE;
    if (answer.status != 200)
        code = admin_complain(ctl, &answer);
    else if (ctl->json)
        puts(answer.text);
    else
        print(what, pause, &answer);
    admin_clear(&answer);
    return code;
}

static int run(const struct ctl *ctl, int argc, char *argv[], bool pause)
{
    struct pausing what = { 0 };
    const struct option_value options[] = {
        { .name = "topic", .value = &what.topic },
        { .name = "callback", .value = &what.callback },
        { .name = "origin", .value = &what.origin },
        { .name = "all", .on = &what.all },
    };
    const char **const places[] = { &what.topic, &what.callback };
    if (!options_read(argc, argv, options, 4, places, 2))
        return CTL_USAGE;
    if (!is_one(&what))
        return ctl_usage(argv[0], "needs a topic and a callback, or "
                                  "--origin=URL, or --all");
    return ask(ctl, &what, pause);
}

int ctl_pause(const struct ctl *ctl, int argc, char *argv[])
{
    return run(ctl, argc, argv, true);
}

int ctl_resume(const struct ctl *ctl, int argc, char *argv[])
{
    return run(ctl, argc, argv, false);
}
