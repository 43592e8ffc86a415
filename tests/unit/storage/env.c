// SPDX-License-Identifier: MIT

#include "storage/lmdb/env.h"

#include "place.h"
#include "storage/lmdb/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAP = 256 << 20, MAP_SMALL = 1 << 20, AHEAD = 32 << 20 };

static off_t size_of(const struct place *place)
{
    char path[80];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", place->path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static off_t blocks_of(const struct place *place)
{
    char path[80];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", place->path);
    assert_int_equal(stat(path, &status), 0);
    return (off_t)status.st_blocks * 512;
}

static void reopen(struct place *place, uint64_t map)
{
    struct problem problem;
    env_close(&place->env);
    assert_true(env_open(&place->env, place->path, map, &problem));
}

static void grow(struct place *place, uint64_t from, uint64_t to)
{
    static char value[4000];
    struct txn txn;
    struct key key;
    txn_begin_write(&txn, &place->env);
    for (uint64_t i = from; i < to; i++) {
        key_one(&key, i);
        txn_put(&txn, TABLE_BODIES, &key, (struct bytes){ value, 4000 });
    }
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

// LMDB does not write what is free at the end, so the next commit must find
// the file long enough.
static void the_file_is_made_longer_before_it_is_needed(void **state)
{
    struct place *place = *state;
    reopen(place, MAP);
    off_t says = size_of(place);
    env_settle_size(&place->env);
    off_t size = size_of(place);
    assert_true(size >= says + AHEAD / 2);
    // Which costs little, but that is there whoever fills the disk.
    assert_in_range(blocks_of(place), 1 << 20, 2 << 20);
    // And is done again only when half of it is used up.
    grow(place, 0, 1000);
    env_settle_size(&place->env);
    assert_true(size_of(place) == size);
    grow(place, 1000, 6000);
    env_settle_size(&place->env);
    assert_true(size_of(place) > size);
}

static void it_is_as_long_as_it_says_in_the_end(void **state)
{
    struct place *place = *state;
    struct env_room room;
    reopen(place, MAP);
    grow(place, 0, 100);
    env_settle_size(&place->env);
    assert_true(env_room(&place->env, true, &room));
    assert_true((uint64_t)size_of(place) > room.used_bytes);
    env_trim_size(&place->env);
    assert_true((uint64_t)size_of(place) == room.used_bytes);
    reopen(place, MAP);
}

static void it_is_never_longer_than_the_map(void **state)
{
    struct place *place = *state;
    reopen(place, MAP_SMALL);
    env_settle_size(&place->env);
    assert_int_equal(size_of(place), MAP_SMALL);
}

// Beyond that would be a signal, and the end of the process.
static void it_is_never_longer_than_the_limit_of_the_process(void **state)
{
    struct place *place = *state;
    struct rlimit limit;
    reopen(place, MAP);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit small = { 4 << 20, limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    env_settle_size(&place->env);
    off_t size = size_of(place);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(size, 4 << 20);
}

// So many more addresses than are in use now.
static void limit_addresses(uint64_t more, struct rlimit *before)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    assert_int_equal(getrlimit(RLIMIT_AS, before), 0);
    const uint64_t used = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    const struct rlimit limit = { used + more, before->rlim_max };
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

// Machines have fewer addresses than the map of a new file would like to have,
// and than the header of a file from elsewhere says.
static void a_file_needs_no_more_addresses_than_there_are(void **state)
{
    struct place *place = *state;
    struct rlimit before;
    struct problem problem = { "" };
    struct env env;
    char path[80];
    snprintf(path, sizeof path, "%s/data.part", place->path);
    limit_addresses(UINT64_C(4) << 30, &before);
    bool made = env_make_file(&env, path, UINT64_C(1) << 40, &problem);
    env_close(&env);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(unlink(path), 0);
    if (!made)
        fail_msg("%s", problem.text);

    assert_true(env_make_file(&env, path, UINT64_C(1) << 40, &problem));
    env_close(&env);
    limit_addresses(UINT64_C(4) << 30, &before);
    bool opened = env_open_file(&env, path, &problem);
    env_close(&env);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(unlink(path), 0);
    if (!opened)
        fail_msg("%s", problem.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_file_is_made_longer_before_it_is_needed),
        TEST(it_is_as_long_as_it_says_in_the_end),
        TEST(it_is_never_longer_than_the_map),
        TEST(it_is_never_longer_than_the_limit_of_the_process),
        TEST(a_file_needs_no_more_addresses_than_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
