// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "admin.h"
#include "author.h"
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

enum { SCOPES_MAX = 32, PARAMETERS_MAX = 6 + SCOPES_MAX, WORDS = 160 };

// What most need: to read, to be remembered, and to let a page of theirs read.
static const char usual_rights[] = "pull,match,mailbox,create,ticket";

// ------------------------------------------------------------------- adding

struct adding {
    const char *name, *owner, *rights, *expires;
    const char *scopes[SCOPES_MAX];
    size_t scope_count;
};

// "--scope=PATTERN" may come several times; the others once.
static bool read_scopes(int *argc, char *argv[], struct adding *adding)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        const char *value = NULL;
        if (strncmp(argv[i], "--scope=", 8) == 0)
            value = argv[i] + 8;
        else if (strcmp(argv[i], "--scope") == 0 && i + 1 < *argc)
            value = argv[++i];
        if (!value)
            argv[kept++] = argv[i];
        else if (adding->scope_count < SCOPES_MAX)
            adding->scopes[adding->scope_count++] = value;
        else
            return false;
    }
    *argc = kept;
    return true;
}

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
    for (size_t i = 0; i < adding->scope_count; i++)
        parameters[count++] =
            (struct admin_parameter){ "scope", adding->scopes[i] };
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

static int add(const struct ctl *ctl, int argc, char *argv[])
{
    struct adding adding = { .rights = usual_rights };
    const struct option_value options[] = {
        { .name = "owner", .value = &adding.owner },
        { .name = "right", .value = &adding.rights },
        { .name = "expires", .value = &adding.expires },
    };
    const char **const places[] = { &adding.name };
    char expires[24], secret[TOKEN_TEXT];
    if (!read_scopes(&argc, argv, &adding))
        return ctl_usage("token add", "takes 32 scopes at most");
    if (!options_read(argc, argv, options, 3, places, 1))
        return CTL_USAGE;
    if (!adding.name)
        return ctl_usage("token add", "needs a name");
    int64_t end = adding.expires ? end_of(adding.expires) : 0;
    if (adding.expires && end == 0)
        return ctl_usage("token add", "--expires is so long from now (30d, "
                                      "12h), or a time that is to come "
                                      "(2030-01-01T00:00:00Z)");
    snprintf(expires, sizeof expires, "%" PRId64, end);
    if (!token_text_make(secret)) {
        fputs("websubctl token add: there is no randomness\n", stderr);
        return CTL_NO;
    }
    int code = send_token(ctl, &adding, expires, secret);
    OPENSSL_cleanse(secret, sizeof secret);
    return code;
}

// ------------------------------------------------------------------ listing

static void heading(void)
{
    printf("%-24s %-24s %-19s %-32s %s\n", "NAME", "OWNER", "EXPIRES (UTC)",
           "RIGHTS", "SCOPE");
}

static void row(const json_t *token)
{
    char name[WORDS], owner[WORDS], rights[WORDS], when[24], scope[WORDS];
    size_t index;
    const json_t *pattern;
    int64_t end = show_number(token, "expires");
    printf("%-24s %-24s %-19s %-32s",
           show_text(show_string(token, "name"), name, sizeof name),
           show_text(show_string(token, "owner"), owner, sizeof owner),
           show_truth(token, "expired") ? "over"
           : end == 0                   ? "never"
                                        : show_time(end, when),
           show_text(show_string(token, "rights"), rights, sizeof rights));
    json_array_foreach(json_object_get(token, "scope"), index, pattern) printf(
        " %s", show_text(json_string_value(pattern), scope, sizeof scope));
    putchar('\n');
}

static int list(const struct ctl *ctl, int argc, char *argv[])
{
    if (!options_read(argc, argv, NULL, 0, NULL, 0))
        return CTL_USAGE;
    return pages_print(ctl, &(struct pages){
                                .path = "/admin/tokens",
                                .list = "tokens",
                                .heading = heading,
                                .row = row,
                                .nothing = "no tokens",
                                .none = CTL_NO,
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

static int remove_one(const struct ctl *ctl, int argc, char *argv[])
{
    const char *name = NULL;
    const char **const places[] = { &name };
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (!name)
        return ctl_usage("token remove", "needs a name");
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

int ctl_token(const struct ctl *ctl, int argc, char *argv[])
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "add") == 0)
        return add(ctl, argc - 1, argv + 1);
    if (strcmp(what, "list") == 0)
        return list(ctl, argc - 1, argv + 1);
    if (strcmp(what, "remove") == 0)
        return remove_one(ctl, argc - 1, argv + 1);
    return ctl_usage(argv[0], "needs one of add, list and remove");
}
