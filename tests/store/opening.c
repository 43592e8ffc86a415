// SPDX-License-Identifier: MIT
//
// Opening, closing and copying a store.

#include "scene.h"
#include "storage/restore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static void a_new_store_is_empty(void **state)
{
    struct session *s = *state;
    struct store_numbers numbers = scene_stats(s);
    assert_int_equal(numbers.topics, 0);
    assert_int_equal(numbers.subscriptions, 0);
    assert_int_equal(numbers.requests, 0);
    assert_int_equal(numbers.lagging, 0);
    assert_int_equal(numbers.walks, 0);
    assert_int_equal(numbers.events, 0);
    assert_true(numbers.map_bytes > 0);
    assert_true(numbers.used_bytes <= numbers.map_bytes);
    assert_true(numbers.epoch == store_epoch(s->store));
}

static void M17_epoch_and_key_stay_with_the_store(void **state)
{
    struct session *s = *state;
    uint64_t epoch = store_epoch(s->store);
    uint8_t before[32], after[32];
    store_secret_key(s->store, before);
    assert_true(epoch != 0 && epoch >> 48 == 0);
    session_reopen(s);
    store_secret_key(s->store, after);
    assert_true(store_epoch(s->store) == epoch);
    assert_memory_equal(before, after, 32);
}

static void M17_two_stores_differ_in_epoch_and_key(void **state)
{
    struct session *s = *state;
    struct session *other = session_new(false);
    session_open(other);
    uint8_t ours[32], theirs[32];
    store_secret_key(s->store, ours);
    store_secret_key(other->store, theirs);
    bool differ = memcmp(ours, theirs, 32) != 0
                  && store_epoch(s->store) != store_epoch(other->store);
    session_free(other);
    assert_true(differ);
}

static void the_directory_is_the_owner_s_alone(void **state)
{
    struct session *s = *state;
    struct stat status;
    if (!session_directory(s))
        skip();
    assert_int_equal(stat(session_directory(s), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_store_in_use_does_not_open_again(void **state)
{
    struct session *s = *state;
    struct problem problem = { "" };
    assert_null(store_open(&s->options, &problem));
    assert_true(strlen(problem.text) > 0);
    assert_null(strchr(problem.text, '\n'));
    // And nothing has happened to the one that is open.
    scene_subscribe(s, TOPIC, CALLBACK);
    session_reopen(s);
    assert_int_equal(scene_stats(s).subscriptions, 1);
}

static void a_store_in_use_does_not_open_in_another_process(void **state)
{
    struct session *s = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl(STORE_WRITER, STORE_WRITER, s->url, "open", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void what_cannot_be_a_store_is_refused_in_words(void **state)
{
    struct session *s = *state;
    static const char *const urls[] = {
        "",
        "nonsense",
        "nonsense:there",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct store_options options = s->options;
        struct problem problem = { "" };
        options.url = urls[i];
        assert_null(store_open(&options, &problem));
        assert_true(strlen(problem.text) > 0);
    }
    store_close(NULL);
}

static void closing_waits_for_what_was_submitted(void **state)
{
    struct session *s = *state;
    static struct store_take takes[100];
    static char callbacks[100][64];
    for (int i = 0; i < 100; i++) {
        snprintf(callbacks[i], sizeof callbacks[i], CALLBACK "/%d", i);
        takes[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, callbacks[i]);
        store_submit(s->store, &takes[i].op);
    }
    session_reopen(s);
    assert_int_equal(scene_stats(s).requests, 100);
}

// Somebody who follows, lags and waits, in a topic with two updates.
static struct scene_name furnish(struct session *s)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_subscribe(s, TOPIC, CALLBACK "/other");
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, NULL);
    scene_update(s, TOPIC, "two");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome owed = scene_outcome(s, STORE_OWED, name, 2);
    struct store_checkpoint step = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .outcomes = &owed,
        .count = 1,
    };
    step.walk.position = name.id;
    session_must(s, &step.op);
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/third");
    scene_take(s, &take);
    return name;
}

static void expect_copy(struct session *copy, struct session *original,
                        struct scene_name name)
{
    struct store_numbers now = scene_stats(copy);
    struct store_numbers then = scene_stats(original);
    assert_true(now.topics == then.topics);
    assert_true(now.subscriptions == then.subscriptions);
    assert_true(now.requests == then.requests);
    assert_true(now.lagging == then.lagging);
    assert_true(now.walks == then.walks);
    assert_true(now.events == then.events);
    assert_true(store_epoch(copy->store) != store_epoch(original->store));
    assert_true(scene_topic(copy, TOPIC).incarnation
                != scene_topic(original, TOPIC).incarnation);

    struct store_subscriber ours, theirs;
    assert_true(scene_subscriber(original, name, &ours));
    assert_true(scene_subscriber(copy, name, &theirs));
    assert_true(theirs.lagging && theirs.next == ours.next);
    assert_true(theirs.lease_end == ours.lease_end);
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = name.topic,
        .seq = 2,
    };
    session_must(copy, &read.op);
    assert_true(scene_same(read.body, "two"));
    store_release(&read.op);
}

// Copies the store into a file, and puts that in the place of another one.
static bool move(struct session *from, struct session *to, bool replace)
{
    char name[] = "/tmp/websubd-copy-XXXXXX";
    struct problem problem = { "" };
    struct store_copying copying = { .file = mkstemp(name) };
    assert_true(copying.file >= 0);
    if (!store_copy(from->store, &copying, &problem))
        fail_msg("%s", problem.text);
    close(copying.file);
    struct store_restoring restoring = {
        .file = name,
        .url = to->url,
        .replace = replace,
    };
    bool done = store_restore(&restoring, &problem);
    unlink(name);
    assert_true(done || strlen(problem.text) > 0);
    assert_true(!done || restoring.bytes == copying.bytes);
    return done;
}

static void M8_a_copy_has_the_same_content_and_another_epoch(void **state)
{
    struct session *s = *state;
    struct session *copy = session_new(false);
    if (!session_directory(copy))
        skip();
    struct scene_name name = furnish(s);
    assert_true(move(s, copy, false));
    // What comes later is not in it.
    struct store_numbers before = scene_stats(s);
    session_open(copy);
    expect_copy(copy, s, name);
    uint64_t epoch = store_epoch(copy->store);
    uint64_t incarnation = scene_topic(copy, TOPIC).incarnation;
    session_reopen(copy);
    assert_true(store_epoch(copy->store) == epoch);
    assert_true(scene_topic(copy, TOPIC).incarnation == incarnation);
    scene_update(copy, TOPIC, "three");
    assert_true(scene_stats(s).events == before.events);
    session_free(copy);
}

static void a_copy_takes_the_place_of_a_store_only_if_told_to(void **state)
{
    struct session *s = *state;
    struct session *other = session_new(false);
    if (!session_directory(other))
        skip();
    session_open(other);
    scene_subscribe(other, TOPIC, CALLBACK);
    assert_false(move(s, other, true)); // it is in use
    session_close(other);
    assert_false(move(s, other, false));
    session_open(other);
    assert_int_equal(scene_stats(other).subscriptions, 1);
    session_close(other);
    assert_true(move(s, other, true));
    session_open(other);
    assert_int_equal(scene_stats(other).subscriptions, 0);
    session_free(other);
}

// Who has the directory may be somebody else than who restores.
static void a_copy_follows_no_link_out_of_the_directory(void **state)
{
    static const char *const names[] = { "lock", "copied" };
    struct session *s = *state;
    struct session *copy = session_new(false);
    const char *directory = session_directory(copy);
    char path[256], target[256];
    if (!directory)
        skip();
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(target, sizeof target, "%s-elsewhere", directory);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
        assert_int_equal(symlink(target, path), 0);
        assert_false(move(s, copy, false));
        assert_int_not_equal(access(target, F_OK), 0);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(move(s, copy, false));
    session_free(copy);
}

static bool refuse(void *context)
{
    (void)context;
    return false;
}

static void a_copy_can_be_given_up(void **state)
{
    struct session *s = *state;
    struct problem problem = { "" };
    struct store_copying copying = { .go_on = refuse };
    furnish(s);
    copying.file = memfd_create("copy", MFD_CLOEXEC);
    assert_true(copying.file >= 0);
    assert_false(store_copy(s->store, &copying, &problem));
    assert_non_null(strstr(problem.text, "given up"));
    close(copying.file);
}

// Its context is the session that is copied.
static bool write_meanwhile(void *context)
{
    static char text[48 << 10];
    memset(text, 'x', sizeof text - 1);
    scene_update(context, TOPIC, text);
    return true;
}

static void fill_up(struct session *s, int updates)
{
    furnish(s);
    for (int i = 0; i < updates; i++)
        write_meanwhile(s);
}

static void what_is_written_while_it_is_copied_is_not_in_it(void **state)
{
    struct session *s = *state;
    struct session *copy = session_new(false);
    char name[] = "/tmp/websubd-copy-XXXXXX";
    struct problem problem = { "" };
    struct store_copying copying = { .go_on = write_meanwhile, .context = s };
    if (!session_directory(copy))
        skip();
    fill_up(s, 10);
    struct store_numbers before = scene_stats(s);
    copying.file = mkstemp(name);
    assert_true(copying.file >= 0);
    assert_true(store_copy(s->store, &copying, &problem));
    close(copying.file);
    assert_true(scene_stats(s).events > before.events);
    struct store_restoring restoring = { .file = name, .url = copy->url };
    assert_true(store_restore(&restoring, &problem));
    unlink(name);
    session_open(copy);
    assert_int_equal(scene_stats(copy).events, before.events);
    session_free(copy);
}

static void a_copy_is_given_up_before_it_takes_the_last_room(void **state)
{
    struct session *s = session_new(false);
    struct problem problem = { "" };
    (void)state;
    s->options.map_bytes = 8 << 20;
    session_open(s);
    fill_up(s, 80);
    struct store_copying copying = {
        .file = memfd_create("copy", MFD_CLOEXEC),
        .go_on = write_meanwhile,
        .context = s,
    };
    assert_true(copying.file >= 0);
    assert_false(store_copy(s->store, &copying, &problem));
    assert_non_null(strstr(problem.text, "too full"));
    close(copying.file);
    // Nothing was lost of what could still be written.
    write_meanwhile(s);
    session_free(s);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_store_is_empty),
        TEST(M17_epoch_and_key_stay_with_the_store),
        TEST(M17_two_stores_differ_in_epoch_and_key),
        TEST(the_directory_is_the_owner_s_alone),
        TEST(a_store_in_use_does_not_open_again),
        TEST(a_store_in_use_does_not_open_in_another_process),
        TEST(what_cannot_be_a_store_is_refused_in_words),
        TEST(closing_waits_for_what_was_submitted),
        TEST(M8_a_copy_has_the_same_content_and_another_epoch),
        TEST(a_copy_takes_the_place_of_a_store_only_if_told_to),
        TEST(a_copy_follows_no_link_out_of_the_directory),
        TEST(a_copy_can_be_given_up),
        TEST(what_is_written_while_it_is_copied_is_not_in_it),
        cmocka_unit_test(a_copy_is_given_up_before_it_takes_the_last_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
