// SPDX-License-Identifier: MIT

#include "bodies.h"

#include <assert.h>
#include <stdlib.h>

struct bodies {
    struct store *store;
    struct body *list;
};

static void unlist(struct body *body)
{
    struct body **at = &body->bodies->list;
    while (*at != body)
        at = &(*at)->next;
    *at = body->next;
}

static void body_free(struct body *body)
{
    unlist(body);
    store_release(&body->read.op);
    free(body);
}

static void read(struct store_op *op)
{
    struct body *body = op->context;
    struct body_wait *wait = body->waits;
    body->there = true;
    body->waits = NULL;
    body->holders++; // who is told may drop it before the next one is
    while (wait) {
        struct body_wait *next = wait->next;
        body->holders++;
        wait->ready(wait, body);
        wait = next;
    }
    body_drop(body);
}

static struct body *find(const struct bodies *bodies,
                         const struct store_read_body *what)
{
    for (struct body *b = bodies->list; b; b = b->next) {
        const struct store_read_body *have = &b->read;
        bool failed = b->there && have->op.status != STORE_OK;
        if (have->topic == what->topic && have->seq == what->seq
            && have->which == what->which && !failed)
            return b;
    }
    return NULL;
}

static struct body *begin(struct bodies *bodies,
                          const struct store_read_body *what)
{
    struct body *body = calloc(1, sizeof *body);
    if (!body)
        return NULL;
    body->bodies = bodies;
    body->next = bodies->list;
    bodies->list = body;
    body->read = (struct store_read_body){
        .op = { .verb = STORE_READ_BODY, .done = read, .context = body },
        .topic = what->topic,
        .seq = what->seq,
        .which = what->which,
    };
    store_submit(bodies->store, &body->read.op);
    return body;
}

bool bodies_get(struct bodies *bodies, const struct store_read_body *what,
                struct body_wait *wait)
{
    struct body *body = find(bodies, what);
    if (body && body->there) {
        body->holders++;
        wait->ready(wait, body);
        return true;
    }
    if (!body)
        body = begin(bodies, what);
    if (!body)
        return false;
    wait->next = body->waits;
    body->waits = wait;
    return true;
}

void body_drop(struct body *body)
{
    assert(body->holders > 0);
    if (--body->holders == 0)
        body_free(body);
}

struct bodies *bodies_new(struct store *store)
{
    struct bodies *bodies = calloc(1, sizeof *bodies);
    if (bodies)
        bodies->store = store;
    return bodies;
}

void bodies_free(struct bodies *bodies)
{
    if (!bodies)
        return;
    // Those that were still being read when the hub had to stop.
    while (bodies->list)
        body_free(bodies->list);
    free(bodies);
}
