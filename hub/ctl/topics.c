// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void heading(void)
{
    printf("%6s %8s %5s %6s %-19s  %s\n", "ID", "HEAD", "SUBS", "STATUS",
           "LAST UPDATE (UTC)", "TOPIC");
}

static void row(const json_t *topic)
{
    char when[24], url[2048];
    printf("%6" PRId64 " %8" PRId64 " %5" PRId64 " %6" PRId64 " %-19s  %s\n",
           show_number(topic, "id"), show_number(topic, "head"),
           show_number(topic, "subscriptions"),
           show_number(topic, "last_status"),
           show_time(show_number(topic, "last_update"), when),
           show_text(show_string(topic, "url"), url, sizeof url));
}

int ctl_topics(const struct ctl *ctl, int argc, char *argv[])
{
    const char *prefix = NULL;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--prefix=", 9) != 0)
            return ctl_usage(argv[0], "takes --prefix=URL and nothing else");
        prefix = argv[i] + 9;
    }
    struct admin_parameter parameter = { "prefix", prefix };
    return pages_print(ctl, &(struct pages){
                                .path = "/admin/topics",
                                .list = "topics",
                                .parameters = &parameter,
                                .parameter_count = 1,
                                .heading = heading,
                                .row = row,
                                .nothing = "no topics",
                            });
}
