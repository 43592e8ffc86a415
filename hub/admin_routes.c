// SPDX-License-Identifier: MIT

#include "admin_routes.h"

#include "admin.h"
#include "routes.h"

#include <string.h>

static const struct route routes[] = {
    { REQUEST_GET, "/metrics", admin_metrics },
    { REQUEST_GET, "/admin/status", admin_status },
    { REQUEST_GET, "/admin/topics", admin_topics },
    { REQUEST_GET, "/admin/topic", admin_topic },
    { REQUEST_POST, "/admin/topic", admin_choose },
    { REQUEST_GET, "/admin/subscriptions", admin_subscriptions },
    { REQUEST_POST, "/admin/remove", admin_remove },
    { REQUEST_GET, "/admin/explain", admin_explain },
    { REQUEST_GET, "/admin/probe", admin_probe },
    { REQUEST_GET, "/admin/deliveries", admin_deliveries },
    { REQUEST_GET, "/admin/origins", admin_origins },
    { REQUEST_POST, "/admin/resend", admin_resend },
    { REQUEST_POST, "/admin/pause", admin_pause },
    { REQUEST_POST, "/admin/resume", admin_resume },
    { REQUEST_GET, "/admin/tokens", admin_tokens },
    { REQUEST_POST, "/admin/token", admin_put_token },
    { REQUEST_POST, "/admin/token/remove", admin_remove_token },
    { REQUEST_GET, "/admin/pulls", admin_pulls },
    { REQUEST_GET, "/admin/mailboxes", admin_mailboxes },
    { REQUEST_GET, "/admin/mailbox", admin_mailbox },
    { REQUEST_POST, "/admin/mailbox/remove", admin_remove_mailbox },
    { REQUEST_POST, "/admin/ping", admin_ping },
    { REQUEST_POST, "/admin/backup", admin_backup },
};

bool admin_routes_know(const char *path)
{
    return strncmp(path, "/admin/", 7) == 0 || strcmp(path, "/metrics") == 0;
}

void admin_routes_dispatch(struct admin *admin, struct request *request,
                           struct moment now)
{
    routes_dispatch(routes, sizeof routes / sizeof *routes, admin, request,
                    now);
}
