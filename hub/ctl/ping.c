// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_pattern(const char *topic)
{
    size_t len = strlen(topic);
    return len > 0 && topic[len - 1] == '*';
}

static void say(const char *topic, const struct admin_answer *answer)
{
    json_int_t known =
        json_integer_value(json_object_get(answer->json, "known"));
    if (is_pattern(topic))
        printf("topics to be fetched: %lld\n", (long long)known);
    else
        puts("to be fetched as soon as its server may be asked; "
             "`websubctl topic` says when");
}

static int print(const struct ctl *ctl, const char *topic,
                 const struct admin_answer *answer)
{
    bool known = answer->status == 200;
    if (!known && answer->status != 404)
        return admin_complain(ctl, answer);
    if (ctl->json)
        puts(answer->text);
    else if (known)
        say(topic, answer);
    else if (is_pattern(topic))
        fputs("websubctl: nobody follows a topic that begins so\n", stderr);
    else
        fputs("websubctl: nobody follows this topic\n", stderr);
    return known ? CTL_FINE : CTL_NO;
}

int ctl_ping(const struct ctl *ctl, int argc, char *argv[])
{
    const char *named = NULL;
    const char **const places[] = { &named };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!named)
        return ctl_usage(argv[0], "needs one topic");
    const struct admin_parameter all[] = { { "topic", named },
                                           { "by", author() } };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "POST",
                       .path = "/admin/ping",
                       .parameters = all,
                       .count = 2,
                       .timeout_s = 30,
                   },
                   &answer))
        return CTL_NO_DAEMON;

    int code = print(ctl, named, &answer);
    admin_clear(&answer);
    return code;
}
