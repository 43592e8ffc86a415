// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "show.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The daemon has another working directory than we.
static bool make_absolute(const char *path, char out[PATH_MAX])
{
    char here[PATH_MAX] = "";
    bool whole = path[0] == '/';
    if (!whole && !getcwd(here, sizeof here))
        return false;
    int len = snprintf(out, PATH_MAX, "%s%s%s", here, whole ? "" : "/", path);
    return len > 0 && len < PATH_MAX;
}

int ctl_backup(const struct ctl *ctl, int argc, char *argv[])
{
    char path[PATH_MAX];
    if (argc != 2)
        return ctl_usage(argv[0], "needs one directory, new or empty");
    if (!make_absolute(argv[1], path))
        return ctl_usage(argv[0], "needs a shorter path");
    struct admin_parameter where = { "path", path };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "POST",
                       .path = "/admin/backup",
                       .parameters = &where,
                       .count = 1,
                       .timeout_s = 24 * 3600L,
                   },
                   &answer))
        return CTL_NO_DAEMON;

    int code = CTL_FINE;
    char bytes[24];
    if (answer.status != 200)
        code = admin_complain(ctl, &answer);
    else if (ctl->json)
        puts(answer.text);
    else
        printf("%s: %s\n", path,
               show_bytes(show_number(answer.json, "bytes"), bytes));
    admin_clear(&answer);
    return code;
}
