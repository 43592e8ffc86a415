// SPDX-License-Identifier: MIT
//
// A file that is damaged in one place, again and again: either a check says so,
// or the store is opened on it, read and written to, and lives. The second is
// done in another process. DAMAGES says how many there are of each kind,
// STORE_SEED which.

#include "chance.h"
#include "fixture.h"
#include "scene.h"
#include "storage/care.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FEED "https://example.org/feed"
#define CALL "https://callback.example/many/"

enum {
    PATH_SIZE = 512,
    SECTOR = 512,
    PAGE = 4096,
    HEAD = 64, // of a page, with the places of its first nodes
    MANY = 400,
    SUBSCRIBED = 150,
    BODY = 10000,
    PAGES_READ = 100,
    DAMAGES = 150,
    SECONDS = 120, // for one damage, before it is taken for a hang
};

// How the other process ends; no program exits with these by chance.
enum verdict { LIVED = 100, SAID, REFUSED, VERDICTS_END };
enum { VERDICTS = VERDICTS_END - LIVED };

struct image {
    struct session *session;
    char path[PATH_SIZE], lock[PATH_SIZE];
    uint8_t *whole, *damaged;
    size_t size; // of the whole one
    size_t cut;  // of the damaged one
    struct chance chance;
    unsigned verdicts[VERDICTS];
};

// ------------------------------------------------------------- a whole one

// Trees of some depth, values that run over, and long lists of free pages.
static void furnish(struct session *s)
{
    static char body[BODY];
    char callback[sizeof CALL + 16];
    for (int i = 0; i < MANY; i++) {
        snprintf(callback, sizeof callback, CALL "%d", i);
        struct store_take take = scene_asks(STORE_SUBSCRIBE, FEED, callback);
        if (i < SUBSCRIBED)
            scene_subscribe(s, FEED, callback);
        else
            scene_take(s, &take);
    }
    for (int i = 0; i < 30; i++) {
        memset(body, 'a' + i % 26, sizeof body - 1);
        scene_update(s, FEED, body);
    }
    session_advance(s, DAY);
    scene_trim(s, scene_topic(s, FEED).id, 1000 * (int64_t)DAY, 10, BODY * 10);
}

static void load(struct image *image)
{
    FILE *file = fopen(image->path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    image->size = (size_t)ftell(file);
    rewind(file);
    image->whole = malloc(image->size);
    image->damaged = malloc(image->size);
    assert_true(image->whole && image->damaged);
    assert_int_equal(fread(image->whole, 1, image->size, file), image->size);
    fclose(file);
}

static int set_up(void **state)
{
    const char *seed = getenv("STORE_SEED");
    struct image *image = calloc(1, sizeof *image);
    assert_non_null(image);
    image->session = fixture_open(FIXTURE_LAST);
    furnish(image->session);
    session_close(image->session);
    const char *directory = session_directory(image->session);
    snprintf(image->path, sizeof image->path, "%s/data.mdb", directory);
    snprintf(image->lock, sizeof image->lock, "%s/lock.mdb", directory);
    image->chance = chance_from(seed ? strtoull(seed, NULL, 0) : 1);
    load(image);
    *state = image;
    return 0;
}

static int tear_down(void **state)
{
    struct image *image = *state;
    printf("of the damaged ones %u were found, %u refused, %u lived\n",
           image->verdicts[SAID - LIVED], image->verdicts[REFUSED - LIVED],
           image->verdicts[LIVED - LIVED]);
    session_free(image->session);
    free(image->whole);
    free(image->damaged);
    free(image);
    return 0;
}

// -------------------------------------------------------- the other process

static void run(struct session *s, struct store_op *op)
{
    session_run(s, op);
    store_release(op);
}

static void read_topic(struct session *s, uint64_t topic, uint64_t head)
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = topic,
        .max = STORE_BATCH_MAX,
    };
    struct store_read_entries entries = {
        .op.verb = STORE_READ_ENTRIES,
        .topic = topic,
    };
    struct store_read_body body = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = head,
    };
    run(s, &page.op);
    run(s, &entries.op);
    run(s, &body.op);
}

static void read_all(struct session *s)
{
    struct store_stats stats = { .op.verb = STORE_STATS, .tables = true };
    struct store_page_topics topics = {
        .op.verb = STORE_PAGE_TOPICS,
        .max = PAGES_READ,
    };
    struct store_walks walks = { .op.verb = STORE_WALKS, .max = PAGES_READ };
    struct store_page_lagging lagging = {
        .op.verb = STORE_PAGE_LAGGING,
        .max = PAGES_READ,
    };
    struct store_position position = { .topic = 1,
                                       .since = STORE_SINCE_EARLIEST };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = PAGES_READ,
        .max_bytes = 1 << 20,
        .bodies = true,
    };
    run(s, &stats.op);
    session_run(s, &topics.op);
    for (size_t i = 0; topics.op.status == STORE_OK && i < topics.count; i++)
        read_topic(s, topics.items[i].id, topics.items[i].head);
    store_release(&topics.op);
    run(s, &walks.op);
    run(s, &lagging.op);
    run(s, &events.op);
}

static void claim_all(struct session *s)
{
    for (int kind = STORE_DUE_VERIFY; kind <= STORE_DUE_LANE; kind++) {
        struct store_claim claim = {
            .op.verb = STORE_CLAIM,
            .kind = (enum store_due_kind)kind,
            .max = PAGES_READ,
            .hold_ms = MINUTE,
        };
        run(s, &claim.op);
    }
}

// The first of these commits is the one that takes pages from the list of
// free ones.
static void write_all(struct session *s)
{
    static char body[BODY];
    struct store_key feed = scene_key(FEED);
    struct store_ping ping = {
        .op.verb = STORE_PING,
        .keys = &feed,
        .count = 1,
    };
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, FEED, CALL "afterwards");
    struct store_put_chunk chunk = {
        .op.verb = STORE_PUT_CHUNK,
        .topic = 1,
        .seq = 1000000,
        .piece = { body, sizeof body },
    };
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = PAGES_READ };
    run(s, &ping.op);
    run(s, &take.op);
    run(s, &chunk.op);
    session_advance(s, 100 * (int64_t)DAY);
    run(s, &expire.op);
    run(s, &ping.op);
}

// The test's own process would go on after some of these.
static void end_by_signals(void)
{
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
    const struct sigaction end = { .sa_handler = SIG_DFL };
    const struct rlimit none = { 0, 0 };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &end, NULL);
    setrlimit(RLIMIT_CORE, &none);
    alarm(SECONDS);
}

static enum verdict live(struct session *s)
{
    struct problem problem = { "" };
    struct care care = { .found = NULL };
    end_by_signals();
    if (!care_check(&care, s->url, &problem) || care.findings > 0)
        return SAID;
    s->store = store_open(&s->options, &problem);
    if (!s->store)
        return REFUSED;
    read_all(s);
    claim_all(s);
    write_all(s);
    read_all(s);
    store_close(s->store);
    return LIVED;
}

// ------------------------------------------------------------------ damage

static void save(const struct image *image)
{
    FILE *file = fopen(image->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image->damaged, 1, image->cut, file), image->cut);
    assert_int_equal(fclose(file), 0);
    // What a process that was killed has left there is no part of this.
    unlink(image->lock);
}

static void try(struct image *image, const char *what, size_t number)
{
    int status = 0;
    save(image);
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit((int)live(image->session));
    assert_true(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) < LIVED
        || WEXITSTATUS(status) >= VERDICTS_END)
        fail_msg("%s, number %zu: status %d", what, number, status);
    image->verdicts[WEXITSTATUS(status) - LIVED]++;
}

static size_t below(struct image *image, size_t limit)
{
    return (size_t)chance_below(&image->chance, limit);
}

static void try_many(struct image *image, const char *what,
                     void (*damage)(struct image *image))
{
    const char *given = getenv("DAMAGES");
    size_t count = given ? strtoul(given, NULL, 0) : DAMAGES;
    for (size_t i = 0; i < count; i++) {
        memcpy(image->damaged, image->whole, image->size);
        image->cut = image->size;
        damage(image);
        try(image, what, i);
    }
}

static void flip_in_head(struct image *image)
{
    size_t page = below(image, image->size / PAGE);
    size_t bit = below(image, HEAD * 8);
    image->damaged[page * PAGE + bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static void flip_anywhere(struct image *image)
{
    size_t bit = below(image, image->size * 8);
    image->damaged[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static void flip_in_header_of_file(struct image *image)
{
    size_t bit = below(image, 160 * 8);
    size_t page = below(image, 2);
    image->damaged[page * PAGE + bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static void write_number(struct image *image)
{
    size_t at = below(image, image->size / 8) * 8;
    uint64_t number = below(image, image->size / PAGE + 2);
    memcpy(image->damaged + at, &number, sizeof number);
}

static void lose_sector(struct image *image)
{
    size_t sector = below(image, image->size / SECTOR);
    memset(image->damaged + sector * SECTOR, 0, SECTOR);
}

static void misplace_page(struct image *image)
{
    size_t from = below(image, image->size / PAGE);
    size_t to = below(image, image->size / PAGE);
    memcpy(image->damaged + to * PAGE, image->whole + from * PAGE, PAGE);
}

// Also what a page leads to, or says of itself, as another one does.
static void misplace_page_that_names_itself(struct image *image)
{
    size_t to = below(image, image->size / PAGE);
    size_t from = below(image, image->size / PAGE);
    uint64_t number = to;
    memcpy(image->damaged + to * PAGE, image->whole + from * PAGE, PAGE);
    memcpy(image->damaged + to * PAGE, &number, sizeof number);
}

#define DAMAGE(name)                                                           \
    static void name##_is_found_or_harmless(void **state)                      \
    {                                                                          \
        try_many(*state, #name, name);                                         \
    }

DAMAGE(flip_in_head)
DAMAGE(flip_anywhere)
DAMAGE(flip_in_header_of_file)
DAMAGE(write_number)
DAMAGE(lose_sector)
DAMAGE(misplace_page)
DAMAGE(misplace_page_that_names_itself)

static void a_whole_one_lives(void **state)
{
    struct image *image = *state;
    unsigned lived = image->verdicts[LIVED - LIVED];
    memcpy(image->damaged, image->whole, image->size);
    image->cut = image->size;
    try(image, "whole", 0);
    assert_int_equal(image->verdicts[LIVED - LIVED], lived + 1);
}

static void one_that_was_cut_at_any_page_is_refused(void **state)
{
    struct image *image = *state;
    unsigned said = image->verdicts[SAID - LIVED];
    size_t pages = image->size / PAGE;
    memcpy(image->damaged, image->whole, image->size);
    for (size_t page = 0; page < pages; page++) {
        image->cut = page * PAGE;
        try(image, "cut", page);
    }
    assert_int_equal(image->verdicts[SAID - LIVED], said + pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_one_lives),
        cmocka_unit_test(one_that_was_cut_at_any_page_is_refused),
        cmocka_unit_test(flip_in_head_is_found_or_harmless),
        cmocka_unit_test(flip_anywhere_is_found_or_harmless),
        cmocka_unit_test(flip_in_header_of_file_is_found_or_harmless),
        cmocka_unit_test(write_number_is_found_or_harmless),
        cmocka_unit_test(lose_sector_is_found_or_harmless),
        cmocka_unit_test(misplace_page_is_found_or_harmless),
        cmocka_unit_test(misplace_page_that_names_itself_is_found_or_harmless),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
