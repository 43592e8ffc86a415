// SPDX-License-Identifier: MIT
//
// postbox -- what a hub asks of its store about mailboxes, in one line each;
// as scene.h.

#pragma once

#include "scene.h"
#include "storage/mailbox.h"

enum { POSTBOX_OWNER = 7 };

// A definition with everything sensible, to be changed before it is run.
struct store_put_mailbox postbox_asks(const char *name, enum store_ack ack);
// Runs it. Returns the mailbox's id.
uint64_t postbox_put(struct session *session, struct store_put_mailbox *put);
uint64_t postbox_make(struct session *session, const char *name,
                      enum store_ack ack);

struct store_listen postbox_topic(const char *url);
struct store_listen postbox_prefix(const char *prefix);
// Listen from now on. Strings are lost.
struct store_listen postbox_listen(struct session *session, uint64_t mailbox,
                                   struct store_listen listen);
struct store_listen postbox_listen_since(struct session *session,
                                         uint64_t mailbox,
                                         struct store_listen listen,
                                         enum store_since since,
                                         uint64_t value);

// Strings stay until store_release(). False: there is none.
bool postbox_look(struct session *session, uint64_t mailbox,
                  struct store_read_mailbox *out);

struct store_collect postbox_reads(uint64_t mailbox, uint64_t ack);
// Runs it, and compares bodies, told as "one two three". Returns the place.
uint64_t postbox_expect(struct session *session, struct store_collect collect,
                        const char *bodies);
// What was lost in all of it.
uint64_t postbox_lost(const struct store_collect *collect);
void postbox_ack(struct session *session, uint64_t mailbox, uint64_t number);

// One mark on a letter. Returns its result.
enum store_status postbox_mark(struct session *session, uint64_t mailbox,
                               enum store_mark mark,
                               const struct store_letter *letter,
                               int64_t delay);
