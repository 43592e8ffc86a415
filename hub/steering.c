// SPDX-License-Identifier: MIT

#include "steering.h"

#include "fetcher/url.h"
#include "keyring.h"
#include "live.h"
#include "log.h"
#include "publisher_key.h"
#include "rules.h"
#include "services.h"
#include "storage/steering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAGE = 500 };

struct recall {
    const struct services *services;
    struct store_page_rules page;
    struct store_rule after; // its bytes are in the two below
    char subject[STORE_RULE_SUBJECT_MAX + 1];
    char value[STORE_RULE_VALUE_MAX + 1];
    bool done;
    const char *wrong; // NULL: nothing
};

static void on_page(struct store_op *op)
{
    struct recall *recall = op->context;
    recall->done = true;
}

static struct bytes keep(struct bytes from, char *to, size_t size)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;
    if (len > 0)
        memcpy(to, from.at, len);
    to[len] = '\0';
    return (struct bytes){ to, len };
}

// What a newer or older program would have checked differently must not keep
// the hub from starting.
static void pass_over(const struct recall *recall, const char *why)
{
    LOG(LOG_WARN, "rule.ignored", LOG_T("subject", recall->subject),
        LOG_T("why", why));
}

static void take_quota(const struct recall *recall)
{
    char problem[LIVE_PROBLEM];
    if (!live_store(recall->services->live, recall->subject, recall->value,
                    problem))
        pass_over(recall, problem);
}

// Its secret is told to nobody.
static void take_key(struct recall *recall)
{
    struct keyring *keyring = recall->services->keyring;
    struct url *url = malloc(sizeof *url);
    bool good = url && publisher_key_prefix(recall->subject, url)
                && publisher_key_secret(recall->value);
    free(url);
    if (!good)
        pass_over(recall, "it is no key");
    else if (keyring_is_full(keyring))
        pass_over(recall, "there are too many keys");
    else if (!keyring_add(keyring, recall->subject, recall->value))
        recall->wrong = "there is no memory for the keys of publishers";
}

static void take(struct recall *recall, const struct store_rule *rule)
{
    const struct services *services = recall->services;
    char domain[RULES_DOMAIN_MAX];
    recall->after.kind = rule->kind;
    recall->after.subject =
        keep(rule->subject, recall->subject, sizeof recall->subject);
    recall->after.value =
        keep(rule->value, recall->value, sizeof recall->value);
    if (rule->kind == STORE_RULE_QUOTA) {
        take_quota(recall);
    } else if (rule->kind == STORE_RULE_PUBLISHER_KEY) {
        take_key(recall);
    } else if (rules_read(recall->subject, domain)) {
        pass_over(recall, "it is no domain");
    } else if (!rules_add(services->rules, rule->kind, domain)) {
        recall->wrong = "there is no memory for the rules";
    }
}

static void read_page(struct recall *recall)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    struct store *store = recall->services->store;
    recall->done = false;
    recall->page = (struct store_page_rules){
        .op = { .verb = STORE_PAGE_RULES, .done = on_page, .context = recall },
        .after = recall->after,
        .max = PAGE,
    };
    store_submit(store, &recall->page.op);
    // Nothing else runs yet.
    while (!recall->done)
        if (store_step(store, 1) == 0)
            nanosleep(&moment, NULL);
}

// True: there may be more.
static bool take_page(struct recall *recall)
{
    struct store_page_rules *page = &recall->page;
    read_page(recall);
    if (page->op.status != STORE_OK)
        recall->wrong = store_status_name(page->op.status);
    for (size_t i = 0; !recall->wrong && i < page->count; i++)
        take(recall, &page->items[i]);
    bool more = !recall->wrong && !page->end && page->count > 0;
    store_release(&page->op);
    return more;
}

bool steering_recall(const struct services *services,
                     char problem[STEERING_PROBLEM])
{
    struct recall *recall = calloc(1, sizeof *recall);
    if (!recall) {
        snprintf(problem, STEERING_PROBLEM, "out of memory");
        return false;
    }
    recall->services = services;
    while (take_page(recall))
        ;
    const char *wrong = recall->wrong;
    explicit_bzero(recall, sizeof *recall);
    free(recall);
    if (wrong)
        snprintf(problem, STEERING_PROBLEM,
                 "the rules in the store could not be read: %s", wrong);
    return !wrong;
}
