// SPDX-License-Identifier: MIT
//
// Random operations on a store and on a plain model of it.

#include "model.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OPERATIONS = 100000 };

static void pass_time(struct model *model)
{
    static const int64_t steps[] = { 0, 2, 500, 500, 2000, 2000, 2000, 60000 };
    int64_t ms = steps[model_below(model, 8)];
    if (model_below(model, 1000) == 0)
        ms = HOUR;
    if (model_below(model, 5000) == 0)
        ms = 9 * HOUR;
    session_advance(model->session, ms);
    // A lease ends when expiry runs, so let that be at once.
    model_expire(model);
}

static void restart(struct model *model)
{
    session_reopen(model->session);
    for (int i = 0; i < MODEL_REQUESTS; i++)
        model->requests[i].claim = (struct model_claim){ .lapsed = true };
    for (int i = 0; i < MODEL_DENIALS; i++)
        model->denials[i].claim = (struct model_claim){ .lapsed = true };
    for (int i = 0; i < MODEL_ORIGINS; i++)
        model->lanes[i].claim = (struct model_claim){ .lapsed = true };
    for (int t = 0; t < MODEL_TOPICS; t++) {
        struct model_topic *topic = &model->topics[t];
        topic->fetch = (struct model_claim){ .lapsed = true };
        for (int c = 0; c < MODEL_CALLBACKS; c++)
            topic->subscribers[c].claim =
                (struct model_claim){ .lapsed = true };
    }
}

static void make_move(struct model *model)
{
    static const struct {
        void (*move)(struct model *model);
        unsigned weight;
    } moves[] = {
        { pass_time, 20 },
        { model_take, 14 },
        { model_claim_requests, 20 },
        { model_settle, 25 },
        { model_remove, 1 },
        { model_claim_denials, 6 },
        { model_tell, 12 },
        { model_find, 6 },
        { model_ping, 10 },
        { model_claim_fetches, 14 },
        { model_publish, 30 },
        { model_give, 4 },
        { model_choose, 1 },
        { model_follow, 6 },
        { model_trim, 4 },
        { model_walk, 25 },
        { model_claim_deliveries, 14 },
        { model_record, 14 },
        { model_compare_subscribers, 6 },
        { model_claim_lane, 10 },
        { model_claim_lanes, 4 },
        { model_keep_lane, 5 },
        { model_pause, 4 },
        { model_resend, 4 },
        { model_status, 4 },
        { model_page_lagging, 4 },
        { model_events, 10 },
        { model_missed, 8 },
        { model_read_body, 8 },
        { model_compare_topics, 4 },
        { model_compare_stats, 4 },
    };
    enum { COUNT = sizeof moves / sizeof *moves };
    uint64_t total = 0;
    for (size_t i = 0; i < COUNT; i++)
        total += moves[i].weight;
    uint64_t draw = model_below(model, total);
    size_t i = 0;
    while (draw >= moves[i].weight)
        draw -= moves[i++].weight;
    moves[i].move(model);
}

static void the_store_does_what_the_model_says(void **state)
{
    struct session *s = *state;
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    model->session = s;
    session_close(s);
    s->options.pending_per_host = MODEL_PER_HOST;
    session_open(s);
    model->chance = chance_from(chance_seed());
    uint64_t next_restart = 5000;
    while (model->operations < OPERATIONS) {
        make_move(model);
        if (model->operations > next_restart) {
            restart(model);
            next_restart = model->operations + 2000 + model_below(model, 6000);
        }
    }
    printf("%" PRIu64 " operations, %" PRIu64 " updates\n", model->operations,
           model->events);
    free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_store_does_what_the_model_says,
                                        session_setup_cheap, session_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
