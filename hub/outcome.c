// SPDX-License-Identifier: MIT

#include "outcome.h"

enum outcome outcome_of_delivery(unsigned status)
{
    if (status >= 200 && status < 300)
        return OUTCOME_DELIVERED;
    if (status == 410)
        return OUTCOME_GONE;
    return OUTCOME_RETRY;
}

enum outcome_verification outcome_of_verification(unsigned status, bool echoed)
{
    if (status >= 200 && status < 300)
        return echoed ? OUTCOME_VERIFIED : OUTCOME_REFUSED;
    if (status == 408 || status == 425 || status == 429)
        return OUTCOME_LATER;
    if (status >= 300 && status < 500)
        return OUTCOME_REFUSED;
    return OUTCOME_LATER;
}
