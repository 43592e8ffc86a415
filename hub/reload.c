// SPDX-License-Identifier: MIT

#include "reload.h"

#include "log.h"
#include "notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 400 };

struct reload {
    struct live *live;
    struct notify *notify;
    int argc;
    char **argv;
};

struct reload *reload_new(struct live *live, struct notify *notify, int argc,
                          char *argv[])
{
    struct reload *reload = malloc(sizeof *reload);
    if (reload)
        *reload = (struct reload){ live, notify, argc, argv };
    return reload;
}

void reload_free(struct reload *reload)
{
    free(reload);
}

// "a,b,..."
static void write_names(const struct reload_report *report, bool restart,
                        char out[NAMES])
{
    size_t used = 0;
    snprintf(out, NAMES, "none");
    for (size_t i = 0; i < report->count; i++) {
        if (report->changes[i].restart != restart)
            continue;
        const char *name = report->changes[i].option->name;
        if (used + strlen(name) + sizeof ",..." > NAMES) {
            snprintf(out + used, NAMES - used, ",...");
            return;
        }
        used += (size_t)snprintf(out + used, NAMES - used, "%s%s",
                                 used > 0 ? "," : "", name);
    }
}

static void tell(const struct reload_report *report, const char *who)
{
    char changed[NAMES], restart[NAMES];
    if (!report->fine) {
        LOG(LOG_ERROR, "reload.failed", LOG_T("who", who),
            LOG_T("why", report->problem),
            LOG_T("outcome", "nothing has changed"));
        return;
    }
    write_names(report, false, changed);
    write_names(report, true, restart);
    LOG(LOG_INFO, "reloaded", LOG_T("who", who), LOG_T("changed", changed),
        LOG_T("restart", restart));
}

void reload_run(struct reload *reload, const char *who,
                struct reload_report *out)
{
    struct config fresh;
    notify_reloading(reload->notify);
    *out = (struct reload_report){ .fine = false };
    switch (config_read(reload->argc, reload->argv, &fresh, out->problem)) {
    case CONFIG_RUN:
        if (fresh.exposed)
            LOG(LOG_WARN, "config.exposed", LOG_T("why", fresh.exposed));
        out->fine = live_reload(reload->live, &fresh, out->changes,
                                CONFIG_OPTIONS_MAX, &out->count, out->problem);
        break;
    case CONFIG_BAD:
        break;
    case CONFIG_DONE: // a hub that runs was asked for nothing of the kind
        snprintf(out->problem, sizeof out->problem, "there is nothing to run");
        break;
    }
    if (!out->fine)
        out->count = 0;
    tell(out, who);
    notify_ready(reload->notify, out->fine ? "configuration read again"
                                           : "configuration is broken: still "
                                             "going by the one before");
}
