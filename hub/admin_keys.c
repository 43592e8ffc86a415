// SPDX-License-Identifier: MIT

#include "admin.h"

#include "config.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "json_text.h"
#include "keyring.h"
#include "log.h"
#include "publisher_key.h"
#include "services.h"
#include "storage/steering.h"

#include <jansson.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MADE_BYTES = 32, MADE_TEXT = 2 * MADE_BYTES + 1 };

// Keys of publishers (publisher_key.h). Their secrets are shown to nobody but,
// once, to who lets the hub make one.
struct keys_inquiry {
    struct inquiry inquiry;
    char prefix[URL_MAX + 1]; // normalised
    char secret[PUBLISHER_SECRET_MAX + 1];
    bool made; // the secret
    json_t *list;
    union {
        struct store_page_rules page;
        struct store_put_rule put;
        struct store_remove_rule remove;
    };
};

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static void answer(struct keys_inquiry *asked, unsigned status, json_t *root)
{
    explicit_bzero(asked->secret, sizeof asked->secret);
    inquiry_answer(&asked->inquiry, status, root);
}

static void fail(struct keys_inquiry *asked, unsigned status, const char *why)
{
    answer(asked, status, json_pack("{s:s}", "error", why));
}

static void account(const struct keys_inquiry *asked, const char *event,
                    enum store_status status)
{
    const struct inquiry *inquiry = &asked->inquiry;
    LOG(LOG_INFO, event, LOG_T("prefix", asked->prefix),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
}

// False: it was answered.
static bool read_prefix(struct keys_inquiry *asked)
{
    const char *prefix = inquiry_text(&asked->inquiry, "prefix");
    struct url *url = malloc(sizeof *url);
    bool fine = url && prefix && publisher_key_prefix(prefix, url);
    if (fine)
        snprintf(asked->prefix, sizeof asked->prefix, "%s", url->normal);
    free(url);
    if (!fine)
        inquiry_blame(&asked->inquiry, "prefix",
                      "a URL at least up to the slash behind its host, such as "
                      "https://blog.example/");
    return fine;
}

// "" if none is given. False: it was answered.
static bool read_secret(struct keys_inquiry *asked)
{
    const char *secret = inquiry_text(&asked->inquiry, "secret");
    if (secret && !publisher_key_secret(secret)) {
        fail(asked, 400, "secret must be 16 to 199 bytes without a blank");
        return false;
    }
    snprintf(asked->secret, sizeof asked->secret, "%s", secret ? secret : "");
    return true;
}

// ------------------------------------------------------------------- adding

static void put(struct store_op *op)
{
    struct keys_inquiry *asked = op->context;
    struct keyring *keyring = asked->inquiry.admin->means.services->keyring;
    enum store_status status = op->status;
    account(asked, "admin.key.added", status);
    if (status == STORE_CONFLICT) {
        fail(asked, 409, "there are too many rules and keys already");
        return;
    }
    if (status != STORE_OK && status != STORE_DUPLICATE) {
        fail(asked, 503, store_status_name(status));
        return;
    }
    if (status == STORE_OK
        && !keyring_add(keyring, asked->prefix, asked->secret)) {
        fail(asked, 503,
             "it is stored, but counts from the next start on: out of memory");
        return;
    }
    json_t *root = json_pack("{s:s, s:b}", "prefix", asked->prefix, "new",
                             status == STORE_OK);
    if (asked->made)
        json_object_set_new(root, "secret", json_string(asked->secret));
    answer(asked, 200, root);
}

// False: it was answered.
static bool make_secret(struct keys_inquiry *asked)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[MADE_BYTES];
    if (RAND_bytes(random, sizeof random) != 1) {
        fail(asked, 503, "there is no randomness");
        return false;
    }
    for (size_t i = 0; i < sizeof random; i++) {
        asked->secret[2 * i] = digits[random[i] >> 4];
        asked->secret[2 * i + 1] = digits[random[i] & 15];
    }
    explicit_bzero(random, sizeof random);
    return true;
}

void admin_put_key(void *self, struct request *request, struct moment now)
{
    struct keys_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_prefix(asked) || !read_secret(asked))
        return;
    asked->made = !*asked->secret;
    if (asked->made && !make_secret(asked))
        return;
    if (keyring_is_full(asked->inquiry.admin->means.services->keyring)) {
        fail(asked, 409, "there are too many keys already");
        return;
    }
    asked->put = (struct store_put_rule){
        .rule = { .kind = STORE_RULE_PUBLISHER_KEY,
                  .subject = bytes_of(asked->prefix),
                  .value = bytes_of(asked->secret),
                  .by = bytes_of(inquiry_who(&asked->inquiry)) },
    };
    inquiry_submit(&asked->inquiry, &asked->put.op, STORE_PUT_RULE, put);
}

// ----------------------------------------------------------------- removing

static void removed(struct store_op *op)
{
    struct keys_inquiry *asked = op->context;
    enum store_status status = op->status;
    json_int_t count = (json_int_t)asked->remove.count;
    account(asked, "admin.key.removed", status);
    if (status == STORE_NOT_FOUND) {
        fail(asked, 404,
             "there is no such key; those of the configuration are taken out "
             "there, and it is read again by a reload");
    } else if (status != STORE_OK) {
        fail(asked, 503, store_status_name(status));
    } else {
        keyring_remove(asked->inquiry.admin->means.services->keyring,
                       asked->prefix, *asked->secret ? asked->secret : NULL);
        answer(
            asked, 200,
            json_pack("{s:s, s:I}", "prefix", asked->prefix, "removed", count));
    }
}

void admin_remove_key(void *self, struct request *request, struct moment now)
{
    struct keys_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_prefix(asked) || !read_secret(asked))
        return;
    asked->remove = (struct store_remove_rule){
        .kind = STORE_RULE_PUBLISHER_KEY,
        .subject = bytes_of(asked->prefix),
        .value = bytes_of(asked->secret),
    };
    inquiry_submit(&asked->inquiry, &asked->remove.op, STORE_REMOVE_RULE,
                   removed);
}

// ------------------------------------------------------------------ listing

static void add_configured(struct keys_inquiry *asked)
{
    const struct config *config = asked->inquiry.admin->means.services->config;
    const struct config_list *list = &config->publisher_key;
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i];
        json_array_append_new(asked->list,
                              json_pack("{s:s%, s:s, s:n, s:n}", "prefix", text,
                                        strcspn(text, " "), "from",
                                        "configuration", "made", "by"));
    }
}

static json_t *key_json(const struct store_rule *rule)
{
    return json_pack("{s:o, s:s, s:I, s:o}", "prefix", json_text(rule->subject),
                     "from", "store", "made", (json_int_t)rule->made, "by",
                     json_text(rule->by));
}

static void page_read(struct store_op *op)
{
    struct keys_inquiry *asked = op->context;
    const struct store_page_rules *page = &asked->page;
    enum store_status status = op->status;
    for (size_t i = 0; status == STORE_OK && i < page->count; i++)
        if (page->items[i].kind == STORE_RULE_PUBLISHER_KEY)
            json_array_append_new(asked->list, key_json(&page->items[i]));
    store_release(op);
    if (status == STORE_OK) {
        answer(asked, 200,
               json_pack("{s:o, s:n}", "keys", asked->list, "next"));
    } else {
        json_decref(asked->list);
        fail(asked, 503, store_status_name(status));
    }
}

void admin_keys(void *self, struct request *request, struct moment now)
{
    struct keys_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    asked->list = json_array();
    add_configured(asked);
    // All that there may be.
    asked->page = (struct store_page_rules){
        .after = { .kind = STORE_RULE_PUBLISHER_KEY },
        .max = KEYRING_MAX,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_RULES,
                   page_read);
}
