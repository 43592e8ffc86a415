// SPDX-License-Identifier: MIT

#include "status_link.h"

#include "routes.h"
#include "services.h"
#include "status_token.h"
#include "storage/store.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct status_link {
    struct status_key *key;
    const char *base; // what the hub calls itself
    bool slash;       // which does not end in one
};

struct status_link *status_link_new(const struct services *services)
{
    uint8_t secret[32];
    struct status_link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    store_secret_key(services->store, secret);
    link->key = status_key_new(secret, store_epoch(services->store));
    OPENSSL_cleanse(secret, sizeof secret);
    size_t len = strlen(services->hub_url);
    link->base = services->hub_url;
    link->slash = len == 0 || services->hub_url[len - 1] != '/';
    if (link->key)
        return link;
    status_link_free(link);
    return NULL;
}

void status_link_free(struct status_link *link)
{
    if (!link)
        return;
    status_key_free(link->key);
    free(link);
}

bool status_link_write(const struct status_link *link,
                       const struct status_token *token,
                       char line[STATUS_LINK_MAX])
{
    char text[STATUS_TOKEN_TEXT];
    if (!status_token_write(link->key, token, text))
        return false;
    int len = snprintf(line, STATUS_LINK_MAX,
                       "Link: <%s%sstatus/%s>; "
                       "rel=\"status\"",
                       link->base, link->slash ? "/" : "", text);
    return len > 0 && len < STATUS_LINK_MAX;
}

bool status_link_read(const struct status_link *link, const char *path,
                      struct status_token *out)
{
    const char *text = routes_below("/status/*", path);
    if (!text)
        text = routes_below("/hub/status/*", path);
    return text && status_token_read(link->key, text, strlen(text), out);
}
