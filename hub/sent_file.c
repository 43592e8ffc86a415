// SPDX-License-Identifier: MIT

#include "sent_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLICE = 8 << 20, REST_NS = 20 * 1000 * 1000, READ_FAILED = -2 };

struct sent_file {
    int file;
};

struct sent_file *sent_file_new(int file)
{
    struct sent_file *sent = malloc(sizeof *sent);
    if (!sent) {
        close(file);
        return NULL;
    }
    sent->file = file;
    return sent;
}

ssize_t sent_file_read(void *sent_file, uint64_t at, char *out, size_t max)
{
    const struct sent_file *sent = sent_file;
    ssize_t got;
    do
        got = pread(sent->file, out, max, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got > 0 ? got : READ_FAILED;
}

static void *let_go(void *context)
{
    struct sent_file *sent = context;
    const struct timespec rest = { .tv_nsec = REST_NS };
    struct stat status;
    off_t size = fstat(sent->file, &status) == 0 ? status.st_size : 0;
    while (size > SLICE && ftruncate(sent->file, size - SLICE) == 0) {
        size -= SLICE;
        nanosleep(&rest, NULL);
    }
    close(sent->file);
    free(sent);
    return NULL;
}

void sent_file_end(void *sent_file)
{
    struct sent_file *sent = sent_file;
    pthread_t thread;
    if (!sent)
        return;
    if (pthread_create(&thread, NULL, let_go, sent) == 0)
        pthread_detach(thread);
    else
        let_go(sent);
}
