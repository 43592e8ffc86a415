// SPDX-License-Identifier: MIT

#include "storage/restore.h"

#include "datafile.h"
#include "placing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 128 << 10 };

static bool say(struct problem *problem, const char *path, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%.160s: %s", path, text);
    return false;
}

static bool write_all(int file, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(file, bytes, len);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            bytes += put;
            len -= (size_t)put;
        }
    }
    return true;
}

static bool pour(int from, int to, uint64_t *bytes)
{
    char piece[PIECE];
    ssize_t got;
    while ((got = read(from, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || !write_all(to, piece, (size_t)got))
            return false;
        *bytes += (uint64_t)got;
    }
    return true;
}

static bool copy_file(struct store_restoring *restoring, const char *part,
                      struct problem *problem)
{
    int from = open(restoring->file, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return say(problem, restoring->file, strerror(errno));
    int to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool done = to >= 0 && pour(from, to, &restoring->bytes);
    if (!done)
        say(problem, part, strerror(errno));
    close(from);
    if (to >= 0)
        close(to);
    return done;
}

bool store_restore(struct store_restoring *restoring, struct problem *problem)
{
    struct placing placing;
    restoring->bytes = 0;
    if (!datafile_look(restoring->file, problem)
        || !placing_open(&placing, restoring->url, restoring->replace, problem))
        return false;
    bool done = copy_file(restoring, placing.part, problem)
                && datafile_look(placing.part, problem)
                && placing_settle(&placing, problem);
    placing_close(&placing);
    return done;
}
