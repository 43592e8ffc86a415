// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
#include "complain.h"
#include "hub/since.h"
#include "hub/token_text.h"
#include "options.h"
#include "pages.h"
#include "show.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SCOPES_MAX = 32, PARAMETERS_MAX = 6 + SCOPES_MAX, WORDS = 2100 };

// What most need: to read, to be remembered, and to let a page of theirs read.
static const char usual_rights[] = "pull,match,mailbox,create,ticket";

// ------------------------------------------------------------------- adding

struct adding {
    const char *name, *owner, *rights, *expires;
    struct option_values scopes;
};

// "30d", "12h", or a time (RFC 3339), as unix ms. 0: it is none, or over.
static int64_t end_of(const char *text)
{
    static const struct {
        const char *name;
        int64_t s;
    } units[] = { { "s", 1 },     { "m", 60 },     { "h", 3600 },
                  { "d", 86400 }, { "w", 604800 }, { "y", 31536000 } };
    int64_t now = (int64_t)time(NULL), number = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && digits < 10) {
        for (size_t i = 0; i < digits; i++)
            number = number * 10 + (text[i] - '0');
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (number > 0 && strcmp(text + digits, units[i].name) == 0)
                return (now + number * units[i].s) * 1000;
    }
    int64_t end = since_time(text);
    return end > now * 1000 ? end : 0;
}

static int print_added(const struct ctl *ctl, const struct admin_answer *answer,
                       const char *secret)
{
    if (answer->status != 200)
        return admin_complain(ctl, answer);
    if (ctl->json) {
        json_object_set_new(answer->json, "token", json_string(secret));
        json_dumpf(answer->json, stdout, JSON_COMPACT);
        putchar('\n');
        return CTL_FINE;
    }
    puts(secret);
    fputs("This is shown once: the hub keeps only its hash.\n", stderr);
    return CTL_FINE;
}

static void write_hash(const uint8_t hash[TOKEN_HASH],
                       char out[2 * TOKEN_HASH + 1])
{
    for (size_t i = 0; i < TOKEN_HASH; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

// The secret is made here, and never leaves but on stdout.
static int send_token(const struct ctl *ctl, const struct adding *adding,
                      const char *expires, const char *secret)
{
    uint8_t hash[TOKEN_HASH];
    char hex[2 * TOKEN_HASH + 1];
    if (!token_text_hash(secret, strlen(secret), hash))
        return CTL_NO;
    write_hash(hash, hex);
    struct admin_parameter parameters[PARAMETERS_MAX] = {
        { "name", adding->name },
        { "owner", adding->owner },
        { "rights", adding->rights },
        { "expires", expires },
        { "hash", hex },
        { "by", author() },
    };
    size_t count = 6;
    for (size_t i = 0; i < adding->scopes.count; i++)
        parameters[count++] =
            (struct admin_parameter){ "scope", adding->scopes.at[i] };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "POST",
                       .path = "/admin/token",
                       .parameters = parameters,
                       .count = count,
                       .timeout_s = 60,
                   },
                   &answer))
        return CTL_NO_DAEMON;
    int code = print_added(ctl, &answer, secret);
    admin_clear(&answer);
    return code;
}

int ctl_token_add(const struct ctl *ctl, int argc, char *argv[])
{
    struct adding adding = { .rights = usual_rights };
    const struct option_value options[] = {
        { .name = "owner", .value = &adding.owner },
        { .name = "right", .value = &adding.rights },
        { .name = "expires", .value = &adding.expires },
        { .name = "scope", .values = &adding.scopes },
    };
    const char **const places[] = { &adding.name };
    char expires[24], secret[TOKEN_TEXT];
    if (!options_read(argc, argv, options, 4, places, 1))
        return CTL_USAGE;
    if (!adding.name)
        return ctl_usage(argv[0], "needs a name");
    if (adding.scopes.count > SCOPES_MAX)
        return ctl_usage(argv[0], "takes 32 scopes at most");
    int64_t end = adding.expires ? end_of(adding.expires) : 0;
    if (adding.expires && end == 0)
        return ctl_usage(argv[0], "--expires is so long from now (30d, "
                                  "12h), or a time that is to come "
                                  "(2030-01-01T00:00:00Z)");
    snprintf(expires, sizeof expires, "%" PRId64, end);
    if (!token_text_make(secret)) {
        complain("token add: there is no randomness");
        return CTL_NO;
    }
    int code = send_token(ctl, &adding, expires, secret);
    OPENSSL_cleanse(secret, sizeof secret);
    return code;
}

// ------------------------------------------------------------------ listing

static const struct table_column columns[] = {
    { .title = "NAME" },
    { .title = "OWNER" },
    { .title = "EXPIRES (UTC)" },
    { .title = "RIGHTS", .wide = true },
    { .title = "SCOPE", .wide = true },
};

static void put_scopes(struct table *table, const json_t *scopes)
{
    char text[WORDS] = "";
    size_t index, len = 0;
    const json_t *pattern;
    json_array_foreach(scopes, index, pattern)
    {
        int more = snprintf(text + len, sizeof text - len, "%s%s",
                            index ? " " : "", json_string_value(pattern));
        len += more > 0 ? (size_t)more : 0;
        if (len >= sizeof text)
            break;
    }
    table_text(table, text);
}

static void cells(struct table *table, const json_t *token)
{
    char when[24];
    int64_t end = show_number(token, "expires");
    table_text(table, show_string(token, "name"));
    table_text(table, show_string(token, "owner"));
    table_text(table, show_truth(token, "expired") ? "over"
                      : end == 0                   ? "never"
                                                   : show_time(end, when));
    table_text(table, show_string(token, "rights"));
    put_scopes(table, json_object_get(token, "scope"));
}

int ctl_token_list(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl,
                       &(struct pages){
                           .path = "/admin/tokens",
                           .list = "tokens",
                           .columns = columns,
                           .column_count = sizeof columns / sizeof *columns,
                           .cells = cells,
                           .nothing = "no tokens",
                       });
}

// ----------------------------------------------------------------- removing

static int print_removed(const struct ctl *ctl,
                         const struct admin_answer *answer)
{
    if (answer->status != 200)
        return admin_complain(ctl, answer);
    puts(ctl->json ? answer->text
                   : "removed; who held a connection by it is "
                     "sent away");
    return CTL_FINE;
}

int ctl_token_remove(const struct ctl *ctl, int argc, char *argv[])
{
    const char *name = NULL;
    const char **const places[] = { &name };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!name)
        return ctl_usage(argv[0], "needs a name");
    const struct admin_parameter parameters[] = {
        { "name", name },
        { "by", author() },
    };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "POST",
                       .path = "/admin/token/remove",
                       .parameters = parameters,
                       .count = 2,
                       .timeout_s = 60,
                   },
                   &answer))
        return CTL_NO_DAEMON;
    int code = print_removed(ctl, &answer);
    admin_clear(&answer);
    return code;
}
