// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"
#include "steer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct table_column columns[] = {
    { .title = "PREFIX", .wide = true },
    { .title = "FROM" },
    { .title = "MADE (UTC)" },
    { .title = "BY" },
};

static void cells(struct table *table, const json_t *key)
{
    table_text(table, show_string(key, "prefix"));
    table_text(table, show_string(key, "from"));
    table_time(table, show_number(key, "made"));
    table_text(table, show_string(key, "by"));
}

int ctl_key_list(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/keys",
                           .list = "keys",
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no keys",
                       });
}

static void print_added(const json_t *answer)
{
    const char *secret = show_string(answer, "secret");
    if (!*secret) {
        puts(show_truth(answer, "new") ? "it counts from now on"
                                       : "this key is there already");
        return;
    }
    puts(secret);
    fputs("This is shown once. It counts from now on.\n", stderr);
}

// Of a prefix, and of a secret if a file has one.
static int change(const struct ctl *ctl, int argc, char *argv[],
                  const char *path, void (*print)(const json_t *answer))
{
    const char *prefix = NULL, *file = NULL;
    char secret[STEER_SECRET_MAX] = "";
    const struct option_value options[] = {
        { .name = "secret-file", .value = &file },
    };
    const char **const places[] = { &prefix };
    if (!options_read(argc, argv, options, 1, places, 1))
        return CTL_USAGE;
    if (!prefix)
        return ctl_usage(argv[0], "needs a prefix of topics");
    if (file && !steer_secret(argv[0], file, secret))
        return CTL_NO;
    const struct admin_parameter fields[] = {
        { "prefix", prefix },
        { "secret", file ? secret : NULL },
    };
    int code = steer(ctl, path, fields, 2, print);
    explicit_bzero(secret, sizeof secret);
    return code;
}

int ctl_key_add(const struct ctl *ctl, int argc, char *argv[])
{
    return change(ctl, argc, argv, "/admin/key", print_added);
}

static void print_removed(const json_t *answer)
{
    int64_t count = show_number(answer, "removed");
    printf("%" PRId64 " key%s of this prefix count%s no more\n", count,
           count == 1 ? "" : "s", count == 1 ? "s" : "");
}

int ctl_key_remove(const struct ctl *ctl, int argc, char *argv[])
{
    return change(ctl, argc, argv, "/admin/key/remove", print_removed);
}
