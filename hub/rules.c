// SPDX-License-Identifier: MIT

#include "rules.h"

#include "config.h"
#include "fetcher/address.h"
#include "fetcher/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_LEAST = 64, KINDS = 4 };

// Where a rule stands. NEXT is a configuration that is still being read.
enum origin { CONFIGURED, STORED, NEXT, ORIGINS };

struct entry {
    struct entry *next;
    uint32_t hash;
    uint8_t kinds[ORIGINS]; // one bit a kind
    char domain[];
};

struct rules {
    struct entry **buckets;
    size_t bucket_count, count;
    size_t of_kind[KINDS]; // entries with it, wherever from
    uint64_t generation;
};

static const char *const names[KINDS] = { "deny-topic", "allow-topic",
                                          "deny-callback", "allow-callback" };

static unsigned bit_of(enum store_rule_kind kind)
{
    return 1U << (kind - STORE_RULE_DENY_TOPIC);
}

const char *rules_kind_name(enum store_rule_kind kind)
{
    return kind >= STORE_RULE_DENY_TOPIC && kind <= STORE_RULE_ALLOW_CALLBACK
               ? names[kind - STORE_RULE_DENY_TOPIC]
               : NULL;
}

enum store_rule_kind rules_kind_read(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(names[i], name) == 0)
            return (enum store_rule_kind)(STORE_RULE_DENY_TOPIC + i);
    return (enum store_rule_kind)0;
}

// ---------------------------------------------------------------- spelling

// One dot at the end is the same name.
static size_t name_length(const char *host)
{
    size_t len = strlen(host);
    return len > 1 && host[len - 1] == '.' ? len - 1 : len;
}

// The host of a URL as rules spell it. False: it is an address that nobody
// can have.
static bool spell(const struct url *url, char out[RULES_DOMAIN_MAX])
{
    struct address address;
    if (url->numeric) {
        bool six = strchr(url->host, ':') != NULL;
        if (address_read(url->host, six, &address) != ADDRESS_LITERAL)
            return false;
        address = address_meant(&address);
        address_text(&address, out);
        return true;
    }
    size_t len = name_length(url->host);
    memcpy(out, url->host, len);
    out[len] = '\0';
    return true;
}

// As the host of a URL, so that both are read alike.
static bool read_host(const char *text, struct url *url)
{
    char whole[RULES_DOMAIN_MAX + 16];
    size_t len = strlen(text);
    bool six = strchr(text, ':') && text[0] != '[';
    if (len == 0 || len >= RULES_DOMAIN_MAX || strpbrk(text, "/?#@*% \t\\"))
        return false;
    // Only an address has colons: a rule knows no ports.
    if (text[0] == '[' && text[len - 1] != ']')
        return false;
    int used = snprintf(whole, sizeof whole,
                        six ? "http://[%s]/" : "http://%s/", text);
    return used > 0 && !url_read(whole, (size_t)used, url);
}

const char *rules_read(const char *text, char out[RULES_DOMAIN_MAX])
{
    struct url *url = malloc(sizeof *url);
    bool fine = url && read_host(text, url) && spell(url, out);
    free(url);
    return fine ? NULL
                : "a domain such as example.com, which stands for all below "
                  "it, or one address";
}

// ----------------------------------------------------------------- the book

static uint32_t hash_of(const char *text, size_t len)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    return hash;
}

static struct entry **place_of(const struct rules *rules, const char *domain,
                               size_t len)
{
    uint32_t hash = hash_of(domain, len);
    struct entry **at = &rules->buckets[hash % rules->bucket_count];
    while (*at
           && ((*at)->hash != hash || strncmp((*at)->domain, domain, len) != 0
               || (*at)->domain[len]))
        at = &(*at)->next;
    return at;
}

static unsigned kinds_of(const struct entry *entry)
{
    return entry->kinds[CONFIGURED] | entry->kinds[STORED];
}

static bool has_kind(const struct entry *entry, enum store_rule_kind kind)
{
    return (kinds_of(entry) & bit_of(kind)) != 0;
}

// Of the entry that is in this place.
static void drop_if_empty(struct rules *rules, struct entry **at)
{
    struct entry *entry = *at;
    for (size_t i = 0; i < ORIGINS; i++)
        if (entry->kinds[i])
            return;
    *at = entry->next;
    free(entry);
    rules->count--;
}

static void grow(struct rules *rules)
{
    size_t wanted = rules->bucket_count * 2;
    struct entry **buckets = calloc(wanted, sizeof *buckets);
    if (!buckets)
        return; // slower, and as good
    for (size_t i = 0; i < rules->bucket_count; i++) {
        struct entry *entry = rules->buckets[i];
        while (entry) {
            struct entry *next = entry->next;
            struct entry **to = &buckets[entry->hash % wanted];
            entry->next = *to;
            *to = entry;
            entry = next;
        }
    }
    free(rules->buckets);
    rules->buckets = buckets;
    rules->bucket_count = wanted;
}

static struct entry *find_or_make(struct rules *rules, const char *domain)
{
    size_t len = strlen(domain);
    if (rules->count >= rules->bucket_count)
        grow(rules);
    struct entry **at = place_of(rules, domain, len);
    if (*at)
        return *at;
    struct entry *entry = calloc(1, sizeof *entry + len + 1);
    if (!entry)
        return NULL;
    memcpy(entry->domain, domain, len);
    entry->hash = hash_of(domain, len);
    *at = entry;
    rules->count++;
    return entry;
}

static void count_kinds(struct rules *rules, unsigned before, unsigned after)
{
    for (size_t i = 0; i < KINDS; i++) {
        rules->of_kind[i] += after >> i & 1;
        rules->of_kind[i] -= before >> i & 1;
    }
}

static void set(struct rules *rules, struct entry *entry, enum origin origin,
                unsigned kinds)
{
    unsigned before = kinds_of(entry);
    entry->kinds[origin] = (uint8_t)kinds;
    unsigned after = kinds_of(entry);
    count_kinds(rules, before, after);
    rules->generation += before != after;
}

static bool put(struct rules *rules, enum origin origin,
                enum store_rule_kind kind, const char *text)
{
    char domain[RULES_DOMAIN_MAX];
    struct entry *entry =
        rules_read(text, domain) ? NULL : find_or_make(rules, domain);
    if (!entry)
        return false;
    set(rules, entry, origin, entry->kinds[origin] | bit_of(kind));
    return true;
}

struct rules *rules_new(void)
{
    struct rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        return NULL;
    rules->bucket_count = BUCKETS_LEAST;
    rules->buckets = calloc(BUCKETS_LEAST, sizeof *rules->buckets);
    if (rules->buckets)
        return rules;
    free(rules);
    return NULL;
}

void rules_free(struct rules *rules)
{
    if (!rules)
        return;
    for (size_t i = 0; i < rules->bucket_count; i++) {
        struct entry *entry = rules->buckets[i];
        while (entry) {
            struct entry *next = entry->next;
            free(entry);
            entry = next;
        }
    }
    free(rules->buckets);
    free(rules);
}

uint64_t rules_generation(const struct rules *rules)
{
    return rules->generation;
}

bool rules_add(struct rules *rules, enum store_rule_kind kind,
               const char *domain)
{
    return rules_kind_name(kind) && put(rules, STORED, kind, domain);
}

void rules_remove(struct rules *rules, enum store_rule_kind kind,
                  const char *text)
{
    char domain[RULES_DOMAIN_MAX];
    if (!rules_kind_name(kind) || rules_read(text, domain))
        return;
    struct entry **at = place_of(rules, domain, strlen(domain));
    if (!*at)
        return;
    set(rules, *at, STORED, (*at)->kinds[STORED] & ~bit_of(kind));
    drop_if_empty(rules, at);
}

bool rules_is_configured(const struct rules *rules, enum store_rule_kind kind,
                         const char *text)
{
    char domain[RULES_DOMAIN_MAX];
    if (!rules || rules_read(text, domain))
        return false;
    const struct entry *entry = *place_of(rules, domain, strlen(domain));
    return entry && (entry->kinds[CONFIGURED] & bit_of(kind)) != 0;
}

// ------------------------------------------------------- the configuration

static bool put_list(struct rules *rules, enum store_rule_kind kind,
                     const struct config_list *list)
{
    char domain[RULES_DOMAIN_MAX];
    for (size_t i = 0; i < list->count; i++)
        // What no URL can name stands for nothing.
        if (!rules_read(list->items[i], domain)
            && !put(rules, NEXT, kind, domain))
            return false;
    return true;
}

// What was read becomes what counts, or, with `fine` false, nothing.
static void take_next(struct rules *rules, bool fine)
{
    for (size_t i = 0; i < rules->bucket_count; i++) {
        struct entry **at = &rules->buckets[i];
        while (*at) {
            struct entry *entry = *at;
            if (fine)
                set(rules, entry, CONFIGURED, entry->kinds[NEXT]);
            entry->kinds[NEXT] = 0;
            drop_if_empty(rules, at);
            if (*at == entry)
                at = &entry->next;
        }
    }
}

bool rules_configure(struct rules *rules, const struct config *config)
{
    bool fine =
        put_list(rules, STORE_RULE_DENY_TOPIC, &config->deny_topic)
        && put_list(rules, STORE_RULE_ALLOW_TOPIC, &config->allow_topic)
        && put_list(rules, STORE_RULE_DENY_CALLBACK, &config->deny_callback)
        && put_list(rules, STORE_RULE_ALLOW_CALLBACK, &config->allow_callback);
    take_next(rules, fine);
    return fine;
}

// ------------------------------------------------------------------ judging

static const char *find(const struct rules *rules, enum store_rule_kind kind,
                        const char *domain)
{
    const struct entry *entry = *place_of(rules, domain, strlen(domain));
    return entry && has_kind(entry, kind) ? entry->domain : NULL;
}

// Only whole labels: badexample.com is nobody's example.com.
static const char *find_name(const struct rules *rules,
                             enum store_rule_kind kind, const char *name)
{
    while (name) {
        const char *rule = find(rules, kind, name);
        if (rule)
            return rule;
        name = strchr(name, '.');
        name += name != NULL;
        if (name && !*name)
            return NULL;
    }
    return NULL;
}

static const char *judge(const struct rules *rules, enum store_rule_kind deny,
                         enum store_rule_kind allow, const struct url *url)
{
    char host[RULES_DOMAIN_MAX];
    size_t denied = rules ? rules->of_kind[deny - STORE_RULE_DENY_TOPIC] : 0;
    size_t allowed = rules ? rules->of_kind[allow - STORE_RULE_DENY_TOPIC] : 0;
    if (denied + allowed == 0)
        return NULL;
    if (!spell(url, host))
        return "";
    const char *(*look)(const struct rules *rules, enum store_rule_kind kind,
                        const char *domain) = url->numeric ? find : find_name;
    const char *rule = denied > 0 ? look(rules, deny, host) : NULL;
    if (rule)
        return rule;
    return allowed > 0 && !look(rules, allow, host) ? "" : NULL;
}

const char *rules_topic(const struct rules *rules, const struct url *url)
{
    return judge(rules, STORE_RULE_DENY_TOPIC, STORE_RULE_ALLOW_TOPIC, url);
}

const char *rules_callback(const struct rules *rules, const struct url *url)
{
    return judge(rules, STORE_RULE_DENY_CALLBACK, STORE_RULE_ALLOW_CALLBACK,
                 url);
}

const char *rules_copy(const char *rule, char out[RULES_DOMAIN_MAX])
{
    if (!rule)
        return NULL;
    snprintf(out, RULES_DOMAIN_MAX, "%s", rule);
    return out;
}

bool rules_allow_topic(const struct rules *rules, const char *url, size_t len)
{
    struct url read;
    return !url_read(url, len, &read) && !rules_topic(rules, &read);
}

bool rules_allow_callback(const struct rules *rules, const char *url,
                          size_t len)
{
    struct url read;
    return !url_read(url, len, &read) && !rules_callback(rules, &read);
}

bool rules_allow_below(const struct rules *rules, const char *prefix,
                       size_t len)
{
    return len == 0 || rules_allow_topic(rules, prefix, len);
}

static bool judges(const struct rules *rules, enum store_rule_kind deny,
                   enum store_rule_kind allow)
{
    return rules
           && rules->of_kind[deny - STORE_RULE_DENY_TOPIC]
                      + rules->of_kind[allow - STORE_RULE_DENY_TOPIC]
                  > 0;
}

bool rules_judge_topics(const struct rules *rules)
{
    return judges(rules, STORE_RULE_DENY_TOPIC, STORE_RULE_ALLOW_TOPIC);
}

bool rules_judge_callbacks(const struct rules *rules)
{
    return judges(rules, STORE_RULE_DENY_CALLBACK, STORE_RULE_ALLOW_CALLBACK);
}
