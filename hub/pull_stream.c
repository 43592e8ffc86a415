// SPDX-License-Identifier: MIT

#include "pull_stream.h"

#include "parcel.h"
#include "websocket.h"

static void begin_event(struct json_writer *out, const char *type,
                        const char *id)
{
    if (id) {
        json_writer_put(out, "id: ");
        json_writer_put(out, id);
        json_writer_put(out, "\n");
    }
    if (type) {
        json_writer_put(out, "event: ");
        json_writer_put(out, type);
        json_writer_put(out, "\n");
    }
    json_writer_put(out, "data: {");
}

struct json_writer *pull_stream_begin(struct pull_stream *stream,
                                      const char *type, const char *id)
{
    struct json_writer *out =
        stream->voice == VOICE_SOCKET ? &stream->message : &stream->out;
    if (stream->voice == VOICE_EVENTS) {
        begin_event(out, type, id);
        return out;
    }
    json_writer_put(out, "{");
    if (!type && stream->voice == VOICE_SOCKET)
        type = "event";
    if (type) {
        json_writer_name(out, "type");
        json_writer_string(out, type);
    }
    return out;
}

static void end_message(struct pull_stream *stream)
{
    struct json_writer *message = &stream->message;
    struct parcel *framed =
        message->failed ? NULL : websocket_text(message->at, message->len);
    if (framed)
        json_writer_bytes(&stream->out, parcel_bytes(framed),
                          parcel_length(framed));
    else
        stream->out.failed = true;
    parcel_free(framed);
    message->len = 0;
}

void pull_stream_end(struct pull_stream *stream)
{
    if (stream->voice == VOICE_SOCKET) {
        json_writer_put(&stream->message, "}");
        end_message(stream);
    } else {
        json_writer_put(&stream->out,
                        stream->voice == VOICE_EVENTS ? "}\n\n" : "}\n");
    }
}

struct parcel *pull_stream_parcel(struct pull_stream *stream)
{
    json_writer_clear(&stream->message);
    return json_writer_parcel(&stream->out);
}
