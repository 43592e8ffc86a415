// SPDX-License-Identifier: MIT
//
// seeds -- run a fuzz target over the files of some directories.

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SEED_MAX = 1 << 20, FOLDERS_MAX = 8 };

static int run(const char *path)
{
    static uint8_t bytes[SEED_MAX];
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
    memcpy(data, bytes, len);
    (void)LLVMFuzzerTestOneInput(data, len);
    free(data);
    return 0;
}

// And what is in it, to a depth of `folders`. Links are not followed.
static int run_folder(const char *folder, unsigned folders, unsigned *count)
{
    DIR *open = opendir(folder);
    if (open == NULL) {
        perror(folder);
        return 1;
    }
    int failed = 0;
    for (struct dirent *file; (file = readdir(open)) != NULL;) {
        char path[4096];
        struct stat what;
        if (file->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        if (lstat(path, &what) != 0) {
            failed = 1;
        } else if (S_ISDIR(what.st_mode)) {
            if (folders > 0)
                failed |= run_folder(path, folders - 1, count);
        } else if (S_ISREG(what.st_mode)) {
            failed |= run(path);
            ++*count;
        }
    }
    (void)closedir(open);
    return failed;
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s FOLDER...\n", argv[0]);
        return 2;
    }
    int failed = 0;
    unsigned count = 0;
    for (int i = 1; i < argc; i++)
        failed |= run_folder(argv[i], FOLDERS_MAX, &count);
    (void)printf("%u seeds\n", count);
    return failed || count == 0;
}
