// SPDX-License-Identifier: MIT

#include "breaker.h"

enum breaker_sign breaker_sign(unsigned status, bool tried)
{
    if (!tried)
        return BREAKER_NOTHING;
    if (status == 0 || status == 429 || (status >= 502 && status <= 504))
        return BREAKER_DEAD;
    return BREAKER_ALIVE;
}
