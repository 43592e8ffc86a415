// SPDX-License-Identifier: MIT

#include "mailbox_scope.h"

#include "visitor.h"

bool mailbox_scope_covers(const struct config *config,
                          const struct visitor *visitor,
                          const struct store_listen *listens, size_t count)
{
    // A ticket names the mailbox; what that may hold is up to who gave it.
    visitor = visitor_giver(visitor);
    for (size_t i = 0; i < count; i++) {
        const struct bytes *normal = &listens[i].normal;
        bool covered =
            listens[i].topic == 0
                ? visitor_may_match(visitor, config, normal->at, normal->len)
                : visitor_may_read(visitor, config, normal->at, normal->len,
                                   STORE_REACH_UNTOLD);
        if (!covered)
            return false;
    }
    return true;
}
