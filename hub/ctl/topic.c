// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "hub/wording.h"
#include "options.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

static void line(const char *name, const char *value)
{
    char text[2048];
    if (value && *value)
        printf("%-14s %s\n", name, show_text(value, text, sizeof text));
}

static void number(const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    line(name, text);
}

static void time_line(const char *name, int64_t unix_ms)
{
    char text[32], when[24];
    snprintf(text, sizeof text, "%s%s", show_time(unix_ms, when),
             unix_ms > 0 ? " UTC" : "");
    line(name, text);
}

static void poll(const json_t *topic)
{
    const json_t *plan = json_object_get(topic, "poll");
    int64_t every = show_number(topic, "poll_every_ms");
    char text[96], span[32];
    time_line("next fetch", show_number(topic, "fetch_due"));
    if (every != 0) {
        snprintf(text, sizeof text, "every %s, as an operator wants it",
                 show_duration(every, span));
        line("poll", every > 0 ? text : "never, as an operator wants it");
        return;
    }
    if (!json_is_object(plan))
        return;
    snprintf(text, sizeof text, "%s, %.1f updates a week",
             show_string(plan, "why"),
             json_number_value(json_object_get(plan, "updates_a_week")));
    line("poll", text);
}

static void print(const json_t *topic)
{
    char words[WORDING_MAX];
    line("topic", show_string(topic, "url"));
    number("id", show_number(topic, "id"));
    line("content", show_string(topic, "content"));
    number("head", show_number(topic, "head"));
    number("subscriptions", show_number(topic, "subscriptions"));
    line("kept", show_truth(topic, "kept") ? "yes" : NULL);
    time_line("last update", show_number(topic, "last_update"));
    time_line("last fetch", show_number(topic, "last_fetch"));
    if (show_number(topic, "last_status") != 0)
        line("last status",
             wording_status((int32_t)show_number(topic, "last_status"), words));
    number("failures", show_number(topic, "failures"));
    poll(topic);
    line("self", show_string(topic, "self"));
    line("moved", show_string(topic, "moved"));
}

int ctl_topic(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *content = NULL, *poll = NULL, *keep = NULL;
    const struct option_value options[] = {
        { .name = "topic", .value = &topic },
        { .name = "content", .value = &content },
        { .name = "poll", .value = &poll },
        { .name = "keep", .value = &keep },
    };
    const char **const places[] = { &topic };
    if (!options_read(argc, argv, options, 4, places, 1))
        return CTL_USAGE;
    if (!topic)
        return ctl_usage(argv[0], "needs a topic");
    bool changes = content || poll || keep;
    const struct admin_parameter parameters[] = {
        { "topic", topic },
        { "content", content },
        { "poll", poll },
        { "keep", keep },
        { "by", changes ? author() : NULL },
    };
    const struct admin_question question = {
        .method = changes ? "POST" : "GET",
        .path = "/admin/topic",
        .parameters = parameters,
        .count = sizeof parameters / sizeof *parameters,
        .timeout_s = 60,
    };
    return admin_show(ctl, &question, print);
}
