// SPDX-License-Identifier: MIT

#include "json_text.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; // U+FFFD
enum { REPLACEMENT = sizeof replacement - 1 };

static size_t mend(struct bytes text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        size_t step = utf8_character(text.at + i, text.len - i);
        const char *piece = step > 0 ? text.at + i : replacement;
        size_t piece_len = step > 0 ? step : REPLACEMENT;
        memcpy(out + len, piece, piece_len);
        len += piece_len;
        i += step > 0 ? step : 1;
    }
    return len;
}

json_t *json_text(struct bytes text)
{
    if (text.len == 0)
        return json_null();
    if (utf8_valid(text.at, text.len))
        return json_stringn_nocheck(text.at, text.len);
    char *mended = malloc(text.len * REPLACEMENT);
    if (!mended)
        return NULL;
    json_t *json = json_stringn_nocheck(mended, mend(text, mended));
    free(mended);
    return json;
}
