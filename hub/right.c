// SPDX-License-Identifier: MIT

#include "right.h"

#include "storage/mailbox.h"

#include <stdio.h>
#include <string.h>

struct right {
    unsigned bit;
    const char *name;
};

static const struct right rights_named[] = {
    { STORE_RIGHT_PULL, "pull" },       { STORE_RIGHT_MATCH, "match" },
    { STORE_RIGHT_MAILBOX, "mailbox" }, { STORE_RIGHT_CREATE, "create" },
    { STORE_RIGHT_TICKET, "ticket" },   { STORE_RIGHT_PRESENCE, "presence" },
    { STORE_RIGHT_VIEW, "view" },       { STORE_RIGHT_ADMIN, "admin" },
};
enum { RIGHTS = sizeof rights_named / sizeof *rights_named };

unsigned right_read(const char *name, size_t len)
{
    for (size_t i = 0; i < RIGHTS; i++)
        if (strlen(rights_named[i].name) == len
            && memcmp(rights_named[i].name, name, len) == 0)
            return rights_named[i].bit;
    return 0;
}

bool right_read_list(const char *list, unsigned *rights)
{
    *rights = 0;
    for (;;) {
        size_t len = strcspn(list, ",");
        unsigned bit = right_read(list, len);
        *rights |= bit;
        if (!bit || !list[len])
            return bit != 0;
        list += len + 1;
    }
}

void right_write_list(unsigned rights, char out[RIGHT_TEXT])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < RIGHTS; i++) {
        if (!(rights & rights_named[i].bit))
            continue;
        int len = snprintf(out + used, RIGHT_TEXT - used, "%s%s",
                           used > 0 ? "," : "", rights_named[i].name);
        used += (size_t)len;
    }
}
