// SPDX-License-Identifier: MIT
//
// tokens -- a token with its keys: its hash, its name.

#pragma once

#include "ops.h"

// What the key says, the id, is not in its record.
bool token_decode(struct bytes record, struct store_token *token);
void token_save(struct txn *txn, const struct store_token *token);
