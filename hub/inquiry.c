// SPDX-License-Identifier: MIT

#include "inquiry.h"

#include "admin_json.h"
#include "fetcher/url.h"
#include "request.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PAGE = 100, PAGE_MAX = 1000 };

void inquiry_end(struct inquiry *inquiry)
{
    form_clear(&inquiry->query);
    inquiry->admin->asking--;
    free(inquiry);
}

void inquiry_answer(struct inquiry *inquiry, unsigned status, json_t *root)
{
    admin_json_say(inquiry->request, status, root);
    inquiry_end(inquiry);
}

void inquiry_fail(struct inquiry *inquiry, unsigned status, const char *why)
{
    inquiry_answer(inquiry, status, json_pack("{s:s}", "error", why));
}

void inquiry_unable(struct inquiry *inquiry, enum store_status status)
{
    inquiry_fail(inquiry, 503, store_status_name(status));
}

void inquiry_blame(struct inquiry *inquiry, const char *name,
                   const char *expected)
{
    inquiry_answer(inquiry, 400,
                   json_pack("{s:o}", "error",
                             json_sprintf("%s must be %s", name, expected)));
}

const char *inquiry_who(const struct inquiry *inquiry)
{
    const char *who = inquiry->request->who;
    return *who ? who : "?";
}

const char *inquiry_by(const struct inquiry *inquiry)
{
    const char *by = inquiry_text(inquiry, "by");
    return by && *by ? by : "?";
}

static bool is_form(const struct request *request)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = request_field(request, "Content-Type");
    size_t len = type ? strcspn(type, "; \t") : 0;
    return len == 0
           || (len == sizeof form - 1 && strncasecmp(type, form, len) == 0);
}

// Queries end up in logs. NULL: there is none in it.
static const char *query_trouble(const struct request *request,
                                 char problem[FORM_PROBLEM_MAX])
{
    struct form query;
    if (!form_read(request->query, strlen(request->query), &query, problem))
        return problem;
    bool has = form_find(&query, "secret") != NULL;
    form_clear(&query);
    return has ? "a secret must not be in the query, but in the body" : NULL;
}

// NULL: it is all in the inquiry.
static const char *read_form(struct inquiry *inquiry,
                             const struct request *request,
                             char problem[FORM_PROBLEM_MAX])
{
    bool posted = request->method == REQUEST_POST && request->body_len > 0;
    size_t query_len = strlen(request->query);
    size_t body_len = posted ? request->body_len : 0;
    const char *wrong = query_trouble(request, problem);
    if (wrong)
        return wrong;
    char *both = malloc(query_len + 1 + body_len + 1);
    if (!both)
        return "out of memory";
    memcpy(both, request->query, query_len);
    both[query_len] = '&';
    memcpy(both + query_len + 1, request->body, body_len);
    bool fine =
        form_read(both, query_len + 1 + body_len, &inquiry->query, problem);
    explicit_bzero(both, query_len + 1 + body_len);
    free(both);
    return fine ? NULL : problem;
}

void *inquiry_new(struct admin *admin, struct request *request, size_t size)
{
    char problem[FORM_PROBLEM_MAX];
    struct inquiry *inquiry = calloc(1, size);
    if (!inquiry) {
        admin_json_say(request, 503,
                       json_pack("{s:s}", "error", "out of memory"));
        return NULL;
    }
    inquiry->admin = admin;
    inquiry->request = request;
    admin->asking++;
    const char *wrong = is_form(request) ? read_form(inquiry, request, problem)
                                         : "Content-Type must be "
                                           "application/x-www-form-urlencoded";
    if (!wrong)
        return inquiry;
    inquiry->query = (struct form){ .count = 0 };
    inquiry_fail(inquiry, 400, wrong);
    return NULL;
}

void inquiry_submit(struct inquiry *inquiry, struct store_op *op,
                    enum store_verb verb, void (*done)(struct store_op *op))
{
    op->verb = verb;
    op->done = done;
    op->context = inquiry;
    store_submit(inquiry->admin->means.services->store, op);
}

const char *inquiry_text(const struct inquiry *inquiry, const char *name)
{
    return form_value(&inquiry->query, name);
}

uint64_t inquiry_number(const struct inquiry *inquiry, const char *name,
                        uint64_t usual)
{
    const char *text = inquiry_text(inquiry, name);
    return text ? strtoull(text, NULL, 10) : usual;
}

size_t inquiry_page_size(const struct inquiry *inquiry)
{
    // `max` is what it was called first.
    uint64_t max =
        inquiry_number(inquiry, "limit", inquiry_number(inquiry, "max", PAGE));
    return max < 1 ? 1 : max > PAGE_MAX ? PAGE_MAX : (size_t)max;
}

bool inquiry_truth(struct inquiry *inquiry, const char *name, bool usual,
                   bool *out)
{
    const char *text = inquiry_text(inquiry, name);
    *out = text ? strcmp(text, "yes") == 0 : usual;
    if (!text || *out || strcmp(text, "no") == 0)
        return true;
    inquiry_blame(inquiry, name, "yes or no");
    return false;
}

struct url *inquiry_url(struct inquiry *inquiry, const char *name)
{
    const char *text = inquiry_text(inquiry, name);
    struct url *url = malloc(sizeof *url);
    const char *wrong = !url ? "does not fit in memory" : "is missing";
    if (text && url)
        wrong = url_read(text, strlen(text), url);
    if (!wrong)
        return url;
    free(url);
    inquiry_answer(
        inquiry, 400,
        json_pack("{s:o}", "error", json_sprintf("%s %s", name, wrong)));
    return NULL;
}

bool inquiry_key(struct inquiry *inquiry, const char *name,
                 struct store_key *out)
{
    struct url *url = inquiry_url(inquiry, name);
    if (!url)
        return false;
    url_key(url, out->bytes);
    free(url);
    return true;
}
