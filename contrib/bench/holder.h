// SPDX-License-Identifier: MIT
//
// holder -- a server that holds clients: websubd, bare sockets, or nginx with
// nchan. The same is asked of each, by the same clients.

#pragma once

#include "daemon.h"
#include "herd.h"
#include "parked.h"
#include "workdir.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct holder;

struct holder_kind {
    const char *name;
    // Writes the request of a member who comes from `cursor` ("": is new), and
    // waits for that topic for so many seconds.
    size_t (*ask)(const struct holder *holder, size_t topic, const char *cursor,
                  char *out, size_t max);
    // Sends something new for a topic, whose text holds `marker`, and does not
    // wait. *watch: where its answer comes; -1: there is none.
    bool (*release)(struct holder *holder, size_t topic, const char *marker,
                    int *watch);
    // After the clients have what was sent: its answer was a good one.
    bool (*confirm)(struct holder *holder);
    bool (*held)(struct holder *holder, size_t *out); // polls
    bool (*anon_kb)(const struct holder *holder, int64_t *out);
    double (*cpu_us)(const struct holder *holder);
    void (*close)(struct holder *holder);
};

enum { HOLDER_WORKERS_MAX = 8, HOLDER_BYTES_MAX = 64 * 1024 };

struct holder {
    const struct holder_kind *kind;
    uint16_t port;
    enum herd_kind what;
    size_t topics; // member n is interested in topic n modulo these
    unsigned wait_s;
    size_t bytes;    // of a document
    int publisher;   // socket; -1: none
    bool cuts_waits; // asks for how long it waits
    // websubd
    struct daemon daemon;
    uint16_t origin_port;
    // bare
    struct parked parked;
    // nchan
    pid_t pid;
    char directory[WORKDIR_MAX];
};

struct holder_options {
    enum herd_kind what;
    size_t topics, bytes;
    unsigned wait_s;
    size_t clients; // at most
    int cpu;
    const char *program, *base;
    const char *more;     // options of the daemon with blanks; NULL: none
    uint16_t origin_port; // where its topics are: /t/NUMBER
};

// False: *problem says why.
bool holder_websubd(struct holder *holder, const struct holder_options *options,
                    const char **problem);
bool holder_nchan(struct holder *holder, const struct holder_options *options,
                  const char **problem);
// Sends what these clients of another holder were sent; NULL: something short.
bool holder_bare(struct holder *holder, const struct holder_options *options,
                 const struct herd *like, const char **problem);
void holder_close(struct holder *holder);

// Whether nginx and nchan are installed.
bool holder_has_nchan(void);

// Clients of it; as many as are held when this returns.
struct herd *holder_gather(struct holder *holder, size_t count,
                           const char **problem);
// Until exactly so many polls are held. False: not within that time.
bool holder_wait_held(struct holder *holder, size_t count, int timeout_ms);

// A document: text with the marker in it. Its length.
size_t holder_document(const struct holder *holder, const char *marker,
                       char *out, size_t max);
// Bytes on the publisher's connection; its answer has one of these statuses.
bool holder_send(struct holder *holder, const char *bytes, size_t len);
bool holder_answered(struct holder *holder);
