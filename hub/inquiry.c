// SPDX-License-Identifier: MIT

#include "inquiry.h"

#include "admin_json.h"
#include "fetcher/url.h"
#include "request.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

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
    if (form_read(request->query, strlen(request->query), &inquiry->query,
                  problem))
        return inquiry;
    inquiry->query = (struct form){ .count = 0 };
    inquiry_fail(inquiry, 400, problem);
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
    uint64_t max = inquiry_number(inquiry, "max", PAGE);
    return max < 1 ? 1 : max > PAGE_MAX ? PAGE_MAX : (size_t)max;
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
