// SPDX-License-Identifier: MIT

#include "probe.h"

#include "wording.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_MAX = 512 };

__attribute__((format(printf, 3, 4))) static void say(
    const struct explain_voice *voice, const char *about, const char *format,
    ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    voice->say(voice->context, about, sentence);
}

bool probe_fine(const struct probe_facts *facts)
{
    return !facts->own && !facts->rule
           && (facts->result == 0 || facts->result == EXCHANGE_ANSWERED);
}

static void tell_url(const struct probe_facts *facts,
                     const struct explain_voice *voice)
{
    if (facts->own)
        say(voice, "url", "This is a URL of the hub itself: it is refused.");
    if (!facts->rule)
        say(voice, "url", "No rule about domains forbids it.");
    else if (facts->rule[0])
        say(voice, "url", "The rule deny-callback = %s forbids it.",
            facts->rule);
    else
        say(voice, "url", "It is none of the domains of allow-callback.");
}

static const char *verdict(const char *word, size_t len)
{
    static const struct {
        const char *word, *sentence;
    } verdicts[] = {
        { "allowed", "may be called" },
        { "refused", "is refused: it is not of the public internet, and "
                     "neither allow-address nor allow-callback-address has "
                     "it" },
        { "own", "is refused: this hub itself listens there" },
        { "port", "is refused: its port belongs to another protocol" },
    };
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strlen(verdicts[i].word) == len
            && memcmp(verdicts[i].word, word, len) == 0)
            return verdicts[i].sentence;
    return "is refused";
}

static void tell_addresses(const struct probe_facts *facts,
                           const struct explain_voice *voice)
{
    const char *line = facts->addresses ? facts->addresses : "";
    char what[WORDING_MAX];
    while (*line) {
        size_t len = strcspn(line, "\n"), name = strcspn(line, " \n");
        const char *word = line + name + (name < len);
        say(voice, "address", "%.*s %s.", (int)name, line,
            verdict(word, len - name - (name < len)));
        line += len + (line[len] == '\n');
    }
    if (facts->result != 0 && facts->result != EXCHANGE_ANSWERED)
        say(voice, "address", "It cannot be called: %s.",
            wording_status(-(int32_t)facts->result, what));
}

static void tell_subscriptions(const struct probe_facts *facts,
                               const struct explain_voice *voice)
{
    const struct census *census = &facts->census;
    char what[WORDING_MAX];
    if (census->counted == 0) {
        say(voice, "subscriptions",
            "Nothing at its origin is subscribed: to this hub it is a "
            "stranger.");
        return;
    }
    say(voice, "subscriptions",
        "%s%" PRIu64 " subscription%s at its origin: %" PRIu64
        " lagging, %" PRIu64 " stopped, %" PRIu64 " suspended.",
        census->complete ? "" : "More than ", census->counted,
        census->counted == 1 ? "" : "s", census->lagging, census->stopped,
        census->suspended);
    for (size_t i = 0; i < census->reason_count; i++)
        say(voice, "subscriptions", "%" PRIu64 " because: %s.",
            census->reasons[i].count,
            wording_status(census->reasons[i].status, what));
    say(voice, "subscriptions", "%" PRIu64 " of them %s this very callback.",
        facts->mine.counted, facts->mine.counted == 1 ? "is" : "are");
}

static void tell_lane(const struct probe_facts *facts,
                      const struct explain_voice *voice)
{
    const struct store_lane *lane = facts->lane;
    char since[WORDING_MAX], next[WORDING_MAX], what[WORDING_MAX];
    if (lane->paused)
        say(voice, "deliveries",
            "Deliveries to its origin are paused by an operator.");
    if (lane->failing_since > 0)
        say(voice, "deliveries",
            "Its origin gives no sign of life since %s: %s; it was called in "
            "vain %" PRIu32 " times.",
            wording_when(lane->failing_since, facts->now, since),
            wording_status(lane->last_status, what), lane->failures);
    if (lane->failing_since > 0 && !lane->paused)
        say(voice, "deliveries", "It is tried again %s.",
            wording_when(lane->due, facts->now, next));
    if (lane->failing_since == 0 && !lane->paused)
        say(voice, "deliveries",
            "Its origin has more to take than it takes: some wait.");
}

static void tell_deliveries(const struct probe_facts *facts,
                            const struct explain_voice *voice)
{
    uint64_t paused = facts->census.paused;
    if (facts->halted)
        say(voice, "deliveries", "All deliveries are paused by an operator.");
    if (facts->lane)
        tell_lane(facts, voice);
    if (paused > 0)
        say(voice, "deliveries",
            "%" PRIu64 " subscription%s at its origin %s paused by an "
            "operator.",
            paused, paused == 1 ? "" : "s", paused == 1 ? "is" : "are");
}

static void tell_requests(const struct probe_facts *facts,
                          const struct explain_voice *voice)
{
    if (!facts->topic_named)
        return;
    say(voice, "requests",
        facts->subscribed ? "It is subscribed to that topic."
                          : "It is not subscribed to that topic.");
    if (facts->pending > 0)
        say(voice, "requests",
            "%zu request%s for that topic %s to be "
            "verified.",
            facts->pending, facts->pending == 1 ? "" : "s",
            facts->pending == 1 ? "waits" : "wait");
}

static void tell_budget(const struct probe_facts *facts,
                        const struct explain_voice *voice)
{
    if (facts->left == UINT32_MAX)
        say(voice, "budget", "Its host may be verified any time.");
    else if (facts->left > 0)
        say(voice, "budget",
            "Its host may be verified %" PRIu32 " time%s right now.",
            facts->left, facts->left == 1 ? "" : "s");
    else
        say(voice, "budget",
            "Its host has been asked so often that requests have to wait.");
}

// Whoever is subscribed asks for his deliveries.
static const char *verdict_of(const struct probe_facts *facts)
{
    const struct census *mine = &facts->mine;
    bool paused = facts->lane && facts->lane->paused;
    bool broken = facts->lane && facts->lane->failing_since > 0;
    if (!probe_fine(facts))
        return "A subscription with it fails.";
    if (mine->counted == 0)
        return "A subscription with it would be verified.";
    if (facts->halted)
        return "Nothing is delivered to it: all deliveries are paused.";
    if (paused)
        return "Nothing is delivered to it: its origin is paused.";
    if (mine->paused == mine->counted)
        return "Nothing is delivered to it: it is paused.";
    if (broken)
        return "Nothing is delivered to it: its origin is broken, and only "
               "looked at from time to time.";
    if (mine->paused > 0)
        return "Some of its subscriptions are paused; to the others is "
               "delivered.";
    if (mine->lagging + mine->stopped > 0)
        return "Its last delivery failed, or waits.";
    return "It is delivered to.";
}

void probe_say(const struct probe_facts *facts,
               const struct explain_voice *voice)
{
    tell_url(facts, voice);
    tell_addresses(facts, voice);
    tell_subscriptions(facts, voice);
    tell_deliveries(facts, voice);
    tell_requests(facts, voice);
    tell_budget(facts, voice);
    say(voice, "verdict", "%s Nothing was sent.", verdict_of(facts));
}
