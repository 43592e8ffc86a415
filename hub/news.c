// SPDX-License-Identifier: MIT

#include "news.h"

#include "fetcher/document.h"
#include "loading.h"
#include "loop.h"

#include <stdlib.h>
#include <string.h>

enum { EARLIER_MAX = 8 }; // M13

struct news {
    bool on_request;
    struct store_missed missed;
    struct store_read_entries memory;
    struct document_choice choice;
    enum document_fate *fates; // of each that was missed
    bool failed;               // memory ran out on the worker
    uint64_t earlier; // the first version with something that has rolled off
    size_t earlier_count;
    uint8_t (*ids)[16]; // what is to be in the content made of it
    size_t id_count;
};

void news_free(struct news *news)
{
    if (!news)
        return;
    store_release(&news->missed.op);
    store_release(&news->memory.op);
    free(news->fates);
    free(news->ids);
    free(news);
}

// For who wishes for nothing in particular a feed that is cut only on request
// is a document like any other.
static bool usually_whole(const struct loading *loading)
{
    const struct news *news = loading->news;
    return !news->on_request
           && (news->missed.on_request || loading->body.on_request);
}

static void whole_with_gap(struct loading *loading)
{
    loading->gap = LOADING_GAP_ALL;
    loading_whole(loading);
}

// ----------------------------------------------------------- one update alone

static void instead_of_delta_read(struct store_op *op)
{
    struct loading *loading = op->context;
    // M14: changes around the entries are no news to who wants entries.
    bool around = loading->body.kind == STORE_UPDATE_FEED_LEVEL
                  || loading->body.kind == STORE_UPDATE_REMOVAL_ONLY;
    if (op->status == STORE_OK && around && !usually_whole(loading))
        loading_finish_empty(loading);
    else
        loading_whole_read(op);
}

static void delta_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status == STORE_OK && !usually_whole(loading))
        loading_finish(loading);
    else if (op->status == STORE_OK || op->status == STORE_NOT_FOUND)
        loading_read(loading, STORE_WHOLE, loading->asked_to,
                     instead_of_delta_read);
    else
        loading_fail(loading, false);
}

// ------------------------------------------------- what has rolled off already

static void cut_earlier(void *context)
{
    struct loading *loading = context;
    struct news *news = loading->news;
    const struct store_read_body *body = &loading->body;
    size_t found = 0;
    loading->cut =
        document_cut(body->body.at, body->body.len, body->content_type.at,
                     (const uint8_t(*)[16])news->ids, news->id_count, NULL,
                     &found, &loading->cut_len);
    // One that had gone and came back unchanged: it is in neither.
    if (found == news->id_count)
        return;
    free(loading->cut);
    loading->cut = NULL;
}

static void earlier_cut(void *context)
{
    struct loading *loading = context;
    if (loading->cut)
        loading_finish(loading);
    else
        whole_with_gap(loading);
}

static void earlier_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status != STORE_OK)
        whole_with_gap(loading); // retention was quicker
    else if (!loop_job(loading->services->loop, cut_earlier, earlier_cut,
                       loading))
        loading_fail(loading, false);
}

// Up to the first version with something that has rolled off: all that it or
// one before it brought last, so that the cursor may move there.
static bool list_earlier(struct news *news)
{
    const struct store_missed *missed = &news->missed;
    news->ids = calloc(missed->count + 1, sizeof *news->ids);
    if (!news->ids)
        return false;
    for (size_t i = 0; i < missed->count; i++)
        if (missed->seqs[i] <= news->earlier
            && news->fates[i] != DOCUMENT_WITHDRAWN)
            memcpy(news->ids[news->id_count++], missed->ids[i], 16);
    return true;
}

static void begin_earlier(struct loading *loading)
{
    if (list_earlier(loading->news))
        loading_read(loading, STORE_WHOLE, loading->news->earlier,
                     earlier_read);
    else
        loading_fail(loading, false);
}

// ----------------------------------------------------------- the newest, cut

// How many versions brought what has rolled off, up to one more than may be;
// and the first of them.
static void count_earlier(struct news *news)
{
    const struct store_missed *missed = &news->missed;
    uint64_t seen[EARLIER_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < missed->count && count <= EARLIER_MAX; i++) {
        size_t k = 0;
        if (news->fates[i] != DOCUMENT_ROLLED_OFF)
            continue;
        while (k < count && seen[k] != missed->seqs[i])
            k++;
        if (k == count)
            seen[count++] = missed->seqs[i];
        if (news->earlier == 0 || missed->seqs[i] < news->earlier)
            news->earlier = missed->seqs[i];
    }
    news->earlier_count = count;
}

// The memory as a document knows it, if it is that of this very version.
// False: out of memory.
static bool recall(const struct loading *loading, struct document_entry **out,
                   size_t *count)
{
    const struct store_read_entries *memory = &loading->news->memory;
    bool same =
        memory->recent_count > 0 && memory->recent[0].seq == loading->body.seq;
    *count = same ? memory->count : 0;
    *out = calloc(*count + 1, sizeof **out);
    for (size_t i = 0; *out && i < *count; i++) {
        struct document_entry *entry = &(*out)[i];
        memcpy(entry->id, memory->items[i].id, sizeof entry->id);
        memcpy(entry->content, memory->items[i].content, sizeof entry->content);
        entry->seq = memory->items[i].seq;
        entry->seen = memory->items[i].seen;
    }
    return *out != NULL;
}

static void choose(void *context)
{
    struct loading *loading = context;
    struct news *news = loading->news;
    const struct store_read_body *body = &loading->body;
    struct document_entry *known = NULL;
    size_t known_count = 0;
    news->fates = calloc(news->missed.count + 1, sizeof *news->fates);
    news->failed = !news->fates || !recall(loading, &known, &known_count);
    if (news->failed)
        return;
    news->choice = (struct document_choice){
        .bytes = body->body.at,
        .len = body->body.len,
        .content_type = body->content_type.at,
        .ids = news->missed.ids,
        .id_count = news->missed.count,
        .known = known,
        .known_count = known_count,
        .fates = news->fates,
    };
    news->failed = !document_choose(&news->choice);
    free(known);
    if (news->failed)
        return;
    loading->cut = news->choice.cut;
    loading->cut_len = news->choice.cut_len;
    count_earlier(news);
}

static void forget_cut(struct loading *loading)
{
    free(loading->cut);
    loading->cut = NULL;
}

static void chosen(void *context)
{
    struct loading *loading = context;
    const struct news *news = loading->news;
    bool is_feed = loading->cut || news->choice.listed > 0;
    bool withdrawn = loading->cut && news->choice.listed == 0
                     && !news->missed.whole && !news->missed.links;
    if (news->failed) {
        loading_fail(loading, false);
        return;
    }
    if (is_feed && news->earlier_count > 0) {
        forget_cut(loading);
        if (news->earlier_count <= EARLIER_MAX) {
            begin_earlier(loading);
            return;
        }
        loading->gap = LOADING_GAP_ALL;
    } else if (withdrawn) {
        loading_finish_empty(loading); // all of it
        return;
    } else if (news->missed.whole) {
        forget_cut(loading);
    }
    loading_finish(loading);
}

static void memory_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status != STORE_OK
        || !loop_job(loading->services->loop, choose, chosen, loading))
        loading_fail(loading, false);
}

static void newest_read(struct store_op *op)
{
    struct loading *loading = op->context;
    struct news *news = loading->news;
    const struct store_missed *missed = &news->missed;
    if (op->status != STORE_OK) {
        loading->gap = LOADING_GAP_ALL;
        loading_whole_read(op);
        return;
    }
    bool usual = usually_whole(loading);
    if (!usual && !missed->complete)
        loading->gap = LOADING_GAP_ALL;
    if (usual || !missed->complete || (missed->count == 0 && missed->whole)) {
        loading_finish(loading);
    } else if (missed->count == 0 && !missed->links) {
        loading_finish_empty(loading);
    } else {
        news->memory = (struct store_read_entries){
            .op = { .verb = STORE_READ_ENTRIES,
                    .done = memory_read,
                    .context = loading },
            .topic = loading->content.key.topic,
        };
        store_submit(loading->services->store, &news->memory.op);
    }
}

static void missed_read(struct store_op *op)
{
    struct loading *loading = op->context;
    const struct store_missed *missed = &loading->news->missed;
    if (op->status != STORE_OK)
        loading_fail(loading, op->status == STORE_NOT_FOUND);
    else if (missed->complete && missed->updates == 0)
        loading_finish_empty(loading);
    else
        loading_read(loading, STORE_WHOLE, loading->asked_to, newest_read);
}

void news_begin(struct loading *loading, bool on_request)
{
    const struct content_key *key = &loading->content.key;
    struct news *news = calloc(1, sizeof *news);
    if (!news) {
        loading_fail(loading, false);
        return;
    }
    loading->news = news;
    news->on_request = on_request;
    if (loading->asked_to - key->from == 1) {
        loading_read(loading, STORE_DELTA, loading->asked_to, delta_read);
        return;
    }
    news->missed = (struct store_missed){
        .op = { .verb = STORE_MISSED, .done = missed_read, .context = loading },
        .topic = key->topic,
        .from = key->from,
        .to = loading->asked_to,
    };
    store_submit(loading->services->store, &news->missed.op);
}
