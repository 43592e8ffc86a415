// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "options.h"

#include <jansson.h>
#include <stdio.h>

static void print_names(const char *what, const json_t *names)
{
    size_t index;
    const json_t *name;
    json_array_foreach(names, index, name)
        printf("%s%s", index > 0 ? ", " : what, json_string_value(name));
    if (json_array_size(names) > 0)
        putchar('\n');
}

static void print(const json_t *answer)
{
    const json_t *changed = json_object_get(answer, "changed");
    const json_t *restart = json_object_get(answer, "restart");
    if (json_array_size(changed) + json_array_size(restart) == 0)
        puts("nothing has changed");
    print_names("changed: ", changed);
    print_names("changes when the daemon is restarted: ", restart);
}

int ctl_reload(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return admin_show(ctl,
                      &(struct admin_question){
                          .method = "POST",
                          .path = "/admin/reload",
                          .timeout_s = 60,
                      },
                      print);
}
