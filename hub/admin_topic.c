// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "content_name.h"
#include "inquiry.h"
#include "json_text.h"
#include "log.h"
#include "storage/store.h"

#include <jansson.h>

struct topic_inquiry {
    struct inquiry inquiry;
    struct store_key key;
    struct store_topics topics;
    struct store_choose choose; // topic 0: it is only shown
};

static void show(struct topic_inquiry *asked)
{
    const struct store_topic *topic = &asked->topics.items[0];
    json_t *root = admin_json_topic(topic, asked->topics.op.at);
    json_t *more = json_pack("{s:o, s:o, s:o}", "etag", json_text(topic->etag),
                             "last_modified", json_text(topic->modified),
                             "moved", json_text(topic->moved));
    if (root && more)
        json_object_update(root, more);
    json_decref(more);
    store_release(&asked->topics.op);
    inquiry_answer(&asked->inquiry, 200, root);
}

// False: it was answered.
static bool named(struct topic_inquiry *asked)
{
    enum store_status status = asked->topics.op.status;
    bool known = status == STORE_OK && asked->topics.items[0].id != 0;
    if (known)
        return true;
    store_release(&asked->topics.op);
    if (status == STORE_OK || status == STORE_NOT_FOUND)
        inquiry_fail(&asked->inquiry, 404, "this topic is not known");
    else
        inquiry_unable(&asked->inquiry, status);
    return false;
}

static void read_to_show(struct store_op *op)
{
    struct topic_inquiry *asked = op->context;
    if (named(asked))
        show(asked);
}

static void ask_topic(struct topic_inquiry *asked,
                      void (*done)(struct store_op *op))
{
    asked->topics = (struct store_topics){ .keys = &asked->key, .count = 1 };
    inquiry_submit(&asked->inquiry, &asked->topics.op, STORE_TOPICS, done);
}

static void chosen(struct store_op *op)
{
    struct topic_inquiry *asked = op->context;
    const char *by = inquiry_text(&asked->inquiry, "by");
    if (op->status == STORE_NOT_FOUND) {
        inquiry_fail(&asked->inquiry, 404, "this topic is not known");
        return;
    }
    if (op->status != STORE_OK) {
        inquiry_unable(&asked->inquiry, op->status);
        return;
    }
    LOG(LOG_INFO, "operator.chose", LOG_N("topic", asked->choose.topic),
        LOG_T("content", content_name(asked->choose.content)),
        LOG_T("by", by && *by ? by : "?"));
    ask_topic(asked, read_to_show);
}

static void read_to_choose(struct store_op *op)
{
    struct topic_inquiry *asked = op->context;
    if (!named(asked))
        return;
    asked->choose.topic = asked->topics.items[0].id;
    store_release(op);
    inquiry_submit(&asked->inquiry, &asked->choose.op, STORE_CHOOSE, chosen);
}

void admin_topic(void *self, struct request *request, struct moment now)
{
    struct topic_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked && inquiry_key(&asked->inquiry, "topic", &asked->key))
        ask_topic(asked, read_to_show);
}

void admin_choose(void *self, struct request *request, struct moment now)
{
    struct topic_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !inquiry_key(&asked->inquiry, "topic", &asked->key))
        return;
    const char *word = inquiry_text(&asked->inquiry, "content");
    if (word && content_name_read(word, &asked->choose.content))
        ask_topic(asked, read_to_choose);
    else
        inquiry_fail(&asked->inquiry, 400,
                     "content is default, full, entries or each");
}
