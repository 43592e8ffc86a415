// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "show.h"
#include "steer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_added(const json_t *answer)
{
    const char *state = show_string(answer, "state");
    if (strcmp(state, "pending") == 0)
        puts(
            "the callback is asked now whether it agrees: `subscriptions TOPIC "
            "CALLBACK`\nsays what came of it, `probe CALLBACK` whether it can "
            "be called at all");
    else
        printf("subscription %" PRId64 " of topic %" PRId64 " %s\n",
               show_number(answer, "id"), show_number(answer, "topic_id"),
               show_truth(answer, "renewed") ? "is renewed" : "is active");
}

int ctl_subscription_add(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *callback = NULL, *lease = NULL;
    const char *content = NULL, *file = NULL;
    bool trust = false;
    char secret[STEER_SECRET_MAX] = "";
    const struct option_value options[] = {
        { .name = "lease", .value = &lease },
        { .name = "content", .value = &content },
        { .name = "secret-file", .value = &file },
        { .name = "trust", .on = &trust },
    };
    const char **const places[] = { &topic, &callback };
    if (!options_read(argc, argv, options, 4, places, 2))
        return CTL_USAGE;
    if (!topic || !callback)
        return ctl_usage(argv[0], "needs a topic and a callback");
    if (file && !steer_secret(argv[0], file, secret))
        return CTL_NO;
    const struct admin_parameter fields[] = {
        { "topic", topic },
        { "callback", callback },
        { "lease", lease },
        { "content", content },
        { "secret", file ? secret : NULL },
        { "verify", trust ? "no" : "yes" },
    };
    int code = steer(ctl, "/admin/subscription/add", fields, 6, print_added);
    explicit_bzero(secret, sizeof secret);
    return code;
}

static void print_extended(const json_t *answer)
{
    char when[24];
    printf("its lease ends at %s (UTC)\n",
           show_time(show_number(answer, "lease_end"), when));
}

int ctl_subscription_extend(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *callback = NULL, *lease = NULL;
    const struct option_value options[] = {
        { .name = "lease", .value = &lease },
    };
    const char **const places[] = { &topic, &callback };
    if (!options_read(argc, argv, options, 1, places, 2))
        return CTL_USAGE;
    if (!topic || !callback || !lease)
        return ctl_usage(argv[0], "needs a topic, a callback and --lease=TIME");
    const struct admin_parameter fields[] = {
        { "topic", topic },
        { "callback", callback },
        { "lease", lease },
    };
    return steer(ctl, "/admin/subscription/extend", fields, 3, print_extended);
}
