// SPDX-License-Identifier: MIT
//
// Power cuts: whatever of the writes after the last sync has got to the disk,
// the store opens at its last commit and all of it can be read.
//
// A store is driven while everything it writes is noted. Then its file is
// rebuilt as a cut could have left it at a great many moments, and opened by
// another process. POWER_CUTS says how many, STORE_SEED which.

#include "tape.h"
#include "tests/store/chance.h"
#include "tests/store/scene.h"

#include <inttypes.h>
#include <lmdb.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    CUTS = 400,
    CUTS_OF_ONE = 50, // of each store that is made for it
    STEPS = 40,
    TOPICS = 3,
    COMMITS_MAX = 4000,
    PAGE = 4096,
    SECTOR = 512,
    // Where LMDB's header says which is the last page.
    LAST_PAGE_AT = 16 + 120,
    TXN_AT = 16 + 128,
    // What the process that looks at a rebuilt file exits with.
    OTHER = 3,
};

// ------------------------------------------------------------- the digest

static void mix(uint64_t *digest, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        *digest = (*digest ^ at[i]) * UINT64_C(0x100000001b3);
}

// All keys and values of a table, but not the tables that are in it.
static void mix_table(uint64_t *digest, MDB_txn *txn, MDB_dbi table)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    assert_int_equal(mdb_cursor_open(txn, table, &cursor), 0);
    int error;
    while (!(error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        mix(digest, &key.mv_size, sizeof key.mv_size);
        mix(digest, key.mv_data, key.mv_size);
        mix(digest, value.mv_data, value.mv_size);
    }
    assert_int_equal(error, MDB_NOTFOUND);
    mdb_cursor_close(cursor);
}

static void mix_named(uint64_t *digest, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    MDB_dbi names, table;
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &names), 0);
    assert_int_equal(mdb_cursor_open(txn, names, &cursor), 0);
    while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)key.mv_size,
                 (const char *)key.mv_data);
        mix(digest, name, strlen(name));
        assert_int_equal(mdb_dbi_open(txn, name, 0, &table), 0);
        mix_table(digest, txn, table);
    }
    mdb_cursor_close(cursor);
}

// Every record of every table, and LMDB's list of free pages.
static uint64_t digest_of(const char *directory)
{
    enum { FREE_PAGES = 0, TABLES = 64 };
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    MDB_env *env;
    MDB_txn *txn;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, TABLES), 0);
    assert_int_equal(
        mdb_env_open(env, directory, MDB_RDONLY | MDB_NOLOCK, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    mix_table(&digest, txn, FREE_PAGES);
    mix_named(&digest, txn);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return digest;
}

// ------------------------------------------------------------ what is read

static void read_bodies(struct session *s, const struct store_topic *topic)
{
    for (uint64_t seq = topic->removed + 1; seq <= topic->head; seq++) {
        struct store_read_body read = {
            .op.verb = STORE_READ_BODY,
            .topic = topic->id,
            .seq = seq,
        };
        enum store_status status = session_run(s, &read.op);
        assert_true(status == STORE_OK || status == STORE_NOT_FOUND);
        store_release(&read.op);
    }
}

static void topic_name(char name[64], uint64_t number)
{
    snprintf(name, 64, "https://example.org/feed/%" PRIu64, number);
}

static void read_all(struct session *s)
{
    struct store_subscriber subscribers[SCENE_MAX];
    struct store_walk walk;
    char name[64];
    for (uint64_t i = 0; i < TOPICS; i++) {
        topic_name(name, i);
        struct store_topic topic = scene_topic(s, name);
        if (topic.id == 0)
            continue;
        scene_subscribers(s, topic.id, subscribers);
        scene_walk(s, topic.id, &walk);
        read_bodies(s, &topic);
    }
    scene_stats(s);
}

// Another process: looks at a rebuilt file, with the store's eyes too.
static int look(const char *url, const char *expected)
{
    struct session *s = session_at(url);
    uint64_t digest = strtoull(expected, NULL, 16);
    if (digest != 0 && digest_of(session_directory(s)) != digest) {
        fprintf(stderr, "it is not what was committed\n");
        return OTHER;
    }
    session_open(s);
    read_all(s);
    // It can be written, too, and read after that.
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, "https://example.org/feed/0",
                   "https://callback.example/afterwards");
    scene_take(s, &take);
    session_reopen(s);
    read_all(s);
    session_free(s);
    return 0;
}

// ------------------------------------------------------------ what is done

static void subscribe_some(struct session *s, const char *topic,
                           struct chance *chance)
{
    char callback[64];
    uint64_t count = 1 + chance_below(chance, 3);
    for (uint64_t i = 0; i < count; i++) {
        snprintf(callback, sizeof callback, "https://callback.example/%" PRIu64,
                 chance_below(chance, 40));
        size_t before = tape_durables();
        scene_subscribe(s, topic, callback);
        // Nothing is acknowledged before it is durable.
        assert_true(tape_durables() >= before + 2);
    }
}

// Many at once share a commit. Some of them never come to anything.
static void subscribe_many(struct session *s, const char *topic,
                           struct chance *chance)
{
    struct store_take takes[SCENE_MAX];
    struct store_settle settles[SCENE_MAX];
    char callbacks[SCENE_MAX][64];
    for (size_t i = 0; i < SCENE_MAX; i++) {
        snprintf(callbacks[i], sizeof callbacks[i],
                 "https://callback.example/%" PRIx64, chance_next(chance));
        takes[i] = scene_asks(STORE_SUBSCRIBE, topic, callbacks[i]);
        session_submit(s, &takes[i].op);
    }
    session_wait(s);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = SCENE_MAX,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    for (size_t i = 0; i < claim.count; i++) {
        settles[i] = (struct store_settle){
            .op.verb = STORE_SETTLE,
            .request = claim.items[i].request.id,
            .token = claim.items[i].token,
            .verdict = i % 9 ? STORE_VERIFIED : STORE_VERIFY_FAILED,
            .sent_at = session_now(s),
            .lease = LEASE,
        };
        session_submit(s, &settles[i].op);
    }
    session_wait(s);
    store_release(&claim.op);
}

// All leases end, of everybody.
static void expire(struct session *s)
{
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 256 };
    session_advance(s, LEASE + HOUR);
    do {
        session_must(s, &expire.op);
        store_release(&expire.op);
    } while (expire.more);
}

// A body of some size: in the update itself, or before it in pieces.
static void update(struct session *s, const char *topic, struct chance *chance)
{
    enum { LONGEST = 4 * STORE_CHUNK };
    static char body[LONGEST];
    static const size_t longest[] = { 100, 5000, STORE_CHUNK, LONGEST };
    size_t len =
        1 + (size_t)chance_below(chance, longest[chance_below(chance, 4)]);
    memset(body, (int)('a' + chance_below(chance, 26)), len);
    struct store_publish publish = scene_fetch(s, topic, STORE_FETCH_UPDATE);
    struct store_put_chunk put = {
        .op.verb = STORE_PUT_CHUNK,
        .topic = publish.topic,
        .seq = publish.expected_head + 1,
        .which = STORE_WHOLE,
    };
    if (len <= STORE_CHUNK)
        publish.whole.inlined = (struct bytes){ body, len };
    else
        publish.whole.chunked = len;
    for (size_t at = 0; at < publish.whole.chunked; at += STORE_CHUNK) {
        size_t left = len - at;
        put.piece = (struct bytes){ body + at,
                                    left < STORE_CHUNK ? left : STORE_CHUNK };
        session_must(s, &put.op);
        put.index++;
    }
    session_must(s, &publish.op);
}

static enum store_outcome_kind every_third_fails(uint64_t subscription)
{
    return subscription % 3 ? STORE_DELIVERED : STORE_OWED;
}

// Whichever topic is the first that is due for it.
static void trim(struct session *s)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_TRIM,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    store_release(&claim.op);
    if (claim.next_due == INT64_MAX)
        return;
    if (claim.next_due > session_now(s))
        session_advance(s, claim.next_due - session_now(s));
    claim.max = 1;
    session_must(s, &claim.op);
    struct store_trim trim = {
        .op.verb = STORE_TRIM,
        .topic = claim.items[0].topic.id,
        .token = claim.items[0].token,
        .keep_ms = DAY,
        .keep_updates = 3,
        .keep_bytes = 1 << 20,
    };
    store_release(&claim.op);
    session_must(s, &trim.op);
}

static void step(struct session *s, struct chance *chance)
{
    char name[64];
    topic_name(name, chance_below(chance, TOPICS));
    uint64_t what = chance_below(chance, 11);
    struct store_topic topic = scene_topic(s, name);
    session_advance(s, SECOND);
    if (what < 3 || topic.subscriptions == 0) {
        subscribe_some(s, name, chance);
    } else if (what == 3) {
        subscribe_many(s, name, chance);
    } else if (what < 7) {
        update(s, name, chance);
    } else if (what == 7) {
        scene_walk_all(s, topic.id, every_third_fails);
    } else if (what == 8) {
        trim(s);
    } else if (what == 9) {
        expire(s);
    } else {
        session_reopen(s);
    }
}

// ----------------------------------------------------------------- the cuts

struct cutting {
    struct session *session;
    struct chance chance;
    char directory[600], file[620];
    uint64_t digests[COMMITS_MAX]; // of each commit
    size_t commits;
};

static uint64_t number_at(const struct image *image, size_t at)
{
    uint64_t number = 0;
    if (at + sizeof number <= image->used)
        memcpy(&number, image->bytes + at, sizeof number);
    return number;
}

// As long as its newest header says.
static void complete(struct image *image)
{
    size_t newer =
        number_at(image, TXN_AT) > number_at(image, PAGE + TXN_AT) ? 0 : PAGE;
    image_extend(image, PAGE * (number_at(image, newer + LAST_PAGE_AT) + 1));
}

static void expect_file(const struct image *image, const char *path)
{
    struct stat status;
    uint8_t *bytes = malloc(image->used);
    FILE *file = fopen(path, "rb");
    assert_non_null(bytes);
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, image->used, file), image->used);
    assert_int_equal(fstat(fileno(file), &status), 0);
    assert_int_equal(status.st_size, image->size);
    assert_memory_equal(bytes, image->bytes, image->used);
    fclose(file);
    free(bytes);
}

// What the store holds after each of its commits. Also: the notes are all
// that was written.
static void learn(struct cutting *cutting, const char *original)
{
    struct image image = { .bytes = NULL }, whole = { .bytes = NULL };
    for (size_t i = 0; i < tape_length(); i++) {
        image_apply(&image, tape_at(i));
        if (tape_at(i)->kind != TAPE_DURABLE)
            continue;
        image_copy(&whole, &image);
        complete(&whole);
        image_save(&whole, cutting->file);
        assert_true(cutting->commits < COMMITS_MAX);
        cutting->digests[cutting->commits++] = digest_of(cutting->directory);
    }
    expect_file(&image, original);
    image_free(&image);
    image_free(&whole);
}

// Half of all cuts are near the header of a commit, or a change of the size.
static size_t choose_moment(struct chance *chance)
{
    size_t at = (size_t)chance_below(chance, tape_length());
    enum tape_kind wanted = chance_below(chance, 8) ? TAPE_DURABLE : TAPE_SIZE;
    if (chance_below(chance, 2))
        return at;
    for (size_t i = 0; i < tape_length(); i++) {
        size_t found = (at + i) % tape_length();
        if (tape_at(found)->kind == wanted)
            return found - (size_t)chance_below(chance, 2);
    }
    return at;
}

// The file after a cut during note `moment`. Returns how many commits it must
// have.
static size_t cut(struct image *image, size_t moment, struct chance *chance)
{
    static const size_t parts[] = { SECTOR, PAGE, 1 << 30 };
    size_t part = parts[chance_below(chance, 3)];
    size_t commits = 0, synced = 0;
    bool all = chance_below(chance, 4) == 0;
    for (size_t i = 0; i < moment; i++)
        if (tape_at(i)->kind == TAPE_SYNC)
            synced = i;
    image_empty(image);
    for (size_t i = 0; i <= moment; i++) {
        const struct tape_note *one = tape_at(i);
        bool durable = one->kind == TAPE_DURABLE;
        // The header is written whole, or not at all.
        if (durable && i == moment && chance_below(chance, 2))
            break;
        commits += durable;
        if (durable || i < synced || all)
            image_apply(image, one);
        else
            image_tear(image, one, part, chance);
    }
    return commits;
}

static void look_at(struct cutting *cutting, size_t commits, size_t moment)
{
    char url[620], digest[32];
    char program[] = "/proc/self/exe";
    char *arguments[] = { program, url, digest, NULL };
    int status = -1;
    pid_t child;
    snprintf(url, sizeof url, "lmdb:%s", cutting->directory);
    snprintf(digest, sizeof digest, "%" PRIx64,
             commits ? cutting->digests[commits - 1] : 0);
    assert_int_equal(
        posix_spawn(&child, program, NULL, NULL, arguments, environ), 0);
    assert_true(waitpid(child, &status, 0) == child);
    if (status != 0)
        fail_msg("cut in note %zu of %zu, after %zu commits: status %#x",
                 moment, tape_length(), commits, (unsigned)status);
}

static void record(struct cutting *cutting)
{
    struct session *s = cutting->session;
    char original[620];
    snprintf(original, sizeof original, "%s/data.mdb", session_directory(s));
    tape_start(original);
    session_open(s);
    for (int i = 0; i < STEPS; i++)
        step(s, &cutting->chance);
    session_close(s);
    tape_stop();
    learn(cutting, original);
    assert_true(cutting->commits > STEPS / 2);
}

// A store from its first moment on, and some cuts.
static void cut_one(struct cutting *cutting, long cuts)
{
    struct image image = { .bytes = NULL };
    cutting->session = session_new(true);
    cutting->commits = 0;
    snprintf(cutting->directory, sizeof cutting->directory, "%s/cut",
             cutting->session->root);
    snprintf(cutting->file, sizeof cutting->file, "%s/data.mdb",
             cutting->directory);
    assert_int_equal(mkdir(cutting->directory, 0700), 0);
    record(cutting);
    for (long i = 0; i < cuts; i++) {
        size_t moment = choose_moment(&cutting->chance);
        size_t commits = cut(&image, moment, &cutting->chance);
        image_save(&image, cutting->file);
        look_at(cutting, commits, moment);
    }
    image_free(&image);
    tape_free();
    session_free(cutting->session);
}

static void no_power_cut_takes_a_commit_away(void **state)
{
    (void)state;
    static struct cutting cutting;
    const char *given = getenv("POWER_CUTS");
    long cuts = given ? strtol(given, NULL, 0) : CUTS;
    cutting.chance = chance_from(chance_seed());
    for (long done = 0; done < cuts; done += CUTS_OF_ONE)
        cut_one(&cutting, CUTS_OF_ONE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_power_cut_takes_a_commit_away),
    };
    if (argc == 3)
        return look(argv[1], argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
