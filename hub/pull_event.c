// SPDX-License-Identifier: MIT

#include "pull_event.h"

#include "ack_id.h"
#include "json_writer.h"
#include "signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void pull_event_cursor(struct json_writer *out, const struct batch *batch,
                       uint64_t topic, uint64_t number)
{
    char text[CURSOR_TEXT];
    struct cursor cursor = batch->cursor;
    cursor.number = number;
    if (!batch->has_cursor)
        cursor.tag = cursor_tag(&topic, 1);
    if (!cursor_write(batch->key, &cursor, text)) {
        json_writer_put(out, "null");
        return;
    }
    json_writer_bytes(out, "\"", 1);
    json_writer_bytes(out, text, CURSOR_TEXT - 1);
    json_writer_bytes(out, "\"", 1);
}

static void put_number(struct json_writer *out, const char *name,
                       uint64_t number)
{
    json_writer_name(out, name);
    json_writer_number(out, number);
}

static void put_links(struct json_writer *out, const struct batch *batch,
                      const struct batch_event *event)
{
    struct bytes hub = event->event->hubs, self = event->event->self;
    const char *end = hub.len > 0 ? memchr(hub.at, '\n', hub.len) : NULL;
    if (end)
        hub.len = (size_t)(end - hub.at);
    json_writer_name(out, "links");
    json_writer_put(out, "{\"hub\":");
    if (hub.len > 0)
        json_writer_text(out, hub.at, hub.len);
    else
        json_writer_string(out, batch->hub_url);
    json_writer_put(out, ",\"self\":");
    if (self.len > 0)
        json_writer_text(out, self.at, self.len);
    else
        json_writer_string(out, event->url);
    json_writer_put(out, "}");
}

// Over the body as it is, before it is text: what a webhook would get
// (WebSub 7.1), without the name of the field.
static void put_signature(struct json_writer *out,
                          const struct store_profile *profile,
                          struct bytes body)
{
    char line[SIGNATURE_LINE_MAX];
    if (!profile || profile->secret.len == 0)
        return;
    if (!signature_line((enum signature_method)profile->method,
                        profile->secret.at, profile->secret.len, body.at,
                        body.len, line)) {
        out->failed = true; // unsigned it must not go out
        return;
    }
    json_writer_name(out, "signature");
    json_writer_string(out, strchr(line, ' ') + 1);
}

// Each control character that has no short escape becomes six bytes: a document
// that is full of them is shorter as base64.
static bool is_wordy(struct bytes body)
{
    size_t more = 0;
    for (size_t i = 0; i < body.len; i++) {
        unsigned char byte = (unsigned char)body.at[i];
        more += byte < ' ' && !memchr("\b\t\n\f\r", byte, 5) ? 5 : 0;
    }
    return more > body.len / 3;
}

static void put_body(struct json_writer *out, const struct batch *batch,
                     struct bytes body)
{
    size_t before = out->len;
    json_writer_name(out, "encoding");
    json_writer_put(out, "\"utf8\",\"body\":");
    if (is_wordy(body) || !json_writer_utf8(out, body.at, body.len)) {
        out->len = out->failed ? out->len : before;
        json_writer_name(out, "encoding");
        json_writer_put(out, "\"base64\",\"body\":");
        json_writer_base64(out, body.at, body.len);
    }
    put_signature(out, batch->profile, body);
}

static void put_letter(struct json_writer *out, const struct batch *batch,
                       const struct batch_event *event)
{
    char text[ACK_ID_TEXT];
    if (event->label) {
        json_writer_name(out, "label");
        json_writer_string(out, event->label);
    }
    if (event->sid)
        put_number(out, "sid", event->sid);
    if (event->deliveries > 0)
        put_number(out, "delivery_count", event->deliveries);
    if (event->claim == 0)
        return;
    if (!batch->acks
        || !ack_id_write(batch->acks, event->event->number, event->claim,
                         text)) {
        out->failed = true; // it could never be acknowledged
        return;
    }
    json_writer_name(out, "ack_id");
    json_writer_string(out, text);
}

void pull_event_fields(struct json_writer *out, const struct batch *batch,
                       const struct batch_event *event)
{
    const struct store_event *from = event->event;
    char incarnation[24];
    snprintf(incarnation, sizeof incarnation, "\"%016" PRIx64 "\"",
             from->incarnation);
    json_writer_name(out, "id");
    pull_event_cursor(out, batch, from->topic, from->number);
    json_writer_name(out, "topic");
    json_writer_string(out, event->url);
    put_number(out, "seq", from->seq);
    put_number(out, "previous", from->previous);
    json_writer_name(out, "incarnation");
    json_writer_put(out, incarnation);
    json_writer_name(out, "time");
    json_writer_time(out, from->time);
    json_writer_name(out, "content_type");
    json_writer_text(out, from->content_type.at, from->content_type.len);
    put_links(out, batch, event);
    put_number(out, "size", from->size);
    if (batch->bodies)
        put_body(out, batch, from->body);
    put_letter(out, batch, event);
}

static const char *loss_name(enum batch_loss loss)
{
    switch (loss) {
    case BATCH_EPOCH:
        return "epoch";
    case BATCH_OVERFLOW:
        return "overflow";
    case BATCH_UNFOLLOWED:
        return "unfollowed";
    case BATCH_RECREATED:
        return "recreated";
    case BATCH_EXPIRED:
        break;
    }
    return "expired";
}

void pull_event_gap(struct json_writer *out, const struct batch *batch)
{
    json_writer_name(out, "reason");
    json_writer_string(out, loss_name(batch->loss));
    json_writer_name(out, "topics");
    json_writer_put(out, "[");
    for (size_t i = 0; i < batch->gap_count; i++) {
        const struct batch_gap *gap = &batch->gaps[i];
        json_writer_next(out);
        json_writer_put(out, "{\"topic\":");
        json_writer_string(out, gap->url);
        put_number(out, "lost", gap->count);
        put_number(out, "from_seq", gap->from);
        put_number(out, "to_seq", gap->to);
        if (gap->loss != 0 && gap->loss != batch->loss) {
            json_writer_name(out, "reason");
            json_writer_string(out, loss_name(gap->loss));
        }
        json_writer_name(out, "exact");
        json_writer_put(out, gap->inexact ? "false}" : "true}");
    }
    json_writer_put(out, "]");
}
