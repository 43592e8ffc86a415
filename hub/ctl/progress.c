// SPDX-License-Identifier: MIT

#include "progress.h"

#include "hub/loop.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { PAUSE_MS = 200, AMOUNT = 32 };

void progress_begin(struct progress *progress, const struct ctl *ctl,
                    const char *what, bool bytes)
{
    *progress = (struct progress){
        .what = what,
        .bytes = bytes,
        .shown = !ctl->json && isatty(STDERR_FILENO),
        .began = loop_now().mono,
    };
}

static const char *amount(const struct progress *progress, int64_t count,
                          char out[AMOUNT])
{
    if (progress->bytes)
        return show_bytes(count, out);
    snprintf(out, AMOUNT, "%" PRId64, count);
    return out;
}

static void draw(const struct progress *progress, int64_t now)
{
    char done[AMOUNT], total[AMOUNT], rate[AMOUNT];
    int64_t passed = now - progress->began;
    fprintf(stderr, "\r\033[K%s %s", progress->what,
            amount(progress, progress->done, done));
    if (progress->total > 0)
        fprintf(stderr, " of %s, %d %%",
                amount(progress, progress->total, total),
                (int)(progress->done * 100 / progress->total));
    if (passed > PAUSE_MS)
        fprintf(stderr, ", %s a second",
                amount(progress, progress->done * 1000 / passed, rate));
    fflush(stderr);
}

void progress_step(struct progress *progress, int64_t done)
{
    progress->done = done;
    int64_t now = progress->shown ? loop_now().mono : 0;
    if (!progress->shown
        || (progress->drawn > 0 && now - progress->drawn < PAUSE_MS))
        return;
    progress->drawn = now;
    draw(progress, now);
}

void progress_end(struct progress *progress)
{
    if (progress->shown && progress->drawn > 0)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
