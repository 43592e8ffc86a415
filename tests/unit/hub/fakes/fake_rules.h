// SPDX-License-Identifier: MIT
//
// fake_rules -- the one book of rules of a test program.

#pragma once

#include "hub/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct rules *fake_book;

// Empty again.
static inline struct rules *fake_rules(void)
{
    rules_free(fake_book);
    fake_book = rules_new();
    assert_non_null(fake_book);
    return fake_book;
}

static inline void fake_rule(enum store_rule_kind kind, const char *domain)
{
    assert_true(rules_add(fake_book, kind, domain));
}
