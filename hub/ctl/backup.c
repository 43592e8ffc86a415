// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "fetch_copy.h"
#include "new_file.h"
#include "options.h"
#include "show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void report(const struct ctl *ctl, const char *path, int64_t bytes)
{
    char text[24];
    // Standard output has the copy itself.
    if (strcmp(path, "-") == 0)
        return;
    if (!ctl->json) {
        printf("%s: %s\n", path, show_bytes(bytes, text));
        return;
    }
    json_t *root =
        json_pack("{s:s, s:I}", "file", path, "bytes", (json_int_t)bytes);
    json_dumpf(root, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(root);
}

int ctl_backup(const struct ctl *ctl, int argc, char *argv[])
{
    const char *path = NULL;
    const char **const places[] = { &path };
    struct new_file file;
    int64_t bytes;
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!path)
        return ctl_usage(argv[0], "needs a file, or - for standard output");
    if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
        return ctl_usage(argv[0], "does not write a copy to a terminal");
    if (!new_file_open(&file, path))
        return CTL_NO;
    int code = fetch_copy(ctl, file.file, &bytes);
    if (code == CTL_FINE && !new_file_settle(&file))
        code = CTL_NO;
    new_file_close(&file);
    if (code == CTL_FINE)
        report(ctl, path, bytes);
    return code;
}
