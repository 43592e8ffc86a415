// SPDX-License-Identifier: MIT

#include "relay_file.h"

#include "relay_book.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 * 1024 };

struct relay_file {
    char path[PATH_MAX], fresh[PATH_MAX], folder[PATH_MAX];
    int lock;
};

static bool fails(char problem[RELAY_FILE_PROBLEM_MAX], const char *path,
                  const char *what)
{
    snprintf(problem, RELAY_FILE_PROBLEM_MAX, "the state file %.120s: %s", path,
             what);
    return false;
}

static bool set_paths(struct relay_file *file, const char *path)
{
    char copy[PATH_MAX];
    if (strlen(path) + 8 >= sizeof copy)
        return false;
    memcpy(file->path, path, strlen(path) + 1);
    memcpy(copy, path, strlen(path) + 1);
    const char *folder = dirname(copy);
    memcpy(file->folder, folder, strlen(folder) + 1);
    snprintf(file->fresh, sizeof file->fresh, "%.4000s.new", path);
    return true;
}

static bool take_lock(struct relay_file *file, char *problem)
{
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s.lock", file->path);
    file->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->lock < 0)
        return fails(problem, path, strerror(errno));
    if (flock(file->lock, LOCK_EX | LOCK_NB) != 0)
        return fails(problem, file->path, "another relay has it");
    return true;
}

static bool read_whole(int fd, char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = read(fd, bytes + done, len - done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool load(const struct relay_file *file, struct relay_book *book,
                 char *problem)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0)
        return errno == ENOENT || fails(problem, file->path, strerror(errno));
    bool fine = fstat(fd, &info) == 0 && info.st_size <= FILE_MAX;
    size_t len = fine ? (size_t)info.st_size : 0;
    char *text = fine ? malloc(len + 1) : NULL;
    fine = text && read_whole(fd, text, len);
    close(fd);
    if (fine && !relay_book_read(book, text, len))
        fine = fails(problem, file->path, "it is no relay's, or damaged");
    else if (!fine)
        fails(problem, file->path, "it cannot be read");
    if (text)
        explicit_bzero(text, len);
    free(text);
    return fine;
}

struct relay_file *relay_file_open(const char *path, struct relay_book *book,
                                   char problem[RELAY_FILE_PROBLEM_MAX])
{
    struct relay_file *file = calloc(1, sizeof *file);
    if (!file || !set_paths(file, path)) {
        fails(problem, path, file ? "its path is too long" : "out of memory");
        free(file);
        return NULL;
    }
    file->lock = -1;
    if (take_lock(file, problem) && load(file, book, problem))
        return file;
    relay_file_close(file);
    return NULL;
}

void relay_file_close(struct relay_file *file)
{
    if (!file)
        return;
    if (file->lock >= 0)
        close(file->lock);
    free(file);
}

// -------------------------------------------------------------------- write

static bool write_whole(int fd, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t put = write(fd, bytes + done, len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        done += (size_t)put;
    }
    return true;
}

static bool write_fresh(const struct relay_file *file, const char *text)
{
    // One that was left half written may have another mode.
    unlink(file->fresh);
    int fd = open(file->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool fine = write_whole(fd, text, strlen(text)) && fsync(fd) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return fine;
}

// The new name has to be durable, too.
static bool sync_folder(const struct relay_file *file)
{
    int fd = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool fine = fsync(fd) == 0;
    close(fd);
    return fine;
}

bool relay_file_write(struct relay_file *file, struct relay_book *book,
                      char problem[RELAY_FILE_PROBLEM_MAX])
{
    char *text = relay_book_write(book);
    if (!text)
        return fails(problem, file->path, "out of memory");
    bool fine = write_fresh(file, text) && rename(file->fresh, file->path) == 0
                && sync_folder(file);
    int why = errno;
    explicit_bzero(text, strlen(text));
    free(text);
    if (!fine)
        return fails(problem, file->path, strerror(why));
    book->changed = false;
    return true;
}
