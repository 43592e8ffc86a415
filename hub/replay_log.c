// SPDX-License-Identifier: MIT

#include "replay_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// As many as are remembered (replays.c); twice that are in the file at most.
enum {
    TIME = 8,
    RECORD = TIME + PUBLISHER_MAC,
    LIVE_MAX = 131072,
    RECORDS_MAX = 2 * LIVE_MAX,
};

struct replay_log {
    int directory, file;
    size_t records;
    pthread_mutex_t lock;
};

static void put_time(uint8_t *at, int64_t time)
{
    for (int i = 0; i < TIME; i++)
        at[i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
}

static int64_t get_time(const uint8_t *at)
{
    uint64_t time = 0;
    for (int i = 0; i < TIME; i++)
        time = time << 8 | at[i];
    return (int64_t)time;
}

static bool write_all(int file, const uint8_t *bytes, size_t len, size_t at)
{
    while (len > 0) {
        ssize_t wrote = pwrite(file, bytes, len, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        at += (size_t)wrote;
        len -= (size_t)wrote;
    }
    return true;
}

// *count whole records. NULL: it cannot be read.
static uint8_t *read_all(int file, size_t *count)
{
    struct stat stat;
    if (fstat(file, &stat) != 0)
        return NULL;
    size_t size = (size_t)stat.st_size;
    if (size > (size_t)RECORDS_MAX * RECORD)
        size = (size_t)RECORDS_MAX * RECORD;
    uint8_t *bytes = malloc(size + 1);
    size_t len = 0;
    while (bytes && len < size) {
        ssize_t got = pread(file, bytes + len, size - len, (off_t)len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    *count = len / RECORD;
    return bytes;
}

static size_t drop_old(uint8_t *bytes, size_t count, int64_t now_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *record = bytes + i * RECORD;
        if (get_time(record) >= now_s)
            memmove(bytes + kept++ * RECORD, record, RECORD);
    }
    return kept;
}

// In the place of the old file, or not at all.
static bool replace(struct replay_log *log, const uint8_t *bytes, size_t count)
{
    int file = openat(log->directory, "replays.new",
                      O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    if (!write_all(file, bytes, count * RECORD, 0) || fdatasync(file) != 0
        || renameat(log->directory, "replays.new", log->directory, "replays")
               != 0
        || fsync(log->directory) != 0) {
        close(file);
        return false;
    }
    if (log->file >= 0)
        close(log->file);
    log->file = file;
    log->records = count;
    return true;
}

static bool shorten(struct replay_log *log, int64_t now_s)
{
    size_t count;
    uint8_t *bytes = read_all(log->file, &count);
    bool fine = bytes != NULL;
    if (fine)
        count = drop_old(bytes, count, now_s);
    fine = fine && count < RECORDS_MAX && replace(log, bytes, count);
    free(bytes);
    return fine;
}

static bool start(struct replay_log *log, const char *directory)
{
    log->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (log->directory < 0)
        return false;
    log->file = openat(log->directory, "replays",
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return log->file >= 0;
}

struct replay_log *replay_log_open(
    const char *directory, int64_t now_s,
    void (*recall)(void *context, const uint8_t mac[PUBLISHER_MAC],
                   int64_t until_s),
    void *context)
{
    struct replay_log *log = calloc(1, sizeof *log);
    size_t count = 0;
    if (!log)
        return NULL;
    log->directory = log->file = -1;
    pthread_mutex_init(&log->lock, NULL);
    uint8_t *bytes = start(log, directory) ? read_all(log->file, &count) : NULL;
    if (bytes)
        count = drop_old(bytes, count, now_s);
    if (!bytes || !replace(log, bytes, count)) {
        int why = errno;
        free(bytes);
        replay_log_close(log);
        errno = why;
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        recall(context, bytes + i * RECORD + TIME,
               get_time(bytes + i * RECORD));
    free(bytes);
    return log;
}

void replay_log_close(struct replay_log *log)
{
    if (!log)
        return;
    if (log->file >= 0)
        close(log->file);
    if (log->directory >= 0)
        close(log->directory);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

bool replay_log_add(struct replay_log *log, const uint8_t mac[PUBLISHER_MAC],
                    int64_t until_s, int64_t now_s)
{
    uint8_t record[RECORD];
    put_time(record, until_s);
    memcpy(record + TIME, mac, PUBLISHER_MAC);
    pthread_mutex_lock(&log->lock);
    bool fine = log->records < RECORDS_MAX || shorten(log, now_s);
    fine = fine && write_all(log->file, record, RECORD, log->records * RECORD)
           && fdatasync(log->file) == 0;
    // What was torn is written over by the next.
    log->records += fine;
    pthread_mutex_unlock(&log->lock);
    return fine;
}
