// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

enum { URL_BYTES = 2100, WORDS = 80 };

static void heading(void)
{
    printf("%-9s %6s %-6s %-12s %-19s %-15s %-32s  %s\n", "STATE", "NUMBER",
           "SIGNED", "LEASE LEFT", "NEXT TRY (UTC)", "OWED", "LAST OUTCOME",
           "CALLBACK");
}

static const char *owed(const json_t *subscription, char out[WORDS])
{
    int64_t from = show_number(subscription, "owed.from");
    int64_t to = show_number(subscription, "owed.to");
    if (!json_is_object(json_object_get(subscription, "owed")))
        snprintf(out, WORDS, "-");
    else if (to > from)
        snprintf(out, WORDS, "%" PRId64 "..%" PRId64, from, to);
    else
        snprintf(out, WORDS, "%" PRId64, from);
    return out;
}

// The whole URL only if the operator knew it; else what tells it from others.
static void print_callback(const json_t *subscription)
{
    char text[URL_BYTES], hash[WORDS];
    const char *whole = show_string(subscription, "callback");
    if (*whole)
        printf("  %s\n", show_text(whole, text, sizeof text));
    else
        printf("  %s #%s\n",
               show_text(show_string(subscription, "host"), text, sizeof text),
               show_text(show_string(subscription, "callback_hash"), hash,
                         sizeof hash));
}

// What is the same in all of a topic's is not repeated.
static void print_topic(const json_t *subscription)
{
    char text[URL_BYTES];
    printf("%*s%s\n", 10, "",
           show_text(show_string(subscription, "topic"), text, sizeof text));
}

static void row(const json_t *subscription)
{
    char state[WORDS], left[32], due[24], seqs[WORDS], words[WORDS];
    bool is_signed = json_is_true(json_object_get(subscription, "signed"));
    const char *outcome = show_string(subscription, "last_outcome");
    printf("%-9s %6" PRId64 " %-6s %-12s %-19s %-15s %-32s",
           show_text(show_string(subscription, "state"), state, sizeof state),
           show_number(subscription, "id"), is_signed ? "yes" : "no",
           show_duration(show_number(subscription, "lease_left_ms"), left),
           show_time(show_number(subscription, "due"), due),
           owed(subscription, seqs),
           show_text(*outcome ? outcome : "-", words, sizeof words));
    print_callback(subscription);
}

static void row_with_topic(const json_t *subscription)
{
    row(subscription);
    print_topic(subscription);
}

static void print_pending(const json_t *page)
{
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(page, "pending"), index, one)
    {
        char mode[WORDS], when[24], left[32];
        printf("a request to %s of %s waits for its verification, %s more, "
               "tries so far: %" PRId64 "\n",
               show_text(show_string(one, "mode"), mode, sizeof mode),
               show_time(show_number(one, "accepted"), when),
               show_duration(show_number(one, "left_ms"), left),
               show_number(one, "tries"));
    }
}

int ctl_subscriptions(const struct ctl *ctl, int argc, char *argv[])
{
    const char *topic = NULL, *callback = NULL, *state = NULL;
    const struct option_value options[] = {
        { .name = "topic", .value = &topic },
        { .name = "callback", .value = &callback },
        { .name = "state", .value = &state },
    };
    const char **const places[] = { &topic, &callback };
    if (!options_read(argc, argv, options, sizeof options / sizeof *options,
                      places, sizeof places / sizeof *places))
        return CTL_USAGE;
    const struct admin_parameter parameters[] = {
        { "topic", topic },
        { "callback", callback },
        { "state", state },
    };
    return pages_print(ctl, &(struct pages){
                                .path = "/admin/subscriptions",
                                .list = "subscriptions",
                                .parameters = parameters,
                                .parameter_count = 3,
                                .heading = heading,
                                .row = topic ? row : row_with_topic,
                                .nothing = "no subscriptions",
                                .more = print_pending,
                            });
}
