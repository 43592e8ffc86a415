// SPDX-License-Identifier: MIT

#include "fake_store.h"

#include "hub/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

// What was given to one operation, as a list.
struct given {
    struct given *next;
    max_align_t bytes[];
};

struct store {
    struct store_op *first, **last;
    size_t given;
    uint64_t epoch;
};

static struct store the_store;

struct store *fake_store(void)
{
    the_store = (struct store){ .last = &the_store.first, .epoch = 0xe40c4 };
    return &the_store;
}

void store_submit(struct store *store, struct store_op *op)
{
    assert_non_null(store);
    assert_non_null(op->done);
    assert_true(op->verb >= STORE_TAKE && op->verb <= STORE_PAGE_TOKENS);
    op->link = NULL;
    op->results = NULL;
    *store->last = op;
    store->last = &op->link;
}

void *fake_store_take(enum store_verb verb)
{
    struct store_op **at = &the_store.first;
    while (*at && (*at)->verb != verb)
        at = &(*at)->link;
    struct store_op *op = *at;
    assert_non_null(op);
    *at = op->link;
    if (!op->link)
        the_store.last = at;
    return op;
}

size_t fake_store_waiting(enum store_verb verb)
{
    size_t count = 0;
    for (const struct store_op *op = the_store.first; op; op = op->link)
        count += op->verb == verb;
    return count;
}

size_t fake_store_waiting_all(void)
{
    size_t count = 0;
    for (const struct store_op *op = the_store.first; op; op = op->link)
        count++;
    return count;
}

void *fake_store_give(struct store_op *op, const void *items, size_t size)
{
    struct given *given = malloc(sizeof *given + size);
    assert_non_null(given);
    if (size > 0)
        memcpy(given->bytes, items, size);
    given->next = op->results;
    op->results = given;
    the_store.given++;
    return given->bytes;
}

void fake_store_finish(struct store_op *op, enum store_status status)
{
    op->status = status;
    op->at = loop_now().unix;
    if (status == STORE_OK && op->durable)
        op->durable(op);
    op->done(op);
}

void store_release(struct store_op *op)
{
    struct given *given = op->results;
    op->results = NULL;
    while (given) {
        struct given *next = given->next;
        free(given);
        the_store.given--;
        given = next;
    }
}

bool fake_store_clean(void)
{
    return !the_store.first && the_store.given == 0;
}

void fake_store_set_epoch(uint64_t epoch)
{
    the_store.epoch = epoch;
}

uint64_t store_epoch(const struct store *store)
{
    return store->epoch;
}

void store_secret_key(const struct store *store, uint8_t out[32])
{
    (void)store;
    memset(out, 7, 32);
}
