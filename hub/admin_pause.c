// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_target.h"
#include "fetcher/url.h"
#include "halt.h"
#include "inquiry.h"
#include "lanes.h"
#include "log.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdlib.h>

// Of one subscription, of an origin, or of everything.
struct pause_inquiry {
    struct inquiry inquiry;
    struct admin_target target;
    struct store_pause pause;
    struct url *origin; // what `pause` names; NULL: it is no origin
};

static const char *author(const struct pause_inquiry *asked)
{
    const char *by = inquiry_text(&asked->inquiry, "by");
    return by && *by ? by : "?";
}

static void account(const struct pause_inquiry *asked, enum store_status status)
{
    const struct store_pause *pause = &asked->pause;
    const char *what = pause->all      ? "*"
                       : asked->origin ? asked->origin->host
                                       : asked->target.host;
    LOG(LOG_INFO, pause->paused ? "operator.paused" : "operator.resumed",
        LOG_T("what", pause->all      ? "all"
                      : asked->origin ? "origin"
                                      : "subscription"),
        LOG_N("topic", pause->topic), LOG_N("id", pause->subscription),
        LOG_T("host", what), LOG_T("by", author(asked)),
        LOG_T("status", store_status_name(status)));
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

static void answer(struct pause_inquiry *asked, bool changed)
{
    json_t *root = json_pack("{s:b, s:b}", "paused", asked->pause.paused,
                             "changed", changed);
    if (asked->origin)
        json_object_set_new(
            root, "origin",
            json_stringn(asked->origin->normal, asked->origin->origin_len));
    else if (!asked->pause.all)
        json_object_set_new(root, "host", json_string(asked->target.host));
    free(asked->origin);
    inquiry_answer(&asked->inquiry, 200, root);
}

static void paused(struct store_op *op)
{
    struct pause_inquiry *asked = op->context;
    account(asked, op->status);
    if (op->status == STORE_OK || op->status == STORE_DUPLICATE) {
        tell(asked);
        answer(asked, op->status == STORE_OK);
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
