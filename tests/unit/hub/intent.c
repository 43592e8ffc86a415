// SPDX-License-Identifier: MIT

#include "hub/intent.h"

#include "fetcher/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FORM        "application/x-www-form-urlencoded"
#define TOPIC       "hub.topic=http://t.example/feed"
#define CALLBACK    "hub.callback=https://c.example/cb?a=1"
#define SUBSCRIBE   "hub.mode=subscribe&" TOPIC "&" CALLBACK
#define UNSUBSCRIBE "hub.mode=unsubscribe&" TOPIC "&" CALLBACK

static bool read(const char *body, const char *query, const char *type,
                 struct intent *intent)
{
    const struct request_field field = { "content-type", type };
    struct request request = {
        .method = REQUEST_POST,
        .path = "/",
        .query = query,
        .fields = &field,
        .field_count = type != NULL,
        .body = body,
        .body_len = strlen(body),
    };
    return intent_read(&request, intent);
}

static struct intent fine(const char *body)
{
    struct intent intent;
    if (!read(body, "", FORM, &intent))
        fail_msg("'%s' is refused: %u %s", body, intent.status, intent.reason);
    return intent;
}

static void assert_refused_with(const char *body, const char *query,
                                const char *type, unsigned status,
                                const char *word)
{
    struct intent intent;
    if (read(body, query, type, &intent))
        fail_msg("'%s' is not refused", body);
    if (intent.status != status || !strstr(intent.reason, word))
        fail_msg("'%s': %u %s", body, intent.status, intent.reason);
    intent_clear(&intent);
}

static void assert_refused(const char *body, const char *word)
{
    assert_refused_with(body, "", FORM, 400, word);
}

static void assert_fine(const char *body)
{
    struct intent intent = fine(body);
    intent_clear(&intent);
}

// ---------------------------------------------------------------- encoding

static void a_subscription_is_read(void **state)
{
    struct intent intent = fine(SUBSCRIBE "&hub.lease_seconds=600"
                                          "&hub.secret=s%2Bt&foo=bar");
    struct url url;
    uint8_t key[32];
    (void)state;

    assert_int_equal(intent.mode, INTENT_SUBSCRIBE);
    assert_string_equal(intent.topic->text, "http://t.example/feed");
    assert_string_equal(intent.callback->text, "https://c.example/cb?a=1");
    assert_int_equal(intent.lease_s, 600);
    assert_int_equal(intent.profile.secret.len, 3);
    assert_memory_equal(intent.profile.secret.at, "s+t", 4);
    assert_int_equal(intent.profile.method, STORE_SHA256);
    assert_int_equal(intent.profile.content, STORE_CONTENT_DEFAULT);
    assert_int_equal(intent.profile.verify_token.len, 0);
    assert_false(intent.profile.old_client);
    assert_int_equal(intent.url_count, 0);

    assert_null(url_read("https://c.example/cb?a=1", 24, &url));
    url_key(&url, key);
    assert_memory_equal(intent.callback_key.bytes, key, sizeof key);
    url_origin_key(&url, key);
    assert_memory_equal(intent.origin.bytes, key, sizeof key);
    intent_clear(&intent);
}

static void content_types_of_forms_are_accepted(void **state)
{
    static const char *const types[] = {
        FORM,
        FORM "; charset=UTF-8",
        "Application/X-WWW-Form-URLencoded ;CHARSET=\"utf-8\"; x=y",
        FORM ";charset=us-ascii",
        NULL,
    };
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct intent intent;
        assert_true(read(SUBSCRIBE, "", types[i], &intent));
        intent_clear(&intent);
    }
}

static void other_content_types_are_415(void **state)
{
    (void)state;
    assert_refused_with("{}", SUBSCRIBE, "application/json", 415,
                        "Content-Type");
    assert_refused_with("", SUBSCRIBE, "application/json", 415, "Content-Type");
    assert_refused_with(SUBSCRIBE, "", "text/xml", 415, "Content-Type");
    assert_refused_with(SUBSCRIBE, "", FORM "x", 415, "Content-Type");
    assert_refused_with(SUBSCRIBE, "", FORM "; charset=latin1", 415,
                        "Content-Type");
}

static void multipart_is_tolerated(void **state)
{
    struct intent intent;
    (void)state;
    assert_true(read("--X\r\nContent-Disposition: form-data; name=\"hub.mode\""
                     "\r\n\r\npublish\r\n"
                     "--X\r\nContent-Disposition: form-data; name=\"hub.url\""
                     "\r\n\r\nhttp://t.example/\r\n--X--\r\n",
                     "", "multipart/form-data; boundary=X", &intent));
    assert_int_equal(intent.url_count, 1);
    intent_clear(&intent);
}

static void the_query_counts_without_a_body(void **state)
{
    struct intent intent;
    (void)state;
    assert_true(read("", SUBSCRIBE, NULL, &intent));
    assert_int_equal(intent.mode, INTENT_SUBSCRIBE);
    intent_clear(&intent);
}

static void with_a_body_the_query_does_not_count(void **state)
{
    struct intent intent;
    (void)state;
    assert_true(read(SUBSCRIBE, "hub.mode=publish&hub.lease_seconds=7&%", FORM,
                     &intent));
    assert_int_equal(intent.mode, INTENT_SUBSCRIBE);
    assert_int_equal(intent.lease_s, -1);
    intent_clear(&intent);
    assert_refused_with("x=y", SUBSCRIBE, FORM, 400, "hub.mode");
}

static void a_secret_in_the_query_is_refused(void **state)
{
    (void)state;
    assert_refused_with("", SUBSCRIBE "&hub.secret=x", NULL, 400, "secret");
    assert_refused_with(SUBSCRIBE, "hub%2esecret=x", FORM, 400, "secret");
}

static void a_broken_form_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("hub.mode=subscribe&hub.topic=%4", "hub.topic");
    assert_refused("hub.mode=subscribe&hub.topic=http%3A%2F%2Fx%2F%00",
                   "hub.topic");
}

static void names_are_decoded(void **state)
{
    (void)state;
    assert_fine("hub%2emode=subscribe&" TOPIC "&" CALLBACK);
}

// -------------------------------------------------------------- parameters

static void what_is_required_is_named_when_it_is_missing(void **state)
{
    (void)state;
    assert_refused("", "mode");
    assert_refused("hub.mode=&" TOPIC "&" CALLBACK, "mode");
    assert_refused("hub.mode=subscribe&" CALLBACK, "topic");
    assert_refused("hub.mode=subscribe&hub.topic=&" CALLBACK, "topic");
    assert_refused("hub.mode=subscribe&" TOPIC, "callback");
    assert_refused("hub.mode=unsubscribe&" TOPIC, "callback");
    assert_refused("hub.mode=publish", "url");
    assert_refused("hub.mode=publish&hub.url=", "url");
}

static void modes_are_known_in_any_case(void **state)
{
    struct intent intent = fine("hub.mode=SubScribe&" TOPIC "&" CALLBACK);
    (void)state;

    assert_int_equal(intent.mode, INTENT_SUBSCRIBE);
    intent_clear(&intent);
    assert_refused("hub.mode=foo&" TOPIC "&" CALLBACK, "mode");
    assert_refused("hub.mode=denied&" TOPIC "&" CALLBACK, "mode");
}

static void bad_urls_are_refused_by_name(void **state)
{
    static const char *const bad[] = {
        "http%3A%2F%2Fh%2F%23f",
        "ftp%3A%2F%2Fh%2F",
        "%2Frelative",
        "http%3A%2F%2F",
        "http%3A%2F%2Fu%3Ap%40h%2F",
        "http%3A%2F%2Fh%2F%0D%0AX:y",
        "http%3A%2F%2Fh%3A99999%2F",
    };
    char body[256];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body,
                 "hub.mode=subscribe&" TOPIC "&hub.callback=%s", bad[i]);
        assert_refused(body, "hub.callback ");
        snprintf(body, sizeof body,
                 "hub.mode=subscribe&" CALLBACK "&hub.topic=%s", bad[i]);
        assert_refused(body, "hub.topic ");
        snprintf(body, sizeof body, "hub.mode=publish&hub.url=%s", bad[i]);
        assert_refused(body, "hub.url ");
    }
}

static void equal_duplicates_are_one(void **state)
{
    (void)state;
    assert_fine(SUBSCRIBE "&" TOPIC "&" CALLBACK "&hub.mode=subscribe"
                          "&hub.secret=a&hub.secret=a");
}

static void conflicting_duplicates_are_refused(void **state)
{
    (void)state;
    assert_refused(SUBSCRIBE "&hub.mode=publish", "mode");
    assert_refused(SUBSCRIBE "&hub.topic=http://x.example/", "topic");
    assert_refused(SUBSCRIBE "&hub.callback=http://x.example/", "callback");
    assert_refused(SUBSCRIBE "&hub.secret=a&hub.secret=", "secret");
    assert_refused(SUBSCRIBE "&hub.lease_seconds=1&hub.lease_seconds=2",
                   "lease_seconds");
    assert_refused(SUBSCRIBE "&hub.verify_token=1&hub.verify_token=2",
                   "verify_token");
    assert_fine(SUBSCRIBE "&hub.verify=sync&hub.verify=async&foo=1&foo=2");
}

static int64_t lease_of(const char *value)
{
    char body[512];
    snprintf(body, sizeof body, SUBSCRIBE "&hub.lease_seconds=%s", value);
    struct intent intent = fine(body);
    int64_t lease = intent.lease_s;
    intent_clear(&intent);
    return lease;
}

static void leases_are_saturated_not_refused(void **state)
{
    (void)state;
    assert_int_equal(lease_of(""), -1);
    assert_int_equal(lease_of("0"), -1);
    assert_int_equal(lease_of("1"), 1);
    assert_int_equal(lease_of("000010"), 10);
    assert_int_equal(lease_of("9223372036854775807"), INT64_MAX);
    assert_int_equal(lease_of("9223372036854775808"), INT64_MAX);
    assert_int_equal(lease_of("99999999999999999999999999999999"), INT64_MAX);
}

static void leases_that_are_no_numbers_are_refused(void **state)
{
    static const char *const bad[] = {
        "-1",    "1.5",  "abc",
        "%2010", "10+",  "0x1",
        "1e3",   "%2B1", "999999999999999999999999999999999"
    };
    char body[512];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body, SUBSCRIBE "&hub.lease_seconds=%s", bad[i]);
        assert_refused(body, "hub.lease_seconds");
    }
}

static void an_unsubscription_ignores_its_lease(void **state)
{
    struct intent intent = fine(UNSUBSCRIBE "&hub.lease_seconds=abc"
                                            "&hub.lease_seconds=1");
    (void)state;

    assert_int_equal(intent.mode, INTENT_UNSUBSCRIBE);
    assert_int_equal(intent.lease_s, -1);
    intent_clear(&intent);
}

static void a_secret_has_less_than_200_bytes(void **state)
{
    char body[1024];
    char secret[512];
    (void)state;

    memset(secret, 'a', 200);
    secret[199] = '\0';
    snprintf(body, sizeof body, SUBSCRIBE "&hub.secret=%s", secret);
    assert_fine(body);
    secret[199] = 'a';
    secret[200] = '\0';
    snprintf(body, sizeof body, SUBSCRIBE "&hub.secret=%s", secret);
    assert_refused(body, "hub.secret");

    secret[0] = '\0';
    for (unsigned i = 0; i < 66; i++)
        memcpy(secret + 3 * i, "\xE2\x82\xAC", 4);
    snprintf(body, sizeof body, SUBSCRIBE "&hub.secret=%sa", secret);
    assert_fine(body);
    snprintf(body, sizeof body, SUBSCRIBE "&hub.secret=%s\xE2\x82\xAC", secret);
    assert_refused(body, "hub.secret");
}

static void an_empty_secret_is_none(void **state)
{
    struct intent intent = fine(SUBSCRIBE "&hub.secret="
                                          "&hub.signature_method=md5");
    (void)state;

    assert_int_equal(intent.profile.secret.len, 0);
    assert_int_equal(intent.profile.method, STORE_SHA256);
    intent_clear(&intent);
}

static void an_old_client_is_known_by_its_parameters(void **state)
{
    struct intent intent = fine(SUBSCRIBE "&hub.verify=sync&hub.secret=s");
    (void)state;

    assert_true(intent.profile.old_client);
    assert_int_equal(intent.profile.method, STORE_SHA1);
    intent_clear(&intent);

    intent = fine(SUBSCRIBE "&hub.verify_token=abc");
    assert_true(intent.profile.old_client);
    assert_string_equal(intent.profile.verify_token.at, "abc");
    assert_int_equal(intent.profile.verify_token.len, 3);
    intent_clear(&intent);
}

static void a_verify_token_has_at_most_1024_bytes(void **state)
{
    char body[2048];
    char token[1026];
    (void)state;

    memset(token, 't', sizeof token);
    token[1024] = '\0';
    snprintf(body, sizeof body, SUBSCRIBE "&hub.verify_token=%s", token);
    assert_fine(body);
    token[1024] = 't';
    token[1025] = '\0';
    snprintf(body, sizeof body, SUBSCRIBE "&hub.verify_token=%s", token);
    assert_refused(body, "hub.verify_token");
}

static void a_signature_method_may_be_chosen(void **state)
{
    static const struct {
        const char *name;
        enum store_method method;
    } rows[] = { { "sha1", STORE_SHA1 },
                 { "SHA256", STORE_SHA256 },
                 { "sha384", STORE_SHA384 },
                 { "sha512", STORE_SHA512 },
                 { "", STORE_SHA1 } };
    char body[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(body, sizeof body,
                 SUBSCRIBE
                 "&hub.verify=async&hub.secret=s&hub.signature_method=%s",
                 rows[i].name);
        struct intent intent = fine(body);
        assert_int_equal(intent.profile.method, rows[i].method);
        intent_clear(&intent);
    }
    assert_refused(SUBSCRIBE "&hub.secret=s&hub.signature_method=md5",
                   "hub.signature_method");
}

static void content_may_be_chosen(void **state)
{
    struct intent intent = fine(SUBSCRIBE "&hub.content=entries");
    (void)state;

    assert_int_equal(intent.profile.content, STORE_CONTENT_ENTRIES);
    intent_clear(&intent);
    intent = fine(SUBSCRIBE "&hub.content=full");
    assert_int_equal(intent.profile.content, STORE_CONTENT_FULL);
    intent_clear(&intent);
    assert_refused(SUBSCRIBE "&hub.content=some", "hub.content");
}

// ----------------------------------------------------------------- publish

static void a_ping_has_any_number_of_urls(void **state)
{
    struct intent intent =
        fine("hub.mode=publish&hub.url=http://a.example/&hub.topic="
             "http://b.example/&hub.url[]=http://c.example/&hub.url="
             "&hub.url=HTTP://A.example:80&hub.x=y");
    (void)state;

    assert_int_equal(intent.mode, INTENT_PUBLISH);
    assert_int_equal(intent.url_count, 4);
    assert_memory_equal(intent.urls[0].bytes, intent.urls[3].bytes, 32);
    assert_memory_not_equal(intent.urls[0].bytes, intent.urls[1].bytes, 32);
    assert_int_equal(intent.prefix_count, 0);
    assert_false(intent.is_signed);
    intent_clear(&intent);
}

static void M19_a_star_at_the_end_is_a_prefix(void **state)
{
    struct intent intent =
        fine("hub.mode=publish&hub.url=HTTP://A.example:80/%7Ex*"
             "&hub.topic=http://b.example/*&hub.url=http://c.example/*/d");
    (void)state;
    assert_int_equal(intent.url_count, 1);
    assert_int_equal(intent.prefix_count, 2);
    assert_string_equal(intent.prefixes[0].text, "http://a.example/~x");
    assert_int_equal(intent.prefixes[0].len, 19);
    assert_string_equal(intent.prefixes[1].text, "http://b.example/");
    intent_clear(&intent);
}

static void M19_a_prefix_has_a_whole_origin(void **state)
{
    static const char *const bad[] = {
        "*",
        "http*",
        "http://*",
        "http://a.example*",
        "http://a.example?*",
        "http://a.*",
        "//a.example/*",
        "http://a.example/#*",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char body[128];
        (void)snprintf(body, sizeof body,
                       "hub.mode=publish&hub.url=http://a/&hub.url=%s", bad[i]);
        assert_refused(body, "hub.url");
    }
}

static void M19_prefixes_are_few_and_short(void **state)
{
    enum { PREFIX = sizeof "&hub.url=http://a/*" - 1 };
    char body[2048];
    (void)state;
    size_t len = (size_t)snprintf(body, sizeof body, "hub.mode=publish");
    for (int i = 0; i < INTENT_PREFIXES_MAX; i++, len += PREFIX)
        memcpy(body + len, "&hub.url=http://a/*", PREFIX + 1);
    assert_fine(body);
    memcpy(body + len, "&hub.url=http://a/*", PREFIX + 1);
    assert_refused_with(body, "", FORM, 413, "10 times");

    len = (size_t)snprintf(body, sizeof body,
                           "hub.mode=publish&hub.url=http://a/");
    memset(body + len, 'x', INTENT_PREFIX_MAX);
    memcpy(body + len + INTENT_PREFIX_MAX - 9, "*", 2);
    assert_fine(body);
    memcpy(body + len + INTENT_PREFIX_MAX - 9, "x*", 3);
    assert_refused(body, "480");
}

#define MAC   "0123456789abcdef0123456789abcdef"
#define GOOD  "&hub.signature=sha256=" MAC MAC "&hub.timestamp=1700000000"
#define GIVEN "hub.mode=publish&hub.url=http://a.example/x&hub.content="

static void M19_a_document_is_read_with_its_signature(void **state)
{
    struct intent intent =
        fine(GIVEN "%FFa%00%0A" GOOD "&hub.content_type=text/xml");
    (void)state;
    assert_true(intent.gives && intent.is_signed);
    assert_int_equal(intent.message.content.len, 4);
    assert_memory_equal(intent.message.content.at,
                        "\xFF"
                        "a\0\n",
                        5);
    assert_int_equal(intent.message.topic.len, 18);
    assert_string_equal(intent.message.topic.at, "http://a.example/x");
    assert_int_equal(intent.message.timestamp.len, 10);
    assert_true(intent.signed_at == 1700000000);
    assert_int_equal(intent.mac[1], 0x23);
    assert_string_equal(intent.content_type, "text/xml");
    assert_int_equal(intent.url.len, 18);
    assert_int_equal(intent.url_count, 1);
    intent_clear(&intent);
}

static void M19_a_prefix_may_be_signed_and_a_plain_ping_need_not(void **state)
{
    struct intent intent =
        fine("hub.mode=publish&hub.url=http://A.example/x*" GOOD);
    (void)state;
    assert_true(intent.is_signed && !intent.gives);
    assert_string_equal(intent.message.topic.at, "http://A.example/x*");
    assert_int_equal(intent.message.content.len, 0);
    assert_int_equal(intent.url.len, 18);
    assert_memory_equal(intent.url.at, "http://a.example/x", 18);
    intent_clear(&intent);
    assert_fine("hub.mode=publish&hub.url=http://a.example/x"
                "&hub.signature=whatever");
}

static void M19_what_is_signed_must_be_clear(void **state)
{
    (void)state;
    assert_refused_with(GIVEN "x", "", FORM, 403, "hub.signature");
    assert_refused(GIVEN GOOD, "hub.content is empty");
    assert_refused(GIVEN "x&hub.content=x" GOOD, "twice");
    assert_refused(GIVEN "x&hub.url=http://b/" GOOD, "one hub.url");
    assert_refused(GIVEN "x&hub.url=http://b/*" GOOD, "one topic");
    assert_refused(GIVEN "x&hub.signature=sha1=" MAC, "sha256");
    assert_refused(GIVEN "x&hub.signature=sha256=" MAC MAC, "hub.timestamp");
    assert_refused(GIVEN "x" GOOD "&hub.timestamp=1", "hub.timestamp");
    assert_refused(GIVEN "x&hub.signature=sha256=" MAC MAC
                         "&hub.timestamp=1700000000000000",
                   "hub.timestamp");
    assert_refused(GIVEN "x" GOOD "&hub.content_type=a/b%0D%0AC:d",
                   "hub.content_type");
    assert_refused(GIVEN "x" GOOD "&hub.content_type=a", "hub.content_type");
    assert_fine(GIVEN "x" GOOD "&hub.content_type=&hub.topic="
                      "http://a.example/x");
}

static void one_bad_url_refuses_a_ping(void **state)
{
    (void)state;
    assert_refused("hub.mode=publish&hub.url=http://a.example/&hub.topic=b",
                   "hub.topic ");
}

static void a_ping_has_at_most_1000_urls(void **state)
{
    static const char url[] = "&hub.url=http://a/";
    char *body = malloc(sizeof url * 1002 + 100);
    (void)state;

    assert_non_null(body);
    size_t len = (size_t)snprintf(body, 100, "hub.mode=publish");
    for (unsigned i = 0; i < INTENT_URLS_MAX; i++, len += sizeof url - 1)
        memcpy(body + len, url, sizeof url);
    assert_fine(body);
    memcpy(body + len, url, sizeof url);
    assert_refused_with(body, "", FORM, 413, "hub.url");
    free(body);
}

static void assert_code(const char *body, const char *query, const char *type,
                        const char *code)
{
    struct intent intent;
    if (read(body, query, type, &intent))
        fail_msg("'%s' is not refused", body);
    if (strcmp(intent.code, code) != 0)
        fail_msg("'%s': %s, not %s", body, intent.code, code);
    intent_clear(&intent);
}

static void R26_every_refusal_has_its_code(void **state)
{
    static const struct {
        const char *body, *code;
    } cases[] = {
        { "hub.mode=%4", "request.form" },
        { TOPIC "&" CALLBACK, "mode.missing" },
        { SUBSCRIBE "&hub.mode=publish", "mode.conflict" },
        { "hub.mode=denied", "mode.unknown" },
        { "hub.mode=subscribe&" CALLBACK, "topic.missing" },
        { "hub.mode=subscribe&" TOPIC, "callback.missing" },
        { SUBSCRIBE "&hub.callback=http://x.example/", "callback.conflict" },
        { SUBSCRIBE "&hub.secret=a&hub.secret=b", "secret.conflict" },
        { SUBSCRIBE "&hub.lease_seconds=-1", "lease_seconds.number" },
        { SUBSCRIBE "&hub.lease_seconds=000000000000000000000000000000001",
          "lease_seconds.long" },
        { SUBSCRIBE "&hub.secret=s&hub.signature_method=md5",
          "signature_method.unknown" },
        { SUBSCRIBE "&hub.content=some", "content.unknown" },
        { "hub.mode=publish", "url.missing" },
        { "hub.mode=publish&hub.url=http://x.example/%250a", "url.character" },
        { "hub.mode=publish&hub.url[]=ftp://x.example/", "url.scheme" },
        { "hub.mode=publish&hub.topic=http://x.example/%23a",
          "topic.fragment" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_code(cases[i].body, "", FORM, cases[i].code);
    assert_code("{}", "", "application/json", "request.type");
    assert_code(SUBSCRIBE, "hub.secret=x", FORM, "secret.query");
}

static void R26_what_is_wrong_with_a_url_has_its_code(void **state)
{
    static const struct {
        const char *callback, *code;
    } cases[] = {
        { "ftp://c.example/", "callback.scheme" },
        { "/cb", "callback.scheme" },
        { "http://", "callback.scheme" },
        { "http:///cb", "callback.host" },
        { "http://[::g]/", "callback.host" },
        { "http://c.example:0/", "callback.port" },
        { "http://c.example:25/", "callback.port" },
        { "http://c.example/%23f", "callback.fragment" },
        { "http://u:p%40c.example/", "callback.userinfo" },
        { "http://c.example/%20x", "callback.character" },
        { "http://c.example/%250dx", "callback.character" },
        { "http://c.example/%5Cx", "callback.character" },
    };
    char body[4096];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)snprintf(body, sizeof body,
                       "hub.mode=subscribe&" TOPIC "&hub.callback=%s",
                       cases[i].callback);
        assert_code(body, "", FORM, cases[i].code);
    }
    (void)snprintf(body, sizeof body,
                   "hub.mode=subscribe&" CALLBACK
                   "&hub.topic=http://t.example/%03000d",
                   1);
    assert_code(body, "", FORM, "topic.long");
}

static void a_compressed_body_is_refused(void **state)
{
    static const struct {
        const char *coding;
        unsigned status; // 0: fine
    } cases[] = {
        { "gzip", 415 },
        { "br, gzip", 415 },
        { "", 0 },
        { "Identity", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct request_field field = { "Content-Encoding",
                                             cases[i].coding };
        struct request request = {
            .method = REQUEST_POST,
            .path = "/",
            .query = "",
            .fields = &field,
            .field_count = 1,
            .body = SUBSCRIBE,
            .body_len = strlen(SUBSCRIBE),
        };
        struct intent intent;
        assert_int_equal(intent_read(&request, &intent), !cases[i].status);
        assert_int_equal(intent.status, cases[i].status);
        if (cases[i].status)
            assert_string_equal(intent.code, "request.encoding");
        intent_clear(&intent);
    }
}

static void R4_only_a_charset_is_a_charset(void **state)
{
    struct intent intent;
    (void)state;
    assert_true(read(SUBSCRIBE, "", FORM "; x-charset=latin1", &intent));
    intent_clear(&intent);
    assert_refused_with(SUBSCRIBE, "", FORM "; x-charset=utf-8;CharSet=latin1",
                        415, "Content-Type");
}

static void a_channel_needs_no_callback(void **state)
{
    static const struct {
        const char *type;
        enum intent_channel channel;
    } cases[] = {
        { "mailbox", INTENT_MAILBOX },
        { "poll", INTENT_POLL },
        { "SSE", INTENT_SSE },
        { "websocket", INTENT_WEBSOCKET },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[256];
        (void)snprintf(body, sizeof body,
                       "hub.mode=subscribe&hub.channel.type=%s&" TOPIC
                       "&hub.secret=s&hub.lease_seconds=600",
                       cases[i].type);
        struct intent intent = fine(body);
        assert_int_equal(intent.channel, cases[i].channel);
        assert_int_equal(intent.lease_s, 600);
        assert_int_equal(intent.profile.secret.len, 1);
        intent_clear(&intent);
    }
}

static void a_webhook_is_no_channel(void **state)
{
    (void)state;
    struct intent intent = fine(SUBSCRIBE "&hub.channel.type=webhook");
    assert_int_equal(intent.channel, INTENT_WEBHOOK);
    intent_clear(&intent);
    assert_refused("hub.mode=subscribe&hub.channel.type=webhook&" TOPIC,
                   "callback");
    intent = fine(SUBSCRIBE "&hub.channel.endpoint=x");
    assert_int_equal(intent.channel, INTENT_WEBHOOK);
    intent_clear(&intent);
}

static void a_channel_ends_by_its_endpoint(void **state)
{
    (void)state;
    struct intent intent =
        fine("hub.mode=unsubscribe&hub.channel.endpoint=http%3A%2F%2Fh%2Fm");
    assert_int_not_equal(intent.channel, INTENT_WEBHOOK);
    assert_string_equal(intent.endpoint, "http://h/m");
    intent_clear(&intent);
    assert_refused("hub.mode=unsubscribe&hub.channel.type=poll&" TOPIC,
                   "hub.channel.endpoint");
    assert_refused("hub.mode=subscribe&hub.channel.type=pigeon&" TOPIC,
                   "hub.channel.type");
    assert_refused("hub.mode=subscribe&hub.channel.type=poll"
                   "&hub.channel.type=sse&" TOPIC,
                   "hub.channel.type");
    assert_refused("hub.mode=subscribe&hub.channel.type=poll", "topic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subscription_is_read),
        cmocka_unit_test(content_types_of_forms_are_accepted),
        cmocka_unit_test(other_content_types_are_415),
        cmocka_unit_test(multipart_is_tolerated),
        cmocka_unit_test(the_query_counts_without_a_body),
        cmocka_unit_test(with_a_body_the_query_does_not_count),
        cmocka_unit_test(a_secret_in_the_query_is_refused),
        cmocka_unit_test(a_broken_form_is_refused_by_name),
        cmocka_unit_test(names_are_decoded),
        cmocka_unit_test(what_is_required_is_named_when_it_is_missing),
        cmocka_unit_test(modes_are_known_in_any_case),
        cmocka_unit_test(bad_urls_are_refused_by_name),
        cmocka_unit_test(equal_duplicates_are_one),
        cmocka_unit_test(conflicting_duplicates_are_refused),
        cmocka_unit_test(leases_are_saturated_not_refused),
        cmocka_unit_test(leases_that_are_no_numbers_are_refused),
        cmocka_unit_test(an_unsubscription_ignores_its_lease),
        cmocka_unit_test(a_secret_has_less_than_200_bytes),
        cmocka_unit_test(an_empty_secret_is_none),
        cmocka_unit_test(an_old_client_is_known_by_its_parameters),
        cmocka_unit_test(a_verify_token_has_at_most_1024_bytes),
        cmocka_unit_test(a_signature_method_may_be_chosen),
        cmocka_unit_test(content_may_be_chosen),
        cmocka_unit_test(a_ping_has_any_number_of_urls),
        cmocka_unit_test(M19_a_star_at_the_end_is_a_prefix),
        cmocka_unit_test(M19_a_prefix_has_a_whole_origin),
        cmocka_unit_test(M19_prefixes_are_few_and_short),
        cmocka_unit_test(M19_a_document_is_read_with_its_signature),
        cmocka_unit_test(M19_a_prefix_may_be_signed_and_a_plain_ping_need_not),
        cmocka_unit_test(M19_what_is_signed_must_be_clear),
        cmocka_unit_test(one_bad_url_refuses_a_ping),
        cmocka_unit_test(a_ping_has_at_most_1000_urls),
        cmocka_unit_test(R26_every_refusal_has_its_code),
        cmocka_unit_test(R26_what_is_wrong_with_a_url_has_its_code),
        cmocka_unit_test(a_compressed_body_is_refused),
        cmocka_unit_test(R4_only_a_charset_is_a_charset),
        cmocka_unit_test(a_channel_needs_no_callback),
        cmocka_unit_test(a_webhook_is_no_channel),
        cmocka_unit_test(a_channel_ends_by_its_endpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
