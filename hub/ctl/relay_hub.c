// SPDX-License-Identifier: MIT

#include "relay_hub.h"

#include "hub/backoff.h"
#include "hub/log.h"
#include "relay_net.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TOKEN_MAX = 4096,
    URL_BYTES = 8192,
    FIRST_MS = 1000,
    LONGEST_MS = 60 * 1000,
};

struct relay_hub {
    struct relay_net *net;
    const char *base, *token_file;
    char bearer[TOKEN_MAX + 32];
    bool away;          // it did not answer as it should
    int64_t until;      // monotonic: nothing is asked before
    uint32_t failures;  // in a row
    uint32_t era;       // questions of an earlier one tell nothing new
    struct sent *probe; // the one question while it is away
    struct sent *sent;  // all that are under way
};

// A question that is under way.
struct sent {
    struct sent *next, **self;
    struct relay_hub *hub;
    uint32_t era;
    bool held;
    char *body;
    void (*done)(void *context, const struct relay_answer *answer);
    void *context;
    struct relay_call *call;
};

static bool read_token(struct relay_hub *hub)
{
    char text[TOKEN_MAX + 1];
    int fd = open(hub->token_file, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    size_t start = strspn(text, " \t\r\n");
    size_t end = start + strcspn(text + start, " \t\r\n");
    if (end > start)
        snprintf(hub->bearer, sizeof hub->bearer, "Authorization: Bearer %.*s",
                 (int)(end - start), text + start);
    explicit_bzero(text, sizeof text);
    return end > start;
}

static bool is_plain(const char *base)
{
    return strncmp(base, "http://", 7) == 0 && strncmp(base + 7, "127.", 4) != 0
           && strncmp(base + 7, "localhost", 9) != 0
           && strncmp(base + 7, "[::1]", 5) != 0;
}

struct relay_hub *relay_hub_new(struct relay_net *net, const char *base,
                                const char *token_file,
                                char problem[RELAY_HUB_PROBLEM_MAX])
{
    struct relay_hub *hub = calloc(1, sizeof *hub);
    snprintf(problem, RELAY_HUB_PROBLEM_MAX, "out of memory");
    if (!hub)
        return NULL;
    hub->net = net;
    hub->base = base;
    hub->token_file = token_file;
    if (!read_token(hub)) {
        snprintf(problem, RELAY_HUB_PROBLEM_MAX,
                 "there is no token to be read in %.150s", token_file);
        free(hub);
        return NULL;
    }
    if (is_plain(base))
        LOG(LOG_WARN, "hub.plain",
            LOG_T("what", "the token goes over http, where others can read "
                          "it; give an https address"));
    return hub;
}

// A body may have a secret in it.
static void drop(struct sent *sent)
{
    if (sent->body)
        explicit_bzero(sent->body, strlen(sent->body));
    free(sent->body);
    *sent->self = sent->next;
    if (sent->next)
        sent->next->self = sent->self;
    if (sent->hub->probe == sent)
        sent->hub->probe = NULL;
    free(sent);
}

void relay_hub_free(struct relay_hub *hub)
{
    if (!hub)
        return;
    while (hub->sent)
        drop(hub->sent);
    explicit_bzero(hub->bearer, sizeof hub->bearer);
    free(hub);
}

bool relay_hub_ready(const struct relay_hub *hub, struct moment now)
{
    return !hub->away || (now.mono >= hub->until && !hub->probe);
}

int64_t relay_hub_due(const struct relay_hub *hub)
{
    if (!hub->away)
        return 0;
    return hub->probe ? LOOP_FOR_EVER : hub->until;
}

// ------------------------------------------------------------------ judging

static const char *meaning(unsigned status)
{
    switch (status) {
    case 401:
        return "it does not know the token, or the token has expired";
    case 429:
        return "it is asked too much";
    case 503:
        return "it is too busy, or about to end";
    case 301:
    case 302:
    case 307:
    case 308:
        return "it redirects: --hub has to be where it really is";
    default:
        return "it fails";
    }
}

static void stay_away(struct relay_hub *hub, const struct relay_answer *answer)
{
    uint32_t chance = 0;
    struct moment now = loop_now();
    RAND_bytes((unsigned char *)&chance, sizeof chance);
    int64_t delay = backoff_delay(FIRST_MS, LONGEST_MS, hub->failures, chance);
    if (answer->retry_after_ms > delay)
        delay = answer->retry_after_ms;
    hub->away = true;
    hub->failures++;
    hub->era++;
    hub->until = now.mono + delay;
    LOG(LOG_WARN, "hub.away", LOG_N("status", answer->status),
        LOG_T("why", answer->status ? meaning(answer->status) : answer->why),
        LOG_N("retry_ms", delay));
    // Perhaps it has a new token by now.
    if (answer->status == 401)
        read_token(hub);
}

static void judge(struct relay_hub *hub, const struct sent *sent,
                  const struct relay_answer *answer)
{
    bool fails = relay_net_later(answer->status) && !answer->excess
                 && !(sent->held && answer->status == 429);
    if (fails && sent->era == hub->era) {
        stay_away(hub, answer);
    } else if (!fails && hub->away) {
        LOG(LOG_INFO, "hub.back", LOG_N("failures", hub->failures));
        hub->away = false;
        hub->failures = 0;
    }
}

static void on_done(void *context, const struct relay_answer *answer)
{
    struct sent *sent = context;
    void (*done)(void *context, const struct relay_answer *answer) = sent->done;
    void *whose = sent->context;
    judge(sent->hub, sent, answer);
    drop(sent);
    done(whose, answer);
}

void relay_hub_cancel(struct relay_hub *hub, struct relay_call *call)
{
    struct sent *sent = hub->sent;
    while (sent && sent->call != call)
        sent = sent->next;
    if (!call || !sent)
        return;
    relay_net_cancel(hub->net, call);
    drop(sent);
}

// ------------------------------------------------------------------- asking

static struct relay_call *begin(struct relay_hub *hub, struct sent *sent,
                                const struct relay_errand *errand)
{
    char url[URL_BYTES];
    size_t base_len = strlen(hub->base);
    while (base_len > 0 && hub->base[base_len - 1] == '/')
        base_len--;
    int len = snprintf(url, sizeof url, "%.*s%s", (int)base_len, hub->base,
                       errand->path);
    if (len < 0 || (size_t)len >= sizeof url)
        return NULL;
    struct relay_ask ask = {
        .side = RELAY_TO_HUB,
        .method = errand->method,
        .url = url,
        .headers = { hub->bearer, "Accept: application/json",
                     "Content-Type: application/json" },
        .header_count = sent->body ? 3 : 2,
        .body = sent->body,
        .body_len = sent->body ? strlen(sent->body) : 0,
        .timeout_ms = errand->timeout_ms,
        .answer_max = errand->answer_max,
        .done = on_done,
        .context = sent,
    };
    return relay_net_begin(hub->net, &ask);
}

static struct sent *prepare(struct relay_hub *hub,
                            const struct relay_errand *errand)
{
    struct sent *sent = calloc(1, sizeof *sent);
    if (!sent)
        return NULL;
    *sent = (struct sent){ .next = hub->sent,
                           .self = &hub->sent,
                           .hub = hub,
                           .era = hub->era,
                           .held = errand->held,
                           .done = errand->done,
                           .context = errand->context };
    if (hub->sent)
        hub->sent->self = &sent->next;
    hub->sent = sent;
    if (errand->json)
        sent->body = json_dumps(errand->json, JSON_COMPACT);
    if (!errand->json || sent->body)
        return sent;
    drop(sent);
    return NULL;
}

struct relay_call *relay_hub_ask(struct relay_hub *hub,
                                 const struct relay_errand *errand,
                                 struct moment now)
{
    struct sent *sent = relay_hub_ready(hub, now) ? prepare(hub, errand) : NULL;
    json_decref(errand->json);
    if (!sent)
        return NULL;
    sent->call = begin(hub, sent, errand);
    if (!sent->call) {
        drop(sent);
        return NULL;
    }
    if (hub->away)
        hub->probe = sent;
    return sent->call;
}
