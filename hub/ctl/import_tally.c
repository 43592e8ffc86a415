// SPDX-License-Identifier: MIT

#include "import_tally.h"

#include "author.h"
#include "show.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Errors that are told with --json, so that a list of a million wrong lines
// is no list of a million errors in memory.
enum { ERRORS_MAX = 1000, FIELDS_MAX = 8, TIMEOUT_S = 120, WORDS = 300 };

void import_tally_begin(struct import_tally *tally, const struct ctl *ctl,
                        const char *file, bool dry)
{
    *tally = (struct import_tally){ .ctl = ctl, .file = file, .dry = dry };
    tally->errors = json_array();
    progress_begin(&tally->progress, ctl, dry ? "looked at" : "imported",
                   false);
}

void import_tally_wrong(struct import_tally *tally, unsigned line,
                        const char *why)
{
    char words[WORDS];
    show_text(why, words, sizeof words);
    tally->failed++;
    if (!tally->ctl->json)
        fprintf(stderr, "%s:%u: %s\n", tally->file, line, words);
    else if (json_array_size(tally->errors) < ERRORS_MAX)
        json_array_append_new(tally->errors,
                              json_pack("{s:I, s:s}", "line", (json_int_t)line,
                                        "error", words));
}

bool import_tally_ask(struct import_tally *tally, unsigned line,
                      const char *path, const struct admin_parameter *fields,
                      size_t count, struct admin_answer *answer)
{
    struct admin_parameter all[FIELDS_MAX + 1];
    assert(count <= FIELDS_MAX);
    memcpy(all, fields, count * sizeof *fields);
    all[count] = (struct admin_parameter){ "by", author() };
    const struct admin_question question = {
        .method = "POST",
        .path = path,
        .fields = all,
        .field_count = count + 1,
        .timeout_s = TIMEOUT_S,
    };
    if (!admin_ask(tally->ctl, &question, answer)) {
        tally->stopped = true;
        return false;
    }
    if (answer->status == 200)
        return true;
    const char *why = show_string(answer->json, "error");
    import_tally_wrong(tally, line, *why ? why : "the hub refused it");
    admin_clear(answer);
    return false;
}

void import_tally_step(struct import_tally *tally)
{
    progress_step(&tally->progress, tally->added + tally->there + tally->pending
                                        + tally->failed);
}

static void print(const struct import_tally *tally, const char *what)
{
    printf("%" PRId64 " %s %s", tally->added, what,
           tally->dry ? "could be added" : "added");
    if (tally->pending > 0)
        printf(", %" PRId64 " asked whether they agree", tally->pending);
    if (tally->there > 0)
        printf(", %" PRId64 " there already", tally->there);
    if (tally->failed > 0)
        printf(", %" PRId64 " wrong", tally->failed);
    putchar('\n');
}

int import_tally_end(struct import_tally *tally, const char *what)
{
    progress_end(&tally->progress);
    if (tally->ctl->json) {
        json_t *root = json_pack(
            "{s:I, s:I, s:I, s:I, s:b, s:o}", "added",
            (json_int_t)tally->added, "pending", (json_int_t)tally->pending,
            "there", (json_int_t)tally->there, "failed",
            (json_int_t)tally->failed, "dry_run", tally->dry, "errors",
            tally->errors);
        json_dumpf(root, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(root);
    } else {
        print(tally, what);
        json_decref(tally->errors);
    }
    if (tally->stopped)
        return CTL_NO_DAEMON;
    return tally->failed > 0 ? CTL_NO : CTL_FINE;
}
