// SPDX-License-Identifier: MIT

#include "inspect.h"

#include "access.h"
#include "budget.h"
#include "config.h"
#include "dossier.h"
#include "fetcher/url.h"
#include "form.h"
#include "forwarded.h"
#include "inspect_match.h"
#include "inspect_view.h"
#include "metrics.h"
#include "request.h"
#include "services.h"
#include "storage/store.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { A_MINUTE = 5, RETRY_S = 60 / A_MINUTE, REASON_MAX = 192 };

struct inspect {
    const struct services *services;
    struct access *access;
    struct budget *topics, *subscriptions; // apart: one is no way to spend
    size_t asking;                         // the other's
};

// One request under way.
struct look {
    struct inspect *inspect;
    struct request *request;
    struct form form;
    struct url *url;
    const struct visitor *visitor;
    struct store_find find;
    struct store_key key;
    struct store_topics topic;
    struct inspect_match match;
};

static void end(struct look *look)
{
    look->inspect->asking--;
    // It may hold a secret.
    if (look->form.memory)
        OPENSSL_cleanse(look->form.memory, look->form.memory_len);
    form_clear(&look->form);
    visitor_drop(look->visitor);
    free(look->url);
    free(look);
}

static void refuse(struct look *look, unsigned status, const char *code,
                   const char *reason)
{
    enum metric metric = status == 429   ? METRIC_REQUESTS_LIMITED
                         : status == 503 ? METRIC_REQUESTS_FAILED
                                         : METRIC_REQUESTS_REFUSED;
    metric_add(look->inspect->services->metrics, metric, 1);
    inspect_view_refusal(look->request, status, code, reason,
                         status == 429 || status == 503 ? RETRY_S : 0);
    end(look);
}

static void unable(struct look *look)
{
    refuse(look, 503, "hub.busy", "the hub cannot tell right now");
}

// The fields of `text`. NULL: it was answered.
static struct look *look_new(struct inspect *inspect, struct request *request,
                             const char *text, size_t len)
{
    char problem[FORM_PROBLEM_MAX];
    struct look *look = calloc(1, sizeof *look);
    if (!look) {
        request_say(request, 503, "the hub has no memory left, try again");
        return NULL;
    }
    look->inspect = inspect;
    look->request = request;
    inspect->asking++;
    if (form_read(text, len, &look->form, problem))
        return look;
    look->form = (struct form){ .count = 0 };
    refuse(look, 400, "request.form", problem);
    return NULL;
}

// False: it was answered.
static bool afford(struct look *look, struct budget *budget, struct moment now)
{
    const struct config *config = look->inspect->services->config;
    char from[FORWARDED_MAX];
    if (look->request->admin)
        return true;
    forwarded_from(look->request, &config->trusted_proxy, from);
    if (budget_take(budget, from, 1, now.mono))
        return true;
    refuse(look, 429, "client.rate", "five questions a minute are answered");
    return false;
}

// A parameter that has to be a URL. False: it was answered.
static bool read_url(struct look *look, const char *name, struct url *out)
{
    const char *text = form_value(&look->form, name);
    const char *wrong = text ? url_read(text, strlen(text), out) : "is missing";
    char reason[REASON_MAX], code[64];
    if (!wrong)
        return true;
    snprintf(reason, sizeof reason, "%s %s", name, wrong);
    snprintf(code, sizeof code, "%s.%s", name + strlen("hub."),
             text ? "invalid" : "missing");
    refuse(look, 400, code, reason);
    return false;
}

// -------------------------------------------------------------------- topic

static const char *topic_name(const struct look *look)
{
    bool usual = form_value(&look->form, "hub.topic") != NULL;
    // Google's hub called it so.
    bool other = form_value(&look->form, "hub.url") != NULL;
    return !usual && other ? "hub.url" : "hub.topic";
}

static void gathered(struct dossier *dossier)
{
    struct look *look = dossier->context;
    if (dossier->status != STORE_OK) {
        unable(look);
    } else {
        inspect_view_topic(look->request,
                           form_value(&look->form, topic_name(look)),
                           &dossier->facts);
        end(look);
    }
    dossier_free(dossier);
}

static void open_for(void *context, const struct visitor *visitor,
                     const struct access_refusal *refusal)
{
    struct look *look = context;
    look->visitor = visitor;
    if (refusal)
        refuse(look, refusal->status, refusal->type, refusal->detail);
    else if (!dossier_open(look->inspect->services, look->url, 0, visitor,
                           gathered, look))
        unable(look);
}

static void ask_who(struct look *look, struct moment now)
{
    const struct visitor *visitor = NULL;
    struct access_refusal refusal;
    if (!access_shows(look->request)) {
        open_for(look, visitor_anonymous(), NULL);
        return;
    }
    switch (access_ask(look->inspect->access, look->request, now, &visitor,
                       &refusal, open_for, look)) {
    case ACCESS_ASKED:
        break;
    case ACCESS_KNOWN:
        open_for(look, visitor, NULL);
        break;
    case ACCESS_REFUSED:
        open_for(look, NULL, &refusal);
        break;
    }
}

void inspect_topic(void *self, struct request *request, struct moment now)
{
    struct inspect *inspect = self;
    if (request->query[0] == '\0') {
        inspect_view_topic_form(request);
        return;
    }
    struct look *look =
        look_new(inspect, request, request->query, strlen(request->query));
    if (!look)
        return;
    look->url = malloc(sizeof *look->url);
    if (!look->url)
        unable(look);
    else if (read_url(look, topic_name(look), look->url)
             && afford(look, inspect->topics, now))
        ask_who(look, now);
}

// ------------------------------------------------------------- subscription

static void show(struct look *look, uint64_t head, int64_t now)
{
    struct inspect_subscription from = {
        .topic = form_value(&look->form, "hub.topic"),
        .match = look->match,
        .subscriber = &look->find.subscriber,
        .head = head,
        .now = now,
    };
    inspect_view_subscription(look->request, &from);
    store_release(&look->find.op);
    end(look);
}

static void head_read(struct store_op *op)
{
    struct look *look = op->context;
    uint64_t head = op->status == STORE_OK ? look->topic.items[0].head : 0;
    int64_t now = op->at;
    store_release(op);
    show(look, head, now);
}

static void found(struct store_op *op)
{
    struct look *look = op->context;
    const struct form_field *secret = form_find(&look->form, "hub.secret");
    if (op->status != STORE_OK && op->status != STORE_NOT_FOUND) {
        store_release(op);
        unable(look);
        return;
    }
    inspect_match(&look->find,
                  secret ? (struct bytes){ secret->value, secret->value_len }
                         : (struct bytes){ "", 0 },
                  &look->match);
    if (look->match.view != INSPECT_SUBSCRIPTION) {
        show(look, 0, op->at);
        return;
    }
    look->key = look->find.topic_key;
    look->topic = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = head_read, .context = look },
        .keys = &look->key,
        .count = 1,
    };
    store_submit(look->inspect->services->store, &look->topic.op);
}

static bool has_secret(const struct form *form)
{
    return form_find(form, "hub.secret") != NULL;
}

// A secret in a query ends up in logs and histories: then it is none any more.
// True: it was answered.
static bool tells_secret(struct inspect *inspect, struct request *request)
{
    if (!request->query[0])
        return false;
    struct look *look =
        look_new(inspect, request, request->query, strlen(request->query));
    if (!look)
        return true;
    if (has_secret(&look->form)) {
        refuse(look, 400, "secret.query",
               "hub.secret belongs in the body of a POST");
        return true;
    }
    end(look);
    return false;
}

static bool is_form(const struct request *request)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = request_field(request, "Content-Type");
    size_t len = sizeof form - 1;
    return type && strncasecmp(type, form, len) == 0
           && strchr("; \t", type[len]);
}

static bool read_pair(struct look *look, struct url *topic,
                      struct url *callback)
{
    if (!read_url(look, "hub.topic", topic)
        || !read_url(look, "hub.callback", callback))
        return false;
    if (!has_secret(&look->form)) {
        refuse(look, 400, "secret.missing", "hub.secret is missing");
        return false;
    }
    url_key(topic, look->find.topic_key.bytes);
    url_key(callback, look->find.callback_key.bytes);
    return true;
}

void inspect_subscription(void *self, struct request *request,
                          struct moment now)
{
    struct inspect *inspect = self;
    if (tells_secret(inspect, request))
        return;
    struct look *look =
        look_new(inspect, request, request->body, request->body_len);
    if (!look)
        return;
    if (!is_form(request)) {
        refuse(look, 415, "request.type",
               "Content-Type must be application/x-www-form-urlencoded");
        return;
    }
    struct url *urls = calloc(2, sizeof *urls);
    if (!urls) {
        unable(look);
        return;
    }
    if (read_pair(look, &urls[0], &urls[1])
        && afford(look, inspect->subscriptions, now)) {
        look->find.op = (struct store_op){
            .verb = STORE_FIND,
            .done = found,
            .context = look,
        };
        store_submit(inspect->services->store, &look->find.op);
    }
    free(urls);
}

void inspect_subscription_page(void *self, struct request *request,
                               struct moment now)
{
    (void)now;
    if (!tells_secret(self, request))
        inspect_view_subscription_form(request);
}

struct inspect *inspect_new(const struct services *services,
                            struct access *access)
{
    struct inspect *inspect = calloc(1, sizeof *inspect);
    if (!inspect)
        return NULL;
    inspect->services = services;
    inspect->access = access;
    inspect->topics = budget_new_slow(A_MINUTE);
    inspect->subscriptions = budget_new_slow(A_MINUTE);
    if (inspect->topics && inspect->subscriptions)
        return inspect;
    inspect_free(inspect);
    return NULL;
}

void inspect_free(struct inspect *inspect)
{
    if (!inspect)
        return;
    budget_free(inspect->topics);
    budget_free(inspect->subscriptions);
    free(inspect);
}

bool inspect_idle(const struct inspect *inspect)
{
    return inspect->asking == 0;
}
