// SPDX-License-Identifier: MIT

#include "pull_socket.h"

#include "fetcher/url.h"
#include "json_writer.h"
#include "loop.h"
#include "pull.h"
#include "pull_ops.h"
#include "pull_problem.h"
#include "pull_query.h"
#include "puller.h"

#include <stdlib.h>
#include <string.h>

// An op that waits for its turn; the first one is being asked.
struct waiting {
    struct waiting *next;
    struct pull_op op;
};

struct socket {
    struct waiting *first, **last;
    size_t count;
};

static void put(struct json_writer *out, const char *name, const char *text)
{
    if (!text)
        return;
    json_writer_name(out, name);
    json_writer_string(out, text);
}

// Topic or match are those of the op, if it has any.
static void say(struct puller *puller, const char *type,
                const struct pull_op *op, const char *reason,
                const char *detail)
{
    struct json_writer out = { 0 };
    json_writer_put(&out, "{");
    put(&out, "type", type);
    put(&out, "topic", op ? op->topic : NULL);
    put(&out, "match", op ? op->match : NULL);
    put(&out, "reason", reason);
    put(&out, "detail", detail);
    json_writer_put(&out, "}");
    if (!out.failed)
        puller_say(puller, out.at, out.len);
    json_writer_clear(&out);
}

static void forget_first(struct socket *socket)
{
    struct waiting *first = socket->first;
    socket->first = first->next;
    if (!socket->first)
        socket->last = &socket->first;
    socket->count--;
    pull_op_clear(&first->op);
    free(first);
}

static void go_on(struct puller *puller);

// The first has been asked.
static void said(struct puller *puller, const struct pull_problem *problem)
{
    struct socket *socket = *pull_socket_slot(puller);
    const struct pull_op *op = &socket->first->op;
    if (problem)
        say(puller, "error", op, problem->type, problem->detail);
    else if (op->kind == PULL_OP_SUBSCRIBE)
        say(puller, "subscribed", op, NULL, NULL);
    else
        say(puller, "unsubscribed", op, NULL, NULL);
    forget_first(socket);
    go_on(puller);
}

static void take_away(struct pull_query *query, size_t topic)
{
    free(query->topics[topic].url);
    free(query->topics[topic].normal);
    query->topic_count--;
    memmove(&query->topics[topic], &query->topics[topic + 1],
            (query->topic_count - topic) * sizeof *query->topics);
}

// By whatever spelling. `topic_count`: it is not among them.
static size_t find(const struct pull_query *query, const char *text)
{
    struct url *url = malloc(sizeof *url);
    struct store_key key;
    size_t at = query->topic_count;
    if (url && !url_read(text, strlen(text), url)) {
        url_key(url, key.bytes);
        at = 0;
        while (at < query->topic_count
               && memcmp(&query->topics[at].key, &key, sizeof key) != 0)
            at++;
    }
    free(url);
    return at;
}

// False: *reason and *detail say why.
static bool change(struct pull_query *query, const struct pull_op *op,
                   const char **reason, const char **detail)
{
    *reason = "bad-request";
    if (op->match) {
        *detail = "a prefix is chosen when the connection is made";
        return false;
    }
    if (op->kind == PULL_OP_SUBSCRIBE) {
        *detail = query->reason;
        return pull_query_add(query, op->topic, strlen(op->topic), op->since,
                              loop_now().unix);
    }
    *reason = "unknown-topic";
    *detail = "that topic is not subscribed to here";
    size_t topic = find(query, op->topic);
    if (topic == query->topic_count)
        return false;
    take_away(query, topic);
    return true;
}

static void go_on(struct puller *puller)
{
    struct socket *socket = *pull_socket_slot(puller);
    while (socket->first) {
        const struct pull_op *op = &socket->first->op;
        const char *reason = "out-of-memory";
        const char *detail = "the hub is out of memory";
        struct pull_query *query = pull_question(puller);
        if (query && change(query, op, &reason, &detail)) {
            pull_ask_again(puller, query, said);
            return;
        }
        say(puller, "error", op, reason, detail);
        if (query)
            pull_query_clear(query);
        free(query);
        forget_first(socket);
    }
}

static struct socket *socket_of(struct puller *puller)
{
    void **slot = pull_socket_slot(puller);
    struct socket *socket = *slot;
    if (socket)
        return socket;
    socket = calloc(1, sizeof *socket);
    if (socket)
        socket->last = &socket->first;
    *slot = socket;
    return socket;
}

// Takes the op.
static void wait_turn(struct puller *puller, struct pull_op *op)
{
    struct socket *socket = socket_of(puller);
    struct waiting *waiting = NULL;
    if (socket && socket->count < PULL_SOCKET_WAITING_MAX)
        waiting = malloc(sizeof *waiting);
    if (!waiting) {
        say(puller, "error", op, "too-many-ops",
            "wait for the answers to what was asked before");
        pull_op_clear(op);
        return;
    }
    *waiting = (struct waiting){ .op = *op };
    *socket->last = waiting;
    socket->last = &waiting->next;
    if (socket->count++ == 0)
        go_on(puller);
}

void pull_socket_message(struct puller *puller, const char *text, size_t len)
{
    char reason[PULL_OP_REASON];
    struct pull_op op;
    if (!pull_op_read(PULL_OP_EVENTS, text, len, &op, reason)) {
        say(puller, "error", NULL, "bad-request", reason);
        return;
    }
    switch (op.kind) {
    case PULL_OP_SUBSCRIBE:
    case PULL_OP_UNSUBSCRIBE:
        wait_turn(puller, &op);
        return;
    case PULL_OP_PING:
        say(puller, "pong", NULL, NULL, NULL);
        break;
    case PULL_OP_MORE:
        puller_wake(puller);
        break;
    default:
        break;
    }
    pull_op_clear(&op);
}

void pull_socket_over(void *slot)
{
    struct socket *socket = slot;
    while (socket && socket->first)
        forget_first(socket);
    free(socket);
}
