// SPDX-License-Identifier: MIT

#include "hub/access.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/cursor.h"
#include "hub/services.h"
#include "hub/ticket.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "Bearer wsd_0123456789abcdefghijABCDEFGHIJ0123456789-_x"
#define ALL   63U

struct rig {
    struct config config;
    struct services services;
    struct access *access;
    struct fake_request fake;
    struct request_field field;
};

static void on_revoked(void *context, uint64_t token)
{
    (void)context;
    (void)token;
}

static int set_up(void **state)
{
    static char url[] = "http://hub.test/";
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->config.pull_anonymous = true;
    rig->config.public_url = url;
    rig->services = (struct services){
        .config = &rig->config,
        .store = fake_store(),
        .loop = fake_loop(),
        .hub_url = url,
    };
    rig->access = access_new(&rig->services, on_revoked, rig);
    assert_non_null(rig->access);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    assert_true(access_idle(rig->access));
    assert_true(fake_store_clean());
    access_free(rig->access);
    free(rig);
    return 0;
}

static void ask(struct rig *rig, const char *authorization, const char *body)
{
    fake_request_get(&rig->fake, "/tickets", "");
    rig->field = (struct request_field){ "Authorization", authorization };
    rig->fake.request.method = REQUEST_POST;
    rig->fake.request.fields = &rig->field;
    rig->fake.request.field_count = authorization != NULL;
    rig->fake.request.body = body;
    rig->fake.request.body_len = strlen(body);
    access_ticket(rig->access, &rig->fake.request, loop_now());
}

// With a token of these rights for http://a/*.
static void ask_with(struct rig *rig, unsigned rights, const char *body)
{
    ask(rig, TOKEN, body);
    if (fake_store_waiting(STORE_FIND_TOKEN) == 0)
        return;
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    find->token = (struct store_token){
        .id = 7,
        .name = { "name", 4 },
        .owner = { "owner", 5 },
        .rights = rights,
        .scope = { "http://a/*", 10 },
    };
    fake_store_finish(&find->op, STORE_OK);
}

static struct ticket ticket_of(struct rig *rig)
{
    uint8_t secret[32];
    struct ticket ticket;
    store_secret_key(rig->services.store, secret);
    struct ticket_key *key =
        ticket_key_new(secret, store_epoch(rig->services.store));
    json_t *root = json_loads(rig->fake.body, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "ticket"));
    assert_non_null(text);
    assert_true(ticket_read(key, text, strlen(text), &ticket));
    json_decref(root);
    ticket_key_free(key);
    return ticket;
}

static void check_refused(struct rig *rig, unsigned status, const char *type)
{
    char text[64];
    (void)snprintf(text, sizeof text, "\"type\":\"%s\"", type);
    assert_int_equal(rig->fake.answers, 1);
    assert_int_equal(rig->fake.status, status);
    assert_string_equal(rig->fake.type, "application/problem+json");
    assert_non_null(strstr(rig->fake.body, text));
}

static void without_a_wish_it_is_a_minutes_worth_of_the_token(void **state)
{
    struct rig *rig = *state;
    ask_with(rig, ALL, "");
    assert_int_equal(rig->fake.status, 201);
    struct ticket ticket = ticket_of(rig);
    assert_int_equal(ticket.token, 7);
    assert_int_equal(ticket.expires, FAKE_UNIX + 60000);
    assert_int_equal(ticket.rights, STORE_RIGHT_PULL | STORE_RIGHT_MATCH);
    assert_int_equal(ticket.count, 0);
    assert_true(fake_request_has(&rig->fake, "Cache-Control: no-store"));
}

static void topics_and_rights_are_what_it_is_bound_to(void **state)
{
    struct rig *rig = *state;
    ask_with(rig, ALL,
             "{\"topics\":[\"http://A/x\",\"http://a/y/*\"],\"ttl\":5,"
             "\"rights\":[\"pull\",\"mailbox\"]}");
    assert_int_equal(rig->fake.status, 201);
    struct ticket ticket = ticket_of(rig);
    assert_int_equal(ticket.expires, FAKE_UNIX + 5000);
    assert_int_equal(ticket.rights, STORE_RIGHT_PULL | STORE_RIGHT_MAILBOX);
    assert_true(ticket_covers(&ticket, "http://a/x", 10));
    assert_false(ticket_covers(&ticket, "http://a/z", 10));
    assert_true(ticket_covers(&ticket, "http://a/y/z", 12));
}

static void mailboxes_that_are_named_are_all_it_opens(void **state)
{
    struct rig *rig = *state;
    ask_with(rig, ALL, "{\"mailboxes\":[\"box\"]}");
    assert_int_equal(rig->fake.status, 201);
    struct ticket ticket = ticket_of(rig);
    assert_int_equal(ticket.rights, STORE_RIGHT_MAILBOX);
    assert_true(ticket_opens(&ticket, "box", 3));
    assert_false(ticket_opens(&ticket, "bix", 3));
}

static void known_topics_get_a_place_to_begin(void **state)
{
    struct rig *rig = *state;
    ask_with(rig, ALL, "{\"topics\":[\"http://a/x\"]}");
    assert_int_equal(rig->fake.answers, 0);
    struct store_topics *look = fake_store_take(STORE_TOPICS);
    assert_int_equal(look->count, 1);
    struct store_topic topic = { .id = 3 };
    look->items = fake_store_give(&look->op, &topic, sizeof topic);
    fake_store_finish(&look->op, STORE_OK);
    struct store_stats *stats = fake_store_take(STORE_STATS);
    stats->numbers.events = 44;
    fake_store_finish(&stats->op, STORE_OK);

    assert_int_equal(rig->fake.status, 201);
    uint8_t secret[32];
    struct cursor cursor;
    store_secret_key(rig->services.store, secret);
    struct cursor_key *key = cursor_key_new(secret);
    json_t *root = json_loads(rig->fake.body, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "cursor"));
    assert_non_null(text);
    assert_true(cursor_read(key, text, strlen(text), &cursor));
    assert_int_equal(cursor.number, 44);
    assert_int_equal(cursor.tag, cursor_tag((uint64_t[]){ 3 }, 1));
    json_decref(root);
    cursor_key_free(key);
}

static void an_unknown_topic_has_none(void **state)
{
    struct rig *rig = *state;
    ask_with(rig, ALL, "{\"topics\":[\"http://a/x\"]}");
    struct store_topics *look = fake_store_take(STORE_TOPICS);
    struct store_topic topic = { .id = 0 };
    look->items = fake_store_give(&look->op, &topic, sizeof topic);
    fake_store_finish(&look->op, STORE_OK);
    struct store_stats *stats = fake_store_take(STORE_STATS);
    fake_store_finish(&stats->op, STORE_OK);
    assert_int_equal(rig->fake.status, 201);
    assert_null(strstr(rig->fake.body, "cursor"));
}

static void nobody_gives_more_than_he_has(void **state)
{
    struct rig *rig = *state;
    unsigned rights = STORE_RIGHT_PULL | STORE_RIGHT_TICKET;
    ask_with(rig, rights, "{\"topics\":[\"http://b/x\"]}");
    check_refused(rig, 403, "forbidden");
    ask_with(rig, rights, "{\"topics\":[\"http://a/*\"]}"); // no right to match
    check_refused(rig, 403, "forbidden");
    ask_with(rig, rights, "{\"rights\":[\"mailbox\"]}");
    check_refused(rig, 403, "forbidden");
    ask_with(rig, rights, "{\"mailboxes\":[\"box\"]}");
    check_refused(rig, 403, "forbidden");
    ask_with(rig, rights, "{\"rights\":[\"ticket\"]}");
    check_refused(rig, 400, "bad-request");
}

static void it_takes_a_token_with_that_right(void **state)
{
    struct rig *rig = *state;
    ask(rig, NULL, "");
    check_refused(rig, 401, "token-needed");
    assert_true(fake_request_has(&rig->fake,
                                 "WWW-Authenticate: Bearer realm=\"websubd\""));
    ask(rig, "Bearer x", "");
    check_refused(rig, 401, "token-unknown");
    ask_with(rig, STORE_RIGHT_PULL, "");
    check_refused(rig, 403, "forbidden");
}

static void what_cannot_be_understood_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{",
        "[]",
        "{\"ttl\":0}",
        "{\"ttl\":3601}",
        "{\"ttl\":\"60\"}",
        "{\"topics\":\"http://a/\"}",
        "{\"topics\":[1]}",
        "{\"topics\":[\"\"]}",
        "{\"topics\":[\"http://a*\"]}",
        "{\"topics\":[\"ftp://a/\"]}",
        "{\"mailboxes\":\"box\"}",
        "{\"mailboxes\":[1]}",
        "{\"mailboxes\":[\"\"]}",
        "{\"rights\":[\"push\"]}",
        "{\"rights\":[1]}",
        "{\"rights\":\"pull\"}",
        "{\"topic\":[]}",
        "{\"ttl\":5,\"ttl\":6}",
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ask_with(rig, ALL, bodies[i]);
        check_refused(rig, 400, "bad-request");
    }
}

static void more_than_a_hundred_topics_are_too_many(void **state)
{
    struct rig *rig = *state;
    char body[4096];
    size_t len = (size_t)snprintf(body, sizeof body, "{\"topics\":[");
    for (int i = 0; i <= TICKET_ITEMS_MAX; i++)
        len += (size_t)snprintf(body + len, sizeof body - len,
                                "%s\"http://a/%d\"", i ? "," : "", i);
    (void)snprintf(body + len, sizeof body - len, "]}");
    ask_with(rig, ALL, body);
    check_refused(rig, 400, "bad-request");
}

int main(void)
{
#define TICKET(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TICKET(without_a_wish_it_is_a_minutes_worth_of_the_token),
        TICKET(topics_and_rights_are_what_it_is_bound_to),
        TICKET(mailboxes_that_are_named_are_all_it_opens),
        TICKET(known_topics_get_a_place_to_begin),
        TICKET(an_unknown_topic_has_none),
        TICKET(nobody_gives_more_than_he_has),
        TICKET(it_takes_a_token_with_that_right),
        TICKET(what_cannot_be_understood_is_refused),
        TICKET(more_than_a_hundred_topics_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
