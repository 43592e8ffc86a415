// SPDX-License-Identifier: MIT
//
// departed -- the subscriptions that have just ended.
//
// What was read from the store a moment ago may still name one: it must not
// be sent to any more. Only the latest are remembered, some thousands; ids are
// never given twice, so that a name that stays too long does no harm. Pure.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DEPARTED_MAX = 4096 };

// All zero: nobody has.
struct departed {
    struct {
        uint64_t topic, subscription;
    } names[DEPARTED_MAX];
};

void departed_add(struct departed *departed, uint64_t topic,
                  uint64_t subscription);
bool departed_has(const struct departed *departed, uint64_t topic,
                  uint64_t subscription);
