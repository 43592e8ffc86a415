// SPDX-License-Identifier: MIT

#include "bare_message.h"

#include "head.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEX_LEN = 64, OWN_MAX = 512 };

struct bare_message {
    const struct callbacks *callbacks;
    // All that is the same for every callback, with room before it for what
    // is not.
    char *bytes;
    size_t same_len;
    const char *body; // the end of it
    size_t body_len;
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
    message->bytes = malloc(OWN_MAX + len);
    if (message->bytes == NULL)
        return false;
    char *fields = message->bytes + OWN_MAX, *at = fields;
    const char *line = memchr(sample, '\n', head.len);
    while (++line < sample + head.len - 2) {
        const char *end = memchr(line, '\n', head.len);
        size_t line_len = (size_t)(end - line) + 1;
        if (!is_own(line)) {
            memcpy(at, line, line_len);
            at += line_len;
        }
        line = end;
    }
    memcpy(at, "\r\n", 2);
    at += 2;
    memcpy(at, sample + head.len, head.body_len);
    message->body = at;
    message->body_len = head.body_len;
    message->same_len = (size_t)(at - fields) + head.body_len;
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

const char *bare_message_make(struct bare_message *message, size_t number,
                              size_t *out_len)
{
    char own[OWN_MAX];
    size_t own_len = (size_t)write_own(message, number, own, sizeof own);
    char *begin = message->bytes + OWN_MAX - own_len;
    memcpy(begin, own, own_len);
    *out_len = own_len + message->same_len;
    return begin;
}
