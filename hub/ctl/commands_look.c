// SPDX-License-Identifier: MIT

#include "commands.h"

// clang-format off
static const struct command_option of_topics[] = {
    { "prefix", "URL", COMMAND_TOPIC, "only those that begin so" },
    { "state", "failing|unfollowed|kept|due", COMMAND_WORD,
      "only those in this state; kept: by an operator" },
    { 0 },
};

static const struct command_option of_rules[] = {
    { "kind", "deny-topic|allow-topic|deny-callback|allow-callback",
      COMMAND_WORD, "only those of this kind" },
    { 0 },
};

static const struct command_option of_subscriptions[] = {
    { "topic", "URL", COMMAND_TOPIC, "of this topic" },
    { "callback", "URL|NUMBER", COMMAND_NOTHING,
      "of this callback; NUMBER is of a topic" },
    { "state", "active|lagging|stopped|suspended|waiting|paused", COMMAND_WORD,
      "only who is in this state" },
    { "host", "HOST", COMMAND_NOTHING, "callbacks at this host" },
    { "origin", "URL", COMMAND_NOTHING, "callbacks at this server" },
    { 0 },
};

static const struct command_option of_deliveries[] = {
    { "topic", "URL|ID", COMMAND_TOPIC, "of this topic" },
    { "callback", "URL|NUMBER", COMMAND_NOTHING, "to this callback" },
    { "origin", "URL", COMMAND_NOTHING, "to callbacks at this server" },
    { "lagging", NULL, COMMAND_NOTHING, "who is tried again" },
    { "stopped", NULL, COMMAND_NOTHING, "who was given up" },
    { "waiting", NULL, COMMAND_NOTHING, "who waits for his server" },
    { "paused", NULL, COMMAND_NOTHING, "who is paused by an operator" },
    { 0 },
};

static const struct command_option of_explain[] = {
    { "topic", "URL", COMMAND_TOPIC, "the topic" },
    { 0 },
};

static const struct command_option of_probe[] = {
    { "callback", "URL|NUMBER", COMMAND_NOTHING, "the callback" },
    { "topic", "URL", COMMAND_TOPIC, "as a subscriber of this topic" },
    { 0 },
};

static const struct command_option of_mailboxes[] = {
    { "owner", "NAME", COMMAND_NOTHING, "only those of this owner" },
    { "remove", NULL, COMMAND_NOTHING, "remove it, and what waits in it" },
    { 0 },
};

static const struct command_option of_top[] = {
    { "interval", "SECONDS", COMMAND_NOTHING, "between two looks; 2" },
    { "once", NULL, COMMAND_NOTHING, "print it once, and end" },
    { 0 },
};

static const struct command_option of_trace[] = {
    { "topic", "URL|ID", COMMAND_TOPIC, "the topic" },
    { "seq", "SEQ", COMMAND_NOTHING, "the update's seq" },
    { 0 },
};

static const struct command_option of_traces[] = {
    { "limit", "N", COMMAND_NOTHING, "so many, 20 if not given" },
    { 0 },
};

static const struct command rows[] = {
    { .name = "status", .run = ctl_status,
      .about = "what the daemon is doing" },
    { .name = "top", .run = ctl_top,
      .about = "what it does now: rates, broken origins, held pulls",
      .details = "q quits. Without a terminal, with --once or --json it looks "
                 "twice and prints\nwhat happened between.",
      .options = of_top },
    { .name = "topics", .run = ctl_topics,
      .about = "the topics it knows",
      .options = of_topics,
      .sort = "id|url|head|subscriptions|last_status|last_update" },
    { .name = "topic", .run = ctl_topic,
      .about = "one topic, and what of it is delivered",
      .arguments = "TOPIC",
      .places = { COMMAND_TOPIC },
      .options = (const struct command_option[]){
          { "topic", "URL|ID", COMMAND_TOPIC, "the topic" },
          { "content", "default|full|entries|each", COMMAND_WORD,
            "deliver this of it, whatever the hub's default is" },
          { "poll", "TIME|auto|never", COMMAND_NOTHING,
            "fetch it so often, as the hub has learnt, or for pings alone" },
          { "keep", "yes|no", COMMAND_WORD,
            "follow it, whether somebody subscribes or not" },
          { 0 },
      } },
    { .name = "subscriptions", .run = ctl_subscriptions,
      .about = "who is subscribed, and how they fare",
      .arguments = "[TOPIC [CALLBACK|NUMBER]]",
      .places = { COMMAND_TOPIC },
      .options = of_subscriptions,
      .sort = "id|topic|host|state|due|lease_left_ms|attempts" },
    { .name = "deliveries", .run = ctl_deliveries,
      .about = "who is owed something: what, since when, and why",
      .arguments = "[TOPIC [CALLBACK|NUMBER]]",
      .details = "Says for each when it is tried again, and what the last "
                 "attempts came to.",
      .places = { COMMAND_TOPIC },
      .options = of_deliveries,
      .sort = "id|topic|host|state|due|attempts|failing_since" },
    { .name = "origins", .run = ctl_origins,
      .about = "servers of callbacks: broken, paused, overloaded",
      .sort = "origin|state|failing_since|failures|due|waiting" },
    { .name = "explain", .run = ctl_explain,
      .about = "what is known of a topic; why nothing was delivered",
      .arguments = "TOPIC",
      .places = { COMMAND_TOPIC },
      .options = of_explain },
    { .name = "probe", .run = ctl_probe,
      .about = "whether a callback would be called; nothing is sent",
      .arguments = "CALLBACK|NUMBER",
      .options = of_probe },
    { .name = "trace", .run = ctl_trace,
      .about = "one update: pinged, fetched, delivered; who lags",
      .arguments = "TOPIC [SEQ]",
      .details = "The newest one without SEQ. TOPIC may be its ID.",
      .places = { COMMAND_TOPIC },
      .options = of_trace },
    { .name = "traces", .run = ctl_traces,
      .about = "the newest updates, and how quickly they were delivered",
      .options = of_traces },
    { .name = "mailboxes", .run = ctl_mailboxes,
      .about = "the mailboxes of those who pull",
      .arguments = "[NAME]",
      .details = "With NAME what one listens to.",
      .options = of_mailboxes,
      .sort = "id|name|owner|seen|lease_end|subscriptions" },
    { .name = "pulls", .run = ctl_pulls,
      .about = "who pulls now: how many, and which topics" },
    { .name = "rule list", .run = ctl_rule_list,
      .about = "the domains that are denied and allowed",
      .options = of_rules,
      .sort = "kind|domain|from|made|by" },
    { .name = "key list", .run = ctl_key_list,
      .about = "whose signed documents are taken: prefixes of topics",
      .sort = "prefix|from|made|by" },
    { .name = "quota list", .run = ctl_quota_list,
      .about = "the ceilings that can be set, and what is used of them",
      .sort = "name|limit|used|from" },
    { .name = "token list", .run = ctl_token_list,
      .about = "who may pull, and who may look and steer",
      .sort = "name|owner|expires" },
};
// clang-format on

const struct command *commands_look(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}
