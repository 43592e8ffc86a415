// SPDX-License-Identifier: MIT

#include "admin.h"

#include "inquiry.h"
#include "log.h"
#include "storage/mailbox.h"
#include "visitor.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// So much work for one answer.
enum { LOOKED_AT = 500, LOOKS = 40, OWNERS = 1000 };

// Whose tokens there are: a mailbox has but a number for its owner.
struct owner {
    uint64_t number;
    char *name;
};

// A page of mailboxes, of one owner or of one name if asked.
struct boxes_inquiry {
    struct inquiry inquiry;
    const char *name;
    uint64_t owner; // 0: any
    size_t max;
    unsigned looks;
    struct owner *owners;
    size_t owner_count;
    json_t *list;
    uint64_t at; // behind what was looked at
    char after[STORE_NAME_MAX + 1];
    size_t after_len;
    union {
        struct store_page_tokens tokens;
        struct store_page_mailboxes page;
    };
};

static void boxes_clear(struct boxes_inquiry *asked)
{
    for (size_t i = 0; asked->owners && i < asked->owner_count; i++)
        free(asked->owners[i].name);
    free(asked->owners);
}

static void boxes_give_up(struct boxes_inquiry *asked, enum store_status status)
{
    boxes_clear(asked);
    json_decref(asked->list);
    inquiry_unable(&asked->inquiry, status);
}

static json_t *text_json(struct bytes text)
{
    return json_stringn(text.len > 0 ? text.at : "", text.len);
}

static const char *ack_name(enum store_ack ack)
{
    static const char *const names[] = { [STORE_ACK_NONE] = "none",
                                         [STORE_ACK_CURSOR] = "cursor",
                                         [STORE_ACK_EXPLICIT] = "explicit" };
    return ack >= STORE_ACK_NONE && ack <= STORE_ACK_EXPLICIT ? names[ack]
                                                              : "?";
}

static const char *owner_name(const struct boxes_inquiry *asked,
                              uint64_t number)
{
    for (size_t i = 0; i < asked->owner_count; i++)
        if (asked->owners[i].number == number)
            return asked->owners[i].name;
    return NULL;
}

static json_t *box_json(const struct store_mailbox *box)
{
    return json_pack(
        "{s:I, s:o, s:s, s:I, s:I, s:b, s:I, s:I, s:I, s:I}", "id",
        (json_int_t)box->id, "name", text_json(box->name), "ack",
        ack_name(box->ack), "subscriptions", (json_int_t)box->listens, "leased",
        (json_int_t)box->leased, "suspended", box->suspended, "place",
        (json_int_t)box->place, "made", (json_int_t)box->created, "seen",
        (json_int_t)box->seen, "lease_end", (json_int_t)box->lease_end);
}

// ------------------------------------------------------------------ listing

static void read_boxes(struct boxes_inquiry *asked);

// `next` is "OWNER.NAME", both in hex.
static json_t *place_json(const struct boxes_inquiry *asked)
{
    char text[17 + 2 * STORE_NAME_MAX + 1];
    int len = snprintf(text, sizeof text, "%" PRIx64 ".", asked->at);
    for (size_t i = 0; i < asked->after_len; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "%02x",
                        (unsigned)(unsigned char)asked->after[i]);
    return json_string(text);
}

static void boxes_answer(struct boxes_inquiry *asked, bool more)
{
    json_t *next = more ? place_json(asked) : json_null();
    boxes_clear(asked);
    inquiry_answer(
        &asked->inquiry, 200,
        json_pack("{s:o, s:o}", "mailboxes", asked->list, "next", next));
}

static void add_box(struct boxes_inquiry *asked,
                    const struct store_mailbox *box)
{
    const char *name = asked->name;
    if (name
        && (strlen(name) != box->name.len
            || memcmp(name, box->name.at, box->name.len) != 0))
        return;
    json_t *item = box_json(box);
    const char *owner = owner_name(asked, box->owner);
    json_object_set_new(item, "owner",
                        owner ? json_string(owner) : json_null());
    json_array_append_new(asked->list, item);
}

static void boxes_read(struct store_op *op)
{
    struct boxes_inquiry *asked = op->context;
    const struct store_page_mailboxes *page = &asked->page;
    enum store_status status = op->status;
    bool end = status == STORE_OK && (page->end || page->count == 0);
    for (size_t i = 0; status == STORE_OK && i < page->count; i++)
        add_box(asked, &page->items[i]);
    if (status == STORE_OK && page->count > 0) {
        const struct store_mailbox *last = &page->items[page->count - 1];
        asked->at = last->owner;
        asked->after_len = last->name.len;
        memcpy(asked->after, last->name.at, last->name.len);
    }
    store_release(op);
    if (status != STORE_OK)
        boxes_give_up(asked, status);
    else if (end || json_array_size(asked->list) >= asked->max
             || ++asked->looks == LOOKS)
        boxes_answer(asked, !end);
    else
        read_boxes(asked);
}

static void read_boxes(struct boxes_inquiry *asked)
{
    // With a name nearly all of them are passed over.
    asked->page = (struct store_page_mailboxes){
        .owner = asked->owner,
        .after_owner = asked->at,
        .after_name = { asked->after, asked->after_len },
        .max =
            asked->name ? LOOKED_AT : asked->max - json_array_size(asked->list),
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_MAILBOXES,
                   boxes_read);
}

static void keep_owner(struct boxes_inquiry *asked,
                       const struct store_token *token)
{
    uint64_t number = visitor_owner(token->owner);
    if (owner_name(asked, number) || asked->owner_count == OWNERS)
        return;
    char *name = strndup(token->owner.at, token->owner.len);
    if (name)
        asked->owners[asked->owner_count++] = (struct owner){ number, name };
}

static void tokens_read(struct store_op *op)
{
    struct boxes_inquiry *asked = op->context;
    enum store_status status = op->status;
    for (size_t i = 0; status == STORE_OK && i < asked->tokens.count; i++)
        keep_owner(asked, &asked->tokens.items[i]);
    store_release(op);
    if (status == STORE_OK)
        read_boxes(asked);
    else
        boxes_give_up(asked, status);
}

static int digit_of(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

// What `next` said.
static void read_place(struct boxes_inquiry *asked)
{
    const char *after = inquiry_text(&asked->inquiry, "after");
    char *rest = NULL;
    if (!after)
        return;
    asked->at = strtoull(after, &rest, 16);
    rest += *rest == '.';
    while (asked->after_len < STORE_NAME_MAX) {
        int high = digit_of(rest[0]);
        int low = high < 0 ? -1 : digit_of(rest[1]);
        if (low < 0)
            return;
        asked->after[asked->after_len++] = (char)(high * 16 + low);
        rest += 2;
    }
}

void admin_mailboxes(void *self, struct request *request, struct moment now)
{
    struct boxes_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *owner = inquiry_text(&asked->inquiry, "owner");
    asked->name = inquiry_text(&asked->inquiry, "name");
    if (owner)
        asked->owner = visitor_owner((struct bytes){ owner, strlen(owner) });
    asked->max = inquiry_page_size(&asked->inquiry);
    read_place(asked);
    asked->list = json_array();
    asked->owners = calloc(OWNERS, sizeof *asked->owners);
    if (!asked->owners) {
        boxes_give_up(asked, STORE_AGAIN);
        return;
    }
    asked->tokens = (struct store_page_tokens){ .max = OWNERS };
    inquiry_submit(&asked->inquiry, &asked->tokens.op, STORE_PAGE_TOKENS,
                   tokens_read);
}

// ---------------------------------------------------------------- one of it

struct box_inquiry {
    struct inquiry inquiry;
    uint64_t id;
    union {
        struct store_read_mailbox read;
        struct store_remove_mailbox remove;
    };
};

static json_t *listen_json(const struct store_listen *listen)
{
    return json_pack("{s:I, s:o, s:b, s:o, s:I}", "sid",
                     (json_int_t)listen->sid, "url", text_json(listen->url),
                     "prefix", listen->topic == 0, "label",
                     text_json(listen->label), "seq", (json_int_t)listen->seq);
}

static void box_read(struct store_op *op)
{
    struct box_inquiry *asked = op->context;
    const struct store_read_mailbox *read = &asked->read;
    enum store_status status = op->status;
    json_t *root = NULL;
    if (status == STORE_OK) {
        json_t *list = json_array();
        for (size_t i = 0; i < read->count; i++)
            json_array_append_new(list, listen_json(&read->items[i]));
        root = box_json(&read->mailbox);
        json_object_set_new(root, "pending",
                            json_integer((json_int_t)read->pending));
        json_object_set_new(root, "listens", list);
    }
    store_release(op);
    if (status == STORE_OK)
        inquiry_answer(&asked->inquiry, 200, root);
    else if (status == STORE_NOT_FOUND)
        inquiry_fail(&asked->inquiry, 404, "there is no such mailbox");
    else
        inquiry_unable(&asked->inquiry, status);
}

// False: it was answered.
static bool read_id(struct box_inquiry *asked)
{
    asked->id = inquiry_number(&asked->inquiry, "id", 0);
    if (asked->id != 0)
        return true;
    inquiry_fail(&asked->inquiry, 400, "id is missing");
    return false;
}

void admin_mailbox(void *self, struct request *request, struct moment now)
{
    struct box_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_id(asked))
        return;
    asked->read = (struct store_read_mailbox){ .id = asked->id };
    inquiry_submit(&asked->inquiry, &asked->read.op, STORE_READ_MAILBOX,
                   box_read);
}

static void remove_some(struct box_inquiry *asked);

static void box_removed(struct store_op *op)
{
    struct box_inquiry *asked = op->context;
    const struct admin_means *means = &asked->inquiry.admin->means;
    enum store_status status = op->status;
    bool more = status == STORE_OK && asked->remove.more;
    store_release(op);
    if (more) {
        remove_some(asked);
        return;
    }
    LOG(LOG_INFO, "admin.mailbox.removed", LOG_N("id", asked->id),
        LOG_T("who", inquiry_who(&asked->inquiry)),
        LOG_T("by", inquiry_by(&asked->inquiry)),
        LOG_T("status", store_status_name(status)));
    if (status == STORE_OK)
        means->mailbox_ended(means->context, asked->id);
    if (status == STORE_NOT_FOUND)
        inquiry_fail(&asked->inquiry, 404, "there is no such mailbox");
    else if (status != STORE_OK)
        inquiry_unable(&asked->inquiry, status);
    else
        inquiry_answer(&asked->inquiry, 200,
                       json_pack("{s:I}", "removed", (json_int_t)asked->id));
}

static void remove_some(struct box_inquiry *asked)
{
    asked->remove = (struct store_remove_mailbox){ .mailbox = asked->id };
    inquiry_submit(&asked->inquiry, &asked->remove.op, STORE_REMOVE_MAILBOX,
                   box_removed);
}

void admin_remove_mailbox(void *self, struct request *request,
                          struct moment now)
{
    struct box_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (asked && read_id(asked))
        remove_some(asked);
}
