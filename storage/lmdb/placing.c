// SPDX-License-Identifier: MIT

#include "placing.h"

#include "directory.h"

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

static bool name_files(struct placing *placing)
{
    placing->part = directory_file(placing->directory, "data.part");
    placing->whole = directory_file(placing->directory, "data.mdb");
    placing->before = directory_file(placing->directory, "data.mdb.before");
    return placing->part && placing->whole && placing->before;
}

bool placing_open(struct placing *placing, const char *url, bool replace,
                  struct problem *problem)
{
    struct stat status;
    const char *directory = directory_of(url);
    *placing = (struct placing){ .lock_file = -1 };
    if (!directory)
        return say(problem, url, "is not lmdb: and a directory");
    placing->was_there = stat(directory, &status) == 0;
    placing->directory = strdup(directory);
    if (!placing->directory || !name_files(placing)) {
        placing_close(placing);
        return say(problem, directory, "no memory");
    }
    placing->lock_file = directory_lock(directory, problem);
    if (placing->lock_file < 0) {
        placing_close(placing);
        return false;
    }
    placing->replaces =
        stat(placing->whole, &status) == 0 && status.st_size > 0;
    if (placing->replaces && !replace) {
        placing_close(placing);
        return say(problem, directory, "has a store already");
    }
    unlink(placing->part);
    return true;
}

static bool give(const char *path, const struct stat *owner)
{
    return lchown(path, owner->st_uid, owner->st_gid) == 0 || errno == ENOENT;
}

// Root alone can give away, and has to: the daemon is somebody else.
static bool give_all(const struct placing *placing)
{
    static const char *const names[] = { "lock", "copied", "data.part" };
    struct stat owner;
    bool given = true;
    if (geteuid() != 0)
        return true;
    if (stat(placing->directory, &owner) != 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = directory_file(placing->directory, names[i]);
        given = given && path && give(path, &owner);
        free(path);
    }
    return given;
}

static bool sync_file(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool done = fsync(file) == 0;
    close(file);
    return done;
}

// At every moment there is a data.mdb: the old one gets a second name first.
static bool keep_aside(const struct placing *placing)
{
    if (!placing->replaces || placing->same)
        return true;
    if (unlink(placing->before) != 0 && errno != ENOENT)
        return false;
    return link(placing->whole, placing->before) == 0;
}

bool placing_settle(struct placing *placing, struct problem *problem)
{
    if (sync_file(placing->part)
        && (placing->same || directory_mark_copy(placing->directory))
        && give_all(placing) && keep_aside(placing)
        && directory_sync(placing->directory)
        && rename(placing->part, placing->whole) == 0
        && directory_sync(placing->directory)) {
        placing->was_there = true;
        return true;
    }
    return say(problem, placing->directory, strerror(errno));
}

// A directory that we made, and nothing has come into it.
static void leave(const struct placing *placing)
{
    static const char *const names[] = { "lock", "copied" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = directory_file(placing->directory, names[i]);
        if (path)
            unlink(path);
        free(path);
    }
    rmdir(placing->directory);
}

void placing_close(struct placing *placing)
{
    if (placing->lock_file >= 0 && placing->directory && placing->part) {
        unlink(placing->part);
        if (!placing->was_there)
            leave(placing);
    }
    if (placing->lock_file >= 0)
        close(placing->lock_file);
    free(placing->directory);
    free(placing->part);
    free(placing->whole);
    free(placing->before);
    *placing = (struct placing){ .lock_file = -1 };
}
