// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "admin_target.h"
#include "admin_topic_wish.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "json_text.h"
#include "log.h"
#include "storage/steering.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

// One topic by its URL or its number, that is shown, or changed and shown.
struct topic_inquiry {
    struct inquiry inquiry;
    uint64_t id; // 0: by its key
    struct store_key key;
    struct store_topics topics;
    struct store_keep_topic keep;
    struct url url;
    char text[URL_MAX + 1];
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
    asked->topics = (struct store_topics){ .count = 1 };
    if (asked->id > 0)
        asked->topics.ids = &asked->id;
    else
        asked->topics.keys = &asked->key;
    inquiry_submit(&asked->inquiry, &asked->topics.op, STORE_TOPICS, done);
}

// False: it was answered.
static bool read_topic(struct topic_inquiry *asked)
{
    const char *topic = inquiry_text(&asked->inquiry, "topic");
    asked->id = topic ? admin_target_number(topic) : 0;
    return asked->id > 0 || inquiry_key(&asked->inquiry, "topic", &asked->key);
}

void admin_topic(void *self, struct request *request, struct moment now)
{
    struct topic_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked && read_topic(asked))
        ask_topic(asked, read_to_show);
}

// ---------------------------------------------------------------- changing

static void changed(struct store_op *op)
{
    struct topic_inquiry *asked = op->context;
    const struct inquiry *inquiry = &asked->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    enum store_status status = op->status;
    char words[ADMIN_TOPIC_WISH_MAX];
    LOG(LOG_INFO, "admin.topic.changed", LOG_N("topic", asked->id),
        LOG_T("host", asked->url.host),
        LOG_T("what", admin_topic_wish_text(&asked->keep, words)),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
    if (status == STORE_OK) {
        means->pinged(means->context); // it may be due at another time
        ask_topic(asked, read_to_show);
    } else if (status == STORE_NOT_FOUND) {
        inquiry_fail(&asked->inquiry, 404, "this topic is not known");
    } else {
        inquiry_unable(&asked->inquiry, status);
    }
}

static void read_to_change(struct store_op *op)
{
    struct topic_inquiry *asked = op->context;
    if (!named(asked))
        return;
    const struct store_topic *topic = &asked->topics.items[0];
    int len = snprintf(asked->text, sizeof asked->text, "%.*s",
                       (int)topic->url.len, topic->url.at);
    asked->id = topic->id;
    store_release(op);
    if (url_read(asked->text, (size_t)len, &asked->url)) {
        inquiry_unable(&asked->inquiry, STORE_CORRUPT);
        return;
    }
    admin_topic_wish_name(&asked->keep, &asked->url);
    inquiry_submit(&asked->inquiry, &asked->keep.op, STORE_KEEP_TOPIC, changed);
}

void admin_choose(void *self, struct request *request, struct moment now)
{
    struct topic_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !admin_topic_wish_read(&asked->inquiry, &asked->keep))
        return;
    const struct store_keep_topic *keep = &asked->keep;
    if (!keep->set_keep && !keep->set_poll && !keep->set_content)
        inquiry_fail(&asked->inquiry, 400,
                     "content, poll or keep says what is to change");
    else if (read_topic(asked))
        ask_topic(asked, read_to_change);
}
