// SPDX-License-Identifier: MIT
//
// ops -- the operations of the store, each as one function.
//
// A function runs inside a transaction that others begin and end: the
// writer's, which many operations share, or a reader's. It answers its own
// status; a failure of the transaction or of an arena overrides that, so it
// simply returns (anything) when a step says no. An operation that answers
// anything but STORE_OK must not have written.

#pragma once

#include "arena.h"
#include "claims.h"
#include "crowds.h"
#include "pairs.h"
#include "records.h"
#include "storage/mailbox.h"
#include "storage/steering.h"
#include "txn.h"

struct engine_context {
    struct txn *txn;
    struct claims *claims;
    struct pairs *pairs;   // the writer's; NULL in a reader
    struct crowds *crowds; // the same
    // Subscriptions by origin; the same, and NULL without a ceiling for them.
    struct crowds *origins;
    const struct store_options *options;
    int64_t now; // unix ms
    // What output fields point at; goes to the operation.
    struct arena results;
    // Until the operation ends; what is loaded in order to be written again.
    struct arena scratch;
    // The writer's: of this transaction, stored with its commit. Readers:
    // as of the snapshot.
    struct counters counters;
    // The writer's: bytes that operations which only add may still take.
    int64_t room;
    int64_t reserve; // kept back from those, bytes
    // Set by a writer that has written nothing although it is STORE_OK: no
    // commit is needed for its sake.
    bool idle;
    // Set by a writer that has written although it is not STORE_OK.
    bool wrote;
    // Set by an operation in a reader that would have to write: the writer
    // runs it once more.
    bool deferred;
    // Only for STATS.
    uint64_t commits, operations;
};

// Whether an operation that makes the store grow by about so much may go on;
// else it answers STORE_FULL, so that what settles and removes still fits.
// Counts as taken if so.
bool engine_admits(struct engine_context *context, uint64_t bytes);
// The same for what concerns a subscription that exists, which may take half
// of the reserve, too: it goes on when nothing new can begin (S20).
bool engine_admits_existing(struct engine_context *context, uint64_t bytes);

// Writers.
enum store_status op_take(struct engine_context *context,
                          struct store_take *op);
enum store_status op_release(struct engine_context *context,
                             struct store_release_claim *op);
enum store_status op_settle(struct engine_context *context,
                            struct store_settle *op);
enum store_status op_ping(struct engine_context *context,
                          struct store_ping *op);
enum store_status op_put_chunk(struct engine_context *context,
                               struct store_put_chunk *op);
enum store_status op_publish(struct engine_context *context,
                             struct store_publish *op);
enum store_status op_checkpoint(struct engine_context *context,
                                struct store_checkpoint *op);
enum store_status op_record(struct engine_context *context,
                            struct store_record *op);
enum store_status op_expire(struct engine_context *context,
                            struct store_expire *op);
enum store_status op_trim(struct engine_context *context,
                          struct store_trim *op);
enum store_status op_remove(struct engine_context *context,
                            struct store_remove *op);
enum store_status op_tell(struct engine_context *context,
                          struct store_tell *op);
enum store_status op_choose(struct engine_context *context,
                            struct store_choose *op);
enum store_status op_keep_lane(struct engine_context *context,
                               struct store_keep_lane *op);
enum store_status op_pause(struct engine_context *context,
                           struct store_pause *op);
enum store_status op_resend(struct engine_context *context,
                            struct store_resend *op);
// Writes nothing, but only the writer knows what waits for a pair.
enum store_status op_find(struct engine_context *context,
                          struct store_find *op);
enum store_status op_put_token(struct engine_context *context,
                               struct store_put_token *op);
enum store_status op_remove_token(struct engine_context *context,
                                  struct store_remove_token *op);
enum store_status op_put_mailbox(struct engine_context *context,
                                 struct store_put_mailbox *op);
enum store_status op_listen(struct engine_context *context,
                            struct store_listen_op *op);
enum store_status op_remove_mailbox(struct engine_context *context,
                                    struct store_remove_mailbox *op);
enum store_status op_mark_letters(struct engine_context *context,
                                  struct store_mark_letters *op);
enum store_status op_seek(struct engine_context *context,
                          struct store_seek *op);
enum store_status op_expire_mailboxes(struct engine_context *context,
                                      struct store_expire_mailboxes *op);
enum store_status op_put_rule(struct engine_context *context,
                              struct store_put_rule *op);
enum store_status op_remove_rule(struct engine_context *context,
                                 struct store_remove_rule *op);
enum store_status op_keep_topic(struct engine_context *context,
                                struct store_keep_topic *op);
enum store_status op_drop_topic(struct engine_context *context,
                                struct store_drop_topic *op);
enum store_status op_extend(struct engine_context *context,
                            struct store_extend *op);
enum store_status op_grant(struct engine_context *context,
                           struct store_grant *op);

// These run in a reader first, where most have nothing to write and need
// not wait for the writer.
enum store_status op_follow(struct engine_context *context,
                            struct store_follow *op);
enum store_status op_touch_mailbox(struct engine_context *context,
                                   struct store_touch_mailbox *op);
enum store_status op_collect(struct engine_context *context,
                             struct store_collect *op);

// Readers.
// These two begin the reader themselves, under the lock of the claims.
enum store_status op_claim(struct engine_context *context,
                           struct store_claim *op);
enum store_status op_claim_lane(struct engine_context *context,
                                struct store_claim_lane *op);
enum store_status op_page_lanes(struct engine_context *context,
                                struct store_page_lanes *op);
enum store_status op_page_lagging(struct engine_context *context,
                                  struct store_page_lagging *op);
enum store_status op_status(struct engine_context *context,
                            struct store_request_status *op);
enum store_status op_topics(struct engine_context *context,
                            struct store_topics *op);
enum store_status op_page_topics(struct engine_context *context,
                                 struct store_page_topics *op);
enum store_status op_read_entries(struct engine_context *context,
                                  struct store_read_entries *op);
enum store_status op_read_body(struct engine_context *context,
                               struct store_read_body *op);
enum store_status op_missed(struct engine_context *context,
                            struct store_missed *op);
enum store_status op_page_subscribers(struct engine_context *context,
                                      struct store_page_subscribers *op);
enum store_status op_walks(struct engine_context *context,
                           struct store_walks *op);
enum store_status op_events(struct engine_context *context,
                            struct store_events *op);
enum store_status op_stats(struct engine_context *context,
                           struct store_stats *op);
enum store_status op_find_token(struct engine_context *context,
                                struct store_find_token *op);
enum store_status op_page_tokens(struct engine_context *context,
                                 struct store_page_tokens *op);
enum store_status op_read_mailbox(struct engine_context *context,
                                  struct store_read_mailbox *op);
enum store_status op_page_mailboxes(struct engine_context *context,
                                    struct store_page_mailboxes *op);
enum store_status op_page_rules(struct engine_context *context,
                                struct store_page_rules *op);
