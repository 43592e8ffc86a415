// SPDX-License-Identifier: MIT

#include "decode.h"

#include "unbrotli.h"
#include "unzip.h"
#include "unzstd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct stage {
    struct decode *decode;
    const struct coding *coding;
    void *state;
    size_t taken;
};

struct decode {
    size_t max;
    size_t count;
    struct stage stages[DECODE_CODINGS_MAX]; // as they were put on
    // During decode_feed():
    coding_take *take;
    void *context;
    enum decode_step inner; // how a stage within another one ended
};

static const struct name {
    const char *text;
    const struct coding *(*coding)(void);
} names[] = {
    { "gzip", unzip_gzip },       { "x-gzip", unzip_gzip },
    { "deflate", unzip_deflate }, { "br", unbrotli_coding },
    { "zstd", unzstd_coding },
};

struct decode *decode_new(size_t max)
{
    struct decode *decode = calloc(1, sizeof *decode);
    if (decode)
        decode->max = max;
    return decode;
}

void decode_free(struct decode *decode)
{
    if (!decode)
        return;
    for (size_t i = 0; i < decode->count; i++)
        decode->stages[i].coding->end(decode->stages[i].state);
    free(decode);
}

static const struct coding *find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].text) == len
            && strncasecmp(names[i].text, name, len) == 0)
            return names[i].coding();
    return NULL;
}

static bool add_one(struct decode *decode, const char *name, size_t len)
{
    if (len == 0 || (len == 8 && strncasecmp(name, "identity", len) == 0))
        return true;
    const struct coding *coding = find(name, len);
    if (!coding || decode->count == DECODE_CODINGS_MAX)
        return false;
    void *state = coding->begin();
    if (!state)
        return false;
    decode->stages[decode->count++] = (struct stage){
        .decode = decode,
        .coding = coding,
        .state = state,
    };
    return true;
}

bool decode_add(struct decode *decode, const char *codings)
{
    static const char blanks[] = " \t";
    const char *at = codings;
    for (;;) {
        at += strspn(at, blanks);
        size_t whole = strcspn(at, ","), len = whole;
        while (len > 0 && strchr(blanks, at[len - 1]))
            len--;
        if (!add_one(decode, at, len))
            return false;
        if (at[whole] == '\0')
            return true;
        at += whole + 1;
    }
}

bool decode_needed(const struct decode *decode)
{
    return decode->count > 0;
}

static enum decode_step feed_stage(struct stage *stage, const char *bytes,
                                   size_t len);

// What came out of a stage goes into the one that was put on before it.
static bool pass_on(void *context, const char *bytes, size_t len)
{
    struct stage *stage = context;
    struct decode *decode = stage->decode;
    if (stage == &decode->stages[0]) {
        bool more = decode->take(decode->context, bytes, len);
        decode->inner = more ? DECODE_ON : DECODE_STOPPED;
    } else {
        decode->inner = feed_stage(stage - 1, bytes, len);
    }
    return decode->inner == DECODE_ON;
}

static enum decode_step feed_stage(struct stage *stage, const char *bytes,
                                   size_t len)
{
    struct decode *decode = stage->decode;
    if (len > decode->max - stage->taken)
        return DECODE_TOO_LARGE;
    stage->taken += len;
    switch (stage->coding->feed(stage->state, bytes, len, pass_on, stage)) {
    case CODING_ON:
        return DECODE_ON;
    case CODING_STOPPED:
        return decode->inner;
    case CODING_BROKEN:
        break;
    }
    return DECODE_BROKEN;
}

enum decode_step decode_feed(struct decode *decode, const char *bytes,
                             size_t len, coding_take *take, void *context)
{
    if (decode->count == 0)
        return take(context, bytes, len) ? DECODE_ON : DECODE_STOPPED;
    decode->take = take;
    decode->context = context;
    return feed_stage(&decode->stages[decode->count - 1], bytes, len);
}

bool decode_is_whole(const struct decode *decode)
{
    for (size_t i = 0; i < decode->count; i++)
        if (!decode->stages[i].coding->is_whole(decode->stages[i].state))
            return false;
    return true;
}
