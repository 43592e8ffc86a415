// SPDX-License-Identifier: MIT
//
// careful -- something that a damaged file could crash, in a child.
//
// A store's file is mapped and has no checksums: what reads a damaged one may
// go anywhere. Then the child dies, and we can say why.

#pragma once

#include "storage/store.h"

#include <stdbool.h>

// What `run` answers, and the problem that it writes. If it does not come back
// the answer is false, and the problem says that the file is damaged.
bool careful(bool (*run)(void *context, struct problem *problem), void *context,
             struct problem *problem);
