// SPDX-License-Identifier: MIT

#include "puller.h"

#include "batch.h"
#include "hold.h"
#include "metrics.h"
#include "parcel.h"
#include "pull_control.h"
#include "pull_problem.h"
#include "puller_inside.h"
#include "request.h"
#include "timeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 256,       // holds in one call
    LARGE = 32 * 1024,   // one at a time of these in a stream
    RETRY_MS = 2000,     // of a stream, at least
    RETRY_SPREAD = 4001, // and up to so much more
};

static uint32_t retry_ms(struct pullers *all)
{
    return RETRY_MS + pullers_throw(all, RETRY_SPREAD);
}

// ------------------------------------------------------------------ the text

static void keep_fresh(struct puller_text *text, const struct batch *batch)
{
    for (size_t i = batch->count; i > 0 && !batch->backwards; i--) {
        const struct batch_event *one = &batch->events[i - 1];
        if (text->fresh_count == PULLER_FRESH)
            return;
        // Of a mailbox, and given back: that is nobody's waiting.
        if (one->deliveries > 1)
            continue;
        text->fresh[text->fresh_count].topic = one->event->topic;
        text->fresh[text->fresh_count].seq = one->event->seq;
        text->fresh[text->fresh_count++].time = one->event->time;
    }
}

struct puller_text *puller_text_new(enum pull_voice voice,
                                    const struct batch *batch)
{
    struct puller_text *text = calloc(1, sizeof *text);
    struct parcel *parcel = text ? pull_write(voice, batch) : NULL;
    char cursor[CURSOR_TEXT];
    if (!parcel) {
        free(text);
        return NULL;
    }
    text->voice = voice;
    text->parcel = parcel;
    text->events = batch->count;
    text->news = batch_has_news(batch);
    text->gap = batch->gap_count > 0 || batch->loss == BATCH_EPOCH;
    text->more = batch->more;
    text->pauses = batch->pauses;
    keep_fresh(text, batch);
    text->opener = *batch;
    text->opener.has_start = batch->has_start || batch->count > 0;
    if (!batch->has_start && batch->count > 0)
        text->opener.start = batch->events[0].event->number - 1;
    if (batch->has_cursor && !batch->backwards
        && cursor_write(batch->key, &batch->cursor, cursor))
        snprintf(text->tag, sizeof text->tag, "ETag: \"%s\"", cursor);
    return text;
}

void puller_text_free(struct puller_text *text)
{
    if (!text)
        return;
    parcel_free(text->parcel);
    free(text);
}

// --------------------------------------------------------------------- polls

struct poll_reply {
    struct reply reply;
    char preferred[48];
};

static void add(struct reply *reply, const char *line)
{
    assert(reply->header_count < REPLY_HEADERS_MAX);
    reply->headers[reply->header_count++] = line;
}

static void reply_of(const struct puller *puller,
                     const struct puller_text *text, struct poll_reply *out)
{
    const struct pullers *all = puller->all;
    bool unchanged = puller->conditional && !text->news;
    out->reply = (struct reply){
        .status = unchanged ? 304 : 200,
        .content_type = unchanged ? NULL : "application/json",
        .body = parcel_bytes(text->parcel),
        .body_len = unchanged ? 0 : parcel_length(text->parcel),
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
        .close = all->draining || (!puller->held && !puller->request->parkable),
    };
    if (text->tag[0])
        add(&out->reply, text->tag);
    if (puller->preferred_s > 0) {
        snprintf(out->preferred, sizeof out->preferred,
                 "Preference-Applied: wait=%u", puller->preferred_s);
        add(&out->reply, out->preferred);
    }
    if (puller->origin == 0)
        return;
    add(&out->reply, all->origins[puller->origin]);
    add(&out->reply, PULL_EXPOSES);
    add(&out->reply, "Vary: Origin");
}

// Whether one reply is good for both.
static bool alike(const struct puller *a, const struct puller *b)
{
    return a->held && b->held && a->preferred_s == b->preferred_s
           && a->origin == b->origin && a->conditional == b->conditional;
}

static void count_told(struct pullers *all, const struct puller_text *text,
                       size_t readers)
{
    struct metrics *metrics = all->services.metrics;
    metric_add(metrics, METRIC_EVENTS_PULLED, text->events * readers);
    if (text->gap)
        metric_add(metrics, METRIC_PULL_GAPS, readers);
}

// So many had waited for it.
static void note_released(struct pullers *all, const struct puller_text *text,
                          size_t readers)
{
    const struct services *services = &all->services;
    if (readers == 0 || text->fresh_count == 0)
        return;
    int64_t now = loop_now().unix;
    metric_took(services->metrics, SPAN_PULL, now - text->fresh[0].time,
                readers);
    for (size_t i = 0; i < text->fresh_count; i++)
        timeline_pulled(services->timeline, text->fresh[i].topic,
                        text->fresh[i].seq, readers, now);
}

// The first of the list and those after him that are like him.
static size_t tell_some(struct pullers *all, struct puller *const list[],
                        size_t count, const struct puller_text *text)
{
    struct hold *holds[AT_ONCE];
    struct poll_reply reply;
    size_t told = 0;
    reply_of(list[0], text, &reply);
    if (!list[0]->held) {
        request_reply(list[0]->request, &reply.reply);
        pullers_forget(list[0]);
        return 1;
    }
    while (told < count && told < AT_ONCE && alike(list[0], list[told])) {
        holds[told] = list[told]->hold;
        told++;
    }
    hold_answer(all->front, holds, told, &reply.reply);
    note_released(all, text, told);
    enum metric reason = text->news      ? METRIC_PULLS_WOKEN
                         : all->draining ? METRIC_PULLS_DRAINED
                                         : METRIC_PULLS_IDLE;
    metric_add(all->services.metrics, reason, told);
    for (size_t i = 0; i < told; i++)
        pullers_forget(list[i]);
    return told;
}

// ------------------------------------------------------------------- streams

static struct parcel *open_of(const struct puller *puller,
                              const struct batch *opener)
{
    struct batch batch = *opener;
    const struct batch_opening opening = {
        .has_place = batch.has_start,
        .place = batch.start,
        .heartbeat_s = puller->wish->heartbeat_ms / 1000,
        .life_s = puller->wish->life_ms / 1000,
        .topics = puller->wish->topics,
    };
    batch.opening = &opening;
    batch.events = NULL;
    batch.gaps = NULL;
    batch.topics = NULL;
    batch.count = batch.gap_count = batch.topic_count = 0;
    batch.loss = (enum batch_loss)0;
    batch.more = batch.pauses = batch.scope_changed = false;
    batch.idle = true;
    return pull_write((enum pull_voice)puller->voice, &batch);
}

static void no_memory(struct puller *puller)
{
    struct pull_problem problem =
        pull_problem_of(503, "out-of-memory", "the hub is out of memory");
    puller_refuse(puller, &problem);
}

static enum hold_kind kind_of(const struct puller *puller,
                              const struct puller_wish *wish)
{
    if (puller->voice == VOICE_EVENTS)
        return wish->pulse ? HOLD_PULSE : HOLD_EVENTS;
    return puller->voice == VOICE_LINES ? HOLD_LINES : HOLD_SOCKET;
}

bool puller_begin(struct puller *puller, const struct batch *opener)
{
    struct pullers *all = puller->all;
    struct puller_wish wish = *puller->wish;
    struct parcel *head =
        pull_head((enum pull_voice)puller->voice, puller->request,
                  retry_ms(all), wish.pad, all->origins[puller->origin]);
    struct parcel *open = open_of(puller, opener);
    bool held = false;
    if (!head || !open)
        no_memory(puller);
    else
        held = pullers_hold(puller, all->now);
    if (held) {
        hold_stream(all->front, puller->hold, kind_of(puller, &wish),
                    wish.heartbeat_ms, head);
        if (parcel_length(open) > 0)
            hold_send(all->front, &puller->hold, 1, open, false);
    }
    parcel_free(head);
    parcel_free(open);
    return held;
}

void puller_end_stream(struct puller *puller, struct parcel *last,
                       unsigned code, const char *reason)
{
    hold_end(puller->all->front, puller->hold, last, code, reason);
    pullers_forget(puller);
}

static size_t put(char *to, const struct parcel *parcel)
{
    if (!parcel)
        return 0;
    memcpy(to, parcel_bytes(parcel), parcel_length(parcel));
    return parcel_length(parcel);
}

static size_t length_of(const struct parcel *parcel)
{
    return parcel ? parcel_length(parcel) : 0;
}

// His connection cannot be parked: a stream that ends after its first page.
static void tell_once(struct puller *puller, const struct puller_text *text)
{
    struct pullers *all = puller->all;
    struct parcel *open = open_of(puller, &text->opener);
    struct parcel *retry =
        pull_retry((enum pull_voice)puller->voice, retry_ms(all));
    size_t len =
        length_of(retry) + length_of(open) + parcel_length(text->parcel);
    char *body = open ? malloc(len + 1) : NULL;
    if (body && puller->voice != VOICE_SOCKET) {
        size_t at = put(body, retry);
        at += put(body + at, open);
        put(body + at, text->parcel);
        struct reply reply = {
            .status = 200,
            .content_type = puller->voice == VOICE_EVENTS
                                ? "text/event-stream"
                                : "application/x-ndjson",
            .body = body,
            .body_len = len,
            .headers = { "Cache-Control: no-store",
                         all->origins[puller->origin] },
            .header_count = puller->origin != 0 ? 2 : 1,
            .close = true,
        };
        request_reply(puller->request, &reply);
        pullers_forget(puller);
    } else {
        struct pull_problem problem = pull_problem_of(
            503, "connection", "streams need a new connection: come again");
        puller_refuse(puller, &problem);
    }
    free(body);
    parcel_free(open);
    parcel_free(retry);
}

// He was sent it: what now?
static void go_on(struct puller *puller, const struct puller_text *text,
                  bool told, bool last)
{
    bool pauses = text->pauses;
    puller->told = pauses ? 0 : (uint16_t)(puller->told + text->events);
    if (last || (pauses && puller->voice != VOICE_SOCKET)) {
        puller_end_stream(puller, NULL, 1000, NULL);
        return;
    }
    puller->flows = text->more && !pauses;
    puller->rested = !text->more && !pauses;
    puller->state = told ? PULLER_FLOWING : PULLER_RESTING;
    if (puller->state == PULLER_FLOWING)
        return;
    if (puller->late)
        puller_expire(puller, puller->all->now);
    else if (puller->flows || puller->again)
        pullers_queue(puller);
}

static size_t stream_some(struct pullers *all, struct puller *const list[],
                          size_t count, const struct puller_text *text,
                          bool last)
{
    struct hold *holds[AT_ONCE];
    struct puller *sent[AT_ONCE];
    size_t len = parcel_length(text->parcel), some = 0, taken = 0, rested = 0;
    bool tell = len > 0 && !last && (text->more || len > LARGE);
    for (; taken < count && taken < AT_ONCE; taken++) {
        struct puller *puller = list[taken];
        if (!puller->held && !puller->request->parkable) {
            tell_once(puller, text);
            continue;
        }
        if (!puller->held && !puller_begin(puller, &text->opener))
            continue;
        rested += puller->rested;
        sent[some] = puller;
        holds[some++] = puller->hold;
    }
    if (len > 0 && some > 0)
        hold_send(all->front, holds, some, text->parcel, tell);
    note_released(all, text, rested);
    for (size_t i = 0; i < some; i++)
        go_on(sent[i], text, tell, last);
    return taken;
}

// ----------------------------------------------------------------------- all

void puller_tell_text(struct pullers *pullers, struct puller *const list[],
                      size_t count, const struct puller_text *text, bool last)
{
    count_told(pullers, text, count);
    for (size_t i = 0; i < count;) {
        if (puller_is_stream(list[i]))
            i += stream_some(pullers, list + i, count - i, text, last);
        else
            i += tell_some(pullers, list + i, count - i, text);
    }
}

static void tell_idle(struct puller *puller, const struct batch *batch,
                      bool last)
{
    struct pullers *all = puller->all;
    struct batch own = *batch;
    int64_t now = all->now.mono - all->began;
    own.waited_ms = (int64_t)((uint32_t)now - puller->since);
    if (all->draining && own.after_ms == 0)
        own.after_ms = retry_ms(all);
    struct puller_text *text =
        puller_text_new((enum pull_voice)puller->voice, &own);
    if (text)
        puller_tell_text(all, &puller, 1, text, last);
    else
        no_memory(puller);
    puller_text_free(text);
}

void puller_tell(struct pullers *pullers, struct puller *const list[],
                 size_t count, const struct batch *batch, bool last)
{
    if (batch->idle) {
        for (size_t i = 0; i < count; i++)
            tell_idle(list[i], batch, last);
        return;
    }
    struct puller_text *text =
        count > 0 ? puller_text_new(puller_voice(list[0]), batch) : NULL;
    if (text)
        puller_tell_text(pullers, list, count, text, last);
    for (size_t i = 0; i < count && !text; i++)
        no_memory(list[i]);
    puller_text_free(text);
}
