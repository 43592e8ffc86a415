// SPDX-License-Identifier: MIT

#include "datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The layout of LMDB 0.9 on 64-bit machines: pages 0 and 1 each hold a page
// header of 16 bytes and then a meta record; the one with the higher
// transaction number counts.
enum {
    META_AT = 16,
    MAGIC_AT = META_AT,
    PAGE_SIZE_AT = META_AT + 24,
    LAST_PAGE_AT = META_AT + 120,
    TXN_AT = META_AT + 128,
    META_END = META_AT + 136,
    PAGE_SIZE_MIN = 512,
    PAGE_SIZE_MAX = 65536,
    // A new one: LMDB writes both headers at once, and syncs them only with
    // the first commit.
    NEW_MAX = 1 << 20,
    SECTOR = 512,
};

static const uint32_t MAGIC = 0xbeefc0de;

struct file_meta {
    uint32_t page_size;
    uint64_t last_page, txn;
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

static bool read_meta(int file, off_t at, struct file_meta *out)
{
    uint8_t bytes[META_END];
    uint32_t magic;
    if (pread(file, bytes, sizeof bytes, at) != (ssize_t)sizeof bytes)
        return false;
    memcpy(&magic, bytes + MAGIC_AT, sizeof magic);
    memcpy(&out->page_size, bytes + PAGE_SIZE_AT, sizeof out->page_size);
    memcpy(&out->last_page, bytes + LAST_PAGE_AT, sizeof out->last_page);
    memcpy(&out->txn, bytes + TXN_AT, sizeof out->txn);
    return magic == MAGIC && out->page_size >= PAGE_SIZE_MIN
           && out->page_size <= PAGE_SIZE_MAX;
}

// A header's page that is not there, all zeros, or says so itself.
static bool uncommitted(int file, off_t at)
{
    static const uint8_t zeros[META_END];
    uint8_t bytes[META_END] = { 0 };
    struct file_meta meta;
    if (pread(file, bytes, sizeof bytes, at) < 0)
        return false;
    return memcmp(bytes, zeros, sizeof zeros) == 0
           || (read_meta(file, at, &meta) && meta.txn == 0);
}

static bool never_committed(int file, uint64_t size)
{
    return size <= NEW_MAX && size % SECTOR == 0 && uncommitted(file, 0)
           && uncommitted(file, (off_t)sysconf(_SC_PAGESIZE));
}

static bool is_whole(int file, uint64_t size, const char *path,
                     struct problem *problem)
{
    struct file_meta first, second;
    if (!read_meta(file, 0, &first)
        || !read_meta(file, (off_t)first.page_size, &second)
        || second.page_size != first.page_size)
        return say(problem, path, "is not a store, or is damaged");
    uint64_t last = first.txn > second.txn ? first.last_page : second.last_page;
    if (last >= size / first.page_size)
        return say(problem, path, "is shorter than its own header says");
    return true;
}

static bool check(int file, uint64_t size, const char *path,
                  struct problem *problem)
{
    if (size == 0)
        return true;
    if (never_committed(file, size))
        return ftruncate(file, 0) == 0 || failed(problem, path);
    return is_whole(file, size, path, problem);
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
