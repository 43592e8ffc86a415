// SPDX-License-Identifier: MIT

#include "held.h"

#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct held {
    struct request request; // first: one is made into the other
    void *owner;
    char *body; // NULL: there is none
    bool keep_alive;
    struct request_field fields[];
};

static const struct held *held_of(const struct request *request)
{
    return (const struct held *)request;
}

static bool is_idle(const struct request_field *field)
{
    static const char *const names[] = {
        "User-Agent",
        "Accept-Encoding",
        "Accept-Language",
        "Accept-Charset",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "TE",
        "Trailer",
        "Keep-Alive",
        "Referer",
        "DNT",
        "Pragma",
        "Cache-Control",
        "Priority",
        "Sec-GPC",
        "Sec-Fetch-Dest",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Site",
        "Sec-Fetch-User",
        "Sec-CH-UA",
        "Sec-CH-UA-Mobile",
        "Sec-CH-UA-Platform",
        "Upgrade-Insecure-Requests",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(field->name, names[i]) == 0)
            return true;
    return false;
}

struct measure {
    size_t fields, text;
};

static struct measure measure(const struct head *head)
{
    struct measure all = {
        .text = strlen(head->path) + strlen(head->query) + 2,
    };
    for (size_t i = 0; i < head->field_count; i++) {
        const struct request_field *field = &head->fields[i];
        if (is_idle(field))
            continue;
        all.fields++;
        all.text += strlen(field->name) + strlen(field->value) + 2;
    }
    return all;
}

static const char *pack(char **to, const char *text)
{
    size_t size = strlen(text) + 1;
    char *packed = *to;
    memcpy(packed, text, size);
    *to += size;
    return packed;
}

struct request *held_new(const struct head *head, const struct sockaddr *peer,
                         void *owner)
{
    struct measure size = measure(head);
    struct held *held =
        malloc(sizeof *held + size.fields * sizeof *held->fields + size.text);
    if (!held)
        return NULL;
    char *to = (char *)(held->fields + size.fields);
    held->owner = owner;
    held->body = NULL;
    held->keep_alive = head->framing.keep_alive;
    held->request = (struct request){
        .method = head->method,
        .path = pack(&to, head->path),
        .query = pack(&to, head->query),
        .fields = held->fields,
        .body = "",
        .parkable = true,
    };
    peer_text(peer, held->request.peer);
    for (size_t i = 0; i < head->field_count; i++) {
        const struct request_field *field = &head->fields[i];
        if (is_idle(field))
            continue;
        held->fields[held->request.field_count++] =
            (struct request_field){ pack(&to, field->name),
                                    pack(&to, field->value) };
    }
    return &held->request;
}

void held_free(struct request *request)
{
    if (!request)
        return;
    struct held *held = (struct held *)request;
    free(held->body);
    free(held);
}

void *held_owner(const struct request *request)
{
    return held_of(request)->owner;
}

bool held_keeps_alive(const struct request *request)
{
    return held_of(request)->keep_alive;
}

void held_take_body(struct request *request, char *body, size_t len)
{
    body[len] = '\0';
    ((struct held *)request)->body = body;
    request->body = body;
    request->body_len = len;
}
