// SPDX-License-Identifier: MIT

#include "mailbox_form.h"

#include "lease.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACK_WAIT_MAX_S = 12 * 3600,
    DELIVER_MAX = 1000,
    PENDING_MAX = 1000000,
    INACTIVITY_MAX_S = 30 * 86400,
};
static const int64_t bytes_max = INT64_C(1) << 40;

static const char *const acks[] = {
    [STORE_ACK_NONE] = "none",
    [STORE_ACK_CURSOR] = "cursor",
    [STORE_ACK_EXPLICIT] = "explicit",
};
static const char *const overflows[] = {
    [STORE_OVERFLOW_SUSPEND] = "suspend",
    [STORE_OVERFLOW_OLDEST] = "drop_oldest",
    [STORE_OVERFLOW_NEWEST] = "drop_newest",
    [STORE_OVERFLOW_END] = "disconnect",
};
static const char *const methods[] = {
    [STORE_SHA1] = "sha1",
    [STORE_SHA256] = "sha256",
    [STORE_SHA384] = "sha384",
    [STORE_SHA512] = "sha512",
};
static const char *const contents[] = {
    [STORE_CONTENT_FULL] = "full",
    [STORE_CONTENT_ENTRIES] = "entries",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *mailbox_form_ack(enum store_ack ack)
{
    return (size_t)ack < COUNT(acks) ? acks[ack] : NULL;
}

const char *mailbox_form_overflow(enum store_overflow overflow)
{
    return (size_t)overflow < COUNT(overflows) ? overflows[overflow] : NULL;
}

static bool refuse(struct mailbox_form *form, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(struct mailbox_form *form, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(form->problem, sizeof form->problem, format, arguments);
    va_end(arguments);
    return false;
}

// ------------------------------------------------------------------ values

static bool whole(struct mailbox_form *form, const char *name, json_t *value,
                  const int64_t range[2], int64_t *out)
{
    int64_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    if (!json_is_integer(value) || number < range[0] || number > range[1])
        return refuse(form, "%s is not a whole number from %lld to %lld", name,
                      (long long)range[0], (long long)range[1]);
    *out = number;
    return true;
}

static bool seconds(struct mailbox_form *form, const char *name, json_t *value,
                    const int64_t range[2], int64_t *out)
{
    if (!whole(form, name, value, range, out))
        return false;
    *out *= 1000;
    return true;
}

// The index of what it says; 0: none.
static size_t word(const char *const names[], size_t count, json_t *value)
{
    const char *text = json_string_value(value);
    for (size_t i = 1; text && i < count; i++)
        if (names[i] && strcmp(names[i], text) == 0)
            return i;
    return 0;
}

static bool boolean(struct mailbox_form *form, const char *name, json_t *value,
                    bool *out)
{
    *out = json_is_true(value);
    return json_is_boolean(value)
           || refuse(form, "%s is neither true nor false", name);
}

// ----------------------------------------------------------------- members

static bool read_list(struct mailbox_form *form, const char *name,
                      json_t *value, bool prefix)
{
    size_t index;
    json_t *item;
    if (!json_is_array(value))
        return refuse(form, "%s is not an array", name);
    *(prefix ? &form->has_match : &form->has_topics) = true;
    json_array_foreach(value, index, item)
    {
        char place[64];
        (void)snprintf(place, sizeof place, "%s[%zu]", name, index);
        if (!mailbox_topics_add(&form->topics, place, item, prefix,
                                form->problem))
            return false;
    }
    return true;
}

static bool read_topics(struct mailbox_form *form, json_t *value, int64_t now)
{
    (void)now;
    return read_list(form, "topics", value, false);
}

static bool read_match(struct mailbox_form *form, json_t *value, int64_t now)
{
    (void)now;
    return read_list(form, "match", value, true);
}

static bool read_start(struct mailbox_form *form, json_t *value, int64_t now)
{
    const char *text = json_string_value(value);
    if (!text)
        return refuse(form, "start is not a string");
    const char *wrong = since_read(text, now, &form->start);
    form->has_start = true;
    return !wrong || refuse(form, "start %s", wrong);
}

static bool read_ack(struct mailbox_form *form, json_t *value, int64_t now)
{
    size_t ack = word(acks, COUNT(acks), value);
    (void)now;
    form->mailbox.ack = (enum store_ack)ack;
    return ack || refuse(form, "ack is not none, cursor or explicit");
}

static bool read_ack_wait(struct mailbox_form *form, json_t *value, int64_t now)
{
    const int64_t range[] = { 1, ACK_WAIT_MAX_S };
    (void)now;
    return seconds(form, "ack_wait", value, range, &form->mailbox.ack_wait);
}

static bool read_max_deliver(struct mailbox_form *form, json_t *value,
                             int64_t now)
{
    const int64_t range[] = { 0, DELIVER_MAX };
    int64_t most = 0;
    bool fine = whole(form, "max_deliver", value, range, &most);
    (void)now;
    form->mailbox.max_deliver = (uint32_t)most;
    return fine;
}

static bool read_unordered(struct mailbox_form *form, json_t *value,
                           int64_t now)
{
    (void)now;
    return boolean(form, "unordered", value, &form->mailbox.unordered);
}

static bool read_max_pending(struct mailbox_form *form, json_t *value,
                             int64_t now)
{
    const int64_t range[] = { 1, PENDING_MAX };
    int64_t most = 0;
    bool fine = whole(form, "max_pending", value, range, &most);
    (void)now;
    form->mailbox.max_pending = (uint64_t)most;
    return fine;
}

static bool read_max_bytes(struct mailbox_form *form, json_t *value,
                           int64_t now)
{
    const int64_t range[] = { 0, bytes_max };
    int64_t most = 0;
    bool fine = whole(form, "max_bytes", value, range, &most);
    (void)now;
    form->mailbox.max_bytes = (uint64_t)most;
    return fine;
}

static bool read_overflow(struct mailbox_form *form, json_t *value, int64_t now)
{
    size_t overflow = word(overflows, COUNT(overflows), value);
    (void)now;
    form->mailbox.overflow = (enum store_overflow)overflow;
    return overflow
           || refuse(form, "overflow is not suspend, drop_oldest, drop_newest "
                           "or disconnect");
}

static bool read_inactivity(struct mailbox_form *form, json_t *value,
                            int64_t now)
{
    const int64_t range[] = { MAILBOX_INACTIVITY_MIN_S, INACTIVITY_MAX_S };
    (void)now;
    form->mailbox.inactivity = 0;
    if (json_is_integer(value) && json_integer_value(value) == 0)
        return true;
    return seconds(form, "inactivity", value, range, &form->mailbox.inactivity);
}

// What is out of range is clamped, never refused, as in WebSub (R20).
static bool read_lease(struct mailbox_form *form, json_t *value, int64_t now)
{
    const struct mailbox_leases *leases = &form->leases;
    const int64_t range[] = { 0, INT64_MAX };
    int64_t asked = 0;
    (void)now;
    if (!whole(form, "lease_seconds", value, range, &asked))
        return false;
    form->mailbox.lease =
        lease_granted(asked, leases->min, leases->usual, leases->max);
    return true;
}

static bool read_secret(struct mailbox_form *form, json_t *value, int64_t now)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    (void)now;
    if (!text && !json_is_null(value))
        return refuse(form, "secret is not a string");
    if (len > STORE_SECRET_MAX)
        return refuse(form, "secret is longer than %d bytes", STORE_SECRET_MAX);
    form->mailbox.profile.secret = (struct bytes){ text ? text : "", len };
    return true;
}

static bool read_method(struct mailbox_form *form, json_t *value, int64_t now)
{
    size_t method = word(methods, COUNT(methods), value);
    (void)now;
    form->mailbox.profile.method = (enum store_method)method;
    return method
           || refuse(form,
                     "signature_method is not sha1, sha256, sha384 or sha512");
}

static bool read_content(struct mailbox_form *form, json_t *value, int64_t now)
{
    size_t content = word(contents, COUNT(contents), value);
    (void)now;
    form->mailbox.profile.content = (enum store_content)content;
    return content || json_is_null(value)
           || refuse(form, "content is not full or entries");
}

static bool read_pause(struct mailbox_form *form, json_t *value, int64_t now)
{
    const int64_t range[] = { 0, MAILBOX_PAUSE_MAX_S };
    (void)now;
    form->has_pause = true;
    return seconds(form, "pause", value, range, &form->pause_ms);
}

static void make_ephemeral(struct store_mailbox *mailbox, bool ephemeral)
{
    mailbox->inactivity = ephemeral ? MAILBOX_INACTIVITY_S * 1000 : 0;
    mailbox->overflow = ephemeral ? STORE_OVERFLOW_END : STORE_OVERFLOW_SUSPEND;
}

static bool read_ephemeral(struct mailbox_form *form, json_t *value,
                           int64_t now)
{
    bool ephemeral;
    (void)now;
    if (!boolean(form, "ephemeral", value, &ephemeral))
        return false;
    make_ephemeral(&form->mailbox, ephemeral);
    return true;
}

// --------------------------------------------------------------------- all

static const struct member {
    const char *name;
    bool (*read)(struct mailbox_form *form, json_t *value, int64_t now);
} members[] = {
    { "ephemeral", read_ephemeral }, // first: the others decide
    { "topics", read_topics },         { "match", read_match },
    { "start", read_start },           { "ack", read_ack },
    { "ack_wait", read_ack_wait },     { "max_deliver", read_max_deliver },
    { "unordered", read_unordered },   { "max_pending", read_max_pending },
    { "max_bytes", read_max_bytes },   { "overflow", read_overflow },
    { "inactivity", read_inactivity }, { "lease_seconds", read_lease },
    { "secret", read_secret },         { "signature_method", read_method },
    { "content", read_content },       { "pause", read_pause },
};

static bool knows(struct mailbox_form *form)
{
    const char *key;
    json_t *value;
    json_object_foreach(form->root, key, value)
    {
        size_t i = 0;
        while (i < COUNT(members) && strcmp(members[i].name, key) != 0)
            i++;
        if (i == COUNT(members))
            return refuse(form, "%.60s is not a member of a mailbox", key);
    }
    return true;
}

// The newest N of each topic: how many a pattern has, nobody knows.
static bool counts_in_patterns(const struct mailbox_form *form)
{
    return form->has_start && form->start.kind == STORE_SINCE_LAST
           && json_array_size(json_object_get(form->root, "match")) > 0;
}

static bool fits(struct mailbox_form *form)
{
    const struct store_mailbox *mailbox = &form->mailbox;
    if (mailbox->overflow == STORE_OVERFLOW_END && mailbox->inactivity == 0)
        return refuse(form, "overflow: only what is ephemeral (inactivity) "
                            "ends by disconnect");
    if (mailbox->ack != STORE_ACK_EXPLICIT && mailbox->unordered)
        return refuse(form, "unordered: only with ack explicit");
    if (mailbox->ack != STORE_ACK_EXPLICIT && mailbox->max_deliver > 0)
        return refuse(form, "max_deliver: only with ack explicit");
    if (counts_in_patterns(form))
        return refuse(form, "start: -N is for topics that are named; with "
                            "match, give a time or an age");
    return true;
}

bool mailbox_form_read(struct mailbox_form *form, const char *text, size_t len,
                       int64_t now_unix)
{
    json_error_t error;
    form->root = len > 0 ? json_loadb(text, len, JSON_REJECT_DUPLICATES, &error)
                         : json_object();
    if (!form->root)
        return len > 0
               && refuse(form, "the body is not JSON: line %d: %s", error.line,
                         error.text);
    if (!json_is_object(form->root))
        return refuse(form, "the body is not a JSON object");
    if (!knows(form))
        return false;
    for (size_t i = 0; i < COUNT(members); i++) {
        json_t *value = json_object_get(form->root, members[i].name);
        if (value && !members[i].read(form, value, now_unix))
            return false;
    }
    return fits(form);
}

void mailbox_form_begin(struct mailbox_form *form,
                        const struct mailbox_leases *leases, bool ephemeral)
{
    *form = (struct mailbox_form){
        .leases = *leases,
        .mailbox = {
            .ack = STORE_ACK_CURSOR,
            .max_pending = MAILBOX_PENDING,
            .max_bytes = MAILBOX_BYTES,
            .ack_wait = MAILBOX_ACK_WAIT_S * 1000,
            .lease = leases->usual,
            .profile = { .secret = { "", 0 },
                         .method = STORE_SHA256,
                         .verify_token = { "", 0 } },
        },
    };
    make_ephemeral(&form->mailbox, ephemeral);
}

void mailbox_form_from(struct mailbox_form *form,
                       const struct mailbox_leases *leases,
                       const struct store_mailbox *mailbox)
{
    *form = (struct mailbox_form){ .leases = *leases, .mailbox = *mailbox };
}

void mailbox_form_clear(struct mailbox_form *form)
{
    mailbox_topics_clear(&form->topics);
    json_decref(form->root);
    form->root = NULL;
}
