// SPDX-License-Identifier: MIT

#include "warning.h"

#include <stddef.h>

uint32_t warning_share(uint32_t attempts, uint32_t most)
{
    static const uint32_t shares[] = { 90, 75, 50 };
    // The last one stops them, which is said in other words.
    if (attempts == 0 || attempts >= most)
        return 0;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        uint64_t mark = (uint64_t)most * shares[i];
        if ((uint64_t)attempts * 100 >= mark
            && (uint64_t)(attempts - 1) * 100 < mark)
            return shares[i];
    }
    return 0;
}

int64_t warning_kept(int64_t first_failure, int64_t now, int64_t retention)
{
    // Clocks may be set back: nobody fails since tomorrow.
    if (first_failure == 0 || first_failure > now)
        return retention;
    int64_t behind = now - first_failure;
    return behind < retention ? retention - behind : 0;
}
