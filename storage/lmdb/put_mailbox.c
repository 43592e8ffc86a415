// SPDX-License-Identifier: MIT

#include "listening.h"
#include "mailboxes.h"

#include <string.h>

// What a PUT is to make of what there is.
struct plan {
    struct mailbox mailbox;
    struct listens old;
    bool *kept;         // of the old ones
    struct listen **is; // of those that are asked for; NULL: it is new
    bool *again;        // the same was asked for before
    size_t added, made; // listens; topics, with them
};

static bool sound_definition(const struct store_mailbox *wanted)
{
    return wanted->name.at && wanted->name.len > 0
           && wanted->name.len <= STORE_NAME_MAX
           && wanted->ack >= STORE_ACK_NONE && wanted->ack <= STORE_ACK_EXPLICIT
           && wanted->overflow >= STORE_OVERFLOW_SUSPEND
           && wanted->overflow <= STORE_OVERFLOW_END && wanted->lease > 0
           && wanted->inactivity >= 0 && wanted->ack_wait >= 0
           && (wanted->ack != STORE_ACK_EXPLICIT || wanted->ack_wait > 0)
           && wanted->profile.secret.len <= STORE_SECRET_MAX
           && wanted->profile.content <= STORE_CONTENT_ENTRIES
           && wanted->profile.method <= STORE_SHA512;
}

static struct listen_wish wish_of(const struct store_put_mailbox *op,
                                  size_t which)
{
    return (struct listen_wish){ &op->listens[which], op->since, op->value };
}

static bool sound(const struct store_put_mailbox *op)
{
    if (!sound_definition(&op->mailbox) || op->since > STORE_SINCE_TIME
        || (op->only_new && op->only_old))
        return false;
    if (!op->set_listens)
        return true;
    if (op->listen_count > STORE_LISTENS_MAX
        || (op->listen_count > 0 && !op->listens))
        return false;
    for (size_t i = 0; i < op->listen_count; i++)
        if (!listen_sound(wish_of(op, i)))
            return false;
    return true;
}

static bool repeated(const struct store_put_mailbox *op, size_t which)
{
    for (size_t i = 0; i < which; i++)
        if (listen_equal(&op->listens[i], &op->listens[which]))
            return true;
    return false;
}

// False: no memory, or the transaction failed.
static bool compare(struct engine_context *context,
                    const struct store_put_mailbox *op, struct plan *plan)
{
    struct arena *scratch = &context->scratch;
    if (!op->set_listens)
        return true;
    if (!listens_load(context->txn, scratch, plan->mailbox.shown.id,
                      &plan->old))
        return false;
    plan->kept = arena_array(scratch, plan->old.count + 1, sizeof(bool));
    plan->is = arena_array(scratch, op->listen_count + 1, sizeof(void *));
    plan->again = arena_array(scratch, op->listen_count + 1, sizeof(bool));
    if (!plan->kept || !plan->is || !plan->again)
        return false;
    for (size_t i = 0; i < op->listen_count; i++) {
        const struct store_listen *wanted = &op->listens[i];
        plan->is[i] = listen_same(&plan->old, wanted);
        plan->again[i] = repeated(op, i);
        if (plan->is[i])
            plan->kept[plan->is[i] - plan->old.items] = true;
        if (plan->is[i] || plan->again[i])
            continue;
        plan->added++;
        plan->made += !listen_is_prefix(wanted)
                      && topic_find(context->txn, &wanted->key) == 0;
    }
    return true;
}

// Whether there is room for what the plan adds.
static enum store_status admit(struct engine_context *context,
                               struct store_put_mailbox *op,
                               const struct plan *plan)
{
    const struct store_options *options = context->options;
    struct txn *txn = context->txn;
    bool new_one = plan->mailbox.shown.id == 0;
    if (new_one && options->max_mailboxes != 0
        && txn_count(txn, TABLE_MAILBOXES) >= options->max_mailboxes)
        return STORE_FULL;
    op->too_many =
        (plan->made > 0 && options->max_topics != 0
         && txn_count(txn, TABLE_TOPICS) + plan->made > options->max_topics)
        || (new_one && op->max_of_owner != 0
            && mailboxes_of(txn, op->mailbox.owner, op->max_of_owner)
                   >= op->max_of_owner);
    if (op->too_many)
        return STORE_CONFLICT;
    uint64_t size = (new_one ? MAILBOX_SIZE : 0)
                    + (uint64_t)plan->added * LISTENING_SIZE
                    + (uint64_t)plan->made * LISTENING_TOPIC;
    return size == 0 || engine_admits(context, size) ? STORE_OK : STORE_FULL;
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

// It stays where it is, but may be spelt or called otherwise now.
static void relabel(struct engine_context *context, struct mailbox *mailbox,
                    struct listen *listen, const struct store_listen *wanted)
{
    if (equal(listen->shown.label, wanted->label)
        && equal(listen->shown.url, wanted->url))
        return;
    listen->shown.label = wanted->label;
    listen->shown.url = wanted->url;
    mailbox->shown.rev++;
    listen_add(context, mailbox, NULL, listen);
}

static void set_listens(struct engine_context *context,
                        struct store_put_mailbox *op, struct plan *plan)
{
    struct listen made = { .shown = { .sid = 0 } };
    for (size_t i = 0; i < op->listen_count; i++) {
        if (plan->again[i])
            continue;
        if (plan->is[i])
            relabel(context, &plan->mailbox, plan->is[i], &op->listens[i]);
        else
            listen_make(context, &plan->mailbox, wish_of(op, i), &made,
                        &op->topics_new);
        if (!plan->is[i] && made.shown.from < plan->mailbox.shown.place
            && op->created)
            plan->mailbox.shown.place = made.shown.from;
    }
    for (size_t i = 0; i < plan->old.count; i++)
        if (!plan->kept[i])
            listen_remove(context, &plan->mailbox, &plan->old.items[i]);
}

static struct bytes keep(struct engine_context *context, struct bytes text)
{
    return arena_copy(&context->results, text);
}

// Its definition is as asked; its state is what it was.
static void define(struct engine_context *context, struct mailbox *mailbox,
                   const struct store_mailbox *wanted)
{
    struct store_mailbox *shown = &mailbox->shown;
    struct store_mailbox state = *shown;
    *shown = *wanted;
    shown->id = state.id;
    shown->name = keep(context, wanted->name);
    shown->profile.secret = keep(context, wanted->profile.secret);
    shown->profile.verify_token = (struct bytes){ "", 0 };
    shown->profile.old_client = false;
    shown->created = state.created;
    shown->place = state.place;
    shown->listens = state.listens;
    shown->rev = state.rev;
    shown->leased = 0;
    shown->suspended = false;
}

static void begin(struct engine_context *context, struct mailbox *mailbox)
{
    mailbox->shown.id = ++context->counters.mailbox;
    mailbox->shown.created = context->now;
    mailbox->shown.place = context->counters.event;
    mailbox->dead_first = 1;
}

enum store_status op_put_mailbox(struct engine_context *context,
                                 struct store_put_mailbox *op)
{
    struct plan plan = { 0 };
    op->created = op->topics_new = op->too_many = false;
    if (!sound(op))
        return STORE_INVALID;
    uint64_t id =
        mailbox_find(context->txn, op->mailbox.owner, op->mailbox.name);
    if (id == 0 && op->only_old)
        return STORE_NOT_FOUND;
    if (id != 0
        && !mailbox_load(context->txn, &context->scratch, id, &plan.mailbox))
        return STORE_CORRUPT;
    if (id != 0 && (op->only_new || plan.mailbox.shown.ack != op->mailbox.ack))
        return STORE_CONFLICT;
    if (!compare(context, op, &plan))
        return STORE_AGAIN;
    enum store_status admitted = admit(context, op, &plan);
    if (admitted != STORE_OK)
        return admitted;
    op->created = id == 0;
    if (op->created)
        begin(context, &plan.mailbox);
    define(context, &plan.mailbox, &op->mailbox);
    mailbox_renew(context, &plan.mailbox);
    if (op->set_listens)
        set_listens(context, op, &plan);
    if (op->created) {
        mailbox_add(context, &plan.mailbox);
    } else {
        mailbox_save_definition(context->txn, &plan.mailbox);
        mailbox_save(context, &plan.mailbox);
    }
    op->mailbox = plan.mailbox.shown;
    return STORE_OK;
}
