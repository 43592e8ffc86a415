// SPDX-License-Identifier: MIT
//
// intent_parts -- what the files that read an intent share.

#pragma once

#include <stdbool.h>

struct intent;

// Fill in why it is refused: the code is `parameter` with or without its
// "hub.", a dot and `what` (refusal.h). Always false.
__attribute__((format(printf, 5, 6))) bool intent_refuse(
    struct intent *out, unsigned status, const char *parameter,
    const char *what, const char *format, ...);
// The same for want of memory.
bool intent_fail(struct intent *out);
// The same of what url_read() says.
bool intent_refuse_url(struct intent *out, const char *name,
                       const char *problem);

// *value is NULL if it is missing. Equal duplicates are one; conflicting ones
// are refused (R10): a proxy in front may have judged the other one.
bool intent_single(struct intent *out, const char *name, const char **value);

// hub.channel.type and hub.channel.endpoint.
bool intent_read_channel(struct intent *out);
// Everything that belongs to hub.mode=publish.
bool intent_read_publish(struct intent *out);
