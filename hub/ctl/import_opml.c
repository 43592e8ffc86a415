// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "feed_file.h"
#include "fetcher/url.h"
#include "import_tally.h"
#include "opml.h"
#include "options.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    struct import_tally tally;
    const char *poll, *content;
};

static void try_out(struct import *import, const struct opml_feed *feed)
{
    char words[128];
    struct url *url = malloc(sizeof *url);
    const char *wrong =
        url ? url_read(feed->url, strlen(feed->url), url) : "is too much";
    free(url);
    if (!wrong) {
        import_tally_fine(&import->tally);
        return;
    }
    snprintf(words, sizeof words, "the feed %s", wrong);
    import_tally_wrong(&import->tally, feed->line, words);
}

static bool take(void *context, const struct opml_feed *feed)
{
    struct import *import = context;
    struct import_tally *tally = &import->tally;
    const struct import_order order = {
        .line = feed->line,
        .path = "/admin/topic/add",
        .fields = { { "topic", feed->url },
                    { "poll", import->poll },
                    { "content", import->content } },
        .count = 3,
    };
    if (!tally->dry)
        return import_tally_ask(tally, &order);
    try_out(import, feed);
    return true;
}

static void judge(struct import_tally *tally, const json_t *answer)
{
    bool added = show_truth(answer, "new");
    tally->added += added;
    tally->there += !added;
}

static int import_all(struct import *import, const struct feed_file *file)
{
    const struct opml_taker taker = { take, import };
    if (!import_tally_begin(&import->tally))
        return import->tally.stopped ? CTL_NO_DAEMON : CTL_NO;
    const char *wrong = opml_read(file->bytes, file->len, &taker);
    if (wrong)
        import_tally_wrong(&import->tally, 1, wrong);
    return import_tally_end(&import->tally, "topics");
}

int ctl_import_opml(const struct ctl *ctl, int argc, char *argv[])
{
    struct import import = { .tally = { .ctl = ctl, .judge = judge } };
    const char *file = NULL;
    const struct option_value options[] = {
        { .name = "poll", .value = &import.poll },
        { .name = "content", .value = &import.content },
        { .name = "dry-run", .on = &import.tally.dry },
    };
    const char **const places[] = { &file };
    struct feed_file read;
    if (!options_read(argc, argv, options, 3, places, 1))
        return CTL_USAGE;
    if (!file)
        return ctl_usage(argv[0], "needs a file, or - for the standard input");
    if (!feed_file_read(file, &read))
        return CTL_NO;
    import.tally.file = file;
    int code = import_all(&import, &read);
    free(read.bytes);
    return code;
}
