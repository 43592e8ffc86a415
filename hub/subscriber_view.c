// SPDX-License-Identifier: MIT

#include "subscriber_view.h"

#include "json_text.h"
#include "sheet.h"
#include "wording.h"

#include <inttypes.h>
#include <string.h>

static struct bytes host_of(struct bytes url)
{
    static const struct bytes none = { "", 0 };
    const char *end = url.at + url.len;
    const char *host = memmem(url.at, url.len, "://", 3);
    if (!host)
        return none;
    host += 3;
    const char *stop = host;
    bool literal = stop < end && *stop == '['; // IPv6 has colons of its own
    while (stop < end && !strchr("/?#", *stop) && (literal || *stop != ':')) {
        literal = literal && *stop != ']';
        stop++;
    }
    return (struct bytes){ host, (size_t)(stop - host) };
}

// What is given up or stands still has none, and when the turn of one that
// waits comes is up to its host.
static int64_t next_try(const struct store_subscriber *s)
{
    return s->lagging && !s->waits && !s->paused && !s->suspended ? s->due : 0;
}

static uint64_t newest(const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    return view->head > s->next ? view->head : s->next;
}

// --------------------------------------------------------------------- JSON

static json_t *owed_json(const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    if (!s->lagging)
        return json_null();
    return json_pack("{s:I, s:I}", "from", (json_int_t)s->next, "to",
                     (json_int_t)newest(view));
}

// Of HTTP; null: it did not come to that.
static json_t *status_json(int32_t status)
{
    return status > 0 ? json_integer(status) : json_null();
}

static json_t *attempt_json(const struct store_attempt *attempt)
{
    char words[WORDING_MAX];
    return json_pack("{s:o, s:o, s:s, s:I}", "time", sheet_time(attempt->at),
                     "status", status_json(attempt->status), "outcome",
                     wording_status(attempt->status, words), "latency_ms",
                     (json_int_t)attempt->took_ms);
}

static json_t *attempts_json(const struct store_subscriber *s)
{
    json_t *list = json_array();
    for (size_t i = 0; s->lagging && i < s->last_count; i++)
        json_array_append_new(list, attempt_json(&s->last[i]));
    return list;
}

static json_t *lag_json(const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    bool failed = s->lagging && s->last_status != 0;
    char words[WORDING_MAX];
    return json_pack(
        "{s:o, s:s?, s:i, s:o, s:o, s:b, s:o, s:o}", "last_status",
        status_json(failed ? s->last_status : 0), "last_outcome",
        failed ? wording_status(s->last_status, words) : NULL, "attempts",
        s->lagging ? (int)s->attempts : 0, "failing_since",
        sheet_time(s->lagging ? s->first_failure : 0), "next_try",
        sheet_time(next_try(s)), "waits_for_host", s->lagging && s->waits,
        "owed", owed_json(view), "last_attempts", attempts_json(s));
}

json_t *subscriber_view_json(const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    int64_t left = s->lease_end > view->now ? s->lease_end - view->now : 0;
    json_t *root =
        json_pack("{s:o, s:o, s:s, s:b, s:o, s:I}", "topic",
                  json_text(view->topic), "callback_host",
                  json_text(host_of(s->callback)), "state", wording_state(s),
                  "paused", s->paused, "lease_end", sheet_time(s->lease_end),
                  "lease_left_seconds", (json_int_t)(left / 1000));
    json_t *lag = root ? lag_json(view) : NULL;
    if (lag && json_object_update_missing(root, lag) == 0) {
        json_decref(lag);
        return root;
    }
    json_decref(lag);
    json_decref(root);
    return NULL;
}

// --------------------------------------------------------------------- page

static void tell_next(struct page *page, const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    char when[WORDING_MAX];
    if (s->suspended)
        sheet_item(page, "Nothing is sent before the renewal is verified.");
    else if (s->paused)
        sheet_item(page, "This hub's operator has paused it: nothing is sent, "
                         "and nothing is lost.");
    else if (s->waits)
        sheet_item(page, "It waits for its host, which has trouble, or much to "
                         "take, or is paused by this hub's operator.");
    else if (s->due == 0)
        sheet_item(page, "It was given up until there is something new.");
    else if (s->due <= view->now)
        sheet_item(page, "The next try is as soon as it is its turn.");
    else
        sheet_itemf(page, "The next try is %s.",
                    wording_when(s->due, view->now, when));
}

static void tell_lag(struct page *page, const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    char what[WORDING_MAX], when[WORDING_MAX];
    if (newest(view) > s->next)
        sheet_itemf(page, "It is owed versions %" PRIu64 " to %" PRIu64 ".",
                    s->next, newest(view));
    else
        sheet_itemf(page, "It is owed version %" PRIu64 ".", s->next);
    if (s->attempts > 0)
        sheet_itemf(page,
                    "The last delivery failed: %s. %" PRIu32
                    " attempt%s failed since the newest version.",
                    wording_status(s->last_status, what), s->attempts,
                    s->attempts == 1 ? "" : "s");
    for (size_t i = 0; i < s->last_count; i++)
        sheet_itemf(page, "%s: %s, after %" PRIu32 " ms.",
                    wording_when(s->last[i].at, view->now, when),
                    wording_status(s->last[i].status, what),
                    s->last[i].took_ms);
}

void subscriber_view_page(struct page *page, const struct subscriber_view *view)
{
    const struct store_subscriber *s = view->subscriber;
    char when[WORDING_MAX];
    struct bytes host = host_of(s->callback);
    sheet_itemf(page, "It is %s.", wording_state(s));
    sheet_itemf(page, "Deliveries go to %.*s.", (int)host.len, host.at);
    sheet_itemf(page, "Its lease ends %s.",
                wording_when(s->lease_end, view->now, when));
    if (s->lagging)
        tell_lag(page, view);
    else
        sheet_item(page, "Nothing is owed: it has the newest version, or is "
                         "about to get it.");
    if (s->lagging || s->paused || s->suspended)
        tell_next(page, view);
}
