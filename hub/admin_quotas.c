// SPDX-License-Identifier: MIT

#include "admin.h"

#include "inquiry.h"
#include "live.h"
#include "log.h"
#include "option.h"
#include "pullers.h"
#include "services.h"
#include "storage/steering.h"

#include <jansson.h>
#include <string.h>

// A ceiling of the hub's, which operators may set while it runs: the options
// that are quotas (option_table.c).
struct quota_inquiry {
    struct inquiry inquiry;
    const struct option *option;
    const char *value;
    union {
        struct store_stats stats;
        struct store_put_rule put;
        struct store_remove_rule remove;
    };
};

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct live *live_of(const struct inquiry *inquiry)
{
    return inquiry->admin->means.services->live;
}

// ------------------------------------------------------------------ telling

static const char *unit_of(const struct option *option)
{
    switch (option->kind) {
    case OPTION_TIME:
        return "ms";
    case OPTION_SIZE:
        return "bytes";
    default:
        return "count";
    }
}

// Where one number says it all; of those that are for each address, origin or
// topic there is none.
static json_t *used_json(const struct quota_inquiry *asked,
                         const struct option *option)
{
    const struct store_numbers *numbers = &asked->stats.numbers;
    struct pullers_numbers pullers;
    pullers_numbers(asked->inquiry.admin->means.pullers, &pullers);
    const struct {
        const char *name;
        uint64_t used;
    } known[] = {
        { "max-topics", numbers->topics },
        { "max-subscriptions", numbers->subscriptions },
        { "max-mailboxes", numbers->mailboxes },
        { "pulls", pullers.held },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, option->name) == 0)
            return json_integer((json_int_t)known[i].used);
    return json_null();
}

// `index` of the table.
static json_t *quota_json(const struct quota_inquiry *asked, size_t index)
{
    const struct live *live = live_of(&asked->inquiry);
    size_t count;
    const struct option *option = &option_table(&count)[index];
    char written[OPTION_WRITTEN];
    option_write(option, live_config(live), written);
    return json_pack("{s:s, s:I, s:s, s:o, s:s, s:s, s:s}", "name",
                     option->name, "limit",
                     (json_int_t)option_number(option, live_config(live)),
                     "value", written, "used", used_json(asked, option), "from",
                     live_from_name(live_from(live, index)), "unit",
                     unit_of(option), "about", option->sentence);
}

static void list(struct store_op *op)
{
    struct quota_inquiry *asked = op->context;
    if (op->status != STORE_OK) {
        inquiry_unable(&asked->inquiry, op->status);
        return;
    }
    size_t count;
    const struct option *table = option_table(&count);
    json_t *quotas = json_array();
    for (size_t i = 0; i < count; i++)
        if (table[i].change == OPTION_QUOTA)
            json_array_append_new(quotas, quota_json(asked, i));
    inquiry_answer(&asked->inquiry, 200,
                   json_pack("{s:o, s:n}", "quotas", quotas, "next"));
}

static void ask_used(struct quota_inquiry *asked,
                     void (*done)(struct store_op *op))
{
    asked->stats = (struct store_stats){ .numbers = { .topics = 0 } };
    inquiry_submit(&asked->inquiry, &asked->stats.op, STORE_STATS, done);
}

void admin_quotas(void *self, struct request *request, struct moment now)
{
    struct quota_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked)
        ask_used(asked, list);
}

static void show(struct store_op *op)
{
    struct quota_inquiry *asked = op->context;
    size_t count;
    size_t index = (size_t)(asked->option - option_table(&count));
    if (op->status == STORE_OK)
        inquiry_answer(&asked->inquiry, 200, quota_json(asked, index));
    else
        inquiry_unable(&asked->inquiry, op->status);
}

// ----------------------------------------------------------------- changing

// False: it was answered.
static bool read_name(struct quota_inquiry *asked)
{
    struct inquiry *inquiry = &asked->inquiry;
    const char *name = inquiry_text(inquiry, "name");
    asked->option = name ? option_find(name, strlen(name)) : NULL;
    if (asked->option && asked->option->change == OPTION_QUOTA)
        return true;
    if (asked->option)
        inquiry_fail(inquiry, 400,
                     "this option is no quota: it is changed in the "
                     "configuration");
    else
        inquiry_fail(inquiry, name ? 404 : 400,
                     name ? "there is no such quota" : "name is missing");
    return false;
}

// What the store has counts now.
static void take(struct quota_inquiry *asked, const char *value)
{
    struct inquiry *inquiry = &asked->inquiry;
    char problem[LIVE_PROBLEM] = "";
    if (live_store(live_of(inquiry), asked->option->name, value, problem))
        ask_used(asked, show);
    else
        inquiry_fail(inquiry, 409, problem);
}

static void put(struct store_op *op)
{
    struct quota_inquiry *asked = op->context;
    struct inquiry *inquiry = &asked->inquiry;
    enum store_status status = op->status;
    LOG(LOG_INFO, "admin.quota.set", LOG_T("name", asked->option->name),
        LOG_T("value", asked->value), LOG_T("who", inquiry_who(inquiry)),
        LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
    if (status == STORE_OK || status == STORE_DUPLICATE)
        take(asked, asked->value);
    else if (status == STORE_CONFLICT)
        inquiry_fail(inquiry, 409, "there are too many rules and keys already");
    else
        inquiry_unable(inquiry, status);
}

void admin_put_quota(void *self, struct request *request, struct moment now)
{
    struct quota_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    char problem[LIVE_PROBLEM] = "";
    (void)now;
    if (!asked || !read_name(asked))
        return;
    struct inquiry *inquiry = &asked->inquiry;
    asked->value = inquiry_text(inquiry, "value");
    if (!asked->value || !*asked->value
        || strlen(asked->value) >= OPTION_WRITTEN) {
        inquiry_fail(inquiry, 400, "value is missing, or too long");
        return;
    }
    if (!live_check(live_of(inquiry), asked->option->name, asked->value,
                    problem)) {
        inquiry_fail(inquiry, 400, problem);
        return;
    }
    asked->put = (struct store_put_rule){
        .rule = { .kind = STORE_RULE_QUOTA,
                  .subject = bytes_of(asked->option->name),
                  .value = bytes_of(asked->value),
                  .by = bytes_of(inquiry_who(inquiry)) },
    };
    inquiry_submit(inquiry, &asked->put.op, STORE_PUT_RULE, put);
}

static void removed(struct store_op *op)
{
    struct quota_inquiry *asked = op->context;
    struct inquiry *inquiry = &asked->inquiry;
    enum store_status status = op->status;
    LOG(LOG_INFO, "admin.quota.removed", LOG_T("name", asked->option->name),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
    if (status == STORE_NOT_FOUND)
        inquiry_fail(inquiry, 404,
                     "no operator has set it: it is as configured");
    else if (status != STORE_OK)
        inquiry_unable(inquiry, status);
    else
        take(asked, NULL);
}

void admin_remove_quota(void *self, struct request *request, struct moment now)
{
    struct quota_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_name(asked))
        return;
    asked->remove = (struct store_remove_rule){
        .kind = STORE_RULE_QUOTA,
        .subject = bytes_of(asked->option->name),
    };
    inquiry_submit(&asked->inquiry, &asked->remove.op, STORE_REMOVE_RULE,
                   removed);
}
