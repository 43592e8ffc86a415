// SPDX-License-Identifier: MIT

#include "paced.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum {
    SLICE = 256 << 10,
    // After each slice, so many times what it took, within these bounds.
    REST_TIMES = 3,
    REST_LEAST_NS = 4 * 1000 * 1000,
    REST_MOST_NS = 200 * 1000 * 1000,
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void rest(int64_t busy_ns)
{
    int64_t wanted = busy_ns * REST_TIMES;
    if (wanted < REST_LEAST_NS)
        wanted = REST_LEAST_NS;
    if (wanted > REST_MOST_NS)
        wanted = REST_MOST_NS;
    const struct timespec pause = { .tv_nsec = (long)wanted };
    nanosleep(&pause, NULL);
}

void paced_start(struct paced *paced, int file)
{
    *paced = (struct paced){ .file = file };
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

// The data alone: no journal has to be written for it.
static bool settle(struct paced *paced)
{
    uint64_t len = paced->written - paced->settled;
    int64_t began = now_ns();
    bool is_file =
        sync_file_range(paced->file, (off_t)paced->settled, (off_t)len,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE
                            | SYNC_FILE_RANGE_WAIT_AFTER)
        == 0;
    if (!is_file && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
        return false;
    if (is_file)
        rest(paced->busy_ns + now_ns() - began);
    paced->settled = paced->written;
    paced->busy_ns = 0;
    return true;
}

bool paced_write(struct paced *paced, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        uint64_t room = SLICE - (paced->written - paced->settled);
        size_t some = len < room ? len : (size_t)room;
        int64_t began = now_ns();
        if (!write_all(paced->file, at, some))
            return false;
        paced->busy_ns += now_ns() - began;
        paced->written += some;
        at += some;
        len -= some;
        if (some == room && !settle(paced))
            return false;
    }
    return true;
}
