// SPDX-License-Identifier: MIT

#include "scope.h"

#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

// NULL: no memory, or too many.
static const char *intern(struct scope *scope, const char *uri, size_t len)
{
    for (unsigned i = 0; i < scope->uri_count; i++)
        if (strlen(scope->uris[i]) == len
            && memcmp(scope->uris[i], uri, len) == 0)
            return scope->uris[i];
    if (scope->uri_count == FEED_NAMESPACES_MAX || len > FEED_NAMESPACE_MAX)
        return NULL;
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return NULL;
    if (len > 0)
        memcpy(copy, uri, len);
    copy[len] = '\0';
    scope->uris[scope->uri_count++] = copy;
    return copy;
}

bool scope_bind(struct scope *scope, const char *prefix, size_t prefix_len,
                const char *uri, size_t len)
{
    static const char xmlns[] = "http://www.w3.org/2000/xmlns/";
    const char *kept = intern(scope, uri, len);
    scope->declared++;
    if (kept == NULL || scope->binding_count == SCOPE_BINDINGS_MAX
        || scope->declared > FEED_NAMESPACES_MAX
        || strcmp(kept, VOCABULARY_XML) == 0 || strcmp(kept, xmlns) == 0
        || (prefix_len > 0 && len == 0)
        || (prefix_len >= 3 && memcmp(prefix, "xml", 3) == 0))
        return false;
    for (unsigned i = scope->binding_count; i > 0; i--) {
        const struct scope_binding *other = &scope->bindings[i - 1];
        if (other->level < scope->level)
            break;
        if (other->len == prefix_len
            && memcmp(other->prefix, prefix, prefix_len) == 0)
            return false;
    }
    scope->bindings[scope->binding_count++] = (struct scope_binding){
        .prefix = prefix,
        .len = prefix_len,
        .uri = kept,
        .level = scope->level,
    };
    if (prefix_len == 0)
        scope->uri = kept;
    return true;
}

const char *scope_find(const struct scope *scope, const char *prefix,
                       size_t len)
{
    for (unsigned i = scope->binding_count; i > 0; i--) {
        const struct scope_binding *binding = &scope->bindings[i - 1];
        if (binding->len == len && memcmp(binding->prefix, prefix, len) == 0)
            return binding->uri;
    }
    return len == 3 && memcmp(prefix, "xml", 3) == 0 ? VOCABULARY_XML : NULL;
}

void scope_leave(struct scope *scope)
{
    scope->level--;
    if (scope->binding_count == 0
        || scope->bindings[scope->binding_count - 1].level <= scope->level)
        return;
    bool lost = false;
    while (scope->binding_count > 0
           && scope->bindings[scope->binding_count - 1].level > scope->level)
        lost = scope->bindings[--scope->binding_count].len == 0 || lost;
    if (lost)
        scope->uri = scope_find(scope, "", 0);
    if (scope->uri == NULL)
        scope->uri = "";
}

void scope_clear(struct scope *scope)
{
    for (unsigned i = 0; i < scope->uri_count; i++)
        free(scope->uris[i]);
    scope->uri_count = 0;
}
