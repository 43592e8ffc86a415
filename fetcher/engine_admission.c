// SPDX-License-Identifier: MIT

#include "engine_admission.h"

#include "engine.h"
#include "quota.h"
#include "vouches.h"

#include <stddef.h>

bool admission_open(struct admission *admission,
                    const struct engine_limits *limits)
{
    *admission = (struct admission){ 0 };
    admission->strangers = quota_new(limits->strangers);
    admission->known = quota_new(limits->strangers);
    admission->renewals = quota_new(limits->strangers);
    admission->fetches = quota_new(limits->stranger_fetches);
    admission->vouches = vouches_new();
    atomic_init(&admission->verifying, limits->strangers > 0);
    return admission->strangers && admission->known && admission->renewals
           && admission->fetches && admission->vouches;
}

void admission_set(struct admission *admission, unsigned strangers,
                   unsigned stranger_fetches)
{
    quota_set(admission->strangers, strangers);
    quota_set(admission->known, strangers);
    quota_set(admission->renewals, strangers);
    quota_set(admission->fetches, stranger_fetches);
    atomic_store(&admission->verifying, strangers > 0);
}

void admission_close(struct admission *admission)
{
    quota_free(admission->strangers);
    quota_free(admission->fetches);
    quota_free(admission->known);
    quota_free(admission->renewals);
    vouches_free(admission->vouches);
}

bool admission_trusts(const struct admission *admission,
                      const struct address *address, int64_t now_ms)
{
    return atomic_load(&admission->verifying)
           && vouches_has(admission->vouches, address, now_ms);
}

// NULL: it is not counted there.
static struct quota *quota_for(const struct admission *admission,
                               const struct exchange *exchange,
                               const struct address *address, int64_t now_ms)
{
    if (exchange->stranger)
        return exchange->class == EXCHANGE_FETCH ? admission->fetches
                                                 : admission->strangers;
    if (exchange->class != EXCHANGE_VERIFY
        || !atomic_load(&admission->verifying)
        || admission_trusts(admission, address, now_ms))
        return NULL;
    return exchange->renews ? admission->renewals : admission->known;
}

bool admission_admits(const struct admission *admission,
                      const struct exchange *exchange,
                      const struct address *address, int64_t now_ms)
{
    struct quota *quota = quota_for(admission, exchange, address, now_ms);
    return !quota || quota_take(quota, address, now_ms);
}

void admission_vouch(const struct admission *admission,
                     const struct address *address, int64_t now_ms)
{
    if (atomic_load(&admission->verifying))
        vouches_add(admission->vouches, address, now_ms);
}
