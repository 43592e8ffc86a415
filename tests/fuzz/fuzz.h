// SPDX-License-Identifier: MIT
//
// fuzz -- the function of each target, called by libFuzzer or by seeds.c.

#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
