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
enum { ERRORS_MAX = 1000, TIMEOUT_S = 120, WORDS = 300 };

static void step(struct import_tally *tally)
{
    progress_step(&tally->progress,
                  tally->added + tally->there + tally->pending + tally->failed);
}

static void blame(struct import_tally *tally, unsigned line, const char *why)
{
    char words[WORDS];
    show_text(why, words, sizeof words);
    tally->failed++;
    if (!tally->ctl->json)
        fprintf(stderr, "%s:%u: %s\n", tally->file, line, words);
    else if (json_array_size(tally->errors) < ERRORS_MAX)
        json_array_append_new(
            tally->errors,
            json_pack("{s:I, s:s}", "line", (json_int_t)line, "error", words));
    step(tally);
}

static void answered(void *context, unsigned line,
                     const struct admin_answer *answer)
{
    struct import_tally *tally = context;
    const char *why = answer ? show_string(answer->json, "error") : "";
    if (!answer) {
        tally->stopped = true;
    } else if (answer->status == 200) {
        tally->judge(tally, answer->json);
        step(tally);
    } else {
        blame(tally, line, *why ? why : "the hub refused it");
    }
}

// Said once, and before the file is read.
static bool has_daemon(const struct ctl *ctl)
{
    struct admin_answer answer;
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/status",
        .timeout_s = TIMEOUT_S,
    };
    if (!admin_ask(ctl, &question, &answer))
        return false;
    admin_clear(&answer);
    return true;
}

bool import_tally_begin(struct import_tally *tally)
{
    const struct import_listener listener = { answered, tally };
    tally->stopped = !tally->dry && !has_daemon(tally->ctl);
    if (tally->stopped)
        return false;
    tally->who = author();
    tally->errors = json_array();
    progress_begin(&tally->progress, tally->ctl,
                   tally->dry ? "looked at" : "imported", false);
    if (tally->dry)
        return true;
    tally->crew = import_crew_new(tally->ctl, &listener);
    if (!tally->crew)
        fputs("websubctl: out of memory\n", stderr);
    return tally->crew != NULL;
}

void import_tally_wrong(struct import_tally *tally, unsigned line,
                        const char *why)
{
    if (tally->crew)
        import_crew_lock(tally->crew);
    blame(tally, line, why);
    if (tally->crew)
        import_crew_unlock(tally->crew);
}

void import_tally_fine(struct import_tally *tally)
{
    tally->added++;
    step(tally);
}

bool import_tally_ask(struct import_tally *tally,
                      const struct import_order *order)
{
    struct import_order signed_order = *order;
    assert(order->count < IMPORT_FIELDS_MAX);
    signed_order.fields[signed_order.count++] =
        (struct admin_parameter){ "by", tally->who };
    return import_crew_put(tally->crew, &signed_order);
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
    import_crew_end(tally->crew);
    progress_end(&tally->progress);
    if (tally->ctl->json) {
        json_t *root = json_pack(
            "{s:I, s:I, s:I, s:I, s:b, s:o}", "added", (json_int_t)tally->added,
            "pending", (json_int_t)tally->pending, "there",
            (json_int_t)tally->there, "failed", (json_int_t)tally->failed,
            "dry_run", tally->dry, "errors", tally->errors);
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
