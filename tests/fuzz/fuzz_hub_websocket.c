// SPDX-License-Identifier: MIT
//
// What a WebSocket client sends: in one piece and in small ones it says the
// same, and text is UTF-8 and within its bounds.

#include "fuzz.h"
#include "hub/utf8.h"
#include "hub/websocket.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 300 };

// A sum of all that was told.
struct told {
    uint64_t sum;
    bool over;
};

static void add(struct told *told, uint64_t value)
{
    told->sum = (told->sum ^ value) * 0x100000001b3;
}

static void hear(struct told *told, enum websocket_event event,
                 struct websocket_message *message)
{
    add(told, event);
    add(told, message->code);
    add(told, message->len);
    for (size_t i = 0; i < message->len; i++)
        add(told, (unsigned char)message->text[i]);
    if (event == WEBSOCKET_TEXT) {
        assert(message->len <= MAX && message->text[message->len] == '\0');
        assert(utf8_valid(message->text, message->len));
    }
    if (event == WEBSOCKET_PING)
        assert(message->len <= 125);
    told->over = event == WEBSOCKET_BROKEN || event == WEBSOCKET_CLOSED;
    assert(!told->over || message->code >= 1000);
    free(message->text);
}

static uint64_t listen_to(const uint8_t *bytes, size_t len, size_t step)
{
    struct websocket_input *input = NULL;
    struct told told = { .sum = 0xcbf29ce484222325 };
    for (size_t at = 0; at < len && !told.over; at += step) {
        struct websocket_message message;
        size_t part = len - at < step ? len - at : step;
        enum websocket_event event =
            websocket_take(&input, bytes + at, part, MAX, &message);
        while (event != WEBSOCKET_MORE && !told.over) {
            hear(&told, event, &message);
            if (!told.over)
                event = websocket_take(&input, NULL, 0, MAX, &message);
        }
    }
    websocket_clear(input);
    return told.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint64_t whole = listen_to(bytes, len, WEBSOCKET_TAKE_MAX);
    assert(listen_to(bytes, len, 1) == whole);
    assert(listen_to(bytes, len, 7) == whole);
    return 0;
}
