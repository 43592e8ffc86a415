// SPDX-License-Identifier: MIT

#include "relay_letter.h"

#include "hub/signature.h"
#include "relay_book.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 8192 };

static const char cursor_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

void relay_letter_free(struct relay_letter *letter)
{
    if (!letter)
        return;
    for (size_t i = 0; i < letter->line_count; i++)
        free(letter->lines[i]);
    free(letter->body);
    free(letter);
}

void relay_page_clear(struct relay_page *page)
{
    relay_letter_free(page->letter);
    *page = (struct relay_page){ 0 };
}

// -------------------------------------------------------------------- lines

// A line that could begin another one is no line.
static bool is_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

__attribute__((format(printf, 2, 3))) static bool add_line(
    struct relay_letter *letter, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (len < 0 || len >= LINE_BYTES || !is_line(line)
        || letter->line_count == RELAY_LINES_MAX)
        return false;
    char *copy = strdup(line);
    if (copy)
        letter->lines[letter->line_count++] = copy;
    return copy != NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

// One hub, or a list of them; then what the topic calls itself.
static bool add_links(struct relay_letter *letter, const json_t *event,
                      const struct relay_terms *terms)
{
    const json_t *links = json_object_get(event, "links");
    const json_t *hub = json_object_get(links, "hub");
    const char *self = text_of(links, "self");
    size_t count = json_is_array(hub) ? json_array_size(hub) : 1;
    char line[LINE_BYTES] = "";
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof line; i++) {
        const json_t *one = json_is_array(hub) ? json_array_get(hub, i) : hub;
        const char *url = json_string_value(one);
        if (url && *url)
            len += (size_t)snprintf(line + len, sizeof line - len,
                                    "<%s>; rel=\"hub\", ", url);
    }
    return len < sizeof line
           && add_line(letter, "Link: %s<%s>; rel=\"self\"", line,
                       *self ? self : terms->topic);
}

static bool add_signature(struct relay_letter *letter, const json_t *event,
                          const struct relay_terms *terms)
{
    const char *signature = text_of(event, "signature");
    char line[SIGNATURE_LINE_MAX];
    if (*signature)
        return add_line(letter, "X-Hub-Signature: %s", signature);
    if (!*terms->secret)
        return true;
    // Unsigned it would be answered with a 2xx and thrown away (WebSub 7.1.2).
    // The two enumerations are the same numbers.
    return signature_line((enum signature_method)terms->method, terms->secret,
                          strlen(terms->secret), letter->body, letter->len,
                          line)
           && add_line(letter, "%s", line);
}

static bool add_numbers(struct relay_letter *letter, const json_t *event)
{
    const char *incarnation = text_of(event, "incarnation");
    long long seq = json_integer_value(json_object_get(event, "seq"));
    long long previous = json_integer_value(json_object_get(event, "previous"));
    int len = snprintf(letter->sequence, sizeof letter->sequence, "%s.%lld",
                       incarnation, seq);
    return len > 0 && (size_t)len < sizeof letter->sequence
           && add_line(letter, "Hub-Sequence: %s", letter->sequence)
           && add_line(letter, "Hub-Previous: %s.%lld", incarnation, previous);
}

// --------------------------------------------------------------------- body

static bool decode(const char *text, size_t len, struct relay_letter *letter)
{
    letter->body = malloc(len / 4 * 3 + 4);
    if (!letter->body || len % 4 != 0)
        return false;
    int got = EVP_DecodeBlock((unsigned char *)letter->body,
                              (const unsigned char *)text, (int)len);
    size_t padding = len > 0 && text[len - 1] == '=';
    padding += len > 1 && text[len - 2] == '=';
    letter->len = got < 0 ? 0 : (size_t)got - padding;
    return got >= 0;
}

static bool read_body(const json_t *event, struct relay_letter *letter)
{
    const json_t *body = json_object_get(event, "body");
    const char *text = json_string_value(body);
    size_t len = json_string_length(body);
    if (!text)
        return false;
    if (strcmp(text_of(event, "encoding"), "base64") == 0)
        return decode(text, len, letter);
    letter->body = malloc(len + 1);
    if (!letter->body)
        return false;
    memcpy(letter->body, text, len + 1);
    letter->len = len;
    return true;
}

// The incarnation is that of the event that follows the gap.
static bool add_gap(struct relay_letter *letter, const json_t *event,
                    const json_t *gap)
{
    const json_t *topic = json_array_get(json_object_get(gap, "topics"), 0);
    const json_t *from = json_object_get(topic, "from_seq");
    const json_t *to = json_object_get(topic, "to_seq");
    const char *reason = text_of(gap, "reason");
    if (!json_is_object(gap))
        return true;
    if (!*reason)
        reason = "expired";
    if (!json_is_integer(from) || !json_is_integer(to))
        return add_line(letter, "Hub-Gap: unknown; reason=%.40s", reason);
    return add_line(letter, "Hub-Gap: %s.%lld-%lld; reason=%.40s",
                    text_of(event, "incarnation"),
                    (long long)json_integer_value(from),
                    (long long)json_integer_value(to), reason);
}

static struct relay_letter *read_letter(const json_t *event,
                                        const struct relay_terms *terms,
                                        const json_t *gap)
{
    struct relay_letter *letter = calloc(1, sizeof *letter);
    const char *type = text_of(event, "content_type");
    bool fine = letter && read_body(event, letter)
                && (!*type || add_line(letter, "Content-Type: %s", type))
                && add_links(letter, event, terms)
                && add_signature(letter, event, terms)
                && add_numbers(letter, event) && add_gap(letter, event, gap);
    if (fine)
        return letter;
    relay_letter_free(letter);
    return NULL;
}

// --------------------------------------------------------------------- page

static bool read_page(const json_t *root, const struct relay_terms *terms,
                      struct relay_page *page)
{
    const char *cursor = text_of(root, "cursor");
    const json_t *events = json_object_get(root, "events");
    const json_t *event = json_array_get(events, 0);
    // It goes into a URL. One page, one letter: it acknowledges all of it.
    if (!*cursor || strlen(cursor) >= sizeof page->cursor
        || cursor[strspn(cursor, cursor_letters)] || !json_is_array(events)
        || json_array_size(events) > 1)
        return false;
    memcpy(page->cursor, cursor, strlen(cursor) + 1);
    page->more = json_is_true(json_object_get(root, "more"));
    if (!event)
        return true;
    page->letter = read_letter(event, terms, json_object_get(root, "gap"));
    return page->letter != NULL;
}

bool relay_page_read(const char *text, size_t len,
                     const struct relay_terms *terms, struct relay_page *out)
{
    // Bodies may have a NUL in them.
    json_t *root =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    *out = (struct relay_page){ 0 };
    bool fine = json_is_object(root) && read_page(root, terms, out);
    json_decref(root);
    if (!fine)
        relay_page_clear(out);
    return fine;
}
