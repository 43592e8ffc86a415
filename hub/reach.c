// SPDX-License-Identifier: MIT

#include "reach.h"

#include "fetcher/url.h"

#include <assert.h>

bool reach_follows(const struct store_topic *topic)
{
    return topic->id != 0 && topic->unfollowed_at == 0;
}

bool reach_key(const struct store_topic *topic, struct store_key *out)
{
    struct url url;
    if (url_read(topic->url_normal.at, topic->url_normal.len, &url))
        return false;
    url_key(&url, out->bytes);
    return true;
}

static void collect(struct reach *reach)
{
    for (size_t i = 0; i < reach->page.count && !reach->beyond; i++) {
        const struct store_topic *topic = &reach->page.items[i];
        struct store_key key;
        reach->looked++;
        if (!reach_follows(topic) || !reach_key(topic, &key))
            continue;
        if (reach->count == reach->most)
            reach->beyond = true;
        else
            reach->keys[reach->count++] = key;
    }
    if (reach->looked >= REACH_PAGE + REACH_LOOKS * reach->most
        && !reach->page.end)
        reach->beyond = true;
}

static void read_page(struct reach *reach, uint64_t after);

static void on_page(struct store_op *op)
{
    struct reach *reach = op->context;
    const struct store_page_topics *page = &reach->page;
    reach->status = op->status;
    if (op->status == STORE_OK)
        collect(reach);
    bool more = op->status == STORE_OK && !reach->beyond && !page->end
                && page->count > 0;
    uint64_t last = more ? page->items[page->count - 1].id : 0;
    store_release(op);
    if (more)
        read_page(reach, last);
    else
        reach->done(reach);
}

static void read_page(struct reach *reach, uint64_t after)
{
    reach->page = (struct store_page_topics){
        .op = { .verb = STORE_PAGE_TOPICS, .done = on_page, .context = reach },
        .after = after,
        .prefix = reach->prefix,
        .max = REACH_PAGE,
    };
    store_submit(reach->store, &reach->page.op);
}

void reach_begin(struct reach *reach)
{
    assert(reach->prefix.len > 0 && reach->most <= REACH_MOST);
    reach->count = reach->looked = 0;
    reach->beyond = false;
    read_page(reach, 0);
}
