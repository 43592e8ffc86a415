// SPDX-License-Identifier: MIT

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct store_put_mailbox postbox_asks(const char *name, enum store_ack ack)
{
    return (struct store_put_mailbox){
        .op.verb = STORE_PUT_MAILBOX,
        .mailbox = {
            .owner = POSTBOX_OWNER,
            .name = scene_bytes(name),
            .ack = ack,
            .overflow = STORE_OVERFLOW_SUSPEND,
            .ack_wait = ack == STORE_ACK_EXPLICIT ? MINUTE : 0,
            .lease = LEASE,
        },
    };
}

uint64_t postbox_put(struct session *session, struct store_put_mailbox *put)
{
    session_must(session, &put->op);
    uint64_t id = put->mailbox.id;
    store_release(&put->op);
    return id;
}

uint64_t postbox_make(struct session *session, const char *name,
                      enum store_ack ack)
{
    struct store_put_mailbox put = postbox_asks(name, ack);
    return postbox_put(session, &put);
}

struct store_listen postbox_topic(const char *url)
{
    return (struct store_listen){
        .url = scene_bytes(url),
        .normal = scene_bytes(url),
        .key = scene_key(url),
    };
}

struct store_listen postbox_prefix(const char *prefix)
{
    return (struct store_listen){
        .url = scene_bytes(prefix),
        .normal = scene_bytes(prefix),
    };
}

struct store_listen postbox_listen_since(struct session *session,
                                         uint64_t mailbox,
                                         struct store_listen listen,
                                         enum store_since since, uint64_t value)
{
    struct store_listen_op op = {
        .op.verb = STORE_LISTEN,
        .mailbox = mailbox,
        .listen = listen,
        .since = since,
        .value = value,
    };
    enum store_status status = session_run(session, &op.op);
    // An answer that was lost had been one.
    if (status != STORE_OK && !(session->faults && status == STORE_DUPLICATE))
        fail_msg("listening answers %s", store_status_name(status));
    store_release(&op.op);
    op.listen.url = op.listen.normal = op.listen.label =
        (struct bytes){ NULL, 0 };
    return op.listen;
}

struct store_listen postbox_listen(struct session *session, uint64_t mailbox,
                                   struct store_listen listen)
{
    return postbox_listen_since(session, mailbox, listen, STORE_SINCE_LATEST,
                                0);
}

bool postbox_look(struct session *session, uint64_t mailbox,
                  struct store_read_mailbox *out)
{
    *out = (struct store_read_mailbox){
        .op.verb = STORE_READ_MAILBOX,
        .id = mailbox,
    };
    enum store_status status = session_run(session, &out->op);
    assert_true(status == STORE_OK || status == STORE_NOT_FOUND);
    return status == STORE_OK;
}

struct store_collect postbox_reads(uint64_t mailbox, uint64_t ack)
{
    return (struct store_collect){
        .op.verb = STORE_COLLECT,
        .mailbox = mailbox,
        .ack = ack,
        .limit = 100,
        .max_bytes = 1 << 20,
        .bodies = true,
    };
}

uint64_t postbox_expect(struct session *session, struct store_collect collect,
                        const char *bodies)
{
    char told[4096] = "";
    session_must(session, &collect.op);
    for (size_t i = 0; i < collect.count; i++) {
        size_t used = strlen(told);
        struct bytes body = collect.items[i].event.body;
        snprintf(told + used, sizeof told - used, "%s%.*s", i > 0 ? " " : "",
                 (int)body.len, body.at);
    }
    assert_string_equal(told, bodies);
    store_release(&collect.op);
    return collect.place;
}

uint64_t postbox_lost(const struct store_collect *collect)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < collect->gap_count; i++)
        lost += collect->gaps[i].count;
    return lost;
}

void postbox_ack(struct session *session, uint64_t mailbox, uint64_t number)
{
    struct store_collect collect = postbox_reads(mailbox, number);
    collect.ack_only = true;
    session_must(session, &collect.op);
    assert_int_equal(collect.count, 0);
    store_release(&collect.op);
}

enum store_status postbox_mark(struct session *session, uint64_t mailbox,
                               enum store_mark mark,
                               const struct store_letter *letter, int64_t delay)
{
    struct store_marking item = {
        .mark = mark,
        .number = letter->event.number,
        .claim = letter->claim,
        .delay = delay,
    };
    struct store_mark_letters op = {
        .op.verb = STORE_MARK_LETTERS,
        .mailbox = mailbox,
        .items = &item,
        .count = 1,
    };
    session_must(session, &op.op);
    return item.result;
}
