// SPDX-License-Identifier: MIT

#include "base64.h"

#include <limits.h>
#include <openssl/evp.h>

size_t base64_size(size_t len)
{
    return (len + 2) / 3 * 4 + 1;
}

size_t base64_write(struct bytes bytes, char *out)
{
    int len = EVP_EncodeBlock((unsigned char *)out,
                              (const unsigned char *)bytes.at, (int)bytes.len);
    return len > 0 ? (size_t)len : 0;
}

static bool is_digit(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')
           || (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';
}

// libcrypto takes blanks at both ends, and padding anywhere.
static bool is_sound(const char *text, size_t len)
{
    size_t digits = 0;
    while (digits < len && is_digit(text[digits]))
        digits++;
    return len % 4 == 0 && len <= INT_MAX && len - digits <= 2
           && (len - digits < 1 || text[len - 1] == '=')
           && (len - digits < 2 || text[len - 2] == '=');
}

bool base64_read(const char *text, size_t len, char *out, size_t *size)
{
    *size = 0;
    if (!is_sound(text, len))
        return false;
    if (len == 0)
        return true;
    // It counts the padding as bytes.
    int got = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)text,
                              (int)len);
    if (got != (int)(len / 4 * 3))
        return false;
    *size = (size_t)got - (text[len - 1] == '=') - (text[len - 2] == '=');
    return true;
}
