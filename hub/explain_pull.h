// SPDX-License-Identifier: MIT
//
// explain_pull -- who may pull a topic, in a sentence for operators.
//
// What visitor.h and the rules decide, told beforehand. Pure.

#pragma once

struct explain_facts;

// Borrowed for ever.
const char *explain_pull(const struct explain_facts *facts);
