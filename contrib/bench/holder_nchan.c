// SPDX-License-Identifier: MIT

#include "holder.h"

#include "call.h"
#include "procfs.h"
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = "/usr/sbin/nginx";
static const char module[] = "/usr/lib/nginx/modules/ngx_nchan_module.so";

enum { READY_MS = 5000, LOOK_MS = 20 };

// As it comes, but for what would keep it from holding so many. No message is
// for those who come later, as for a hub's newest.
static const char configuration[] =
    "load_module %s;\n"
    "daemon off;\nworker_processes 2;\npid %s/pid;\nerror_log %s/error;\n"
    "worker_rlimit_nofile 20000;\n"
    "events { worker_connections 19000; }\n"
    "http {\n"
    " access_log off;\n client_body_temp_path %s/body;\n"
    " proxy_temp_path %s/proxy;\n fastcgi_temp_path %s/fastcgi;\n"
    " uwsgi_temp_path %s/uwsgi;\n scgi_temp_path %s/scgi;\n"
    " keepalive_timeout 600;\n keepalive_requests 100000;\n"
    " nchan_shared_memory_size 256m;\n"
    " server {\n  listen 127.0.0.1:%u backlog=4096;\n"
    "  nchan_subscriber_first_message newest;\n"
    "  location ~ /pub/(\\w+)$ { nchan_publisher; nchan_channel_id $1;\n"
    "   nchan_message_buffer_length 1; }\n"
    "  location ~ /sub/(\\w+)$ { nchan_subscriber longpoll;"
    " nchan_channel_id $1; }\n"
    "  location ~ /events/(\\w+)$ { nchan_subscriber eventsource;"
    " nchan_channel_id $1; }\n"
    "  location ~ /ws/(\\w+)$ { nchan_subscriber websocket;"
    " nchan_channel_id $1; }\n"
    "  location /status { nchan_stub_status; }\n"
    " }\n}\n";

static const char *const paths[] = {
    [HERD_POLL] = "/sub",
    [HERD_EVENTS] = "/events",
    [HERD_SOCKET] = "/ws",
};
static const char *const fields[] = {
    [HERD_POLL] = "",
    [HERD_EVENTS] = "Accept: text/event-stream\r\n",
    [HERD_SOCKET] = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
};

static size_t ask(const struct holder *holder, size_t topic, const char *cursor,
                  char *out, size_t max)
{
    (void)cursor; // without a place it waits for what comes next
    int len = snprintf(
        out, max, "GET %s/%zu HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
        paths[holder->what], topic, holder->port, fields[holder->what]);
    return len > 0 && (size_t)len < max ? (size_t)len : 0;
}

static bool release(struct holder *holder, size_t topic, const char *marker,
                    int *watch)
{
    static char document[HOLDER_BYTES_MAX], text[HOLDER_BYTES_MAX + 512];
    size_t len = holder_document(holder, marker, document, sizeof document);
    int head = snprintf(text, sizeof text,
                        "POST /pub/%zu HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                        "Content-Type: text/plain\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        topic, holder->port, len);
    memcpy(text + head, document, len);
    bool sent = holder_send(holder, text, (size_t)head + len);
    *watch = holder->publisher;
    return sent;
}

static bool held(struct holder *holder, size_t *out)
{
    static const char name[] = "subscribers: ";
    struct call *call = holder->daemon.public;
    if (call_get(call, "/status") != 200)
        return false;
    const char *at = strstr(call_body(call), name);
    if (at == NULL)
        return false;
    *out = strtoul(at + sizeof name - 1, NULL, 10);
    return true;
}

// The workers'; the master holds nobody.
static size_t workers(const struct holder *holder,
                      pid_t out[HOLDER_WORKERS_MAX])
{
    char path[64];
    int pid;
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", holder->pid,
             holder->pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (count < HOLDER_WORKERS_MAX && fscanf(file, "%d", &pid) == 1)
        out[count++] = pid;
    fclose(file);
    return count;
}

static bool anon_kb(const struct holder *holder, int64_t *out)
{
    pid_t pids[HOLDER_WORKERS_MAX];
    struct procfs_memory memory;
    size_t count = workers(holder, pids);
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (!procfs_memory(pids[i], &memory))
            return false;
        *out += memory.anon_kb;
    }
    return count > 0;
}

static double cpu_us(const struct holder *holder)
{
    pid_t pids[HOLDER_WORKERS_MAX];
    size_t count = workers(holder, pids);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += procfs_cpu_us(pids[i]);
    return sum;
}

static void close_nchan(struct holder *holder)
{
    spawn_stop(holder->pid, 3000);
    call_close(holder->daemon.public);
    if (holder->directory[0] != '\0')
        workdir_remove(holder->directory);
}

static const struct holder_kind nchan = {
    .name = "nchan",
    .ask = ask,
    .release = release,
    .confirm = holder_answered,
    .held = held,
    .anon_kb = anon_kb,
    .cpu_us = cpu_us,
    .close = close_nchan,
};

static bool configure(const struct holder *holder, const char *path)
{
    const char *in = holder->directory;
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    fprintf(file, configuration, module, in, in, in, in, in, in, in,
            holder->port);
    return fclose(file) == 0;
}

static bool come_up(struct holder *holder)
{
    int status;
    size_t none;
    for (int past = 0; past < READY_MS; past += LOOK_MS) {
        if (held(holder, &none))
            return true;
        if (spawn_wait(holder->pid, LOOK_MS, &status)) {
            holder->pid = 0;
            return false;
        }
    }
    return false;
}

bool holder_has_nchan(void)
{
    return access(program, X_OK) == 0 && access(module, R_OK) == 0;
}

bool holder_nchan(struct holder *holder, const struct holder_options *options,
                  const char **problem)
{
    char path[WORKDIR_MAX + 16], log[WORKDIR_MAX + 16], name[sizeof program];
    char flag[] = "-c";
    char *const argv[] = { name, flag, path, NULL };
    memcpy(name, program, sizeof program);
    *holder = (struct holder){ .kind = &nchan,
                               .what = options->what,
                               .topics = options->topics,
                               .wait_s = options->wait_s,
                               .bytes = options->bytes,
                               .publisher = -1 };
    *problem = "nginx did not start";
    holder->port = daemon_free_port();
    holder->daemon.public = call_tcp(holder->port);
    bool good = workdir_make(options->base, holder->directory);
    snprintf(path, sizeof path, "%s/conf", holder->directory);
    snprintf(log, sizeof log, "%s/log", holder->directory);
    good =
        good && chmod(holder->directory, 0755) == 0 && configure(holder, path);
    if (good)
        holder->pid = spawn_program(argv, options->cpu, log);
    if (good && holder->pid > 0 && come_up(holder))
        return true;
    holder_close(holder);
    return false;
}
