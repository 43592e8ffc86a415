// SPDX-License-Identifier: MIT
//
// pull_socket -- what the peer of a WebSocket on the log says.
//
// Topics come and go while it is held: what he asks is taken one after the
// other, each change answered, in order, with `subscribed`, `unsubscribed` or
// `error`; a new topic is read from its own position on, the others from where
// they are. Main thread.

#pragma once

#include <stddef.h>

struct puller;

enum { PULL_SOCKET_WAITING_MAX = 200 }; // ops that wait for the one before

// A message of his; borrowed. The log's puller_source.message.
void pull_socket_message(struct puller *puller, const char *text, size_t len);

// He has left: ends what *pull_socket_slot() has become; NULL is fine.
void pull_socket_over(void *slot);
