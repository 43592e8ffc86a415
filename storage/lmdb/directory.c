// SPDX-License-Identifier: MIT

#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool say(struct problem *problem, const char *path, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%.160s: %s", path, text);
    return false;
}

static int no_lock(struct problem *problem, const char *path, int error)
{
    say(problem, path,
        error == EWOULDBLOCK ? "is in use by another process"
                             : strerror(error));
    errno = error;
    return -1;
}

const char *directory_of(const char *url)
{
    static const char scheme[] = "lmdb:";
    size_t len = sizeof scheme - 1;
    if (!url || strncmp(url, scheme, len) != 0 || url[len] == '\0')
        return NULL;
    return url + len;
}

char *directory_file(const char *path, const char *name)
{
    char *file;
    return asprintf(&file, "%s/%s", path, name) < 0 ? NULL : file;
}

bool directory_sync(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    bool done = fsync(directory) == 0;
    close(directory);
    return done;
}

// Also the name of a new directory must survive a power cut.
static void sync_parent(const char *path)
{
    char *parent = directory_file(path, "..");
    if (parent)
        directory_sync(parent);
    free(parent);
}

// Not where a link leads to: restore runs as root, and whoever has the
// directory could let it make files anywhere.
static int open_own(const char *name, int how)
{
    return open(name, how | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int directory_lock(const char *path, struct problem *problem)
{
    if (mkdir(path, 0700) == 0)
        sync_parent(path);
    else if (errno != EEXIST)
        return no_lock(problem, path, errno);
    char *name = directory_file(path, "lock");
    int file = name ? open_own(name, O_RDWR) : -1;
    int error = name ? errno : ENOMEM;
    free(name);
    if (file < 0)
        return no_lock(problem, path, error);
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return file;
    error = errno;
    close(file);
    return no_lock(problem, path, error);
}

bool directory_is_copy(const char *path)
{
    char *name = directory_file(path, "copied");
    bool is = name && access(name, F_OK) == 0;
    free(name);
    return is;
}

bool directory_forget_copy(const char *path)
{
    char *name = directory_file(path, "copied");
    bool done = name && unlink(name) == 0 && directory_sync(path);
    free(name);
    return done;
}

bool directory_mark_copy(const char *path)
{
    char *name = directory_file(path, "copied");
    int file = name ? open_own(name, O_WRONLY) : -1;
    free(name);
    if (file >= 0)
        close(file);
    return file >= 0;
}
