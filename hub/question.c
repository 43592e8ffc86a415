// SPDX-License-Identifier: MIT

#include "question.h"

#include "fetcher/url.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

// Text under construction; once it did not fit, nothing more is added.
struct text {
    char *at;
    size_t len, max;
    bool whole;
};

static void add(struct text *text, const char *bytes, size_t len)
{
    if (!text->whole || text->max - text->len <= len) {
        text->whole = false;
        return;
    }
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
}

static void add_words(struct text *text, const char *words)
{
    add(text, words, strlen(words));
}

static void add_encoded(struct text *text, const char *value, size_t len)
{
    if (!text->whole)
        return;
    size_t end = url_append_encoded(text->at, text->len, text->max, value, len);
    if (end == SIZE_MAX)
        text->whole = false;
    else
        text->len = end;
}

// R50: what is there stays intact, and no separator is doubled.
static const char *separator(const char *callback, size_t len)
{
    if (!memchr(callback, '?', len))
        return "?";
    char last = callback[len - 1];
    return last == '?' || last == '&' ? "" : "&";
}

// What all of them begin with.
static void begin(struct text *text, const struct question *question)
{
    add(text, question->callback, question->callback_len);
    add_words(text, separator(question->callback, question->callback_len));
    add_words(text, "hub.mode=");
    add_words(text, question->mode);
    add_words(text, "&hub.topic=");
    add_encoded(text, question->topic, question->topic_len);
}

bool question_url(const struct question *question, char out[QUESTION_URL_MAX])
{
    struct text text = { .at = out, .max = QUESTION_URL_MAX, .whole = true };
    char lease[32];
    snprintf(lease, sizeof lease, "%lld", (long long)question->lease_s);

    begin(&text, question);
    add_words(&text, "&hub.challenge=");
    add_words(&text, question->challenge);
    // Also on unsubscribe: some subscribers insist, the others ignore it (R53).
    add_words(&text, "&hub.lease_seconds=");
    add_words(&text, lease);
    if (question->verify_token_len > 0) {
        add_words(&text, "&hub.verify_token=");
        add_encoded(&text, question->verify_token, question->verify_token_len);
    }
    return text.whole;
}

bool question_denial_url(const struct question *question, const char *reason,
                         char out[QUESTION_URL_MAX])
{
    struct text text = { .at = out, .max = QUESTION_URL_MAX, .whole = true };
    begin(&text, question);
    add_words(&text, "&hub.reason=");
    add_encoded(&text, reason, strlen(reason));
    return text.whole;
}

bool question_challenge(char out[QUESTION_CHALLENGE + 1])
{
    unsigned char random[QUESTION_CHALLENGE / 2];
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    for (size_t i = 0; i < sizeof random; i++) {
        static const char hex[] = "0123456789abcdef";
        out[2 * i] = hex[random[i] >> 4];
        out[2 * i + 1] = hex[random[i] & 15];
    }
    out[QUESTION_CHALLENGE] = '\0';
    return true;
}
