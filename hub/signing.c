// SPDX-License-Identifier: MIT

#include "signing.h"

#include "loop.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 256,
    KEPT_MAX = 4096, // lines
    BATCH = 8,       // lines of one job: the first need not wait for the last
};

// What one secret and method make of the body.
struct mark {
    struct mark *next;      // of its bucket
    struct mark *next_open; // of those that are to be made
    struct signing_want *wants;
    bool pending; // not made yet
    bool good;
    char line[SIGNATURE_LINE_MAX];
    enum signature_method method;
    size_t secret_len;
    unsigned char secret[];
};

struct signing {
    struct loop *loop;
    const void *body;
    size_t len;
    struct mark *buckets[BUCKETS];
    size_t count;
    struct mark *open, **open_last; // not made yet
    struct mark *batch[BATCH];      // with a worker, or about to be
    size_t batch_count;
};

static struct mark **bucket_of(struct signing *signing,
                               const struct signing_want *want)
{
    const unsigned char *secret = want->secret;
    uint32_t hash = 2166136261U ^ (uint32_t)want->method;
    for (size_t i = 0; i < want->secret_len; i++)
        hash = (hash ^ secret[i]) * 16777619U;
    return &signing->buckets[hash % BUCKETS];
}

static struct mark *find(struct mark *mark, const struct signing_want *want)
{
    for (; mark; mark = mark->next)
        if (mark->method == want->method && mark->secret_len == want->secret_len
            && memcmp(mark->secret, want->secret, want->secret_len) == 0)
            return mark;
    return NULL;
}

static struct mark *add(struct signing *signing, struct mark **bucket,
                        const struct signing_want *want)
{
    if (signing->count == KEPT_MAX)
        return NULL;
    struct mark *mark = malloc(sizeof *mark + want->secret_len);
    if (!mark)
        return NULL;
    *mark = (struct mark){
        .next = *bucket,
        .pending = true,
        .method = want->method,
        .secret_len = want->secret_len,
    };
    memcpy(mark->secret, want->secret, want->secret_len);
    *bucket = mark;
    signing->count++;
    *signing->open_last = mark;
    signing->open_last = &mark->next_open;
    return mark;
}

static void make(void *context)
{
    struct signing *signing = context;
    for (size_t i = 0; i < signing->batch_count; i++) {
        struct mark *mark = signing->batch[i];
        mark->good =
            signature_line(mark->method, mark->secret, mark->secret_len,
                           signing->body, signing->len, mark->line);
    }
}

static void tell(struct mark *mark)
{
    struct signing_want *want = mark->wants;
    mark->wants = NULL;
    mark->pending = false;
    while (want) {
        struct signing_want *next = want->next;
        want->ready(want, mark->good ? mark->line : NULL);
        want = next;
    }
}

static void begin(struct signing *signing);

// What was with the worker, so that there is room for the next.
static size_t take_batch(struct signing *signing, struct mark *batch[BATCH])
{
    size_t count = signing->batch_count;
    memcpy(batch, signing->batch, count * sizeof(struct mark *));
    signing->batch_count = 0;
    return count;
}

static void made(void *context)
{
    struct signing *signing = context;
    struct mark *batch[BATCH];
    size_t count = take_batch(signing, batch);
    begin(signing); // with it, it outlives those who are told now
    for (size_t i = 0; i < count; i++)
        tell(batch[i]);
}

static void fill_batch(struct signing *signing)
{
    while (signing->batch_count < BATCH && signing->open) {
        struct mark *mark = signing->open;
        signing->open = mark->next_open;
        signing->batch[signing->batch_count++] = mark;
    }
    if (!signing->open)
        signing->open_last = &signing->open;
}

static void begin(struct signing *signing)
{
    if (signing->batch_count > 0)
        return;
    fill_batch(signing);
    while (signing->batch_count > 0
           && !loop_job(signing->loop, make, made, signing)) {
        // Nothing of it is good: each is told so.
        struct mark *batch[BATCH];
        size_t count = take_batch(signing, batch);
        for (size_t i = 0; i < count; i++)
            tell(batch[i]);
        fill_batch(signing);
    }
}

void signing_ask(struct signing *signing, struct signing_want *want)
{
    struct mark **bucket = bucket_of(signing, want);
    struct mark *mark = find(*bucket, want);
    if (mark && !mark->pending) {
        want->ready(want, mark->good ? mark->line : NULL);
        return;
    }
    if (!mark)
        mark = add(signing, bucket, want);
    if (!mark) {
        want->ready(want, NULL);
        return;
    }
    want->next = mark->wants;
    mark->wants = want;
    begin(signing);
}

struct signing *signing_new(struct loop *loop, const void *body, size_t len)
{
    struct signing *signing = calloc(1, sizeof *signing);
    if (!signing)
        return NULL;
    signing->loop = loop;
    signing->body = body;
    signing->len = len;
    signing->open_last = &signing->open;
    return signing;
}

void signing_free(struct signing *signing)
{
    if (!signing)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (signing->buckets[i]) {
            struct mark *mark = signing->buckets[i];
            signing->buckets[i] = mark->next;
            explicit_bzero(mark->secret, mark->secret_len);
            free(mark);
        }
    }
    free(signing);
}
