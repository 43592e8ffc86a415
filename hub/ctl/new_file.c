// SPDX-License-Identifier: MIT

#include "new_file.h"

#include "complain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool say_why(const char *path)
{
    complain("%s: %s", path, strerror(errno));
    return false;
}

static bool name_all(struct new_file *file, const char *path)
{
    const char *slash = strrchr(path, '/');
    file->path = strdup(path);
    file->directory = !slash          ? strdup(".")
                      : slash == path ? strdup("/")
                                      : strndup(path, (size_t)(slash - path));
    if (asprintf(&file->part, "%s.part", path) < 0)
        file->part = NULL;
    return file->path && file->directory && file->part;
}

bool new_file_open(struct new_file *file, const char *path)
{
    *file = (struct new_file){ .file = -1 };
    if (strcmp(path, "-") == 0) {
        file->standard = true;
        file->file = STDOUT_FILENO;
        return true;
    }
    if (!name_all(file, path)) {
        new_file_close(file);
        return say_why(path);
    }
    file->file = open(file->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file->file < 0) {
        // Not every file system can do without a name.
        unlink(file->part);
        file->file =
            open(file->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        file->named = file->file >= 0;
    }
    if (file->file >= 0)
        return true;
    say_why(path);
    new_file_close(file);
    return false;
}

static bool give_name(struct new_file *file)
{
    char own[64];
    if (file->named)
        return true;
    snprintf(own, sizeof own, "/proc/self/fd/%d", file->file);
    unlink(file->part);
    file->named =
        linkat(AT_FDCWD, own, AT_FDCWD, file->part, AT_SYMLINK_FOLLOW) == 0;
    return file->named;
}

static bool sync_directory(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    bool done = fsync(directory) == 0;
    close(directory);
    return done;
}

bool new_file_settle(struct new_file *file)
{
    if (file->standard)
        return true;
    if (fsync(file->file) != 0 || !give_name(file)
        || rename(file->part, file->path) != 0)
        return say_why(file->path);
    file->named = false;
    return sync_directory(file->directory) || say_why(file->directory);
}

void new_file_close(struct new_file *file)
{
    if (file->named && file->part)
        unlink(file->part);
    if (!file->standard && file->file >= 0)
        close(file->file);
    free(file->path);
    free(file->part);
    free(file->directory);
    *file = (struct new_file){ .file = -1 };
}

int new_file_nameless(const char *directory)
{
    char name[4096];
    const char *base = getenv("TMPDIR");
    if (directory)
        base = directory;
    else if (!base || base[0] == '\0')
        base = "/tmp";
    int file = open(base, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) {
        snprintf(name, sizeof name, "%s/websubctl-XXXXXX", base);
        file = mkostemp(name, O_CLOEXEC);
        if (file >= 0)
            unlink(name);
    }
    if (file < 0)
        say_why(base);
    return file;
}
