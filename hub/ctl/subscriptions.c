// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

static void heading(void)
{
    printf("%6s %-9s %-6s %6s %6s %-19s  %s\n", "ID", "STATE", "SIGNED",
           "TRIES", "STATUS", "LEASE END (UTC)", "HOST");
}

static void row(const json_t *subscription)
{
    char end[24], host[256], state[16];
    bool is_signed = json_is_true(json_object_get(subscription, "signed"));
    printf("%6" PRId64 " %-9s %-6s %6" PRId64 " %6" PRId64 " %-19s  %s\n",
           show_number(subscription, "id"),
           show_text(show_string(subscription, "state"), state, sizeof state),
           is_signed ? "yes" : "no", show_number(subscription, "attempts"),
           show_number(subscription, "last_status"),
           show_time(show_number(subscription, "lease_end"), end),
           show_text(show_string(subscription, "host"), host, sizeof host));
}

int ctl_subscriptions(const struct ctl *ctl, int argc, char *argv[])
{
    if (argc != 2)
        return ctl_usage(argv[0], "needs one topic");
    return pages_print(ctl, &(struct pages){
                                .path = "/admin/subscriptions",
                                .list = "subscriptions",
                                .name = "topic",
                                .value = argv[1],
                                .heading = heading,
                                .row = row,
                                .nothing = "no subscriptions",
                            });
}
