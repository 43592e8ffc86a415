// SPDX-License-Identifier: MIT
//
// puller -- one who pulls, from when his question is understood until his
// connection is done with.
//
// Two things are told apart here. A *source* (the log, in pull.h; a mailbox, in
// mailbox_read.h) knows where he stands, is asked to read for him, and wakes
// him. A *voice* (pull_write.h) is how he is told. Neither knows the other.
//
// A poll is told once, and is over then. A stream is told again and again:
// the next page is read when the one before is with the kernel, and at the end
// of what there is he rests with his source until it wakes him.
//
// Whoever must wait becomes a hold (hold.h): his request ends there, and what
// is left of him is about a hundred bytes here.

#pragma once

#include "loop.h"
#include "pull_write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct pull_problem;
struct puller;
struct pullers;
struct request;
struct visitor;

// How he wants to be told, whatever the source.
struct puller_wish {
    enum pull_voice voice;
    int64_t wait_ms;      // of a poll; 0: answer at once
    uint32_t preferred_s; // RFC 7240: the wait that was preferred; 0: none
    bool conditional;     // nothing new is a 304
    unsigned heartbeat_ms;
    bool pulse;      // of events: the heartbeat is one, too
    int64_t life_ms; // of a stream
    uint32_t pad;    // bytes of a comment at its start
    size_t topics;   // that he asked for: a stream is told how many
    // A whole Access-Control-Allow-Origin line, for the time of the call;
    // NULL: none.
    const char *allow_origin;
    // The cursor he begins with, as text, for the time of the call; NULL: not
    // known.
    const char *cursor;
};

struct puller_source {
    // Read what is next for him: ends, in this or a later step, in one of
    // puller_tell(), puller_rest() and puller_refuse(). Called by itself after
    // puller_new(), in a later step. Not called again before that end.
    void (*read)(struct puller *puller);
    // A message of a socket that has begun; borrowed. It may come at any time,
    // also while it is read for him. It may not call puller_tell/_refuse/_rest.
    void (*message)(struct puller *puller, const char *text, size_t len);
    // A poll's wait is over, or it is drained, while he rests: the batch to end
    // with is made (its cursor, `idle`), and told by puller_tell() in this
    // call.
    void (*idle)(struct puller *puller);
    // He has left, or was told all there will be: forget him. A read that is
    // under way for him must not end in a call about him.
    void (*over)(struct puller *puller);
    // NULL, or where a stream stands, as text that goes with its `abort` (M11).
    // False: there is no one cursor.
    bool (*place)(struct puller *puller, char cursor[CURSOR_TEXT]);
    bool ruled; // read for anew when the rules have changed: pullers_judge()
    // Bytes of the source's own within each puller, all zero at first:
    // puller_from() says where. 0: `from` is the source's.
    size_t room;
    void *context; // the source's, see puller_context()
};

// A new one. Takes the request, shares the visitor. An answer that cannot wait
// (not `parkable`, or HEAD) is made without a hold. NULL: out of memory, or too
// many are held, or it was the HEAD of a stream; the request was answered.
struct puller *puller_new(struct pullers *pullers, struct request *request,
                          const struct puller_wish *wish,
                          const struct visitor *visitor,
                          const struct puller_source *source, void *from,
                          struct moment now);

void *puller_context(const struct puller *puller);
void *puller_from(const struct puller *puller);
struct puller *puller_by_room(void *room); // whose it is
const struct visitor *puller_visitor(const struct puller *puller);
bool puller_is_stream(const struct puller *puller);
enum pull_voice puller_voice(const struct puller *puller);
// How many events a stream was told since it began, or since it paused.
size_t puller_told(const struct puller *puller);
// His peer takes no more: what is large would be thrown away.
bool puller_is_sated(const struct puller *puller);

// Tell these, who asked the same and stand at the same place, in one go. Polls
// are over with that: `over` is called for each in this call. Streams stay, and
// are read for again when this is with the kernel, if the batch has `more` and
// not `pauses`; else they rest until they are woken. `last` ends them too, and
// so does `pauses` where nobody can ask for more. Of `idle` the waited time and
// `after_ms` are filled in here.
void puller_tell(struct pullers *pullers, struct puller *const list[],
                 size_t count, const struct batch *batch, bool last);

// The same in pieces, for many, or on another thread: what a batch says in one
// voice.
struct puller_text;
// Any thread. NULL: out of memory.
struct puller_text *puller_text_new(enum pull_voice voice,
                                    const struct batch *batch);
void puller_text_free(struct puller_text *text);
void puller_tell_text(struct pullers *pullers, struct puller *const list[],
                      size_t count, const struct puller_text *text, bool last);

// Nothing is there: he rests until his source calls puller_wake(), or `idle`.
// With the batch (no events, `idle`) he is told where that is, if he has to be:
// a stream that begins with it, a poll that cannot wait, or no longer (then he
// is over in this call). Where he was woken since his reading began, it is
// read again instead.
void puller_rest(struct puller *puller, const struct batch *batch);
// Read for him soon. Any number of times, at any time.
void puller_wake(struct puller *puller);
// The same, but the source reads for him by itself, if he rests: `read` is not
// called. False: he does not rest, and is woken as above.
bool puller_claim(struct puller *puller);

// He is refused: a problem (RFC 9457), or, once a stream has begun, `abort`,
// and of a socket a close code. `over` is called.
void puller_refuse(struct puller *puller, const struct pull_problem *problem);

// One message of JSON between what a stream is told: a frame of a socket, a
// line of lines; of events this is text as it is. Polls: nothing.
void puller_say(struct puller *puller, const char *text, size_t len);
