// SPDX-License-Identifier: MIT

#include "metrics.h"

#include <assert.h>

struct description {
    const char *name, *meaning;
};

// clang-format off
static const struct description descriptions[METRIC_COUNT] = {
    [METRIC_REQUESTS] = {
        "requests",
        "requests of every kind, public and admin" },
    [METRIC_REQUESTS_REFUSED] = { "requests.refused", "requests answered 4xx" },
    [METRIC_REQUESTS_LIMITED] = { "requests.limited", "requests answered 429" },
    [METRIC_REQUESTS_FAILED] = {
        "requests.failed",
        "requests answered 503 because the store could not" },
    [METRIC_SUBSCRIBES] = {
        "subscribes",
        "requests to subscribe accepted with a 202" },
    [METRIC_UNSUBSCRIBES] = {
        "unsubscribes",
        "requests to unsubscribe accepted with a 202" },
    [METRIC_PINGS] = { "pings", "topics named in accepted publishes" },
    [METRIC_PINGS_KNOWN] = {
        "pings.known",
        "of the pings those for topics that are followed" },
    [METRIC_PINGS_PREFIX] = {
        "pings.prefix",
        "pings for all topics that begin so" },
    [METRIC_PINGS_GIVEN] = { "pings.given", "pings with the document in them" },
    [METRIC_PINGS_FORGED] = {
        "pings.forged",
        "pings signed by nobody who may" },
    [METRIC_PINGS_XMLRPC] = { "pings.xmlrpc", "pings by XML-RPC" },
    [METRIC_PINGS_RSSCLOUD] = { "pings.rsscloud", "pings by rssCloud" },
    [METRIC_VERIFICATIONS] = {
        "verifications",
        "attempts to verify an intent" },
    [METRIC_VERIFIED] = {
        "verifications.verified",
        "requests that were verified" },
    [METRIC_VERIFY_FAILED] = {
        "verifications.failed",
        "requests that failed their verification for good" },
    [METRIC_VERIFY_LATER] = {
        "verifications.later",
        "verifications put off for want of budget" },
    [METRIC_DENIALS] = { "denials", "denials said with hub.mode=denied" },
    [METRIC_DISMISSED] = {
        "subscriptions.dismissed",
        "subscriptions ended by operator, policy or dead topic" },
    [METRIC_FETCHES] = { "fetches", "fetches of topics" },
    [METRIC_FETCHES_UNCHANGED] = {
        "fetches.unchanged",
        "fetches that brought nothing new" },
    [METRIC_FETCHES_FAILED] = { "fetches.failed", "fetches that failed" },
    [METRIC_FETCHES_DELAYED] = {
        "fetches.delayed",
        "fetches put off to spare an origin" },
    [METRIC_UPDATES] = { "updates", "updates appended to a topic" },
    [METRIC_DELIVERIES] = { "deliveries", "first attempts to deliver" },
    [METRIC_RETRIES] = { "deliveries.retries", "further attempts to deliver" },
    [METRIC_DELIVERED] = {
        "deliveries.delivered",
        "attempts that were answered 2xx" },
    [METRIC_DELIVERY_FAILED] = { "deliveries.failed", "attempts that failed" },
    [METRIC_DELIVERY_LATE] = {
        "deliveries.late",
        "attempts written down as owed before they ended" },
    [METRIC_DELIVERY_WAITED] = {
        "deliveries.waited",
        "deliveries put off because their origin is broken, paused or full" },
    [METRIC_DELIVERY_WARNED] = {
        "deliveries.warned",
        "warnings that the attempts of a subscription run out" },
    [METRIC_DELIVERY_STOPPED] = {
        "deliveries.stopped",
        "subscriptions given up until the next update" },
    [METRIC_DELIVERY_RESENT] = {
        "deliveries.resent",
        "cursors that an operator set back" },
    [METRIC_PROBES] = {
        "origins.probes",
        "probes of origins that were broken" },
    [METRIC_BREAKER_OPENED] = {
        "origins.broken",
        "origins given up until a probe succeeds" },
    [METRIC_BREAKER_CLOSED] = {
        "origins.mended",
        "broken origins that answer again" },
    [METRIC_GONE] = { "subscriptions.gone", "subscriptions ended by a 410" },
    [METRIC_EXPIRED] = {
        "subscriptions.expired",
        "subscriptions ended with their lease" },
    [METRIC_PULLS] = { "pulls", "pulls" },
    [METRIC_PULLS_HELD] = {
        "pulls.held",
        "pulls that had to wait for something new" },
    [METRIC_EVENTS_PULLED] = { "pulls.events", "events given to pullers" },
    [METRIC_PULLS_WOKEN] = {
        "pulls.woken",
        "held pulls that were told something new" },
    [METRIC_PULLS_IDLE] = { "pulls.idle", "held pulls whose time was over" },
    [METRIC_PULLS_DRAINED] = {
        "pulls.drained",
        "held pulls that ended because the hub stopped" },
    [METRIC_PULLS_GONE] = { "pulls.gone", "held pulls whose peer went away" },
    [METRIC_PULLS_SLOW] = {
        "pulls.slow",
        "streams cut off because their peer took too little" },
    [METRIC_PULLS_REVOKED] = {
        "pulls.revoked",
        "held pulls whose token has ended" },
    [METRIC_PULLS_DENIED] = {
        "pulls.denied",
        "pulls refused or ended by a rule about their topic" },
    [METRIC_PULLS_TURNED_AWAY] = {
        "pulls.turned.away",
        "pulls not held because too many are" },
    [METRIC_PULLS_READ] = { "pulls.reads", "reads of the log for who pulls" },
    [METRIC_PULL_GAPS] = {
        "pulls.gaps",
        "answers to pulls that told of something lost" },
    [METRIC_MAILBOXES_MADE] = { "mailboxes.made", "mailboxes made" },
    [METRIC_MAILBOXES_ENDED] = {
        "mailboxes.ended",
        "mailboxes that ended with their lease, unread, or removed" },
    [METRIC_LETTERS_ACKED] = {
        "letters.acked",
        "events of mailboxes that were acknowledged one by one" },
    [METRIC_LETTERS_RETURNED] = {
        "letters.returned",
        "events of mailboxes that were given back" },
    [METRIC_CHECKPOINTS] = { "checkpoints", "checkpoints of walks" },
    [METRIC_STORE_FULL] = {
        "store.full",
        "operations refused for want of room in the store" },
};
// clang-format on

static const struct description *describe(enum metric metric)
{
    assert(metric < METRIC_COUNT);
    return &descriptions[metric];
}

const char *metric_name(enum metric metric)
{
    return describe(metric)->name;
}

const char *metric_meaning(enum metric metric)
{
    return describe(metric)->meaning;
}
