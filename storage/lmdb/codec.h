// SPDX-License-Identifier: MIT
//
// writer, reader -- the fields of a record, one after the other, bounded.
//
// Numbers are little-endian and of fixed width. Text is its length in 32
// bits, its bytes, and a NUL that the length does not count, so that a copied
// record can be handed out field by field without another copy.
//
// Both carry their own error: after the first field that does not fit, every
// later call does nothing (a reader answers zeroes), and the caller asks once
// at the end.

#pragma once

#include "storage/store.h"

struct writer {
    uint8_t *at;
    size_t size, used;
    bool failed;
};

void writer_init(struct writer *writer, void *buffer, size_t size);
void write_u8(struct writer *writer, uint8_t value);
void write_u32(struct writer *writer, uint32_t value);
void write_u64(struct writer *writer, uint64_t value);
void write_i64(struct writer *writer, int64_t value);
void write_bool(struct writer *writer, bool value);
// `len` bytes as they are, without a length.
void write_raw(struct writer *writer, const void *at, size_t len);
void write_text(struct writer *writer, struct bytes text);
// What write_text() takes up.
size_t text_size(struct bytes text);
// What was written so far.
struct bytes writer_bytes(const struct writer *writer);

struct reader {
    const uint8_t *at;
    size_t left;
    bool failed;
};

void reader_init(struct reader *reader, struct bytes record);
uint8_t read_u8(struct reader *reader);
uint32_t read_u32(struct reader *reader);
uint64_t read_u64(struct reader *reader);
// A time or a length: below zero fails.
int64_t read_time(struct reader *reader);
// HTTP statuses and reasons, of any sign.
int32_t read_i32(struct reader *reader);
// Anything but 0 and 1 fails.
bool read_bool(struct reader *reader);
// A number from 0 to `max`.
uint8_t read_choice(struct reader *reader, uint8_t max);
void read_raw(struct reader *reader, void *out, size_t len);
// Borrowed from the record. Longer than `max` or without its NUL fails.
struct bytes read_text(struct reader *reader, size_t max);
// Borrowed: `count` items of `size` bytes each.
const void *read_items(struct reader *reader, size_t count, size_t size);
// Nothing failed and nothing is left over.
bool reader_done(const struct reader *reader);
