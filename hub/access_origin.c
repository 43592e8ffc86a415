// SPDX-License-Identifier: MIT

#include "access_origin.h"

#include "access.h"
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LINE_MAX = 320,
    ORIGINS_MAX = CONFIG_LIST_MAX + 1, // public-url's too
};

static const char name[] = "Access-Control-Allow-Origin: ";
enum { NAME = sizeof name - 1 };

struct access_origins {
    bool anybody;
    size_t count;
    char *lines[ORIGINS_MAX];
};

// Length of scheme, host and port of a URL, without the port that goes without
// saying; 0: it has none. Browsers never say that port, people do.
static size_t site_length(const char *url)
{
    const char *host = strstr(url, "://");
    if (!host)
        return 0;
    size_t scheme = (size_t)(host - url);
    size_t len = scheme + 3 + strcspn(host + 3, "/?#");
    const char *usual = scheme == 5 ? ":443" : ":80";
    size_t tail = strlen(usual);
    bool said = len > tail && strncmp(url + len - tail, usual, tail) == 0;
    return said ? len - tail : len;
}

static bool same_site(const char *origin, const char *url)
{
    size_t len = site_length(url);
    return len > 0 && site_length(origin) == len && !strchr(origin + len, '/')
           && strncasecmp(origin, url, len) == 0;
}

static bool is_anybody(const char *item)
{
    return strcmp(item, "*") == 0;
}

bool access_allows_origin(const struct config *config, const char *origin)
{
    const struct config_list *list = &config->pull_origin;
    if (!origin || same_site(origin, config->public_url))
        return true;
    for (size_t i = 0; i < list->count; i++)
        if (is_anybody(list->items[i]) || same_site(origin, list->items[i]))
            return true;
    return false;
}

// ------------------------------------------------------------------- lines

// As a browser writes it: in lower case. One that is too long for a host's
// name is nobody's.
static bool add(struct access_origins *origins, const char *url)
{
    size_t len = site_length(url);
    if (len == 0 || len > LINE_MAX - NAME)
        return true;
    char *line = malloc(NAME + len + 1);
    if (!line)
        return false;
    memcpy(line, name, NAME);
    for (size_t i = 0; i < len; i++) {
        bool upper = url[i] >= 'A' && url[i] <= 'Z';
        line[NAME + i] = (char)(upper ? url[i] + ('a' - 'A') : url[i]);
    }
    line[NAME + len] = '\0';
    origins->lines[origins->count++] = line;
    return true;
}

struct access_origins *access_origins_new(const struct config *config)
{
    const struct config_list *list = &config->pull_origin;
    struct access_origins *origins = calloc(1, sizeof *origins);
    if (!origins)
        return NULL;
    bool fine = add(origins, config->public_url);
    for (size_t i = 0; fine && i < list->count; i++) {
        origins->anybody |= is_anybody(list->items[i]);
        fine = add(origins, list->items[i]);
    }
    if (fine)
        return origins;
    access_origins_free(origins);
    return NULL;
}

void access_origins_free(struct access_origins *origins)
{
    if (!origins)
        return;
    for (size_t i = 0; i < origins->count; i++)
        free(origins->lines[i]);
    free(origins);
}

const char *access_origins_line(const struct access_origins *origins,
                                const char *origin)
{
    if (!origin)
        return NULL;
    if (origins->anybody)
        return "Access-Control-Allow-Origin: *";
    for (size_t i = 0; i < origins->count; i++)
        if (same_site(origin, origins->lines[i] + NAME))
            return origins->lines[i];
    return NULL;
}
