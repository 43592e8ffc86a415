// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

static void print(const json_t *pulls)
{
    char url[2100];
    size_t index;
    const json_t *topic;
    printf("%" PRId64 " held: %" PRId64 " long-polls, %" PRId64
           " streams of events, %" PRId64 " of lines, %" PRId64 " WebSockets\n",
           show_number(pulls, "held"), show_number(pulls, "by_voice.poll"),
           show_number(pulls, "by_voice.sse"),
           show_number(pulls, "by_voice.stream"),
           show_number(pulls, "by_voice.websocket"));
    json_array_foreach(json_object_get(pulls, "topics"), index, topic)
        printf("%7" PRId64 "  %s\n", show_number(topic, "held"),
               show_text(show_string(topic, "topic"), url, sizeof url));
}

int ctl_pulls(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/pulls",
        .timeout_s = 60,
    };
    return admin_show(ctl, &question, print);
}
