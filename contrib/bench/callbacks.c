// SPDX-License-Identifier: MIT

#include "callbacks.h"

#include <inttypes.h>
#include <stdio.h>

enum { LAST_OCTETS = 250 };

uint32_t callbacks_address(size_t origin)
{
    size_t third = origin / LAST_OCTETS, fourth = 1 + origin % LAST_OCTETS;
    return 0x7f010000U | (uint32_t)(third << 8) | (uint32_t)fourth;
}

void callbacks_topic(const struct callbacks *callbacks, char *out, size_t max)
{
    snprintf(out, max, "http://127.0.0.1:%u%s", callbacks->topic_port,
             callbacks->topic_path);
}

size_t callbacks_secret(size_t number, char out[CALLBACKS_SECRET_MAX])
{
    return (size_t)snprintf(out, CALLBACKS_SECRET_MAX,
                            "a-secret-of-callback-%08zu", number);
}

size_t callbacks_form(const struct callbacks *callbacks, uint64_t number,
                      char *out, size_t max)
{
    char secret[CALLBACKS_SECRET_MAX];
    uint32_t to = callbacks_address((size_t)(number % callbacks->origins));
    callbacks_secret((size_t)number, secret);
    int len = snprintf(
        out, max,
        "hub.mode=subscribe&hub.topic=http%%3A%%2F%%2F127.0.0.1%%3A%u%s"
        "&hub.callback=http%%3A%%2F%%2F%u.%u.%u.%u%%3A%u%s%%2F%" PRIu64
        "&hub.lease_seconds=864000%s%s",
        callbacks->topic_port, callbacks->topic_path, to >> 24, to >> 16 & 255,
        to >> 8 & 255, to & 255, callbacks->port, callbacks->callback_path,
        number, callbacks->secrets ? "&hub.secret=" : "",
        callbacks->secrets ? secret : "");
    return len > 0 && (size_t)len < max ? (size_t)len : 0;
}
