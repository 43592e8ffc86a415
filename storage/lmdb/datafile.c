// SPDX-License-Identifier: MIT

#include "datafile.h"

#include "layout.h"
#include "trees.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER = 152, // what LMDB writes of a page that describes the file
    // A new one: LMDB writes both headers at once, and syncs them only with
    // the first commit.
    NEW_MAX = 1 << 20,
    SECTOR = 512,
    TEXT_SIZE = 96,
};

static bool say(struct problem *problem, const char *path, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%.160s %s", path, text);
    return false;
}

static bool failed(struct problem *problem, const char *path)
{
    snprintf(problem->text, sizeof problem->text, "%.160s: %s", path,
             strerror(errno));
    return false;
}

// A header's page that is not there, all zeros, or says so itself.
static bool uncommitted(int file, off_t at)
{
    static const uint8_t zeros[HEADER];
    uint8_t bytes[HEADER] = { 0 };
    struct layout_meta meta;
    if (pread(file, bytes, sizeof bytes, at) < 0)
        return false;
    return memcmp(bytes, zeros, sizeof zeros) == 0
           || (layout_meta(file, (uint64_t)at, &meta) && meta.txn == 0);
}

static bool never_committed(int file, uint64_t size)
{
    return size <= NEW_MAX && size % SECTOR == 0 && uncommitted(file, 0)
           && uncommitted(file, (off_t)sysconf(_SC_PAGESIZE));
}

static bool is_whole(int file, uint64_t size, const char *path,
                     struct problem *problem)
{
    struct layout_meta meta;
    if (!layout_meta_newest(file, &meta))
        return say(problem, path, "is not a store, or is damaged");
    if (meta.last_page >= size / meta.page_size)
        return say(problem, path, "is shorter than its own header says");
    return true;
}

// The first thing that is wrong.
static void note(void *context, const char *table, const char *text)
{
    char *first = context;
    if (first[0] == '\0')
        snprintf(first, TEXT_SIZE, "%s%s%.60s", table,
                 table[0] != '\0' ? ": " : "", text);
}

// What LMDB would believe, and the process die of, now or at the next commit.
static bool has_good_trees(const char *path, struct problem *problem)
{
    char first[TEXT_SIZE] = "";
    struct trees trees = { .roughly = true, .found = note, .context = first };
    if (!trees_look(&trees, path, problem))
        return false;
    if (trees.findings > 0)
        snprintf(problem->text, sizeof problem->text, "%.100s is damaged (%s)",
                 path, first);
    return trees.findings == 0;
}

static bool advise(struct problem *problem)
{
    size_t len = strlen(problem->text);
    snprintf(problem->text + len, sizeof problem->text - len,
             "; see websubctl store check, websubctl restore");
    return false;
}

static bool check(int file, uint64_t size, const char *path,
                  struct problem *problem)
{
    if (size == 0)
        return true;
    if (never_committed(file, size))
        return ftruncate(file, 0) == 0 || failed(problem, path);
    return (is_whole(file, size, path, problem)
            && has_good_trees(path, problem))
           || advise(problem);
}

bool datafile_check(const char *path, struct problem *problem)
{
    struct stat status;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return true;
    if (file < 0 || fstat(file, &status) != 0) {
        bool no = failed(problem, path);
        if (file >= 0)
            close(file);
        return no;
    }
    bool good = check(file, (uint64_t)status.st_size, path, problem);
    close(file);
    return good;
}

bool datafile_look(const char *path, struct problem *problem)
{
    struct stat status;
    problem->text[0] = '\0';
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return failed(problem, path);
    bool good = fstat(file, &status) == 0
                && !never_committed(file, (uint64_t)status.st_size)
                && is_whole(file, (uint64_t)status.st_size, path, problem);
    if (!good && problem->text[0] == '\0')
        say(problem, path, "is not a store");
    close(file);
    return good;
}
