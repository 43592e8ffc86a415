// SPDX-License-Identifier: MIT

#include "tape.h"

#include <assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock;
    char path[600]; // "": nothing is noted
    struct tape_note *notes;
    size_t length, room, durables;
} tape = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *must(void *memory)
{
    assert(memory);
    return memory;
}

// ---------------------------------------------------------------- noting

static bool is_ours(int file)
{
    char name[40], path[sizeof tape.path];
    if (tape.path[0] == '\0')
        return false;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t len = readlink(name, path, sizeof path - 1);
    return len > 0 && (size_t)len == strlen(tape.path)
           && memcmp(path, tape.path, (size_t)len) == 0;
}

static void note(enum tape_kind kind, uint64_t at, const void *bytes,
                 size_t len)
{
    pthread_mutex_lock(&tape.lock);
    if (tape.length == tape.room) {
        tape.room = tape.room ? 2 * tape.room : 256;
        tape.notes = must(realloc(tape.notes, tape.room * sizeof *tape.notes));
    }
    struct tape_note *one = &tape.notes[tape.length++];
    *one = (struct tape_note){ .kind = kind, .at = at, .len = len };
    if (len > 0) {
        one->bytes = must(malloc(len));
        memcpy(one->bytes, bytes, len);
    }
    tape.durables += kind == TAPE_DURABLE;
    pthread_mutex_unlock(&tape.lock);
}

static void note_write(int file, off_t at, const void *bytes, ssize_t written)
{
    if (written <= 0 || !is_ours(file))
        return;
    bool durable = (fcntl(file, F_GETFL) & O_DSYNC) != 0;
    note(durable ? TAPE_DURABLE : TAPE_WRITE, (uint64_t)at, bytes,
         (size_t)written);
}

static void note_vector(int file, off_t at, const struct iovec *parts,
                        int count, ssize_t written)
{
    for (int i = 0; i < count && written > 0; i++) {
        ssize_t len = (ssize_t)parts[i].iov_len;
        if (len > written)
            len = written;
        note_write(file, at, parts[i].iov_base, len);
        at += len;
        written -= len;
    }
}

// ------------------------------------------------------ in libc's place

static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    assert(found);
    memcpy(function, &found, sizeof found);
}

ssize_t pwrite(int file, const void *bytes, size_t len, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    find(&real, "pwrite");
    ssize_t written = real(file, bytes, len, at);
    note_write(file, at, bytes, written);
    return written;
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    ssize_t (*real)(int, const struct iovec *, int);
    find(&real, "writev");
    off_t at = lseek(file, 0, SEEK_CUR);
    ssize_t written = real(file, parts, count);
    note_vector(file, at, parts, count, written);
    return written;
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at)
{
    ssize_t (*real)(int, const struct iovec *, int, off_t);
    find(&real, "pwritev");
    ssize_t written = real(file, parts, count, at);
    note_vector(file, at, parts, count, written);
    return written;
}

int ftruncate(int file, off_t size)
{
    int (*real)(int, off_t);
    find(&real, "ftruncate");
    int result = real(file, size);
    if (result == 0 && is_ours(file))
        note(TAPE_SIZE, (uint64_t)size, NULL, 0);
    return result;
}

static int synced(int file, const char *name)
{
    int (*real)(int);
    find(&real, name);
    int result = real(file);
    if (result == 0 && is_ours(file))
        note(TAPE_SYNC, 0, NULL, 0);
    return result;
}

int fdatasync(int file)
{
    return synced(file, "fdatasync");
}

int fsync(int file)
{
    return synced(file, "fsync");
}

// -------------------------------------------------------------- the tape

void tape_start(const char *path)
{
    tape_free();
    snprintf(tape.path, sizeof tape.path, "%s", path);
}

void tape_stop(void)
{
    tape.path[0] = '\0';
}

void tape_free(void)
{
    tape_stop();
    for (size_t i = 0; i < tape.length; i++)
        free(tape.notes[i].bytes);
    free(tape.notes);
    tape.notes = NULL;
    tape.length = tape.room = tape.durables = 0;
}

size_t tape_length(void)
{
    return tape.length;
}

const struct tape_note *tape_at(size_t index)
{
    assert(index < tape.length);
    return &tape.notes[index];
}

size_t tape_durables(void)
{
    pthread_mutex_lock(&tape.lock);
    size_t count = tape.durables;
    pthread_mutex_unlock(&tape.lock);
    return count;
}

// -------------------------------------------------------------- the file

static void use(struct image *image, size_t used)
{
    if (used > image->room) {
        image->room = used + (size_t)(1 << 20);
        image->bytes = must(realloc(image->bytes, image->room));
    }
    if (used > image->used) {
        memset(image->bytes + image->used, 0, used - image->used);
        image->used = used;
    }
}

static void resize(struct image *image, size_t size)
{
    image->size = size;
    if (image->used > size)
        image->used = size;
}

void image_extend(struct image *image, size_t size)
{
    if (size > image->size)
        resize(image, size);
}

void image_empty(struct image *image)
{
    resize(image, 0);
}

static void put(struct image *image, uint64_t at, const uint8_t *bytes,
                size_t len)
{
    image_extend(image, (size_t)at + len);
    use(image, (size_t)at + len);
    memcpy(image->bytes + at, bytes, len);
}

void image_apply(struct image *image, const struct tape_note *one)
{
    if (one->kind == TAPE_SIZE)
        resize(image, (size_t)one->at);
    else if (one->kind != TAPE_SYNC)
        put(image, one->at, one->bytes, one->len);
}

void image_tear(struct image *image, const struct tape_note *one, size_t part,
                struct chance *chance)
{
    if (one->kind == TAPE_SIZE && chance_below(chance, 2))
        resize(image, (size_t)one->at);
    if (one->kind != TAPE_WRITE)
        return;
    for (size_t done = 0; done < one->len; done += part) {
        size_t len = one->len - done < part ? one->len - done : part;
        if (chance_below(chance, 2))
            put(image, one->at + done, one->bytes + done, len);
        else if (chance_below(chance, 2))
            // Its length has got there, and what is in it has not.
            image_extend(image, (size_t)one->at + done + len);
    }
}

void image_copy(struct image *image, const struct image *from)
{
    image_empty(image);
    use(image, from->used);
    if (from->used > 0)
        memcpy(image->bytes, from->bytes, from->used);
    image->size = from->size;
}

void image_save(const struct image *image, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(file >= 0);
    size_t written = 0;
    while (written < image->used) {
        ssize_t now = pwrite(file, image->bytes + written,
                             image->used - written, (off_t)written);
        assert(now > 0);
        written += (size_t)now;
    }
    int sized = ftruncate(file, (off_t)image->size);
    assert(sized == 0);
    close(file);
}

void image_free(struct image *image)
{
    free(image->bytes);
    *image = (struct image){ .bytes = NULL };
}
