// SPDX-License-Identifier: MIT

#include "pull_problem.h"

#include "parcel.h"
#include "pull_control.h"
#include "request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AFTER_MS = 2000, AFTER_SPREAD_MS = 8000 };

char *pull_problem_json(const struct pull_problem *problem)
{
    json_t *root =
        json_pack("{s:s, s:s, s:i, s:s, s:b}", "type", problem->type, "title",
                  problem->type, "status", (int)problem->status, "detail",
                  problem->detail, "retryable", problem->retryable);
    if (root && problem->after_ms > 0)
        json_object_set_new(root, "retry_after_ms",
                            json_integer((json_int_t)problem->after_ms));
    if (root && problem->cursor)
        json_object_set_new(root, "cursor", json_string(problem->cursor));
    if (root && problem->topic)
        json_object_set_new(root, "topic", json_string(problem->topic));
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

static void add(struct reply *reply, const char *line)
{
    if (line && reply->header_count < REPLY_HEADERS_MAX)
        reply->headers[reply->header_count++] = line;
}

void pull_problem_answer(const struct pull_problem *problem,
                         struct pull_problem_answer *out)
{
    struct reply *reply = &out->reply;
    out->text = pull_problem_json(problem);
    *reply = (struct reply){
        .status = problem->status,
        .content_type = "application/problem+json",
        .body = out->text ? out->text : "{}",
        .body_len = out->text ? strlen(out->text) : 2,
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    if (problem->status == 429 || problem->status == 503) {
        unsigned seconds = (problem->after_ms + 999) / 1000;
        snprintf(out->retry, sizeof out->retry, "Retry-After: %u",
                 seconds > 0 ? seconds : 1);
        add(reply, out->retry);
    }
    add(reply, problem->challenge);
    add(reply, problem->allow_origin);
    if (problem->allow_origin)
        add(reply, PULL_EXPOSES);
    if (problem->allow_origin)
        add(reply, "Vary: Origin");
}

void pull_problem_clear(struct pull_problem_answer *answer)
{
    free(answer->text);
    answer->text = NULL;
}

static bool wants_events(const struct request *request)
{
    const char *accept = request_field(request, "Accept");
    size_t len = strlen(request->path);
    return (len >= 4 && strcmp(request->path + len - 4, "/sse") == 0)
           || (accept && strcasestr(accept, "text/event-stream"));
}

// An EventSource that gets anything but a 200 never comes again.
static bool say_later(struct request *request,
                      const struct pull_problem *problem)
{
    bool later = problem->status == 429 || problem->status == 503;
    struct parcel *text =
        later && wants_events(request)
            ? pull_overload(VOICE_EVENTS, problem->after_ms, problem->cursor)
            : NULL;
    if (!text)
        return false;
    struct reply reply = {
        .status = 200,
        .content_type = "text/event-stream",
        .body = parcel_bytes(text),
        .body_len = parcel_length(text),
        .headers = { "Cache-Control: no-store", problem->allow_origin },
        .header_count = problem->allow_origin ? 2 : 1,
        .close = true,
    };
    request_reply(request, &reply);
    parcel_free(text);
    return true;
}

void pull_problem_say(struct request *request,
                      const struct pull_problem *problem)
{
    if (say_later(request, problem))
        return;
    struct pull_problem_answer answer;
    pull_problem_answer(problem, &answer);
    answer.reply.close = !request->parkable;
    request_reply(request, &answer.reply);
    pull_problem_clear(&answer);
}

struct pull_problem pull_problem_of(unsigned status, const char *type,
                                    const char *detail)
{
    struct pull_problem problem = {
        .status = status,
        .type = type,
        .detail = detail,
        .retryable = status == 429 || status == 503,
    };
    if (problem.retryable)
        problem.after_ms = AFTER_MS + arc4random() % AFTER_SPREAD_MS;
    return problem;
}

void pull_problem(struct request *request, unsigned status, const char *type,
                  const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    pull_problem_say(request, &problem);
}
