// SPDX-License-Identifier: MIT

#include "content_name.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
    [STORE_CONTENT_DEFAULT] = "default",
    [STORE_CONTENT_FULL] = "full",
    [STORE_CONTENT_ENTRIES] = "entries",
    [STORE_CONTENT_EACH] = "each",
};

enum { NAMES = sizeof names / sizeof *names };

const char *content_name(enum store_content content)
{
    return (size_t)content < NAMES ? names[content] : "default";
}

bool content_name_read(const char *word, enum store_content *out)
{
    for (size_t i = 0; i < NAMES; i++) {
        if (strcmp(word, names[i]) == 0) {
            *out = (enum store_content)i;
            return true;
        }
    }
    return false;
}
