// SPDX-License-Identifier: MIT

#include "bare_message.h"

#include "head.h"
#include "sink.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { HEX_LEN = 64 };

struct bare_message {
    const struct callbacks *callbacks;
    const char *body;
    size_t body_len;
    char fields[SINK_MESSAGE_MAX]; // all that is the same for every callback
    size_t fields_len;
    bool sign;
    EVP_MAC_CTX *mac;
    char (*ready)[HEX_LEN + 1]; // callback -> signature; NULL: compute
};

static bool is_own(const char *line)
{
    return strncasecmp(line, "Host:", 5) == 0
           || strncasecmp(line, "X-Hub-Signature:", 16) == 0;
}

static bool read_sample(struct bare_message *message, const char *sample,
                        size_t len)
{
    struct head head;
    if (!head_read(sample, len, &head) || len < head.len + head.body_len)
        return false;
    message->body = sample + head.len;
    message->body_len = head.body_len;
    const char *line = memchr(sample, '\n', head.len);
    while (++line < sample + head.len - 2) {
        const char *end = memchr(line, '\n', head.len);
        size_t line_len = (size_t)(end - line) + 1;
        if (!is_own(line)) {
            memcpy(message->fields + message->fields_len, line, line_len);
            message->fields_len += line_len;
        }
        line = end;
    }
    memcpy(message->fields + message->fields_len, "\r\n", 2);
    message->fields_len += 2;
    return true;
}

static void sign(struct bare_message *message, size_t number,
                 char out[HEX_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    char secret[CALLBACKS_SECRET_MAX];
    unsigned char mac[EVP_MAX_MD_SIZE];
    size_t mac_len = 0, len = callbacks_secret(number, secret);
    EVP_MAC_init(message->mac, (const unsigned char *)secret, len, NULL);
    EVP_MAC_update(message->mac, (const unsigned char *)message->body,
                   message->body_len);
    EVP_MAC_final(message->mac, mac, &mac_len, sizeof mac);
    for (size_t i = 0; i < HEX_LEN / 2; i++) {
        out[2 * i] = digits[mac[i] >> 4];
        out[2 * i + 1] = digits[mac[i] & 15];
    }
    out[HEX_LEN] = '\0';
}

static bool prepare_mac(struct bare_message *message)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("digest", digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    message->mac = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    return message->mac != NULL
           && EVP_MAC_CTX_set_params(message->mac, params) == 1;
}

static bool prepare_signatures(struct bare_message *message)
{
    size_t count = message->callbacks->count;
    message->ready = calloc(count, sizeof *message->ready);
    if (message->ready == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        sign(message, i, message->ready[i]);
    return true;
}

struct bare_message *bare_message_new(const struct bare_options *options)
{
    struct bare_message *message = calloc(1, sizeof *message);
    if (message == NULL
        || !read_sample(message, options->sample, options->sample_len))
        return NULL;
    message->callbacks = options->callbacks;
    message->sign = options->callbacks->secrets;
    if (message->sign && !prepare_mac(message))
        return NULL;
    if (message->sign && options->ready_signatures
        && !prepare_signatures(message))
        return NULL;
    return message;
}

static int write_own(struct bare_message *message, size_t number, char *out,
                     size_t max)
{
    char made[HEX_LEN + 1] = "";
    const struct callbacks *callbacks = message->callbacks;
    uint32_t to = callbacks_address(number % callbacks->origins);
    const char *signature = made;
    if (message->ready != NULL)
        signature = message->ready[number];
    else if (message->sign)
        sign(message, number, made);
    return snprintf(out, max,
                    "POST %s/%zu HTTP/1.1\r\nHost: %u.%u.%u.%u:%u\r\n%s%s%s",
                    callbacks->callback_path, number, to >> 24, to >> 16 & 255,
                    to >> 8 & 255, to & 255, callbacks->port,
                    message->sign ? "X-Hub-Signature: sha256=" : "", signature,
                    message->sign ? "\r\n" : "");
}

bool bare_message_send(struct bare_message *message, int fd, size_t number)
{
    char own[512];
    int own_len = write_own(message, number, own, sizeof own);
    union {
        const char *borrowed;
        char *given; // iovec has no const, sendmsg() does not write
    } fields = { message->fields }, body = { message->body };
    struct iovec parts[] = {
        { own, (size_t)own_len },
        { fields.given, message->fields_len },
        { body.given, message->body_len },
    };
    struct msghdr all = { .msg_iov = parts, .msg_iovlen = 3 };
    size_t len = (size_t)own_len + message->fields_len + message->body_len;
    return sendmsg(fd, &all, MSG_NOSIGNAL) == (ssize_t)len;
}
