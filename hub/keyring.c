// SPDX-License-Identifier: MIT

#include "keyring.h"

#include "config.h"
#include "publisher_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// "PREFIX SECRET", each.
struct texts {
    char **items;
    size_t count;
};

struct keyring {
    struct texts configured, stored;
    struct publisher_keys *now; // NULL: to be made anew
    atomic_bool in_use;
};

static void drop(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void clear(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        drop(texts->items[i]);
    free(texts->items);
    *texts = (struct texts){ .count = 0 };
}

// Takes the text.
static bool append(struct texts *texts, char *text)
{
    char **items =
        text ? realloc(texts->items, (texts->count + 1) * sizeof *items) : NULL;
    if (!items) {
        drop(text);
        return false;
    }
    texts->items = items;
    items[texts->count++] = text;
    return true;
}

static void changed(struct keyring *keyring)
{
    publisher_keys_free(keyring->now);
    keyring->now = NULL;
    atomic_store(&keyring->in_use,
                 keyring->configured.count + keyring->stored.count > 0);
}

struct keyring *keyring_new(void)
{
    return calloc(1, sizeof(struct keyring));
}

void keyring_free(struct keyring *keyring)
{
    if (!keyring)
        return;
    changed(keyring);
    clear(&keyring->configured);
    clear(&keyring->stored);
    free(keyring);
}

bool keyring_configure(struct keyring *keyring, const struct config *config)
{
    const struct config_list *list = &config->publisher_key;
    struct texts texts = { .count = 0 };
    for (size_t i = 0; i < list->count; i++) {
        if (append(&texts, strdup(list->items[i])))
            continue;
        clear(&texts);
        return false;
    }
    clear(&keyring->configured);
    keyring->configured = texts;
    changed(keyring);
    return true;
}

bool keyring_add(struct keyring *keyring, const char *prefix,
                 const char *secret)
{
    char *text = NULL;
    if (keyring_is_full(keyring) || asprintf(&text, "%s %s", prefix, secret) < 0
        || !append(&keyring->stored, text))
        return false;
    changed(keyring);
    return true;
}

static bool is_key(const char *text, const char *prefix, const char *secret)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 && text[len] == ' '
           && (!secret || strcmp(text + len + 1, secret) == 0);
}

void keyring_remove(struct keyring *keyring, const char *prefix,
                    const char *secret)
{
    struct texts *stored = &keyring->stored;
    size_t kept = 0;
    for (size_t i = 0; i < stored->count; i++) {
        char *text = stored->items[i];
        if (is_key(text, prefix, secret))
            drop(text);
        else
            stored->items[kept++] = text;
    }
    stored->count = kept;
    changed(keyring);
}

const atomic_bool *keyring_in_use(const struct keyring *keyring)
{
    return &keyring->in_use;
}

bool keyring_is_full(const struct keyring *keyring)
{
    return keyring->stored.count >= KEYRING_MAX;
}

static struct publisher_keys *make(const struct keyring *keyring)
{
    const struct texts *a = &keyring->configured, *b = &keyring->stored;
    const char **all = calloc(a->count + b->count + 1, sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < a->count; i++)
        all[i] = a->items[i];
    for (size_t i = 0; i < b->count; i++)
        all[a->count + i] = b->items[i];
    struct publisher_keys *keys = publisher_keys_new(all, a->count + b->count);
    free(all);
    return keys;
}

struct publisher_keys *keyring_now(struct keyring *keyring)
{
    if (!keyring)
        return publisher_keys_new(NULL, 0);
    if (!keyring->now)
        keyring->now = make(keyring);
    return keyring->now ? publisher_keys_hold(keyring->now) : NULL;
}
