// SPDX-License-Identifier: MIT
//
// Lines of an export: what is read is written alike, and what is loaded is
// loaded or refused, in words.

#include "fuzz.h"

#include "hub/ctl/dump_json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void come_back(const struct dump_record *record)
{
    struct dump_json holder = { .held_count = 0 };
    struct dump_record again;
    struct problem problem;
    json_t *one = dump_json_write(record);
    assert(one && dump_json_read(&holder, one, &again, &problem));
    json_t *two = dump_json_write(&again);
    assert(json_equal(one, two));
    json_decref(one);
    json_decref(two);
    dump_json_release(&holder);
}

// False: no more lines are taken.
static bool take(struct load *load, const char *line, size_t len)
{
    struct dump_json holder = { .held_count = 0 };
    struct dump_record record;
    struct problem problem = { "" };
    json_t *root = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    bool read = root && dump_json_read(&holder, root, &record, &problem);
    if (read)
        come_back(&record);
    bool good = read && load_add(load, &record, &problem);
    assert(good || !root || problem.text[0] != '\0');
    dump_json_release(&holder);
    json_decref(root);
    return good;
}

static void name(char url[64])
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(url, 64, "lmdb:%s/websubd-fuzz-%ld", base, (long)getpid());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    char url[64];
    struct problem problem = { "" };
    name(url);
    struct load *load = load_open(url, &problem);
    assert(load);
    bool good = true;
    while (good && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        good = take(load, at, len);
        at += len + 1;
    }
    load_close(load);
    return 0;
}
