// SPDX-License-Identifier: MIT

#include "admin.h"
#include "callback_host.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "log.h"
#include "metrics.h"
#include "reach.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

// Of a prefix, at a time: an operator may ping any number.
enum { PAGE = 256 };

struct ping_inquiry {
    struct inquiry inquiry;
    struct store_ping ping;
    // With a prefix alone:
    struct url *prefix;
    struct store_page_topics page;
    struct store_key keys[PAGE];
    size_t count; // of the keys
    uint64_t last;
    bool end;
    size_t known; // so far
};

static void answer(struct ping_inquiry *asked)
{
    json_int_t known = (json_int_t)asked->known;
    const char *topic = inquiry_text(&asked->inquiry, "topic");
    char host[CALLBACK_HOST_MAX];
    callback_host(topic, strlen(topic), host);
    LOG(LOG_INFO, "admin.pinged", LOG_T("host", host), LOG_N("known", known),
        LOG_T("prefix", asked->prefix ? asked->prefix->normal : "-"),
        LOG_T("who", inquiry_who(&asked->inquiry)),
        LOG_T("by", inquiry_by(&asked->inquiry)));
    free(asked->prefix);
    asked->prefix = NULL;
    inquiry_answer(&asked->inquiry, known > 0 ? 200 : 404,
                   json_pack("{s:I}", "known", known));
}

static void unable(struct ping_inquiry *asked, enum store_status status)
{
    free(asked->prefix);
    asked->prefix = NULL;
    inquiry_unable(&asked->inquiry, status);
}

static void read_page(struct ping_inquiry *asked);

static void pinged(struct store_op *op)
{
    struct ping_inquiry *asked = op->context;
    const struct admin_means *means = &asked->inquiry.admin->means;
    struct metrics *metrics = means->services->metrics;
    if (op->status != STORE_OK) {
        unable(asked, op->status);
        return;
    }
    metric_add(metrics, METRIC_PINGS, asked->ping.count);
    metric_add(metrics, METRIC_PINGS_KNOWN, asked->ping.known);
    asked->known += asked->ping.known;
    if (asked->ping.known > 0)
        means->pinged(means->context);
    if (!asked->prefix || asked->end)
        answer(asked);
    else
        read_page(asked);
}

static void ping(struct ping_inquiry *asked)
{
    asked->ping.keys = asked->keys;
    asked->ping.count = asked->count;
    inquiry_submit(&asked->inquiry, &asked->ping.op, STORE_PING, pinged);
}

static void on_page(struct store_op *op)
{
    struct ping_inquiry *asked = op->context;
    const struct store_page_topics *page = &asked->page;
    enum store_status status = op->status;
    asked->count = 0;
    asked->end = page->end || page->count == 0;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++) {
        const struct store_topic *topic = &page->items[i];
        asked->last = topic->id;
        if (reach_follows(topic)
            && reach_key(topic, &asked->keys[asked->count]))
            asked->count++;
    }
    store_release(op);
    if (status != STORE_OK)
        unable(asked, status);
    else if (asked->count > 0)
        ping(asked);
    else if (asked->end)
        answer(asked);
    else
        read_page(asked);
}

static void read_page(struct ping_inquiry *asked)
{
    asked->page = (struct store_page_topics){
        .after = asked->last,
        .prefix = { asked->prefix->normal, asked->prefix->normal_len },
        .max = PAGE,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_TOPICS,
                   on_page);
}

// What stands before the last byte, which is a '*'.
static void ping_all(struct ping_inquiry *asked, const char *text)
{
    asked->prefix = malloc(sizeof *asked->prefix);
    if (!asked->prefix)
        inquiry_fail(&asked->inquiry, 503, "out of memory");
    else if (url_read(text, strlen(text) - 1, asked->prefix)) {
        free(asked->prefix);
        inquiry_fail(&asked->inquiry, 400,
                     "topic has no http or https URL before its *");
    } else
        read_page(asked);
}

void admin_ping(void *self, struct request *request, struct moment now)
{
    struct ping_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *text = inquiry_text(&asked->inquiry, "topic");
    if (text && *text && text[strlen(text) - 1] == '*') {
        ping_all(asked, text);
        return;
    }
    asked->count = 1;
    if (inquiry_key(&asked->inquiry, "topic", &asked->keys[0]))
        ping(asked);
}
