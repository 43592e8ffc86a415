// SPDX-License-Identifier: MIT

#include "loading.h"

#include "config.h"
#include "links.h"
#include "news.h"
#include "signing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void let_go(struct loading *loading)
{
    if (loading->held)
        body_drop(loading->held);
    loading->held = NULL;
}

void loading_clear(struct loading *loading)
{
    signing_free(loading->content.signing);
    store_release(&loading->topics.op);
    let_go(loading);
    news_free(loading->news);
    free(loading->topic);
    free(loading->cut);
    free(loading->content.type_line);
    free(loading->content.link_line);
}

static void body_ready(struct body_wait *wait, struct body *body)
{
    struct loading *loading =
        (struct loading *)((char *)wait - offsetof(struct loading, body_wait));
    loading->body = body->read;
    loading->body.op.results = NULL; // they stay the body's
    loading->body.op.context = loading;
    if (body->read.op.status == STORE_OK)
        loading->held = body;
    else
        body_drop(body);
    loading->body_done(&loading->body.op);
}

void loading_read(struct loading *loading, enum store_body which, uint64_t seq,
                  void (*done)(struct store_op *op))
{
    let_go(loading);
    loading->body_wait.ready = body_ready;
    loading->body_done = done;
    loading->body = (struct store_read_body){
        .op = { .context = loading, .status = STORE_AGAIN },
        .topic = loading->content.key.topic,
        .seq = seq,
        .which = which,
    };
    struct store_read_body what = loading->body;
    if (!bodies_get(loading->bodies, &what, &loading->body_wait))
        done(&loading->body.op);
}

void loading_whole_read(struct store_op *op)
{
    struct loading *loading = op->context;
    if (op->status == STORE_OK) {
        loading_finish(loading);
        return;
    }
    bool again = op->status == STORE_NOT_FOUND && !loading->tried_again
                 && loading->topic->head > loading->asked_to;
    if (!again) {
        loading_fail(loading, false);
        return;
    }
    loading->tried_again = true;
    loading->asked_to = loading->topic->head;
    loading_whole(loading);
}

void loading_whole(struct loading *loading)
{
    loading_read(loading, STORE_WHOLE, loading->asked_to, loading_whole_read);
}

static void write_gap(struct loading *loading)
{
    struct content *content = &loading->content;
    uint64_t last = content->upto;
    if (loading->gap == LOADING_GAP_BEFORE)
        last--;
    if (loading->gap == LOADING_GAP_NONE || last <= content->key.from)
        return;
    snprintf(content->gap_line, sizeof content->gap_line,
             "Hub-Gap: %016" PRIx64 ".%" PRIu64 "-%" PRIu64 "; reason=expired",
             content->incarnation, content->key.from + 1, last);
}

static bool write_lines(struct loading *loading)
{
    struct content *content = &loading->content;
    const struct store_topic *topic = loading->topic;
    const struct store_read_body *body = &loading->body;
    const struct config *config = loading->services->config;
    struct links links = {
        .hubs = body->hubs.at,
        .hubs_len = body->hubs.len,
        .self = body->self.at,
        .self_len = body->self.len,
        .topic = topic->url.at,
        .topic_len = topic->url.len,
        .own = loading->services->hub_url,
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
    snprintf(content->previous_line, sizeof content->previous_line,
             "Hub-Previous: %016" PRIx64 ".%" PRIu64, topic->incarnation,
             content->key.from);
    write_gap(loading);
    return true;
}

void loading_finish(struct loading *loading)
{
    struct content *content = &loading->content;
    content->upto = loading->body.seq;
    content->stored = loading->body.time;
    content->body = loading->cut ? loading->cut : loading->body.body.at;
    content->body_len =
        loading->cut ? loading->cut_len : loading->body.body.len;
    bool written = write_lines(loading);
    // What it took to choose may be many times as large as what was chosen.
    news_free(loading->news);
    loading->news = NULL;
    if (loading->cut)
        let_go(loading);
    loading->made(loading, written, false);
}

void loading_finish_empty(struct loading *loading)
{
    loading->content.nothing = true;
    loading->content.upto = loading->asked_to;
    loading->made(loading, true, false);
}

void loading_fail(struct loading *loading, bool gone)
{
    loading->made(loading, false, gone);
}
