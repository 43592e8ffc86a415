// SPDX-License-Identifier: MIT

#include "codec.h"

#include <string.h>

void writer_init(struct writer *writer, void *buffer, size_t size)
{
    *writer = (struct writer){ .at = buffer, .size = size };
}

void write_raw(struct writer *writer, const void *at, size_t len)
{
    if (writer->failed || len > writer->size - writer->used) {
        writer->failed = true;
        return;
    }
    if (len > 0)
        memcpy(writer->at + writer->used, at, len);
    writer->used += len;
}

void write_u8(struct writer *writer, uint8_t value)
{
    write_raw(writer, &value, sizeof value);
}

void write_u32(struct writer *writer, uint32_t value)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    write_raw(writer, bytes, sizeof bytes);
}

void write_u64(struct writer *writer, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    write_raw(writer, bytes, sizeof bytes);
}

void write_i64(struct writer *writer, int64_t value)
{
    write_u64(writer, (uint64_t)value);
}

void write_bool(struct writer *writer, bool value)
{
    write_u8(writer, value ? 1 : 0);
}

void write_text(struct writer *writer, struct bytes text)
{
    if (text.len > UINT32_MAX) {
        writer->failed = true;
        return;
    }
    write_u32(writer, (uint32_t)text.len);
    write_raw(writer, text.at, text.len);
    write_u8(writer, 0);
}

size_t text_size(struct bytes text)
{
    return 4 + text.len + 1;
}

struct bytes writer_bytes(const struct writer *writer)
{
    return (struct bytes){ (const char *)writer->at, writer->used };
}

void reader_init(struct reader *reader, struct bytes record)
{
    *reader = (struct reader){
        .at = (const uint8_t *)record.at,
        .left = record.len,
    };
}

// The next `len` bytes, or NULL.
static const uint8_t *take(struct reader *reader, size_t len)
{
    if (reader->failed || len > reader->left) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += len;
    reader->left -= len;
    return at;
}

uint8_t read_u8(struct reader *reader)
{
    const uint8_t *at = take(reader, 1);
    return at ? *at : 0;
}

uint32_t read_u32(struct reader *reader)
{
    const uint8_t *at = take(reader, 4);
    uint32_t value = 0;
    for (size_t i = 0; at && i < 4; i++)
        value |= (uint32_t)at[i] << (8 * i);
    return value;
}

uint64_t read_u64(struct reader *reader)
{
    const uint8_t *at = take(reader, 8);
    uint64_t value = 0;
    for (size_t i = 0; at && i < 8; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

int64_t read_time(struct reader *reader)
{
    uint64_t value = read_u64(reader);
    if (value > INT64_MAX) {
        reader->failed = true;
        return 0;
    }
    return (int64_t)value;
}

int32_t read_i32(struct reader *reader)
{
    uint32_t value = read_u32(reader);
    int32_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

uint8_t read_choice(struct reader *reader, uint8_t max)
{
    uint8_t value = read_u8(reader);
    if (value > max) {
        reader->failed = true;
        return 0;
    }
    return value;
}

bool read_bool(struct reader *reader)
{
    return read_choice(reader, 1) == 1;
}

void read_raw(struct reader *reader, void *out, size_t len)
{
    const uint8_t *at = take(reader, len);
    if (at)
        memcpy(out, at, len);
    else
        memset(out, 0, len);
}

struct bytes read_text(struct reader *reader, size_t max)
{
    const struct bytes none = { "", 0 };
    size_t len = read_u32(reader);
    if (len > max) {
        reader->failed = true;
        return none;
    }
    const uint8_t *at = take(reader, len + 1);
    if (!at)
        return none;
    if (at[len] != 0) {
        reader->failed = true;
        return none;
    }
    return (struct bytes){ (const char *)at, len };
}

const void *read_items(struct reader *reader, size_t count, size_t size)
{
    if (count > reader->left / size) {
        reader->failed = true;
        return NULL;
    }
    return take(reader, count * size);
}

bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->left == 0;
}
