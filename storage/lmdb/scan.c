// SPDX-License-Identifier: MIT

#include "scan.h"

#include "listens.h"

#include <string.h>

enum { SEEN_SIZE = 2 * SCAN_ROWS };

// Seqs (0: none) that were lost where this event is.
struct scan_loss {
    struct scan_loss *next;
    struct scan_topic *topic;
    uint64_t number, from, to;
    enum store_loss loss;
    bool inexact;
};

struct scan_topic {
    struct scan_topic *chain, *lossy;
    struct track track;
    size_t which; // the first prefix it begins with; beyond all: none
    bool known;   // a row of it was looked at
    // What was lost of it.
    uint64_t from, to, count;
    bool inexact;
    enum store_loss loss;
};

bool scan_begin(struct scan *scan, struct engine_context *context,
                uint64_t place)
{
    scan->context = context;
    scan->place = place;
    scan->seen =
        arena_array(&context->scratch, SEEN_SIZE, sizeof(struct scan_topic *));
    return scan->seen != NULL;
}

static bool begins_with(struct bytes text, struct bytes prefix)
{
    return text.len >= prefix.len
           && (prefix.len == 0 || memcmp(text.at, prefix.at, prefix.len) == 0);
}

// The first prefix from `which` on that the topic begins with.
static size_t match(const struct scan *scan, struct bytes url, size_t which)
{
    while (which < scan->prefix_count
           && !begins_with(url, scan->prefixes[which].text))
        which++;
    return which;
}

static struct scan_topic *learn(struct scan *scan, uint64_t id)
{
    struct engine_context *context = scan->context;
    struct scan_topic *made = arena_alloc(&context->scratch, sizeof *made);
    struct topic topic;
    if (!made)
        return NULL;
    made->which = scan->prefix_count;
    made->track.topic = id;
    bool left_out =
        scan->mailbox
        && listen_of_topic(context->txn, scan->mailbox->shown.id, id) != 0;
    if (!left_out && topic_peek(context->txn, id, &topic)) {
        track_of_topic(&topic, &made->track);
        made->which = match(scan, topic.shown.url_normal, 0);
    }
    return made;
}

static struct scan_topic *topic_of(struct scan *scan, uint64_t id)
{
    // Numbers are given one after the other: their ends are spread enough.
    struct scan_topic **at = &scan->seen[id % SEEN_SIZE];
    struct scan_topic *topic = *at;
    while (topic && topic->track.topic != id)
        topic = topic->chain;
    if (topic)
        return topic;
    topic = learn(scan, id);
    if (!topic)
        return NULL;
    topic->chain = *at;
    return *at = topic;
}

// The prefix by which this event is meant; beyond all: it is not.
static size_t meant(const struct scan *scan, const struct scan_topic *topic,
                    uint64_t number)
{
    size_t which = topic->which;
    struct topic names;
    if (which == scan->prefix_count || number > scan->prefixes[which].above)
        return which;
    if (!topic_peek(scan->context->txn, topic->track.topic, &names))
        return scan->prefix_count;
    do
        which = match(scan, names.shown.url_normal, which + 1);
    while (which < scan->prefix_count && number <= scan->prefixes[which].above);
    return which;
}

// ------------------------------------------------------------------- losses

static void lose(struct scan *scan, struct scan_loss loss)
{
    struct scan_loss *made = arena_alloc(&scan->context->scratch, sizeof *made);
    if (!made)
        return;
    *made = loss;
    made->next = scan->losses;
    scan->losses = made;
}

// Rows in front of the first that is met may have been after the place where
// the reader stands: nobody knows.
static void note_beginning(struct scan *scan, struct scan_topic *topic,
                           uint64_t number, uint64_t seq)
{
    struct update update;
    if (topic->known)
        return;
    topic->known = true;
    if (seq == 1
        || update_peek(scan->context->txn, topic->track.topic, seq - 1,
                       &update))
        return;
    lose(scan, (struct scan_loss){
                   .topic = topic,
                   .number = number,
                   .from = 1,
                   .to = seq - 1,
                   .loss = STORE_LOST_EXPIRED,
                   .inexact = true,
               });
}

static void note_change(struct scan *scan, struct scan_topic *topic)
{
    const struct track *track = &topic->track;
    uint64_t place = scan->prefixes[scan->which].above;
    struct scan_loss loss = {
        .topic = topic,
        .number = scan->next.number,
        .inexact = true,
    };
    if (scan->next.seq == track->resumed)
        loss.loss = STORE_LOST_UNFOLLOWED;
    if (scan->next.seq == 1 && place > 0 && place <= track->earlier)
        loss.loss = STORE_LOST_RECREATED;
    if (loss.loss != STORE_LOST_NOTHING)
        lose(scan, loss);
}

void scan_told(struct scan *scan)
{
    struct scan_topic *topic = topic_of(scan, scan->next.topic);
    if (!topic || !scan->prefixes[scan->which].placed)
        return;
    note_beginning(scan, topic, scan->next.number, scan->next.seq);
    note_change(scan, topic);
}

static void add_up(struct scan_topic *topic, const struct scan_loss *loss)
{
    if (loss->loss > topic->loss)
        topic->loss = loss->loss;
    topic->inexact |= loss->inexact;
    if (loss->to == 0)
        return;
    if (topic->to < loss->to)
        topic->to = loss->to;
    if (topic->from == 0 || loss->from < topic->from)
        topic->from = loss->from;
    topic->count += loss->to - loss->from + 1;
}

size_t scan_losses(struct scan *scan, uint64_t above, uint64_t number)
{
    size_t count = 0;
    for (struct scan_loss *loss = scan->losses; loss; loss = loss->next) {
        struct scan_topic *topic = loss->topic;
        if (loss->number <= above || loss->number > number)
            continue;
        if (topic->loss == STORE_LOST_NOTHING) {
            topic->lossy = scan->lossy;
            scan->lossy = topic;
            count++;
        }
        add_up(topic, loss);
    }
    return count;
}

bool scan_gaps(struct scan *scan, struct store_gap *out)
{
    struct engine_context *context = scan->context;
    if (!scan->lossy)
        return true;
    for (struct scan_topic *t = scan->lossy; t; t = t->lossy) {
        struct topic topic;
        if (!topic_peek(context->txn, t->track.topic, &topic))
            return false;
        *out++ = (struct store_gap){
            .topic = t->track.topic,
            .url = arena_copy(&context->results, topic.shown.url),
            .from = t->from,
            .to = t->to,
            .count = t->count,
            .inexact = t->inexact,
            .loss = t->loss,
        };
    }
    return !context->results.failed;
}

// ----------------------------------------------------------------- the log

static bool passed_over(const struct scan *scan, uint64_t number)
{
    return scan->mailbox
           && (number <= scan->cut || mailbox_passed(scan->mailbox, number));
}

// One row of the log. True: it is the next event.
static bool look(struct scan *scan, const struct log_row *row, bool forth)
{
    struct scan_topic *topic = topic_of(scan, row->topic);
    if (!topic)
        return false;
    size_t which = meant(scan, topic, row->number);
    if (which == scan->prefix_count)
        return false;
    bool expired = row->seq <= topic->track.removed;
    if (expired || passed_over(scan, row->number)) {
        if (forth && (!expired || scan->prefixes[which].placed)) {
            note_beginning(scan, topic, row->number, row->seq);
            lose(scan,
                 (struct scan_loss){
                     .topic = topic,
                     .number = row->number,
                     .from = row->seq,
                     .to = row->seq,
                     .loss = expired ? STORE_LOST_EXPIRED : STORE_LOST_OVERFLOW,
                 });
        }
        return false;
    }
    scan->which = which;
    scan->next = topic->track;
    scan->next.seq = row->seq;
    scan->next.number = row->number;
    return true;
}

static bool sound(const struct scan *scan)
{
    return txn_ok(scan->context->txn) && !scan->context->scratch.failed;
}

bool scan_forth(struct scan *scan)
{
    struct log_row row;
    struct txn *txn = scan->context->txn;
    scan->found = false;
    bool more = log_after(txn, scan->place, &row);
    while (more && !scan->found && sound(scan)) {
        if (scan->rows == SCAN_ROWS) {
            scan->spent = true;
            break;
        }
        scan->rows++;
        scan->place = row.number;
        scan->found = look(scan, &row, true);
        // Looking has not moved the cursor of the log.
        if (!scan->found)
            more = log_next(txn, &row);
    }
    return sound(scan);
}

bool scan_back(struct scan *scan)
{
    struct log_row row;
    struct txn *txn = scan->context->txn;
    scan->found = false;
    bool more = log_before_number(txn, scan->place, &row);
    while (more && !scan->found && sound(scan)) {
        if (scan->rows == SCAN_ROWS) {
            scan->spent = true;
            break;
        }
        scan->rows++;
        scan->place = row.number;
        scan->found = look(scan, &row, false);
        if (!scan->found)
            more = log_before_number(txn, row.number, &row);
    }
    return sound(scan);
}
