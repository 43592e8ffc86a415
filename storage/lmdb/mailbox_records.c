// SPDX-License-Identifier: MIT

#include "mailbox_records.h"

enum {
    MAILBOX_VERSION = 1,
    STATE_VERSION = 1,
    LISTEN_VERSION = 1,
    PLACE_VERSION = 1,
    LETTER_VERSION = 1,
    DEAD_VERSION = 1,
    // Version, six numbers, kind, two flags, sid, deliveries.
    DEAD_FIXED = 1 + 7 * 8 + 1 + 2 + 8 + 4,
};

static void begin(struct reader *reader, struct bytes record, uint8_t newest)
{
    reader_init(reader, record);
    if (read_choice(reader, newest) == 0)
        reader->failed = true;
}

bool mailbox_passed(const struct mailbox *mailbox, uint64_t number)
{
    for (size_t i = 0; i < mailbox->hole_count; i++)
        if (number > mailbox->holes[i].from && number <= mailbox->holes[i].to)
            return true;
    return false;
}

void mailbox_encode(struct writer *writer, const struct mailbox *mailbox)
{
    const struct store_mailbox *shown = &mailbox->shown;
    write_u8(writer, MAILBOX_VERSION);
    write_u64(writer, shown->owner);
    write_text(writer, shown->name);
    write_u8(writer, (uint8_t)shown->ack);
    write_u8(writer, (uint8_t)shown->overflow);
    write_bool(writer, shown->unordered);
    write_u64(writer, shown->max_pending);
    write_u64(writer, shown->max_bytes);
    write_i64(writer, shown->ack_wait);
    write_u32(writer, shown->max_deliver);
    write_i64(writer, shown->lease);
    write_i64(writer, shown->inactivity);
    write_i64(writer, shown->created);
    write_u8(writer, (uint8_t)shown->profile.method);
    write_u8(writer, (uint8_t)shown->profile.content);
    write_text(writer, shown->profile.secret);
}

bool mailbox_decode(struct bytes record, struct mailbox *mailbox)
{
    struct store_mailbox *shown = &mailbox->shown;
    struct reader reader;
    begin(&reader, record, MAILBOX_VERSION);
    shown->owner = read_u64(&reader);
    shown->name = read_text(&reader, STORE_NAME_MAX);
    shown->ack = read_choice(&reader, STORE_ACK_EXPLICIT);
    shown->overflow = read_choice(&reader, STORE_OVERFLOW_END);
    shown->unordered = read_bool(&reader);
    shown->max_pending = read_u64(&reader);
    shown->max_bytes = read_u64(&reader);
    shown->ack_wait = read_time(&reader);
    shown->max_deliver = read_u32(&reader);
    shown->lease = read_time(&reader);
    shown->inactivity = read_time(&reader);
    shown->created = read_time(&reader);
    shown->profile.method = read_choice(&reader, STORE_SHA512);
    shown->profile.content = read_choice(&reader, STORE_CONTENT_ENTRIES);
    shown->profile.secret = read_text(&reader, STORE_SECRET_MAX);
    return reader_done(&reader) && shown->ack != 0 && shown->overflow != 0;
}

void mailbox_state_encode(struct writer *writer, const struct mailbox *mailbox)
{
    const struct store_mailbox *shown = &mailbox->shown;
    write_u8(writer, STATE_VERSION);
    write_i64(writer, shown->lease_end);
    write_i64(writer, shown->seen);
    write_i64(writer, mailbox->lease_key);
    write_u64(writer, shown->place);
    write_u64(writer, shown->listens);
    write_u32(writer, shown->rev);
    write_u64(writer, mailbox->sid);
    write_bool(writer, mailbox->ending);
    write_u64(writer, mailbox->dead);
    write_u64(writer, mailbox->dead_first);
    write_u64(writer, mailbox->dead_bytes);
    write_u8(writer, (uint8_t)mailbox->hole_count);
    for (size_t i = 0; i < mailbox->hole_count; i++) {
        write_u64(writer, mailbox->holes[i].from);
        write_u64(writer, mailbox->holes[i].to);
    }
}

static bool read_holes(struct reader *reader, struct mailbox *mailbox)
{
    uint64_t last = 0;
    mailbox->hole_count = read_choice(reader, HOLES_MAX);
    for (size_t i = 0; i < mailbox->hole_count; i++) {
        struct hole *hole = &mailbox->holes[i];
        hole->from = read_u64(reader);
        hole->to = read_u64(reader);
        if (hole->from < last || hole->to <= hole->from)
            return false;
        last = hole->to;
    }
    return true;
}

bool mailbox_state_decode(struct bytes record, struct mailbox *mailbox)
{
    struct store_mailbox *shown = &mailbox->shown;
    struct reader reader;
    begin(&reader, record, STATE_VERSION);
    shown->lease_end = read_time(&reader);
    shown->seen = read_time(&reader);
    mailbox->lease_key = read_time(&reader);
    shown->place = read_u64(&reader);
    shown->listens = read_u64(&reader);
    shown->rev = read_u32(&reader);
    mailbox->sid = read_u64(&reader);
    mailbox->ending = read_bool(&reader);
    mailbox->dead = read_u64(&reader);
    mailbox->dead_first = read_u64(&reader);
    mailbox->dead_bytes = read_u64(&reader);
    return read_holes(&reader, mailbox) && reader_done(&reader);
}

void listen_encode(struct writer *writer, const struct listen *listen)
{
    const struct store_listen *shown = &listen->shown;
    write_u8(writer, LISTEN_VERSION);
    write_u64(writer, shown->topic);
    write_raw(writer, shown->key.bytes, sizeof shown->key.bytes);
    write_text(writer, shown->url);
    write_text(writer, shown->normal);
    write_text(writer, shown->label);
}

bool listen_decode(struct bytes record, struct listen *listen)
{
    struct store_listen *shown = &listen->shown;
    struct reader reader;
    begin(&reader, record, LISTEN_VERSION);
    shown->topic = read_u64(&reader);
    read_raw(&reader, shown->key.bytes, sizeof shown->key.bytes);
    shown->url = read_text(&reader, STORE_URL_MAX);
    shown->normal = read_text(&reader, STORE_URL_MAX);
    shown->label = read_text(&reader, STORE_LABEL_MAX);
    return reader_done(&reader);
}

void listen_state_encode(struct writer *writer, const struct listen *listen)
{
    write_u8(writer, PLACE_VERSION);
    write_u64(writer, listen->shown.from);
    write_u64(writer, listen->shown.seq);
    write_bool(writer, listen->shown.fresh);
    write_bool(writer, listen->placed);
    write_bool(writer, listen->vague);
    write_u64(writer, listen->added);
}

bool listen_state_decode(struct bytes record, struct listen *listen)
{
    struct reader reader;
    begin(&reader, record, PLACE_VERSION);
    listen->shown.from = read_u64(&reader);
    listen->shown.seq = read_u64(&reader);
    listen->shown.fresh = read_bool(&reader);
    listen->placed = read_bool(&reader);
    listen->vague = read_bool(&reader);
    listen->added = read_u64(&reader);
    return reader_done(&reader);
}

void letter_encode(struct writer *writer, const struct letter *letter)
{
    write_u8(writer, LETTER_VERSION);
    write_u64(writer, letter->topic);
    write_u64(writer, letter->seq);
    write_bool(writer, letter->done);
    write_u64(writer, letter->claim);
    write_i64(writer, letter->until);
    write_u32(writer, letter->deliveries);
}

bool letter_decode(struct bytes record, struct letter *letter)
{
    struct reader reader;
    begin(&reader, record, LETTER_VERSION);
    letter->topic = read_u64(&reader);
    letter->seq = read_u64(&reader);
    letter->done = read_bool(&reader);
    letter->claim = read_u64(&reader);
    letter->until = read_time(&reader);
    letter->deliveries = read_u32(&reader);
    return reader_done(&reader) && letter->topic != 0 && letter->seq != 0;
}

size_t dead_size(const struct dead_letter *dead)
{
    const struct store_event *event = &dead->event;
    return DEAD_FIXED + text_size(event->content_type) + text_size(event->self)
           + text_size(event->hubs) + text_size(event->url);
}

void dead_encode(struct writer *writer, const struct dead_letter *dead)
{
    const struct store_event *event = &dead->event;
    write_u8(writer, DEAD_VERSION);
    write_u64(writer, event->number);
    write_u64(writer, event->topic);
    write_u64(writer, event->seq);
    write_u64(writer, event->incarnation);
    write_u64(writer, event->previous);
    write_i64(writer, event->time);
    write_u64(writer, event->size);
    write_u8(writer, (uint8_t)event->kind);
    write_bool(writer, event->delta);
    write_bool(writer, event->on_request);
    write_u64(writer, dead->sid);
    write_u32(writer, dead->deliveries);
    write_text(writer, event->content_type);
    write_text(writer, event->self);
    write_text(writer, event->hubs);
    write_text(writer, event->url);
}

bool dead_decode(struct bytes record, struct dead_letter *dead)
{
    struct store_event *event = &dead->event;
    struct reader reader;
    begin(&reader, record, DEAD_VERSION);
    event->number = read_u64(&reader);
    event->topic = read_u64(&reader);
    event->seq = read_u64(&reader);
    event->incarnation = read_u64(&reader);
    event->previous = read_u64(&reader);
    event->time = read_time(&reader);
    event->size = read_u64(&reader);
    event->kind = read_choice(&reader, STORE_UPDATE_WHOLE);
    event->delta = read_bool(&reader);
    event->on_request = read_bool(&reader);
    dead->sid = read_u64(&reader);
    dead->deliveries = read_u32(&reader);
    event->content_type = read_text(&reader, STORE_HEADER_MAX);
    event->self = read_text(&reader, STORE_URL_MAX);
    event->hubs = read_text(&reader, STORE_LINKS_MAX);
    event->url = read_text(&reader, STORE_URL_MAX);
    return reader_done(&reader) && event->kind != 0
           && event->size <= STORE_BODY_MAX;
}
