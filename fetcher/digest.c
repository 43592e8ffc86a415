// SPDX-License-Identifier: MIT

#include "digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

static EVP_MD *method;

static void fetch(void)
{
    method = EVP_MD_fetch(NULL, "SHA256", NULL);
}

bool digest_open(struct digest *digest)
{
    // Fetched once, for ever: fetching costs more than hashing an entry.
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch);
    digest->context = EVP_MD_CTX_new();
    digest->staged = 0;
    digest->failed = method == NULL || digest->context == NULL;
    return !digest->failed;
}

void digest_close(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

static void update(struct digest *digest, const void *bytes, size_t len)
{
    if (!digest->failed && EVP_DigestUpdate(digest->context, bytes, len) != 1)
        digest->failed = true;
}

void digest_begin(struct digest *digest)
{
    digest->staged = 0;
    if (!digest->failed
        && EVP_DigestInit_ex2(digest->context, method, NULL) != 1)
        digest->failed = true;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
    // Most pieces are a name or a few words, for which libcrypto's call is
    // the larger part of the work.
    if (len > sizeof digest->stage - digest->staged) {
        update(digest, digest->stage, digest->staged);
        digest->staged = 0;
    }
    if (len > sizeof digest->stage) {
        update(digest, bytes, len);
    } else if (len > 0) {
        memcpy(digest->stage + digest->staged, bytes, len);
        digest->staged += len;
    }
}

void digest_end(struct digest *digest, uint8_t out[DIGEST_SIZE])
{
    uint8_t whole[32] = { 0 };
    update(digest, digest->stage, digest->staged);
    digest->staged = 0;
    if (!digest->failed
        && EVP_DigestFinal_ex(digest->context, whole, NULL) != 1)
        digest->failed = true;
    memcpy(out, whole, DIGEST_SIZE);
}

void digest_of(struct digest *digest, char kind, const void *bytes, size_t len,
               uint8_t out[DIGEST_SIZE])
{
    digest_begin(digest);
    digest_add(digest, &kind, 1);
    digest_add(digest, bytes, len);
    digest_end(digest, out);
}
