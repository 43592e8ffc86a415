// SPDX-License-Identifier: MIT

#include "served.h"

#include "audience.h"
#include "metrics.h"
#include "pull_query.h"
#include "rules.h"

uint64_t served_mark(const struct rules *rules)
{
    return rules ? rules_generation(rules) + 1 : 1;
}

static const struct audience_topic *judge(const struct rules *rules,
                                          const struct audience *audience)
{
    for (size_t i = 0; i < audience->count; i++) {
        const struct audience_topic *topic = &audience->topics[i];
        bool fine = audience->prefixes
                        ? rules_allow_below(rules, topic->url, topic->url_len)
                        : rules_allow_topic(rules, topic->url, topic->url_len);
        if (!fine)
            return topic;
    }
    return NULL;
}

const char *served_denies(const struct rules *rules, struct audience *audience)
{
    if (!rules_judge_topics(rules))
        return NULL;
    if (audience->judged != served_mark(rules)) {
        audience->judged = served_mark(rules);
        audience->denied = judge(rules, audience);
    }
    return audience->denied ? audience->denied->url : NULL;
}

const char *served_denies_query(const struct rules *rules,
                                const struct pull_query *query)
{
    if (!rules_judge_topics(rules))
        return NULL;
    for (size_t i = 0; i < query->topic_count; i++)
        if (!rules_allow_topic(rules, query->topics[i].url,
                               query->topics[i].url_len))
            return query->topics[i].url;
    for (size_t i = 0; i < query->pattern_count; i++)
        if (!rules_allow_below(rules, query->patterns[i].normal,
                               query->patterns[i].len))
            return query->patterns[i].normal;
    return NULL;
}

const char *served_denies_listens(const struct rules *rules,
                                  const struct store_listen *listens,
                                  size_t count)
{
    for (size_t i = 0; rules_judge_topics(rules) && i < count; i++) {
        const struct store_listen *listen = &listens[i];
        if (listen->topic != 0
            && !rules_allow_topic(rules, listen->url.at, listen->url.len))
            return listen->url.at;
        if (listen->topic == 0
            && !rules_allow_below(rules, listen->normal.at, listen->normal.len))
            return listen->normal.at;
    }
    return NULL;
}

struct pull_problem served_problem(struct metrics *metrics, const char *topic)
{
    struct pull_problem problem = pull_problem_of(
        403, "denied-topic", "this hub does not serve that topic's domain");
    problem.topic = topic;
    metric_add(metrics, METRIC_PULLS_DENIED, 1);
    return problem;
}
