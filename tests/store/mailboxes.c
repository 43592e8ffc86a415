// SPDX-License-Identifier: MIT
//
// Mailboxes: made, found, changed, kept alive and ended; and what they listen
// to stays followed (M7).

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONE      "https://example.org/one"
#define TWO      "https://example.org/two"
#define THREE    "https://example.org/three"
#define CALLBACK "https://callback.example/a"

static enum store_status look_by_name(struct session *s, uint64_t owner,
                                      const char *name)
{
    struct store_read_mailbox read = {
        .op.verb = STORE_READ_MAILBOX,
        .owner = owner,
        .name = scene_bytes(name),
    };
    enum store_status status = session_run(s, &read.op);
    store_release(&read.op);
    return status;
}

static enum store_status remove_whole(struct session *s, uint64_t mailbox)
{
    struct store_remove_mailbox remove = {
        .op.verb = STORE_REMOVE_MAILBOX,
        .mailbox = mailbox,
    };
    enum store_status status = session_run(s, &remove.op);
    while (status == STORE_OK && remove.more)
        session_must(s, &remove.op);
    return status;
}

static void a_mailbox_is_as_it_was_asked_for(void **state)
{
    struct session *s = *state;
    struct store_put_mailbox put = postbox_asks("reader", STORE_ACK_EXPLICIT);
    put.mailbox.unordered = true;
    put.mailbox.max_pending = 5;
    put.mailbox.max_bytes = 6;
    put.mailbox.max_deliver = 7;
    put.mailbox.inactivity = HOUR;
    put.mailbox.profile.secret = scene_bytes("secret");
    put.mailbox.profile.method = STORE_SHA512;
    put.mailbox.profile.content = STORE_CONTENT_ENTRIES;
    session_must(s, &put.op);
    assert_true(put.created);
    assert_false(put.topics_new);
    uint64_t id = put.mailbox.id;
    assert_true(put.mailbox.lease_end == put.op.at + LEASE);
    store_release(&put.op);
    session_reopen(s);
    struct store_read_mailbox look;
    assert_true(postbox_look(s, id, &look));
    const struct store_mailbox *got = &look.mailbox;
    assert_true(got->owner == POSTBOX_OWNER);
    assert_true(scene_same(got->name, "reader"));
    assert_int_equal(got->ack, STORE_ACK_EXPLICIT);
    assert_true(got->unordered);
    assert_int_equal(got->max_pending, 5);
    assert_int_equal(got->max_bytes, 6);
    assert_int_equal(got->max_deliver, 7);
    assert_int_equal(got->ack_wait, MINUTE);
    assert_int_equal(got->inactivity, HOUR);
    assert_true(scene_same(got->profile.secret, "secret"));
    assert_int_equal(got->profile.method, STORE_SHA512);
    assert_int_equal(got->profile.content, STORE_CONTENT_ENTRIES);
    assert_int_equal(look.count, 0);
    store_release(&look.op);
    assert_int_equal(scene_stats(s).mailboxes, 1);
}

static void M20_names_are_their_owners(void **state)
{
    struct session *s = *state;
    uint64_t mine = postbox_make(s, "reader", STORE_ACK_CURSOR);
    struct store_put_mailbox put = postbox_asks("reader", STORE_ACK_CURSOR);
    put.mailbox.owner = POSTBOX_OWNER + 1;
    assert_true(postbox_put(s, &put) != mine);
    assert_int_equal(look_by_name(s, POSTBOX_OWNER, "reader"), STORE_OK);
    assert_int_equal(look_by_name(s, POSTBOX_OWNER, "other"), STORE_NOT_FOUND);
    assert_int_equal(look_by_name(s, 99, "reader"), STORE_NOT_FOUND);
}

static void putting_twice_changes_one(void **state)
{
    struct session *s = *state;
    uint64_t id = postbox_make(s, "reader", STORE_ACK_CURSOR);
    scene_follow(s, ONE, true, DAY);
    postbox_listen(s, id, postbox_topic(ONE));
    uint64_t place = scene_update(s, ONE, "a").number;
    postbox_ack(s, id, place);
    struct store_put_mailbox put = postbox_asks("reader", STORE_ACK_CURSOR);
    put.mailbox.max_pending = 9;
    session_must(s, &put.op);
    assert_false(put.created);
    assert_true(put.mailbox.id == id && put.mailbox.place == place);
    assert_int_equal(put.mailbox.max_pending, 9);
    assert_int_equal(put.mailbox.listens, 1);
    store_release(&put.op);
    put = postbox_asks("reader", STORE_ACK_CURSOR);
    put.only_new = true;
    assert_int_equal(session_run(s, &put.op), STORE_CONFLICT);
    assert_false(put.too_many);
    put = postbox_asks("reader", STORE_ACK_NONE);
    assert_int_equal(session_run(s, &put.op), STORE_CONFLICT);
    put = postbox_asks("another", STORE_ACK_NONE);
    put.only_old = true;
    assert_int_equal(session_run(s, &put.op), STORE_NOT_FOUND);
    assert_int_equal(scene_stats(s).mailboxes, 1);
}

static void there_are_ceilings(void **state)
{
    struct session *s = *state;
    s->options.max_mailboxes = 3;
    s->options.max_topics = 1;
    session_reopen(s);
    struct store_put_mailbox put = postbox_asks("a", STORE_ACK_CURSOR);
    put.max_of_owner = 2;
    postbox_put(s, &put);
    put = postbox_asks("b", STORE_ACK_CURSOR);
    put.max_of_owner = 2;
    uint64_t second = postbox_put(s, &put);
    put = postbox_asks("c", STORE_ACK_CURSOR);
    put.max_of_owner = 2;
    assert_int_equal(session_run(s, &put.op), STORE_CONFLICT);
    assert_true(put.too_many);
    put = postbox_asks("c", STORE_ACK_CURSOR);
    postbox_put(s, &put);
    put = postbox_asks("d", STORE_ACK_CURSOR);
    assert_int_equal(session_run(s, &put.op), STORE_FULL);
    // One that exists can still be changed.
    put = postbox_asks("b", STORE_ACK_CURSOR);
    put.max_of_owner = 2;
    postbox_put(s, &put);
    postbox_listen(s, second, postbox_topic(ONE));
    struct store_listen_op listen = {
        .op.verb = STORE_LISTEN,
        .mailbox = second,
        .listen = postbox_topic(TWO),
    };
    assert_int_equal(session_run(s, &listen.op), STORE_CONFLICT);
    put = postbox_asks("b", STORE_ACK_CURSOR);
    put.listens = &listen.listen;
    put.listen_count = 1;
    put.set_listens = true;
    assert_int_equal(session_run(s, &put.op), STORE_CONFLICT);
    assert_true(put.too_many);
    assert_int_equal(scene_stats(s).topics, 1);
}

static void M7_what_is_listened_to_is_followed(void **state)
{
    struct session *s = *state;
    uint64_t id = postbox_make(s, "reader", STORE_ACK_CURSOR);
    struct store_listen_op op = {
        .op.verb = STORE_LISTEN,
        .mailbox = id,
        .listen = postbox_topic(ONE),
        .since = STORE_SINCE_LATEST,
    };
    session_must(s, &op.op);
    assert_true(op.topics_new);
    uint64_t sid = op.listen.sid;
    store_release(&op.op);
    struct store_topic topic = scene_topic(s, ONE);
    assert_int_equal(topic.listeners, 1);
    assert_int_equal(topic.unfollowed_at, 0);
    struct store_claimed claimed;
    assert_true(scene_claim_topic(s, STORE_DUE_FETCH, topic.id, &claimed));
    session_advance(s, 5 * (int64_t)DAY);
    scene_update(s, ONE, "a");
    scene_trim(s, topic.id, DAY, 10, 1000);
    assert_int_equal(scene_topic(s, ONE).unfollowed_at, 0);
    assert_int_equal(scene_ping(s, ONE), 1);
    // The last to leave lets go of it, as with webhooks.
    op.remove = true;
    op.sid = sid;
    session_must(s, &op.op);
    topic = scene_topic(s, ONE);
    assert_int_equal(topic.listeners, 0);
    assert_true(topic.unfollowed_at == session_now(s));
    assert_int_equal(scene_ping(s, ONE), 0);
    assert_int_equal(session_run(s, &op.op), STORE_NOT_FOUND);
}

static void M7_webhooks_and_mailboxes_keep_it_each(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, ONE, CALLBACK);
    uint64_t first = postbox_make(s, "first", STORE_ACK_CURSOR);
    uint64_t second = postbox_make(s, "second", STORE_ACK_CURSOR);
    postbox_listen(s, first, postbox_topic(ONE));
    postbox_listen(s, second, postbox_topic(ONE));
    assert_int_equal(scene_topic(s, ONE).listeners, 2);
    scene_unsubscribe(s, ONE, CALLBACK);
    assert_int_equal(scene_ping(s, ONE), 1);
    assert_int_equal(remove_whole(s, first), STORE_OK);
    assert_int_equal(scene_ping(s, ONE), 1);
    assert_int_equal(remove_whole(s, second), STORE_OK);
    assert_int_equal(scene_ping(s, ONE), 0);
    assert_int_equal(remove_whole(s, second), STORE_NOT_FOUND);
}

static void M7_a_prefix_follows_nothing(void **state)
{
    struct session *s = *state;
    uint64_t id = postbox_make(s, "reader", STORE_ACK_CURSOR);
    postbox_listen(s, id, postbox_prefix("https://example.org/"));
    assert_int_equal(scene_stats(s).topics, 0);
    scene_follow(s, ONE, true, DAY);
    session_advance(s, DAY + 1);
    assert_int_equal(scene_ping(s, ONE), 0);
}

static void listening_twice_is_a_duplicate(void **state)
{
    struct session *s = *state;
    uint64_t id = postbox_make(s, "reader", STORE_ACK_CURSOR);
    uint64_t topic = postbox_listen(s, id, postbox_topic(ONE)).sid;
    uint64_t prefix = postbox_listen(s, id, postbox_prefix("https:")).sid;
    assert_true(topic != prefix);
    struct store_listen_op op = {
        .op.verb = STORE_LISTEN,
        .mailbox = id,
        .listen = postbox_topic(ONE),
    };
    assert_int_equal(session_run(s, &op.op), STORE_DUPLICATE);
    assert_true(op.listen.sid == topic);
    assert_true(scene_same(op.listen.url, ONE));
    store_release(&op.op);
    op.listen = postbox_prefix("https:");
    assert_int_equal(session_run(s, &op.op), STORE_DUPLICATE);
    assert_true(op.listen.sid == prefix);
    assert_true(scene_same(op.listen.normal, "https:"));
    store_release(&op.op);
    op.mailbox = 99;
    assert_int_equal(session_run(s, &op.op), STORE_NOT_FOUND);
    op.listen.url.len = 0;
    op.listen = postbox_topic("");
    op.mailbox = id;
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    assert_int_equal(scene_topic(s, ONE).listeners, 1);
}

static struct store_put_mailbox with(const struct store_listen *listens,
                                     size_t count)
{
    struct store_put_mailbox put = postbox_asks("reader", STORE_ACK_CURSOR);
    put.set_listens = true;
    put.since = STORE_SINCE_LATEST;
    put.listens = listens;
    put.listen_count = count;
    return put;
}

static void putting_listens_keeps_what_is_there(void **state)
{
    struct session *s = *state;
    struct store_listen first[] = {
        postbox_topic(ONE), postbox_topic(TWO),
        postbox_topic(ONE), // the same again
    };
    struct store_put_mailbox put = with(first, 3);
    session_must(s, &put.op);
    assert_true(put.topics_new);
    assert_int_equal(put.mailbox.listens, 2);
    uint64_t id = put.mailbox.id, rev = put.mailbox.rev;
    store_release(&put.op);
    scene_update(s, TWO, "a");
    struct store_listen second[] = {
        postbox_topic(TWO),
        postbox_topic(THREE),
    };
    second[0].label = scene_bytes("label");
    put = with(second, 2);
    session_must(s, &put.op);
    assert_int_equal(put.mailbox.listens, 2);
    assert_true(put.mailbox.rev > rev);
    store_release(&put.op);
    assert_int_equal(scene_topic(s, ONE).listeners, 0);
    assert_true(scene_topic(s, ONE).unfollowed_at != 0);
    assert_int_equal(scene_topic(s, THREE).listeners, 1);
    postbox_expect(s, postbox_reads(id, 0), "a");
    struct store_read_mailbox look;
    assert_true(postbox_look(s, id, &look));
    assert_int_equal(look.count, 2);
    assert_int_equal(look.pending, 1);
    assert_true(scene_same(look.items[0].url, TWO));
    assert_true(scene_same(look.items[0].label, "label"));
    rev = look.mailbox.rev;
    store_release(&look.op);
    put = with(second, 2);
    session_must(s, &put.op);
    assert_false(put.topics_new);
    assert_true(put.mailbox.rev == rev);
    store_release(&put.op);
}

static void a_put_that_is_repeated_changes_nothing_more(void **state)
{
    struct session *s = *state;
    struct store_listen listens[] = { postbox_topic(ONE) };
    struct store_put_mailbox put = with(listens, 1);
    uint64_t id = postbox_put(s, &put);
    scene_update(s, ONE, "a");
    put = with(listens, 1);
    assert_true(postbox_put(s, &put) == id);
    postbox_expect(s, postbox_reads(id, 0), "a");
}

static size_t expire(struct session *s, uint64_t ended[SCENE_MAX],
                     int64_t *next)
{
    struct store_expire_mailboxes op = {
        .op.verb = STORE_EXPIRE_MAILBOXES,
        .max = SCENE_MAX,
    };
    session_must(s, &op.op);
    for (size_t i = 0; i < op.count; i++)
        ended[i] = op.items[i].id;
    *next = op.next_end;
    assert_false(op.more);
    store_release(&op.op);
    return op.count;
}

static void a_lease_ends_a_mailbox_unless_it_is_used(void **state)
{
    struct session *s = *state;
    uint64_t ended[SCENE_MAX];
    int64_t next;
    uint64_t idle = postbox_make(s, "idle", STORE_ACK_CURSOR);
    uint64_t used = postbox_make(s, "used", STORE_ACK_CURSOR);
    postbox_listen(s, idle, postbox_topic(ONE));
    assert_int_equal(expire(s, ended, &next), 0);
    assert_true(next == session_now(s) + LEASE);
    struct store_touch_mailbox touch = {
        .op.verb = STORE_TOUCH_MAILBOX,
        .mailbox = used,
    };
    session_advance(s, LEASE / 4);
    session_must(s, &touch.op);
    assert_true(touch.lease_end == next);
    session_advance(s, LEASE / 2);
    session_must(s, &touch.op);
    assert_true(touch.lease_end == session_now(s) + LEASE);
    session_advance(s, LEASE / 2);
    assert_int_equal(expire(s, ended, &next), 1);
    assert_true(ended[0] == idle);
    assert_true(next == touch.lease_end);
    assert_int_equal(scene_stats(s).mailboxes, 1);
    assert_true(scene_topic(s, ONE).unfollowed_at != 0);
    touch.mailbox = idle;
    assert_int_equal(session_run(s, &touch.op), STORE_NOT_FOUND);
}

static void inactivity_ends_a_mailbox_before_its_lease(void **state)
{
    struct session *s = *state;
    uint64_t ended[SCENE_MAX];
    int64_t next;
    struct store_put_mailbox put = postbox_asks("short", STORE_ACK_CURSOR);
    put.mailbox.inactivity = MINUTE;
    uint64_t id = postbox_put(s, &put);
    struct store_touch_mailbox touch = {
        .op.verb = STORE_TOUCH_MAILBOX,
        .mailbox = id,
    };
    session_advance(s, 20 * SECOND);
    session_must(s, &touch.op); // not yet half of it: nothing is written
    session_advance(s, 20 * SECOND);
    session_must(s, &touch.op);
    session_advance(s, 20 * SECOND);
    touch.now = true; // whatever is left
    session_must(s, &touch.op);
    session_advance(s, 59 * SECOND);
    assert_int_equal(expire(s, ended, &next), 0);
    assert_true(next == session_now(s) + SECOND);
    session_advance(s, SECOND);
    assert_int_equal(expire(s, ended, &next), 1);
    assert_true(ended[0] == id && next == INT64_MAX);
}

static void pages_are_by_owner_and_name(void **state)
{
    struct session *s = *state;
    static const char *const names[] = { "c", "a", "b", "aa" };
    for (int i = 0; i < 4; i++)
        postbox_make(s, names[i], STORE_ACK_CURSOR);
    struct store_put_mailbox put = postbox_asks("z", STORE_ACK_CURSOR);
    put.mailbox.owner = POSTBOX_OWNER + 1;
    postbox_put(s, &put);
    static const char *const order[] = { "a", "aa", "b", "c", "z" };
    char after[8] = "";
    uint64_t owner = 0;
    for (int i = 0; i < 5; i++) {
        struct store_page_mailboxes page = {
            .op.verb = STORE_PAGE_MAILBOXES,
            .after_owner = owner,
            .after_name = scene_bytes(after),
            .max = 1,
        };
        session_must(s, &page.op);
        assert_int_equal(page.count, 1);
        assert_true(scene_same(page.items[0].name, order[i]));
        assert_true(page.end == (i == 4));
        snprintf(after, sizeof after, "%s", order[i]);
        owner = page.items[0].owner;
        store_release(&page.op);
    }
    struct store_page_mailboxes mine = {
        .op.verb = STORE_PAGE_MAILBOXES,
        .owner = POSTBOX_OWNER,
        .max = 10,
    };
    session_must(s, &mine.op);
    assert_int_equal(mine.count, 4);
    assert_true(mine.end);
    store_release(&mine.op);
}

static void a_large_mailbox_ends_in_pages(void **state)
{
    struct session *s = *state;
    enum { COUNT = 600 };
    static char urls[COUNT][48];
    static struct store_listen listens[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(urls[i], sizeof urls[i], "https://example.org/%d", i);
        listens[i] = postbox_topic(urls[i]);
    }
    struct store_put_mailbox put = with(listens, COUNT);
    uint64_t id = postbox_put(s, &put);
    assert_int_equal(scene_topic(s, urls[COUNT - 1]).listeners, 1);
    struct store_remove_mailbox remove = {
        .op.verb = STORE_REMOVE_MAILBOX,
        .mailbox = id,
    };
    session_must(s, &remove.op);
    assert_true(remove.more);
    assert_int_equal(look_by_name(s, POSTBOX_OWNER, "reader"), STORE_NOT_FOUND);
    struct store_collect collect = postbox_reads(id, 0);
    assert_int_equal(session_run(s, &collect.op), STORE_NOT_FOUND);
    // Its name is free already, and what is left of it goes by itself.
    session_reopen(s);
    assert_true(postbox_make(s, "reader", STORE_ACK_CURSOR) != id);
    uint64_t ended[SCENE_MAX];
    int64_t next;
    assert_int_equal(expire(s, ended, &next), 0);
    assert_int_equal(scene_stats(s).mailboxes, 1);
    assert_int_equal(scene_topic(s, urls[COUNT - 1]).listeners, 0);
}

static void what_makes_no_sense_is_invalid(void **state)
{
    struct session *s = *state;
    struct store_put_mailbox put = postbox_asks("", STORE_ACK_CURSOR);
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    put = postbox_asks("a", STORE_ACK_EXPLICIT);
    put.mailbox.ack_wait = 0;
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    put = postbox_asks("a", STORE_ACK_CURSOR);
    put.mailbox.lease = 0;
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    put = postbox_asks("a", STORE_ACK_CURSOR);
    put.mailbox.profile.secret = (struct bytes){ "x", STORE_SECRET_MAX + 1 };
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    struct store_mark_letters mark = {
        .op.verb = STORE_MARK_LETTERS,
        .mailbox = postbox_make(s, "b", STORE_ACK_CURSOR),
    };
    assert_int_equal(session_run(s, &mark.op), STORE_INVALID);
    mark.mailbox = 99;
    assert_int_equal(session_run(s, &mark.op), STORE_NOT_FOUND);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mailbox_is_as_it_was_asked_for),
        TEST(M20_names_are_their_owners),
        TEST(putting_twice_changes_one),
        TEST(there_are_ceilings),
        TEST(M7_what_is_listened_to_is_followed),
        TEST(M7_webhooks_and_mailboxes_keep_it_each),
        TEST(M7_a_prefix_follows_nothing),
        TEST(listening_twice_is_a_duplicate),
        TEST(putting_listens_keeps_what_is_there),
        TEST(a_put_that_is_repeated_changes_nothing_more),
        TEST(a_lease_ends_a_mailbox_unless_it_is_used),
        TEST(inactivity_ends_a_mailbox_before_its_lease),
        TEST(pages_are_by_owner_and_name),
        TEST(a_large_mailbox_ends_in_pages),
        TEST(what_makes_no_sense_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
