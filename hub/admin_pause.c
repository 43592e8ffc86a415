// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_lane.h"
#include "admin_target.h"
#include "fetcher/url.h"
#include "halt.h"
#include "inquiry.h"
#include "lanes.h"
#include "log.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

// Subscriptions that are looked at at a time, and how often.
enum { LOOKED_AT = 500, LOOKS = 200 };

// Of one subscription, of an origin, or of everything.
struct pause_inquiry {
    struct inquiry inquiry;
    struct admin_target target;
    struct store_pause pause;
    struct url *origin; // what `pause` names; NULL: it is no origin
    bool changed;
    json_t *root;  // the answer
    uint64_t held; // subscriptions that are still paused and owed something
    unsigned pages;
    union {
        struct store_page_lanes lanes;
        struct store_keep_lane keep;
        struct store_page_subscribers page;
        struct store_page_lagging lagging;
    };
};

static void account(const struct pause_inquiry *asked, enum store_status status)
{
    const struct store_pause *pause = &asked->pause;
    const char *event = pause->paused ? "admin.paused" : "admin.resumed";
    const char *who = inquiry_who(&asked->inquiry);
    const char *by = inquiry_by(&asked->inquiry);
    const char *why = status == STORE_DUPLICATE ? "was so already"
                                                : store_status_name(status);
    char origin[URL_MAX + 1];
    if (asked->origin) {
        snprintf(origin, sizeof origin, "%.*s", (int)asked->origin->origin_len,
                 asked->origin->normal);
        LOG(LOG_INFO, event, LOG_T("what", "origin"), LOG_T("origin", origin),
            LOG_T("who", who), LOG_T("by", by), LOG_T("status", why));
    } else if (pause->all) {
        LOG(LOG_INFO, event, LOG_T("what", "all"), LOG_T("who", who),
            LOG_T("by", by), LOG_T("status", why));
    } else {
        LOG(LOG_INFO, event, LOG_T("what", "subscription"),
            LOG_N("topic", pause->topic), LOG_N("id", pause->subscription),
            LOG_T("host", asked->target.host), LOG_T("who", who),
            LOG_T("by", by), LOG_T("status", why));
    }
}

static void tell(const struct pause_inquiry *asked)
{
    const struct admin_means *means = &asked->inquiry.admin->means;
    const struct store_pause *pause = &asked->pause;
    if (pause->all)
        halt_set(means->halt, pause->paused);
    else if (asked->origin)
        lanes_paused(means->lanes, &pause->origin, pause->paused, loop_now());
    else if (pause->paused)
        means->recalled(means->context, pause->topic, pause->subscription);
    if (!pause->paused)
        means->owed(means->context);
}

// ------------------------------------------------------------------ answer
//
// With what else holds deliveries back, or none are for.

static void answer(struct pause_inquiry *asked)
{
    free(asked->origin);
    inquiry_answer(&asked->inquiry, 200, asked->root);
}

static void give_up(struct pause_inquiry *asked, enum store_status status)
{
    json_decref(asked->root);
    free(asked->origin);
    inquiry_unable(&asked->inquiry, status);
}

static json_t *root_of(const struct pause_inquiry *asked)
{
    const struct admin_means *means = &asked->inquiry.admin->means;
    return json_pack("{s:b, s:b, s:b}", "paused", asked->pause.paused,
                     "changed", asked->changed, "halted", halt_is(means->halt));
}

static const struct store_key *origin_of(const struct pause_inquiry *asked)
{
    return asked->origin ? &asked->pause.origin : &asked->target.origin;
}

static void there_read(struct store_op *op)
{
    struct pause_inquiry *asked = op->context;
    enum store_status status = op->status;
    bool subscribed = status == STORE_OK && asked->page.count > 0;
    store_release(op);
    if (status != STORE_OK) {
        give_up(asked, status);
        return;
    }
    json_object_set_new(asked->root, "subscribed", json_boolean(subscribed));
    answer(asked);
}

static void ask_who_is_there(struct pause_inquiry *asked)
{
    if (!asked->origin) {
        answer(asked);
        return;
    }
    asked->page = (struct store_page_subscribers){
        .origin = &asked->pause.origin,
        .max = 1,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_SUBSCRIBERS,
                   there_read);
}

static void hurried(struct store_op *op)
{
    struct pause_inquiry *asked = op->context;
    const struct admin_means *means = &asked->inquiry.admin->means;
    if (op->status != STORE_OK) {
        give_up(asked, op->status);
        return;
    }
    means->owed(means->context);
    ask_who_is_there(asked);
}

// An origin that is broken is looked at when an operator says that it is to
// go on, even if it was not paused.
static void hurry(struct pause_inquiry *asked, struct store_lane lane)
{
    lane.name = (struct bytes){ "", 0 };
    lane.due = 0;
    asked->keep = (struct store_keep_lane){ .lane = lane };
    inquiry_submit(&asked->inquiry, &asked->keep.op, STORE_KEEP_LANE, hurried);
}

static void lane_read(struct store_op *op)
{
    struct pause_inquiry *asked = op->context;
    const struct store_lane *there =
        op->status == STORE_OK ? admin_lane_of(&asked->lanes, origin_of(asked))
                               : NULL;
    enum store_status status = op->status;
    struct store_lane lane = { .paused = false };
    if (there) {
        lane = *there;
        json_object_set_new(asked->root, "lane", admin_lane_json(&lane));
    }
    store_release(op);
    bool resumes = asked->origin && !asked->pause.paused;
    if (status != STORE_OK)
        give_up(asked, status);
    else if (resumes && lane.failing_since > 0)
        hurry(asked, lane);
    else
        ask_who_is_there(asked);
}

static void read_lane(struct pause_inquiry *asked)
{
    asked->lanes = admin_lane_ask(origin_of(asked));
    inquiry_submit(&asked->inquiry, &asked->lanes.op, STORE_PAGE_LANES,
                   lane_read);
}

static void count_paused(struct pause_inquiry *asked, uint64_t topic,
                         uint64_t after);

static void paused_read(struct store_op *op)
{
    struct pause_inquiry *asked = op->context;
    const struct store_page_lagging page = asked->lagging;
    enum store_status status = op->status;
    store_release(op);
    if (status != STORE_OK) {
        give_up(asked, status);
        return;
    }
    asked->held += page.count;
    if (!page.end && ++asked->pages < LOOKS) {
        count_paused(asked, page.after_topic, page.after);
        return;
    }
    struct lanes_numbers lanes;
    lanes_numbers(asked->inquiry.admin->means.lanes, &lanes);
    json_object_set_new(asked->root, "subscriptions_paused",
                        json_integer((json_int_t)asked->held));
    json_object_set_new(asked->root, "origins_paused",
                        json_integer((json_int_t)lanes.paused));
    answer(asked);
}

static void count_paused(struct pause_inquiry *asked, uint64_t topic,
                         uint64_t after)
{
    asked->lagging = (struct store_page_lagging){
        .set = STORE_LAGGING_PAUSED,
        .after_topic = topic,
        .after = after,
        .max = LOOKED_AT,
    };
    inquiry_submit(&asked->inquiry, &asked->lagging.op, STORE_PAGE_LAGGING,
                   paused_read);
}

static void tell_rest(struct pause_inquiry *asked)
{
    asked->root = root_of(asked);
    if (asked->pause.all) {
        count_paused(asked, 0, 0);
        return;
    }
    if (asked->origin)
        json_object_set_new(
            asked->root, "origin",
            json_stringn(asked->origin->normal, asked->origin->origin_len));
    else
        json_object_set_new(asked->root, "host",
                            json_string(asked->target.host));
    read_lane(asked);
}

// ----------------------------------------------------------------- pausing

static void paused(struct store_op *op)
{
    struct pause_inquiry *asked = op->context;
    account(asked, op->status);
    if (op->status == STORE_OK || op->status == STORE_DUPLICATE) {
        asked->changed = op->status == STORE_OK;
        tell(asked);
        tell_rest(asked);
        return;
    }
    free(asked->origin);
    if (op->status == STORE_NOT_FOUND)
        inquiry_fail(&asked->inquiry, 404, "it has just ended by itself");
    else
        inquiry_unable(&asked->inquiry, op->status);
}

static void submit(struct pause_inquiry *asked)
{
    inquiry_submit(&asked->inquiry, &asked->pause.op, STORE_PAUSE, paused);
}

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    struct pause_inquiry *asked = (struct pause_inquiry *)(void *)inquiry;
    asked->pause.topic = asked->target.topic;
    asked->pause.subscription = asked->target.subscription;
    submit(asked);
}

static void pause_origin(struct pause_inquiry *asked)
{
    struct url *origin = inquiry_url(&asked->inquiry, "origin");
    if (!origin)
        return;
    asked->origin = origin;
    url_origin_key(asked->origin, asked->pause.origin.bytes);
    asked->pause.origin_name = (struct bytes){
        asked->origin->normal,
        asked->origin->origin_len,
    };
    submit(asked);
}

static void change(struct admin *admin, struct request *request, bool pause)
{
    struct pause_inquiry *asked = inquiry_new(admin, request, sizeof *asked);
    if (!asked)
        return;
    struct inquiry *inquiry = &asked->inquiry;
    bool one = inquiry_text(inquiry, "topic") != NULL
               && inquiry_text(inquiry, "callback") != NULL;
    bool origin = inquiry_text(inquiry, "origin") != NULL;
    asked->pause.paused = pause;
    asked->pause.all = inquiry_text(inquiry, "all") != NULL;
    if (one + origin + asked->pause.all != 1)
        inquiry_fail(inquiry, 400,
                     "either topic and callback, or origin, or all");
    else if (one)
        admin_target_find(&asked->target, inquiry, target_found);
    else if (origin)
        pause_origin(asked);
    else
        submit(asked);
}

void admin_pause(void *admin, struct request *request, struct moment now)
{
    (void)now;
    change(admin, request, true);
}

void admin_resume(void *admin, struct request *request, struct moment now)
{
    (void)now;
    change(admin, request, false);
}
