// SPDX-License-Identifier: MIT

#include "storage/care.h"

#include "datafile.h"
#include "directory.h"
#include "look.h"
#include "meta.h"
#include "placing.h"
#include "trees.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool say(struct problem *problem, const char *path, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%.160s: %s", path, text);
    return false;
}

static void tell(void *context, const char *table, const char *text)
{
    struct care *care = context;
    care->findings++;
    if (care->found)
        care->found(care->context, &(struct care_finding){ table, text });
}

// Topics count who listens to them, so mailboxes come first.
static void look_at_all(struct look *look)
{
    look_at_meta(look);
    look_at_mailboxes(look);
    look_at_topics(look);
    look_at_log(look);
    look_at_subscribers(look);
    look_at_requests(look);
    look_at_times(look);
    look_at_steering(look);
    free(look->listened);
}

static bool check_within(struct look *look, const struct trees *trees,
                         struct problem *problem)
{
    struct care *care = look->care;
    struct meta meta;
    if (!meta_known(&look->txn, problem)
        || !meta_format(&look->txn, &care->format))
        return false;
    if (trees->unknown > 0)
        tell(care, "tables", "there are some that no program has made");
    if (trees->lost > 0)
        tell(care, "free pages", "some are neither used nor free: compact it");
    for (enum table table = 0; table < TABLE_COUNT; table++)
        look->all += txn_count(&look->txn, table);
    if (meta_read(&look->txn, &meta))
        look->counters = meta.counters;
    else
        look_say(look, TABLE_META, "its own description is damaged");
    look->txn.status = STORE_OK;
    look_at_all(look);
    if (care->progress)
        care->progress(care->context, look->all, look->all);
    return true;
}

bool care_check_file(struct care *care, const char *file,
                     struct problem *problem)
{
    struct env env;
    struct trees trees = { .found = tell, .context = care };
    care->format = care->records = care->findings = 0;
    if (!datafile_look(file, problem) || !trees_look(&trees, file, problem))
        return false;
    // LMDB would believe what it reads there.
    if (care->findings > 0)
        return true;
    if (!env_open_file(&env, file, problem))
        return false;
    struct look look = { .care = care };
    txn_begin_read(&look.txn, &env);
    bool done = check_within(&look, &trees, problem);
    txn_abort(&look.txn);
    env_close(&env);
    return done;
}

bool care_check(struct care *care, const char *url, struct problem *problem)
{
    const char *directory = directory_of(url);
    struct stat status;
    if (!directory)
        return say(problem, url, "is not lmdb: and a directory");
    char *path = directory_file(directory, "data.mdb");
    if (!path)
        return say(problem, directory, "no memory");
    // The lock would make the directory that it is in.
    bool there = stat(path, &status) == 0;
    int error = errno;
    int lock = there ? directory_lock(directory, problem) : -1;
    bool done = lock >= 0 && care_check_file(care, path, problem);
    if (!there)
        say(problem, path, strerror(error));
    if (lock >= 0)
        close(lock);
    free(path);
    return done;
}

// ----------------------------------------------------------------- compact

static uint64_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool is_whole(const char *path, struct problem *problem)
{
    struct trees trees = { .found = NULL };
    if (!datafile_look(path, problem) || !trees_look(&trees, path, problem))
        return false;
    return trees.findings == 0
           || say(problem, path, "is damaged: check it, and restore a backup");
}

static bool write_part(const struct placing *placing, struct problem *problem)
{
    struct env env;
    int part =
        open(placing->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (part < 0)
        return say(problem, placing->part, strerror(errno));
    bool opened = is_whole(placing->whole, problem)
                  && env_open_file(&env, placing->whole, problem);
    bool done = opened && env_copy(&env, part, problem);
    if (opened)
        env_close(&env);
    close(part);
    return done;
}

bool care_compact(struct care_compacting *compacting, struct problem *problem)
{
    struct placing placing;
    compacting->before = compacting->after = 0;
    if (!placing_open(&placing, compacting->url, true, problem))
        return false;
    placing.same = true;
    compacting->before = size_of(placing.whole);
    bool done = placing.replaces
                    ? write_part(&placing, problem)
                          && datafile_look(placing.part, problem)
                          && placing_settle(&placing, problem)
                    : say(problem, placing.directory, "has no store");
    if (done)
        compacting->after = size_of(placing.whole);
    placing_close(&placing);
    return done;
}
