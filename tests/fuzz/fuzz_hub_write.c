// SPDX-License-Identifier: MIT
//
// What pullers are told of a document of any bytes: the first says how long its
// content type is, what follows is that and the document. Whatever they are,
// each message is one line of JSON, and the document comes out of it as it was.

#include "fuzz.h"
#include "hub/parcel.h"
#include "hub/pull_write.h"

#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int value_of(char digit)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, digit);
    assert(digit && at);
    return (int)(at - digits);
}

static void check_base64(const json_t *text, struct bytes body)
{
    const char *at = json_string_value(text);
    assert(json_string_length(text) == (body.len + 2) / 3 * 4);
    for (size_t i = 0; i < body.len; i++) {
        const char *group = at + i / 3 * 4;
        int high = value_of(group[i % 3]), low = value_of(group[i % 3 + 1]);
        int shift = 2 * (int)(i % 3 + 1);
        assert((unsigned char)body.at[i]
               == (unsigned char)(high << shift | low >> (6 - shift)));
    }
}

static void check_event(const char *text, size_t len, struct bytes body)
{
    json_t *event = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    assert(event);
    const json_t *said = json_object_get(event, "body");
    const char *encoding =
        json_string_value(json_object_get(event, "encoding"));
    assert(encoding && json_is_string(said));
    if (strcmp(encoding, "utf8") == 0) {
        assert(json_string_length(said) == body.len);
        assert(body.len == 0
               || memcmp(json_string_value(said), body.at, body.len) == 0);
    } else {
        check_base64(said, body);
    }
    json_decref(event);
}

static void check_line(const char *line, size_t len, struct bytes body)
{
    for (size_t i = 0; i < len; i++)
        assert((unsigned char)line[i] >= 0x20);
    check_event(line, len, body);
}

static void check(enum pull_voice voice, const struct batch *batch,
                  struct bytes body)
{
    struct parcel *parcel = pull_write(voice, batch);
    assert(parcel);
    const char *at = parcel_bytes(parcel);
    size_t len = parcel_length(parcel);
    if (voice == VOICE_LINES) {
        assert(at[len - 1] == '\n');
        check_line(at, len - 1, body);
    } else if (voice == VOICE_EVENTS) {
        const char *data = memchr(at, '\n', len);
        assert(data && memcmp(data, "\ndata: {", 8) == 0);
        assert(memcmp(at + len - 2, "\n\n", 2) == 0);
        data += strlen("\ndata: ");
        check_line(data, len - 2 - (size_t)(data - at), body);
    } else {
        json_t *answer = json_loadb(at, len, JSON_ALLOW_NUL, NULL);
        assert(answer);
        json_decref(answer);
    }
    parcel_free(parcel);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint8_t secret[32];
    static struct cursor_key *key;
    if (!key)
        key = cursor_key_new(secret);
    if (!key || len == 0)
        return 0;
    const char *text = (const char *)bytes + 1;
    size_t type = bytes[0] < len - 1 ? bytes[0] : len - 1;
    const struct store_event update = {
        .number = 2,
        .topic = 1,
        .content_type = { text, type },
        .self = { text, type },
        .hubs = { text, type },
        .body = { text + type, len - 1 - type },
    };
    const struct batch_event event = { .event = &update, .url = "http://a/" };
    const struct batch batch = {
        .events = &event,
        .count = 1,
        .has_cursor = true,
        .cursor = { .number = 2 },
        .bodies = true,
        .key = key,
        .hub_url = "http://hub/",
    };
    check(VOICE_JSON, &batch, update.body);
    check(VOICE_BY_TOPIC, &batch, update.body);
    check(VOICE_LINES, &batch, update.body);
    check(VOICE_EVENTS, &batch, update.body);
    return 0;
}
