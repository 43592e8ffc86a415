// SPDX-License-Identifier: MIT

#include "controls.h"

#include <string.h>

static bool is_control(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n';
}

bool controls_are_absent(const char *text, size_t len)
{
    enum { BLOCK = 64 };
    // In blocks, for which a compiler finds vector instructions.
    size_t at = 0;
    for (; len - at >= BLOCK; at += BLOCK) {
        unsigned char bad = 0;
        for (size_t i = 0; i < BLOCK; i++) {
            unsigned char c = (unsigned char)text[at + i];
            bad |= (unsigned char)(is_control(c) ? 1 : 0);
        }
        if (bad != 0)
            return false;
    }
    for (; at < len; at++)
        if (is_control((unsigned char)text[at]))
            return false;
    for (const char *next = text;; next++) {
        next = memchr(next, '\xEF', len - (size_t)(next - text));
        if (next == NULL)
            return true;
        if (len - (size_t)(next - text) >= 3 && next[1] == '\xBF'
            && (next[2] == '\xBE' || next[2] == '\xBF'))
            return false;
    }
}
