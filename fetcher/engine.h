// SPDX-License-Identifier: MIT
//
// engine, exchange -- many outgoing HTTP requests at a time.
//
// One exchange is one GET or POST and what came of it: a fetch of a topic, a
// verification of intent, a content distribution. The engine runs them on its
// own network threads, within its limits: so many in flight in all, for an
// origin, for an address, and for each class apart, so that none of the
// classes starves another. What may not start yet waits in the engine's
// queues, first come first served within an origin, origins by turns.
//
// A delivery, first or again, that has not ended EXCHANGE_SLOW_MS after it
// was started is slow. It goes on, but gives its places to others by itself:
// that in its class, at its origin and its address, and among the handshakes.
// So however many callbacks hang, they keep nobody else waiting for longer
// than that, and where first deliveries wait because all places of theirs are
// taken, those that take many times as long as is usual go even before. See
// limits.slow.
//
// How many deliveries an origin gets at a time follows from how it takes them
// (fetcher/parallel.h). First ones and repeated ones share these places, and
// with two or more of them repeated ones leave one.
//
// Ownership: an exchange and everything its inputs point at is borrowed from
// engine_submit() until engine_take() hands it back; each comes back exactly
// once, whatever happens. Then its answers are the exchange's own until
// exchange_clear(). Starts and outcomes cross between threads in batches.
//
// The engine calls no address that the guard refuses (fetcher/guard.h): it
// judges what a name resolved to, pins that, and judges once more what is
// really being connected to. Redirects are followed only where asked for, at
// most that often, each hop judged like the first. One from https to http is
// followed too, since there are publishers who have nothing better, but told:
// what came that way may have been written by anybody on the way, so it must
// not be believed when it says who it is (rel=self). It uses no proxy, no
// cookies, no HTTP/2, no alternative services, and checks certificates (by
// the system's bundle, or the one that SSL_CERT_FILE names).
//
// All functions but engine_open() and engine_close() may be called from one
// thread, the owner's.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct exchange;

enum exchange_class {
    EXCHANGE_FETCH,
    EXCHANGE_VERIFY,
    EXCHANGE_DELIVER,
    EXCHANGE_RETRY, // a delivery again: never in the way of the first ones
    EXCHANGE_CLASSES
};

enum exchange_result {
    EXCHANGE_ANSWERED = 1, // a whole answer came; see status
    EXCHANGE_CUT,          // a status came, but the body broke off
    EXCHANGE_TOO_LARGE,    // the body is over body_max
    EXCHANGE_BAD_URL,
    EXCHANGE_REFUSED, // the guard let none of its addresses through
    EXCHANGE_NO_NAME, // the name did not resolve
    EXCHANGE_NO_CONNECT,
    EXCHANGE_BAD_TLS,
    EXCHANGE_TIMEOUT,
    EXCHANGE_REDIRECTS, // more than redirects_max, or to nowhere
    EXCHANGE_BROKEN,    // the answer was not HTTP, or none came
    EXCHANGE_BUSY,      // the queue is full, or descriptors are: not tried
    EXCHANGE_CANCELLED, // not tried: engine_cancel(), after `not_after`, or
                        // there was no memory for `prepare`
    EXCHANGE_LIMITED,   // not tried, or not the next hop: enough of strangers
};

// "answered", "timeout", ...: for logs and status pages.
const char *exchange_result_name(enum exchange_result result);

enum {
    EXCHANGE_HEADERS_MAX = 12, // of the request
    EXCHANGE_LINE_MAX = 256,   // what `prepare` may write
    EXCHANGE_SLOW_MS = 1000,   // see above
    EXCHANGE_CUT_MS = 5000,    // see limits.slow
};

// One field of the final answer. Both are NUL-terminated, the name in lower
// case, the value trimmed; fields with control bytes are dropped.
struct exchange_field {
    const char *name, *value;
};

struct exchange {
    // In:
    enum exchange_class class;
    const char *url; // absolute http or https; sent byte for byte (R90)
    // Whole lines without CRLF. User-Agent, Host, Content-Length and Accept
    // are the engine's (Accept: */* on a fetch, none else).
    const char *headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    bool post;
    const void *body; // of a POST
    size_t body_len;
    // NULL, or called on a network thread right before the request is sent
    // (again): writes one more header line, "" for none. False: it could not,
    // so nothing is sent (CANCELLED).
    bool (*prepare)(const struct exchange *exchange,
                    char line[EXCHANGE_LINE_MAX]);
    unsigned redirects_max; // 0, or a POST: a 3xx is an answer like any other
    bool decode;            // ask for codings, and undo them in a document
    size_t body_max;        // bytes of the answer's body that are kept
    bool truncate;          // a longer one is ANSWERED, its rest unread
    uint32_t timeout_ms;    // from the start of the transfer, queue excluded
    uint32_t connect_timeout_ms;
    // 0, or unix ms after which it is not started any more (the end of a
    // lease: R60).
    int64_t not_after;
    // Nothing at this origin has ever agreed to be called, or a fetch of it
    // is hardly worth it: it counts in limits.strangers or stranger_fetches,
    // by the address that it resolved to (S5, S7).
    bool stranger;
    // Of a verification: it is about a subscription that exists. It matters
    // where nobody has vouched for the address (engine_vouch()).
    bool renews;
    // 0, or how many people a fetch is for, told in User-Agent (R82).
    uint64_t subscribers;
    // Go as far as the guard and no further: nothing is connected to, nothing
    // counted in limits.strangers. ANSWERED means that it would be called;
    // with that and with REFUSED `response` has a line for each address, in
    // the order in which they would be tried: "192.0.2.1 allowed", and else
    // "refused", "own" (S18) or "port" (S3).
    bool judge_only;
    bool cold;   // this origin will hardly be called again soon: no keep-alive
    void *owner; // the caller's

    // Out:
    enum exchange_result result;
    unsigned status;     // HTTP; 0: none came
    char *response;      // NUL after the last byte; NULL if there was none
    size_t response_len; // after decoding
    struct exchange_field *fields;
    size_t field_count;
    char *final_url;     // NULL, or where redirects led
    bool moved_for_good; // by 301 and 308 alone
    bool downgraded;     // from https to http on the way
    // Of a fetch: it, or a redirect to it, came from an address that is only
    // called by leave of allowed.topic.
    bool inside;
    int64_t started_ms, ended_ms; // monotonic; started 0: it never did

    // The engine's:
    struct exchange *link;
    void *transfer;
    unsigned char address[16]; // that was called last
    _Atomic int phase;
};

// First or again.
static inline bool exchange_is_delivery(const struct exchange *exchange)
{
    return exchange->class == EXCHANGE_DELIVER
           || exchange->class == EXCHANGE_RETRY;
}

// First field of that name (lower case), or the next one after `after`.
// NULL: there is none.
const struct exchange_field *exchange_field(const struct exchange *exchange,
                                            const char *name,
                                            const struct exchange_field *after);

// Free the answers and zero them; the exchange can be submitted again.
void exchange_clear(struct exchange *exchange);

enum { ENGINE_KEPT = 8192, ENGINE_KEPT_TLS = 1024 };

struct engine_limits {
    unsigned in_flight[EXCHANGE_CLASSES]; // transfers at a time, all threads
    // Of DELIVER it is what an origin that nobody knows begins with, for
    // RETRY too, whose own number is not looked at.
    unsigned per_origin[EXCHANGE_CLASSES];
    unsigned per_origin_max; // what that may grow to; less: it does not grow
    unsigned per_address;    // of all classes
    // So many deliveries may be slow at a time. For one more, the one that
    // was started first ends as TIMEOUT, once EXCHANGE_CUT_MS have passed
    // since then: until then it may be us who are slow, and who comes next
    // keeps his places. 0: none is slow.
    unsigned slow;
    // Slow ones beyond these at an origin keep a place there after all; at an
    // address those beyond per_address. So there are never more connections
    // in use at an address than twice per_address.
    unsigned slow_per_origin;
    // Of all classes together, slow ones too, because each takes a descriptor;
    // what else might start waits. 0: there is no such limit.
    unsigned at_once;
    // So many idle connections are kept for deliveries over http, and so many
    // of those with TLS, which take 50 KB each; half as many as those for
    // fetches. 0: ENGINE_KEPT, ENGINE_KEPT_TLS.
    unsigned kept, kept_tls;
    unsigned tls_handshakes; // new TLS connections at a time
    size_t queue_max;        // waiting exchanges, all classes
    // Exchanges an hour of `stranger`s to one address (one /64 of IPv6), of
    // all network threads; a sixth of that at once. 0: no limit. Fetches
    // have their own number, and each of their hops is one (S7). Where nobody
    // has vouched for the address there may be as many verifications of
    // others, and once more as many that renew.
    unsigned strangers, stranger_fetches;
};

// CIDR that the guard lets through although they are special; at most
// GUARD_RANGES_MAX of each.
struct engine_allowed {
    const char *const *topic;    // for fetches
    const char *const *callback; // for everything else
    size_t topic_count, callback_count;
};

struct engine_options {
    unsigned threads; // 1..64
    struct engine_limits limits;
    const char *user_agent;
    const char *const *dns_servers; // "ADDR:PORT"; count 0: resolv.conf
    size_t dns_server_count;
    struct engine_allowed allowed;
    // "ADDR:PORT" where this very process listens: never called, whatever is
    // allowed (S18). An unspecified address means all of this machine's.
    const char *const *own;
    size_t own_count;
    // Called on a network thread when engine_take() has something.
    void (*wake)(void *context);
    void *context;
};

// NULL: *problem is one sentence, borrowed until the next call.
struct engine *engine_open(const struct engine_options *options,
                           const char **problem);

// Cancels everything that is under way and waits for its threads. What was
// not taken yet is lost with it: nothing comes back any more. NULL is fine.
void engine_close(struct engine *engine);

// Hand one over. The network thread learns of it at engine_flush(), or
// earlier. Never fails: what cannot be done comes back as an outcome.
void engine_submit(struct engine *engine, struct exchange *exchange);
void engine_flush(struct engine *engine);

// It comes back as CANCELLED if it has not started; else it goes on.
void engine_cancel(struct engine *engine, struct exchange *exchange);

// Who answered this one wanted to be asked: for a day, verifications at that
// address are counted no more, but for those of `stranger`s. It must have been
// ANSWERED, and not `judge_only`.
void engine_vouch(struct engine *engine, const struct exchange *exchange);

// Of exchanges that begin from now on; what is under way goes on. False: a
// range is none, or there are too many, and all is as it was.
bool engine_set_allowed(struct engine *engine,
                        const struct engine_allowed *allowed);

// limits.strangers and limits.stranger_fetches, from now on.
void engine_set_strangers(struct engine *engine, unsigned strangers,
                          unsigned stranger_fetches);

// The exchanges that have ended, as a list through `link`, oldest first.
// NULL: none.
struct exchange *engine_take(struct engine *engine);

struct engine_numbers {
    uint64_t started[EXCHANGE_CLASSES], ended[EXCHANGE_CLASSES];
    uint64_t in_flight[EXCHANGE_CLASSES], queued[EXCHANGE_CLASSES];
    uint64_t slow;        // in flight beside those
    uint64_t cut;         // of them so far, for others
    uint64_t connections; // opened so far
    uint64_t refused;     // by the guard
    uint64_t lookups;     // names asked for over the network
};
void engine_numbers(struct engine *engine, struct engine_numbers *out);
