// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "careful.h"
#include "complain.h"
#include "dump_json.h"
#include "export_format.h"
#include "fetch_copy.h"
#include "new_file.h"
#include "options.h"
#include "progress.h"
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { URL_BYTES = 4096 + 8 };

struct exporting {
    const struct ctl *ctl;
    const char *file; // a copy, or a store's file; NULL: the store at `url`
    char url[URL_BYTES], name[64];
    int to;
};

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%s", text);
    return false;
}

static bool put_line(FILE *out, json_t *line)
{
    bool done = line && json_dumpf(line, out, JSON_COMPACT) == 0
                && putc('\n', out) != EOF;
    json_decref(line);
    return done;
}

static bool put_first(FILE *out)
{
    return put_line(out, json_pack("{s:s, s:i, s:I, s:s}", "kind", EXPORT_FIRST,
                                   "version", EXPORT_VERSION, "made",
                                   (json_int_t)time(NULL) * 1000, "program",
                                   "websubctl " WEBSUBD_VERSION));
}

static bool put_last(FILE *out, int64_t records)
{
    return put_line(out, json_pack("{s:s, s:I}", "kind", EXPORT_LAST, "records",
                                   (json_int_t)records));
}

static bool put_records(const struct ctl *ctl, struct dump *dump, FILE *out,
                        struct problem *problem)
{
    struct dump_record record;
    struct progress progress;
    int64_t records = 0;
    bool good = put_first(out);
    progress_begin(&progress, ctl, "exporting", false);
    while (good && dump_next(dump, &record, problem)) {
        good = put_line(out, dump_json_write(&record));
        progress_step(&progress, ++records);
    }
    progress_end(&progress);
    if (good && problem->text[0] != '\0')
        return false;
    if (!good || !put_last(out, records) || fflush(out) != 0)
        return say(problem, strerror(errno));
    return true;
}

// In a child: what is read may be damaged.
static bool export_all(void *context, struct problem *problem)
{
    const struct exporting *exporting = context;
    struct dump *dump = exporting->file ? dump_open(exporting->file, problem)
                                        : dump_open_at(exporting->url, problem);
    FILE *out = dump ? fdopen(exporting->to, "w") : NULL;
    if (dump && !out)
        say(problem, strerror(errno));
    bool good = out && put_records(exporting->ctl, dump, out, problem);
    dump_close(dump);
    return good;
}

static int export_now(struct exporting *exporting)
{
    struct problem problem = { "" };
    if (careful(export_all, exporting, &problem))
        return CTL_FINE;
    complain("%s", problem.text);
    return CTL_NO;
}

// A copy of its own, without a name: it goes with us.
static int export_running(struct exporting *exporting, const char *directory)
{
    int64_t bytes;
    int copy = new_file_nameless(directory);
    if (copy < 0)
        return CTL_NO;
    int code = fetch_copy(exporting->ctl, copy, &bytes);
    snprintf(exporting->name, sizeof exporting->name, "/proc/self/fd/%d", copy);
    exporting->file = exporting->name;
    if (code == CTL_FINE)
        code = export_now(exporting);
    close(copy);
    return code;
}

static bool nobody_has_it(struct exporting *exporting)
{
    const char *data = exporting->ctl->data;
    if (!data)
        return false;
    int len = snprintf(exporting->url, sizeof exporting->url, "lmdb:%s", data);
    return len > 0 && len < URL_BYTES && !dump_in_use(exporting->url);
}

static void report(const struct ctl *ctl, const struct new_file *file)
{
    char text[24];
    struct stat status;
    if (file->standard || fstat(file->file, &status) != 0)
        return;
    if (ctl->json)
        put_line(stdout, json_pack("{s:s, s:I}", "file", file->path, "bytes",
                                   (json_int_t)status.st_size));
    else
        printf("%s: %s\n", file->path, show_bytes(status.st_size, text));
}

int ctl_export(const struct ctl *ctl, int argc, char *argv[])
{
    const char *path = NULL, *from = NULL;
    const char **const places[] = { &path };
    const struct option_value options[] = {
        { .name = "from", .value = &from },
    };
    struct exporting exporting = { .ctl = ctl };
    struct new_file file;
    if (!options_read(argc, argv, options, 1, places, 1))
        return CTL_USAGE;
    if (!path)
        return ctl_usage(argv[0], "needs a file, or - for standard output");
    if (!new_file_open(&file, path))
        return CTL_NO;
    exporting.to = file.file;
    exporting.file = from;
    int code = from || nobody_has_it(&exporting)
                   ? export_now(&exporting)
                   : export_running(&exporting, file.directory);
    if (code == CTL_FINE && !new_file_settle(&file))
        code = CTL_NO;
    if (code == CTL_FINE)
        report(ctl, &file);
    new_file_close(&file);
    return code;
}
