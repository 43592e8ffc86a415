// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "careful.h"
#include "complain.h"
#include "options.h"
#include "progress.h"
#include "show.h"
#include "storage/care.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { URL_BYTES = 4096 + 8 };

struct checking {
    const struct ctl *ctl;
    const char *file; // NULL: the store at --data
    struct progress progress;
    json_t *findings; // with --json
};

static void found(void *context, const struct care_finding *finding)
{
    struct checking *checking = context;
    if (checking->findings)
        json_array_append_new(checking->findings,
                              json_pack("{s:s, s:s}", "table", finding->table,
                                        "text", finding->text));
    else if (finding->table[0] != '\0')
        printf("%s: %s\n", finding->table, finding->text);
    else
        puts(finding->text);
}

static void step(void *context, uint64_t done, uint64_t all)
{
    struct checking *checking = context;
    checking->progress.total = (int64_t)all;
    progress_step(&checking->progress, (int64_t)done);
}

static void report(struct checking *checking, const struct care *care)
{
    if (!checking->findings && care->format == 0) {
        puts("it is damaged; its records were not looked at");
        return;
    }
    if (!checking->findings) {
        printf("format %" PRIu64 ", %" PRIu64 " records: %s\n", care->format,
               care->records,
               care->findings == 0 ? "all is well" : "it is damaged");
        return;
    }
    json_t *root = json_pack(
        "{s:I, s:I, s:O}", "format", (json_int_t)care->format, "records",
        (json_int_t)care->records, "findings", checking->findings);
    json_dumpf(root, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(root);
}

// In a child: what is read may be damaged.
static bool check(void *context, struct problem *problem)
{
    struct checking *checking = context;
    struct care care = {
        .found = found,
        .progress = step,
        .context = checking,
    };
    char url[URL_BYTES];
    checking->findings = checking->ctl->json ? json_array() : NULL;
    progress_begin(&checking->progress, checking->ctl, "checking", false);
    snprintf(url, sizeof url, "lmdb:%s",
             checking->file ? "" : checking->ctl->data);
    bool looked = checking->file
                      ? care_check_file(&care, checking->file, problem)
                      : care_check(&care, url, problem);
    progress_end(&checking->progress);
    if (looked)
        report(checking, &care);
    json_decref(checking->findings);
    return looked && care.findings == 0;
}

int ctl_store_check(const struct ctl *ctl, int argc, char *argv[])
{
    const char *path = NULL;
    const char **const places[] = { &path };
    struct problem problem = { "" };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!path == !ctl->data)
        return ctl_usage(argv[0], "needs a backup, or --data=DIR of a daemon "
                                  "that does not run");
    struct checking checking = { .ctl = ctl, .file = path };
    if (careful(check, &checking, &problem))
        return CTL_FINE;
    if (problem.text[0] != '\0')
        complain("%s", problem.text);
    return CTL_NO;
}

int ctl_store_compact(const struct ctl *ctl, int argc, char *argv[])
{
    struct problem problem = { "" };
    char url[URL_BYTES], before[24], after[24];
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    if (!ctl->data)
        return ctl_usage(argv[0], "needs --data=DIR of a daemon that does not "
                                  "run");
    snprintf(url, sizeof url, "lmdb:%s", ctl->data);
    struct care_compacting compacting = { .url = url };
    if (!care_compact(&compacting, &problem)) {
        complain("%s", problem.text);
        return CTL_NO;
    }
    if (ctl->json)
        printf("{\"before\":%" PRIu64 ",\"after\":%" PRIu64 "}\n",
               compacting.before, compacting.after);
    else
        printf("%s: %s, and %s before\n", ctl->data,
               show_bytes((int64_t)compacting.after, after),
               show_bytes((int64_t)compacting.before, before));
    return CTL_FINE;
}
