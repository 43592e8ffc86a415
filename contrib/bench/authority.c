// SPDX-License-Identifier: MIT

#include "authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY = 24 * 60 * 60, VERSION_3 = 2 };

struct authority {
    EVP_PKEY *key, *server_key; // all servers have the same
    X509 *certificate;
    long serial;
};

static bool extend(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    bool added =
        extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill(X509 *certificate, long serial, const char *name,
                 EVP_PKEY *key)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, VERSION_3) == 1
           && ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1
           && X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY) != NULL
           && X509_gmtime_adj(X509_getm_notAfter(certificate), DAY) != NULL
           && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                         (const unsigned char *)name, -1, -1, 0)
                  == 1
           && X509_set_pubkey(certificate, key) == 1;
}

static bool sign_itself(struct authority *authority)
{
    X509 *own = authority->certificate = X509_new();
    return own != NULL && fill(own, 1, "authority of a bench", authority->key)
           && X509_set_issuer_name(own, X509_get_subject_name(own)) == 1
           && extend(own, NID_basic_constraints, "critical,CA:TRUE")
           && extend(own, NID_key_usage, "critical,keyCertSign")
           && X509_sign(own, authority->key, EVP_sha256()) > 0;
}

struct authority *authority_new(void)
{
    struct authority *authority = calloc(1, sizeof *authority);
    if (authority == NULL)
        return NULL;
    authority->serial = 1;
    authority->key = EVP_EC_gen("P-256");
    authority->server_key = EVP_EC_gen("P-256");
    if (authority->key != NULL && authority->server_key != NULL
        && sign_itself(authority))
        return authority;
    authority_free(authority);
    return NULL;
}

void authority_free(struct authority *authority)
{
    if (authority == NULL)
        return;
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    EVP_PKEY_free(authority->server_key);
    free(authority);
}

bool authority_write(const struct authority *authority, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    bool wrote = PEM_write_X509(file, authority->certificate) == 1;
    return fclose(file) == 0 && wrote;
}

static X509 *server(struct authority *authority, uint32_t address)
{
    char name[32], alternative[40];
    X509 *made = X509_new();
    snprintf(name, sizeof name, "%u.%u.%u.%u", address >> 24,
             address >> 16 & 255, address >> 8 & 255, address & 255);
    snprintf(alternative, sizeof alternative, "IP:%s", name);
    if (made != NULL
        && fill(made, ++authority->serial, name, authority->server_key)
        && X509_set_issuer_name(made,
                                X509_get_subject_name(authority->certificate))
               == 1
        && extend(made, NID_subject_alt_name, alternative)
        && extend(made, NID_ext_key_usage, "serverAuth")
        && X509_sign(made, authority->key, EVP_sha256()) > 0)
        return made;
    X509_free(made);
    return NULL;
}

bool authority_certify(struct authority *authority, uint32_t address,
                       struct ssl_st *tls)
{
    X509 *certificate = server(authority, address);
    bool good = certificate != NULL
                && SSL_use_certificate(tls, certificate) == 1
                && SSL_use_PrivateKey(tls, authority->server_key) == 1;
    X509_free(certificate);
    return good;
}
