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
    { REQUEST_POST, "/admin/topic/add", admin_add_topic },
    { REQUEST_POST, "/admin/topic/remove", admin_remove_topic },
    { REQUEST_GET, "/admin/subscriptions", admin_subscriptions },
    { REQUEST_POST, "/admin/subscription/add", admin_add_subscription },
    { REQUEST_POST, "/admin/subscription/extend", admin_extend },
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
    { REQUEST_GET, "/admin/rules", admin_rules },
    { REQUEST_POST, "/admin/rule", admin_put_rule },
    { REQUEST_POST, "/admin/rule/remove", admin_remove_rule },
    { REQUEST_GET, "/admin/keys", admin_keys },
    { REQUEST_POST, "/admin/key", admin_put_key },
    { REQUEST_POST, "/admin/key/remove", admin_remove_key },
    { REQUEST_GET, "/admin/quotas", admin_quotas },
    { REQUEST_POST, "/admin/quota", admin_put_quota },
    { REQUEST_POST, "/admin/quota/remove", admin_remove_quota },
    { REQUEST_GET, "/admin/pulls", admin_pulls },
    { REQUEST_GET, "/admin/mailboxes", admin_mailboxes },
    { REQUEST_GET, "/admin/mailbox", admin_mailbox },
    { REQUEST_POST, "/admin/mailbox/remove", admin_remove_mailbox },
    { REQUEST_GET, "/admin/trace", admin_trace },
    { REQUEST_GET, "/admin/traces", admin_traces },
    { REQUEST_GET, "/admin/options", admin_options },
    { REQUEST_POST, "/admin/reload", admin_reload },
    { REQUEST_GET, "/admin/whoami", admin_whoami },
    { REQUEST_POST, "/admin/ping", admin_ping },
    { REQUEST_GET, "/admin/backup", admin_backup },
    { REQUEST_GET, "/admin/store", admin_store },
};

bool admin_routes_know(const char *path)
{
    return strncmp(path, "/admin/", 7) == 0 || strcmp(path, "/metrics") == 0;
}

bool admin_routes_reveal(const char *path)
{
    return strcmp(path, "/admin/backup") == 0;
}

void admin_routes_dispatch(struct admin *admin, struct request *request,
                           struct moment now)
{
    routes_dispatch(routes, sizeof routes / sizeof *routes, admin, request,
                    now);
}
