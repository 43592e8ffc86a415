// SPDX-License-Identifier: MIT

#include "puller.h"

#include "access.h"
#include "batch.h"
#include "config.h"
#include "hold.h"
#include "metrics.h"
#include "parcel.h"
#include "pull_control.h"
#include "pull_problem.h"
#include "puller_inside.h"
#include "request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void *puller_context(const struct puller *puller)
{
    return puller->source->context;
}

void *puller_from(const struct puller *puller)
{
    if (puller->source->room == 0)
        return puller->from[0];
    return (void *)(uintptr_t)puller->from;
}

struct puller *puller_by_room(void *room)
{
    char *at = room;
    return (struct puller *)(void *)(at - offsetof(struct puller, from));
}

const struct visitor *puller_visitor(const struct puller *puller)
{
    return puller->visitor;
}

bool puller_is_stream(const struct puller *puller)
{
    return puller->voice != VOICE_JSON && puller->voice != VOICE_BY_TOPIC;
}

enum pull_voice puller_voice(const struct puller *puller)
{
    return (enum pull_voice)puller->voice;
}

size_t puller_told(const struct puller *puller)
{
    return puller->told;
}

bool puller_is_sated(const struct puller *puller)
{
    const struct request *request = puller->held ? NULL : puller->request;
    return request && request->sated && atomic_load(request->sated);
}

// ------------------------------------------------------------------ beginning

static uint8_t origin_of(struct pullers *all, const char *line)
{
    if (!line)
        return 0;
    for (unsigned i = 1; i <= PULLERS_ORIGINS; i++) {
        if (!all->origins[i])
            all->origins[i] = strdup(line);
        if (all->origins[i] && strcmp(all->origins[i], line) == 0)
            return (uint8_t)i;
    }
    return 0;
}

// A socket is told by its close code, which its page can see.
static bool turn_socket_away(struct puller *puller)
{
    struct request *request = puller->request;
    struct parcel *head = NULL;
    if (puller->voice == VOICE_SOCKET && request->parkable)
        head = pull_head(VOICE_SOCKET, request, 0, 0, NULL);
    if (!head)
        return false;
    struct hold *hold = hold_take(request, NULL);
    hold_stream(puller->all->front, hold, HOLD_SOCKET, 0, head);
    hold_end(puller->all->front, hold, NULL, 1013, "too many are held");
    parcel_free(head);
    return true;
}

static void turn_away(struct puller *puller, struct pull_problem *problem)
{
    struct pullers *all = puller->all;
    struct request *request = puller->request;
    metric_add(all->services.metrics, METRIC_PULLS_TURNED_AWAY, 1);
    if (turn_socket_away(puller))
        return;
    problem->cursor = puller->wish->cursor;
    problem->allow_origin = all->origins[puller->origin];
    pull_problem_say(request, problem);
}

// A stream without its body (RFC 9110 9.3.2) is over at once.
static bool is_bare_stream(struct request *request,
                           const struct puller_wish *wish)
{
    struct reply reply = {
        .status = 200,
        .content_type = wish->voice == VOICE_EVENTS ? "text/event-stream"
                                                    : "application/x-ndjson",
        .body = "",
        .headers = { "Cache-Control: no-store", wish->allow_origin },
        .header_count = wish->allow_origin ? 2 : 1,
        .close = true,
    };
    if (request->method != REQUEST_HEAD || wish->voice == VOICE_JSON
        || wish->voice == VOICE_BY_TOPIC)
        return false;
    request_reply(request, &reply);
    return true;
}

struct puller *puller_new(struct pullers *pullers, struct request *request,
                          const struct puller_wish *wish,
                          const struct visitor *visitor,
                          const struct puller_source *source, void *from,
                          struct moment now)
{
    if (is_bare_stream(request, wish))
        return NULL;
    size_t room = source->room > 0 ? source->room : sizeof(void *);
    struct puller *puller = calloc(1, sizeof *puller + room);
    struct puller_wish *copy = puller ? malloc(sizeof *copy) : NULL;
    if (!copy) {
        free(puller);
        pull_problem(request, 503, "out-of-memory", "the hub is out of memory");
        return NULL;
    }
    *copy = *wish;
    if (request->method == REQUEST_HEAD)
        copy->wait_ms = 0;
    pullers->now = now;
    puller->all = pullers;
    puller->source = source;
    puller->request = request;
    puller->wish = copy;
    puller->voice = (uint8_t)wish->voice;
    puller->preferred_s = (uint16_t)wish->preferred_s;
    puller->conditional = wish->conditional;
    puller->origin = origin_of(pullers, wish->allow_origin);
    puller->since = (uint32_t)(now.mono - pullers->began);
    puller->visitor = visitor_share(visitor);
    if (source->room == 0)
        puller->from[0] = from;
    struct pull_problem problem;
    if (puller_is_stream(puller) && !pullers_count(puller, &problem)) {
        turn_away(puller, &problem);
        visitor_drop(visitor);
        free(copy);
        free(puller);
        return NULL;
    }
    copy->cursor = NULL;
    pullers->count++;
    pullers_queue(puller);
    return puller;
}

// ------------------------------------------------------------- between reads

void puller_read_next(struct puller *puller)
{
    assert(puller->state == PULLER_QUEUED);
    puller->state = PULLER_READING;
    puller->again = false;
    puller->source->read(puller);
}

bool puller_claim(struct puller *puller)
{
    if (puller->state != PULLER_RESTING) {
        puller_wake(puller);
        return false;
    }
    puller->state = PULLER_READING;
    puller->again = false;
    return true;
}

void puller_wake(struct puller *puller)
{
    if (puller->state == PULLER_RESTING)
        pullers_queue(puller);
    else if (puller->state != PULLER_QUEUED)
        puller->again = true;
}

// Nothing is there for a poll, which is not held yet or has been before.
static void rest_poll(struct puller *puller, const struct batch *batch)
{
    bool waits = puller->held
                     ? !puller->late
                     : puller->wish->wait_ms > 0 && puller->request->parkable
                           && !puller->all->draining;
    if (!waits)
        puller_tell(puller->all, &puller, 1, batch, true);
    else if (puller->held || pullers_hold(puller, puller->all->now))
        puller->state = PULLER_RESTING;
}

void puller_rest(struct puller *puller, const struct batch *batch)
{
    assert(puller->state == PULLER_READING);
    if (puller->again) {
        pullers_queue(puller);
        return;
    }
    if (!puller_is_stream(puller)) {
        rest_poll(puller, batch);
        return;
    }
    if (!puller->held && !puller->request->parkable) {
        puller_tell(puller->all, &puller, 1, batch, true);
        return;
    }
    if (!puller->held && !puller_begin(puller, batch))
        return;
    puller->state = PULLER_RESTING;
    puller->rested = true;
    if (puller->late)
        puller_expire(puller, puller->all->now);
}

// ----------------------------------------------------------------- the end

static void refuse_stream(struct puller *puller,
                          const struct pull_problem *problem)
{
    struct parcel *last = pull_abort((enum pull_voice)puller->voice, problem);
    puller_end_stream(puller, last, pull_close_code(problem->status),
                      problem->type);
    parcel_free(last);
}

// A poll that was held is answered as any other request.
static void refuse_poll(struct puller *puller,
                        const struct pull_problem *problem)
{
    struct pull_problem_answer answer;
    pull_problem_answer(problem, &answer);
    hold_answer(puller->all->front, &puller->hold, 1, &answer.reply);
    pull_problem_clear(&answer);
    pullers_forget(puller);
}

void puller_refuse(struct puller *puller, const struct pull_problem *problem)
{
    const struct puller_source *source = puller->source;
    struct pull_problem full = *problem;
    char cursor[CURSOR_TEXT];
    if (!full.cursor && puller->held && puller_is_stream(puller)
        && source->place && source->place(puller, cursor))
        full.cursor = cursor;
    full.allow_origin = puller->all->origins[puller->origin];
    if (!puller->held) {
        pull_problem_say(puller->request, &full);
        pullers_forget(puller);
    } else if (puller_is_stream(puller)) {
        refuse_stream(puller, &full);
    } else {
        refuse_poll(puller, &full);
    }
}

void puller_say(struct puller *puller, const char *text, size_t len)
{
    if (!puller->held || !puller_is_stream(puller))
        return;
    struct parcel *parcel = pull_say((enum pull_voice)puller->voice, text, len);
    if (parcel)
        hold_send(puller->all->front, &puller->hold, 1, parcel, false);
    parcel_free(parcel);
}

static void expire_poll(struct puller *puller)
{
    puller->state = PULLER_READING;
    puller->late = true;
    puller->source->idle(puller);
}

static void expire_stream(struct puller *puller, struct moment now)
{
    int64_t expires = puller->visitor->expires;
    if (expires > 0 && now.unix >= expires) {
        struct pull_problem problem = pull_problem_of(
            401, "token-expired", "the token's time is over: show another");
        problem.retryable = true;
        puller_refuse(puller, &problem);
        return;
    }
    struct pullers *all = puller->all;
    struct parcel *last = NULL;
    if (all->draining)
        last = pull_retry((enum pull_voice)puller->voice,
                          2000 + pullers_throw(all, 8000));
    puller_end_stream(puller, last, all->draining ? 1012 : 1001,
                      all->draining ? "the hub is stopping" : NULL);
    parcel_free(last);
}

void puller_expire(struct puller *puller, struct moment now)
{
    if (puller->state == PULLER_RESTING && !puller_is_stream(puller))
        expire_poll(puller);
    else if (puller->state == PULLER_RESTING || puller->state == PULLER_FLOWING)
        expire_stream(puller, now);
    else
        puller->late = true;
}

// ---------------------------------------------------------------- its peer

static void gone(struct puller *puller, enum metric reason)
{
    struct pullers *all = puller->all;
    metric_add(all->services.metrics, reason, 1);
    hold_end(all->front, puller->hold, NULL, 0, NULL);
    pullers_forget(puller);
}

static void drained(struct puller *puller)
{
    if (puller->state != PULLER_FLOWING)
        return;
    puller->state = PULLER_RESTING;
    if (puller->late)
        puller_expire(puller, puller->all->now);
    else if (puller->flows || puller->again)
        pullers_queue(puller);
}

void puller_event(struct puller *puller, const struct hold_event *event)
{
    switch (event->kind) {
    case HOLD_GONE:
        gone(puller, METRIC_PULLS_GONE);
        break;
    case HOLD_SLOW:
        gone(puller, METRIC_PULLS_SLOW);
        break;
    case HOLD_DRAINED:
        drained(puller);
        break;
    case HOLD_MESSAGE:
        puller->source->message(puller, event->text, event->len);
        break;
    }
}
