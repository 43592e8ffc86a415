// SPDX-License-Identifier: MIT

#include "holder.h"

#include "call.h"
#include "procfs.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Publishers send the document with their ping, so that no fetch is measured.
static const char key[] = "a-key-of-the-bench-for-all";

static const char *const fields[] = {
    [HERD_POLL] = "",
    [HERD_EVENTS] = "Accept: text/event-stream\r\n",
    [HERD_SOCKET] = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
};
static const char *const paths[] = {
    [HERD_POLL] = "/events",
    [HERD_EVENTS] = "/events",
    [HERD_SOCKET] = "/events/ws",
};

static size_t ask(const struct holder *holder, size_t topic, const char *cursor,
                  char *out, size_t max)
{
    char wait[32] = "";
    if (holder->what == HERD_POLL)
        snprintf(wait, sizeof wait, "&wait=%u", holder->wait_s);
    int len =
        snprintf(out, max,
                 "GET %s?topic=http%%3A%%2F%%2F127.0.0.1%%3A%u%%2Ft%%2F%zu"
                 "&since=%s%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
                 paths[holder->what], holder->origin_port, topic,
                 *cursor != '\0' ? cursor : "latest", wait, holder->port,
                 fields[holder->what]);
    return len > 0 && (size_t)len < max ? (size_t)len : 0;
}

static size_t escape(const char *text, size_t len, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.') {
            out[at++] = text[i];
            continue;
        }
        out[at++] = '%';
        out[at++] = digits[byte >> 4];
        out[at++] = digits[byte & 15];
    }
    return at;
}

static void sign(const char *message, size_t len, char out[65])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    HMAC(EVP_sha256(), key, sizeof key - 1, (const unsigned char *)message, len,
         mac, &mac_len);
    for (unsigned i = 0; i < mac_len && i < 32; i++)
        snprintf(out + 2 * (size_t)i, 3, "%02x", mac[i]);
}

static size_t write_form(const struct holder *holder, size_t topic,
                         const char *marker, char *out, size_t max)
{
    static char document[HOLDER_BYTES_MAX], message[HOLDER_BYTES_MAX + 256];
    static char escaped[3 * HOLDER_BYTES_MAX];
    char signature[65];
    long now = (long)time(NULL);
    size_t len = holder_document(holder, marker, document, sizeof document);
    size_t head = (size_t)snprintf(message, sizeof message,
                                   "http://127.0.0.1:%u/t/%zu\n%ld\n",
                                   holder->origin_port, topic, now);
    memcpy(message + head, document, len);
    sign(message, head + len, signature);
    size_t escaped_len = escape(document, len, escaped);
    int wrote = snprintf(
        out, max,
        "hub.mode=publish&hub.url=http%%3A%%2F%%2F127.0.0.1%%3A%u%%2Ft%%2F%zu"
        "&hub.timestamp=%ld&hub.signature=sha256%%3D%s"
        "&hub.content_type=text/plain&hub.content=%.*s",
        holder->origin_port, topic, now, signature, (int)escaped_len, escaped);
    return wrote > 0 && (size_t)wrote < max ? (size_t)wrote : 0;
}

static bool release(struct holder *holder, size_t topic, const char *marker,
                    int *watch)
{
    static char form[4 * HOLDER_BYTES_MAX], text[5 * HOLDER_BYTES_MAX];
    size_t len = write_form(holder, topic, marker, form, sizeof form);
    int head = snprintf(text, sizeof text,
                        "POST / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        holder->port, len);
    memcpy(text + head, form, len);
    bool sent = len > 0 && holder_send(holder, text, (size_t)head + len);
    *watch = holder->publisher;
    return sent;
}

static bool held(struct holder *holder, size_t *out)
{
    int64_t now;
    if (!daemon_number(&holder->daemon, "front.held", &now))
        return false;
    *out = (size_t)now;
    return true;
}

static bool anon_kb(const struct holder *holder, int64_t *out)
{
    struct procfs_memory memory;
    if (!procfs_memory(holder->daemon.pid, &memory))
        return false;
    *out = memory.anon_kb;
    return true;
}

static double cpu_us(const struct holder *holder)
{
    return procfs_cpu_us(holder->daemon.pid);
}

static void close_websubd(struct holder *holder)
{
    daemon_stop(&holder->daemon);
}

static const struct holder_kind websubd = {
    .name = "websubd",
    .ask = ask,
    .release = release,
    .confirm = holder_answered,
    .held = held,
    .anon_kb = anon_kb,
    .cpu_us = cpu_us,
    .close = close_websubd,
};

// Pulls once for each topic, so that all are there and have been fetched.
static bool make_topics(struct holder *holder, const char **problem)
{
    char path[512];
    *problem = "a topic could not be made";
    for (size_t i = 0; i < holder->topics; i++) {
        snprintf(path, sizeof path,
                 "/events?topic=http%%3A%%2F%%2F127.0.0.1%%3A%u%%2Ft%%2F%zu"
                 "&wait=0&since=latest",
                 holder->origin_port, i);
        if (call_get(holder->daemon.public, path) != 200)
            return false;
    }
    daemon_settle(&holder->daemon);
    daemon_settle(&holder->daemon);
    return true;
}

bool holder_websubd(struct holder *holder, const struct holder_options *options,
                    const char **problem)
{
    char publisher[128], pulls[64], connections[64], more[512] = "";
    struct daemon_options daemon = {
        .program = options->program,
        .base = options->base,
        .cpu = options->cpu,
        .extra = { "--log=warn", "--pull-open=on", publisher, pulls,
                   connections },
        .extra_count = 5,
    };
    snprintf(publisher, sizeof publisher,
             "--publisher-key=http://127.0.0.1:%u/ %s", options->origin_port,
             key);
    snprintf(pulls, sizeof pulls, "--pulls=%zu", options->clients + 64);
    snprintf(connections, sizeof connections, "--connections=%zu",
             options->clients + 512);
    snprintf(more, sizeof more, "%s", options->more ? options->more : "");
    for (char *save, *word = strtok_r(more, " ", &save);
         word != NULL && daemon.extra_count < DAEMON_OPTIONS_MAX;
         word = strtok_r(NULL, " ", &save))
        daemon.extra[daemon.extra_count++] = word;
    *holder = (struct holder){ .kind = &websubd,
                               .what = options->what,
                               .topics = options->topics,
                               .wait_s = options->wait_s,
                               .bytes = options->bytes,
                               .origin_port = options->origin_port,
                               .cuts_waits = true,
                               .publisher = -1 };
    if (!daemon_start(&holder->daemon, &daemon, problem)) {
        holder->kind = NULL;
        return false;
    }
    holder->port = holder->daemon.port;
    if (make_topics(holder, problem))
        return true;
    holder_close(holder);
    return false;
}
