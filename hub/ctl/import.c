// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "complain.h"
#include "dump_json.h"
#include "export_format.h"
#include "long_line.h"
#include "options.h"
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_BYTES = 4096 + 8 };

struct importing {
    FILE *in;
    struct long_line line;
    size_t number; // of the line
    int64_t bytes, records;
    bool begun, ended;
    struct load *load;
    struct problem problem;
};

static bool say(struct importing *importing, const char *text)
{
    snprintf(importing->problem.text, sizeof importing->problem.text, "%s",
             text);
    return false;
}

static bool first_line(struct importing *importing, const json_t *root)
{
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *version = json_object_get(root, "version");
    if (!kind || strcmp(kind, EXPORT_FIRST) != 0)
        return say(importing, "this is no export of a websubd");
    if (json_integer_value(version) != EXPORT_VERSION)
        return say(importing,
                   "it is of a version that this program does not know");
    importing->begun = true;
    return true;
}

static bool last_line(struct importing *importing, const json_t *root)
{
    importing->ended = true;
    return json_integer_value(json_object_get(root, "records"))
               == importing->records
           || say(importing, "it says that there were more records, or fewer");
}

static bool add_record(struct importing *importing, const json_t *root)
{
    struct dump_json holder = { .held_count = 0 };
    struct dump_record record;
    bool added = dump_json_read(&holder, root, &record, &importing->problem)
                 && load_add(importing->load, &record, &importing->problem);
    dump_json_release(&holder);
    importing->records += added;
    return added;
}

static bool take_line(struct importing *importing, const json_t *root)
{
    const char *kind = json_string_value(json_object_get(root, "kind"));
    if (importing->ended)
        return say(importing, "something comes after the end");
    if (!importing->begun)
        return first_line(importing, root);
    if (kind && strcmp(kind, EXPORT_LAST) == 0)
        return last_line(importing, root);
    return add_record(importing, root);
}

// False: there are no more, or a problem.
static bool next_line(struct importing *importing)
{
    struct long_line *line = &importing->line;
    bool more = long_line_next(line, importing->in);
    importing->number += more || line->too_long;
    if (line->too_long)
        return say(importing, "the line is too long");
    if (!more)
        return line->error != 0 ? say(importing, strerror(line->error)) : false;
    importing->bytes += (int64_t)line->len;
    json_t *root = json_loadb(line->text, line->len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    bool taken = root ? take_line(importing, root)
                      : say(importing, "the line is no JSON, or cut short");
    json_decref(root);
    return taken;
}

static bool import_all(struct importing *importing, const struct ctl *ctl)
{
    struct progress progress;
    struct stat status;
    progress_begin(&progress, ctl, "importing", true);
    if (fstat(fileno(importing->in), &status) == 0 && S_ISREG(status.st_mode))
        progress.total = status.st_size;
    while (next_line(importing))
        progress_step(&progress, importing->bytes);
    progress_end(&progress);
    if (importing->problem.text[0] != '\0')
        return false;
    if (!importing->ended)
        return say(importing, "it is cut short: its last line is missing");
    importing->number = 0;
    return load_finish(importing->load, &importing->problem);
}

static void say_why(const struct importing *importing, const char *path)
{
    if (importing->number > 0)
        complain("%s, line %zu: %s", path, importing->number,
                 importing->problem.text);
    else if (path)
        complain("%s: %s", path, importing->problem.text);
    else
        complain("%s", importing->problem.text);
}

static void report(const struct ctl *ctl, const struct importing *importing)
{
    if (!ctl->json) {
        printf("%lld records are in %s now; a daemon can be started on it\n",
               (long long)importing->records, ctl->data);
        return;
    }
    json_t *root = json_pack("{s:s, s:I}", "data", ctl->data, "records",
                             (json_int_t)importing->records);
    json_dumpf(root, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(root);
}

static int import_from(const struct ctl *ctl, const char *path, FILE *in)
{
    struct importing importing = {
        .in = in,
        .line = { .max = EXPORT_LINE_MAX },
    };
    char url[URL_BYTES];
    snprintf(url, sizeof url, "lmdb:%s", ctl->data);
    importing.load = load_open(url, &importing.problem);
    bool good = importing.load && import_all(&importing, ctl);
    if (good)
        report(ctl, &importing);
    else
        say_why(&importing, importing.load ? path : NULL);
    load_close(importing.load);
    long_line_clear(&importing.line);
    return good ? CTL_FINE : CTL_NO;
}

int ctl_import(const struct ctl *ctl, int argc, char *argv[])
{
    const char *path = NULL;
    const char **const places[] = { &path };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!path || !ctl->data)
        return ctl_usage(argv[0], "needs a file, or -, and --data=DIR for the "
                                  "new store");
    bool standard = strcmp(path, "-") == 0;
    FILE *in = standard ? stdin : fopen(path, "re");
    if (!in) {
        complain("%s: %s", path, strerror(errno));
        return CTL_NO;
    }
    int code = import_from(ctl, path, in);
    if (!standard)
        fclose(in);
    return code;
}
