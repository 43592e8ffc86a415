// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "feed_file.h"
#include "fetcher/document.h"

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool read_options(int argc, char *argv[], struct feed_request *out)
{
    static const struct option options[] = {
        { "content-type", required_argument, NULL, 't' },
        { "base", required_argument, NULL, 'b' },
        { "why", no_argument, NULL, 'w' },
        { NULL, 0, NULL, 0 },
    };
    // Zero starts glibc's getopt afresh: the caller may have used it.
    optind = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "", options, NULL);
        if (option == -1)
            break;
        if (option == 't')
            out->content_type = optarg;
        else if (option == 'b')
            out->base = optarg;
        else if (option == 'w')
            out->why = true;
        else
            return false;
    }
    out->files = argv + optind;
    out->file_count = argc - optind;
    return true;
}

static int run(const struct ctl *ctl, int argc, char *argv[],
               int (*look)(const struct feed_request *request), int files_min,
               int files_max)
{
    struct feed_request request = { .json = ctl->json };
    if (!read_options(argc, argv, &request))
        return CTL_USAGE;
    if (request.why && files_max == 1)
        return ctl_usage(argv[0], "does not take --why");
    if (request.file_count < files_min || request.file_count > files_max)
        return ctl_usage(argv[0], files_min == 1 ? "needs one file"
                                                 : "needs two files or more");
    document_setup();
    return look(&request);
}

int ctl_feed_inspect(const struct ctl *ctl, int argc, char *argv[])
{
    return run(ctl, argc, argv, feed_inspect, 1, 1);
}

int ctl_feed_diff(const struct ctl *ctl, int argc, char *argv[])
{
    return run(ctl, argc, argv, feed_diff, 2, INT_MAX);
}
