// SPDX-License-Identifier: MIT
//
// store -- everything that survives a restart, as operations on the domain.
//
// An operation is a struct of the caller's: fill in its fields, submit it,
// and look at it again when its `done` is called. Every operation is atomic,
// durable when `done` says STORE_OK, and repeatable: sent a second time after
// STORE_UNKNOWN it changes nothing more (a publish carries the head it
// expects, a settlement its claim, an outcome the cursor it speaks of); only
// a ping counts again.
//
// Ownership: the struct and everything its input fields point at are borrowed
// from store_submit() until `done` has been called. What output fields point
// at belongs to the operation until store_release(), which must follow every
// `done` of an operation whose comment says "release". Both calls, and
// store_step(), belong to one thread, the owner's; only the two hooks `wake`
// and `durable` run elsewhere.
//
// Completion is always a later step: `done` runs inside store_step() and
// never inside store_submit(), also where an engine could answer at once.
// There is no order between operations that are under way at the same time,
// and no snapshot spans two of them.
//
// Time: the engine's clock stamps what is stored, in unix milliseconds, and
// never goes back. `at` of a finished operation says when it happened.
// Wake-ups are best effort; who waits for a change re-reads each second.
//
// Names: a topic and a subscription are known by number. Numbers start at 1
// and are never given twice; 0 means none. A seq counts the updates of one
// topic, an event number all updates of the store, in the order of commits:
// who has seen number g never later sees a new one below it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum store_status {
    STORE_OK,
    STORE_NOT_FOUND, // what was named does not exist (any more)
    STORE_CONFLICT,  // another head, or too many of these already
    STORE_DUPLICATE, // this was done before; nothing was changed now
    STORE_STALE,     // the claim has passed to somebody else
    STORE_AGAIN,     // not now; the same may succeed in a moment
    STORE_UNKNOWN,   // may or may not have happened: repeat it
    STORE_FULL,      // no room in the map or on the disk; nothing changed
    STORE_CORRUPT,   // a record could not be read
    STORE_INVALID,   // the operation's fields make no sense
};

// "ok", "not found", ...: for logs.
const char *store_status_name(enum store_status status);

// Ceilings of single fields; longer ones are STORE_INVALID.
enum {
    STORE_URL_MAX = 2048,
    STORE_SECRET_MAX = 199, // WebSub 5.1: less than 200 bytes
    STORE_VERIFY_TOKEN_MAX = 1024,
    STORE_HEADER_MAX = 1024, // validators, a content type
    STORE_LINKS_MAX = 4096,  // all hub links of a topic, one a line
    STORE_CHUNK = 65536,     // a larger body is put in pieces beforehand
    STORE_BODY_MAX = 1 << 30,
    STORE_PENDING_MAX = 4,   // requests of one mode for a (topic, callback)
    STORE_WAITING_MAX = 8,   // of both
    STORE_BATCH_MAX = 1024,  // items in one operation
    STORE_ALIASES_MAX = 25,  // marked with a topic that is pinged (M15)
    STORE_PLAN_MAX = 128,    // a topic's plan of polls
    STORE_RECENT_MAX = 8,    // newest updates told with the entries
    STORE_ATTEMPTS_KEPT = 4, // newest attempts told of who lags
    STORE_LANE_NAME_MAX = 300,
    STORE_STEPS_MAX = 8, // of a walk
    // That wait to be said. Beyond it, and when the store is nearly full,
    // what ends ends unsaid: those that wait are not pushed out by a flood.
    STORE_DENIALS_MAX = 65536,
};

// Bytes that need not end in NUL. In outputs one NUL always follows.
struct bytes {
    const char *at;
    size_t len;
};

// SHA-256: of a normalised URL, or of an origin (scheme://host:port).
struct store_key {
    uint8_t bytes[32];
};

// ---------------------------------------------------------------- records

enum store_mode { STORE_SUBSCRIBE = 1, STORE_UNSUBSCRIBE = 2 };

enum store_method {
    STORE_SHA1 = 1,
    STORE_SHA256 = 2,
    STORE_SHA384 = 3,
    STORE_SHA512 = 4,
};

enum store_content {
    STORE_CONTENT_DEFAULT = 0, // what the topic or the hub says
    STORE_CONTENT_FULL = 1,
    STORE_CONTENT_ENTRIES = 2,
    STORE_CONTENT_EACH = 3, // of a topic alone: every version, no latest wins
};

// What a renewal replaces as a whole (semantics, B).
struct store_profile {
    struct bytes secret; // length 0: deliveries are not signed
    enum store_method method;
    enum store_content content;
    struct bytes verify_token; // echoed in verifications; length 0: none
    bool old_client; // the request carried hub.verify or hub.verify_token
};

// A (un)subscribe that waits for its verification. It lives apart from the
// subscription it would change.
struct store_request {
    uint64_t id; // given in the order of acceptance
    enum store_mode mode;
    struct bytes topic; // exactly as given
    struct bytes callback;
    struct bytes topic_normal; // normalised spelling, for patterns
    struct store_key topic_key, callback_key, origin;
    uint64_t host;  // a number for the callback's host; 0: none
    uint64_t asker; // a number for who sent it; 0: none
    int64_t lease;  // granted length, milliseconds
    struct store_profile profile;
    int64_t accepted, deadline; // unix ms
    uint32_t tries;             // finished attempts so far
    bool renews;                // its subscription existed when it was accepted
    bool known; // claimed: something at its origin is subscribed
};

// Why a subscriber is told that the hub is not going to serve him (WebSub
// 5.2). Never a failed verification.
enum store_denial_reason {
    STORE_DENIAL_NONE = 0, // nobody is told
    STORE_DENIAL_OPERATOR = 1,
    STORE_DENIAL_POLICY = 2,
    STORE_DENIAL_TOPIC_GONE = 3,
    STORE_DENIAL_LIMIT = 4,
    STORE_DENIAL_EXPIRED = 5,
};

// A hub.mode=denied that is still to be said. It lives apart from what it
// speaks of, which is gone.
struct store_denial {
    uint64_t id;
    struct bytes topic; // both as in the latest verified request
    struct bytes callback;
    struct store_key topic_key, callback_key, origin;
    enum store_denial_reason reason;
    bool verified;  // the subscriber had once verified something
    int64_t made;   // unix ms
    uint32_t tries; // finished attempts so far
    bool moot;      // claimed: subscribed again since, so it is not to be said
};

// An attempt to deliver that did not succeed.
struct store_attempt {
    int64_t at;       // unix ms when it was recorded
    int32_t status;   // HTTP status, or a negative reason of the hub's
    uint32_t took_ms; // from its start to its end
};

struct store_subscriber {
    uint64_t topic, id;
    uint32_t rev;      // grows with each renewal
    uint64_t start;    // seq n is owed iff n > start
    int64_t lease_end; // unix ms
    bool suspended;    // state G: lease over, a renewal is being verified
    bool paused;       // by an operator: nothing is sent until it is resumed
    uint64_t request;  // that was verified last (M18); 0: not known any more
    struct bytes topic_url, callback; // as in the latest verified request
    struct store_key origin;
    struct store_profile profile;
    bool lagging;
    // Only of one that lags:
    uint64_t next;         // first seq owed
    uint32_t attempts;     // since the newest update
    uint32_t step;         // index of the next delay
    int64_t first_failure; // unix ms
    int64_t due;           // unix ms; 0: stopped
    int32_t last_status;   // HTTP status, or a negative reason of the hub's
    // It is in its origin's lane: not claimed as STORE_DUE_DELIVER, whatever
    // its `due`, but by STORE_CLAIM_LANE.
    bool waits;
    struct store_attempt last[STORE_ATTEMPTS_KEPT]; // newest first
    size_t last_count;
};

// Where deliveries to one origin wait while it is broken, paused, or has more
// due than it takes. A row exists while somebody waits there or it is paused;
// who writes down the first that waits need not make it.
struct store_lane {
    struct store_key origin;
    struct bytes name;     // "https://host:port"; length 0: nobody told
    bool paused;           // by an operator: never due
    int64_t due;           // unix ms: look at it then, at the latest
    uint32_t step;         // index of the next delay between probes
    uint32_t failures;     // deliveries in a row without a sign of life
    int64_t failing_since; // unix ms; 0: it is not failing
    int32_t last_status;   // of the last failure
};

enum store_outcome_kind {
    STORE_DELIVERED, // 2xx: everything up to `upto` has arrived
    STORE_OWED,      // not (yet): a lagging record, due at `due`
    STORE_GONE,      // 410: end the subscription if `rev` is still its rev
    STORE_REMINDED,  // a walk passed one that lags: attempts start anew
    STORE_PASSED,    // a walk did not call it (lease over, start not reached,
                     // paused): what it is owed is kept for later
};

// What became of one delivery. Outcomes of a subscription that is gone are
// ignored; those of an older rev count as far as table B says.
struct store_outcome {
    enum store_outcome_kind kind;
    uint64_t subscription;
    uint64_t topic;
    uint32_t rev;   // at the time of sending
    uint64_t token; // of the claim; 0 in a walk
    uint64_t upto;  // DELIVERED, OWED: last seq that the attempt carried
    uint64_t next;  // OWED: first seq owed
    uint32_t attempts, step;
    int64_t due; // OWED: unix ms; 0: give up until the next update
    int32_t status;
    // OWED, and REMINDED of one that would be due now: it waits in its
    // origin's lane instead. Not with `due` 0.
    bool waits;
    bool tried;       // OWED, GONE: an attempt ended so: it is kept in `last`
    uint32_t took_ms; // with `tried`
};

enum store_verdict {
    STORE_FETCH_FAILED = 1,    // validators stay
    STORE_FETCH_UNCHANGED = 2, // a 304, or nothing new in a 200
    STORE_FETCH_BASELINE = 3,  // learnt what is old: pullers get it, webhooks
                               // start after it (M7, M12)
    STORE_FETCH_UPDATE = 4,    // a new update for everybody
};

// Where a document came from (M20).
enum store_reach {
    STORE_REACH_UNTOLD = 0,
    STORE_REACH_PUBLIC = 1, // anybody could have fetched it
    STORE_REACH_INSIDE = 2, // only who is let in by allow-address
};

enum store_update_kind {
    STORE_UPDATE_ENTRIES = 1,      // entries are new or changed
    STORE_UPDATE_FEED_LEVEL = 2,   // only what surrounds them
    STORE_UPDATE_REMOVAL_ONLY = 3, // only that some are gone
    STORE_UPDATE_WHOLE = 4,        // not a feed that can be cut
};

enum store_body { STORE_WHOLE = 0, STORE_DELTA = 1 };

// One remembered entry of a document (M14); id all zero is the document.
struct store_entry {
    uint8_t id[16], content[16];
    uint64_t seq;  // the update that brought it
    uint32_t seen; // day number (unix days) it was last in the document
};

struct store_topic {
    uint64_t id;
    uint64_t incarnation;            // random; numbers compare within one (M8)
    struct bytes url, url_normal;    // as its creator spelt it; normalised
    struct bytes self;               // discovered; length 0: none
    struct bytes hubs;               // discovered, one a line; length 0: none
    struct bytes etag, modified;     // validators of the last 200
    struct bytes moved;              // remembered redirect; length 0: none
    int64_t modified_seen;           // Date of the answer that carried it, ms
    uint64_t head;                   // seq of the newest update; 0: none
    uint64_t baseline;               // seq of the newest baseline; 0: none
    int64_t baseline_at;             // when that was settled, unix ms
    bool baseline_owed;              // it was not delivered to webhooks (M12)
    uint64_t removed;                // bodies up to this seq are gone
    uint64_t body_bytes;             // kept bodies of this topic
    uint32_t dirty;                  // generation: grows with each ping
    uint32_t fetched;                // generation the last settled fetch saw
    uint32_t failures;               // fetches failed in a row
    int64_t failing_since;           // unix ms; 0: it is not failing
    int32_t last_status;             // HTTP, or a negative reason of the hub's
    uint32_t gone;                   // 410s since anything else but failures
    int64_t gone_since;              // unix ms of the first of them; 0: none
    int64_t last_fetch, last_update; // unix ms; 0: never
    int64_t fetch_due;               // unix ms; 0: no fetch is planned
    int64_t pulled_until;            // pull interest lives until, unix ms
    enum store_reach reach;          // how it was fetched last (M20)
    uint64_t listeners;              // mailboxes that listen to it
    bool kept;                       // followed because an operator wants it
    int64_t poll_every;              // ms, an operator's; 0: as learnt; -1: it
                                     // is never polled, but pings count
    int64_t unfollowed_at;           // unix ms; 0: it is followed
    uint64_t subscriptions;          // webhooks
    enum store_content content;      // the operator's choice for this topic
    struct bytes plan;               // of its polls, not the store's to read
};

// Serves everyone (cursor, to]. Where a walk meets a newer head on its way, it
// goes on with that, and those it has served before are a step behind; at the
// end of the ids it begins again with the first of them (M1).
struct store_step {
    uint64_t last;   // ids up to here, after those of the step before,
    uint64_t cursor; // had this before
};
struct store_walk {
    uint64_t topic;
    uint64_t from, to; // ids beyond all steps had `from` before
    uint64_t start;    // where this sweep began to carry `to`
    uint64_t position; // ids after `start` and up to this are settled
    size_t step_count;
    struct store_step steps[STORE_STEPS_MAX]; // all zero beyond the count
};

// What one who does not lag is taken to have; his own start may be above it.
uint64_t store_walk_cursor(const struct store_walk *walk,
                           uint64_t subscription);
// Ids above this have got `to` already: the walk need not go on to them.
uint64_t store_walk_goal(const struct store_walk *walk);

struct store_event {
    uint64_t number; // of the event, store-wide
    uint64_t topic, seq;
    uint64_t incarnation; // of the topic: seqs compare within one (M8)
    uint64_t previous;    // seq before it for this reader; 0: none
    int64_t time;         // unix ms
    enum store_update_kind kind;
    struct bytes content_type;
    struct bytes self, hubs;
    bool delta;        // body is the cut document
    bool on_request;   // the cut one is only for who asks for entries (M3)
    struct bytes body; // length 0 also if bodies were not asked for
    uint64_t size;     // of the body, in bytes
    struct bytes url;  // of the topic as its creator spelt it; with prefixes,
                       // and of letters
};

// ------------------------------------------------------------- operations

enum store_verb {
    STORE_TAKE = 1,
    STORE_CLAIM,
    STORE_RELEASE,
    STORE_SETTLE,
    STORE_PING,
    STORE_TOPICS,
    STORE_PAGE_TOPICS,
    STORE_READ_ENTRIES,
    STORE_PUT_CHUNK,
    STORE_PUBLISH,
    STORE_READ_BODY,
    STORE_MISSED,
    STORE_PAGE_SUBSCRIBERS,
    STORE_CHECKPOINT,
    STORE_RECORD,
    STORE_WALKS,
    STORE_EVENTS,
    STORE_FOLLOW,
    STORE_EXPIRE,
    STORE_TRIM,
    STORE_REMOVE,
    STORE_TELL,
    STORE_FIND,
    STORE_STATS,
    STORE_CHOOSE,
    STORE_CLAIM_LANE,
    STORE_KEEP_LANE,
    STORE_PAGE_LANES,
    STORE_PAGE_LAGGING,
    STORE_PAUSE,
    STORE_RESEND,
    STORE_STATUS,
    // These are in mailbox.h:
    STORE_PUT_MAILBOX,
    STORE_LISTEN,
    STORE_READ_MAILBOX,
    STORE_PAGE_MAILBOXES,
    STORE_REMOVE_MAILBOX,
    STORE_TOUCH_MAILBOX,
    STORE_COLLECT,
    STORE_MARK_LETTERS,
    STORE_SEEK,
    STORE_EXPIRE_MAILBOXES,
    STORE_PUT_TOKEN,
    STORE_FIND_TOKEN,
    STORE_REMOVE_TOKEN,
    STORE_PAGE_TOKENS,
    // These are in steering.h:
    STORE_PUT_RULE,
    STORE_REMOVE_RULE,
    STORE_PAGE_RULES,
    STORE_KEEP_TOPIC,
    STORE_DROP_TOPIC,
    STORE_EXTEND,
    STORE_GRANT,
};

// First member of every operation. The caller zeroes it but for what it
// needs; `verb` says which struct it is the head of.
struct store_op {
    enum store_verb verb;
    void (*done)(struct store_op *op);
    // NULL, or called on the engine's own thread as soon as the operation is
    // durable (only with STORE_OK), before `done`: for a ready reply that
    // must not wait for the owner. It may only hand over a message.
    void (*durable)(struct store_op *op);
    void *context; // the caller's
    // Answers:
    enum store_status status;
    int64_t at; // engine's clock, unix ms
    // The engine's:
    struct store_op *link;
    void *results;
};

// Accept a (un)subscribe request (M18: also one that changes nothing commits
// a record). `request` in: all but id, accepted, tries, renews and known;
// deadline is the length in ms. CONFLICT: STORE_PENDING_MAX other subscribes
// wait for this key (an unsubscribe beyond so many is IDLE, whether there is
// something or not: a refusal would tell), or, with STORE_TAKEN_CROWDED, too
// many new ones for this host: more than options.pending_per_host, or twenty
// times that if something at its origin is subscribed; or more than a quarter
// of these, and than one, are of this asker. A request about an existing
// subscription is never refused for that, nor counted. The same answer has a
// new subscription at an origin with options.subscriptions_per_origin of them.
// FULL: also when max_topics or max_subscriptions leaves no place for a new one
// (S20); what exists can still be renewed and ended.
enum store_taken {
    STORE_TAKEN_NEW,     // will be claimed, due now: as STORE_DUE_RENEW if
                         // request.renews, else as STORE_DUE_VERIFY
    STORE_TAKEN_JOINED,  // an identical one waits already, and nothing else
                         // was asked for this key since
    STORE_TAKEN_IDLE,    // unsubscribe of what does not exist: no GET follows;
                         // it is written like any other, and soon forgotten.
                         // Or there are unsubscribes enough already
    STORE_TAKEN_CROWDED, // with CONFLICT alone
};
struct store_take {
    struct store_op op;
    struct store_request request;
    enum store_taken taken;
    uint64_t id;
    bool renews; // out: as in the record
};

// Work that is due. Each kind is claimed by itself.
enum store_due_kind {
    STORE_DUE_VERIFY = 1,  // items are requests for something new
    STORE_DUE_DELIVER = 2, // lagging subscribers
    STORE_DUE_FETCH = 3,   // topics
    STORE_DUE_TRIM = 4,    // topics
    STORE_DUE_RENEW = 5,   // requests about a subscription that exists
    STORE_DUE_DENY = 6,    // denials
    // 7 is the engine's own
    STORE_DUE_LANE = 8, // lanes that are not paused
};

struct store_claimed {
    uint64_t token; // names this claim in the settlement
    union {
        struct store_request request;
        struct store_subscriber subscriber;
        struct store_topic topic;
        struct store_denial denial;
        struct store_lane lane;
    };
};

// Claim up to `max` (0 asks for next_due alone) that are due, longest overdue
// first. What is claimed comes back by itself after `hold_ms`, or when the
// claimer dies. Release.
struct store_claim {
    struct store_op op;
    enum store_due_kind kind;
    size_t max;
    int64_t hold_ms;
    size_t count;
    struct store_claimed *items;
    int64_t next_due; // earliest unclaimed one left, unix ms; INT64_MAX: none
};

// Claim up to `max` of those that wait in a lane, whatever their due times,
// by (topic, id) after (after_topic, after), which are answers too: so far it
// has looked. Suspended and paused ones are passed over, claimed ones too, of
// which it looks at no more than some thousand; so count may be less than max
// without `end`. Nobody is claimed in a lane that is paused. Items as of
// STORE_DUE_DELIVER: an outcome with the token settles each, one that `waits`
// puts it back. Release.
struct store_claim_lane {
    struct store_op op;
    struct store_key origin;
    uint64_t after_topic, after;
    size_t max;
    int64_t hold_ms;
    size_t count;
    struct store_claimed *items;
    bool end;   // nobody waits after that, or it is paused
    bool empty; // nobody waits there at all
};

// Write down how a lane stands, `lane` but for `paused` (due 0: now; a name of
// length 0: as it was); or take its row away if nobody waits there and it is
// not paused. Ends the claim `token` (0: there is none); what has made the lane
// due earlier since it was claimed (a renewal, an operator) is not put off.
// STALE: the claim was not ours any more; nothing was changed.
struct store_keep_lane {
    struct store_op op;
    struct store_lane lane;
    uint64_t token;
    bool kept; // the row is there, `due` and `paused` are as in it
};

// All lanes, by origin. Release.
struct store_page_lanes {
    struct store_op op;
    bool from_start;
    struct store_key after; // unless from_start
    size_t max;
    size_t count;
    struct store_lane *items;
    bool end;
};

// Those who lag, by (topic, id) after (after_topic, after), of one topic
// (topic != 0) or of all. Looks at no more than some thousand at a time, so
// count may be 0 without `end`: go on after (after_topic, after), which are
// answers too. Release.
enum store_lagging_set {
    STORE_LAGGING_TRIED = 1,   // due now or later
    STORE_LAGGING_STOPPED = 2, // after the last attempt
    STORE_LAGGING_WAITING = 4, // in a lane
    STORE_LAGGING_PAUSED = 8,  // the subscription is paused
};
struct store_page_lagging {
    struct store_op op;
    unsigned set;   // of enum store_lagging_set
    uint64_t topic; // 0: all
    uint64_t after_topic, after;
    size_t max;
    size_t count;
    struct store_subscriber *items;
    bool end;
};

// An operator stops deliveries, or lets them go on: to one subscription
// (subscription != 0), to one origin (origin_name not empty), or all. It
// survives a restart. What is due is due at once when it goes on. The store
// only remembers that all are paused (struct store_numbers): the caller is it
// who does not send. NOT_FOUND: there is no such subscription. DUPLICATE: it
// is so already.
struct store_pause {
    struct store_op op;
    uint64_t topic, subscription;
    struct store_key origin;
    struct bytes origin_name;
    bool all;
    bool paused;
};

// An operator sets cursors back: of one subscription, or of up to `max` of the
// topic with ids after `after`. What was stored at or after `since` (0: the
// newest update alone) is owed again, due now, or when the pause is over; of
// one who waits the lane is due now. Attempts start anew, and what comes of
// one that began before does not count. Who is owed more already stays as he
// is, but is due. NOT_FOUND: no such subscription, or no update since then
// that he would be owed.
struct store_resend {
    struct store_op op;
    uint64_t topic, subscription;
    int64_t since;  // unix ms
    uint64_t after; // in and out
    size_t max;
    size_t count; // cursors set
    bool end;
};

// What has become of an accepted request (M18). A verified one leads to its
// subscription until a later one is verified for the same pair. Release.
enum store_request_state {
    STORE_REQUEST_UNKNOWN, // never was, failed, or is long over
    STORE_REQUEST_PENDING,
    STORE_REQUEST_VERIFIED, // `subscriber` is what it leads to
    STORE_REQUEST_ENDED,    // a verified unsubscribe, or what it had led to
                            // has ended, or is led to by a later one; told
                            // for a day, or until 65,536 others have ended
};
struct store_request_status {
    struct store_op op;
    uint64_t request;
    enum store_request_state state;
    struct store_subscriber subscriber;
};

// Give a claim back unused: due again at `due` (0: at its old time).
struct store_release_claim {
    struct store_op op;
    enum store_due_kind kind;
    uint64_t id;    // request; subscription; topic; denial. Not of lanes
    uint64_t topic; // of a subscription
    uint64_t token;
    int64_t due;
};

// How an attempt to verify ended: table B of the semantics.
enum store_verification {
    STORE_VERIFIED = 1,
    STORE_VERIFY_LATER = 2,  // try again at `due`
    STORE_VERIFY_FAILED = 3, // for good
    STORE_VERIFY_DENIED = 4, // not asked: the hub does not want it
};
enum store_effect {
    STORE_EFFECT_NONE,    // the request was gone, or it changes nothing
    STORE_EFFECT_ACTIVE,  // a new subscription
    STORE_EFFECT_RENEWED, // an old one has the request's profile and lease
    STORE_EFFECT_ENDED,   // unsubscribed
    STORE_EFFECT_FAILED,  // the request is dropped
    STORE_EFFECT_LATER,   // it waits
    STORE_EFFECT_REFUSED, // max_topics or max_subscriptions is reached; a
                          // denial (LIMIT) is due
    STORE_EFFECT_DENIED,  // as FAILED, and a denial (`reason`) is due
};
// STALE: the claim was not ours any more.
struct store_settle {
    struct store_op op;
    uint64_t request, token;
    enum store_verification verdict;
    int64_t sent_at; // unix ms: the lease counts from here (WebSub 5.3.1)
    int64_t lease;   // as announced, ms
    int64_t due;     // LATER
    enum store_denial_reason reason; // DENIED
    // VERIFIED: a renewal with another secret than the subscription has is as
    // failed (the operator has pinned it).
    bool keep_secret;
    enum store_effect effect;
    uint64_t topic, subscription;
    bool topic_new;       // just created, or followed again: fetch it (M7)
    bool profile_changed; // a renewal replaced the profile by another
};

// A publisher pinged these. For each that is followed: dirty + 1, due now;
// the same for its aliases (M15): the topics whose discovered self it is, and
// the one that is its own self, one hop, at most STORE_ALIASES_MAX, and only
// those of the same origin or that name each other. Duplicates count once. The
// one operation that counts again when it is repeated: that costs a fetch, and
// loses nothing.
struct store_ping {
    struct store_op op;
    const struct store_key *keys;
    size_t count; // 1..STORE_BATCH_MAX
    size_t known; // how many are followed, or have an alias that is
};

// Look topics up by key (keys != NULL) or by number. items[i] answers the
// i-th question; id 0: there is none. Release.
struct store_topics {
    struct store_op op;
    const struct store_key *keys;
    const uint64_t *ids;
    size_t count;
    struct store_topic *items;
};

// Topics by number after `after`, or, with a prefix (of the normalised URL),
// in the order of URLs after the topic `after`. Release.
struct store_page_topics {
    struct store_op op;
    uint64_t after;
    struct bytes prefix;
    size_t max;
    size_t count;
    struct store_topic *items;
    bool end;
};

// What is remembered of a topic's document, in the order it was given; and
// its newest updates, the newest first, as far as they were stored at or after
// `since` (M6). Release.
struct store_version {
    uint64_t seq;
    int64_t time;       // unix ms
    uint8_t digest[16]; // as published; all zero: it was not told
};
struct store_read_entries {
    struct store_op op;
    uint64_t topic;
    int64_t since; // unix ms
    size_t count;
    struct store_entry *items;
    struct store_version recent[STORE_RECENT_MAX];
    size_t recent_count;
};

// Put one piece (at most STORE_CHUNK bytes, all but the last exactly that) of
// a body for seq `seq`, which must be head + 1. Invisible until the publish
// names its size; swept at start if that never comes.
struct store_put_chunk {
    struct store_op op;
    uint64_t topic, seq;
    enum store_body which;
    uint32_t index;
    struct bytes piece;
};

// Settle a fetch, all in one transaction (M5): outcome, validators, entries,
// update and walk; the dirty mark falls if `generation` is still current,
// else the topic stays due. CONFLICT: the head is not `expected_head`; make
// the diff again. DUPLICATE: this very update is already there.
// Token 0 is for a document that came without a fetch (M19): only with the
// verdict UPDATE, and the topic's claim, dirty mark, due time, failures and
// validators stay as they are. NOT_FOUND: nobody follows the topic.
struct store_new_body {
    struct bytes inlined; // up to STORE_CHUNK bytes
    uint64_t chunked;     // or the size of what was put in chunks
};
struct store_publish {
    struct store_op op;
    uint64_t topic, token;
    uint32_t generation; // topic.dirty when the fetch started
    uint64_t expected_head;
    enum store_verdict verdict;
    int64_t due;    // next fetch, unix ms, if nothing pinged since; 0: none
    int32_t status; // as store_topic.last_status
    bool new_plan;
    struct bytes plan;      // at most STORE_PLAN_MAX
    enum store_reach reach; // UNTOLD: as it was
    // From here on only with verdicts other than FAILED:
    bool new_validators;
    struct bytes etag, modified, moved;
    int64_t modified_seen;
    bool new_links;
    struct bytes self, hubs;
    // Only with new_links: of the normalised self; all zero: it has none, or
    // it is the topic itself.
    struct store_key self_key;
    bool self_same_origin; // as the topic's URL
    bool new_entries;      // replace what is remembered
    const struct store_entry *entries;
    size_t entry_count;
    // Only BASELINE and UPDATE:
    enum store_update_kind kind;
    struct bytes content_type;
    const uint8_t (*changed)[16]; // ids of new and changed entries
    size_t changed_count;
    struct store_new_body whole, delta; // delta of size 0: there is none
    bool on_request;        // the delta is only for who asks for entries (M3)
    uint8_t digest[16];     // of what the document says (M6)
    bool delivers_baseline; // UPDATE: this is M12's one-time delivery
    uint64_t seq, number;   // out
    bool walk_began;        // out: the walk is `walk`
    struct store_walk walk;
};

// One body of one update, whole. NOT_FOUND: never was or retention took it.
// Release.
struct store_read_body {
    struct store_op op;
    uint64_t topic, seq;
    enum store_body which;
    struct bytes body;
    struct bytes content_type, self, hubs;
    enum store_update_kind kind;
    bool on_request;
    int64_t time;
    uint64_t number;
};

// What a subscriber with cursor `from` has missed up to `to` (M13): the
// union of the ids that the updates in (from, to] brought. Release.
struct store_missed {
    struct store_op op;
    uint64_t topic, from, to;
    size_t count;
    const uint8_t (*ids)[16];
    const uint64_t *seqs; // for each id the newest of them that brought it
    uint64_t updates;     // in the span, baselines not counted
    bool complete;        // false: a record of the span is gone
    bool all_cuttable;    // each of them has a delta body still
    bool on_request;      // one of these deltas is only for who asks for it
    bool feed_level;      // one of them is not of kind ENTRIES
    bool whole; // one of them is of kind WHOLE, or of ENTRIES without a delta
    bool links; // one of the others has a delta: hub or self links changed
};

// Subscribers of a topic by id, after `after`, lagging ones included and
// marked. With topic 0 those of all topics, with `origin` those at that origin
// instead, both by (topic, id) after (after_topic, after). Release.
struct store_page_subscribers {
    struct store_op op;
    uint64_t topic, after;
    const struct store_key *origin; // NULL: those of `topic`
    uint64_t after_topic;
    size_t max;
    size_t count;
    struct store_subscriber *items;
    bool end; // there are none after the last item
};

// A walk has settled everyone up to `position`: `outcomes` are those of the
// ids it passes now, and of none beyond (M1). With `finish` the walk ends and,
// if the head has risen above what it has brought to all, the next begins
// (walk_began). With `turn` it goes on with a head that has risen: not of a
// topic that is EACH, and not with too many steps. STALE: there is no such
// walk.
struct store_checkpoint {
    struct store_op op;
    struct store_walk walk; // topic, from, to as given; the new position
    bool finish, turn;
    const struct store_outcome *outcomes;
    size_t count;  // at most STORE_BATCH_MAX
    bool *ended;   // NULL, or for each: the subscription has ended with it
    uint64_t head; // of the topic
    bool walk_began, turned; // then the walk is `next`
    struct store_walk next;
};

// Outcomes outside a walk (M4 and table B): of retries, or of attempts that
// ended after their walk had passed them.
struct store_record {
    struct store_op op;
    const struct store_outcome *outcomes;
    size_t count; // at most STORE_BATCH_MAX
    bool *ended;  // NULL, or for each: the subscription has ended with it
    size_t applied;
};

// The walks that a crash or a stop left unfinished. Release.
struct store_walks {
    struct store_op op;
    uint64_t after; // topic
    size_t max;
    size_t count;
    struct store_walk *items;
    bool end;
};

// Why a reader has not had what he should have.
enum store_loss {
    STORE_LOST_NOTHING = 0,
    STORE_LOST_EXPIRED = 1,    // retention has taken it (M9)
    STORE_LOST_OVERFLOW = 2,   // a mailbox's own ceiling
    STORE_LOST_UNFOLLOWED = 3, // nobody followed the topic for a while, and it
                               // has changed meanwhile (M7)
    STORE_LOST_RECREATED = 4,  // it is another topic of that name (M7)
};

// Updates of one topic that its reader has lost. With the last two reasons
// nobody can say how many: count is of those that retention has taken as
// well, mostly 0 (then from and to are 0, too), and it is inexact.
struct store_gap {
    uint64_t topic;
    struct bytes url;  // as its creator spelt it
    uint64_t from, to; // seqs
    uint64_t count;
    bool inexact;
    enum store_loss loss;
};

// Read the log of some topics after a position, ascending by number (M16).
// With prefixes: of all topics whose normalised URL begins with one of them;
// then a call looks at no more than some thousand events, so there may be
// `more` although it found none: go on after `reached`.
// `backwards`: descending, from below the position's number (NUMBER alone;
// UINT64_MAX: from the newest); no gaps then, and `reached` is what to go on
// below.
enum store_since {
    STORE_SINCE_NUMBER, // events above `value`
    STORE_SINCE_LATEST, // from the head on: never any events
    STORE_SINCE_EARLIEST,
    STORE_SINCE_LAST, // the newest `value` of each topic
    STORE_SINCE_TIME, // stored at or after `value`, unix ms
};
struct store_position {
    uint64_t topic; // 0: unknown; skipped
    enum store_since since;
    uint64_t value;
    // Answers:
    uint64_t reached; // everything of this topic up to here was considered
    enum store_reach reach; // how it was fetched last, as of this read
    // A gap (M9): bodies after the position that retention has removed.
    uint64_t gap_from, gap_to; // seqs; 0: none
    uint64_t gap_count;
    bool gap_inexact;
    // NOTHING: no gap. UNFOLLOWED and RECREATED of who reads on beyond the
    // first update since then, as in struct store_gap.
    enum store_loss gap_loss;
};
struct store_events {
    struct store_op op;
    struct store_position *positions;
    size_t count;
    const struct bytes *prefixes; // normalised; beside positions: none
    size_t prefix_count;
    enum store_since since; // of the prefixes: NUMBER, LATEST, EARLIEST, TIME
    uint64_t value;
    bool backwards;
    size_t limit;     // events, 1..STORE_BATCH_MAX
    size_t max_bytes; // of bodies; at least one event is always returned
    // The cut document where there is one: as asked for here, else as the topic
    // says, else by `deltas`. What is on request is cut only in the first two.
    enum store_content content; // not EACH
    bool deltas;
    bool bodies;
    size_t event_count;
    struct store_event *items; // Release.
    bool more;
    uint64_t head; // newest event number of the store
    // With prefixes:
    uint64_t reached; // everything up to here was considered
    size_t gap_count;
    struct store_gap *gaps;
};

// Somebody pulls this topic: keep it followed for another `interest_ms`
// (M7). Writes only when less than half of that is left. With `create` an
// unknown topic is made. NOT_FOUND: unknown, and not to be made; with
// `public_only` also one whose reach is not PUBLIC, which stays as it is.
// CONFLICT: max_topics is reached.
struct store_follow {
    struct store_op op;
    struct store_key key;
    struct bytes url, url_normal;
    bool create, public_only;
    int64_t interest_ms;
    uint64_t topic;
    bool topic_new; // just created, or followed again: fetch it
    enum store_reach reach;
    uint64_t newest; // number of its newest event; 0: none
};

// End subscriptions whose lease is over, up to `max`, with `goodbye` each
// with a denial (EXPIRED). One with a renewal under verification is suspended
// instead (state G). Release.
struct store_expire {
    struct store_op op;
    size_t max;
    bool goodbye;
    size_t count; // ended ones; their callbacks are in items
    struct store_subscriber *items;
    bool more;
    int64_t next_end; // earliest lease end left; INT64_MAX: none
};

// Retention of one topic (M9, M10), claimed as STORE_DUE_TRIM: remove bodies
// beyond the limits but never the newest; remove a topic that nobody has
// followed for keep_ms, in pages. DUE again by itself.
struct store_trim {
    struct store_op op;
    uint64_t topic, token;
    int64_t keep_ms;
    uint64_t keep_updates, keep_bytes;
    size_t removed; // bodies
    bool topic_removed;
};

// The hub ends one subscription, and everything that waits to renew it. With
// a reason the subscriber will be told (STORE_DUE_DENY). NOT_FOUND: there is
// none.
struct store_remove {
    struct store_op op;
    uint64_t topic, subscription;
    enum store_denial_reason reason;
};

// What of this topic is delivered, whatever the hub's default is (M3). Stays
// for as long as the topic does. NOT_FOUND: there is none.
struct store_choose {
    struct store_op op;
    uint64_t topic;
    enum store_content content;
};

// A denial has been said, or never will be (`over`); else it is due again.
struct store_tell {
    struct store_op op;
    uint64_t denial, token;
    bool over;
    int64_t due; // unix ms
};

// What there is of one (topic, callback). Release.
struct store_find {
    struct store_op op;
    struct store_key topic_key, callback_key;
    bool subscribed;
    struct store_subscriber subscriber;
    size_t pending_count;
    struct store_request pending[STORE_WAITING_MAX]; // oldest first
};

// How much of the room is used: warnings, well before anything is refused.
enum store_filling {
    STORE_ROOMY = 0,
    STORE_FILLS_SOON = 1, // 80 %
    STORE_FILLS_NOW = 2,  // 90 %
};

struct store_numbers {
    uint64_t topics, subscriptions, requests, lagging, walks, denials;
    uint64_t waiting, lanes; // subscribers in lanes; rows of lanes
    bool paused;             // all deliveries, by an operator
    uint64_t mailboxes, tokens;
    uint64_t rules;      // and keys, and quotas
    uint64_t events;     // newest number
    uint64_t map_bytes;  // size of the map
    uint64_t used_bytes; // of it
    uint64_t free_bytes; // of the file, and used again before it grows
    uint64_t disk_free_bytes;
    uint64_t room_bytes; // that used_bytes can grow to before STORE_FULL:
                         // the map's or the disk's, whichever is less
    enum store_filling filling;
    uint64_t format;     // of what is stored
    uint64_t commits;    // since the store was opened
    uint64_t operations; // in those commits
    uint64_t epoch;
};
struct store_table {
    const char *name; // as in storage/README.md
    uint64_t entries;
    uint64_t bytes;
};
// Release, with tables.
struct store_stats {
    struct store_op op;
    bool tables; // tell of each, too
    struct store_numbers numbers;
    size_t table_count;
    struct store_table *items;
};

// --------------------------------------------------------------- the store

struct store_options {
    const char *url; // "lmdb:DIRECTORY"; made if it is not there, mode 0700
    uint64_t map_bytes;
    uint64_t max_topics, max_subscriptions; // 0: no ceiling but the map's
    uint64_t pending_per_host;              // 0: no ceiling
    uint64_t subscriptions_per_origin;      // 0: no ceiling
    uint64_t max_mailboxes;                 // 0: no ceiling but the map's
    // Called on any thread when store_step() has something to do.
    void (*wake)(void *context);
    void *context;
    // NULL, or unix ms: the tests' clock. Called on the engine's threads.
    int64_t (*clock)(void *context);
    // NULL, or called on one thread of the engine's after each commit: how
    // long that took.
    void (*committed)(void *context, int64_t us);
    void *committed_context;
};

struct problem {
    char text[256];
};

// NULL: it did not open, and *problem says why in one line: the directory is
// in use by another process, the format is newer than this program, the file
// is shorter than its own header says, ...
struct store *store_open(const struct store_options *options,
                         struct problem *problem);

// Ceilings that change while it is open, as in struct store_options. What is
// beyond a new one stays; nothing new comes to it.
struct store_limits {
    uint64_t max_topics, max_subscriptions;
    uint64_t pending_per_host;
    uint64_t subscriptions_per_origin;
    uint64_t max_mailboxes;
};
void store_limits(struct store *store, const struct store_limits *limits);

// Waits for what was submitted, but calls no more `done`. NULL is fine.
void store_close(struct store *store);

// The engine's clock now, unix ms.
int64_t store_clock(struct store *store);

void store_submit(struct store *store, struct store_op *op);

// Call `done` of up to `max` finished operations. Returns how many; there may
// be more if it returns `max`.
size_t store_step(struct store *store, size_t max);

// Operations that were submitted and whose `done` has not been called. The
// owner's thread only, as above.
size_t store_under_way(const struct store *store);

// Free what a finished operation's outputs point at. Any number of times.
void store_release(struct store_op *op);

// A name for this history of event numbers: random at creation, and new when
// a backup is opened in its place. 48 bits. And 32 random bytes that only
// this store knows, for cursors (M17).
uint64_t store_epoch(const struct store *store);
void store_secret_key(const struct store *store, uint8_t out[32]);

// A consistent, compacted copy of what is committed now, into `file` from its
// beginning: what restore.h puts in the place of a store. It is written as
// others leave the disk free, and given up when the disk or the store has too
// little room for it. Blocks: call it on a thread of its own. False: *problem
// says why.
struct store_copying {
    int file;
    // NULL, or asked now and then, on that thread: false ends it.
    bool (*go_on)(void *context);
    void *context;
    uint64_t bytes; // out: so far, and in the end
};
bool store_copy(struct store *store, struct store_copying *copying,
                struct problem *problem);
