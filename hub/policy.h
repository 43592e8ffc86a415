// SPDX-License-Identifier: MIT
//
// policy -- whose secrets stay, and what is the hub itself (S18).
//
// By name alone, so that it can be told before the request is answered. A
// domain stands for itself and all names below it, an address for itself in
// any notation. Which topics and callbacks are served say the rules (rules.h).
//
// Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct url;

// A renewal must not replace the secret of a subscription with this callback.
bool policy_pins_secret(const struct config *config, const char *callback,
                        size_t len);

// The hub would call itself: public-url or an alias, or below it. http or
// https makes no difference where both mean their usual port.
bool policy_is_own(const struct config *config, const struct url *url);
