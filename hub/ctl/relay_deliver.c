// SPDX-License-Identifier: MIT

#include "relay_deliver.h"

#include "hub/log.h"
#include "hub/outcome.h"
#include "relay.h"
#include "relay_deliver_inside.h"
#include "relay_letter.h"
#include "relay_mailbox.h"
#include "relay_verify.h"
#include "relay_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUN_MAX = 10, // letters of a seat, before others have their turn
    AGAIN_MS = 1000,
    ANSWER_MAX = 1024,   // of a subscriber's answer (R97)
    LOST_MS = 60 * 1000, // between looks at what is no mailbox
    TOUCH_MIN_MS = 1000,
    TOUCH_MAX_MS = 24 * 60 * 60 * 1000,
};

void relay_deliver_ring(struct relay_seat *seat)
{
    seat->rings++;
}

// A quarter of a mailbox's lease: it is renewed when half is over. By the time
// of day, since that goes on while a laptop sleeps.
static void put_off_touch(struct relay_seat *seat, struct moment now)
{
    int64_t wait = seat->lease / 4;
    // What a failed renewal has changed is mended first, whatever ends now.
    if (seat->bent)
        return;
    if (wait < TOUCH_MIN_MS)
        wait = TOUCH_MIN_MS;
    if (wait > TOUCH_MAX_MS)
        wait = TOUCH_MAX_MS;
    seat->touch = now.unix + wait;
}

void relay_deliver_seated(struct relay *relay, struct relay_seat *seat,
                          struct moment now)
{
    seat->relay = relay;
    seat->due = now.mono;
    seat->failures = 0;
    seat->bent = false;
    seat->rev++;
    put_off_touch(seat, now);
    relay_deliver_ring(seat);
}

void relay_deliver_bent(struct relay_seat *seat)
{
    seat->bent = true;
    seat->touch = 0;
}

static void let_go(struct relay *relay, struct relay_seat *seat)
{
    if (!seat->letter)
        return;
    relay->letter_bytes -= seat->letter->len;
    relay_letter_free(seat->letter);
    seat->letter = NULL;
}

void relay_deliver_remove(struct relay *relay, struct relay_seat *seat)
{
    char mailbox[RELAY_NAME_MAX];
    memcpy(mailbox, seat->mailbox, sizeof mailbox);
    if (seat->call) {
        if (seat->letter)
            relay_net_cancel(relay->net, seat->call);
        else
            relay_hub_cancel(relay->hub, seat->call);
        relay->under_way--;
    }
    let_go(relay, seat);
    relay_watch_left(relay->watch, seat);
    relay_book_rise(&relay->book, seat);
    if (!relay_book_needs(&relay->book, mailbox))
        relay_book_leave(&relay->book, mailbox);
}

void relay_deliver_log(const struct relay_seat *seat, enum log_level level,
                       const char *event, const char *why, unsigned status)
{
    char host[256];
    LOG(level, event, LOG_T("topic", seat->terms.topic),
        LOG_T("host", relay_host(&seat->terms, host)),
        LOG_T("mailbox", seat->mailbox), LOG_T("why", why),
        LOG_N("status", status));
}

static void begun(struct relay *relay, struct relay_seat *seat,
                  struct relay_call *call)
{
    seat->call = call;
    if (call)
        relay->under_way++;
    else
        seat->due = loop_now().mono + relay->options.retry_first;
}

static struct relay *ended(struct relay_seat *seat)
{
    seat->call = NULL;
    seat->relay->under_way--;
    return seat->relay;
}

// ------------------------------------------------------------------ posting

static void log_failure(const struct relay_seat *seat,
                        const struct relay_answer *answer, int64_t wait)
{
    char host[256];
    // Who is down for a day is told of once, and then only to who looks.
    LOG(seat->failures == 1 ? LOG_WARN : LOG_DEBUG, "delivery.failed",
        LOG_T("topic", seat->terms.topic),
        LOG_T("host", relay_host(&seat->terms, host)),
        LOG_T("mailbox", seat->mailbox),
        LOG_T("sequence", seat->letter->sequence),
        LOG_N("status", answer->status), LOG_T("why", answer->why),
        LOG_N("failures", seat->failures), LOG_N("retry_ms", wait));
}

static void put_off(struct relay *relay, struct relay_seat *seat,
                    const struct relay_answer *answer)
{
    struct moment now = loop_now();
    seat->failures++;
    seat->due =
        relay_retry_at(relay, seat->failures, answer->retry_after_ms, now);
    log_failure(seat, answer, seat->due - now.mono);
    seat->ack[0] = '\0';
    relay_deliver_ring(seat);
}

static void on_read(void *context, const struct relay_answer *answer);

static void on_acknowledged(void *context, const struct relay_answer *answer)
{
    struct relay_seat *seat = context;
    ended(seat);
    // Else it is said again with the next reading.
    if (!relay_net_later(answer->status))
        seat->ack[0] = '\0';
}

void relay_deliver_look(struct relay *relay, struct relay_seat *seat)
{
    struct relay_box box = {
        .name = seat->mailbox,
        .ack = seat->ack,
        .done = on_read,
        .context = seat,
    };
    seat->answered = seat->rings;
    begun(relay, seat, relay_mailbox_read(relay, &box));
    if (!seat->call)
        relay_deliver_ring(seat);
}

// At once, so that only what is in flight comes twice to whom a crash hits.
// Mostly that is a reading, too; but after so many others have their turn.
void relay_deliver_acknowledge(struct relay *relay, struct relay_seat *seat)
{
    struct relay_box box = {
        .name = seat->mailbox,
        .ack = seat->ack,
        .done = on_acknowledged,
        .context = seat,
    };
    if (!relay->draining && ++seat->run < RUN_MAX) {
        relay_deliver_look(relay, seat);
        return;
    }
    seat->run = 0;
    begun(relay, seat, relay_mailbox_ack(relay, &box));
}

static void on_posted(void *context, const struct relay_answer *answer)
{
    struct relay_seat *seat = context;
    struct relay *relay = ended(seat);
    enum outcome outcome = outcome_of_delivery(answer->status);
    // Who has renewed it meanwhile does not mean this (table B).
    if (outcome == OUTCOME_GONE && seat->sent_rev != seat->rev)
        outcome = OUTCOME_RETRY;
    switch (outcome) {
    case OUTCOME_DELIVERED:
        LOG(LOG_DEBUG, "delivery.done", LOG_T("mailbox", seat->mailbox),
            LOG_T("sequence", seat->letter->sequence),
            LOG_N("bytes", seat->letter->len));
        if (seat->failures > 0)
            relay_deliver_log(seat, LOG_INFO, "delivery.recovered", "",
                              answer->status);
        seat->failures = 0;
        relay_deliver_ring(seat);
        let_go(relay, seat);
        relay_deliver_acknowledge(relay, seat);
        return;
    case OUTCOME_GONE:
        relay_deliver_log(seat, LOG_INFO, "subscription.ended", "gone",
                          answer->status);
        relay_deliver_remove(relay, seat);
        return;
    case OUTCOME_RETRY:
        put_off(relay, seat, answer);
        let_go(relay, seat);
        return;
    }
}

static void post(struct relay *relay, struct relay_seat *seat)
{
    const struct relay_letter *letter = seat->letter;
    struct relay_ask ask = {
        .side = RELAY_TO_CALLBACK,
        .method = "POST",
        .url = seat->terms.callback,
        .header_count = letter->line_count,
        .body = letter->body,
        .body_len = letter->len,
        .timeout_ms = relay->options.timeout,
        .answer_max = ANSWER_MAX,
        .truncate = true,
        .done = on_posted,
        .context = seat,
    };
    for (size_t i = 0; i < letter->line_count; i++)
        ask.headers[i] = letter->lines[i];
    seat->sent_rev = seat->rev;
    begun(relay, seat, relay_net_begin(relay->net, &ask));
    if (!seat->call) {
        seat->ack[0] = '\0';
        relay_deliver_ring(seat);
        let_go(relay, seat);
    }
}

// ------------------------------------------------------------------ reading

// The hub's trouble, not the callback's.
static void look_later(struct relay_seat *seat, int64_t wait)
{
    seat->due = loop_now().mono + wait;
    relay_deliver_ring(seat);
}

// As a hub does to whom it calls itself.
static void end_it(struct relay *relay, struct relay_seat *seat,
                   const char *why, const char *reason, unsigned status)
{
    relay_deliver_log(seat, LOG_WARN, "subscription.ended", why, status);
    relay_verify_deny(relay, &seat->terms, reason);
    relay_deliver_remove(relay, seat);
}

static void on_again(void *context, const struct relay_answer *answer)
{
    struct relay_seat *seat = context;
    struct relay *relay = ended(seat);
    if (relay_net_later(answer->status))
        return;
    if (answer->status < 300) {
        seat->lease = relay_mailbox_lease(answer, seat->lease / 1000) * 1000;
        seat->bent = false;
        put_off_touch(seat, loop_now());
        look_later(seat, AGAIN_MS);
        return;
    }
    end_it(relay, seat, "the hub refused it", "the hub ended the subscription",
           answer->status);
}

// As it should be. One that is new goes on where this one was seen last.
void relay_deliver_put_again(struct relay *relay, struct relay_seat *seat)
{
    struct moment now = loop_now();
    struct relay_box box = {
        .name = seat->mailbox,
        .terms = &seat->terms,
        .lease_s = (seat->lease_end - now.unix) / 1000 + 1,
        .since = seat->seen,
        .done = on_again,
        .context = seat,
    };
    begun(relay, seat, relay_mailbox_put(relay, &box));
}

// Its lease was over while we were away, or somebody ended it.
static void make_again(struct relay *relay, struct relay_seat *seat)
{
    relay_deliver_log(seat, LOG_WARN, "mailbox.lost",
                      "the hub does not have it any more; it is made again",
                      404);
    seat->ack[0] = '\0';
    relay_deliver_put_again(relay, seat);
}

static void take_page(struct relay *relay, struct relay_seat *seat,
                      struct relay_page *page)
{
    // Only a letter is acknowledged: what else a page tells, it tells again.
    if (!page->letter) {
        seat->run = 0;
        seat->seen = loop_now().unix;
        if (page->more)
            relay_deliver_ring(seat);
        return;
    }
    if (relay->draining)
        return;
    memcpy(seat->ack, page->cursor, sizeof page->cursor);
    seat->letter = page->letter;
    page->letter = NULL;
    relay->letter_bytes += seat->letter->len;
    post(relay, seat);
}

static void on_read(void *context, const struct relay_answer *answer)
{
    struct relay_seat *seat = context;
    struct relay *relay = ended(seat);
    struct relay_page page;
    if (relay_net_later(answer->status) && !answer->excess) {
        look_later(seat, AGAIN_MS);
    } else if (answer->status == 404 || answer->status == 410) {
        make_again(relay, seat);
    } else if (relay_mailbox_denied(answer)) {
        end_it(relay, seat, "the hub does not serve the topic",
               "the hub does not serve this topic", answer->status);
    } else if (answer->status == 200
               && relay_page_read(answer->body, answer->len, &seat->terms,
                                  &page)) {
        seat->ack[0] = '\0';
        put_off_touch(seat, loop_now());
        take_page(relay, seat, &page);
        relay_page_clear(&page);
    } else {
        // Another store's cursor, perhaps: the next time none is shown.
        relay_deliver_log(seat, LOG_WARN, "mailbox.unreadable",
                          "the hub's answer makes no sense here",
                          answer->status);
        look_later(seat, seat->ack[0] ? AGAIN_MS : LOST_MS);
        seat->ack[0] = '\0';
    }
}

static void on_touched(void *context, const struct relay_answer *answer)
{
    struct relay_seat *seat = context;
    struct relay *relay = ended(seat);
    put_off_touch(seat, loop_now());
    if (answer->status == 404 || answer->status == 410)
        make_again(relay, seat);
    else if (answer->status >= 300 || answer->status == 0)
        seat->touch = loop_now().unix + LOST_MS;
}

void relay_deliver_touch(struct relay *relay, struct relay_seat *seat)
{
    struct relay_box box = {
        .name = seat->mailbox,
        .done = on_touched,
        .context = seat,
    };
    begun(relay, seat, relay_mailbox_touch(relay, &box));
}
