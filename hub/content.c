// SPDX-License-Identifier: MIT

#include "content.h"

#include "config.h"
#include "fetcher/document.h"
#include "links.h"
#include "loop.h"
#include "services.h"
#include "topic.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_MAX = 32, // contents that nobody holds
    KEPT_BYTES = 32 * 1024 * 1024,
    ROLLED_OFF_MAX = 8, // M13
};

// A content with what it took to make it.
struct loading {
    struct content content; // first: a content is found in its loading
    struct contents *contents;
    struct loading *next;
    size_t holders;
    uint64_t used; // order of last use
    bool ready;
    struct content_wait *waits;

    struct store_topic *topic;
    struct store_topics topics;
    struct store_missed missed;
    struct store_read_body body; // whose bytes the content borrows
    bool gap;
    uint64_t asked_to;
    char *cut; // or it owns these
    size_t cut_len;
    bool cut_whole; // everything that was missed is in the newest document
    bool fresh_try; // the body asked for was gone; the head's is tried
};

struct contents {
    struct services services;
    struct loading *list;
    uint64_t uses;
    struct content_wait *hopeless; // memory ran out when they asked
};

static void loading_free(struct loading *loading)
{
    store_release(&loading->topics.op);
    store_release(&loading->missed.op);
    store_release(&loading->body.op);
    free(loading->topic);
    free(loading->cut);
    free(loading->content.type_line);
    free(loading->content.link_line);
    free(loading);
}

static void unlist(struct loading *loading)
{
    struct loading **at = &loading->contents->list;
    while (*at != loading)
        at = &(*at)->next;
    *at = loading->next;
}

// Let go of what nobody holds, oldest first, down to the ceilings.
static void trim(struct contents *contents)
{
    for (;;) {
        size_t count = 0, bytes = 0;
        struct loading *oldest = NULL;
        for (struct loading *l = contents->list; l; l = l->next) {
            if (!l->ready || l->holders > 0)
                continue;
            count++;
            bytes += l->content.body_len;
            if (!oldest || l->used < oldest->used)
                oldest = l;
        }
        if (!oldest || (count <= KEPT_MAX && bytes <= KEPT_BYTES))
            return;
        unlist(oldest);
        loading_free(oldest);
    }
}

static void tell(struct loading *loading, bool good, bool gone)
{
    struct content_wait *wait = loading->waits;
    loading->waits = NULL;
    if (good) {
        loading->ready = true;
        loading->holders++; // who is told may drop it before the next one is
    } else {
        unlist(loading);
    }
    while (wait) {
        struct content_wait *next = wait->next;
        if (good)
            loading->holders++;
        wait->ready(wait, good ? &loading->content : NULL, gone);
        wait = next;
    }
    if (good)
        content_drop(loading->contents, &loading->content);
    else
        loading_free(loading);
}

static bool write_lines(struct loading *loading)
{
    struct content *content = &loading->content;
    const struct store_topic *topic = loading->topic;
    const struct store_read_body *body = &loading->body;
    const struct config *config = loading->contents->services.config;
    struct links links = {
        .hubs = body->hubs.at,
        .hubs_len = body->hubs.len,
        .self = body->self.at,
        .self_len = body->self.len,
        .topic = topic->url.at,
        .topic_len = topic->url.len,
        .own = loading->contents->services.hub_url,
        .aliases = (const char *const *)config->hub_alias.items,
        .alias_count = config->hub_alias.count,
    };
    size_t type_size = strlen("Content-Type: ") + body->content_type.len + 1;
    content->link_line = links_line(&links);
    if (body->self.len == 0)
        content->topic_url = topic->url;
    content->type_line = malloc(type_size);
    if (!content->link_line || !content->type_line)
        return false;
    snprintf(content->type_line, type_size, "Content-Type: %.*s",
             (int)body->content_type.len, body->content_type.at);
    content->incarnation = topic->incarnation;
    snprintf(content->sequence_line, sizeof content->sequence_line,
             "Hub-Sequence: %016" PRIx64 ".%" PRIu64, topic->incarnation,
             content->upto);
    if (loading->gap)
        snprintf(content->gap_line, sizeof content->gap_line,
                 "Hub-Gap: %016" PRIx64 ".%" PRIu64 "-%" PRIu64
                 "; reason=expired",
                 topic->incarnation, content->key.from + 1, content->upto);
    return true;
}

static void finish(struct loading *loading)
{
    struct content *content = &loading->content;
    content->upto = loading->body.seq;
    content->body = loading->cut ? loading->cut : loading->body.body.at;
    content->body_len =
        loading->cut ? loading->cut_len : loading->body.body.len;
    tell(loading, write_lines(loading), false);
}

static void finish_with_nothing(struct loading *loading)
{
    loading->content.nothing = true;
    loading->content.upto = loading->asked_to;
    tell(loading, true, false);
}

static void read_body(struct loading *loading, enum store_body which,
                      uint64_t seq, void (*done)(struct store_op *op))
{
    store_release(&loading->body.op);
    loading->body = (struct store_read_body){
        .op = { .verb = STORE_READ_BODY, .done = done, .context = loading },
        .topic = loading->content.key.topic,
        .seq = seq,
        .which = which,
    };
    store_submit(loading->contents->services.store, &loading->body.op);
}

static void whole_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status == STORE_OK) {
        finish(loading);
        return;
    }
    // Retention took it: the newest is never taken (M10).
    bool again = op->status == STORE_NOT_FOUND && !loading->fresh_try
                 && loading->topic->head > loading->asked_to;
    if (!again) {
        tell(loading, false, false);
        return;
    }
    loading->fresh_try = true;
    loading->asked_to = loading->topic->head;
    read_body(loading, STORE_WHOLE, loading->asked_to, whole_read);
}

static void read_whole(struct loading *loading)
{
    read_body(loading, STORE_WHOLE, loading->asked_to, whole_read);
}

static void instead_of_delta_read(struct store_op *op)
{
    struct loading *loading = op->context;
    // M14: changes around the entries are no news to who wants entries.
    if (op->status == STORE_OK
        && (loading->body.kind == STORE_UPDATE_FEED_LEVEL
            || loading->body.kind == STORE_UPDATE_REMOVAL_ONLY))
        finish_with_nothing(loading);
    else
        whole_read(op);
}

static void delta_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status == STORE_OK)
        finish(loading);
    else if (op->status == STORE_NOT_FOUND)
        read_body(loading, STORE_WHOLE, loading->asked_to,
                  instead_of_delta_read);
    else
        tell(loading, false, false);
}

static void cut_work(void *context)
{
    struct loading *loading = context;
    const struct store_read_body *body = &loading->body;
    size_t found = 0;
    loading->cut =
        document_cut(body->body.at, body->body.len, body->content_type.at,
                     loading->missed.ids, loading->missed.count, NULL, &found,
                     &loading->cut_len);
    loading->cut_whole = found == loading->missed.count;
}

static void cut_done(void *context)
{
    struct loading *loading = context;
    if (!loading->cut) {
        finish(loading); // not to be cut: the whole
        return;
    }
    if (loading->cut_whole) {
        finish(loading);
        return;
    }
    free(loading->cut);
    loading->cut = NULL;
    if (loading->missed.updates > ROLLED_OFF_MAX) {
        loading->gap = true;
        finish(loading);
        return;
    }
    loading->asked_to = loading->content.key.from + 1;
    read_body(loading, STORE_DELTA, loading->asked_to, delta_read);
}

static void newest_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status != STORE_OK) {
        whole_read(op);
        return;
    }
    if (!loop_job(loading->contents->services.loop, cut_work, cut_done,
                  loading))
        tell(loading, false, false);
}

static void missed_read(struct store_op *op)
{
    struct loading *loading = op->context;
    const struct store_missed *missed = &loading->missed;
    if (op->status != STORE_OK) {
        tell(loading, false, op->status == STORE_NOT_FOUND);
    } else if (!missed->complete) {
        loading->gap = true;
        read_whole(loading);
    } else if (missed->updates == 0) {
        finish_with_nothing(loading);
    } else if (!missed->all_cuttable) {
        read_whole(loading);
    } else {
        read_body(loading, STORE_WHOLE, loading->asked_to, newest_read);
    }
}

static void read_news(struct loading *loading)
{
    const struct content_key *key = &loading->content.key;
    if (loading->asked_to - key->from == 1) {
        read_body(loading, STORE_DELTA, loading->asked_to, delta_read);
        return;
    }
    loading->missed = (struct store_missed){
        .op = { .verb = STORE_MISSED, .done = missed_read, .context = loading },
        .topic = key->topic,
        .from = key->from,
        .to = loading->asked_to,
    };
    store_submit(loading->contents->services.store, &loading->missed.op);
}

static void topic_read(struct store_op *op)
{
    struct loading *loading = op->context;
    const struct content_key *key = &loading->content.key;
    if (op->status != STORE_OK || loading->topics.items[0].id == 0) {
        bool gone = op->status == STORE_OK || op->status == STORE_NOT_FOUND;
        tell(loading, false, gone);
        return;
    }
    loading->topic = topic_copy(&loading->topics.items[0]);
    if (!loading->topic) {
        tell(loading, false, false);
        return;
    }
    loading->asked_to = key->to > 0 ? key->to : loading->topic->head;
    if (loading->asked_to <= key->from)
        finish_with_nothing(loading);
    else if (key->wish == CONTENT_WHOLE)
        read_whole(loading);
    else
        read_news(loading);
}

static struct loading *find(struct contents *contents,
                            const struct content_key *key)
{
    for (struct loading *l = contents->list; l; l = l->next) {
        const struct content_key *k = &l->content.key;
        if (k->topic == key->topic && k->from == key->from && k->to == key->to
            && k->wish == key->wish)
            return l;
    }
    return NULL;
}

static struct loading *begin(struct contents *contents,
                             const struct content_key *key)
{
    struct loading *loading = calloc(1, sizeof *loading);
    if (!loading)
        return NULL;
    loading->content.key = *key;
    loading->contents = contents;
    loading->next = contents->list;
    contents->list = loading;
    loading->topics = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = topic_read, .context = loading },
        .ids = &loading->content.key.topic,
        .count = 1,
    };
    store_submit(contents->services.store, &loading->topics.op);
    return loading;
}

struct content *content_get(struct contents *contents,
                            const struct content_key *key,
                            struct content_wait *wait)
{
    // "The head" is another seq tomorrow, so it is never found, only joined.
    struct loading *loading = find(contents, key);
    if (loading && loading->ready && key->to == 0)
        loading = NULL;
    if (loading && loading->ready) {
        loading->used = ++contents->uses;
        loading->holders++;
        return &loading->content;
    }
    if (!loading)
        loading = begin(contents, key);
    if (!loading) {
        wait->next = contents->hopeless;
        contents->hopeless = wait;
        loop_wake(contents->services.loop);
        return NULL;
    }
    wait->next = loading->waits;
    loading->waits = wait;
    return NULL;
}

struct content *content_hold(struct content *content)
{
    struct loading *loading = (struct loading *)content;
    loading->holders++;
    return content;
}

void content_drop(struct contents *contents, struct content *content)
{
    struct loading *loading = (struct loading *)content;
    assert(loading->holders > 0);
    loading->used = ++contents->uses;
    if (--loading->holders > 0)
        return;
    if (loading->content.key.to == 0) {
        unlist(loading);
        loading_free(loading);
    } else {
        trim(contents);
    }
}

bool contents_step(void *self, struct moment now)
{
    struct contents *contents = self;
    struct content_wait *wait = contents->hopeless;
    contents->hopeless = NULL;
    (void)now;
    while (wait) {
        struct content_wait *next = wait->next;
        wait->ready(wait, NULL, false);
        wait = next;
    }
    return false;
}

int64_t contents_patience(void *self, struct moment now)
{
    const struct contents *contents = self;
    (void)now;
    return contents->hopeless ? 0 : LOOP_FOR_EVER;
}

struct contents *contents_new(const struct services *services)
{
    struct contents *contents = calloc(1, sizeof *contents);
    if (contents)
        contents->services = *services;
    return contents;
}

void contents_free(struct contents *contents)
{
    if (!contents)
        return;
    while (contents->list) {
        struct loading *loading = contents->list;
        contents->list = loading->next;
        loading_free(loading);
    }
    free(contents);
}
