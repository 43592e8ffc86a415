// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "complain.h"
#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORDS = 300, MATCHES_MAX = 100 };

static const struct table_column columns[] = {
    { .title = "ID", .right = true },   { .title = "ACK" },
    { .title = "SUBS", .right = true }, { .title = "SEEN (UTC)" },
    { .title = "LEASE END (UTC)" },     { .title = "OWNER", .wide = true },
    { .title = "NAME", .wide = true },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static void cells(struct table *table, const json_t *box)
{
    table_number(table, show_number(box, "id"));
    table_text(table, show_string(box, "ack"));
    table_number(table, show_number(box, "subscriptions"));
    table_time(table, show_number(box, "seen"));
    table_time(table, show_number(box, "lease_end"));
    table_text(table, json_string_value(json_object_get(box, "owner")));
    table_text(table, show_string(box, "name"));
}

static void print_box(const json_t *box)
{
    struct table *table = table_new(columns, COLUMNS);
    if (table)
        cells(table, box);
    table_end(table);
}

static int list(const struct ctl *ctl, const char *owner)
{
    struct admin_parameter parameter = { "owner", owner };
    return pages_print(ctl, &(struct pages){
                                .path = "/admin/mailboxes",
                                .list = "mailboxes",
                                .parameters = &parameter,
                                .parameter_count = 1,
                                .columns = columns,
                                .column_count = COLUMNS,
                                .cells = cells,
                                .nothing = "no mailboxes",
                            });
}

// ------------------------------------------------------------ those of a name

// Looks page by page for all of that name. False: *code is what to exit with.
static bool find(const struct ctl *ctl, const char *name, const char *owner,
                 json_t *found, int *code)
{
    char after[512] = "";
    for (;;) {
        struct admin_answer answer;
        const struct admin_parameter parameters[] = {
            { "name", name },
            { "owner", owner },
            { "after", *after ? after : NULL },
        };
        *code = CTL_NO_DAEMON;
        if (!admin_ask(ctl,
                       &(struct admin_question){
                           .method = "GET",
                           .path = "/admin/mailboxes",
                           .parameters = parameters,
                           .count = 3,
                           .timeout_s = 60,
                       },
                       &answer))
            return false;
        size_t index;
        json_t *item;
        json_array_foreach(json_object_get(answer.json, "mailboxes"), index,
                           item)
        {
            if (json_array_size(found) < MATCHES_MAX)
                json_array_append(found, item);
        }
        snprintf(after, sizeof after, "%s", show_string(answer.json, "next"));
        bool fine = answer.status == 200;
        if (!fine)
            *code = admin_complain(ctl, &answer);
        admin_clear(&answer);
        if (!fine || !*after)
            return fine;
    }
}

static bool ask_about(const struct ctl *ctl, const char *path,
                      const char *method, int64_t id,
                      struct admin_answer *answer)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, id);
    const struct admin_parameter parameters[] = {
        { "id", text },
        { "by", author() },
    };
    return admin_ask(ctl,
                     &(struct admin_question){
                         .method = method,
                         .path = path,
                         .parameters = parameters,
                         .count = 2,
                         .timeout_s = 600,
                     },
                     answer);
}

static void print_listens(const json_t *list)
{
    char url[2100], label[WORDS];
    size_t index;
    const json_t *item;
    json_array_foreach(list, index, item)
    {
        const char *said = show_string(item, "label");
        printf("%6" PRId64 "  %s%s%s%s\n", show_number(item, "sid"),
               show_text(show_string(item, "url"), url, sizeof url),
               show_truth(item, "prefix") ? "*" : "", *said ? "  " : "",
               *said ? show_text(said, label, sizeof label) : "");
    }
}

static int show_one(const struct ctl *ctl, const json_t *box)
{
    struct admin_answer answer;
    if (!ask_about(ctl, "/admin/mailbox", "GET", show_number(box, "id"),
                   &answer))
        return CTL_NO_DAEMON;
    int code = CTL_FINE;
    if (answer.status != 200) {
        code = admin_complain(ctl, &answer);
    } else if (ctl->json) {
        puts(answer.text);
    } else {
        print_box(box);
        printf("%" PRId64 " waiting, %" PRId64 " leased%s\n",
               show_number(answer.json, "pending"),
               show_number(answer.json, "leased"),
               show_truth(answer.json, "suspended")
                   ? ", suspended: it is too full"
                   : "");
        print_listens(json_object_get(answer.json, "listens"));
    }
    admin_clear(&answer);
    return code;
}

static int remove_one(const struct ctl *ctl, int64_t id)
{
    struct admin_answer answer;
    if (!ask_about(ctl, "/admin/mailbox/remove", "POST", id, &answer))
        return CTL_NO_DAEMON;
    int code = CTL_FINE;
    if (answer.status != 200)
        code = admin_complain(ctl, &answer);
    else
        puts(ctl->json ? answer.text : "removed, with all that waited in it");
    admin_clear(&answer);
    return code;
}

static int each(const struct ctl *ctl, const json_t *found, bool removing)
{
    int code = CTL_FINE;
    size_t index;
    const json_t *box;
    json_array_foreach(found, index, box)
    {
        code = removing ? remove_one(ctl, show_number(box, "id"))
                        : show_one(ctl, box);
        if (code != CTL_FINE)
            break;
    }
    return code;
}

static int one(const struct ctl *ctl, const char *name, const char *owner,
               bool removing)
{
    json_t *found = json_array();
    int code;
    if (!find(ctl, name, owner, found, &code)) {
        json_decref(found);
        return code;
    }
    if (json_array_size(found) == 0) {
        complain("mailboxes: there is no mailbox of this name");
        code = CTL_NO;
    } else if (removing && json_array_size(found) > 1) {
        code = ctl_usage("mailboxes", "several owners have one of this name: "
                                      "say --owner=NAME");
    } else {
        code = each(ctl, found, removing);
    }
    json_decref(found);
    return code;
}

int ctl_mailboxes(const struct ctl *ctl, int argc, char *argv[])
{
    const char *name = NULL, *owner = NULL;
    bool removing = false;
    const struct option_value options[] = {
        { .name = "owner", .value = &owner },
        { .name = "remove", .on = &removing },
    };
    const char **const places[] = { &name };
    if (!options_read(argc, argv, options, 2, places, 1))
        return CTL_USAGE;
    if (removing && !name)
        return ctl_usage(argv[0], "--remove needs a name");
    return name ? one(ctl, name, owner, removing) : list(ctl, owner);
}
