// SPDX-License-Identifier: MIT
//
// policy -- which topics and callbacks the operator wants (R19, S18).
//
// By name alone, so that it can be told before the request is answered: rules
// about domains, and the hub's own URL. A domain stands for itself and all
// names below it, an address for itself in any notation; what is denied is
// denied whatever is allowed. What a name resolves to is judged elsewhere
// (fetcher/guard.h), later.
//
// Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct url;

// False also of what cannot be read as a URL.
bool policy_allows_topic(const struct config *config, const char *url,
                         size_t len);
bool policy_allows_callback(const struct config *config, const char *url,
                            size_t len);

// NULL: it is allowed. Else the rule that says no, as in the configuration:
// a domain of deny-topic or deny-callback; "" where it is none of the allowed
// ones. Borrowed from the config.
const char *policy_topic_rule(const struct config *config,
                              const struct url *url);
const char *policy_callback_rule(const struct config *config,
                                 const struct url *url);

// A renewal must not replace the secret of a subscription with this callback.
bool policy_pins_secret(const struct config *config, const char *callback,
                        size_t len);

// The hub would call itself: public-url or an alias, or below it. http or
// https makes no difference where both mean their usual port.
bool policy_is_own(const struct config *config, const struct url *url);
