// SPDX-License-Identifier: MIT

#include "policy.h"

#include "config.h"
#include "fetcher/address.h"
#include "fetcher/url.h"

#include <stdio.h>
#include <string.h>

// A rule as the host of a URL, so that both are written alike. False: it is
// none.
static bool read_rule(const char *rule, struct url *out)
{
    char text[300];
    bool six = strchr(rule, ':') && rule[0] != '[';
    int len =
        snprintf(text, sizeof text, six ? "http://[%s]/" : "http://%s/", rule);
    return len > 0 && (size_t)len < sizeof text
           && !url_read(text, (size_t)len, out);
}

// One dot at the end is the same name.
static size_t name_length(const char *host)
{
    size_t len = strlen(host);
    return len > 1 && host[len - 1] == '.' ? len - 1 : len;
}

static bool read_address(const char *host, struct address *out)
{
    return address_read(host, strchr(host, ':') != NULL, out)
           == ADDRESS_LITERAL;
}

static bool is_address(const char *rule, const char *host)
{
    struct address wanted, address;
    if (!read_address(rule, &wanted) || !read_address(host, &address))
        return false;
    wanted = address_meant(&wanted);
    address = address_meant(&address);
    return address_same(&wanted, &address);
}

static bool covers(const char *rule, const struct url *url)
{
    struct url domain;
    if (!read_rule(rule, &domain) || domain.numeric != url->numeric)
        return false;
    if (url->numeric)
        return is_address(domain.host, url->host);
    size_t len = name_length(domain.host), host_len = name_length(url->host);
    if (host_len < len)
        return false;
    // Only whole labels: badexample.com is nobody's example.com.
    size_t above = host_len - len;
    if (above > 0 && url->host[above - 1] != '.')
        return false;
    return memcmp(url->host + above, domain.host, len) == 0;
}

static const char *first_that_covers(const struct config_list *rules,
                                     const struct url *url)
{
    for (size_t i = 0; i < rules->count; i++)
        if (covers(rules->items[i], url))
            return rules->items[i];
    return NULL;
}

bool policy_pins_secret(const struct config *config, const char *callback,
                        size_t len)
{
    struct url read;
    return config->pin_secret.count > 0 && !url_read(callback, len, &read)
           && first_that_covers(&config->pin_secret, &read);
}

static bool has_usual_port(const struct url *url)
{
    return url->port == (url->https ? 443 : 80);
}

static size_t path_length(const struct url *url)
{
    const char *path = url->normal + url->origin_len;
    return strcspn(path, "?");
}

static bool is_at(const char *base, const struct url *url)
{
    struct url own;
    if (!base || url_read(base, strlen(base), &own))
        return false;
    bool same_port =
        own.port == url->port || (has_usual_port(&own) && has_usual_port(url));
    size_t host_len = name_length(own.host);
    if (!same_port || name_length(url->host) != host_len
        || memcmp(own.host, url->host, host_len) != 0)
        return false;

    const char *path = url->normal + url->origin_len;
    size_t len = path_length(&own);
    if (own.normal[own.origin_len + len - 1] == '/')
        len--;
    if (path_length(url) < len
        || memcmp(path, own.normal + own.origin_len, len) != 0)
        return false;
    return path_length(url) == len || path[len] == '/';
}

bool policy_is_own(const struct config *config, const struct url *url)
{
    if (is_at(config->public_url, url))
        return true;
    for (size_t i = 0; i < config->hub_alias.count; i++)
        if (is_at(config->hub_alias.items[i], url))
            return true;
    return false;
}
