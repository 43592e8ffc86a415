// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "fetcher/engine.h"
#include "front.h"
#include "halt.h"
#include "inquiry.h"
#include "lanes.h"
#include "metrics.h"
#include "pull.h"
#include "services.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct status_inquiry {
    struct inquiry inquiry;
    struct store_stats stats;
};

struct topics_inquiry {
    struct inquiry inquiry;
    struct store_page_topics page;
};

// ------------------------------------------------------------------ status

static void stats_read(struct store_op *op)
{
    struct status_inquiry *asked = op->context;
    struct inquiry *inquiry = &asked->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    const struct services *services = means->services;
    struct admin_json_status status = {
        .services = services,
        .store = &asked->stats.numbers,
        .listen = front_address(means->front, 0),
        .uptime_ms = loop_now().mono - inquiry->admin->began,
        .descriptors = means->descriptors,
        .held = pull_held(means->pull),
        .halted = halt_is(means->halt),
    };
    if (op->status != STORE_OK) {
        inquiry_unable(inquiry, op->status);
        return;
    }
    engine_numbers(services->engine, &status.engine);
    front_numbers(means->front, &status.front);
    lanes_numbers(means->lanes, &status.origins);
    pullers_numbers(means->pullers, &status.pullers);
    inquiry_answer(inquiry, 200, admin_json_status(&status));
}

void admin_status(void *self, struct request *request, struct moment now)
{
    struct status_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked)
        inquiry_submit(&asked->inquiry, &asked->stats.op, STORE_STATS,
                       stats_read);
}

// ------------------------------------------------------------------ topics

static void topics_read(struct store_op *op)
{
    struct topics_inquiry *asked = op->context;
    const struct store_page_topics *page = &asked->page;
    if (op->status != STORE_OK) {
        store_release(op);
        inquiry_unable(&asked->inquiry, op->status);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page->count; i++)
        json_array_append_new(list, admin_json_topic(&page->items[i], op->at));
    uint64_t next =
        page->end || page->count == 0 ? 0 : page->items[page->count - 1].id;
    store_release(op);
    inquiry_answer(
        &asked->inquiry, 200,
        json_pack("{s:o, s:o}", "topics", list, "next", admin_json_next(next)));
}

void admin_topics(void *self, struct request *request, struct moment now)
{
    struct topics_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *prefix = inquiry_text(&asked->inquiry, "prefix");
    asked->page = (struct store_page_topics){
        .after = inquiry_number(&asked->inquiry, "after", 0),
        .prefix = { prefix ? prefix : "", prefix ? strlen(prefix) : 0 },
        .max = inquiry_page_size(&asked->inquiry),
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_TOPICS,
                   topics_read);
}

struct admin *admin_new(const struct admin_means *means)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        return NULL;
    admin->means = *means;
    admin->began = loop_now().mono;
    return admin;
}

void admin_free(struct admin *admin)
{
    free(admin);
}

bool admin_idle(const struct admin *admin)
{
    return admin->asking == 0;
}
