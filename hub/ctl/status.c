// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "colour.h"
#include "options.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_head(const json_t *status)
{
    char version[32], uptime[32], url[512];
    printf("websubd %s, process %" PRId64 ", up %s, %s\n",
           show_text(show_string(status, "version"), version, sizeof version),
           show_number(status, "pid"),
           show_duration(show_number(status, "uptime_ms"), uptime),
           json_is_true(json_object_get(status, "ready")) ? "ready"
                                                          : "not ready");
    if (*show_string(status, "unready"))
        printf("not ready because %s\n",
               show_text(show_string(status, "unready"), url, sizeof url));
    printf("%s", show_text(show_string(status, "public_url"), url, sizeof url));
    size_t index;
    json_t *address;
    json_array_foreach(json_object_get(status, "listen"), index, address)
        printf("%s%s", index ? ", " : ", listening on ",
               show_text(json_string_value(address), url, sizeof url));
    putchar('\n');
}

static void print_count(const char *before, const json_t *status,
                        const char *path, const char *what)
{
    int64_t count = show_number(status, path);
    printf("%s%" PRId64 " %s%s", before, count, what, count == 1 ? "" : "s");
}

static void print_store(const json_t *status)
{
    char used[24], map[24];
    print_count("\nstore      ", status, "store.topics", "topic");
    print_count(", ", status, "store.subscriptions", "subscription");
    print_count(", ", status, "store.requests", "pending request");
    printf("\n           %" PRId64 " lagging, of whom %" PRId64
           " wait%s for an origin\n",
           show_number(status, "store.lagging"),
           show_number(status, "store.waiting"),
           show_number(status, "store.waiting") == 1 ? "s" : "");
    print_count("           ", status, "store.walks", "walk");
    print_count(", ", status, "store.events", "event");
    puts(" so far");
    printf("           %s of %s, %" PRId64 " operations in %" PRId64
           " commits\n",
           show_bytes(show_number(status, "store.used_bytes"), used),
           show_bytes(show_number(status, "store.map_bytes"), map),
           show_number(status, "store.operations"),
           show_number(status, "store.commits"));
}

// A block of the network's has a number for every class of requests.
static void print_classes(const json_t *status, const char *block)
{
    static const char *const classes[] = { "fetch", "verify", "deliver",
                                           "retry" };
    printf("%-10s", block);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        char path[64];
        snprintf(path, sizeof path, "network.%s.%s", block, classes[i]);
        printf("%s%s %" PRId64, i ? ", " : " ", classes[i],
               show_number(status, path));
    }
    putchar('\n');
}

static void print_deliveries(const json_t *status)
{
    if (show_truth(status, "halted"))
        puts("paused     all deliveries, by an operator: websubctl resume "
             "--all");
    printf("slow       %" PRId64 " deliveries under way, %" PRId64
           " ended so far to make room\n",
           show_number(status, "network.slow"),
           show_number(status, "network.cut"));
    printf("origins    %" PRId64 " broken, %" PRId64 " being probed, %" PRId64
           " paused\n",
           show_number(status, "origins.open"),
           show_number(status, "origins.probing"),
           show_number(status, "origins.paused"));
}

static void print_process(const json_t *status)
{
    char anon[24], file[24];
    printf("\nmemory     %s of its own, %s of files\n",
           show_bytes(show_number(status, "memory.rss_anon"), anon),
           show_bytes(show_number(status, "memory.rss_file"), file));
    printf("loop       %" PRId64 " slow steps, longest %" PRId64 " us\n",
           show_number(status, "loop.slow_steps"),
           show_number(status, "loop.longest_us"));
    printf("limits     %" PRId64 " descriptors\n",
           show_number(status, "limits.descriptors"));
}

// What has not happened has no line.
static void print_numbers(const char *title, json_t *block)
{
    const char *name;
    json_t *value;
    bool begun = false;
    json_object_foreach(block, name, value)
    {
        char text[64];
        if (json_integer_value(value) == 0)
            continue;
        if (!begun)
            printf("\n%s%s%s\n", colour_begin(COLOUR_STRONG), title,
                   colour_end(COLOUR_STRONG));
        begun = true;
        printf("  %-32s %12" PRId64 "\n", show_text(name, text, sizeof text),
               (int64_t)json_integer_value(value));
    }
}

static enum colour colour_of_level(const char *level)
{
    return strcmp(level, "soon") == 0 ? COLOUR_WARN : COLOUR_BAD;
}

// Only what an operator has to do something about.
static void print_filling(const json_t *status)
{
    size_t index;
    const json_t *one;
    json_array_foreach(json_object_get(status, "filling"), index, one)
    {
        char what[32];
        const char *level = show_string(one, "level");
        enum colour colour = colour_of_level(level);
        if (strcmp(level, "no") != 0)
            printf("%sfills up%s   %s: %.0f %%\n", colour_begin(colour),
                   colour_end(colour),
                   show_text(show_string(one, "what"), what, sizeof what),
                   100 * json_number_value(json_object_get(one, "ratio")));
    }
}

static void print(const json_t *status)
{
    print_head(status);
    print_store(status);
    print_filling(status);
    putchar('\n');
    print_classes(status, "in_flight");
    print_classes(status, "queued");
    print_deliveries(status);
    print_process(status);
    print_numbers("connections from outside", json_object_get(status, "front"));
    print_numbers("since the start", json_object_get(status, "counters"));
}

int ctl_status(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/status",
        .timeout_s = 30,
    };
    return admin_show(ctl, &question, print);
}
