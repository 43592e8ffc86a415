// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "hub/loop.h"
#include "hub/wording.h"
#include "options.h"
#include "show.h"

#include <inttypes.h>
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

static void print_lane(const struct pausing *what, const json_t *answer)
{
    char when[WORDING_MAX];
    const char *state = show_string(answer, "lane.state");
    if (strcmp(state, "paused") == 0 && !what->origin)
        printf(", but its origin is paused");
    else if (strcmp(state, "broken") == 0 && what->origin)
        printf("; it is broken, and looked at now");
    else if (strcmp(state, "broken") == 0)
        printf(", but its origin is broken: next look %s",
               wording_when(show_number(answer, "lane.due"), loop_now().unix,
                            when));
}

static void print_still_paused(const json_t *answer)
{
    int64_t ones = show_number(answer, "subscriptions_paused");
    int64_t origins = show_number(answer, "origins_paused");
    if (origins > 0)
        printf("; %" PRId64 " origin%s still paused", origins,
               origins == 1 ? " is" : "s are");
    if (ones > 0)
        printf("; %" PRId64 " subscription%s still paused and owed something",
               ones, ones == 1 ? " is" : "s are");
}

// A resumption that does not bring anything yet says why.
static void print_rest(const struct pausing *what, bool pause,
                       const json_t *answer)
{
    if (!pause && what->all)
        print_still_paused(answer);
    else if (!pause)
        print_lane(what, answer);
    if (!pause && !what->all && show_truth(answer, "halted"))
        printf("; but all deliveries are paused: websubctl resume --all");
    if (what->origin && !show_truth(answer, "subscribed"))
        printf("; nobody is subscribed there");
    putchar('\n');
}

static void print(const struct pausing *what, bool pause,
                  const struct admin_answer *answer)
{
    char name[WHAT], shown[WHAT];
    bool changed = show_truth(answer->json, "changed");
    if (what->all)
        snprintf(name, sizeof name, "all deliveries");
    else if (what->origin)
        snprintf(name, sizeof name, "deliveries to %s",
                 show_string(answer->json, "origin"));
    else
        snprintf(name, sizeof name, "deliveries to this subscription at %s",
                 show_string(answer->json, "host"));
    show_text(name, shown, sizeof shown);
    if (pause)
        printf("%s are %spaused", shown, changed ? "" : "already ");
    else if (changed)
        printf("%s go on", shown);
    else
        printf("%s were not paused", shown);
    print_rest(what, pause, answer->json);
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
