// SPDX-License-Identifier: MIT

#include "overflow.h"

#include "windows.h"

#include <string.h>

enum { LOOKED_AT = 4096 };

// What waits, the newest first; no more of it than LOOKED_AT.
struct waiting {
    struct {
        uint64_t number, size;
    } * items;
    size_t count;
    bool all;
};

// ---------------------------------------------------------------- looking

static bool add(struct letterbox *box, struct waiting *waiting,
                const struct log_row *row)
{
    struct update update;
    if (mailbox_passed(&box->mailbox, row->number))
        return true;
    if (!update_peek(box->context->txn, row->topic, row->seq, &update)) {
        txn_fail(box->context->txn, STORE_CORRUPT);
        return false;
    }
    if (update.skeleton)
        return true;
    waiting->items[waiting->count].number = row->number;
    waiting->items[waiting->count].size = update.whole_size;
    waiting->count++;
    return true;
}

static struct window *newest(struct windows *windows)
{
    struct window *next = NULL;
    for (size_t i = 0; i < windows->count; i++) {
        struct window *w = &windows->items[i];
        if (w->high > w->base && (!next || w->low > next->low))
            next = w;
    }
    return next;
}

// The number of the next one downwards is kept in `low`.
static bool peek(struct letterbox *box, struct window *window)
{
    struct update update;
    if (window->high == window->base)
        return true;
    if (!update_peek(box->context->txn, window->topic, window->high, &update))
        return false;
    window->low = update.number;
    return true;
}

static bool look_at_topics(struct letterbox *box, struct windows *windows,
                           struct waiting *out)
{
    struct window *window;
    for (size_t i = 0; i < windows->count; i++) {
        windows->items[i].high = windows->items[i].head;
        if (!peek(box, &windows->items[i]))
            return false;
    }
    for (size_t i = 0; i < LOOKED_AT; i++) {
        window = newest(windows);
        out->all = !window;
        if (!window)
            return true;
        struct log_row row = { window->low, window->topic, window->high };
        window->high--;
        if (!add(box, out, &row) || !peek(box, window))
            return false;
    }
    return true;
}

static bool begins_with(struct bytes text, struct bytes prefix)
{
    return text.len >= prefix.len
           && (prefix.len == 0 || memcmp(text.at, prefix.at, prefix.len) == 0);
}

// Whether it waits for the reader of this mailbox.
static bool waits(struct letterbox *box, const struct log_row *row)
{
    struct txn *txn = box->context->txn;
    struct topic topic;
    uint64_t sid = listen_of_topic(txn, box->mailbox.shown.id, row->topic);
    if (!topic_peek(txn, row->topic, &topic))
        return false;
    for (size_t i = 0; i < box->listens.count; i++) {
        const struct store_listen *listen = &box->listens.items[i].shown;
        if (sid != 0 && listen->sid == sid)
            return row->seq > listen->seq;
        if (sid == 0 && listen->topic == 0 && row->number > listen->seq
            && begins_with(topic.shown.url_normal, listen->normal))
            return true;
    }
    return false;
}

static uint64_t lowest_place(const struct letterbox *box)
{
    uint64_t place = box->mailbox.shown.place;
    for (size_t i = 0; i < box->listens.count; i++) {
        const struct store_listen *listen = &box->listens.items[i].shown;
        if (listen->topic == 0 && listen->seq < place)
            place = listen->seq;
    }
    return place;
}

static bool look_at_log(struct letterbox *box, struct waiting *out)
{
    struct txn *txn = box->context->txn;
    uint64_t floor = lowest_place(box);
    struct log_row row = { .number = box->context->counters.event + 1 };
    for (size_t i = 0; i < LOOKED_AT; i++) {
        bool any = log_before_number(txn, row.number, &row);
        out->all = !any || row.number <= floor;
        if (out->all)
            return txn_ok(txn);
        if (waits(box, &row) && !add(box, out, &row))
            return false;
    }
    return txn_ok(txn);
}

// ---------------------------------------------------------------- deciding

// How many of the newest may stay; all of them if they are few enough.
static size_t fitting(const struct store_mailbox *mailbox,
                      const struct waiting *waiting, bool oldest)
{
    uint64_t bytes = 0;
    size_t count = 0;
    while (count < waiting->count) {
        size_t which = oldest ? waiting->count - 1 - count : count;
        bytes += waiting->items[which].size;
        if ((mailbox->max_pending != 0 && count >= mailbox->max_pending)
            || (mailbox->max_bytes != 0 && bytes > mailbox->max_bytes
                && count > 0))
            break;
        count++;
    }
    return count;
}

// Everything after `from` that there is by now was passed over.
static void dig(struct letterbox *box, uint64_t from)
{
    struct mailbox *mailbox = &box->mailbox;
    size_t kept = 0;
    for (size_t i = 0; i < mailbox->hole_count; i++)
        if (mailbox->holes[i].to > mailbox->shown.place
            && mailbox->holes[i].from < from)
            mailbox->holes[kept++] = mailbox->holes[i];
    // Without room for another, what lies between goes as well.
    if (kept == HOLES_MAX)
        from = mailbox->holes[--kept].from;
    mailbox->holes[kept++] =
        (struct hole){ from, box->context->counters.event };
    mailbox->hole_count = kept;
    box->changed = true;
}

static bool apply(struct letterbox *box, uint64_t cut, uint64_t from)
{
    switch (box->mailbox.shown.overflow) {
    case STORE_OVERFLOW_SUSPEND:
        box->mailbox.shown.suspended = true;
        return false;
    case STORE_OVERFLOW_OLDEST:
        if (cut > box->cut)
            box->cut = cut;
        return false;
    case STORE_OVERFLOW_NEWEST:
        if (from > 0)
            dig(box, from);
        return false;
    case STORE_OVERFLOW_END:
        return true;
    }
    return false;
}

// By what was looked at.
static bool judge(struct letterbox *box, const struct waiting *waiting)
{
    const struct store_mailbox *shown = &box->mailbox.shown;
    size_t newest_ones = fitting(shown, waiting, false);
    if (newest_ones == waiting->count)
        return false;
    uint64_t cut = waiting->items[newest_ones].number, from = 0;
    // Which are the first is known only of all.
    if (waiting->all) {
        size_t first_ones = fitting(shown, waiting, true);
        from = waiting->items[waiting->count - first_ones].number;
    }
    return apply(box, cut, from);
}

static bool look_closely(struct letterbox *box, struct windows *windows)
{
    struct waiting waiting = { .count = 0 };
    waiting.items =
        arena_array(&box->context->scratch, LOOKED_AT, sizeof *waiting.items);
    if (!waiting.items)
        return false;
    bool sound = box->prefixes ? look_at_log(box, &waiting)
                               : look_at_topics(box, windows, &waiting);
    return sound && judge(box, &waiting);
}

bool overflow_look(struct letterbox *box)
{
    struct store_mailbox *shown = &box->mailbox.shown;
    struct windows windows;
    uint64_t most = shown->max_pending;
    shown->suspended = false;
    if (most == 0 && shown->max_bytes == 0)
        return false;
    if (!windows_open(box, &windows))
        return false;
    // There cannot be too many of what has few events behind it at all.
    uint64_t behind = box->context->counters.event - lowest_place(box);
    if (box->prefixes)
        return (shown->max_bytes != 0 || behind > most)
               && look_closely(box, &windows);
    if (most != 0 && windows.total > most) {
        uint64_t cut = windows_find(box, &windows, windows.total - most);
        uint64_t from = windows_find(box, &windows, most);
        if (apply(box, cut, from))
            return true;
    }
    return shown->max_bytes != 0 && windows.body_bytes > shown->max_bytes
           && look_closely(box, &windows);
}
