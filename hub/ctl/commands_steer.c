// SPDX-License-Identifier: MIT

#include "commands.h"

// clang-format off
static const struct command_option of_one[] = {
    { "topic", "URL|ID", COMMAND_TOPIC, "the topic" },
    { "callback", "URL|NUMBER", COMMAND_NOTHING,
      "the callback, or the subscription's number" },
    { 0 },
};

static const struct command_option of_pause[] = {
    { "topic", "URL|ID", COMMAND_TOPIC, "the topic" },
    { "callback", "URL|NUMBER", COMMAND_NOTHING,
      "the callback, or the subscription's number" },
    { "origin", "URL", COMMAND_NOTHING, "all callbacks at this server" },
    { "all", NULL, COMMAND_NOTHING, "all deliveries of the hub" },
    { 0 },
};

static const struct command_option of_resend[] = {
    { "topic", "URL|ID", COMMAND_TOPIC, "the topic" },
    { "callback", "URL|NUMBER", COMMAND_NOTHING, "to this subscriber alone" },
    { "since", "TIME", COMMAND_NOTHING,
      "2026-11-22T04:31:07Z, unix seconds, or an age: 15m, 2h, 3d" },
    { 0 },
};

static const struct command_option of_token[] = {
    { "owner", "NAME", COMMAND_NOTHING, "whose mailboxes it reaches" },
    { "right", "RIGHT,...", COMMAND_NOTHING,
      "pull, match, mailbox, create, ticket, presence; view, admin" },
    { "scope", "PATTERN", COMMAND_NOTHING,
      "a URL, https://host/path* or *; may come 32 times" },
    { "expires", "TIME", COMMAND_NOTHING, "30d, 12h, 2030-01-01T00:00:00Z" },
    { 0 },
};

static const struct command_option of_topic_add[] = {
    { "content", "default|full|entries|each", COMMAND_WORD,
      "deliver this of it, whatever the hub's default is" },
    { "poll", "TIME|auto|never", COMMAND_NOTHING,
      "fetch it so often, as the hub has learnt, or for pings alone" },
    { 0 },
};

static const struct command_option of_subscription_add[] = {
    { "lease", "TIME", COMMAND_NOTHING, "so long: 30d, or seconds" },
    { "content", "default|full|entries", COMMAND_WORD, "deliver this" },
    { "secret-file", "FILE", COMMAND_FILE,
      "the secret is the first line of it; - is the standard input" },
    { "trust", NULL, COMMAND_NOTHING,
      "do not ask the callback; --lease may be any then" },
    { 0 },
};

static const struct command_option of_lease[] = {
    { "lease", "TIME", COMMAND_NOTHING, "from now on: 30d, or seconds" },
    { 0 },
};

static const struct command_option of_rule_add[] = {
    { "yes", NULL, COMMAND_NOTHING,
      "also if it is the first that allows, and denies all others" },
    { 0 },
};

static const struct command_option of_key[] = {
    { "secret-file", "FILE", COMMAND_FILE,
      "the secret is its first line; - is the standard input" },
    { 0 },
};

static const struct command_option of_import_opml[] = {
    { "poll", "TIME|auto|never", COMMAND_NOTHING,
      "fetch them so often, as the hub has learnt, or for pings alone" },
    { "content", "default|full|entries|each", COMMAND_WORD,
      "deliver this of them, whatever the hub's default is" },
    { "dry-run", NULL, COMMAND_NOTHING, "only look at the file" },
    { 0 },
};

static const struct command_option of_import_csv[] = {
    { "trust", NULL, COMMAND_NOTHING,
      "do not ask the callbacks; leases may be any then" },
    { "dry-run", NULL, COMMAND_NOTHING, "only look at the file" },
    { 0 },
};

static const struct command rows[] = {
    { .name = "ping", .group = COMMAND_STEER, .run = ctl_ping,
      .about = "fetch a topic now, as if the publisher had asked",
      .arguments = "TOPIC|PREFIX*",
      .places = { COMMAND_TOPIC } },
    { .name = "resend", .group = COMMAND_STEER, .run = ctl_resend,
      .about = "deliver the newest update again, or all since a time",
      .arguments = "TOPIC [CALLBACK|NUMBER] [--since=TIME] | --since=TIME",
      .places = { COMMAND_TOPIC },
      .options = of_resend },
    { .name = "pause", .group = COMMAND_STEER, .run = ctl_pause,
      .about = "deliver nothing there until it is resumed",
      .arguments = "TOPIC CALLBACK|NUMBER | --origin=URL | --all",
      .details = "Nothing is lost: what is owed waits.",
      .places = { COMMAND_TOPIC },
      .options = of_pause },
    { .name = "resume", .group = COMMAND_STEER, .run = ctl_resume,
      .about = "deliver what waits since it was paused, and what comes",
      .arguments = "TOPIC CALLBACK|NUMBER | --origin=URL | --all",
      .details = "A server that is broken is looked at now.",
      .places = { COMMAND_TOPIC },
      .options = of_pause },
    { .name = "remove", .group = COMMAND_STEER, .run = ctl_remove,
      .about = "end a subscription, or all of a topic, and tell them",
      .arguments = "TOPIC [CALLBACK|NUMBER]",
      .places = { COMMAND_TOPIC },
      .options = of_one },
    { .name = "topic add", .group = COMMAND_STEER, .run = ctl_topic_add,
      .about = "follow a topic, whether somebody subscribes or not",
      .arguments = "TOPIC",
      .options = of_topic_add },
    { .name = "topic remove", .group = COMMAND_STEER, .run = ctl_topic_remove,
      .about = "end a topic, its subscriptions and its log",
      .arguments = "TOPIC",
      .details = "Its subscribers are told. It comes back when somebody "
                 "subscribes to it again.",
      .places = { COMMAND_TOPIC } },
    { .name = "subscription add", .group = COMMAND_STEER,
      .run = ctl_subscription_add,
      .about = "subscribe a callback, as if it had asked itself",
      .arguments = "TOPIC CALLBACK",
      .places = { COMMAND_TOPIC },
      .options = of_subscription_add },
    { .name = "subscription extend", .group = COMMAND_STEER,
      .run = ctl_subscription_extend,
      .about = "move the end of a lease",
      .arguments = "TOPIC CALLBACK|NUMBER --lease=TIME",
      .places = { COMMAND_TOPIC },
      .options = of_lease },
    { .name = "rule add", .group = COMMAND_STEER, .run = ctl_rule_add,
      .about = "deny or allow a domain and all below it, at once",
      .arguments = "deny-topic|allow-topic|deny-callback|allow-callback "
                   "DOMAIN",
      .details = "DOMAIN may be an address. Subscriptions that are denied by it "
                 "end, and are told.\nWhat is denied is denied whatever is "
                 "allowed; where some are allowed, all others\nare not.",
      .places = { COMMAND_WORD },
      .words = "deny-topic|allow-topic|deny-callback|allow-callback",
      .options = of_rule_add },
    { .name = "rule remove", .group = COMMAND_STEER, .run = ctl_rule_remove,
      .about = "take a rule back",
      .arguments = "deny-topic|allow-topic|deny-callback|allow-callback "
                   "DOMAIN",
      .places = { COMMAND_WORD },
      .words = "deny-topic|allow-topic|deny-callback|allow-callback" },
    { .name = "key add", .group = COMMAND_STEER, .run = ctl_key_add,
      .about = "take documents that are signed with a key",
      .arguments = "PREFIX",
      .details = "PREFIX is what the topics begin with, at least up to the "
                 "slash behind the host.\nWithout --secret-file a secret is "
                 "made, and printed once. To change it, add the\nnew one first: "
                 "several may be of one prefix.",
      .options = of_key },
    { .name = "key remove", .group = COMMAND_STEER, .run = ctl_key_remove,
      .about = "end a key of a prefix, or all of them",
      .arguments = "PREFIX",
      .options = of_key },
    { .name = "quota set", .group = COMMAND_STEER, .run = ctl_quota_set,
      .about = "set a ceiling, whatever the configuration says",
      .arguments = "QUOTA VALUE",
      .places = { COMMAND_QUOTA },
      .details = "`quota list` has their names; values are written as in the "
                 "configuration." },
    { .name = "quota remove", .group = COMMAND_STEER, .run = ctl_quota_remove,
      .about = "let the configuration say again what a ceiling is",
      .arguments = "QUOTA",
      .places = { COMMAND_QUOTA } },
    { .name = "import-opml", .group = COMMAND_STEER, .run = ctl_import_opml,
      .about = "follow all feeds of a list, as readers export them",
      .arguments = "FILE|-",
      .details = "Those that are followed already stay as they are, but for "
                 "--poll and --content.",
      .places = { COMMAND_FILE },
      .options = of_import_opml },
    { .name = "import-csv", .group = COMMAND_STEER, .run = ctl_import_csv,
      .about = "subscribe all callbacks of a list",
      .arguments = "FILE|-",
      .details = "Columns are topic, callback, lease, secret and content, the "
                 "last three of them\nmay be missing; a first line may name "
                 "them in another order. What is subscribed\nalready stays as "
                 "it is, so that a list can be imported again.",
      .places = { COMMAND_FILE },
      .options = of_import_csv },
    { .name = "token add", .group = COMMAND_STEER, .run = ctl_token_add,
      .about = "let somebody pull, or look at the hub and steer it",
      .arguments = "NAME",
      .details = "Prints the secret, once. Without --right it has all that "
                 "pulling needs\n(all but presence), without --scope every "
                 "topic, without --expires no end.",
      .options = of_token },
    { .name = "token remove", .group = COMMAND_STEER, .run = ctl_token_remove,
      .about = "end a token; who is connected by it is sent away",
      .arguments = "NAME",
      .places = { COMMAND_TOKEN } },
};
// clang-format on

const struct command *commands_steer(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}
