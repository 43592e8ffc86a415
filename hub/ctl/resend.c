// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "hub/loop.h"
#include "options.h"
#include "show.h"
#include "since.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_MAX = 64, NUMBER = 24 };

// The daemon does a part of it at each question, and says where it stopped.
struct resending {
    const struct ctl *ctl;
    const char *topic, *callback;
    char since[NUMBER]; // "": the newest update alone
    char after[PLACE_MAX];
    int64_t set, topics;
    bool paused, halted; // nothing is sent before a resumption
};

static bool ask(const struct resending *resending, struct admin_answer *out)
{
    const struct admin_parameter parameters[] = {
        { "topic", resending->topic },
        { "callback", resending->callback },
        { "since", *resending->since ? resending->since : NULL },
        { "after", *resending->after ? resending->after : NULL },
        { "by", author() },
    };
    return admin_ask(resending->ctl,
                     &(struct admin_question){
                         .method = "POST",
                         .path = "/admin/resend",
                         .parameters = parameters,
                         .count = sizeof parameters / sizeof *parameters,
                         .timeout_s = 120,
                     },
                     out);
}

static const char *held(const struct resending *resending)
{
    if (resending->halted)
        return "; but all deliveries are paused: websubctl resume --all";
    return resending->paused ? "; but it is paused until it is resumed" : "";
}

static void print(const struct resending *resending)
{
    const char *plural = resending->set == 1 ? "" : "s";
    if (resending->ctl->json)
        printf("{\"set\":%" PRId64 ",\"topics\":%" PRId64 "}\n", resending->set,
               resending->topics);
    else if (resending->topic)
        printf("%" PRId64 " cursor%s set back%s\n", resending->set, plural,
               held(resending));
    else
        printf("%" PRId64 " cursor%s of %" PRId64 " topic%s set back%s\n",
               resending->set, plural, resending->topics,
               resending->topics == 1 ? "" : "s", held(resending));
}

// What is done stays done.
static void say_interrupted(const struct resending *resending)
{
    if (resending->set > 0)
        fprintf(stderr,
                "websubctl: %" PRId64 " cursors were set back before that; "
                "the same command again does the rest too\n",
                resending->set);
}

static bool take(struct resending *resending, const struct admin_answer *answer)
{
    resending->set += show_number(answer->json, "set");
    resending->topics += show_number(answer->json, "topics");
    resending->paused = show_truth(answer->json, "paused");
    resending->halted = show_truth(answer->json, "halted");
    snprintf(resending->after, sizeof resending->after, "%s",
             show_string(answer->json, "next"));
    return *resending->after != '\0';
}

static int resend(struct resending *resending)
{
    for (bool more = true; more;) {
        struct admin_answer answer;
        if (!ask(resending, &answer)) {
            say_interrupted(resending);
            return CTL_NO_DAEMON;
        }
        if (answer.status != 200) {
            int code = admin_complain(resending->ctl, &answer);
            admin_clear(&answer);
            say_interrupted(resending);
            return code;
        }
        more = take(resending, &answer);
        admin_clear(&answer);
    }
    print(resending);
    return resending->set > 0 ? CTL_FINE : CTL_NO;
}

int ctl_resend(const struct ctl *ctl, int argc, char *argv[])
{
    struct resending resending = { .ctl = ctl };
    const char *since = NULL;
    const struct option_value options[] = {
        { .name = "topic", .value = &resending.topic },
        { .name = "callback", .value = &resending.callback },
        { .name = "since", .value = &since },
    };
    const char **const places[] = { &resending.topic, &resending.callback };
    int64_t from;
    if (!options_read(argc, argv, options, 3, places, 2))
        return CTL_USAGE;
    if (!resending.topic && (!since || resending.callback))
        return ctl_usage(argv[0], "needs a topic, or --since for all of them");
    if (since && !since_when(since, loop_now().unix, &from))
        return ctl_usage(argv[0],
                         "takes a time in the past for --since: "
                         "2026-11-22T04:31:07Z, unix seconds, or an age "
                         "like 90s, 15m, 2h, 3d");
    if (since)
        snprintf(resending.since, sizeof resending.since, "%" PRId64, from);
    return resend(&resending);
}
