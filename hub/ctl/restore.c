// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "careful.h"
#include "complain.h"
#include "options.h"
#include "show.h"
#include "storage/care.h"
#include "storage/restore.h"

#include <jansson.h>
#include <stdio.h>

enum { URL_BYTES = 4096 + 8 };

// Everything in it is read before any of it comes into the place of something.
static bool look_at(void *context, struct problem *problem)
{
    const struct store_restoring *restoring = context;
    struct care care = { .records = 0 };
    if (!care_check_file(&care, restoring->file, problem))
        return false;
    if (care.findings > 0)
        snprintf(problem->text, sizeof problem->text,
                 "%.160s is damaged; websubctl store check says how",
                 restoring->file);
    return care.findings == 0;
}

static void report(const struct ctl *ctl, const struct store_restoring *done)
{
    char text[24];
    int64_t bytes = (int64_t)done->bytes;
    if (!ctl->json) {
        printf("%s: %s; a daemon can be started on it\n", ctl->data,
               show_bytes(bytes, text));
        return;
    }
    json_t *root =
        json_pack("{s:s, s:I}", "data", ctl->data, "bytes", (json_int_t)bytes);
    json_dumpf(root, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(root);
}

int ctl_restore(const struct ctl *ctl, int argc, char *argv[])
{
    const char *path = NULL;
    const char **const places[] = { &path };
    bool force = false;
    const struct option_value options[] = { { .name = "force", .on = &force } };
    char url[URL_BYTES];
    struct problem problem = { "" };
    if (!options_read(argc, argv, options, 1, places, 1))
        return CTL_USAGE;
    if (!path || !ctl->data)
        return ctl_usage(argv[0], "needs a copy, and --data=DIR for its place");
    snprintf(url, sizeof url, "lmdb:%s", ctl->data);
    struct store_restoring restoring = {
        .file = path,
        .url = url,
        .replace = force,
    };
    if (!careful(look_at, &restoring, &problem)
        || !store_restore(&restoring, &problem)) {
        complain("%s", problem.text);
        return CTL_NO;
    }
    report(ctl, &restoring);
    return CTL_FINE;
}
