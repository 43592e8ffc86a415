// SPDX-License-Identifier: MIT
//
// rules -- what operators want, as rows.

#pragma once

#include "ops.h"

void rule_encode(struct writer *writer, const struct store_rule *rule);
bool rule_decode(struct bytes record, struct store_rule *rule);
// By kind, subject and value. False: no memory.
bool rule_key(struct key *key, const struct store_rule *rule);
void rule_save(struct txn *txn, const struct key *key,
               const struct store_rule *rule);
