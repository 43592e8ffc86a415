// SPDX-License-Identifier: MIT

#include "inspect_match.h"

#include "fetcher/sha256.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 256, DIGEST = SHA256_SIZE };

static_assert((int)STORE_SECRET_MAX < (int)BLOCK,
              "a secret and its length fit");

// A longer one than a secret can be is cut: its length tells it from all.
static void digest(struct bytes secret, uint8_t out[DIGEST])
{
    uint8_t block[BLOCK] = { 0 };
    bool fits = secret.len <= STORE_SECRET_MAX;
    size_t len = fits ? secret.len : STORE_SECRET_MAX;
    if (len > 0)
        memcpy(block, secret.at, len);
    block[BLOCK - 1] = (uint8_t)(fits ? len : BLOCK - 1);
    sha256(block, sizeof block, out);
    OPENSSL_cleanse(block, sizeof block);
}

// As a number, so that no branch depends on it.
static unsigned same(struct bytes stored, const uint8_t given[DIGEST])
{
    uint8_t own[DIGEST];
    digest(stored, own);
    unsigned equal = CRYPTO_memcmp(own, given, DIGEST) == 0;
    OPENSSL_cleanse(own, sizeof own);
    return equal & (stored.len > 0);
}

void inspect_match(const struct store_find *find, struct bytes secret,
                   struct inspect_match *out)
{
    static const struct bytes none = { "", 0 };
    uint8_t given[DIGEST];
    unsigned subscribed = 0, pending[STORE_WAITING_MAX] = { 0 };
    *out = (struct inspect_match){ .view = INSPECT_NOTHING };
    digest(secret, given);
    subscribed =
        same(find->subscribed ? find->subscriber.profile.secret : none, given);
    for (size_t i = 0; i < STORE_WAITING_MAX; i++)
        pending[i] = same(
            i < find->pending_count ? find->pending[i].profile.secret : none,
            given);
    for (size_t i = 0; i < STORE_WAITING_MAX; i++)
        if (pending[i])
            out->pending = &find->pending[i];
    out->view = subscribed     ? INSPECT_SUBSCRIPTION
                : out->pending ? INSPECT_PENDING
                               : INSPECT_NOTHING;
    OPENSSL_cleanse(given, sizeof given);
}
