// SPDX-License-Identifier: MIT

#include "feed.h"

#include "feed_file.h"
#include "fetcher/document.h"

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: websubctl feed inspect [--content-type=TYPE] [--base=URL] FILE\n"
    "       websubctl feed diff [--why] [--json] [--content-type=TYPE] "
    "[--base=URL]\n"
    "                           OLD... NEW\n"
    "\n"
    "inspect says what the hub reads in a document, as JSON. diff prints what\n"
    "it would send of NEW to a subscriber who has had the versions before, or\n"
    "nothing; with --why it says what it found and why instead. - is the\n"
    "standard input.\n";

static int say_usage(void)
{
    (void)fputs(usage, stderr);
    return FEED_USAGE;
}

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

int ctl_feed(int argc, char *argv[], bool json)
{
    static const struct {
        const char *name;
        int (*run)(const struct feed_request *request);
        int files_min, files_max;
        bool why;
    } commands[] = {
        { "inspect", feed_inspect, 1, 1, false },
        { "diff", feed_diff, 2, INT_MAX, true },
    };
    struct feed_request request = { .json = json };
    if (argc < 2 || !read_options(argc - 1, argv + 1, &request))
        return say_usage();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (request.file_count < commands[i].files_min
            || request.file_count > commands[i].files_max
            || (request.why && !commands[i].why))
            break;
        document_setup();
        return commands[i].run(&request);
    }
    return say_usage();
}
