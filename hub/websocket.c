// SPDX-License-Identifier: MIT

#include "websocket.h"

#include "parcel.h"
#include "request.h"
#include "utf8.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wslay/wslay.h>

enum {
    KEY_LEN = 24, // 16 bytes in base64
    KEY_BYTES = 16,
    CONTROL_MAX = 125, // RFC 6455, 5.5
    REASON_MAX = 120,
    HEAD_MAX = 10,
    SHORT_MAX = 125, // lengths that fit the second byte
    TEXT_ROOM_FIRST = 256,
    NO_CODE = 1005,
};

// -------------------------------------------------------------- handshake

// Is the word in this list, which is separated by commas, in any case?
static bool lists(const char *list, const char *word)
{
    size_t len = strlen(word);
    while (list && *list) {
        list += strspn(list, ", \t");
        size_t item = strcspn(list, ", \t");
        if (item == len && strncasecmp(list, word, len) == 0)
            return true;
        list += item;
    }
    return false;
}

static bool is_key(const char *key)
{
    unsigned char bytes[KEY_BYTES + 2];
    if (!key || strlen(key) != KEY_LEN || strcmp(key + KEY_LEN - 2, "==") != 0)
        return false;
    // It decodes the padding as zeroes.
    return EVP_DecodeBlock(bytes, (const unsigned char *)key, KEY_LEN)
           == KEY_BYTES + 2;
}

bool websocket_asked(const struct request *request, const char **problem)
{
    const char *version = request_field(request, "Sec-WebSocket-Version");
    *problem = NULL;
    if (!lists(request_field(request, "Upgrade"), "websocket"))
        return false;
    if (request->method != REQUEST_GET)
        *problem = "a WebSocket begins with GET";
    else if (!lists(request_field(request, "Connection"), "upgrade"))
        *problem = "Connection does not say Upgrade";
    else if (!version || strcmp(version, "13") != 0)
        *problem = "Sec-WebSocket-Version is not 13";
    else if (!is_key(request_field(request, "Sec-WebSocket-Key")))
        *problem = "Sec-WebSocket-Key is not 16 bytes in base64";
    return true;
}

bool websocket_accept(const struct request *request,
                      char accept[WEBSOCKET_ACCEPT])
{
    // RFC 6455, 1.3
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char text[KEY_LEN + sizeof magic];
    const char *key = request_field(request, "Sec-WebSocket-Key");
    int all =
        snprintf(text, sizeof text, "%.*s%s", KEY_LEN, key ? key : "", magic);
    if (EVP_Digest(text, (size_t)all, digest, &len, EVP_sha1(), NULL) != 1)
        return false;
    EVP_EncodeBlock((unsigned char *)accept, digest, (int)len);
    return true;
}

// ------------------------------------------------------------- what we send

static struct parcel *frame(enum wslay_opcode opcode, const void *payload,
                            size_t len)
{
    unsigned char head[HEAD_MAX] = { (unsigned char)(0x80U | opcode) };
    size_t wide = len <= SHORT_MAX ? 0 : len <= UINT16_MAX ? 2 : 8;
    head[1] = wide == 0 ? (unsigned char)len : wide == 2 ? 126 : 127;
    for (size_t i = 0; i < wide; i++)
        head[2 + i] = (unsigned char)((uint64_t)len >> (8 * (wide - 1 - i)));

    char *to;
    struct parcel *parcel = parcel_make(2 + wide + len, &to);
    if (!parcel)
        return NULL;
    memcpy(to, head, 2 + wide);
    if (len > 0)
        memcpy(to + 2 + wide, payload, len);
    return parcel;
}

struct parcel *websocket_text(const char *text, size_t len)
{
    return frame(WSLAY_TEXT_FRAME, text, len);
}

struct parcel *websocket_ping(void)
{
    return frame(WSLAY_PING, NULL, 0);
}

struct parcel *websocket_pong(const void *data, size_t len)
{
    return frame(WSLAY_PONG, data, len < CONTROL_MAX ? len : CONTROL_MAX);
}

struct parcel *websocket_close(unsigned code, const char *reason)
{
    unsigned char payload[2 + REASON_MAX] = { (unsigned char)(code >> 8),
                                              (unsigned char)code };
    size_t len = reason ? strlen(reason) : 0;
    if (len > REASON_MAX)
        len = REASON_MAX;
    // Not in the middle of a character.
    while (len > 0 && !utf8_valid(reason, len))
        len--;
    if (len > 0)
        memcpy(payload + 2, reason, len);
    return frame(WSLAY_CONNECTION_CLOSE, payload, 2 + len);
}

// ---------------------------------------------------------- what is sent us

struct websocket_input {
    wslay_frame_context_ptr frames;
    const uint8_t *bytes; // of the call, not read yet
    size_t left;
    uint64_t offset;   // in the frame that is being read
    uint64_t leftover; // bytes that are with wslay, and of no whole frame
    bool within;       // a message, between its frames too
    char *text;        // of that
    size_t len, room;
    size_t control_len;
    char control[CONTROL_MAX + 1];
};

static ssize_t give_bytes(uint8_t *to, size_t max, int flags, void *context)
{
    struct websocket_input *input = context;
    (void)flags;
    size_t len = input->left < max ? input->left : max;
    if (len == 0)
        return -1;
    memcpy(to, input->bytes, len);
    input->bytes += len;
    input->left -= len;
    return (ssize_t)len;
}

static struct websocket_input *input_new(void)
{
    static const struct wslay_frame_callbacks callbacks = {
        .recv_callback = give_bytes,
    };
    struct websocket_input *input = calloc(1, sizeof *input);
    if (!input)
        return NULL;
    if (wslay_frame_context_init(&input->frames, &callbacks, input) == 0)
        return input;
    free(input);
    return NULL;
}

void websocket_clear(struct websocket_input *input)
{
    if (!input)
        return;
    wslay_frame_context_free(input->frames);
    free(input->text);
    free(input);
}

size_t websocket_weight(const struct websocket_input *input)
{
    // wslay's own buffer is 4 KiB.
    return input ? sizeof *input + 4096 + input->room : 0;
}

static enum websocket_event broken(struct websocket_message *out, unsigned code)
{
    out->code = code;
    return WEBSOCKET_BROKEN;
}

// The code to close with; 0: this frame may begin.
static unsigned judge(struct websocket_input *input,
                      const struct wslay_frame_iocb *frame, size_t max)
{
    if (frame->rsv != WSLAY_RSV_NONE || !frame->mask)
        return WSLAY_CODE_PROTOCOL_ERROR;
    switch (frame->opcode) {
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
        input->control_len = 0;
        return 0;
    case WSLAY_BINARY_FRAME:
        return WSLAY_CODE_UNSUPPORTED_DATA;
    case WSLAY_TEXT_FRAME:
    case WSLAY_CONTINUATION_FRAME:
        if ((frame->opcode == WSLAY_TEXT_FRAME) == input->within)
            return WSLAY_CODE_PROTOCOL_ERROR;
        input->within = true;
        return frame->payload_length > max - input->len
                   ? WSLAY_CODE_MESSAGE_TOO_BIG
                   : 0;
    default:
        return WSLAY_CODE_PROTOCOL_ERROR;
    }
}

// Room grows with what arrives; one byte is for the NUL.
static bool add_text(struct websocket_input *input, const void *from,
                     size_t len)
{
    if (input->len + len + 1 > input->room) {
        size_t room = input->room ? input->room : TEXT_ROOM_FIRST;
        while (room < input->len + len + 1)
            room *= 2;
        char *text = realloc(input->text, room);
        if (!text)
            return false;
        input->text = text;
        input->room = room;
    }
    if (len > 0)
        memcpy(input->text + input->len, from, len);
    input->len += len;
    input->text[input->len] = '\0';
    return true;
}

static enum websocket_event finish_text(struct websocket_input *input,
                                        struct websocket_message *out)
{
    if (!utf8_valid(input->text, input->len))
        return broken(out, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
    out->text = input->text;
    out->len = input->len;
    input->text = NULL;
    input->len = input->room = 0;
    input->within = false;
    return WEBSOCKET_TEXT;
}

// RFC 6455, 7.4: codes that may stand in a frame.
static bool may_be_sent(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005
            && code != 1006)
           || (code >= 3000 && code <= 4999);
}

static enum websocket_event finish_close(const struct websocket_input *input,
                                         struct websocket_message *out)
{
    const unsigned char *bytes = (const unsigned char *)input->control;
    out->code = NO_CODE;
    if (input->control_len == 0)
        return WEBSOCKET_CLOSED;
    unsigned code =
        input->control_len > 1 ? (unsigned)bytes[0] << 8 | bytes[1] : 0;
    if (!may_be_sent(code))
        return broken(out, WSLAY_CODE_PROTOCOL_ERROR);
    if (!utf8_valid(input->control + 2, input->control_len - 2))
        return broken(out, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
    out->code = code;
    return WEBSOCKET_CLOSED;
}

static enum websocket_event finish_ping(const struct websocket_input *input,
                                        struct websocket_message *out)
{
    out->text = malloc(input->control_len + 1);
    if (!out->text)
        return broken(out, WSLAY_CODE_INTERNAL_SERVER_ERROR);
    memcpy(out->text, input->control, input->control_len);
    out->text[input->control_len] = '\0';
    out->len = input->control_len;
    return WEBSOCKET_PING;
}

static enum websocket_event finish(struct websocket_input *input,
                                   const struct wslay_frame_iocb *frame,
                                   struct websocket_message *out)
{
    switch (frame->opcode) {
    case WSLAY_CONNECTION_CLOSE:
        return finish_close(input, out);
    case WSLAY_PING:
        return finish_ping(input, out);
    case WSLAY_PONG:
        return WEBSOCKET_PONG;
    default:
        return frame->fin ? finish_text(input, out) : WEBSOCKET_MORE;
    }
}

static size_t head_size(const struct wslay_frame_iocb *frame)
{
    size_t wide = frame->payload_length <= SHORT_MAX    ? 0
                  : frame->payload_length <= UINT16_MAX ? 2
                                                        : 8;
    return 2 + wide + 4;
}

static enum websocket_event add(struct websocket_input *input,
                                const struct wslay_frame_iocb *frame,
                                size_t max, struct websocket_message *out)
{
    bool control = wslay_is_ctrl_frame(frame->opcode);
    if (input->offset == 0) {
        unsigned code = judge(input, frame, max);
        if (code != 0)
            return broken(out, code);
        input->leftover -= head_size(frame);
    }
    if (control) {
        // wslay has refused what is longer than a control frame may be.
        memcpy(input->control + input->control_len, frame->data,
               frame->data_length);
        input->control_len += frame->data_length;
    } else if (!add_text(input, frame->data, frame->data_length)) {
        return broken(out, WSLAY_CODE_INTERNAL_SERVER_ERROR);
    }
    input->leftover -= frame->data_length;
    input->offset += frame->data_length;
    if (input->offset < frame->payload_length)
        return WEBSOCKET_MORE;
    input->offset = 0;
    return finish(input, frame, out);
}

static enum websocket_event read_frames(struct websocket_input *input,
                                        size_t max,
                                        struct websocket_message *out)
{
    for (;;) {
        struct wslay_frame_iocb frame = { 0 };
        ssize_t len = wslay_frame_recv(input->frames, &frame);
        if (len == WSLAY_ERR_WANT_READ)
            return WEBSOCKET_MORE;
        if (len < 0)
            return broken(out, WSLAY_CODE_PROTOCOL_ERROR);
        enum websocket_event event = add(input, &frame, max, out);
        if (event != WEBSOCKET_MORE)
            return event;
    }
}

enum websocket_event websocket_take(struct websocket_input **input,
                                    const void *bytes, size_t len, size_t max,
                                    struct websocket_message *out)
{
    *out = (struct websocket_message){ 0 };
    if (!*input && len == 0)
        return WEBSOCKET_MORE;
    if (!*input)
        *input = input_new();
    if (!*input)
        return broken(out, WSLAY_CODE_INTERNAL_SERVER_ERROR);
    (*input)->bytes = bytes;
    (*input)->left = len;
    (*input)->leftover += len;
    enum websocket_event event = read_frames(*input, max, out);
    bool idle =
        (*input)->leftover == 0 && !(*input)->within && (*input)->offset == 0;
    if (idle) {
        websocket_clear(*input);
        *input = NULL;
    }
    return event;
}
