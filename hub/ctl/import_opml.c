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
        import->tally.added++;
        return;
    }
    snprintf(words, sizeof words, "the feed %s", wrong);
    import_tally_wrong(&import->tally, feed->line, words);
}

static bool take(void *context, const struct opml_feed *feed)
{
    struct import *import = context;
    struct import_tally *tally = &import->tally;
    const struct admin_parameter fields[] = {
        { "topic", feed->url },
        { "poll", import->poll },
        { "content", import->content },
    };
    struct admin_answer answer;
    if (tally->dry) {
        try_out(import, feed);
    } else if (import_tally_ask(tally, feed->line, "/admin/topic/add", fields,
                                3, &answer)) {
        bool added = show_truth(answer.json, "new");
        tally->added += added;
        tally->there += !added;
        admin_clear(&answer);
    }
    import_tally_step(tally);
    return !tally->stopped;
}

int ctl_import_opml(const struct ctl *ctl, int argc, char *argv[])
{
    struct import import = { .poll = NULL };
    const char *file = NULL;
    bool dry = false;
    const struct option_value options[] = {
        { .name = "poll", .value = &import.poll },
        { .name = "content", .value = &import.content },
        { .name = "dry-run", .on = &dry },
    };
    const char **const places[] = { &file };
    struct feed_file read;
    if (!options_read(argc, argv, options, 3, places, 1))
        return CTL_USAGE;
    if (!file)
        return ctl_usage(argv[0], "needs a file, or - for the standard input");
    if (!feed_file_read(file, &read))
        return CTL_NO;
    import_tally_begin(&import.tally, ctl, file, dry);
    const struct opml_taker taker = { take, &import };
    const char *wrong = opml_read(read.bytes, read.len, &taker);
    free(read.bytes);
    if (wrong)
        import_tally_wrong(&import.tally, 1, wrong);
    return import_tally_end(&import.tally, "topics");
}
