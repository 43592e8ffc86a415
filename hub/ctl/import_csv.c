// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "complain.h"
#include "csv.h"
#include "fetcher/url.h"
#include "hub/span.h"
#include "import_tally.h"
#include "options.h"
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum column { TOPIC, CALLBACK, LEASE, SECRET, CONTENT, COLUMNS };

static const char *const names[COLUMNS] = { "topic", "callback", "lease",
                                            "secret", "content" };

struct import {
    struct import_tally tally;
    bool trust;
    struct csv csv;
    size_t places[COLUMNS]; // of the columns; CSV_FIELDS_MAX: none
};

// "": the record has none.
static const char *value_of(const struct import *import, enum column column)
{
    size_t place = import->places[column];
    return place < import->csv.count ? import->csv.fields[place] : "";
}

// ------------------------------------------------------------------ heading

// Without one the columns are in the usual order.
static bool is_heading(const struct csv *csv)
{
    for (size_t i = 0; i < csv->count; i++)
        if (strcasecmp(csv->fields[i], names[TOPIC]) == 0)
            return true;
    return false;
}

static void read_heading(struct import *import)
{
    const struct csv *csv = &import->csv;
    for (size_t column = 0; column < COLUMNS; column++) {
        import->places[column] = CSV_FIELDS_MAX;
        for (size_t i = 0; i < csv->count; i++)
            if (strcasecmp(csv->fields[i], names[column]) == 0)
                import->places[column] = i;
    }
}

static void take_usual_order(struct import *import)
{
    for (size_t column = 0; column < COLUMNS; column++)
        import->places[column] = column;
}

// ------------------------------------------------------------------ records

static const char *url_wrong(const char *text)
{
    struct url *url = malloc(sizeof *url);
    const char *wrong = url ? url_read(text, strlen(text), url) : "is too much";
    free(url);
    return wrong;
}

// What can be told without the hub.
static void try_out(struct import *import)
{
    char words[128];
    int64_t lease;
    for (enum column column = TOPIC; column <= CALLBACK; column++) {
        const char *wrong = url_wrong(value_of(import, column));
        if (!wrong)
            continue;
        snprintf(words, sizeof words, "%s %s", names[column], wrong);
        import_tally_wrong(&import->tally, import->csv.line, words);
        return;
    }
    if (*value_of(import, LEASE) && !span_read(value_of(import, LEASE), &lease))
        import_tally_wrong(&import->tally, import->csv.line,
                           "lease must be a time such as 10d, or seconds");
    else
        import_tally_fine(&import->tally);
}

static void judge(struct import_tally *tally, const json_t *answer)
{
    const char *state = show_string(answer, "state");
    if (strcmp(state, "pending") == 0)
        tally->pending++;
    else if (strcmp(state, "subscribed") == 0 || show_truth(answer, "renewed"))
        tally->there++;
    else
        tally->added++;
}

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

static bool add(struct import *import)
{
    const struct import_order order = {
        .line = import->csv.line,
        .path = "/admin/subscription/add",
        .fields = { { "topic", value_of(import, TOPIC) },
                    { "callback", value_of(import, CALLBACK) },
                    { "lease", or_none(value_of(import, LEASE)) },
                    { "secret", or_none(value_of(import, SECRET)) },
                    { "content", or_none(value_of(import, CONTENT)) },
                    { "verify", import->trust ? "no" : "yes" },
                    { "only-new", "yes" } },
        .count = 7,
    };
    return import_tally_ask(&import->tally, &order);
}

// False: there is no use in going on.
static bool take(struct import *import)
{
    if (!*value_of(import, TOPIC) || !*value_of(import, CALLBACK))
        import_tally_wrong(&import->tally, import->csv.line,
                           "a topic and a callback are needed");
    else if (import->tally.dry)
        try_out(import);
    else
        return add(import);
    return true;
}

static void read_all(struct import *import)
{
    const char *problem;
    bool first = true, more = true;
    enum csv_answer got;
    take_usual_order(import);
    while (more && (got = csv_next(&import->csv, &problem)) != CSV_END) {
        if (got == CSV_BAD)
            import_tally_wrong(&import->tally, import->csv.line, problem);
        else if (first && is_heading(&import->csv))
            read_heading(import);
        else
            more = take(import);
        first = false;
    }
}

static int import_all(struct import *import, FILE *from)
{
    if (!import_tally_begin(&import->tally))
        return import->tally.stopped ? CTL_NO_DAEMON : CTL_NO;
    csv_open(&import->csv, from);
    read_all(import);
    if (ferror(from))
        import_tally_wrong(&import->tally, import->csv.line,
                           "it cannot be read");
    return import_tally_end(&import->tally, "subscriptions");
}

static int import_file(struct import *import)
{
    const char *file = import->tally.file;
    bool standard = strcmp(file, "-") == 0;
    FILE *from = standard ? stdin : fopen(file, "re");
    if (!from) {
        complain("import-csv: %s: %s", file, strerror(errno));
        return CTL_NO;
    }
    int code = import_all(import, from);
    if (!standard)
        fclose(from);
    return code;
}

int ctl_import_csv(const struct ctl *ctl, int argc, char *argv[])
{
    const char *file = NULL;
    bool dry = false, trust = false;
    const struct option_value options[] = {
        { .name = "trust", .on = &trust },
        { .name = "dry-run", .on = &dry },
    };
    const char **const places[] = { &file };
    if (!options_read(argc, argv, options, 2, places, 1))
        return CTL_USAGE;
    if (!file)
        return ctl_usage(argv[0], "needs a file, or - for the standard input");
    struct import *import = calloc(1, sizeof *import);
    if (!import)
        return CTL_NO;
    import->trust = trust;
    import->tally = (struct import_tally){
        .ctl = ctl,
        .file = file,
        .dry = dry,
        .judge = judge,
    };
    int code = import_file(import);
    explicit_bzero(import, sizeof *import);
    free(import);
    return code;
}
