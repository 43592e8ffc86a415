// SPDX-License-Identifier: MIT

#include "chunk.h"

#include "fetcher/hex.h"

enum {
    SIZE_DIGITS_MAX = 15,
    WASTE_MAX = 8192, // extensions and trailers are nobody's need
};

static enum chunk_state expect(char c, char wanted, enum chunk_state next)
{
    return c == wanted ? next : CHUNK_BROKEN;
}

static enum chunk_state after_size(const struct chunk *chunk)
{
    return chunk->left > 0 ? CHUNK_CONTENT : CHUNK_TRAILER;
}

static enum chunk_state size_byte(struct chunk *chunk, char c)
{
    int digit = hex_digit(c);
    if (digit >= 0) {
        chunk->left = chunk->left * 16 + (uint64_t)digit;
        return ++chunk->digits > SIZE_DIGITS_MAX ? CHUNK_BROKEN : CHUNK_SIZE;
    }
    if (chunk->digits == 0)
        return CHUNK_BROKEN;
    if (c == '\r')
        return CHUNK_SIZE_LF;
    return c == ';' || c == ' ' || c == '\t' ? CHUNK_EXTENSION : CHUNK_BROKEN;
}

// A bare LF ends a line for some servers and not for others: it is refused.
static enum chunk_state line_byte(char c, enum chunk_state same,
                                  enum chunk_state at_cr)
{
    if (c == '\r')
        return at_cr;
    return c == '\n' || c == '\0' ? CHUNK_BROKEN : same;
}

static enum chunk_state next_state(struct chunk *chunk, char c)
{
    switch (chunk->state) {
    case CHUNK_SIZE:
        return size_byte(chunk, c);
    case CHUNK_EXTENSION:
        return line_byte(c, CHUNK_EXTENSION, CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        return expect(c, '\n', after_size(chunk));
    case CHUNK_CR:
        return expect(c, '\r', CHUNK_LF);
    case CHUNK_LF:
        chunk->digits = 0;
        return expect(c, '\n', CHUNK_SIZE);
    case CHUNK_TRAILER:
        return line_byte(c, CHUNK_FIELD, CHUNK_LAST_LF);
    case CHUNK_FIELD:
        return line_byte(c, CHUNK_FIELD, CHUNK_FIELD_LF);
    case CHUNK_FIELD_LF:
        return expect(c, '\n', CHUNK_TRAILER);
    case CHUNK_LAST_LF:
        return expect(c, '\n', CHUNK_DONE);
    case CHUNK_CONTENT:
    case CHUNK_DONE:
    case CHUNK_BROKEN:
        break;
    }
    return CHUNK_BROKEN;
}

size_t chunk_feed(struct chunk *chunk, const char *bytes, size_t len,
                  size_t *content)
{
    size_t taken = 0;
    *content = 0;

    while (taken < len && chunk->state < CHUNK_DONE) {
        if (chunk->state == CHUNK_CONTENT) {
            size_t there = len - taken;
            *content = chunk->left < there ? (size_t)chunk->left : there;
            chunk->left -= *content;
            if (chunk->left == 0)
                chunk->state = CHUNK_CR;
            return taken + *content;
        }
        bool waste = chunk->state == CHUNK_EXTENSION
                     || chunk->state == CHUNK_TRAILER
                     || chunk->state == CHUNK_FIELD;
        if (waste && ++chunk->waste > WASTE_MAX)
            chunk->state = CHUNK_BROKEN;
        else
            chunk->state = next_state(chunk, bytes[taken++]);
    }
    return taken;
}
