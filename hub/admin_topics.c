// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "inquiry.h"
#include "storage/store.h"

#include <jansson.h>
#include <string.h>

// Topics that are looked at at a time when only some are wanted, and how
// often: whoever asks goes on from `next`.
enum { LOOKED_AT = 500, LOOKS = 100 };

struct topics_inquiry {
    struct inquiry inquiry;
    struct store_page_topics page;
    const char *prefix; // NULL: all
    bool (*wanted)(const struct store_topic *topic, int64_t now);
    size_t max;
    unsigned looks;
    uint64_t after;
    json_t *list;
};

static bool is_any(const struct store_topic *topic, int64_t now)
{
    (void)topic, (void)now;
    return true;
}

static bool is_failing(const struct store_topic *topic, int64_t now)
{
    (void)now;
    return topic->failures > 0;
}

static bool is_unfollowed(const struct store_topic *topic, int64_t now)
{
    return topic->subscriptions == 0 && topic->listeners == 0 && !topic->kept
           && topic->pulled_until <= now;
}

static bool is_kept(const struct store_topic *topic, int64_t now)
{
    (void)now;
    return topic->kept;
}

static bool is_due(const struct store_topic *topic, int64_t now)
{
    return topic->fetch_due > 0 && topic->fetch_due <= now;
}

static const struct {
    const char *name;
    bool (*wanted)(const struct store_topic *topic, int64_t now);
} states[] = {
    { "failing", is_failing },
    { "unfollowed", is_unfollowed },
    { "kept", is_kept },
    { "due", is_due },
};

static void answer(struct topics_inquiry *asked, bool more)
{
    inquiry_answer(&asked->inquiry, 200,
                   json_pack("{s:o, s:o}", "topics", asked->list, "next",
                             admin_json_next(more ? asked->after : 0)));
}

static void read_page(struct topics_inquiry *asked);

static void page_read(struct store_op *op)
{
    struct topics_inquiry *asked = op->context;
    const struct store_page_topics *page = &asked->page;
    enum store_status status = op->status;
    bool full = false, rest = false;
    if (status != STORE_OK) {
        store_release(op);
        json_decref(asked->list);
        inquiry_unable(&asked->inquiry, status);
        return;
    }
    for (size_t i = 0; i < page->count && !full; i++) {
        const struct store_topic *topic = &page->items[i];
        asked->after = topic->id;
        if (asked->wanted(topic, op->at))
            json_array_append_new(asked->list, admin_json_topic(topic, op->at));
        full = json_array_size(asked->list) >= asked->max;
        rest = i + 1 < page->count;
    }
    bool more = rest || (!page->end && page->count > 0);
    store_release(op);
    if (!more || full || ++asked->looks == LOOKS)
        answer(asked, more);
    else
        read_page(asked);
}

static void read_page(struct topics_inquiry *asked)
{
    const char *prefix = asked->prefix ? asked->prefix : "";
    asked->page = (struct store_page_topics){
        .after = asked->after,
        .prefix = { prefix, strlen(prefix) },
        .max = asked->wanted == is_any ? asked->max : LOOKED_AT,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_TOPICS,
                   page_read);
}

// False: it was answered.
static bool read_state(struct topics_inquiry *asked)
{
    const char *state = inquiry_text(&asked->inquiry, "state");
    asked->wanted = state ? NULL : is_any;
    for (size_t i = 0; state && i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].name, state) == 0)
            asked->wanted = states[i].wanted;
    if (asked->wanted)
        return true;
    inquiry_blame(&asked->inquiry, "state", "failing, unfollowed, kept or due");
    return false;
}

void admin_topics(void *self, struct request *request, struct moment now)
{
    struct topics_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_state(asked))
        return;
    asked->prefix = inquiry_text(&asked->inquiry, "prefix");
    asked->after = inquiry_number(&asked->inquiry, "after", 0);
    asked->max = inquiry_page_size(&asked->inquiry);
    asked->list = json_array();
    read_page(asked);
}
