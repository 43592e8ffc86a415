// SPDX-License-Identifier: MIT
//
// origin_hash -- a number for the origin of a URL, for tables of fixed size.

#pragma once

#include <stdint.h>

// Of scheme://host:port of a normalised URL; never 0. With a key that nobody
// outside knows, nobody can aim at a place of the table.
uint64_t origin_hash(uint64_t key, const char *url);
