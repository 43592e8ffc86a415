// SPDX-License-Identifier: MIT

#include "records.h"

enum {
    UPDATE_VERSION = 2, // on request, digest
    ID_SIZE = 16,
    // Version, number, time, kind, two flags, two sizes, count of ids; a flag
    // and the digest.
    UPDATE_FIXED = 1 + 8 + 8 + 1 + 1 + 1 + 8 + 8 + 4 + 1 + ID_SIZE,
};

size_t update_size(const struct update *update)
{
    return UPDATE_FIXED + text_size(update->content_type)
           + text_size(update->self) + text_size(update->hubs)
           + update->changed_count * ID_SIZE;
}

void update_encode(struct writer *writer, const struct update *update)
{
    write_u8(writer, UPDATE_VERSION);
    write_u64(writer, update->number);
    write_i64(writer, update->time);
    write_u8(writer, (uint8_t)update->kind);
    write_bool(writer, update->baseline);
    write_bool(writer, update->skeleton);
    if (update->skeleton)
        return;
    if (update->changed_count > UINT32_MAX / ID_SIZE) {
        writer->failed = true;
        return;
    }
    write_u64(writer, update->whole_size);
    write_u64(writer, update->delta_size);
    write_text(writer, update->content_type);
    write_text(writer, update->self);
    write_text(writer, update->hubs);
    write_u32(writer, (uint32_t)update->changed_count);
    write_raw(writer, update->changed, update->changed_count * ID_SIZE);
    write_bool(writer, update->on_request);
    write_raw(writer, update->digest, sizeof update->digest);
}

bool update_decode(struct bytes record, struct update *update)
{
    struct reader reader;
    *update = (struct update){
        .content_type = { "", 0 },
        .self = { "", 0 },
        .hubs = { "", 0 },
    };
    reader_init(&reader, record);
    uint8_t version = read_choice(&reader, UPDATE_VERSION);
    if (version == 0)
        return false;
    update->number = read_u64(&reader);
    update->time = read_time(&reader);
    update->kind = read_choice(&reader, STORE_UPDATE_WHOLE);
    update->baseline = read_bool(&reader);
    update->skeleton = read_bool(&reader);
    if (update->kind == 0)
        return false;
    if (update->skeleton)
        return reader_done(&reader);
    update->whole_size = read_u64(&reader);
    update->delta_size = read_u64(&reader);
    update->content_type = read_text(&reader, STORE_HEADER_MAX);
    update->self = read_text(&reader, STORE_URL_MAX);
    update->hubs = read_text(&reader, STORE_LINKS_MAX);
    update->changed_count = read_u32(&reader);
    update->changed = read_items(&reader, update->changed_count, ID_SIZE);
    if (version >= 2) {
        update->on_request = read_bool(&reader);
        read_raw(&reader, update->digest, sizeof update->digest);
    }
    return reader_done(&reader) && update->whole_size <= STORE_BODY_MAX
           && update->delta_size <= STORE_BODY_MAX;
}
