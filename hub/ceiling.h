// SPDX-License-Identifier: MIT
//
// ceiling -- how long the body of a request may be.
//
// What people ask for is short. Only where publishers may send documents (M19)
// longer ones are read at all, so that nobody can make anything else of the
// hub take in so much. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct request;

struct ceiling {
    size_t usual;    // bytes
    size_t document; // of a POST with a document; 0: nobody may send any
};

// Of this request, of which method and path are known.
size_t ceiling_of(const struct ceiling *ceiling, const struct request *request);
