// SPDX-License-Identifier: MIT
//
// seeds -- run a fuzz target over the files of a directory.

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEED_MAX = 1 << 20 };

static int run(const char *folder, const char *name)
{
    static uint8_t bytes[SEED_MAX];
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *from = fopen(path, "rb");
    if (from == NULL) {
        perror(path);
        return 1;
    }
    size_t len = fread(bytes, 1, sizeof bytes, from);
    (void)fclose(from);
    // A copy of the exact size, for the sanitizer to see its end.
    uint8_t *data = malloc(len + (len == 0));
    if (data == NULL)
        return 1;
    for (size_t i = 0; i < len; i++)
        data[i] = bytes[i];
    (void)LLVMFuzzerTestOneInput(data, len);
    free(data);
    return 0;
}

int main(int argc, char *argv[])
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int failed = 0, count = 0;
    for (struct dirent *file; (file = readdir(folder)) != NULL;) {
        if (file->d_name[0] == '.')
            continue;
        failed |= run(argv[1], file->d_name);
        count++;
    }
    (void)closedir(folder);
    (void)printf("%d seeds\n", count);
    return failed || count == 0;
}
