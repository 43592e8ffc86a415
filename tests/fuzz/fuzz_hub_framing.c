// SPDX-License-Identifier: MIT
//
// Header fields as libmicrohttpd hands them over, one "name: value" a line
// under a first line with the target: where the body ends, whose address it
// is, and when to come again. What framing_check() lets pass is held against
// a second reading that knows only the plainest forms.

#include "fuzz.h"
#include "hub/backoff.h"
#include "hub/config.h"
#include "hub/forwarded.h"
#include "hub/framing.h"
#include "hub/literal.h"
#include "hub/request.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NOW_S = 1800000000 };

// The line up to the next LF, NUL-terminated in place.
static char *take_line(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static size_t read_fields(char *text, struct request_field *fields)
{
    size_t count = 0;
    while (*text && count < REQUEST_FIELDS_MAX) {
        char *line = take_line(&text);
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        *colon = '\0';
        fields[count++] = (struct request_field){ line, colon + 1 };
    }
    return count;
}

static size_t count_of(const struct request_field *fields, size_t count,
                       const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcasecmp(fields[i].name, name) == 0;
    return found;
}

// Nothing that two servers could read differently has passed.
static void check(const struct request_field *fields, size_t count,
                  const struct framing *framing)
{
    size_t lengths = count_of(fields, count, "content-length");
    size_t codings = count_of(fields, count, "transfer-encoding");
    assert(lengths + codings <= 1);
    assert(count_of(fields, count, "host") <= 1);
    assert((framing->body == FRAMING_CHUNKED) == (codings == 1));
    for (size_t i = 0; i < count; i++) {
        const char *name = fields[i].name, *value = fields[i].value;
        assert(*name && !strpbrk(name, " \t\r\v\f\"(),/;<=>?@[\\]{}"));
        assert(!strpbrk(value, "\r\v\f\x7f"));
        if (strcasecmp(name, "content-length") == 0)
            assert(strspn(value, "0123456789") == strlen(value)
                   && strtoull(value, NULL, 10) == framing->length);
    }
}

static void try_meanings(const struct request *request)
{
    static char loopback[] = "127.0.0.0/8";
    const struct config_list proxies = { { loopback }, 1 };
    char from[FORWARDED_MAX], hop[LITERAL_MAX];
    forwarded_from(request, &proxies, from);
    assert(strlen(from) < FORWARDED_MAX);
    for (size_t i = 0; i < request->field_count; i++) {
        const char *value = request->fields[i].value;
        int64_t delay =
            backoff_retry_after(value, (int64_t)NOW_S * 1000, 86400000);
        assert(delay >= -1 && delay <= 86400000);
        if (literal_read_hop(value, strlen(value), hop))
            assert(literal_in_range(hop, "0.0.0.0/0")
                   || literal_in_range(hop, "::/0"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct request_field fields[REQUEST_FIELDS_MAX];
    struct framing framing;
    char *text = malloc(len + 1);
    if (!text)
        return 0;
    if (len > 0)
        memcpy(text, bytes, len);
    text[len] = '\0';

    char *rest = text;
    char *target = take_line(&rest);
    struct request request = { .peer = "127.0.0.1", .fields = fields };
    if (framing_target(target, &request.path, &request.query))
        assert(request.path[0] == '/' && !strpbrk(request.path, " \r\t#?"));
    request.field_count = read_fields(rest, fields);
    if (!framing_check(fields, request.field_count, len % 2, &framing))
        check(fields, request.field_count, &framing);
    try_meanings(&request);
    free(text);
    return 0;
}
