// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include "figures.h"

#include <poll.h>
#include <stdio.h>

enum {
    CYCLES = 3,
    SETTLE_MS = 300,
    SHORT_WAIT_S = 2,
    SLACK_MS = 1500,
    LIMIT_BYTES = 1024,
    SMALLER = 5, // than nchan, so many times
};

struct row {
    const char *name, *key;
    enum herd_kind what;
    bool own; // a topic each
    bool most;
};

static const struct row rows[] = {
    { "long-poll, one topic", "poll", HERD_POLL, false, false },
    { "long-poll, own topics", "own", HERD_POLL, true, false },
    { "SSE, one topic", "sse", HERD_EVENTS, false, false },
    { "WebSocket, one topic", "socket", HERD_SOCKET, false, false },
    { "long-poll, all that fit", "most", HERD_POLL, false, true },
};
enum { ROWS = sizeof rows / sizeof *rows };

// Released and asked again: an answer, and a second request on the same
// connection, cost memory of their own.
static bool cycles(struct pull_bench *bench, struct holder *holder,
                   struct herd *herd, size_t count, const char *fixed,
                   const char **problem)
{
    struct pull_release release;
    char marker[PULL_MARKER_MAX];
    for (int i = 0; i < CYCLES; i++) {
        const char *text = fixed != NULL ? fixed : pull_marker(bench, marker);
        if (!pull_release(bench, holder, herd, 0, count, text, &release,
                          problem)
            || !pull_again(holder, herd, count, problem))
            return false;
    }
    return true;
}

// Ten thousand publishes a cycle would measure these. Their waits end instead.
static bool own_cycles(struct holder *holder, struct herd *herd, size_t count,
                       const char **problem)
{
    herd_serve(herd, CYCLES * SHORT_WAIT_S * 1000 + SLACK_MS);
    holder->wait_s = 270;
    herd_serve(herd, SHORT_WAIT_S * 1000 + SLACK_MS);
    *problem = "waits did not end in time";
    return herd_other_answers(herd) >= CYCLES * count
           && holder_wait_held(holder, count, SHORT_WAIT_S * 1000);
}

static bool weigh(struct pull_bench *bench, struct holder *holder, size_t count,
                  const char *fixed, struct herd **out_herd, double *out,
                  const char **problem)
{
    int64_t before, after;
    poll(NULL, 0, SETTLE_MS);
    bool good = holder->kind->anon_kb(holder, &before);
    bool ends = holder->topics > 1 && holder->cuts_waits;
    if (ends)
        holder->wait_s = SHORT_WAIT_S;
    struct herd *herd = good ? holder_gather(holder, count, problem) : NULL;
    *out_herd = herd;
    if (herd == NULL)
        return false;
    if (holder->topics == 1)
        good = cycles(bench, holder, herd, count, fixed, problem);
    else if (ends)
        good = own_cycles(holder, herd, count, problem);
    herd_serve(herd, SETTLE_MS);
    good = good && holder->kind->anon_kb(holder, &after);
    if (good)
        *out = (double)(after - before) * 1024 / (double)count;
    return good;
}

struct weights {
    double websubd, bare, nchan;
};

// Against the bare program with what websubd's clients were sent.
static bool weigh_bare(struct pull_bench *bench,
                       const struct holder_options *options, size_t count,
                       const struct herd *like, double *out,
                       const char **problem)
{
    struct holder holder;
    struct herd *herd = NULL;
    char marker[PULL_MARKER_MAX];
    snprintf(marker, sizeof marker, "mark-%08u.", bench->marker);
    if (!holder_bare(&holder, options, like, problem))
        return false;
    bool good = weigh(bench, &holder, count, marker, &herd, out, problem);
    herd_close(herd);
    holder_close(&holder);
    return good;
}

static bool weigh_nchan(struct pull_bench *bench,
                        const struct holder_options *options, size_t count,
                        double *out, const char **problem)
{
    struct holder holder;
    struct herd *herd = NULL;
    if (!holder_nchan(&holder, options, problem))
        return false;
    bool good = weigh(bench, &holder, count, NULL, &herd, out, problem);
    herd_close(herd);
    holder_close(&holder);
    return good;
}

static bool weigh_row(struct pull_bench *bench, const struct row *row,
                      struct weights *out, const char **problem)
{
    struct holder holder;
    struct herd *herd = NULL;
    size_t count = (size_t)(row->most ? bench->most : bench->clients);
    size_t topics = row->own ? count : 1;
    struct holder_options options =
        pull_holder(bench, row->what, topics, count);
    *out = (struct weights){ 0 };
    if (!holder_websubd(&holder, &options, problem))
        return false;
    bool good =
        weigh(bench, &holder, count, NULL, &herd, &out->websubd, problem);
    if (good) { // what they were sent stays
        herd_leave(herd, count);
        good = weigh_bare(bench, &options, count, herd, &out->bare, problem);
    }
    herd_close(herd);
    holder_close(&holder);
    if (good && bench->nchan)
        good = weigh_nchan(bench, &options, count, &out->nchan, problem);
    return good;
}

static bool is_reached(const struct weights weights[ROWS])
{
    bool reached = true;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].what == HERD_POLL && weights[i].websubd > LIMIT_BYTES)
            reached = false;
        if (weights[i].nchan > 0
            && weights[i].nchan < weights[i].websubd * SMALLER)
            reached = false;
    }
    return reached;
}

bool pull_memory(struct pull_bench *bench, const char **problem)
{
    struct weights weights[ROWS];
    printf("%-26s %8s %9s %9s %9s   bytes of RssAnon for each\n", "held",
           "clients", "websubd", "bare", "nchan");
    for (size_t i = 0; i < ROWS; i++) {
        weights[i] = (struct weights){ 0 };
        if (!pull_wants(bench, rows[i].what))
            continue;
        if (!weigh_row(bench, &rows[i], &weights[i], problem))
            return false;
        printf("%-26s %8ld %9.0f %9.0f %9.0f\n", rows[i].name,
               rows[i].most ? bench->most : bench->clients, weights[i].websubd,
               weights[i].bare, weights[i].nchan);
        fflush(stdout);
    }
    printf("bench=pull part=memory clients=%ld most=%ld", bench->clients,
           bench->most);
    for (size_t i = 0; i < ROWS; i++)
        if (weights[i].websubd > 0)
            printf(" %s_bytes=%.0f bare_%s_bytes=%.0f nchan_%s_bytes=%.0f",
                   rows[i].key, weights[i].websubd, rows[i].key,
                   weights[i].bare, rows[i].key, weights[i].nchan);
    printf(" reached=%d\n", is_reached(weights));
    return true;
}
