// SPDX-License-Identifier: MIT

#include "hub/visitor.h"

#include "hub/config.h"
#include "hub/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct config usual = { .pull_anonymous = true };
static const struct config open_to_all = { .pull_open = true };

static struct bytes text(const char *from)
{
    return (struct bytes){ from, strlen(from) };
}

static const struct visitor *holder(const char *scope, unsigned rights)
{
    struct store_token token = {
        .id = 7,
        .name = text("n"),
        .owner = text("o"),
        .rights = rights,
        .scope = text(scope),
        .expires = 99,
    };
    const struct visitor *visitor = visitor_of_token(&token);
    assert_non_null(visitor);
    return visitor;
}

static bool may_read(const struct visitor *visitor, const struct config *config,
                     const char *url, enum store_reach reach)
{
    return visitor_may_read(visitor, config, url, strlen(url), reach);
}

static bool may_match(const struct visitor *visitor,
                      const struct config *config, const char *prefix)
{
    return visitor_may_match(visitor, config, prefix, strlen(prefix));
}

static bool may_create(const struct visitor *visitor,
                       const struct config *config, const char *url)
{
    return visitor_may_create(visitor, config, url, strlen(url));
}

static void M20_a_stranger_reads_what_anybody_could_fetch(void **state)
{
    const struct visitor *nobody = visitor_anonymous();
    static const char url[] = "http://a/";
    assert_true(may_read(nobody, &usual, url, STORE_REACH_PUBLIC));
    assert_false(may_read(nobody, &usual, url, STORE_REACH_INSIDE));
    assert_false(may_read(nobody, &usual, url, STORE_REACH_UNTOLD));
    assert_true(may_read(nobody, &open_to_all, url, STORE_REACH_INSIDE));
    assert_true(may_read(nobody, &open_to_all, url, STORE_REACH_UNTOLD));
    (void)state;
}

static void M7_a_stranger_makes_and_matches_nothing(void **state)
{
    const struct visitor *nobody = visitor_anonymous();
    assert_false(may_create(nobody, &usual, "http://a/"));
    assert_true(may_create(nobody, &open_to_all, "http://a/"));
    assert_false(may_match(nobody, &usual, "http://a/"));
    assert_true(may_match(nobody, &open_to_all, ""));
    (void)state;
}

static void a_tokens_scope_counts_and_not_the_reach(void **state)
{
    const struct visitor *visitor =
        holder("http://a/x*", STORE_RIGHT_PULL | STORE_RIGHT_CREATE);
    assert_true(may_read(visitor, &usual, "http://a/x", STORE_REACH_INSIDE));
    assert_true(may_read(visitor, &usual, "http://a/x", STORE_REACH_UNTOLD));
    assert_false(may_read(visitor, &usual, "http://a/y", STORE_REACH_PUBLIC));
    assert_false(
        may_read(visitor, &open_to_all, "http://a/y", STORE_REACH_PUBLIC));
    assert_true(may_create(visitor, &usual, "http://a/x"));
    assert_false(may_create(visitor, &usual, "http://a/y"));
    // It may not match at all.
    assert_false(may_match(visitor, &usual, "http://a/x"));
    visitor_drop(visitor);
    (void)state;
}

static void each_right_is_asked_for(void **state)
{
    const struct visitor *visitor = holder("*", STORE_RIGHT_MAILBOX);
    assert_false(may_read(visitor, &usual, "http://a/", STORE_REACH_PUBLIC));
    assert_false(may_create(visitor, &usual, "http://a/"));
    visitor_drop(visitor);
    visitor = holder("*", STORE_RIGHT_MATCH);
    assert_false(may_match(visitor, &usual, "http://a/"));
    visitor_drop(visitor);
    visitor = holder("*", STORE_RIGHT_MATCH | STORE_RIGHT_PULL);
    assert_true(may_match(visitor, &usual, "http://a/"));
    visitor_drop(visitor);
    (void)state;
}

static void tokens_of_one_owner_share_him(void **state)
{
    const struct visitor *visitor = holder("*", 0);
    assert_int_equal(visitor->owner, visitor_owner(text("o")));
    assert_int_not_equal(visitor->owner, visitor_owner(text("p")));
    assert_int_not_equal(visitor->owner, 0);
    assert_int_equal(visitor->token, 7);
    assert_int_equal(visitor->expires, 99);
    assert_string_equal(visitor->name, "n");
    assert_int_equal(visitor_anonymous()->owner, 0);
    visitor_drop(visitor);
    (void)state;
}

static void a_ticket_gives_no_more_than_its_giver_has(void **state)
{
    const struct visitor *giver =
        holder("http://a/*", STORE_RIGHT_PULL | STORE_RIGHT_TICKET);
    struct ticket ticket = { .rights = STORE_RIGHT_PULL | STORE_RIGHT_MAILBOX };
    assert_true(ticket_bind(&ticket, TICKET_URL, "http://a/x", 10));
    assert_true(ticket_bind(&ticket, TICKET_PREFIX, "http://b/", 9));
    const struct visitor *bearer = visitor_of_ticket(giver, &ticket);
    assert_non_null(bearer);
    visitor_drop(giver); // who has a share of him

    assert_int_equal(bearer->rights, STORE_RIGHT_PULL);
    assert_true(bearer->ticket);
    assert_true(may_read(visitor_giver(bearer), &usual, "http://a/y",
                         STORE_REACH_UNTOLD));
    assert_false(may_read(visitor_giver(bearer), &usual, "http://b/",
                          STORE_REACH_PUBLIC));
    assert_ptr_equal(visitor_giver(visitor_anonymous()), visitor_anonymous());
    assert_int_equal(bearer->token, 7);
    assert_int_equal(bearer->expires, 99);
    assert_true(may_read(bearer, &usual, "http://a/x", STORE_REACH_INSIDE));
    assert_false(may_read(bearer, &usual, "http://a/y", STORE_REACH_PUBLIC));
    assert_false(may_read(bearer, &usual, "http://b/", STORE_REACH_PUBLIC));
    visitor_drop(bearer);
    (void)state;
}

static void an_unbound_ticket_reads_what_its_giver_does(void **state)
{
    const struct visitor *giver =
        holder("http://a/*", STORE_RIGHT_PULL | STORE_RIGHT_MATCH);
    struct ticket ticket = { .rights = STORE_RIGHT_PULL | STORE_RIGHT_MATCH };
    const struct visitor *bearer = visitor_of_ticket(giver, &ticket);
    assert_true(may_read(bearer, &usual, "http://a/y", STORE_REACH_UNTOLD));
    assert_false(may_read(bearer, &usual, "http://b/y", STORE_REACH_PUBLIC));
    assert_true(may_match(bearer, &usual, "http://a/"));
    assert_false(may_match(bearer, &usual, ""));
    visitor_drop(bearer);
    visitor_drop(giver);
    (void)state;
}

static void a_ticket_opens_the_mailboxes_it_names(void **state)
{
    const struct visitor *giver = holder("*", STORE_RIGHT_MAILBOX);
    struct ticket ticket = { .rights = STORE_RIGHT_MAILBOX };
    assert_true(ticket_bind(&ticket, TICKET_MAILBOX, "box", 3));
    const struct visitor *bearer = visitor_of_ticket(giver, &ticket);
    assert_true(visitor_may_open(giver, "box", 3));
    assert_true(visitor_may_open(giver, "other", 5));
    assert_true(visitor_may_open(giver, NULL, 0));
    assert_true(visitor_may_open(bearer, "box", 3));
    assert_false(visitor_may_open(bearer, "other", 5));
    assert_false(visitor_may_open(bearer, NULL, 0));
    assert_false(visitor_may_open(visitor_anonymous(), "box", 3));
    visitor_drop(bearer);
    ticket.rights = STORE_RIGHT_PULL;
    bearer = visitor_of_ticket(giver, &ticket);
    assert_false(visitor_may_open(bearer, "box", 3));
    visitor_drop(bearer);
    visitor_drop(giver);
    (void)state;
}

static void strangers_are_they_who_show_nothing(void **state)
{
    const struct visitor *giver = holder("*", STORE_RIGHT_PULL);
    assert_true(visitor_is_stranger(visitor_anonymous(), &usual));
    assert_false(visitor_is_stranger(visitor_anonymous(), &open_to_all));
    assert_false(visitor_is_stranger(giver, &usual));
    visitor_drop(giver);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M20_a_stranger_reads_what_anybody_could_fetch),
        cmocka_unit_test(M7_a_stranger_makes_and_matches_nothing),
        cmocka_unit_test(a_tokens_scope_counts_and_not_the_reach),
        cmocka_unit_test(each_right_is_asked_for),
        cmocka_unit_test(tokens_of_one_owner_share_him),
        cmocka_unit_test(a_ticket_gives_no_more_than_its_giver_has),
        cmocka_unit_test(a_ticket_opens_the_mailboxes_it_names),
        cmocka_unit_test(strangers_are_they_who_show_nothing),
        cmocka_unit_test(an_unbound_ticket_reads_what_its_giver_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
