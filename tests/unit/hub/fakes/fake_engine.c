// SPDX-License-Identifier: MIT

#include "fake_engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { CANCELLED_MAX = 256, FIELDS_MAX = 16, VALUE_MAX = 240 };

struct engine {
    size_t vouched;
    struct exchange *first, **last;
    const struct exchange *cancelled[CANCELLED_MAX];
    size_t cancelled_count;
};

// Where exchange_clear() finds it: the fields and their text are one block.
struct fields {
    struct exchange_field fields[FIELDS_MAX];
    char texts[FIELDS_MAX][2][VALUE_MAX];
};

static struct engine the_engine;

struct engine *fake_engine(void)
{
    the_engine = (struct engine){ .last = &the_engine.first };
    return &the_engine;
}

void engine_submit(struct engine *engine, struct exchange *exchange)
{
    assert_non_null(engine);
    assert_non_null(exchange->url);
    exchange->link = NULL;
    *engine->last = exchange;
    engine->last = &exchange->link;
}

void engine_cancel(struct engine *engine, struct exchange *exchange)
{
    assert_true(engine->cancelled_count < CANCELLED_MAX);
    engine->cancelled[engine->cancelled_count++] = exchange;
}

void engine_vouch(struct engine *engine, const struct exchange *exchange)
{
    assert_int_equal(exchange->result, EXCHANGE_ANSWERED);
    engine->vouched++;
}

size_t fake_engine_vouched(void)
{
    return the_engine.vouched;
}

struct exchange *fake_engine_take(void)
{
    struct exchange *exchange = the_engine.first;
    assert_non_null(exchange);
    the_engine.first = exchange->link;
    if (!the_engine.first)
        the_engine.last = &the_engine.first;
    return exchange;
}

size_t fake_engine_waiting(void)
{
    size_t count = 0;
    for (const struct exchange *x = the_engine.first; x; x = x->link)
        count++;
    return count;
}

size_t fake_engine_cancelled(const struct exchange *exchange)
{
    size_t count = 0;
    for (size_t i = 0; i < the_engine.cancelled_count; i++)
        count += the_engine.cancelled[i] == exchange;
    return count;
}

void fake_engine_answer_bytes(struct exchange *exchange, unsigned status,
                              const char *body, size_t len)
{
    exchange->result = EXCHANGE_ANSWERED;
    exchange->status = status;
    if (!body)
        return;
    exchange->response = malloc(len + 1);
    assert_non_null(exchange->response);
    memcpy(exchange->response, body, len);
    exchange->response[len] = '\0';
    exchange->response_len = len;
}

void fake_engine_answer(struct exchange *exchange, unsigned status,
                        const char *body)
{
    fake_engine_answer_bytes(exchange, status, body, body ? strlen(body) : 0);
}

void fake_engine_fail(struct exchange *exchange, enum exchange_result result)
{
    exchange->result = result;
    exchange->status = 0;
}

void fake_engine_field(struct exchange *exchange, const char *name,
                       const char *value)
{
    if (!exchange->fields) {
        struct fields *made = calloc(1, sizeof *made);
        assert_non_null(made);
        exchange->fields = made->fields;
    }
    struct fields *all = (struct fields *)exchange->fields;
    size_t at = exchange->field_count++;
    assert_true(at < FIELDS_MAX);
    assert_true(strlen(name) < VALUE_MAX && strlen(value) < VALUE_MAX);
    memcpy(all->texts[at][0], name, strlen(name) + 1);
    memcpy(all->texts[at][1], value, strlen(value) + 1);
    all->fields[at].name = all->texts[at][0];
    all->fields[at].value = all->texts[at][1];
}

void fake_engine_moved(struct exchange *exchange, const char *final_url)
{
    exchange->final_url = strdup(final_url);
    assert_non_null(exchange->final_url);
}

const char *fake_engine_line(const struct exchange *exchange,
                             const char *beginning)
{
    for (size_t i = 0; i < exchange->header_count; i++)
        if (strncmp(exchange->headers[i], beginning, strlen(beginning)) == 0)
            return exchange->headers[i];
    return NULL;
}
