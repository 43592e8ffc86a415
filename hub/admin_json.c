// SPDX-License-Identifier: MIT

#include "admin_json.h"

#include "callback_host.h"
#include "loop.h"
#include "metrics.h"
#include "request.h"
#include "services.h"
#include "signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *text(struct bytes bytes)
{
    return bytes.len > 0 ? json_stringn(bytes.at, bytes.len) : json_null();
}

static json_t *store_json(const struct store_numbers *n)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "topics",
        integer(n->topics), "subscriptions", integer(n->subscriptions),
        "requests", integer(n->requests), "lagging", integer(n->lagging),
        "walks", integer(n->walks), "events", integer(n->events), "map_bytes",
        integer(n->map_bytes), "used_bytes", integer(n->used_bytes), "commits",
        integer(n->commits), "operations", integer(n->operations), "epoch",
        integer(n->epoch));
}

static json_t *classes_json(const uint64_t counts[EXCHANGE_CLASSES])
{
    return json_pack("{s:o, s:o, s:o, s:o}", "fetch",
                     integer(counts[EXCHANGE_FETCH]), "verify",
                     integer(counts[EXCHANGE_VERIFY]), "deliver",
                     integer(counts[EXCHANGE_DELIVER]), "retry",
                     integer(counts[EXCHANGE_RETRY]));
}

static json_t *network_json(const struct engine_numbers *n)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "started",
                     classes_json(n->started), "ended", classes_json(n->ended),
                     "in_flight", classes_json(n->in_flight), "queued",
                     classes_json(n->queued), "connections",
                     integer(n->connections), "refused", integer(n->refused),
                     "lookups", integer(n->lookups));
}

static json_t *front_json(const struct admin_json_status *status)
{
    const struct front_numbers *n = &status->front;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "accepted",
                     integer(n->accepted), "turned_away",
                     integer(n->turned_away), "handed", integer(n->handed),
                     "parked", integer(n->parked_now), "open",
                     integer(n->open_now), "held", integer(status->held));
}

// In bytes; null where the system does not say.
static json_t *memory_json(void)
{
    unsigned long long anon = 0, file = 0, kib;
    char line[128];
    FILE *from = fopen("/proc/self/status", "re");
    while (from && fgets(line, sizeof line, from)) {
        if (sscanf(line, "RssAnon: %llu", &kib) == 1)
            anon = kib * 1024;
        else if (sscanf(line, "RssFile: %llu", &kib) == 1)
            file = kib * 1024;
    }
    if (from)
        fclose(from);
    return json_pack("{s:o, s:o}", "rss_anon", integer(anon), "rss_file",
                     integer(file));
}

static json_t *counters_json(const struct metrics *metrics)
{
    json_t *counters = json_object();
    for (int i = 0; i < METRIC_COUNT; i++)
        json_object_set_new(counters, metric_name((enum metric)i),
                            integer(metrics->counts[i]));
    return counters;
}

json_t *admin_json_status(const struct admin_json_status *status)
{
    const struct services *services = status->services;
    return json_pack(
        "{s:s, s:i, s:o, s:b, s:[s], s:s, s:o, s:o, s:o, s:{s:o, s:o}, s:o, "
        "s:{s:o}, s:o}",
        "version", WEBSUBD_VERSION, "pid", (int)getpid(), "uptime_ms",
        integer((uint64_t)status->uptime_ms), "ready", 1, "listen",
        status->listen, "public_url", services->hub_url, "store",
        store_json(status->store), "network", network_json(&status->engine),
        "front", front_json(status), "loop", "slow_steps",
        integer(loop_slow_steps(services->loop)), "longest_us",
        integer(loop_longest_us(services->loop)), "memory", memory_json(),
        "limits", "descriptors", integer(status->descriptors), "counters",
        counters_json(services->metrics));
}

static json_t *hubs_json(struct bytes hubs)
{
    json_t *list = json_array();
    const char *at = hubs.at, *end = hubs.at + hubs.len;
    while (hubs.len > 0 && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        json_array_append_new(list, json_stringn(at, len));
        at += len + 1;
    }
    return list;
}

json_t *admin_json_topic(const struct store_topic *t, int64_t now_unix)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:i, s:o, s:o, s:o, s:o, "
        "s:b}",
        "id", integer(t->id), "url", text(t->url), "self", text(t->self),
        "hubs", hubs_json(t->hubs), "head", integer(t->head), "baseline",
        integer(t->baseline), "subscriptions", integer(t->subscriptions),
        "dirty", t->dirty != t->fetched, "last_status", (int)t->last_status,
        "last_fetch", integer((uint64_t)t->last_fetch), "last_update",
        integer((uint64_t)t->last_update), "fetch_due",
        integer((uint64_t)t->fetch_due), "failures", integer(t->failures),
        "followed", t->subscriptions > 0 || t->pulled_until > now_unix);
}

static const char *state_of(const struct store_subscriber *s)
{
    if (s->suspended)
        return "suspended";
    if (!s->lagging)
        return "active";
    return s->due == 0 ? "stopped" : "lagging";
}

json_t *admin_json_subscriber(const struct store_subscriber *s)
{
    static const char *const contents[] = {
        [STORE_CONTENT_DEFAULT] = "default",
        [STORE_CONTENT_FULL] = "full",
        [STORE_CONTENT_ENTRIES] = "entries",
    };
    char host[CALLBACK_HOST_MAX];
    callback_host(s->callback.at, s->callback.len, host);
    const char *method =
        signature_method_name((enum signature_method)s->profile.method);
    return json_pack(
        "{s:o, s:s, s:s, s:i, s:o, s:o, s:b, s:s, s:s, s:o, s:i, s:o, s:i}",
        "id", integer(s->id), "host", host, "state", state_of(s), "rev",
        (int)s->rev, "start", integer(s->start), "lease_end",
        integer((uint64_t)s->lease_end), "signed", s->profile.secret.len > 0,
        "method", method ? method : "none", "content",
        contents[s->profile.content], "next",
        s->lagging ? integer(s->next) : json_null(), "attempts",
        s->lagging ? (int)s->attempts : 0, "due",
        s->lagging ? integer((uint64_t)s->due) : json_null(), "last_status",
        s->lagging ? (int)s->last_status : 0);
}

json_t *admin_json_next(uint64_t next)
{
    return next > 0 ? integer(next) : json_null();
}

void admin_json_say(struct request *request, unsigned status, json_t *root)
{
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;
    static const char sorry[] = "{\"error\":\"out of memory\"}";
    struct reply reply = {
        .status = body ? status : 503,
        .content_type = "application/json",
        .body = body ? body : sorry,
        .body_len = body ? strlen(body) : sizeof sorry - 1,
    };
    request_reply(request, &reply);
    json_decref(root);
    free(body);
}
