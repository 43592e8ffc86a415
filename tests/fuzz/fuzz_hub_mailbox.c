// SPDX-License-Identifier: MIT
//
// What is said of mailboxes: paths, questions, definitions, acknowledgements.
// What is taken can be shown and taken again, and is the same then.

#include "fuzz.h"

#include "hub/ack_id.h"
#include "hub/mailbox_acks.h"
#include "hub/mailbox_form.h"
#include "hub/mailbox_path.h"
#include "hub/mailbox_query.h"
#include "hub/mailbox_view.h"
#include "hub/request.h"
#include "hub/seal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct mailbox_leases leases = { 300000, 864000000, 2592000000 };

static void check_path(const char *text)
{
    struct mailbox_path path;
    if (!mailbox_path_read(text, &path) || path.part == MAILBOX_ALL)
        return;
    assert(strlen(path.name) > 0);
    assert(strpbrk(path.name, "/?#% \r\n") == NULL);
    assert(path.part != MAILBOX_SUBSCRIPTION || path.sid > 0);
}

static void check_query(const char *text)
{
    struct request request = { .query = text };
    struct mailbox_query query;
    if (!mailbox_query_read(&request, MAILBOX_MESSAGES, &query)) {
        assert(query.problem[0]);
        return;
    }
    assert(query.limit >= 1 && query.limit <= 1000);
    assert(query.wish.wait_ms >= 0 && query.wish.wait_ms <= 270000);
    assert(query.wish.heartbeat_ms >= 5000);
}

// As its owner is shown it.
static char *show(const struct mailbox_form *form)
{
    struct store_mailbox mailbox = form->mailbox;
    mailbox.name = (struct bytes){ "a", 1 };
    const struct mailbox_view view = { .mailbox = &mailbox, .base = "" };
    json_t *root = mailbox_view_whole(&view);
    char *text = root ? json_dumps(root, JSON_SORT_KEYS) : NULL;
    json_decref(root);
    return text;
}

static void check_form(const char *text, size_t len)
{
    struct mailbox_form form, again;
    mailbox_form_begin(&form, &leases, false);
    if (!mailbox_form_read(&form, text, len, 1700000000000)) {
        assert(form.problem[0]);
        mailbox_form_clear(&form);
        return;
    }
    const struct store_mailbox *mailbox = &form.mailbox;
    assert(mailbox->lease >= leases.min && mailbox->lease <= leases.max);
    assert(mailbox->max_pending >= 1 && mailbox->ack_wait >= 1000);
    assert(mailbox->overflow != STORE_OVERFLOW_END || mailbox->inactivity > 0);
    assert(form.topics.count <= STORE_LISTENS_MAX);
    for (size_t i = 0; i < form.topics.count; i++) {
        assert(form.topics.items[i].label.len <= STORE_LABEL_MAX);
        assert(form.topics.items[i].url.len <= STORE_URL_MAX);
    }
    // A change that says nothing changes nothing.
    mailbox_form_from(&again, &leases, mailbox);
    assert(mailbox_form_read(&again, "{}", 2, 0));
    char *before = show(&form), *after = show(&again);
    assert(before && after && strcmp(before, after) == 0);
    free(before);
    free(after);
    mailbox_form_clear(&again);
    mailbox_form_clear(&form);
}

static void check_acks(const char *text, size_t len)
{
    static const uint8_t secret[32] = { 1 };
    static struct seal *seal;
    struct mailbox_acks acks;
    if (!seal)
        seal = ack_id_seal(secret);
    if (!mailbox_acks_read(seal, text, len, &acks)) {
        assert(acks.problem[0]);
        return;
    }
    assert(acks.count > 0 || acks.cursor[0]);
    mailbox_acks_clear(&acks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    assert(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_path(text);
    check_query(text);
    check_form(text, size);
    check_acks(text, size);
    free(text);
    return 0;
}
