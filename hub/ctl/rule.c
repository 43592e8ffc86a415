// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"
#include "steer.h"

#include <stdio.h>
#include <string.h>

// ------------------------------------------------------------------ listing

static const struct table_column columns[] = {
    { .title = "KIND" }, { .title = "DOMAIN", .wide = true },
    { .title = "FROM" }, { .title = "MADE (UTC)" },
    { .title = "BY" },
};

static void cells(struct table *table, const json_t *rule)
{
    table_text(table, show_string(rule, "kind"));
    table_text(table, show_string(rule, "domain"));
    table_text(table, show_string(rule, "from"));
    table_time(table, show_number(rule, "made"));
    table_text(table, show_string(rule, "by"));
}

int ctl_rule_list(const struct ctl *ctl, int argc, char *argv[])
{
    const char *kind = NULL;
    const struct option_value options[] = {
        { .name = "kind", .value = &kind },
    };
    if (!options_read(argc, argv, options, 1, NULL, 0))
        return CTL_USAGE;
    const struct admin_parameter parameter = { "kind", kind };
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/rules",
                           .list = "rules",
                           .parameters = &parameter,
                           .parameter_count = 1,
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no rules: every domain is served",
                       });
}

// ----------------------------------------------------------------- changing

static void print_added(const json_t *answer)
{
    puts(show_truth(answer, "new")
             ? "it counts from now on; who is denied by it is told, and ends"
             : "this rule is there already");
}

static void print_removed(const json_t *answer)
{
    (void)answer;
    puts("it counts no more");
}

// The first rule that allows denies everybody else: that is easily overlooked.
// Also true if there is no daemon to be asked, which is then said.
static bool is_first(const struct ctl *ctl, const char *kind, int *code)
{
    const struct admin_parameter parameters[] = {
        { "kind", kind },
        { "limit", "1" },
    };
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/rules",
        .parameters = parameters,
        .count = 2,
        .timeout_s = 60,
    };
    struct admin_answer answer;
    *code = CTL_NO_DAEMON;
    if (!admin_ask(ctl, &question, &answer))
        return true;
    bool first = false;
    *code = CTL_USAGE;
    if (answer.status == 200)
        first = json_array_size(json_object_get(answer.json, "rules")) == 0;
    admin_clear(&answer);
    if (first)
        fprintf(stderr,
                "websubctl rule add: as the first %s it ends all subscriptions "
                "but those\nthat it allows; --yes if that is meant\n",
                kind);
    return first;
}

int ctl_rule_add(const struct ctl *ctl, int argc, char *argv[])
{
    const char *kind = NULL, *domain = NULL;
    bool yes = false;
    int code;
    const struct option_value options[] = { { .name = "yes", .on = &yes } };
    const char **const places[] = { &kind, &domain };
    if (!options_read(argc, argv, options, 1, places, 2))
        return CTL_USAGE;
    if (!kind || !domain)
        return ctl_usage(argv[0], "needs a kind and a domain");
    bool allows = strncmp(kind, "allow-", 6) == 0;
    if (allows && !yes && is_first(ctl, kind, &code))
        return code;
    const struct admin_parameter fields[] = {
        { "kind", kind },
        { "domain", domain },
    };
    return steer(ctl, "/admin/rule", fields, 2, print_added);
}

int ctl_rule_remove(const struct ctl *ctl, int argc, char *argv[])
{
    const char *kind = NULL, *domain = NULL;
    const char **const places[] = { &kind, &domain };
    if (!options_read(argc, argv, NULL, 0, places, 2))
        return CTL_USAGE;
    if (!kind || !domain)
        return ctl_usage(argv[0], "needs a kind and a domain");
    const struct admin_parameter fields[] = {
        { "kind", kind },
        { "domain", domain },
    };
    return steer(ctl, "/admin/rule/remove", fields, 2, print_removed);
}
