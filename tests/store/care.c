// SPDX-License-Identifier: MIT
//
// A store that is broken in one place is found to be, and where; one that is
// not is found whole; a compacted one has everything.

#include "storage/care.h"
#include "fixture.h"
#include "scene.h"
#include "storage/lmdb/env.h"
#include "storage/lmdb/meta.h"
#include "storage/lmdb/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FEED "https://example.org/feed"
#define CALL "https://callback.example/"

enum { MAP = 64 << 20, FOUND_MAX = 64, PATH_SIZE = 512, VALUE_MAX = 1 << 16 };

struct found {
    char tables[FOUND_MAX][32];
    size_t count;
};

static void find(void *context, const struct care_finding *finding)
{
    struct found *found = context;
    assert_true(strlen(finding->text) > 0);
    assert_null(strchr(finding->text, '\n'));
    assert_null(strstr(finding->text, "example"));
    if (found->count < FOUND_MAX)
        snprintf(found->tables[found->count], sizeof *found->tables, "%s",
                 finding->table);
    found->count++;
}

static bool said_of(const struct found *found, const char *table)
{
    for (size_t i = 0; i < found->count && i < FOUND_MAX; i++)
        if (strcmp(found->tables[i], table) == 0)
            return true;
    return false;
}

static struct care check(struct session *s, struct found *found)
{
    struct problem problem = { "" };
    struct care care = { .found = find, .context = found };
    found->count = 0;
    if (!care_check(&care, s->url, &problem))
        fail_msg("%s", problem.text);
    assert_int_equal(care.findings, found->count);
    return care;
}

// ------------------------------------------------------------------- whole

static void a_store_of_any_format_is_whole(void **state)
{
    (void)state;
    for (int format = FIXTURE_FIRST; format <= FIXTURE_LAST; format++) {
        struct found found;
        struct session *s = fixture_session(format);
        struct care care = check(s, &found);
        assert_int_equal(care.format, format);
        assert_int_equal(care.findings, 0);
        assert_in_range(care.records, 50, 1000);
        // To look has changed nothing.
        assert_int_equal(check(s, &found).format, format);
        session_open(s);
        session_close(s);
        assert_int_equal(check(s, &found).format, FIXTURE_LAST);
        assert_int_equal(found.count, 0);
        session_free(s);
    }
}

struct progress {
    uint64_t done, all;
};

static void note(void *context, uint64_t done, uint64_t all)
{
    *(struct progress *)context = (struct progress){ done, all };
}

static void progress_ends_with_everything(void **state)
{
    (void)state;
    struct problem problem;
    struct progress progress = { 0 };
    struct session *s = fixture_session(FIXTURE_LAST);
    struct care care = { .progress = note, .context = &progress };
    assert_true(care_check(&care, s->url, &problem));
    assert_true(progress.done == progress.all);
    assert_true(progress.all == care.records);
    session_free(s);
}

// ------------------------------------------------------------------ broken

// Something that is done to a store that nobody has open.
struct damage {
    enum table table; // where
    const char *said; // of which table it is said
    // NULL: the row goes. Else what it becomes.
    void (*change)(char *value, size_t *len);
    size_t row; // which of them
};

static void damage(struct session *s, const struct damage *how)
{
    static char value[VALUE_MAX];
    struct env env;
    struct txn txn;
    struct problem problem;
    struct key at;
    struct bytes key, record;
    assert_true(env_open(&env, session_directory(s), MAP, &problem));
    txn_begin_write(&txn, &env);
    key_start(&at);
    bool there = txn_seek(&txn, how->table, &at, &key, &record);
    for (size_t i = 0; there && i < how->row; i++)
        there = txn_next(&txn, how->table, &key, &record);
    if (!there)
        fail_msg("%s has no row %zu", env_table_name(how->table), how->row);
    memcpy(at.at, key.at, key.len);
    at.len = key.len;
    size_t len = record.len;
    assert_true(len <= sizeof value);
    memcpy(value, record.at, len);
    if (how->change) {
        how->change(value, &len);
        txn_put(&txn, how->table, &at, (struct bytes){ value, len });
    } else {
        txn_remove(&txn, how->table, &at);
    }
    assert_int_equal(txn_commit(&txn), STORE_OK);
    env_close(&env);
}

static void expect_said(const struct damage *how)
{
    struct found found;
    struct session *s = fixture_session(FIXTURE_LAST);
    damage(s, how);
    check(s, &found);
    if (!said_of(&found, how->said))
        fail_msg("row %zu of %s: nothing was said of %s", how->row,
                 env_table_name(how->table), how->said);
    session_free(s);
}

static void a_row_that_is_missing_is_found(void **state)
{
    static const struct damage rows[] = {
        { TABLE_META, "meta", NULL, 0 }, // counters
        { TABLE_TOPICS, "topic-state", NULL, 0 },
        { TABLE_TOPIC_STATE, "topics", NULL, 0 },
        { TABLE_TOPIC_IDS, "topics", NULL, 0 },
        { TABLE_TOPIC_URLS, "topics", NULL, 0 },
        { TABLE_SUBSCRIPTIONS, "subscription-ids", NULL, 0 },
        { TABLE_SUBSCRIPTIONS, "topic-state", NULL, 0 },
        { TABLE_SUBSCRIPTION_IDS, "subscriptions", NULL, 0 },
        { TABLE_ORIGINS, "subscriptions", NULL, 0 },
        { TABLE_LEASES, "subscriptions", NULL, 0 },
        { TABLE_REQUESTS, "due", NULL, 0 },
        { TABLE_REQUESTS, "leases", NULL, 1 },
        { TABLE_DENIALS, "due", NULL, 0 },
        { TABLE_UPDATES, "events", NULL, 0 },
        { TABLE_UPDATES, "updates", NULL, 2 },
        { TABLE_EVENTS, "updates", NULL, 0 },
        { TABLE_BODIES, "bodies", NULL, 0 },
        { TABLE_LAGGING, "due", NULL, 0 },
        { TABLE_DUE, "requests", NULL, 0 },
        { TABLE_WAITING, "lagging", NULL, 0 },
        { TABLE_LANES, "waiting", NULL, 1 },
        { TABLE_LANES, "due", NULL, 1 },
        { TABLE_TICKETS, "leases", NULL, 0 },
        { TABLE_TICKETS, "subscriptions", NULL, 3 },
        { TABLE_GRAVES, "leases", NULL, 0 },
        { TABLE_MAILBOXES, "mailbox-state", NULL, 0 },
        { TABLE_MAILBOX_STATE, "mailboxes", NULL, 0 },
        { TABLE_MAILBOX_NAMES, "mailboxes", NULL, 0 },
        { TABLE_LISTENS, "listen-state", NULL, 0 },
        { TABLE_LISTENS, "topic-state", NULL, 0 },
        { TABLE_LISTEN_STATE, "listens", NULL, 0 },
        { TABLE_LISTEN_TOPICS, "listens", NULL, 0 },
        { TABLE_DEAD, "dead-bodies", NULL, 0 },
        { TABLE_DEAD_BODIES, "dead-bodies", NULL, 0 },
        { TABLE_TOKENS, "token-hashes", NULL, 0 },
        { TABLE_TOKEN_HASHES, "tokens", NULL, 0 },
        { TABLE_TOKEN_NAMES, "tokens", NULL, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_said(&rows[i]);
}

static void another_version(char *value, size_t *len)
{
    (void)len;
    value[0] = 99;
}

static void cut_short(char *value, size_t *len)
{
    (void)value;
    *len -= 1;
}

static void a_record_that_cannot_be_read_is_found(void **state)
{
    static const struct damage rows[] = {
        { TABLE_TOPICS, "topics", NULL, 0 },
        { TABLE_TOPIC_STATE, "topics", NULL, 1 },
        { TABLE_SUBSCRIPTIONS, "subscriptions", NULL, 2 },
        { TABLE_REQUESTS, "requests", NULL, 0 },
        { TABLE_DENIALS, "denials", NULL, 0 },
        { TABLE_UPDATES, "updates", NULL, 3 },
        { TABLE_ENTRIES, "entries", NULL, 0 },
        { TABLE_WALKS, "walks", NULL, 0 },
        { TABLE_LAGGING, "lagging", NULL, 0 },
        { TABLE_LANES, "lanes", NULL, 0 },
        { TABLE_TICKETS, "tickets", NULL, 0 },
        { TABLE_MAILBOXES, "mailboxes", NULL, 0 },
        { TABLE_MAILBOX_STATE, "mailboxes", NULL, 1 },
        { TABLE_LISTENS, "listens", NULL, 0 },
        { TABLE_LISTEN_STATE, "listens", NULL, 1 },
        { TABLE_LETTERS, "letters", NULL, 0 },
        { TABLE_DEAD, "dead", NULL, 0 },
        { TABLE_TOKENS, "tokens", NULL, 0 },
        { TABLE_RULES, "rules", NULL, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct damage how = rows[i];
        how.change = another_version;
        expect_said(&how);
        how.change = cut_short;
        expect_said(&how);
    }
    expect_said(&(struct damage){ TABLE_GRAVES, "graves", cut_short, 0 });
    expect_said(&(struct damage){ TABLE_BODIES, "bodies", cut_short, 0 });
    expect_said(
        &(struct damage){ TABLE_DEAD_BODIES, "dead-bodies", cut_short, 0 });
}

// A number in big-endian becomes one that was never given.
static void elsewhere(char *value, size_t *len)
{
    (void)len;
    value[0] = 1;
}

static void a_key_that_leads_elsewhere_is_found(void **state)
{
    static const enum table tables[] = {
        TABLE_TOPIC_IDS,     TABLE_SUBSCRIPTION_IDS, TABLE_EVENTS,
        TABLE_MAILBOX_NAMES, TABLE_LISTEN_TOPICS,    TABLE_TOKEN_HASHES,
        TABLE_TOKEN_NAMES,
    };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        expect_said(&(struct damage){ tables[i], env_table_name(tables[i]),
                                      elsewhere, 0 });
}

// Keys that nothing has asked for: one more than the last of each table.
static void a_key_that_nobody_knows_of_is_found(void **state)
{
    static const enum table tables[] = {
        TABLE_META,         TABLE_TOPIC_STATE,   TABLE_TOPIC_IDS,
        TABLE_TOPIC_URLS,   TABLE_ALIASES,       TABLE_SUBSCRIPTION_IDS,
        TABLE_ORIGINS,      TABLE_LEASES,        TABLE_EVENTS,
        TABLE_BODIES,       TABLE_ENTRIES,       TABLE_WALKS,
        TABLE_LAGGING,      TABLE_DUE,           TABLE_WAITING,
        TABLE_TICKETS,      TABLE_MAILBOX_STATE, TABLE_MAILBOX_NAMES,
        TABLE_LISTEN_STATE, TABLE_LISTEN_TOPICS, TABLE_LETTERS,
        TABLE_DEAD,         TABLE_DEAD_BODIES,   TABLE_TOKEN_HASHES,
        TABLE_TOKEN_NAMES,  TABLE_RULES,
    };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct found found;
        struct env env;
        struct txn txn;
        struct problem problem;
        struct key key;
        struct session *s = fixture_session(FIXTURE_LAST);
        assert_true(env_open(&env, session_directory(s), MAP, &problem));
        txn_begin_write(&txn, &env);
        key_three(&key, UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX - 1);
        txn_put(&txn, tables[i], &key, (struct bytes){ "12345678", 8 });
        assert_int_equal(txn_commit(&txn), STORE_OK);
        env_close(&env);
        check(s, &found);
        if (!said_of(&found, env_table_name(tables[i])))
            fail_msg("nothing was said of %s", env_table_name(tables[i]));
        session_free(s);
    }
}

// The same of the right length, so that it is what it says that is wrong.
static void what_is_due_for_nobody_is_found(void **state)
{
    (void)state;
    for (uint8_t kind = 0; kind < 12; kind++) {
        struct found found;
        struct env env;
        struct txn txn;
        struct problem problem;
        struct key key;
        struct session *s = fixture_session(FIXTURE_LAST);
        assert_true(env_open(&env, session_directory(s), MAP, &problem));
        txn_begin_write(&txn, &env);
        key_start(&key);
        key_u8(&key, kind);
        key_u64(&key, 12345);
        key_u64(&key, 1);
        key_u64(&key, 1);
        txn_mark(&txn, TABLE_DUE, &key);
        txn_mark(&txn, TABLE_LEASES, &key);
        assert_int_equal(txn_commit(&txn), STORE_OK);
        env_close(&env);
        check(s, &found);
        assert_true(said_of(&found, "due"));
        assert_true(said_of(&found, "leases"));
        assert_int_equal(found.count, 2);
        session_free(s);
    }
}

// ------------------------------------------------------------- free pages

enum {
    FILE_PAGE = 4096,
    META_FREE_ROOT = 80, // in one of the first two pages
    META_TXN = 144,
    PAGE_NODES = 16,
    NODE_LIST = 16, // after its head and its key
};

static uint64_t read_number(FILE *file, long at, size_t bytes)
{
    uint64_t number = 0;
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fread(&number, bytes, 1, file), 1);
    return number;
}

// Where the list of free pages has its first page.
static long first_free(FILE *file)
{
    bool second = read_number(file, FILE_PAGE + META_TXN, 8)
                  > read_number(file, META_TXN, 8);
    long meta = second ? FILE_PAGE : 0;
    long root = (long)read_number(file, meta + META_FREE_ROOT, 8) * FILE_PAGE;
    long node = root + (long)read_number(file, root + PAGE_NODES, 2);
    assert_true(root > 0);
    assert_in_range(read_number(file, node + NODE_LIST, 8), 1, 1000);
    return node + NODE_LIST + 8;
}

static void a_free_page_that_is_none_is_found(void **state)
{
    static const uint64_t pages[] = { 0, 1, 1U << 20, UINT64_MAX };
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char path[PATH_SIZE];
        struct found found;
        struct session *s = fixture_session(FIXTURE_LAST);
        session_open(s);
        session_close(s);
        check(s, &found);
        assert_int_equal(found.count, 0);
        snprintf(path, sizeof path, "%s/data.mdb", session_directory(s));
        FILE *file = fopen(path, "r+");
        assert_non_null(file);
        long at = first_free(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        assert_int_equal(fwrite(&pages[i], sizeof pages[i], 1, file), 1);
        assert_int_equal(fclose(file), 0);
        check(s, &found);
        assert_true(said_of(&found, "free pages"));
        session_free(s);
    }
}

// ------------------------------------------------------------- no look yet

static void what_is_no_store_is_a_problem(void **state)
{
    char path[PATH_SIZE];
    struct problem problem = { "" };
    struct care care = { .found = NULL };
    struct session *s = fixture_session(FIXTURE_LAST);
    (void)state;
    assert_false(care_check(&care, "nonsense:x", &problem));
    assert_false(care_check(&care, "lmdb:/nowhere/at/all", &problem));
    assert_false(care_check_file(&care, "/nowhere/at/all", &problem));
    assert_string_equal(problem.text,
                        "/nowhere/at/all: No such file or directory");
    snprintf(path, sizeof path, "%s/data.mdb", session_directory(s));
    assert_int_equal(truncate(path, 20000), 0);
    assert_false(care_check(&care, s->url, &problem));
    assert_non_null(strstr(problem.text, "short"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("this is a letter and no store, whatever it is called", file);
    assert_int_equal(fclose(file), 0);
    assert_false(care_check(&care, s->url, &problem));
    session_free(s);
}

static void a_store_that_is_open_is_left_alone(void **state)
{
    struct problem problem = { "" };
    struct care care = { .found = NULL };
    struct session *s = fixture_open(FIXTURE_LAST);
    struct care_compacting compacting = { .url = s->url };
    (void)state;
    assert_false(care_check(&care, s->url, &problem));
    assert_non_null(strstr(problem.text, "in use"));
    assert_false(care_compact(&compacting, &problem));
    assert_non_null(strstr(problem.text, "in use"));
    session_free(s);
}

static void a_newer_format_is_a_problem(void **state)
{
    struct env env;
    struct txn txn;
    struct problem problem = { "" };
    struct care care = { .found = NULL };
    struct session *s = fixture_session(FIXTURE_LAST);
    (void)state;
    assert_true(env_open(&env, session_directory(s), MAP, &problem));
    txn_begin_write(&txn, &env);
    meta_set_format(&txn, FIXTURE_LAST + 1);
    assert_int_equal(txn_commit(&txn), STORE_OK);
    env_close(&env);
    assert_false(care_check(&care, s->url, &problem));
    assert_non_null(strstr(problem.text, "newer"));
    assert_null(store_open(&s->options, &problem));
    assert_non_null(strstr(problem.text, "format 8 is newer"));
    session_free(s);
}

// ----------------------------------------------------------------- compact

static void a_compacted_store_is_smaller_and_has_everything(void **state)
{
    static char body[STORE_CHUNK];
    struct problem problem = { "" };
    struct found found;
    struct session *s = fixture_open(FIXTURE_LAST);
    (void)state;
    uint64_t topic = scene_topic(s, FEED).id;
    for (int i = 0; i < 50; i++) {
        struct store_publish op = scene_fetch(s, FEED, STORE_FETCH_UPDATE);
        memset(body, i, sizeof body);
        op.whole.inlined = (struct bytes){ body, sizeof body };
        session_must(s, &op.op);
    }
    session_advance(s, DAY);
    scene_trim(s, topic, DAY, 1, 1);
    struct store_numbers before = scene_stats(s);
    assert_in_range(before.free_bytes, 2 << 20, 64 << 20);
    uint64_t epoch = store_epoch(s->store);
    session_close(s);
    struct care_compacting compacting = { .url = s->url };
    if (!care_compact(&compacting, &problem))
        fail_msg("%s", problem.text);
    assert_in_range(compacting.after, 4096, compacting.before - (2 << 20));
    check(s, &found);
    assert_int_equal(found.count, 0);
    session_open(s);
    assert_true(store_epoch(s->store) == epoch);
    struct store_numbers after = scene_stats(s);
    assert_true(after.events == before.events);
    assert_true(after.subscriptions == before.subscriptions);
    assert_true(after.free_bytes < 1 << 20);
    assert_int_equal(scene_topic(s, FEED).head, 53);
    scene_update(s, FEED, "goes on");
    session_free(s);
}

static void what_cannot_be_compacted_stays_as_it_is(void **state)
{
    struct stat before, after;
    char path[PATH_SIZE];
    struct problem problem = { "" };
    struct session *s = fixture_session(FIXTURE_LAST);
    struct care_compacting compacting = { .url = s->url };
    (void)state;
    snprintf(path, sizeof path, "%s/data.mdb", session_directory(s));
    assert_int_equal(truncate(path, 20000), 0);
    assert_int_equal(stat(path, &before), 0);
    assert_false(care_compact(&compacting, &problem));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    snprintf(path, sizeof path, "%s/data.part", session_directory(s));
    assert_int_not_equal(access(path, F_OK), 0);
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_of_any_format_is_whole),
        cmocka_unit_test(progress_ends_with_everything),
        cmocka_unit_test(a_row_that_is_missing_is_found),
        cmocka_unit_test(a_record_that_cannot_be_read_is_found),
        cmocka_unit_test(a_key_that_leads_elsewhere_is_found),
        cmocka_unit_test(a_key_that_nobody_knows_of_is_found),
        cmocka_unit_test(what_is_due_for_nobody_is_found),
        cmocka_unit_test(a_free_page_that_is_none_is_found),
        cmocka_unit_test(what_is_no_store_is_a_problem),
        cmocka_unit_test(a_store_that_is_open_is_left_alone),
        cmocka_unit_test(a_newer_format_is_a_problem),
        cmocka_unit_test(a_compacted_store_is_smaller_and_has_everything),
        cmocka_unit_test(what_cannot_be_compacted_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
