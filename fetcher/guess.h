// SPDX-License-Identifier: MIT
//
// guess -- the charset of text that nobody labels, and that is no UTF-8.
//
// By what the bytes above ASCII look like: in Western text they stand alone
// among letters; in Chinese, Japanese and Korean in pairs, of which kana and
// Hangul have rows of their own; in Cyrillic, Hebrew and Thai in words, of
// which most letters are small ones. When in doubt it is windows-1252.

#pragma once

#include <stddef.h>

// Its label, for ever.
const char *guess_charset(const char *bytes, size_t len);
