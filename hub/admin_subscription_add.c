// SPDX-License-Identifier: MIT

#include "admin.h"

#include "callback_host.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "intent.h"
#include "log.h"
#include "services.h"
#include "span.h"
#include "storage/steering.h"
#include "subscribe.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Two URLs and a secret, every byte of them escaped, and the rest.
enum { FORM_MAX = 3 * (2 * URL_MAX + STORE_SECRET_MAX) + 512 };

// An operator subscribes somebody: as if he had asked himself, or, vouched
// for, without asking him.
struct addition {
    struct inquiry inquiry;
    bool verify, only_new;
    int64_t lease; // ms, of who is not asked; 0: as configured
    struct intent intent;
    union {
        struct store_find find;
        struct store_take take;
        struct store_grant grant;
    };
};

static void end(struct addition *addition, unsigned status, json_t *root)
{
    intent_clear(&addition->intent);
    inquiry_answer(&addition->inquiry, status, root);
}

static void fail(struct addition *addition, unsigned status, const char *why)
{
    end(addition, status, json_pack("{s:s}", "error", why));
}

static void account(const struct addition *addition, uint64_t topic,
                    uint64_t id, enum store_status status)
{
    const struct inquiry *inquiry = &addition->inquiry;
    const struct url *callback = addition->intent.callback;
    char host[CALLBACK_HOST_MAX];
    callback_host(callback->text, callback->len, host);
    // A topic that nobody has followed yet has no number.
    LOG(LOG_INFO, "admin.subscription.added", LOG_N("topic", topic),
        LOG_T("topic_host", addition->intent.topic->host), LOG_N("id", id),
        LOG_T("host", host),
        LOG_N("request", addition->verify ? addition->take.id : 0),
        LOG_T("verify", addition->verify ? "yes" : "no"),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
}

// False: all is well.
static bool went_wrong(struct addition *addition, enum store_status status)
{
    if (status == STORE_OK)
        return false;
    if (status == STORE_CONFLICT)
        fail(addition, 409,
             "too many requests for it wait for their verification, or there "
             "are subscriptions-per-origin of them");
    else if (status == STORE_FULL)
        fail(addition, 503,
             "there are max-subscriptions or max-topics already, or the store "
             "is full");
    else
        fail(addition, 503, store_status_name(status));
    return true;
}

static void taken(struct store_op *op)
{
    struct addition *addition = op->context;
    const struct admin_means *means = &addition->inquiry.admin->means;
    const struct store_take *take = &addition->take;
    account(addition, 0, 0, op->status);
    if (went_wrong(addition, op->status))
        return;
    if (take->taken == STORE_TAKEN_NEW)
        means->accepted(means->context);
    end(addition, 200,
        json_pack("{s:I, s:s}", "request", (json_int_t)take->id, "state",
                  "pending"));
}

static void granted(struct store_op *op)
{
    struct addition *addition = op->context;
    const struct admin_means *means = &addition->inquiry.admin->means;
    const struct store_grant *grant = &addition->grant;
    account(addition, grant->topic, grant->subscription, op->status);
    if (went_wrong(addition, op->status))
        return;
    means->granted(means->context, op->at + grant->request.lease);
    if (grant->topic_new)
        means->pinged(means->context);
    end(addition, 200,
        json_pack("{s:I, s:I, s:b, s:s}", "id", (json_int_t)grant->subscription,
                  "topic_id", (json_int_t)grant->topic, "renewed",
                  grant->renewed, "state", "active"));
}

static void subscribe(struct addition *addition)
{
    const struct config *config =
        addition->inquiry.admin->means.services->config;
    struct store_request record = subscribe_record(&addition->intent, config);
    if (addition->verify) {
        addition->take = (struct store_take){ .request = record };
        inquiry_submit(&addition->inquiry, &addition->take.op, STORE_TAKE,
                       taken);
        return;
    }
    if (addition->lease > 0)
        record.lease = addition->lease;
    addition->grant = (struct store_grant){ .request = record };
    inquiry_submit(&addition->inquiry, &addition->grant.op, STORE_GRANT,
                   granted);
}

static void found(struct store_op *op)
{
    struct addition *addition = op->context;
    enum store_status status = op->status;
    bool there = status == STORE_OK && addition->find.subscribed;
    bool waits = status == STORE_OK && addition->find.pending_count > 0;
    json_int_t topic = there ? (json_int_t)addition->find.subscriber.topic : 0;
    json_int_t id = there ? (json_int_t)addition->find.subscriber.id : 0;
    json_int_t request = waits ? (json_int_t)addition->find.pending[0].id : 0;
    store_release(op);
    if (there)
        end(addition, 200,
            json_pack("{s:I, s:I, s:s}", "id", id, "topic_id", topic, "state",
                      "subscribed"));
    else if (waits)
        end(addition, 200,
            json_pack("{s:I, s:s}", "request", request, "state", "pending"));
    else if (status != STORE_OK && status != STORE_NOT_FOUND)
        fail(addition, 503, store_status_name(status));
    else
        subscribe(addition);
}

static void look_first(struct addition *addition)
{
    addition->find = (struct store_find){
        .topic_key = addition->intent.topic_key,
        .callback_key = addition->intent.callback_key,
    };
    inquiry_submit(&addition->inquiry, &addition->find.op, STORE_FIND, found);
}

// ----------------------------------------------------------------- reading

static bool append(char *form, size_t *len, const char *name, const char *value)
{
    if (!value || !*value)
        return true;
    int named = snprintf(form + *len, FORM_MAX - *len, "&%s=", name);
    if (named < 0 || (size_t)named >= FORM_MAX - *len)
        return false;
    *len = url_append_encoded(form, *len + (size_t)named, FORM_MAX, value,
                              strlen(value));
    return *len != SIZE_MAX;
}

// In the words of who subscribes himself, so that all is judged alike.
static bool write_form(const struct addition *addition, char form[FORM_MAX],
                       size_t *len)
{
    const struct inquiry *inquiry = &addition->inquiry;
    const char *content = inquiry_text(inquiry, "content");
    char seconds[24] = "";
    if (content && strcmp(content, "default") == 0)
        content = NULL;
    if (addition->lease > 0)
        snprintf(seconds, sizeof seconds, "%lld",
                 (long long)((addition->lease + 999) / 1000));
    *len = (size_t)snprintf(form, FORM_MAX, "hub.mode=subscribe");
    return append(form, len, "hub.topic", inquiry_text(inquiry, "topic"))
           && append(form, len, "hub.callback",
                     inquiry_text(inquiry, "callback"))
           && append(form, len, "hub.secret", inquiry_text(inquiry, "secret"))
           && append(form, len, "hub.content", content)
           && append(form, len, "hub.lease_seconds", seconds);
}

// False: it was answered, and the inquiry has ended.
static bool read_intent(struct addition *addition)
{
    char *form = malloc(FORM_MAX);
    size_t len = 0;
    bool fits = form && write_form(addition, form, &len);
    const struct request asked = {
        .method = REQUEST_POST,
        .path = "/",
        .query = "",
        .body = fits ? form : "",
        .body_len = fits ? len : 0,
    };
    bool fine = fits && intent_read(&asked, &addition->intent);
    if (form)
        explicit_bzero(form, FORM_MAX);
    free(form);
    if (fine)
        return true;
    if (fits)
        fail(addition, addition->intent.status, addition->intent.reason);
    else
        fail(addition, 400, "this is too long");
    return false;
}

static bool read_lease(struct addition *addition)
{
    const char *lease = inquiry_text(&addition->inquiry, "lease");
    if (!lease || (span_read(lease, &addition->lease) && addition->lease > 0))
        return true;
    inquiry_blame(&addition->inquiry, "lease",
                  "a time such as 10d, or seconds");
    return false;
}

void admin_add_subscription(void *self, struct request *request,
                            struct moment now)
{
    struct addition *addition = inquiry_new(self, request, sizeof *addition);
    unsigned status;
    const char *code;
    (void)now;
    if (!addition
        || !inquiry_truth(&addition->inquiry, "verify", true, &addition->verify)
        || !inquiry_truth(&addition->inquiry, "only-new", false,
                          &addition->only_new)
        || !read_lease(addition) || !read_intent(addition))
        return;
    const struct services *services = addition->inquiry.admin->means.services;
    const char *wrong =
        subscribe_refusal(services, &addition->intent, &status, &code);
    if (wrong)
        fail(addition, status, wrong);
    else if (addition->only_new)
        look_first(addition);
    else
        subscribe(addition);
}
