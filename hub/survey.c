// SPDX-License-Identifier: MIT

#include "survey.h"

static const struct {
    enum store_due_kind kind;
    const char *name;
} queues[SURVEY_QUEUES] = {
    { STORE_DUE_DELIVER, "deliver" }, { STORE_DUE_LANE, "origin" },
    { STORE_DUE_FETCH, "fetch" },     { STORE_DUE_VERIFY, "verify" },
    { STORE_DUE_RENEW, "renew" },     { STORE_DUE_DENY, "deny" },
};

const char *survey_queue(size_t queue)
{
    return queues[queue].name;
}

static void submit(struct survey *survey, struct store_op *op,
                   enum store_verb verb, void (*done)(struct store_op *op))
{
    op->verb = verb;
    op->done = done;
    op->context = survey;
    survey->left++;
    store_submit(survey->store, op);
}

static void answered(struct survey *survey)
{
    if (--survey->left == 0)
        survey->done(survey);
}

static void numbers_read(struct store_op *op)
{
    struct survey *survey = op->context;
    survey->status = op->status;
    survey->numbers = survey->stats.numbers;
    answered(survey);
}

static void looked(struct store_op *op)
{
    struct survey *survey = op->context;
    // The operation is the first member of its struct.
    const struct store_claim *look = (const struct store_claim *)(void *)op;
    int64_t due = look->next_due;
    if (op->status == STORE_OK && due < op->at)
        survey->overdue[look - survey->looks] = op->at - due;
    store_release(op);
    answered(survey);
}

static void topics_read(struct store_op *op)
{
    struct survey *survey = op->context;
    const struct store_topics *topics = &survey->topics;
    for (size_t i = 0; op->status == STORE_OK && i < topics->count; i++) {
        int64_t updated = topics->items[i].last_update;
        if (updated > 0 && op->at - updated > survey->oldest)
            survey->oldest = op->at - updated;
    }
    store_release(op);
    answered(survey);
}

static void walks_read(struct store_op *op)
{
    struct survey *survey = op->context;
    size_t count = op->status == STORE_OK ? survey->walks.count : 0;
    for (size_t i = 0; i < count; i++)
        survey->ids[i] = survey->walks.items[i].topic;
    store_release(op);
    if (count > 0) {
        survey->topics = (struct store_topics){
            .ids = survey->ids,
            .count = count,
        };
        submit(survey, &survey->topics.op, STORE_TOPICS, topics_read);
    }
    answered(survey);
}

void survey_begin(struct survey *survey)
{
    submit(survey, &survey->stats.op, STORE_STATS, numbers_read);
    for (size_t i = 0; i < SURVEY_QUEUES; i++) {
        survey->looks[i] = (struct store_claim){ .kind = queues[i].kind };
        submit(survey, &survey->looks[i].op, STORE_CLAIM, looked);
    }
    survey->walks = (struct store_walks){ .max = SURVEY_WALKS };
    submit(survey, &survey->walks.op, STORE_WALKS, walks_read);
}
