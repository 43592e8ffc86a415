// SPDX-License-Identifier: MIT
//
// What visitors show: a line with the query, one with Authorization, one with
// the scope of a token (patterns with blanks between), one with a URL; and the
// text of a ticket.

#include "fuzz.h"
#include "hub/credential.h"
#include "hub/grant.h"
#include "hub/request.h"
#include "hub/ticket.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char *take_line(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static void show(const char *query, const char *authorization, const char *body)
{
    struct request_field fields[] = {
        { "Content-Type", "application/x-www-form-urlencoded" },
        { "authorization", authorization },
    };
    struct request request = {
        .path = "/events",
        .query = query,
        .fields = fields,
        .field_count = *authorization ? 2 : 1,
        .body = body,
        .body_len = strlen(body),
    };
    struct credential shown;
    credential_read(&request, &shown);
    assert(shown.kind != CREDENTIAL_NONE || !*authorization);
    if (shown.kind == CREDENTIAL_TICKET)
        assert(shown.ticket_len < sizeof shown.ticket);
}

// Whatever the scope is, it covers no other host than those it names.
static void judge(char *scope, const char *url)
{
    static const char foreign[] = "https://nowhere.invalid/";
    for (char *at = scope; *at; at++)
        if (*at == ' ')
            *at = '\n';
    struct grant *grant = grant_new((struct bytes){ scope, strlen(scope) });
    if (!grant)
        return;
    bool all = grant_covers_all(grant, "", 0);
    if (!all && !strstr(scope, "nowhere"))
        assert(!grant_covers(grant, foreign, sizeof foreign - 1));
    size_t len = strlen(url);
    if (all)
        assert(grant_covers(grant, url, len));
    if (grant_covers_all(grant, url, len) && !grant_strays(url, len))
        assert(grant_covers(grant, url, len) || len == 0);
    grant_free(grant);
}

// Nobody finds one: 128 bits of tag.
static void try_ticket(const char *text)
{
    static const uint8_t secret[32] = { 1, 2, 3 };
    static struct ticket_key *key;
    struct ticket ticket;
    if (!key)
        key = ticket_key_new(secret, 1);
    if (key)
        assert(!ticket_read(key, text, strlen(text), &ticket));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *copy = malloc(len + 1);
    if (!copy)
        return 0;
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    char *rest = copy;
    const char *query = take_line(&rest);
    const char *authorization = take_line(&rest);
    char *scope = take_line(&rest);
    const char *url = take_line(&rest);
    show(query, authorization, rest);
    judge(scope, url);
    try_ticket(rest);
    free(copy);
    return 0;
}
