// SPDX-License-Identifier: MIT

#include "ticket.h"

#include "fetcher/sha256.h"
#include "grant.h"
#include "seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

// Layout: nonce, sealed (version, token, expiry, rights, number of items, for
// each its kind and length in one word, and hash), tag.
enum {
    VERSION = 1,
    NONCE = 12,
    TAG = 16,
    AT_TOKEN = 1,
    AT_EXPIRES = 9,
    AT_RIGHTS = 17,
    AT_COUNT = 18,
    FIXED = 19,
    ITEM = 2 + TICKET_HASH,
    KIND_SHIFT = 14,
    LEN_MASK = (1 << KIND_SHIFT) - 1,
    PLAIN_MAX = FIXED + TICKET_ITEMS_MAX * ITEM,
};

struct ticket_key {
    uint8_t key[SHA256_SIZE];
};

struct ticket_key *ticket_key_new(const uint8_t secret[32], uint64_t epoch)
{
    static const char purpose[] = "ticket 1";
    uint8_t material[48];
    struct ticket_key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    memcpy(material, purpose, 8);
    memcpy(material + 8, secret, 32);
    seal_put(material + 40, epoch, 8);
    sha256(material, sizeof material, key->key);
    OPENSSL_cleanse(material, sizeof material);
    return key;
}

void ticket_key_free(struct ticket_key *key)
{
    if (key)
        OPENSSL_cleanse(key, sizeof *key);
    free(key);
}

// ------------------------------------------------------------- as base64url

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(const uint8_t *bytes, size_t len, char *text)
{
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6)
            *text++ = alphabet[bits >> (held - 6) & 63];
    }
    if (held > 0)
        *text++ = alphabet[bits << (6 - held) & 63];
    *text = '\0';
}

static bool decode(const char *text, size_t len, uint8_t out[TICKET_BYTES_MAX],
                   size_t *out_len)
{
    uint32_t bits = 0;
    int held = 0;
    *out_len = 0;
    if (len >= TICKET_TEXT_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!digit)
            return false;
        bits = bits << 6 | (uint32_t)(digit - alphabet);
        held += 6;
        if (held < 8)
            continue;
        if (*out_len == TICKET_BYTES_MAX)
            return false;
        held -= 8;
        out[(*out_len)++] = (uint8_t)(bits >> held);
    }
    // One spelling only.
    return held < 6 && (bits & ((1U << held) - 1)) == 0;
}

// ------------------------------------------------------------------ as bytes

static size_t pack(const struct ticket *ticket, uint8_t plain[PLAIN_MAX])
{
    plain[0] = VERSION;
    seal_put(plain + AT_TOKEN, ticket->token, 8);
    seal_put(plain + AT_EXPIRES, (uint64_t)ticket->expires, 8);
    plain[AT_RIGHTS] = (uint8_t)ticket->rights;
    plain[AT_COUNT] = (uint8_t)ticket->count;
    uint8_t *at = plain + FIXED;
    for (size_t i = 0; i < ticket->count; i++, at += ITEM) {
        const struct ticket_item *item = &ticket->items[i];
        seal_put(at, (unsigned)item->kind << KIND_SHIFT | item->len, 2);
        memcpy(at + 2, item->hash, TICKET_HASH);
    }
    return (size_t)(at - plain);
}

static bool unpack(const uint8_t *plain, size_t len, struct ticket *out)
{
    memset(out, 0, sizeof *out);
    if (len < FIXED || plain[0] != VERSION)
        return false;
    out->token = seal_get(plain + AT_TOKEN, 8);
    out->expires = (int64_t)seal_get(plain + AT_EXPIRES, 8);
    out->rights = plain[AT_RIGHTS];
    out->count = plain[AT_COUNT];
    if (out->count > TICKET_ITEMS_MAX || len != FIXED + out->count * ITEM)
        return false;
    const uint8_t *at = plain + FIXED;
    for (size_t i = 0; i < out->count; i++, at += ITEM) {
        uint64_t word = seal_get(at, 2);
        out->items[i].kind = (enum ticket_kind)(word >> KIND_SHIFT);
        out->items[i].len = (uint16_t)(word & LEN_MASK);
        memcpy(out->items[i].hash, at + 2, TICKET_HASH);
    }
    return true;
}

static bool close_it(const struct ticket_key *key, const uint8_t *plain,
                     size_t len, uint8_t *out)
{
    int took = 0, rest = 0;
    uint8_t *sealed = out + NONCE;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good =
        context && RAND_bytes(out, NONCE) == 1
        && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->key, out)
        && EVP_EncryptUpdate(context, sealed, &took, plain, (int)len)
        && EVP_EncryptFinal_ex(context, sealed + took, &rest)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG,
                               sealed + len);
    EVP_CIPHER_CTX_free(context);
    return good;
}

static bool open_it(const struct ticket_key *key, uint8_t *bytes, size_t len,
                    uint8_t *plain)
{
    int took = 0, rest = 0;
    uint8_t *sealed = bytes + NONCE;
    size_t plain_len = len - NONCE - TAG;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good =
        context
        && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->key, bytes)
        && EVP_DecryptUpdate(context, plain, &took, sealed, (int)plain_len)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG,
                               sealed + plain_len)
        && EVP_DecryptFinal_ex(context, plain + took, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    return good;
}

bool ticket_write(struct ticket_key *key, const struct ticket *ticket,
                  char text[TICKET_TEXT_MAX])
{
    uint8_t plain[PLAIN_MAX], bytes[TICKET_BYTES_MAX];
    size_t len = pack(ticket, plain);
    if (!close_it(key, plain, len, bytes))
        return false;
    encode(bytes, NONCE + len + TAG, text);
    return true;
}

bool ticket_read(struct ticket_key *key, const char *text, size_t len,
                 struct ticket *out)
{
    uint8_t plain[PLAIN_MAX], bytes[TICKET_BYTES_MAX];
    size_t count;
    return decode(text, len, bytes, &count) && count >= NONCE + FIXED + TAG
           && open_it(key, bytes, count, plain)
           && unpack(plain, count - NONCE - TAG, out);
}

// -------------------------------------------------------------------- items

static void hash_of(const char *text, size_t len, uint8_t out[TICKET_HASH])
{
    uint8_t digest[SHA256_SIZE];
    sha256(text, len, digest);
    memcpy(out, digest, TICKET_HASH);
}

bool ticket_bind(struct ticket *ticket, enum ticket_kind kind, const char *text,
                 size_t len)
{
    if (ticket->count == TICKET_ITEMS_MAX || len > LEN_MASK)
        return false;
    struct ticket_item *item = &ticket->items[ticket->count++];
    item->kind = kind;
    item->len = (uint16_t)len;
    hash_of(text, len, item->hash);
    return true;
}

// Does the text begin with what this one names?
static bool begins(const struct ticket_item *item, const char *text, size_t len)
{
    uint8_t hash[TICKET_HASH];
    if (len < item->len)
        return false;
    hash_of(text, item->len, hash);
    return memcmp(hash, item->hash, sizeof hash) == 0;
}

static bool has_prefix(const struct ticket *ticket, const char *text,
                       size_t len)
{
    for (size_t i = 0; i < ticket->count; i++)
        if (ticket->items[i].kind == TICKET_PREFIX
            && begins(&ticket->items[i], text, len)
            && (ticket->items[i].len == 0 || !grant_strays(text, len)))
            return true;
    return false;
}

static bool has(const struct ticket *ticket, enum ticket_kind kind,
                const char *text, size_t len)
{
    for (size_t i = 0; i < ticket->count; i++)
        if (ticket->items[i].kind == kind && ticket->items[i].len == len
            && begins(&ticket->items[i], text, len))
            return true;
    return false;
}

static bool names(const struct ticket *ticket, enum ticket_kind one,
                  enum ticket_kind other)
{
    for (size_t i = 0; i < ticket->count; i++)
        if (ticket->items[i].kind == one || ticket->items[i].kind == other)
            return true;
    return false;
}

bool ticket_covers(const struct ticket *ticket, const char *normal, size_t len)
{
    return !names(ticket, TICKET_URL, TICKET_PREFIX)
           || has(ticket, TICKET_URL, normal, len)
           || has_prefix(ticket, normal, len);
}

bool ticket_covers_all(const struct ticket *ticket, const char *prefix,
                       size_t len)
{
    return !names(ticket, TICKET_URL, TICKET_PREFIX)
           || has_prefix(ticket, prefix, len);
}

bool ticket_opens(const struct ticket *ticket, const char *name, size_t len)
{
    return !names(ticket, TICKET_MAILBOX, TICKET_MAILBOX)
           || (name && has(ticket, TICKET_MAILBOX, name, len));
}
