// SPDX-License-Identifier: MIT
//
// pull_problem -- why somebody who pulls is not served (RFC 9457).

#pragma once

#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Beside each Access-Control-Allow-Origin: what a page may look at.
#define PULL_EXPOSES "Access-Control-Expose-Headers: ETag, Retry-After"

struct pull_problem {
    unsigned status;    // as of HTTP, also where a stream has begun
    const char *type;   // for programs: "invalid-cursor", "gap"; never changes
    const char *detail; // a sentence for people
    bool retryable;     // the very same may succeed later
    uint32_t after_ms;  // then not before so long; 0: whenever
    const char *challenge; // a whole WWW-Authenticate line, or NULL
    const char *cursor;    // text of a cursor that would do, or NULL
    const char *topic;     // the one of several that it is about, or NULL
    // A whole Access-Control-Allow-Origin line, or NULL.
    const char *allow_origin;
};

// As one JSON object, malloc'ed. NULL: out of memory.
char *pull_problem_json(const struct pull_problem *problem);

// As the answer to a request; what it points at is in `*out` too.
struct pull_problem_answer {
    struct reply reply;
    char *text;
    char retry[32];
};
void pull_problem_answer(const struct pull_problem *problem,
                         struct pull_problem_answer *out);
void pull_problem_clear(struct pull_problem_answer *answer);

// Answers with it. Takes the request. 429 and 503 have Retry-After; who asked
// for server-sent events is told `overload` instead, so that he comes again.
void pull_problem_say(struct request *request,
                      const struct pull_problem *problem);

// The same with what follows from the status: 429 and 503 are retryable, after
// some seconds that differ from one to the next.
struct pull_problem pull_problem_of(unsigned status, const char *type,
                                    const char *detail);
void pull_problem(struct request *request, unsigned status, const char *type,
                  const char *detail);
