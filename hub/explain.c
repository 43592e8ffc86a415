// SPDX-License-Identifier: MIT

#include "explain.h"

#include "config.h"
#include "explain_pull.h"
#include "fetcher/url.h"
#include "poll_wording.h"
#include "wording.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Two URLs and the words around them.
enum { SENTENCE_MAX = 2 * STORE_URL_MAX + 512 };

// Table B: a topic is dead after as many, over topic-gone-after.
enum { GONE_FETCHES = 3 };

static const char TOPIC[] = "topic", FETCH[] = "fetch", UPDATE[] = "update",
                  NEXT[] = "next", LINKS[] = "links",
                  SUBSCRIBERS[] = "subscribers", POLICY[] = "policy",
                  WHY[] = "why";

struct telling {
    const struct explain_facts *facts;
    const struct explain_voice *voice;
    unsigned reasons; // said about WHY
};

const char *explain_cause_name(enum explain_cause cause)
{
    static const char *const names[] = {
        [EXPLAIN_CAUSE_NONE] = "none",      [EXPLAIN_CAUSE_PING] = "ping",
        [EXPLAIN_CAUSE_HELD] = "held-back", [EXPLAIN_CAUSE_FAILURE] = "failure",
        [EXPLAIN_CAUSE_POLL] = "poll",
    };
    assert(cause < sizeof names / sizeof *names);
    return names[cause];
}

__attribute__((format(printf, 3, 4))) static void say(struct telling *telling,
                                                      const char *about,
                                                      const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    telling->reasons += about == WHY;
    telling->voice->say(telling->voice->context, about, sentence);
}

// ------------------------------------------------------------------- facts

bool explain_followed(const struct explain_facts *facts)
{
    const struct store_topic *topic = facts->topic;
    return topic
           && (topic->subscriptions > 0 || topic->listeners > 0 || topic->kept
               || topic->pulled_until > facts->now);
}

enum explain_cause explain_cause(const struct explain_facts *facts)
{
    const struct store_topic *topic = facts->topic;
    if (!explain_followed(facts) || topic->fetch_due == 0)
        return EXPLAIN_CAUSE_NONE;
    if (topic->failures > 0)
        return EXPLAIN_CAUSE_FAILURE;
    if (topic->dirty == topic->fetched)
        return EXPLAIN_CAUSE_POLL;
    return topic->fetch_due > facts->now ? EXPLAIN_CAUSE_HELD
                                         : EXPLAIN_CAUSE_PING;
}

static bool key_of(const char *text, size_t len, uint8_t key[32])
{
    struct url url;
    if (url_read(text, len, &url))
        return false;
    url_key(&url, key);
    return true;
}

static bool same_url(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint8_t key_a[32], key_b[32];
    return key_of(a, a_len, key_a) && key_of(b, b_len, key_b)
           && memcmp(key_a, key_b, sizeof key_a) == 0;
}

static bool is_us(const struct explain_facts *facts, const char *hub,
                  size_t len)
{
    const struct config_list *aliases = &facts->config->hub_alias;
    if (same_url(hub, len, facts->hub_url, strlen(facts->hub_url)))
        return true;
    for (size_t i = 0; i < aliases->count; i++)
        if (same_url(hub, len, aliases->items[i], strlen(aliases->items[i])))
            return true;
    return false;
}

bool explain_names_us(const struct explain_facts *facts)
{
    struct bytes hubs = facts->topic->hubs;
    size_t at = 0;
    while (at < hubs.len) {
        const char *end = memchr(hubs.at + at, '\n', hubs.len - at);
        size_t len = end ? (size_t)(end - hubs.at) - at : hubs.len - at;
        if (is_us(facts, hubs.at + at, len))
            return true;
        at += len + 1;
    }
    return false;
}

bool explain_other_self(const struct explain_facts *facts)
{
    struct bytes self = facts->topic->self, url = facts->topic->url;
    return self.len > 0 && !same_url(self.at, self.len, url.at, url.len);
}

// --------------------------------------------------------------- sentences

static void tell_topic(struct telling *telling, bool counts)
{
    const struct explain_facts *facts = telling->facts;
    const struct store_topic *topic = facts->topic;
    char when[WORDING_MAX];
    if (!explain_followed(facts)) {
        say(telling, TOPIC, "This hub does not follow it.");
        if (counts && topic)
            say(telling, TOPIC, "It was followed until %s.",
                wording_when(topic->unfollowed_at > 0 ? topic->unfollowed_at
                                                      : topic->pulled_until,
                             facts->now, when));
        return;
    }
    bool pulled = topic->pulled_until > facts->now;
    const char *also = topic->subscriptions > 0 ? "; others pull it"
                                                : "It is followed by pulling";
    if (topic->subscriptions > 0 && counts)
        say(telling, TOPIC, "It is followed: %" PRIu64 " webhook%s%s.",
            topic->subscriptions, topic->subscriptions == 1 ? "" : "s",
            pulled ? also : "");
    else if (topic->subscriptions > 0)
        say(telling, TOPIC, "It is followed, and has subscribers.");
    else
        say(telling, TOPIC, "%s; nobody is subscribed.", also);
}

static void tell_fetch(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    const struct store_topic *topic = facts->topic;
    char when[WORDING_MAX], what[WORDING_MAX];
    if (topic->last_fetch > 0 && topic->failures == 0)
        say(telling, FETCH, "It was last fetched %s: %s.",
            wording_when(topic->last_fetch, facts->now, when),
            wording_status(topic->last_status, what));
    else if (topic->last_fetch > 0)
        say(telling, FETCH, "The last fetch that worked was %s.",
            wording_when(topic->last_fetch, facts->now, when));
    else
        say(telling, FETCH, "No fetch has worked since it is followed.");
    if (topic->failures > 0)
        say(telling, FETCH,
            "%" PRIu32 " fetch%s failed in a row since %s, the last one: %s.",
            topic->failures, topic->failures == 1 ? "" : "es",
            wording_when(topic->failing_since, facts->now, when),
            wording_status(topic->last_status, what));
    if (topic->gone > 0)
        say(telling, FETCH,
            "It has answered 410 (Gone) %" PRIu32 " time%s since %s; after %d "
            "times over %s its subscriptions end.",
            topic->gone, topic->gone == 1 ? "" : "s",
            wording_when(topic->gone_since, facts->now, when), GONE_FETCHES,
            wording_span(facts->config->topic_gone_after, what));
    if (topic->moved.len > 0)
        say(telling, FETCH, "It redirects to %.*s.", (int)topic->moved.len,
            topic->moved.at);
    if (topic->etag.len > 0)
        say(telling, FETCH, "Its ETag is %.*s.", (int)topic->etag.len,
            topic->etag.at);
    if (topic->modified.len > 0)
        say(telling, FETCH, "It was last modified %.*s.",
            (int)topic->modified.len, topic->modified.at);
}

static void tell_update(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    const struct store_topic *topic = facts->topic;
    char when[WORDING_MAX];
    if (topic->head == 0) {
        say(telling, UPDATE, "No document has been kept yet.");
        return;
    }
    say(telling, UPDATE, "Its newest version is number %" PRIu64 ", seen %s.",
        topic->head, wording_when(topic->last_update, facts->now, when));
    if (facts->newest)
        say(telling, UPDATE, "That has %" PRIu64 " bytes of %.*s.",
            facts->newest->size, (int)facts->newest->content_type.len,
            facts->newest->content_type.at);
    if (facts->entries > 0)
        say(telling, UPDATE, "%zu entr%s of it %s remembered.", facts->entries,
            facts->entries == 1 ? "y" : "ies",
            facts->entries == 1 ? "is" : "are");
}

static void tell_next(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    char when[WORDING_MAX], why[POLL_WORDING_MAX];
    wording_when(facts->topic->fetch_due, facts->now, when);
    bool pinged = facts->topic->dirty != facts->topic->fetched;
    switch (explain_cause(facts)) {
    case EXPLAIN_CAUSE_NONE:
        say(telling, NEXT, "No fetch is planned.");
        break;
    case EXPLAIN_CAUSE_PING:
        say(telling, NEXT,
            "It was pinged, and is being fetched or is about to be.");
        break;
    case EXPLAIN_CAUSE_HELD:
        say(telling, NEXT,
            "It was pinged, but pings at its origin have brought nothing new "
            "too often lately: the next fetch is %s.",
            when);
        break;
    case EXPLAIN_CAUSE_FAILURE:
        say(telling, NEXT, "The next fetch, after the failure%s, is %s.",
            pinged ? ", for which a ping waits" : "", when);
        break;
    case EXPLAIN_CAUSE_POLL:
        say(telling, NEXT, "The next fetch without a ping is %s.", when);
        if (poll_wording(facts->topic, facts->config, facts->now, why)[0])
            say(telling, NEXT, "%s", why);
        break;
    }
}

static void tell_links(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    const struct store_topic *topic = facts->topic;
    if (topic->last_fetch == 0)
        return;
    if (topic->self.len == 0)
        say(telling, LINKS, "It does not say what its own URL is.");
    else if (explain_other_self(facts))
        say(telling, LINKS,
            "It calls itself %.*s, which is another topic; a subscriber who "
            "discovers that will ask for that one.",
            (int)topic->self.len, topic->self.at);
    else
        say(telling, LINKS, "It calls itself by the topic's URL.");
    if (topic->hubs.len == 0) {
        say(telling, LINKS, "It names no hub.");
        return;
    }
    const char *end = memchr(topic->hubs.at, '\n', topic->hubs.len);
    if (explain_names_us(facts))
        say(telling, LINKS, "It names this hub%s.", end ? ", and others" : "");
    else
        say(telling, LINKS, "It names another hub, %.*s%s.",
            end ? (int)(end - topic->hubs.at) : (int)topic->hubs.len,
            topic->hubs.at, end ? ", and more" : "");
}

// Whom a walk has not come to yet lags behind nothing that is written down.
static const char *at_head(const struct explain_facts *facts, bool one)
{
    if (!facts->walking)
        return one ? "is at the newest version" : "are at the newest version";
    if (facts->halted)
        return one ? "has the newest version, or waits until deliveries go on"
                   : "have the newest version, or wait until deliveries go on";
    return one ? "has the newest version, or is just getting it"
               : "have the newest version, or are just getting it";
}

static void tell_subscribers(struct telling *telling)
{
    const struct census *census = &telling->facts->census;
    char what[WORDING_MAX];
    if (census->counted == 0)
        return;
    uint64_t behind = census->lagging + census->stopped;
    bool one = census->counted - behind == 1;
    say(telling, SUBSCRIBERS,
        "Of %s%" PRIu64 " subscriber%s %" PRIu64 " %s, "
        "%" PRIu64 " wait%s for another try, %" PRIu64
        " %s given up until the next update.",
        census->complete ? "" : "the first ", census->counted,
        census->counted == 1 ? "" : "s", census->counted - behind,
        at_head(telling->facts, one), census->lagging,
        census->lagging == 1 ? "s" : "", census->stopped,
        census->stopped == 1 ? "was" : "were");
    if (census->suspended > 0)
        say(telling, SUBSCRIBERS,
            "%" PRIu64 " of them %s sent nothing: the lease is over, and a "
            "renewal is being verified.",
            census->suspended, census->suspended == 1 ? "is" : "are");
    if (census->waiting > 0)
        say(telling, SUBSCRIBERS,
            "%" PRIu64 " of them %s for a server that does not answer, is "
            "paused or has too much to do.",
            census->waiting, census->waiting == 1 ? "waits" : "wait");
    if (census->paused > 0)
        say(telling, SUBSCRIBERS, "%" PRIu64 " %s paused by an operator.",
            census->paused, census->paused == 1 ? "is" : "are");
    for (size_t i = 0; i < census->reason_count; i++)
        say(telling, SUBSCRIBERS, "%" PRIu64 " because: %s.",
            census->reasons[i].count,
            wording_status(census->reasons[i].status, what));
}

// M3: the topic's policy counts before the hub's.
static const char *delivered(const struct explain_facts *facts)
{
    switch (facts->topic ? facts->topic->content : STORE_CONTENT_DEFAULT) {
    case STORE_CONTENT_EACH:
        return "Its subscribers get every version, whole, one after the other, "
               "unless they ask otherwise.";
    case STORE_CONTENT_ENTRIES:
        return "Its subscribers get new and changed entries, of RDF and JSON "
               "Feed too, unless they ask for whole documents.";
    case STORE_CONTENT_FULL:
        return "Its subscribers get whole documents, unless they ask for "
               "entries.";
    case STORE_CONTENT_DEFAULT:
        break;
    }
    return facts->config->feed_delivery == CONFIG_FEED_FULL
               ? "Subscribers get whole documents, unless they ask for entries."
               : "Subscribers of Atom and RSS get new and changed entries, all "
                 "others whole documents.";
}

static void tell_policy(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    say(telling, POLICY, "%s", delivered(facts));
    if (!facts->rule)
        say(telling, POLICY, "No rule forbids it.");
    else if (facts->rule[0])
        say(telling, POLICY,
            "The rule deny-topic = %s forbids subscriptions to it.",
            facts->rule);
    else
        say(telling, POLICY,
            "It is none of the domains of allow-topic: subscriptions to it "
            "are refused.");
    say(telling, POLICY, "%s", explain_pull(facts));
}

// ------------------------------------------------------------------ reasons

static void blame_fetch(struct telling *telling)
{
    const struct store_topic *topic = telling->facts->topic;
    if (topic->failures > 0) {
        bool barred = topic->last_status == 401 || topic->last_status == 403
                      || topic->last_status == 429;
        say(telling, WHY,
            "What is new is not known while fetches fail; nothing but a whole "
            "200 is delivered.%s",
            barred ? " The publisher, or who stands before him, seems to turn "
                     "this hub away."
            : topic->last_status == 200
                ? " The last one brought a page or nothing in place of a feed."
                : "");
    } else if (topic->last_fetch == 0) {
        say(telling, WHY, "It has not been fetched yet.");
    } else if (topic->head > 0 && topic->head == topic->baseline) {
        say(telling, WHY,
            "Nothing has changed since it is followed; what was there before "
            "counts as old and is not delivered.");
    } else if (topic->last_fetch > topic->last_update) {
        say(telling, WHY,
            "The last fetch brought nothing new: what was published before "
            "it is delivered, or was not in the document.");
    }
    if (explain_cause(telling->facts) == EXPLAIN_CAUSE_HELD)
        say(telling, WHY, "A ping waits to be looked at.");
}

static void blame_delivery(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    const struct census *census = &facts->census;
    if (facts->topic->subscriptions == 0)
        say(telling, WHY, "Nobody is subscribed with a callback.");
    if (facts->halted)
        say(telling, WHY, "All deliveries are paused by an operator.");
    if (census->paused > 0)
        say(telling, WHY, "Some callbacks are paused by an operator.");
    if (census->waiting > 0)
        say(telling, WHY,
            "Some wait for their server: websubctl origins tells which.");
    if (facts->walking)
        say(telling, WHY,
            facts->halted ? "An update waits until deliveries go on."
                          : "An update is being delivered right now.");
    if (census->lagging > 0)
        say(telling, WHY,
            "Some callbacks did not take it and will be tried again.");
    if (census->stopped > 0)
        say(telling, WHY,
            "Some callbacks failed so often that they are left alone until "
            "the next update.");
    if (census->suspended > 0)
        say(telling, WHY, "Some leases are over and not renewed yet.");
}

static void blame_links(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    const struct store_topic *topic = facts->topic;
    if (topic->last_fetch == 0)
        return;
    if (explain_other_self(facts))
        say(telling, WHY,
            "Subscribers and pings may mean the URL that it calls itself.");
    if (!explain_names_us(facts))
        say(telling, WHY,
            "It does not name this hub, so its publisher may not ping here: "
            "then updates are found by polling only.");
}

static void blame_stranger(struct telling *telling)
{
    say(telling, WHY,
        "Pings for it are answered 204 and cause no fetch, because nobody "
        "here wants it. Was a subscription's callback asked and did it "
        "agree? Does it spell the topic like this?");
}

static void tell_why(struct telling *telling)
{
    const struct explain_facts *facts = telling->facts;
    if (facts->rule)
        say(telling, WHY, "A rule forbids subscriptions to it.");
    if (!explain_followed(facts)) {
        blame_stranger(telling);
        return;
    }
    blame_fetch(telling);
    blame_delivery(telling);
    blame_links(telling);
    if (telling->reasons == 0)
        say(telling, WHY,
            "Nothing stands in the way: the newest version has been "
            "delivered.");
}

static void tell_followed(struct telling *telling)
{
    if (!explain_followed(telling->facts))
        return;
    tell_fetch(telling);
    tell_update(telling);
    tell_next(telling);
    tell_links(telling);
}

void explain_topic(const struct explain_facts *facts,
                   const struct explain_voice *voice)
{
    struct telling telling = { .facts = facts, .voice = voice };
    tell_topic(&telling, true);
    tell_followed(&telling);
    tell_subscribers(&telling);
    tell_policy(&telling);
    tell_why(&telling);
}

void explain_public(const struct explain_facts *facts,
                    const struct explain_voice *voice)
{
    struct telling telling = { .facts = facts, .voice = voice };
    tell_topic(&telling, false);
    tell_followed(&telling);
}
