// SPDX-License-Identifier: MIT
//
// question -- the URL by which a callback is asked what it wants, or told
// that the hub does not.
//
// Pure. The callback's own bytes stay as they are, parameters are appended to
// its query (WebSub 5.1.1, 5.3.1; R50 to R54, R59).

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUESTION_CHALLENGE = 64, QUESTION_URL_MAX = 16384 };

struct question {
    const char *mode; // "subscribe", "unsubscribe"
    const char *callback, *topic;
    size_t callback_len, topic_len;
    const char *challenge;
    int64_t lease_s;
    const char *verify_token;
    size_t verify_token_len; // 0: not echoed
};

// False: it does not fit.
bool question_url(const struct question *question, char out[QUESTION_URL_MAX]);

// Of a denial (WebSub 5.2; R56): only mode, callback, topic and `reason`, one
// line for people, count. False: it does not fit.
bool question_denial_url(const struct question *question, const char *reason,
                         char out[QUESTION_URL_MAX]);

// 32 random bytes as hex: inside every alphabet (R54). False: there is no
// randomness to be had.
bool question_challenge(char out[QUESTION_CHALLENGE + 1]);
