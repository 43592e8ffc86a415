// SPDX-License-Identifier: MIT
//
// noise_list -- the rules that hold unless an operator says otherwise.

#pragma once

#include "noise.h"

enum noise_kind {
    NOISE_ELEMENT,
    NOISE_ATTRIBUTE,
    NOISE_PARAMETER,
    NOISE_IMAGE,
    NOISE_LINK,
    NOISE_KINDS
};

struct noise_rule {
    enum noise_kind kind;
    const char *uri;  // of an element or attribute
    const char *name; // also a parameter, or HOST/PATH
};

// For ever. Of each kind the rules stand together, kinds in their order.
const struct noise_rule *noise_list(size_t *count);
