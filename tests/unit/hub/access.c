// SPDX-License-Identifier: MIT

#include "hub/access.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/services.h"
#include "hub/ticket.h"
#include "hub/token_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HALF  "0123456789abcdefghijABCDEFGHIJ0123456789-_"
#define TOKEN "Bearer wsd_" HALF "x"
#define OTHER "Bearer wsd_" HALF "y"

struct rig {
    struct config config;
    struct services services;
    struct access *access;
    uint64_t revoked;
    size_t answers; // of access_ask(), later
    const struct visitor *visitor;
    struct access_refusal refusal;
};

static void on_revoked(void *context, uint64_t token)
{
    struct rig *rig = context;
    rig->revoked = token;
}

static void on_answer(void *context, const struct visitor *visitor,
                      const struct access_refusal *refusal)
{
    struct rig *rig = context;
    rig->answers++;
    rig->visitor = visitor;
    if (refusal)
        rig->refusal = *refusal;
    assert_true((visitor == NULL) == (refusal != NULL));
}

static int set_up(void **state)
{
    static char url[] = "http://hub.test/", page[] = "https://app.test";
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->config.pull_anonymous = true;
    rig->config.public_url = url;
    rig->config.pull_origin.items[0] = page;
    rig->config.pull_origin.count = 1;
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
    visitor_drop(rig->visitor);
    access_free(rig->access);
    free(rig);
    return 0;
}

static enum access_answer ask(struct rig *rig, const char *query,
                              const char *authorization)
{
    struct request_field field = { "Authorization", authorization };
    struct request request = {
        .path = "/events",
        .query = query,
        .fields = &field,
        .field_count = authorization != NULL,
        .body = "",
    };
    visitor_drop(rig->visitor);
    rig->visitor = NULL;
    memset(&rig->refusal, 0, sizeof rig->refusal);
    return access_ask(rig->access, &request, loop_now(), &rig->visitor,
                      &rig->refusal, on_answer, rig);
}

static void give(struct store_find_token *find, uint64_t id, int64_t expires)
{
    find->token = (struct store_token){
        .id = id,
        .name = { "name", 4 },
        .owner = { "owner", 5 },
        .rights = STORE_RIGHT_PULL | STORE_RIGHT_TICKET,
        .scope = { "http://a/*", 10 },
        .expires = expires,
    };
    fake_store_finish(&find->op, STORE_OK);
}

static void learn(struct rig *rig, const char *authorization, uint64_t id,
                  int64_t expires)
{
    assert_int_equal(ask(rig, "", authorization), ACCESS_ASKED);
    give(fake_store_take(STORE_FIND_TOKEN), id, expires);
}

static void who_shows_nothing_is_nobody(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "", NULL), ACCESS_KNOWN);
    assert_int_equal(rig->visitor->token, 0);
    rig->config.pull_anonymous = false;
    assert_int_equal(ask(rig, "", NULL), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 401);
    assert_string_equal(rig->refusal.type, "token-needed");
    assert_string_equal(rig->refusal.challenge,
                        "WWW-Authenticate: Bearer realm=\"websubd\"");
}

static void a_token_is_looked_up_once(void **state)
{
    struct rig *rig = *state;
    learn(rig, TOKEN, 7, 0);
    assert_int_equal(rig->answers, 1);
    assert_int_equal(rig->visitor->token, 7);
    assert_string_equal(rig->visitor->name, "name");
    assert_int_equal(ask(rig, "", TOKEN), ACCESS_KNOWN);
    assert_int_equal(rig->visitor->token, 7);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void what_is_no_token_is_never_taken_for_nothing(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "", "Bearer guess"), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 401);
    assert_int_equal(ask(rig, "", "Basic dTpw"), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 401);
    assert_int_equal(fake_store_waiting_all(), 0);

    assert_int_equal(ask(rig, "", OTHER), ACCESS_ASKED);
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    fake_store_finish(&find->op, STORE_NOT_FOUND);
    assert_null(rig->visitor);
    assert_int_equal(rig->refusal.status, 401);
    assert_string_equal(rig->refusal.type, "token-unknown");
}

static void a_wrong_one_that_comes_again_costs_no_look(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "", OTHER), ACCESS_ASKED);
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    fake_store_finish(&find->op, STORE_NOT_FOUND);
    assert_int_equal(ask(rig, "", OTHER), ACCESS_REFUSED);
    assert_string_equal(rig->refusal.type, "token-unknown");
    fake_loop_pass(TOKEN_CACHE_NOBODY_MS);
    learn(rig, OTHER, 8, 0); // it has been made meanwhile
    assert_int_equal(rig->visitor->token, 8);
}

static void what_the_store_could_not_tell_is_not_remembered(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "", TOKEN), ACCESS_ASKED);
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    fake_store_finish(&find->op, STORE_AGAIN);
    assert_int_equal(rig->refusal.status, 503);
    learn(rig, TOKEN, 7, 0);
    assert_int_equal(rig->visitor->token, 7);
}

static void an_expired_one_is_refused_and_not_downgraded(void **state)
{
    struct rig *rig = *state;
    learn(rig, TOKEN, 7, FAKE_UNIX + 1000);
    assert_int_equal(rig->visitor->expires, FAKE_UNIX + 1000);
    fake_loop_pass(999);
    assert_int_equal(ask(rig, "", TOKEN), ACCESS_KNOWN);
    fake_loop_pass(1);
    assert_int_equal(ask(rig, "", TOKEN), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 401);
    assert_string_equal(rig->refusal.type, "token-expired");
    learn(rig, OTHER, 8, FAKE_UNIX + 1);
    assert_null(rig->visitor);
    assert_string_equal(rig->refusal.type, "token-expired");
}

static void a_removed_one_is_forgotten_at_once_and_told(void **state)
{
    struct rig *rig = *state;
    learn(rig, TOKEN, 7, 0);
    access_forget(rig->access, 7);
    assert_int_equal(rig->revoked, 7);
    assert_int_equal(ask(rig, "", TOKEN), ACCESS_ASKED);
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    fake_store_finish(&find->op, STORE_NOT_FOUND);
    assert_int_equal(rig->refusal.status, 401);
}

static void one_removed_while_it_was_read_is_read_again(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "", TOKEN), ACCESS_ASKED);
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    access_forget(rig->access, 7);
    give(find, 7, 0);
    assert_int_equal(rig->answers, 0);
    find = fake_store_take(STORE_FIND_TOKEN);
    fake_store_finish(&find->op, STORE_NOT_FOUND);
    assert_int_equal(rig->answers, 1);
    assert_null(rig->visitor);
}

static void a_token_in_the_url_is_refused(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "access_token=x", NULL), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 400);
    assert_string_equal(rig->refusal.type, "token-in-url");
    assert_int_equal(ask(rig, "ticket=x", TOKEN), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 400);
}

// A query with a ticket of token 7.
static void make_ticket(const struct ticket *ticket,
                        char query[TICKET_TEXT_MAX + 8])
{
    uint8_t secret[32];
    store_secret_key(fake_store(), secret);
    struct ticket_key *key = ticket_key_new(secret, store_epoch(fake_store()));
    assert_non_null(key);
    memcpy(query, "ticket=", 7);
    assert_true(ticket_write(key, ticket, query + 7));
    ticket_key_free(key);
}

static void a_ticket_is_worth_what_its_token_is(void **state)
{
    struct rig *rig = *state;
    char query[TICKET_TEXT_MAX + 8];
    struct ticket ticket = { .token = 7,
                             .expires = FAKE_UNIX + 1000,
                             .rights = STORE_RIGHT_PULL };
    assert_true(ticket_bind(&ticket, TICKET_URL, "http://a/x", 10));
    make_ticket(&ticket, query);

    assert_int_equal(ask(rig, query, NULL), ACCESS_ASKED);
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    assert_int_equal(find->id, 7);
    give(find, 7, 0);
    assert_non_null(rig->visitor);
    assert_true(rig->visitor->ticket);
    assert_int_equal(rig->visitor->rights, STORE_RIGHT_PULL);
    assert_true(visitor_may_read(rig->visitor, &rig->config, "http://a/x", 10,
                                 STORE_REACH_INSIDE));
    assert_false(visitor_may_read(rig->visitor, &rig->config, "http://a/y", 10,
                                  STORE_REACH_PUBLIC));

    assert_int_equal(ask(rig, query, NULL), ACCESS_ASKED);
    find = fake_store_take(STORE_FIND_TOKEN);
    fake_store_finish(&find->op, STORE_NOT_FOUND);
    assert_null(rig->visitor);
    assert_string_equal(rig->refusal.type, "ticket-unknown");

    fake_loop_pass(1000);
    assert_int_equal(ask(rig, query, NULL), ACCESS_REFUSED);
    assert_string_equal(rig->refusal.type, "ticket-expired");
    assert_int_equal(rig->refusal.status, 401);
}

static void a_made_up_ticket_costs_no_look(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(ask(rig, "ticket=AAAA", NULL), ACCESS_REFUSED);
    assert_int_equal(rig->refusal.status, 401);
    assert_string_equal(rig->refusal.type, "ticket-unknown");
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void a_page_that_may_is_told_so_before_it_asks(void **state)
{
    struct rig *rig = *state;
    struct request_field field = { "Origin", "https://app.test" };
    struct fake_request fake;
    fake_request_get(&fake, "/events", "");
    fake.request.method = REQUEST_OPTIONS;
    fake.request.fields = &field;
    fake.request.field_count = 1;
    access_preflight(rig->access, &fake.request, "GET, POST");
    assert_int_equal(fake.status, 204);
    assert_true(fake_request_has(
        &fake, "Access-Control-Allow-Origin: https://app.test"));
    assert_true(
        fake_request_has(&fake, "Access-Control-Allow-Methods: GET, POST"));
    assert_true(fake_request_has(&fake, "Allow: GET, POST, OPTIONS"));

    field.value = "https://evil.test";
    access_preflight(rig->access, &fake.request, "GET, POST");
    assert_int_equal(fake.status, 204);
    assert_int_equal(fake.header_count, 2);
}

int main(void)
{
#define ACCESS(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ACCESS(who_shows_nothing_is_nobody),
        ACCESS(a_token_is_looked_up_once),
        ACCESS(what_is_no_token_is_never_taken_for_nothing),
        ACCESS(a_wrong_one_that_comes_again_costs_no_look),
        ACCESS(what_the_store_could_not_tell_is_not_remembered),
        ACCESS(an_expired_one_is_refused_and_not_downgraded),
        ACCESS(a_removed_one_is_forgotten_at_once_and_told),
        ACCESS(one_removed_while_it_was_read_is_read_again),
        ACCESS(a_token_in_the_url_is_refused),
        ACCESS(a_ticket_is_worth_what_its_token_is),
        ACCESS(a_made_up_ticket_costs_no_look),
        ACCESS(a_page_that_may_is_told_so_before_it_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
