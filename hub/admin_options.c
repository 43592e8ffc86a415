// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "config.h"
#include "inquiry.h"
#include "live.h"
#include "option.h"
#include "reload.h"
#include "request.h"
#include "services.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *texts_json(const struct option *option,
                          const struct config *config)
{
    struct config_list one;
    const struct config_list *texts = option_texts(option, config, &one);
    if (option->kind == OPTION_TEXT)
        return json_string(texts->count > 0 ? texts->items[0] : "");
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++)
        json_array_append_new(
            list, json_string(option->secret ? "***" : texts->items[i]));
    return list;
}

static json_t *value_json(const struct option *option,
                          const struct config *config)
{
    char written[OPTION_WRITTEN];
    if (option->kind == OPTION_TEXT || option->kind == OPTION_LIST)
        return texts_json(option, config);
    option_write(option, config, written);
    return json_string(written);
}

void admin_options(void *self, struct request *request, struct moment now)
{
    const struct admin *admin = self;
    const struct live *live = admin->means.services->live;
    size_t count;
    const struct option *table = option_table(&count);
    json_t *list = json_array();
    (void)now;
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &table[i];
        bool is_live = option->change != OPTION_RESTART;
        json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:s, s:b, s:s, s:s}", "name", option->name,
                      "value", value_json(option, live_config(live)), "default",
                      option->fallback, "live", is_live, "from",
                      live_from_name(live_from(live, i)), "about",
                      option->sentence));
    }
    admin_json_say(request, 200,
                   json_pack("{s:o, s:n}", "options", list, "next"));
}

static json_t *names_json(const struct reload_report *report, bool restart)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->count; i++)
        if (report->changes[i].restart == restart)
            json_array_append_new(list,
                                  json_string(report->changes[i].option->name));
    return list;
}

void admin_reload(void *self, struct request *request, struct moment now)
{
    const struct admin *admin = self;
    struct reload_report report;
    (void)now;
    reload_run(admin->means.services->reload, request->who, &report);
    if (report.fine)
        admin_json_say(request, 200,
                       json_pack("{s:o, s:o, s:n}", "changed",
                                 names_json(&report, false), "restart",
                                 names_json(&report, true), "problem"));
    else
        admin_json_say(request, 422,
                       json_pack("{s:[], s:[], s:s, s:s}", "changed", "restart",
                                 "problem", report.problem, "error",
                                 report.problem));
}

void admin_whoami(void *self, struct request *request, struct moment now)
{
    (void)self;
    (void)now;
    admin_json_say(request, 200,
                   json_pack("{s:s, s:s}", "who", request->who, "right",
                             request->steers ? "admin" : "view"));
}
