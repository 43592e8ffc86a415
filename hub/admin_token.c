// SPDX-License-Identifier: MIT

#include "admin.h"

#include "access.h"
#include "admin_json.h"
#include "fetcher/hex.h"
#include "grant.h"
#include "inquiry.h"
#include "log.h"
#include "right.h"
#include "storage/mailbox.h"
#include "token_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Of one token: its secret never comes here, only what it hashes to.
struct token_inquiry {
    struct inquiry inquiry;
    union {
        struct store_put_token put;
        struct store_remove_token remove;
        struct store_page_tokens page;
    };
    char scope[STORE_SCOPE_MAX];
};

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

// ------------------------------------------------------------------- adding

static void put(struct store_op *op)
{
    struct token_inquiry *asked = op->context;
    const struct store_token *token = &asked->put.token;
    const char *name = inquiry_text(&asked->inquiry, "name");
    char rights[RIGHT_TEXT];
    enum store_status status = op->status;
    uint64_t id = token->id;
    right_write_list(token->rights, rights);
    LOG(LOG_INFO, "admin.token.added", LOG_T("name", name), LOG_N("id", id),
        LOG_T("rights", rights), LOG_T("who", inquiry_who(&asked->inquiry)),
        LOG_T("by", inquiry_by(&asked->inquiry)),
        LOG_T("status", store_status_name(status)));
    store_release(op);
    if (status == STORE_CONFLICT)
        inquiry_fail(&asked->inquiry, 409, "there is a token of this name");
    else if (status != STORE_OK && status != STORE_DUPLICATE)
        inquiry_unable(&asked->inquiry, status);
    else
        inquiry_answer(
            &asked->inquiry, 200,
            json_pack("{s:I, s:s}", "id", (json_int_t)id, "name", name));
}

// "0123..ef"
static bool read_hash(const char *text, uint8_t out[TOKEN_HASH])
{
    if (!text || strlen(text) != (size_t)2 * TOKEN_HASH)
        return false;
    for (size_t i = 0; i < TOKEN_HASH; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

// Short, and nothing that a terminal or a log would take for something else.
static bool is_name(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
            return false;
    return len > 0 && len <= STORE_OWNER_MAX;
}

// All `scope` parameters, one a line. NULL: it is fine; else what is wrong.
static const char *read_scope(struct token_inquiry *asked)
{
    const struct form *query = &asked->inquiry.query;
    size_t used = 0, count = 0;
    struct url *url = malloc(sizeof *url);
    const char *wrong = url ? NULL : "out of memory";
    for (const struct form_field *field = form_find(query, "scope");
         field && !wrong; field = form_next(query, field)) {
        bool prefix;
        wrong = grant_check(field->value, field->value_len, url, &prefix);
        if (!wrong
            && (++count > GRANT_PATTERNS_MAX
                || used + field->value_len + 1 > sizeof asked->scope))
            wrong = "is one too many";
        if (wrong)
            break;
        memcpy(asked->scope + used, field->value, field->value_len);
        used += field->value_len;
        asked->scope[used++] = '\n';
    }
    free(url);
    // None: everything.
    if (!wrong && used == 0)
        asked->scope[used++] = '*';
    asked->put.token.scope = (struct bytes){ asked->scope, used };
    return wrong;
}

static bool read_token(struct token_inquiry *asked)
{
    struct inquiry *inquiry = &asked->inquiry;
    struct store_token *token = &asked->put.token;
    const char *name = inquiry_text(inquiry, "name");
    const char *owner = inquiry_text(inquiry, "owner");
    const char *rights = inquiry_text(inquiry, "rights");
    const char *wrong = NULL;
    if (!is_name(name) || (owner && !is_name(owner)))
        wrong = "name and owner are 1 to 128 bytes without blanks";
    else if (!rights || !right_read_list(rights, &token->rights))
        wrong =
            "rights are pull, match, mailbox, create, ticket, presence, view "
            "and admin, with commas between";
    else if (!read_hash(inquiry_text(inquiry, "hash"), token->hash))
        wrong = "hash is 64 hex digits";
    if (wrong) {
        inquiry_fail(inquiry, 400, wrong);
        return false;
    }
    token->name = bytes_of(name);
    token->owner = bytes_of(owner ? owner : name);
    token->expires = (int64_t)inquiry_number(inquiry, "expires", 0);
    wrong = read_scope(asked);
    if (wrong)
        inquiry_answer(
            inquiry, 400,
            json_pack("{s:o}", "error", json_sprintf("a scope %s", wrong)));
    return !wrong;
}

void admin_put_token(void *self, struct request *request, struct moment now)
{
    struct token_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked && read_token(asked))
        inquiry_submit(&asked->inquiry, &asked->put.op, STORE_PUT_TOKEN, put);
}

// ----------------------------------------------------------------- removing

static void removed(struct store_op *op)
{
    struct token_inquiry *asked = op->context;
    struct inquiry *inquiry = &asked->inquiry;
    uint64_t id = asked->remove.id;
    enum store_status status = op->status;
    LOG(LOG_INFO, "admin.token.removed",
        LOG_T("name", inquiry_text(inquiry, "name")), LOG_N("id", id),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
    store_release(op);
    if (status == STORE_OK)
        access_forget(inquiry->admin->means.access, id);
    if (status == STORE_NOT_FOUND)
        inquiry_fail(inquiry, 404, "there is no token of this name");
    else if (status != STORE_OK)
        inquiry_unable(inquiry, status);
    else
        inquiry_answer(inquiry, 200,
                       json_pack("{s:I}", "removed", (json_int_t)id));
}

void admin_remove_token(void *self, struct request *request, struct moment now)
{
    struct token_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *name = inquiry_text(&asked->inquiry, "name");
    if (!is_name(name)) {
        inquiry_fail(&asked->inquiry, 400, "name is missing");
        return;
    }
    asked->remove = (struct store_remove_token){ .name = bytes_of(name) };
    inquiry_submit(&asked->inquiry, &asked->remove.op, STORE_REMOVE_TOKEN,
                   removed);
}

// ------------------------------------------------------------------ listing

static json_t *text_json(struct bytes text)
{
    return json_stringn(text.len > 0 ? text.at : "", text.len);
}

static json_t *scope_json(struct bytes scope)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scope.len;) {
        const char *line = scope.at + i;
        const char *end = memchr(line, '\n', scope.len - i);
        size_t len = end ? (size_t)(end - line) : scope.len - i;
        if (len > 0)
            json_array_append_new(list, json_stringn(line, len));
        i += len + 1;
    }
    return list;
}

static json_t *token_json(const struct store_token *token, int64_t now)
{
    char rights[RIGHT_TEXT];
    right_write_list(token->rights, rights);
    bool expired = token->expires != 0 && token->expires <= now;
    json_t *end = token->expires ? json_integer(token->expires) : json_null();
    return json_pack(
        "{s:I, s:o, s:o, s:s, s:o, s:I, s:o, s:b}", "id", (json_int_t)token->id,
        "name", text_json(token->name), "owner", text_json(token->owner),
        "rights", rights, "scope", scope_json(token->scope), "made",
        (json_int_t)token->made, "expires", end, "expired", expired);
}

static void page_read(struct store_op *op)
{
    struct token_inquiry *asked = op->context;
    const struct store_page_tokens *page = &asked->page;
    if (op->status != STORE_OK) {
        enum store_status status = op->status;
        store_release(op);
        inquiry_unable(&asked->inquiry, status);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < page->count; i++)
        json_array_append_new(list, token_json(&page->items[i], op->at));
    uint64_t next =
        page->end || page->count == 0 ? 0 : page->items[page->count - 1].id;
    store_release(op);
    inquiry_answer(
        &asked->inquiry, 200,
        json_pack("{s:o, s:o}", "tokens", list, "next", admin_json_next(next)));
}

void admin_tokens(void *self, struct request *request, struct moment now)
{
    struct token_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    asked->page = (struct store_page_tokens){
        .after = inquiry_number(&asked->inquiry, "after", 0),
        .max = inquiry_page_size(&asked->inquiry),
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_TOKENS,
                   page_read);
}
