// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_json.h"
#include "config.h"
#include "fetcher/engine.h"
#include "fetcher/url.h"
#include "form.h"
#include "front.h"
#include "metrics.h"
#include "pull.h"
#include "request.h"
#include "services.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PAGE = 100, PAGE_MAX = 1000 };

struct admin {
    struct admin_means means;
    size_t asking; // requests under way
    int64_t began; // monotonic: of this process
    bool copying;  // a backup is being written
};

// One request under way, with the operation that answers it.
struct inquiry {
    struct admin *admin;
    struct request *request;
    struct form query;
    struct store_key key;
    struct store_topics find; // first, which topic is meant
    union {
        struct store_stats stats;
        struct store_page_topics topics;
        struct store_page_subscribers subscribers;
        struct store_ping ping;
    };
    uint64_t bytes; // of a backup
    struct problem problem;
};

static void end(struct inquiry *inquiry)
{
    form_clear(&inquiry->query);
    inquiry->admin->asking--;
    free(inquiry);
}

static void answer(struct inquiry *inquiry, unsigned status, json_t *root)
{
    admin_json_say(inquiry->request, status, root);
    end(inquiry);
}

static void fail(struct inquiry *inquiry, unsigned status, const char *why)
{
    answer(inquiry, status, json_pack("{s:s}", "error", why));
}

// NULL: it was answered already.
static struct inquiry *inquiry_new(struct admin *admin, struct request *request)
{
    char problem[FORM_PROBLEM_MAX];
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    if (!inquiry) {
        admin_json_say(request, 503,
                       json_pack("{s:s}", "error", "out of memory"));
        return NULL;
    }
    inquiry->admin = admin;
    inquiry->request = request;
    admin->asking++;
    if (form_read(request->query, strlen(request->query), &inquiry->query,
                  problem))
        return inquiry;
    inquiry->query = (struct form){ .count = 0 };
    fail(inquiry, 400, problem);
    return NULL;
}

static void submit(struct inquiry *inquiry, struct store_op *op,
                   enum store_verb verb, void (*done)(struct store_op *op))
{
    op->verb = verb;
    op->done = done;
    op->context = inquiry;
    store_submit(inquiry->admin->means.services->store, op);
}

static uint64_t number(const struct inquiry *inquiry, const char *name,
                       uint64_t usual)
{
    const char *text = form_value(&inquiry->query, name);
    return text ? strtoull(text, NULL, 10) : usual;
}

static size_t page_size(const struct inquiry *inquiry)
{
    uint64_t max = number(inquiry, "max", PAGE);
    return max < 1 ? 1 : max > PAGE_MAX ? PAGE_MAX : (size_t)max;
}

// ------------------------------------------------------------------ status

static void stats_read(struct store_op *op)
{
    struct inquiry *inquiry = op->context;
    const struct admin_means *means = &inquiry->admin->means;
    const struct services *services = means->services;
    struct admin_json_status status = {
        .services = services,
        .store = &inquiry->stats.numbers,
        .listen = front_address(means->front, 0),
        .uptime_ms = loop_now().mono - inquiry->admin->began,
        .descriptors = means->descriptors,
        .held = pull_held(means->pull),
    };
    if (op->status != STORE_OK) {
        fail(inquiry, 503, store_status_name(op->status));
        return;
    }
    engine_numbers(services->engine, &status.engine);
    front_numbers(means->front, &status.front);
    answer(inquiry, 200, admin_json_status(&status));
}

void admin_status(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request);
    (void)now;
    if (inquiry)
        submit(inquiry, &inquiry->stats.op, STORE_STATS, stats_read);
}

// ------------------------------------------------------------------ topics

static void topics_read(struct store_op *op)
{
    struct inquiry *inquiry = op->context;
    const struct store_page_topics *page = &inquiry->topics;
    if (op->status != STORE_OK) {
        store_release(op);
        fail(inquiry, 503, store_status_name(op->status));
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page->count; i++)
        json_array_append_new(list, admin_json_topic(&page->items[i], op->at));
    uint64_t next =
        page->end || page->count == 0 ? 0 : page->items[page->count - 1].id;
    store_release(op);
    answer(
        inquiry, 200,
        json_pack("{s:o, s:o}", "topics", list, "next", admin_json_next(next)));
}

void admin_topics(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request);
    (void)now;
    if (!inquiry)
        return;
    const char *prefix = form_value(&inquiry->query, "prefix");
    inquiry->topics = (struct store_page_topics){
        .after = number(inquiry, "after", 0),
        .prefix = { prefix ? prefix : "", prefix ? strlen(prefix) : 0 },
        .max = page_size(inquiry),
    };
    submit(inquiry, &inquiry->topics.op, STORE_PAGE_TOPICS, topics_read);
}

// ----------------------------------------------------------- subscriptions

static void subscribers_read(struct store_op *op)
{
    struct inquiry *inquiry = op->context;
    const struct store_page_subscribers *page = &inquiry->subscribers;
    if (op->status != STORE_OK) {
        store_release(op);
        fail(inquiry, 503, store_status_name(op->status));
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page->count; i++)
        json_array_append_new(list, admin_json_subscriber(&page->items[i]));
    uint64_t next =
        page->end || page->count == 0 ? 0 : page->items[page->count - 1].id;
    store_release(op);
    answer(inquiry, 200,
           json_pack("{s:s, s:o, s:o}", "topic",
                     form_value(&inquiry->query, "topic"), "subscriptions",
                     list, "next", admin_json_next(next)));
}

static void topic_found(struct store_op *op)
{
    struct inquiry *inquiry = op->context;
    uint64_t topic = op->status == STORE_OK ? inquiry->find.items[0].id : 0;
    store_release(op);
    if (topic == 0) {
        fail(inquiry, 404, "this topic is not known");
        return;
    }
    inquiry->subscribers = (struct store_page_subscribers){
        .topic = topic,
        .after = number(inquiry, "after", 0),
        .max = page_size(inquiry),
    };
    submit(inquiry, &inquiry->subscribers.op, STORE_PAGE_SUBSCRIBERS,
           subscribers_read);
}

// The topic named in the query, as a key. False: it was answered.
static bool read_topic(struct inquiry *inquiry)
{
    const char *text = form_value(&inquiry->query, "topic");
    struct url *url = malloc(sizeof *url);
    const char *wrong = "is missing";
    if (text && url)
        wrong = url_read(text, strlen(text), url);
    if (url && !wrong)
        url_key(url, inquiry->key.bytes);
    free(url);
    if (!wrong)
        return true;
    answer(inquiry, 400, json_pack("{s:s+}", "error", "topic ", wrong));
    return false;
}

void admin_subscriptions(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request);
    (void)now;
    if (!inquiry || !read_topic(inquiry))
        return;
    inquiry->find.keys = &inquiry->key;
    inquiry->find.count = 1;
    submit(inquiry, &inquiry->find.op, STORE_TOPICS, topic_found);
}

// -------------------------------------------------------------------- ping

static void pinged(struct store_op *op)
{
    struct inquiry *inquiry = op->context;
    const struct admin_means *means = &inquiry->admin->means;
    size_t known = inquiry->ping.known;
    if (op->status != STORE_OK) {
        fail(inquiry, 503, store_status_name(op->status));
        return;
    }
    metric_add(means->services->metrics, METRIC_PINGS, 1);
    metric_add(means->services->metrics, METRIC_PINGS_KNOWN, known);
    if (known > 0)
        means->pinged(means->context);
    answer(inquiry, known > 0 ? 200 : 404,
           json_pack("{s:i}", "known", (int)known));
}

void admin_ping(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request);
    (void)now;
    if (!inquiry || !read_topic(inquiry))
        return;
    inquiry->ping.keys = &inquiry->key;
    inquiry->ping.count = 1;
    submit(inquiry, &inquiry->ping.op, STORE_PING, pinged);
}

// ------------------------------------------------------------------ backup

// On a worker thread: it takes as long as the disk does.
static void copy(void *context)
{
    struct inquiry *inquiry = context;
    const char *path = form_value(&inquiry->query, "path");
    char file[4096];
    struct stat st;
    if (!store_backup(inquiry->admin->means.services->store, path,
                      &inquiry->problem))
        return;
    inquiry->problem.text[0] = '\0';
    snprintf(file, sizeof file, "%s/data.mdb", path);
    inquiry->bytes = stat(file, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void copied(void *context)
{
    struct inquiry *inquiry = context;
    inquiry->admin->copying = false;
    if (inquiry->problem.text[0] != '\0')
        fail(inquiry, 500, inquiry->problem.text);
    else
        answer(inquiry, 200,
               json_pack("{s:s, s:I}", "path",
                         form_value(&inquiry->query, "path"), "bytes",
                         (json_int_t)inquiry->bytes));
}

void admin_backup(void *self, struct request *request, struct moment now)
{
    struct inquiry *inquiry = inquiry_new(self, request);
    (void)now;
    if (!inquiry)
        return;
    const char *path = form_value(&inquiry->query, "path");
    struct admin *admin = inquiry->admin;
    if (!path || path[0] != '/') {
        fail(inquiry, 400, "path is not an absolute path");
    } else if (admin->copying) {
        fail(inquiry, 409, "another backup is being written");
    } else {
        admin->copying = true;
        snprintf(inquiry->problem.text, sizeof inquiry->problem.text,
                 "the backup failed");
        if (loop_job(admin->means.services->loop, copy, copied, inquiry))
            return;
        admin->copying = false;
        fail(inquiry, 503, "out of memory");
    }
}

struct admin *admin_new(const struct admin_means *means)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        return NULL;
    admin->means = *means;
    admin->began = loop_now().mono;
    return admin;
}

void admin_free(struct admin *admin)
{
    free(admin);
}

bool admin_idle(const struct admin *admin)
{
    return admin->asking == 0;
}
