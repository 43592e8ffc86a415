// SPDX-License-Identifier: MIT

#include "lease.h"

int64_t lease_granted(int64_t asked, int64_t min, int64_t usual, int64_t max)
{
    if (asked < 1)
        return usual;
    if (asked > max / 1000)
        return max;
    int64_t granted = asked * 1000;
    return granted < min ? min : granted;
}
