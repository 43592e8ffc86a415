// SPDX-License-Identifier: MIT

#include "admin.h"

#include "config.h"
#include "inquiry.h"
#include "json_text.h"
#include "log.h"
#include "rules.h"
#include "services.h"
#include "storage/steering.h"

#include <jansson.h>
#include <string.h>

enum { KIND_MAX = 20 };

struct rules_inquiry {
    struct inquiry inquiry;
    enum store_rule_kind kind; // 0: all of them
    char domain[RULES_DOMAIN_MAX];
    json_t *list;
    union {
        struct store_page_rules page;
        struct store_put_rule put;
        struct store_remove_rule remove;
    };
};

// False: it was answered.
static bool read_kind(struct rules_inquiry *asked)
{
    const char *kind = inquiry_text(&asked->inquiry, "kind");
    asked->kind = kind ? rules_kind_read(kind) : (enum store_rule_kind)0;
    if (!kind || asked->kind)
        return true;
    inquiry_blame(&asked->inquiry, "kind",
                  "deny-topic, allow-topic, deny-callback or allow-callback");
    return false;
}

// The same.
static bool read_rule(struct rules_inquiry *asked)
{
    struct inquiry *inquiry = &asked->inquiry;
    const char *domain = inquiry_text(inquiry, "domain");
    const char *wrong = "given";
    if (!read_kind(asked))
        return false;
    if (domain && asked->kind)
        wrong = rules_read(domain, asked->domain);
    if (wrong)
        inquiry_blame(inquiry, asked->kind ? "domain" : "kind", wrong);
    return !wrong;
}

static void account(const struct rules_inquiry *asked, const char *event,
                    enum store_status status)
{
    const struct inquiry *inquiry = &asked->inquiry;
    LOG(LOG_INFO, event, LOG_T("kind", rules_kind_name(asked->kind)),
        LOG_T("domain", asked->domain), LOG_T("who", inquiry_who(inquiry)),
        LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
}

static json_t *changed_json(const struct rules_inquiry *asked, const char *what,
                            bool changed)
{
    return json_pack("{s:s, s:s, s:b}", "kind", rules_kind_name(asked->kind),
                     "domain", asked->domain, what, changed);
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

// ------------------------------------------------------------------- adding

static void put(struct store_op *op)
{
    struct rules_inquiry *asked = op->context;
    struct inquiry *inquiry = &asked->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    enum store_status status = op->status;
    account(asked, "admin.rule.added", status);
    if (status == STORE_CONFLICT) {
        inquiry_fail(inquiry, 409, "there are too many rules already");
    } else if (status != STORE_OK && status != STORE_DUPLICATE) {
        inquiry_unable(inquiry, status);
    } else if (!rules_add(means->services->rules, asked->kind, asked->domain)) {
        inquiry_fail(inquiry, 503,
                     "it is stored, but counts from the next start on: out of "
                     "memory");
    } else {
        if (status == STORE_OK)
            means->ruled(means->context);
        inquiry_answer(inquiry, 200,
                       changed_json(asked, "new", status == STORE_OK));
    }
}

void admin_put_rule(void *self, struct request *request, struct moment now)
{
    struct rules_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_rule(asked))
        return;
    asked->put = (struct store_put_rule){
        .rule = { .kind = asked->kind,
                  .subject = bytes_of(asked->domain),
                  .by = bytes_of(inquiry_who(&asked->inquiry)) },
    };
    inquiry_submit(&asked->inquiry, &asked->put.op, STORE_PUT_RULE, put);
}

// ----------------------------------------------------------------- removing

static void removed(struct store_op *op)
{
    struct rules_inquiry *asked = op->context;
    struct inquiry *inquiry = &asked->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    struct rules *rules = means->services->rules;
    enum store_status status = op->status;
    account(asked, "admin.rule.removed", status);
    if (status == STORE_NOT_FOUND) {
        inquiry_fail(inquiry, 404,
                     rules_is_configured(rules, asked->kind, asked->domain)
                         ? "it stands in the configuration: take it out there, "
                           "and reload"
                         : "there is no such rule");
    } else if (status != STORE_OK) {
        inquiry_unable(inquiry, status);
    } else {
        rules_remove(rules, asked->kind, asked->domain);
        // Without one that allowed, more may be denied than before.
        means->ruled(means->context);
        inquiry_answer(inquiry, 200, changed_json(asked, "removed", true));
    }
}

void admin_remove_rule(void *self, struct request *request, struct moment now)
{
    struct rules_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_rule(asked))
        return;
    asked->remove = (struct store_remove_rule){
        .kind = asked->kind,
        .subject = bytes_of(asked->domain),
    };
    inquiry_submit(&asked->inquiry, &asked->remove.op, STORE_REMOVE_RULE,
                   removed);
}

// ------------------------------------------------------------------ listing

static bool wanted(const struct rules_inquiry *asked, enum store_rule_kind kind)
{
    return rules_kind_name(kind) && (!asked->kind || asked->kind == kind);
}

static void add_configured(struct rules_inquiry *asked,
                           enum store_rule_kind kind,
                           const struct config_list *list)
{
    for (size_t i = 0; wanted(asked, kind) && i < list->count; i++)
        json_array_append_new(asked->list,
                              json_pack("{s:s, s:s, s:s, s:n, s:n}", "kind",
                                        rules_kind_name(kind), "domain",
                                        list->items[i], "from", "configuration",
                                        "made", "by"));
}

static void add_all_configured(struct rules_inquiry *asked)
{
    const struct config *config = asked->inquiry.admin->means.services->config;
    add_configured(asked, STORE_RULE_DENY_TOPIC, &config->deny_topic);
    add_configured(asked, STORE_RULE_ALLOW_TOPIC, &config->allow_topic);
    add_configured(asked, STORE_RULE_DENY_CALLBACK, &config->deny_callback);
    add_configured(asked, STORE_RULE_ALLOW_CALLBACK, &config->allow_callback);
}

static json_t *rule_json(const struct store_rule *rule)
{
    return json_pack("{s:s, s:o, s:s, s:I, s:o}", "kind",
                     rules_kind_name(rule->kind), "domain",
                     json_text(rule->subject), "from", "store", "made",
                     (json_int_t)rule->made, "by", json_text(rule->by));
}

// "KIND DOMAIN", what comes next begins after it.
static json_t *place_json(const struct store_rule *rule)
{
    return json_sprintf("%s %.*s", rules_kind_name(rule->kind),
                        (int)rule->subject.len, rule->subject.at);
}

static void page_read(struct store_op *op)
{
    struct rules_inquiry *asked = op->context;
    const struct store_page_rules *page = &asked->page;
    enum store_status status = op->status;
    if (status != STORE_OK) {
        store_release(op);
        json_decref(asked->list);
        inquiry_unable(&asked->inquiry, status);
        return;
    }
    // Behind those of domains, or of this kind, are others.
    const struct store_rule *last = NULL;
    bool end = page->end || page->count == 0;
    for (size_t i = 0; i < page->count; i++) {
        last = &page->items[i];
        if (wanted(asked, last->kind))
            json_array_append_new(asked->list, rule_json(last));
        else
            end = true;
    }
    json_t *next = end ? json_null() : place_json(last);
    store_release(op);
    inquiry_answer(&asked->inquiry, 200,
                   json_pack("{s:o, s:o}", "rules", asked->list, "next", next));
}

// False: it was answered.
static bool read_place(struct rules_inquiry *asked, struct store_rule *out)
{
    const char *after = inquiry_text(&asked->inquiry, "after");
    const char *blank = after ? strchr(after, ' ') : NULL;
    char kind[KIND_MAX] = "";
    out->kind = asked->kind;
    if (!after)
        return true;
    if (blank && (size_t)(blank - after) < sizeof kind)
        memcpy(kind, after, (size_t)(blank - after));
    out->kind = rules_kind_read(kind);
    if (!blank || !out->kind) {
        inquiry_blame(&asked->inquiry, "after", "what next said");
        return false;
    }
    out->subject = bytes_of(blank + 1);
    return true;
}

void admin_rules(void *self, struct request *request, struct moment now)
{
    struct rules_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    struct store_rule after = { .made = 0 };
    (void)now;
    if (!asked || !read_kind(asked) || !read_place(asked, &after))
        return;
    asked->list = json_array();
    // They are few.
    if (after.subject.len == 0)
        add_all_configured(asked);
    asked->page = (struct store_page_rules){
        .after = after,
        .max = inquiry_page_size(&asked->inquiry),
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_RULES,
                   page_read);
}
