// SPDX-License-Identifier: MIT

#include "signature.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { METHODS = 5 };

// Fetching an implementation costs more than signing a short body, so each
// thread fetches each method once and keeps the context.
struct contexts {
    EVP_MAC_CTX *mac[METHODS];
};

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_free(void *value)
{
    struct contexts *contexts = value;
    for (size_t i = 0; i < METHODS; i++)
        EVP_MAC_CTX_free(contexts->mac[i]);
    free(contexts);
}

static void contexts_setup(void)
{
    pthread_key_create(&contexts_key, contexts_free);
}

const char *signature_method_name(enum signature_method method)
{
    static const char *const names[METHODS] = {
        [SIGNATURE_SHA1] = "sha1",
        [SIGNATURE_SHA256] = "sha256",
        [SIGNATURE_SHA384] = "sha384",
        [SIGNATURE_SHA512] = "sha512",
    };
    return (size_t)method < METHODS ? names[method] : NULL;
}

// With its digest, which would else be looked up by name for every signature.
static EVP_MAC_CTX *fetch(enum signature_method method)
{
    static char digests[METHODS][8] = { "", "SHA1", "SHA256", "SHA384",
                                        "SHA512" };
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digests[method],
                                         0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac); // the context keeps its own reference
    if (context && EVP_MAC_CTX_set_params(context, params) == 1)
        return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

static EVP_MAC_CTX *context_of(enum signature_method method)
{
    pthread_once(&contexts_once, contexts_setup);
    struct contexts *contexts = pthread_getspecific(contexts_key);
    if (!contexts) {
        contexts = calloc(1, sizeof *contexts);
        if (!contexts || pthread_setspecific(contexts_key, contexts) != 0) {
            free(contexts);
            return NULL;
        }
    }
    if (!contexts->mac[method])
        contexts->mac[method] = fetch(method);
    return contexts->mac[method];
}

static bool sign(enum signature_method method, const void *secret,
                 size_t secret_len, const void *body, size_t body_len,
                 uint8_t out[EVP_MAX_MD_SIZE], size_t *out_len)
{
    EVP_MAC_CTX *context = context_of(method);
    return context && EVP_MAC_init(context, secret, secret_len, NULL)
           && EVP_MAC_update(context, body, body_len)
           && EVP_MAC_final(context, out, out_len, EVP_MAX_MD_SIZE);
}

bool signature_line(enum signature_method method, const void *secret,
                    size_t secret_len, const void *body, size_t body_len,
                    char line[SIGNATURE_LINE_MAX])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    size_t mac_len = 0;
    const char *name = signature_method_name(method);

    line[0] = '\0';
    if (!name
        || !sign(method, secret, secret_len, body, body_len, mac, &mac_len))
        return false;
    char *at = stpcpy(stpcpy(stpcpy(line, "X-Hub-Signature: "), name), "=");
    for (size_t i = 0; i < mac_len; i++) {
        static const char hex[] = "0123456789abcdef";
        *at++ = hex[mac[i] >> 4];
        *at++ = hex[mac[i] & 15];
    }
    *at = '\0';
    return true;
}
