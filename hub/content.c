// SPDX-License-Identifier: MIT

#include "content.h"

#include "bodies.h"
#include "config.h"
#include "loading.h"
#include "loop.h"
#include "news.h"
#include "services.h"
#include "topic.h"

#include <assert.h>
#include <stdlib.h>

enum {
    KEPT_MAX = 32, // contents that nobody holds
    KEPT_BYTES = 32 * 1024 * 1024,
};

struct contents {
    struct services services;
    struct bodies *bodies;
    struct loading *list;
    uint64_t uses;
    struct content_wait *hopeless; // memory ran out when they asked
};

static void loading_free(struct loading *loading)
{
    loading_clear(loading);
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

// M3: his own wish counts, then the topic's, then the hub's.
enum manner { MANNER_WHOLE, MANNER_NEWS, MANNER_ON_REQUEST, MANNER_EACH };

static enum manner manner_of(const struct loading *loading)
{
    enum content_wish wish = loading->content.key.wish;
    enum store_content topic = loading->topic->content;
    enum config_feed hub = loading->services->config->feed_delivery;
    if (wish == CONTENT_WHOLE)
        return MANNER_WHOLE;
    if (wish == CONTENT_NEWS)
        return MANNER_ON_REQUEST;
    if (topic == STORE_CONTENT_EACH)
        return MANNER_EACH;
    if (wish == CONTENT_FIRST || topic == STORE_CONTENT_FULL)
        return MANNER_WHOLE;
    if (topic == STORE_CONTENT_ENTRIES)
        return MANNER_ON_REQUEST;
    return hub == CONFIG_FEED_FULL ? MANNER_WHOLE : MANNER_NEWS;
}

static void version_read(struct store_op *op)
{
    struct loading *loading = op->context;
    // If retention took it just now, who asks again is told of a gap.
    if (op->status == STORE_OK)
        loading_finish(loading);
    else
        loading_fail(loading, false);
}

// The next version that there is still.
static void read_version(struct loading *loading)
{
    uint64_t last = loading->content.key.from;
    if (last < loading->topic->removed) {
        last = loading->topic->removed;
        loading->gap = LOADING_GAP_BEFORE;
    }
    loading_read(loading, STORE_WHOLE, last + 1, version_read);
}

static void make(struct loading *loading)
{
    if (loading->asked_to <= loading->content.key.from) {
        loading_finish_empty(loading);
        return;
    }
    switch (manner_of(loading)) {
    case MANNER_WHOLE:
        loading_whole(loading);
        break;
    case MANNER_NEWS:
        news_begin(loading, false);
        break;
    case MANNER_ON_REQUEST:
        news_begin(loading, true);
        break;
    case MANNER_EACH:
        read_version(loading);
        break;
    }
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

static void await(struct loading *loading, struct content_wait *wait)
{
    if (!loading->ready) {
        wait->next = loading->waits;
        loading->waits = wait;
        return;
    }
    loading->holders++;
    wait->ready(wait, &loading->content, false);
}

// Now that it is known which seq the head is: whoever is owed the same gets
// the same. Not if an operator has chosen otherwise for the topic meanwhile.
static bool join(struct loading *loading)
{
    struct content_key key = loading->content.key;
    key.to = loading->asked_to;
    struct loading *same = key.to > 0 ? find(loading->contents, &key) : NULL;
    if (!same) {
        loading->content.key = key;
        return false;
    }
    bool unused = same->ready && same->holders == 0;
    if (unused || !same->topic
        || same->topic->content != loading->topic->content)
        return false;
    struct content_wait *wait = loading->waits;
    loading->waits = NULL;
    unlist(loading);
    loading_free(loading);
    same->holders++; // as in tell()
    while (wait) {
        struct content_wait *next = wait->next;
        await(same, wait);
        wait = next;
    }
    if (same->ready)
        content_drop(same->contents, &same->content);
    else
        same->holders--;
    return true;
}

static void topic_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status != STORE_OK || loading->topics.items[0].id == 0) {
        bool gone = op->status == STORE_OK || op->status == STORE_NOT_FOUND;
        loading_fail(loading, gone);
        return;
    }
    loading->topic = topic_copy(&loading->topics.items[0]);
    store_release(op);
    if (!loading->topic) {
        loading_fail(loading, false);
        return;
    }
    uint64_t to = loading->content.key.to;
    loading->asked_to = to > 0 ? to : loading->topic->head;
    if (to > 0 || !join(loading))
        make(loading);
}

static struct loading *begin(struct contents *contents,
                             const struct content_key *key)
{
    struct loading *loading = calloc(1, sizeof *loading);
    if (!loading)
        return NULL;
    loading->content.key = *key;
    loading->fleeting = key->to == 0;
    loading->services = &contents->services;
    loading->made = tell;
    loading->contents = contents;
    loading->bodies = contents->bodies;
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
    // "The head" is another seq tomorrow: which one it is has to be read.
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
    if (loading->fleeting) {
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
    if (!contents)
        return NULL;
    contents->services = *services;
    contents->bodies = bodies_new(services->store);
    if (contents->bodies)
        return contents;
    free(contents);
    return NULL;
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
    bodies_free(contents->bodies);
    free(contents);
}
