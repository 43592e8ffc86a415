// SPDX-License-Identifier: MIT

#include "audience.h"

bool audience_question(const struct audience *audience, struct pull_query *out)
{
    pull_query_init(out);
    out->voice = audience->voice;
    out->content = audience->content;
    out->bodies = audience->bodies;
    out->has_limit = audience->pauses;
    out->fail_on_gap = audience->fail_on_gap;
    out->limit = audience->limit;
    out->max_bytes = audience->max_bytes;
    bool good = true;
    for (size_t i = 0; good && i < audience->count; i++) {
        const struct audience_topic *topic = &audience->topics[i];
        good = audience->prefixes
                   ? pull_query_prefix(out, topic->normal, topic->normal_len)
                   : pull_query_add(out, topic->url, topic->url_len, NULL, 0);
    }
    if (!good)
        pull_query_clear(out);
    return good;
}
