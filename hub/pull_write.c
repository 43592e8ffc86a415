// SPDX-License-Identifier: MIT

#include "pull_write.h"

#include "json_writer.h"
#include "parcel.h"
#include "pull_event.h"
#include "pull_stream.h"

#include <stdlib.h>

static void put_cursor(struct json_writer *out, const struct batch *batch)
{
    // Where a reader goes on backwards is no place to wait at (M16).
    json_writer_name(out, batch->backwards ? "before" : "cursor");
    if (batch->has_cursor)
        pull_event_cursor(out, batch, 0, batch->cursor.number);
    else
        json_writer_put(out, "null");
}

static void put_flag(struct json_writer *out, const char *name, bool value)
{
    json_writer_name(out, name);
    json_writer_put(out, value ? "true" : "false");
}

static void put_gap(struct json_writer *out, const struct batch *batch)
{
    json_writer_name(out, "gap");
    if (batch->loss == 0) {
        json_writer_put(out, "null");
        return;
    }
    json_writer_put(out, "{");
    pull_event_gap(out, batch);
    json_writer_put(out, "}");
}

static void put_envelope(struct json_writer *out, const struct batch *batch)
{
    put_cursor(out, batch);
    put_flag(out, "more", batch->more);
    json_writer_name(out, "next");
    json_writer_put(out, "{\"after_ms\":");
    json_writer_number(out, batch->after_ms);
    json_writer_put(out, "}");
    put_gap(out, batch);
    if (batch->scope_changed) {
        json_writer_name(out, "scope");
        json_writer_put(out, "\"changed\"");
    }
    // Only where nothing is new: other answers are the same for all who wait.
    if (batch->idle) {
        json_writer_name(out, "wait_ms");
        json_writer_number(
            out, batch->waited_ms > 0 ? (uint64_t)batch->waited_ms : 0);
    }
    if (batch->superseded)
        put_flag(out, "superseded", true);
}

static void put_events(struct json_writer *out, const struct batch *batch,
                       uint64_t topic)
{
    json_writer_name(out, "events");
    json_writer_put(out, "[");
    for (size_t i = 0; i < batch->count; i++) {
        if (topic != 0 && batch->events[i].event->topic != topic)
            continue;
        json_writer_next(out);
        json_writer_put(out, "{");
        pull_event_fields(out, batch, &batch->events[i]);
        json_writer_put(out, "}");
    }
    json_writer_put(out, "]");
}

static void put_topic(struct json_writer *out, const struct batch *batch,
                      const struct batch_topic *topic, bool events)
{
    json_writer_next(out);
    json_writer_string(out, topic->url);
    json_writer_put(out, ":{\"cursor\":");
    // Good for this topic alone, whatever else was asked for.
    struct batch alone = *batch;
    alone.has_cursor = false;
    pull_event_cursor(out, &alone, topic->topic, topic->reached);
    if (events)
        put_events(out, batch, topic->topic);
    json_writer_put(out, "}");
}

static bool is_told(const struct batch_topic topics[], size_t count,
                    uint64_t topic)
{
    for (size_t i = 0; i < count; i++)
        if (topics[i].topic == topic)
            return true;
    return false;
}

// Events of topics that the batch does not list: of a prefix, say.
static size_t list_others(const struct batch *batch, struct batch_topic out[])
{
    size_t count = 0;
    for (size_t i = batch->count; i-- > 0;) {
        const struct batch_event *event = &batch->events[i];
        if (is_told(batch->topics, batch->topic_count, event->event->topic)
            || is_told(out, count, event->event->topic))
            continue;
        out[count++] = (struct batch_topic){
            .url = event->url,
            .topic = event->event->topic,
            .reached = event->event->number, // the last one of that topic
        };
    }
    return count;
}

static void put_topics(struct json_writer *out, const struct batch *batch,
                       bool events)
{
    json_writer_name(out, "topics");
    json_writer_put(out, "{");
    for (size_t i = 0; i < batch->topic_count; i++)
        put_topic(out, batch, &batch->topics[i], events);
    if (events && batch->count > 0) {
        struct batch_topic *others = calloc(batch->count, sizeof *others);
        size_t count = others ? list_others(batch, others) : 0;
        for (size_t i = 0; i < count; i++)
            put_topic(out, batch, &others[i], true);
        out->failed = out->failed || !others;
        free(others);
    }
    json_writer_put(out, "}");
}

static struct parcel *write_answer(const struct batch *batch, bool by_topic)
{
    struct json_writer out = { 0 };
    json_writer_put(&out, "{");
    put_envelope(&out, batch);
    if (by_topic) {
        put_topics(&out, batch, true);
    } else {
        if (batch->scope_changed)
            put_topics(&out, batch, false);
        put_events(&out, batch, 0);
    }
    json_writer_put(&out, "}");
    return json_writer_parcel(&out);
}

// The cursor that resumes with event `number` still to come, or after it.
static const char *id_of(const struct batch *batch, uint64_t number,
                         char text[CURSOR_TEXT])
{
    struct cursor cursor = batch->cursor;
    cursor.number = number;
    return batch->has_cursor && cursor_write(batch->key, &cursor, text) ? text
                                                                        : NULL;
}

static struct json_writer *begin_control(struct pull_stream *stream,
                                         const struct batch *batch,
                                         const char *type, uint64_t number)
{
    char text[CURSOR_TEXT];
    const char *id = id_of(batch, number, text);
    struct json_writer *out = pull_stream_begin(stream, type, id);
    json_writer_name(out, "cursor");
    if (id)
        json_writer_string(out, id);
    else
        json_writer_put(out, "null");
    return out;
}

static void put_opening(struct pull_stream *stream, const struct batch *batch,
                        uint64_t before)
{
    const struct batch_opening *opening = batch->opening;
    struct json_writer *out = begin_control(
        stream, batch, "open", opening->has_place ? opening->place : before);
    json_writer_name(out, "heartbeat");
    json_writer_number(out, opening->heartbeat_s);
    json_writer_name(out, "life");
    json_writer_number(out, (uint64_t)opening->life_s);
    json_writer_name(out, "topics");
    json_writer_number(out, opening->topics);
    pull_stream_end(stream);
}

static struct parcel *write_stream(enum pull_voice voice,
                                   const struct batch *batch)
{
    struct pull_stream stream = { .voice = voice };
    char text[CURSOR_TEXT];
    // Who hears of a gap and is cut off then must not miss what comes next.
    uint64_t before = batch->count > 0 ? batch->events[0].event->number - 1
                                       : batch->cursor.number;
    if (batch->opening)
        put_opening(&stream, batch, before);
    if (batch->scope_changed) {
        put_topics(begin_control(&stream, batch, "scope", before), batch,
                   false);
        pull_stream_end(&stream);
    }
    if (batch->loss != 0) {
        pull_event_gap(begin_control(&stream, batch, "gap", before), batch);
        pull_stream_end(&stream);
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_event *event = &batch->events[i];
        const char *id = voice == VOICE_EVENTS
                             ? id_of(batch, event->event->number, text)
                             : NULL;
        pull_event_fields(pull_stream_begin(&stream, NULL, id), batch, event);
        pull_stream_end(&stream);
    }
    if (batch->pauses) {
        begin_control(&stream, batch, "more", batch->cursor.number);
        pull_stream_end(&stream);
    }
    return pull_stream_parcel(&stream);
}

struct parcel *pull_write(enum pull_voice voice, const struct batch *batch)
{
    if (voice == VOICE_JSON || voice == VOICE_BY_TOPIC)
        return write_answer(batch, voice == VOICE_BY_TOPIC);
    return write_stream(voice, batch);
}
