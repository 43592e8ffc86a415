// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "inquiry.h"
#include "pull.h"
#include "pullers.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

enum { TOPICS_MAX = 1000 };

// Those who ask for one topic in different ways are counted together.
static bool add_topic(void *context, struct bytes normal, size_t held)
{
    json_t *topics = context;
    char url[STORE_URL_MAX + 2];
    if (normal.len > STORE_URL_MAX)
        return true;
    memcpy(url, normal.at, normal.len);
    url[normal.len] = '\0';
    json_t *there = json_object_get(topics, url);
    if (there)
        json_integer_set(there, json_integer_value(there) + (json_int_t)held);
    else if (json_object_size(topics) < TOPICS_MAX)
        json_object_set_new(topics, url, json_integer((json_int_t)held));
    return true;
}

static json_t *topics_json(const struct pull *pull)
{
    const char *url;
    json_t *count, *list = json_array(), *topics = json_object();
    pull_each_topic(pull, add_topic, topics);
    json_object_foreach(topics, url, count) json_array_append_new(
        list, json_pack("{s:s, s:O}", "topic", url, "held", count));
    json_decref(topics);
    return list;
}

void admin_pulls(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request, sizeof *inquiry);
    struct pullers_numbers numbers;
    (void)now;
    if (!inquiry)
        return;
    const struct admin_means *means = &inquiry->admin->means;
    pullers_numbers(means->pullers, &numbers);
    inquiry_answer(inquiry, 200,
                   json_pack("{s:I, s:o, s:o}", "held",
                             (json_int_t)numbers.held, "by_voice",
                             admin_json_voices(&numbers), "topics",
                             topics_json(means->pull)));
}
