// SPDX-License-Identifier: MIT

#include "workdir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char mark[] = "websubd-bench-";

bool workdir_make(const char *base, char out[WORKDIR_MAX])
{
    if (base == NULL)
        base = getenv("TMPDIR");
    if (base == NULL || *base == '\0')
        base = "/tmp";
    int len = snprintf(out, WORKDIR_MAX, "%s/%sXXXXXX", base, mark);
    return len > 0 && len < WORKDIR_MAX && mkdtemp(out) != NULL;
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

void workdir_remove(const char *path)
{
    if (strstr(path, mark) != NULL)
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

bool workdir_program(const char *name, unsigned steps, char *out, size_t max)
{
    char self[WORKDIR_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0)
        return false;
    self[len] = '\0';
    for (unsigned i = 0; i <= steps; i++) {
        char *slash = strrchr(self, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    int wrote = snprintf(out, max, "%s/%s", self, name);
    return wrote > 0 && (size_t)wrote < max && access(out, X_OK) == 0;
}
