// SPDX-License-Identifier: MIT

#include "walk_pages.h"

#include "services.h"
#include "walk.h"

enum {
    PAGE = 256,
    STALE_MS = 1000, // a pause, or a renewal, takes no longer to be seen
};

static struct walk_page *current(struct walk *walk)
{
    return &walk->pages.pages[walk->pages.turn];
}

static struct walk_page *ahead(struct walk *walk)
{
    return &walk->pages.pages[1 - walk->pages.turn];
}

static void forget(struct walk_page *page)
{
    store_release(&page->read.op);
    page->there = false;
}

static void paged(struct store_op *op)
{
    struct walk *walk = op->context;
    // The read is the first member of its page.
    struct walk_page *page = (struct walk_page *)op;
    struct moment now = loop_now();
    page->asked = false;
    page->since = now.mono;
    page->there = op->status == STORE_OK;
    if (page->there)
        return;
    store_release(op);
    walk->gone = op->status == STORE_NOT_FOUND
                 && window_count(&walk->window) == 0 && !walk->writing;
    walk->pause_until = now.mono + WALK_PAUSE_MS;
}

static void ask(struct walk *walk, struct walk_page *page, uint64_t after)
{
    store_release(&page->read.op);
    page->read = (struct store_page_subscribers){
        .op = { .verb = STORE_PAGE_SUBSCRIBERS,
                .done = paged,
                .context = walk },
        .topic = walk->record.topic,
        .after = after,
        .max = PAGE,
    };
    page->there = false;
    page->asked = true;
    store_submit(walk->means->services->store, &page->read.op);
}

// The page at hand has been visited: the one ahead is next.
static void turn_over(struct walk *walk)
{
    forget(current(walk));
    walk->pages.turn = 1 - walk->pages.turn;
    walk->pages.at = 0;
}

const struct store_subscriber *walk_pages_next(struct walk *walk,
                                               struct moment now)
{
    struct walk_page *page = current(walk);
    if (page->there && walk->pages.at == page->read.count && !page->read.end) {
        turn_over(walk);
        page = current(walk);
    }
    if (!page->there || walk->pages.at == page->read.count)
        return NULL;
    if (now.mono - page->since >= STALE_MS) {
        if (ahead(walk)->asked)
            return NULL;
        walk_pages_clear(walk);
        return NULL;
    }
    return &page->read.items[walk->pages.at];
}

void walk_pages_pass(struct walk *walk)
{
    walk->pages.at++;
}

void walk_pages_ask(struct walk *walk)
{
    struct walk_page *page = current(walk), *next = ahead(walk);
    const struct store_page_subscribers *read = &page->read;
    if (page->asked || next->asked)
        return;
    if (!page->there) {
        ask(walk, page, walk->visited);
        walk->pages.at = 0;
    } else if (!read->end && !next->there) {
        bool empty = read->count == 0;
        ask(walk, next, empty ? read->after : read->items[read->count - 1].id);
    }
}

void walk_pages_outdate(struct walk *walk)
{
    for (size_t i = 0; i < 2; i++)
        walk->pages.pages[i].since -= STALE_MS;
}

bool walk_pages_quiet(const struct walk *walk)
{
    return !walk->pages.pages[0].asked && !walk->pages.pages[1].asked;
}

bool walk_pages_end(const struct walk *walk)
{
    const struct walk_page *page = &walk->pages.pages[walk->pages.turn];
    return page->there && page->read.end && walk->pages.at == page->read.count;
}

void walk_pages_clear(struct walk *walk)
{
    forget(&walk->pages.pages[0]);
    forget(&walk->pages.pages[1]);
    walk->pages.at = 0;
}
