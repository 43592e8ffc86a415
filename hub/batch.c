// SPDX-License-Identifier: MIT

#include "batch.h"

bool batch_has_news(const struct batch *batch)
{
    return batch->count > 0 || batch->gap_count > 0
           || batch->loss == BATCH_EPOCH || batch->scope_changed;
}
