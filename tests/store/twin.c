// SPDX-License-Identifier: MIT

#include "twin.h"

#include "storage/dump.h"
#include "storage/lmdb/mailboxes.h"
#include "storage/lmdb/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 512 };

static void copy_all(struct dump *dump, struct load *load)
{
    struct dump_record record;
    struct problem problem = { "" };
    while (dump_next(dump, &record, &problem))
        if (!load_add(load, &record, &problem))
            fail_msg("a record of kind %d is not loaded: %s", (int)record.kind,
                     problem.text);
    if (problem.text[0] != '\0')
        fail_msg("not dumped: %s", problem.text);
}

static void make(const char *from, const char *to)
{
    char file[PATH_SIZE], url[PATH_SIZE];
    struct problem problem = { "" };
    snprintf(file, sizeof file, "%s/data.mdb", from);
    snprintf(url, sizeof url, "lmdb:%s", to);
    struct dump *dump = dump_open(file, &problem);
    if (!dump)
        fail_msg("%s", problem.text);
    struct load *load = load_open(url, &problem);
    if (!load)
        fail_msg("%s", problem.text);
    copy_all(dump, load);
    dump_close(dump);
    if (!load_finish(load, &problem))
        fail_msg("%s", problem.text);
    load_close(load);
}

// ---------------------------------------------------------------- comparing

struct side {
    struct env env;
    struct txn txn;
};

static bool open_side(struct side *side, const char *directory)
{
    char file[PATH_SIZE];
    struct problem problem;
    *side = (struct side){ 0 };
    snprintf(file, sizeof file, "%s/data.mdb", directory);
    if (access(file, F_OK) != 0 || !env_open_file(&side->env, file, &problem))
        return false;
    txn_begin_read(&side->txn, &side->env);
    return true;
}

static void close_side(struct side *side)
{
    txn_abort(&side->txn);
    env_close(&side->env);
}

static bool has_idle_requests(struct side *side)
{
    struct bytes key, record;
    struct key from;
    key_start(&from);
    bool more = txn_seek(&side->txn, TABLE_REQUESTS, &from, &key, &record);
    for (; more; more = txn_next(&side->txn, TABLE_REQUESTS, &key, &record)) {
        struct request request;
        memset(&request, 0, sizeof request);
        if (!request_decode(record, &request) || request.idle)
            return true;
    }
    return false;
}

static bool has_ending_mailboxes(struct side *side)
{
    struct bytes key, record;
    struct key from;
    key_start(&from);
    bool more = txn_seek(&side->txn, TABLE_MAILBOX_STATE, &from, &key, &record);
    for (; more;
         more = txn_next(&side->txn, TABLE_MAILBOX_STATE, &key, &record)) {
        struct mailbox mailbox;
        memset(&mailbox, 0, sizeof mailbox);
        if (!mailbox_state_decode(record, &mailbox) || mailbox.ending)
            return true;
    }
    return false;
}

// Pieces whose publish has not come are marked there.
static bool has_orphans(struct side *side)
{
    struct key from;
    struct bytes key, record;
    key_start(&from);
    key_text(&from, (struct bytes){ "pieces-", 7 });
    return txn_seek(&side->txn, TABLE_META, &from, &key, &record)
           && key.len >= 7 && memcmp(key.at, "pieces-", 7) == 0;
}

static bool same(struct bytes a, struct bytes b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

// What is loaded is of the newest version of its kind.
static bool is_older(struct bytes a, struct bytes b)
{
    return a.len > 0 && b.len > 0 && a.at[0] < b.at[0];
}

// Formats 1 to 3 numbered their pieces from 0 on.
static bool has_old_entries(struct side *side)
{
    struct bytes key, record;
    struct key from;
    key_start(&from);
    return txn_seek(&side->txn, TABLE_ENTRIES, &from, &key, &record)
           && key_part_u32(key, sizeof(uint64_t)) <= INT32_MAX;
}

static void compare(struct side *one, struct side *other, enum table table)
{
    struct key from;
    struct bytes key[2], record[2];
    key_start(&from);
    bool first = txn_seek(&one->txn, table, &from, &key[0], &record[0]);
    bool second = txn_seek(&other->txn, table, &from, &key[1], &record[1]);
    for (size_t row = 0; first && second; row++) {
        if (!same(key[0], key[1])
            || (!same(record[0], record[1]) && !is_older(record[0], record[1])))
            fail_msg("row %zu of %s is not the same in the twin", row,
                     env_table_name(table));
        first = txn_next(&one->txn, table, &key[0], &record[0]);
        second = txn_next(&other->txn, table, &key[1], &record[1]);
    }
    if (first || second)
        fail_msg("%s has %s rows in the twin", env_table_name(table),
                 first ? "fewer" : "more");
}

static void compare_all(struct side *one, struct side *other)
{
    for (int table = 0; table < TABLE_COUNT; table++)
        // Of it the epoch and the clock of the commit differ.
        if (table != TABLE_META
            && !(table == TABLE_ENTRIES && has_old_entries(one)))
            compare(one, other, (enum table)table);
}

static void discard(const char *directory)
{
    static const char *const names[] = { "data.mdb", "lock", "copied" };
    char path[PATH_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

void twin_check(const char *directory)
{
    char twin[PATH_SIZE - 16];
    struct side one, other;
    snprintf(twin, sizeof twin, "%s.twin", directory);
    if (!open_side(&one, directory))
        return;
    bool comparable = !has_idle_requests(&one) && !has_ending_mailboxes(&one)
                      && !has_orphans(&one);
    make(directory, twin);
    assert_true(open_side(&other, twin));
    if (comparable)
        compare_all(&one, &other);
    close_side(&other);
    close_side(&one);
    discard(twin);
}
