// SPDX-License-Identifier: MIT
//
// names -- a name server for tests, on a UDP port of loopback.
//
// A record answers with its addresses for type A and with nothing for AAAA;
// a name that no record has does not exist.

#pragma once

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMES_UNUSED __attribute__((unused))

struct name_record {
    const char *name;
    const char *addresses[4]; // of the first answer
    const char *later;        // NULL: the same again; else of all others
    uint32_t ttl;
    bool silent;
    unsigned asked; // for A
};

struct names {
    pthread_mutex_t lock;
    pthread_t thread;
    int fd;
    char server[32]; // ADDR:PORT
    struct name_record *records;
    size_t count;
};

struct names_packet {
    unsigned char bytes[512];
    size_t len;
};

static void names_put(struct names_packet *packet, const void *bytes,
                      size_t len)
{
    assert(packet->len + len <= sizeof packet->bytes);
    memcpy(packet->bytes + packet->len, bytes, len);
    packet->len += len;
}

static void names_put_address(struct names_packet *packet, const char *text,
                              uint32_t ttl)
{
    static const unsigned char head[6] = { 0xc0, 12, 0, 1, 0, 1 };
    static const unsigned char four[2] = { 0, 4 };
    struct in_addr address;
    uint32_t order = htonl(ttl);
    inet_pton(AF_INET, text, &address);
    names_put(packet, head, sizeof head);
    names_put(packet, &order, sizeof order);
    names_put(packet, four, sizeof four);
    names_put(packet, &address, sizeof address);
    packet->bytes[7]++;
}

// The question's name with dots; returns where its type is.
static size_t names_read(const struct names_packet *packet, char out[256])
{
    size_t at = 12, used = 0;
    while (at < packet->len && packet->bytes[at] != 0) {
        size_t len = packet->bytes[at];
        assert(used + len + 2 < 256);
        if (used > 0)
            out[used++] = '.';
        memcpy(out + used, packet->bytes + at + 1, len);
        used += len;
        at += len + 1;
    }
    out[used] = '\0';
    return at + 1;
}

static bool names_answer(struct names *names, struct names_packet *packet)
{
    char name[256];
    size_t type = names_read(packet, name);
    bool is_a = packet->bytes[type + 1] == 1;
    packet->len = type + 4;
    packet->bytes[2] = 0x81;
    packet->bytes[3] = 0x80;
    memset(packet->bytes + 6, 0, 6);
    for (size_t i = 0; i < names->count; i++) {
        struct name_record *record = &names->records[i];
        if (strcasecmp(record->name, name) != 0)
            continue;
        record->asked += is_a;
        if (is_a && record->later && record->asked > 1)
            names_put_address(packet, record->later, record->ttl);
        else
            for (size_t k = 0; is_a && k < 4 && record->addresses[k]; k++)
                names_put_address(packet, record->addresses[k], record->ttl);
        return !record->silent;
    }
    packet->bytes[3] = 0x83; // there is no such name
    return true;
}

static void *names_run(void *context)
{
    struct names *names = context;
    for (;;) {
        struct names_packet packet = { .len = 0 };
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        ssize_t got = recvfrom(names->fd, packet.bytes, sizeof packet.bytes, 0,
                               (struct sockaddr *)&from, &from_len);
        if (got < 17)
            return NULL;
        packet.len = (size_t)got;
        pthread_mutex_lock(&names->lock);
        bool send_it = names_answer(names, &packet);
        pthread_mutex_unlock(&names->lock);
        if (send_it)
            sendto(names->fd, packet.bytes, packet.len, 0,
                   (struct sockaddr *)&from, from_len);
    }
}

NAMES_UNUSED static struct names *names_open(struct name_record *records,
                                             size_t count)
{
    struct names *names = calloc(1, sizeof *names);
    assert(names);
    names->records = records;
    names->count = count;
    pthread_mutex_init(&names->lock, NULL);
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(0x7f000001) };
    socklen_t len = sizeof at;
    names->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int failed = bind(names->fd, (struct sockaddr *)&at, len)
                 || getsockname(names->fd, (struct sockaddr *)&at, &len);
    assert(!failed);
    (void)failed;
    snprintf(names->server, sizeof names->server, "127.0.0.1:%u",
             (unsigned)ntohs(at.sin_port));
    pthread_create(&names->thread, NULL, names_run, names);
    return names;
}

NAMES_UNUSED static unsigned names_asked(struct names *names, size_t record)
{
    pthread_mutex_lock(&names->lock);
    unsigned asked = names->records[record].asked;
    pthread_mutex_unlock(&names->lock);
    return asked;
}

// A datagram too short to be a question ends the thread.
NAMES_UNUSED static void names_close(struct names *names)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    getsockname(names->fd, (struct sockaddr *)&at, &len);
    sendto(names->fd, "", 1, 0, (struct sockaddr *)&at, len);
    pthread_join(names->thread, NULL);
    close(names->fd);
    pthread_mutex_destroy(&names->lock);
    free(names);
}
