// SPDX-License-Identifier: MIT

#include "population.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    HUNG_NET = 0x7f020000,
    REFUSING_NET = 0x7f030000,
    LAST_OCTETS = 250,
    ADDRESSES_MAX = 250 * 250,
    // Prime to a hundred, so that the dead are spread evenly.
    SPREAD = 37,
};

static void callback_url(const struct population *population, uint32_t address,
                         uint16_t port, const char *path, uint64_t number,
                         char out[FILL_URL_MAX])
{
    snprintf(out, FILL_URL_MAX, "%s://%u.%u.%u.%u:%u%s/%" PRIu64,
             population->callbacks->tls ? "https" : "http", address >> 24,
             address >> 16 & 255, address >> 8 & 255, address & 255, port, path,
             number);
}

static uint32_t dead_address(const struct population *population, uint32_t net,
                             uint64_t number)
{
    uint64_t origins = population->dead_origins;
    if (origins == 0 || origins > ADDRESSES_MAX)
        origins = ADDRESSES_MAX;
    uint32_t at = (uint32_t)(number % origins);
    return net | at / LAST_OCTETS << 8 | (1 + at % LAST_OCTETS);
}

static void hung(struct population *population, struct fill_subscriber *out)
{
    const struct callbacks *callbacks = population->callbacks;
    uint64_t number = population->hung_count++;
    uint32_t at = population->mixed
                      ? callbacks_address(number % callbacks->origins)
                      : dead_address(population, HUNG_NET, number);
    callback_url(population, at, callbacks->port,
                 population->alive ? "/alive" : "/hung", number, out->callback);
}

static void refusing(struct population *population, struct fill_subscriber *out)
{
    uint64_t number = population->refusing_count++;
    uint16_t port =
        population->alive ? population->callbacks->port : population->dead_port;
    callback_url(population, dead_address(population, REFUSING_NET, number),
                 port, "/refusing", number, out->callback);
}

static void healthy(struct population *population, struct fill_subscriber *out)
{
    const struct callbacks *callbacks = population->callbacks;
    uint64_t number = population->healthy_count++;
    callback_url(population, callbacks_address(number % callbacks->origins),
                 callbacks->port, callbacks->callback_path, number,
                 out->callback);
    if (callbacks->secrets)
        callbacks_secret(number, out->secret);
}

bool population_next(void *context, struct fill_subscriber *out)
{
    struct population *population = context;
    const struct callbacks *callbacks = population->callbacks;
    if (population->healthy_count == callbacks->count)
        return false;
    uint64_t place = population->all++ * SPREAD % 100;
    out->secret[0] = '\0';
    callbacks_topic(callbacks, out->topic, sizeof out->topic);
    if (place < population->hung)
        hung(population, out);
    else if (place < population->hung + population->refusing)
        refusing(population, out);
    else
        healthy(population, out);
    return true;
}
