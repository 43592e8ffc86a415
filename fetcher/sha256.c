// SPDX-License-Identifier: MIT

// These need no memory but the caller's. OpenSSL 3 would rather have us use
// EVP, which does; both are the same code underneath.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sha256.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert((int)SHA256_SIZE == SHA256_DIGEST_LENGTH, "one size");

void sha256(const void *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, len);
    SHA256_Final(out, &context);
}
