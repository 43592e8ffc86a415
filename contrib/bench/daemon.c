// SPDX-License-Identifier: MIT

#include "daemon.h"

#include "call.h"
#include "figures.h"
#include "fill.h"
#include "procfs.h"
#include "spawn.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    START_MS = 30000,
    STOP_MS = 2000,
    DRAIN_MS = 15000,
    START_LOOK_MS = 1,
    LOOK_MS = 10,
    QUIET_MS = 300,
    SETTLE_MS = 5000,
    LOG_TAIL = 2000,
};

static const char *const generous[] = {
    "--verify-per-host=10000",
    "--accept-rate=0",
    "--pending-per-host=0",
    "--stranger-verifications=0",
    "--stranger-rate=0",
    "--idle-pings=0",
    "--connections-per-address=16384",
    "--allow-address=127.0.0.0/8",
};
enum { GENEROUS_COUNT = sizeof generous / sizeof *generous, OWN_OPTIONS = 5 };

uint16_t daemon_free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    bool bound = bind(fd, (struct sockaddr *)&at, sizeof at) == 0
                 && getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    close(fd);
    return bound ? ntohs(at.sin_port) : 0;
}

void daemon_show_log(const struct daemon *daemon)
{
    char text[LOG_TAIL];
    FILE *log = fopen(daemon->log, "re");
    if (log == NULL)
        return;
    if (fseek(log, -(long)sizeof text, SEEK_END) != 0)
        rewind(log);
    size_t len = fread(text, 1, sizeof text, log);
    fwrite(text, 1, len, stderr);
    fclose(log);
}

static bool find_program(const struct daemon_options *options, char *out,
                         size_t max)
{
    const char *named = options->program;
    if (named == NULL)
        named = getenv("WEBSUBD");
    if (named == NULL)
        return workdir_program("websubd", 2, out, max);
    snprintf(out, max, "%s", named);
    return access(out, X_OK) == 0;
}

static bool launch(struct daemon *daemon, const struct daemon_options *options)
{
    char program[WORKDIR_MAX], store[WORKDIR_MAX + 32], listens[64];
    char *argv[GENEROUS_COUNT + OWN_OPTIONS + DAEMON_OPTIONS_MAX];
    size_t count = 0;
    if (!find_program(options, program, sizeof program))
        return false;
    snprintf(store, sizeof store, "--data=%s/data", daemon->directory);
    snprintf(listens, sizeof listens, "--listen=127.0.0.1:%u", daemon->port);
    argv[count++] = program;
    argv[count++] = store;
    argv[count++] = listens;
    // execv() takes them without const, and writes to none.
    for (size_t i = 0; i < GENEROUS_COUNT; i++)
        memcpy(&argv[count++], &generous[i], sizeof *argv);
    for (size_t i = 0; i < options->extra_count; i++)
        memcpy(&argv[count++], &options->extra[i], sizeof *argv);
    argv[count] = NULL;
    daemon->pid = spawn_program(argv, options->cpu, daemon->log);
    return daemon->pid > 0;
}

static bool answers(struct daemon *daemon, struct call *call, const char *path)
{
    int64_t until = figures_ns() + (int64_t)START_MS * 1000000;
    int status;
    while (figures_ns() < until) {
        if (call_get(call, path) == 200)
            return true;
        if (spawn_wait(daemon->pid, START_LOOK_MS, &status)) {
            daemon->pid = 0;
            return false;
        }
    }
    return false;
}

static bool come_up(struct daemon *daemon, const struct daemon_options *options,
                    const char **problem)
{
    *problem = "websubd was not found: see --websubd";
    int64_t began = figures_ns();
    if (!launch(daemon, options))
        return false;
    *problem = "websubd did not come up";
    if (!answers(daemon, daemon->public, "/readyz"))
        return false;
    daemon->ready_ms = (double)(figures_ns() - began) / 1e6;
    return answers(daemon, daemon->admin, "/healthz");
}

static bool fill(struct daemon *daemon, const struct daemon_options *options,
                 const char **problem)
{
    char store[WORKDIR_MAX + 32];
    snprintf(store, sizeof store, "%s/data", daemon->directory);
    return options->fill == NULL || fill_store(store, options->fill, problem);
}

bool daemon_start(struct daemon *daemon, const struct daemon_options *options,
                  const char **problem)
{
    char admin[WORKDIR_MAX + 32];
    *daemon = (struct daemon){ 0 };
    *problem = "no directory to work in";
    if (!workdir_make(options->base, daemon->directory))
        return false;
    snprintf(daemon->log, sizeof daemon->log, "%s/log", daemon->directory);
    snprintf(admin, sizeof admin, "%s/data/admin.sock", daemon->directory);
    daemon->port = daemon_free_port();
    daemon->admin = call_unix(admin);
    daemon->public = call_tcp(daemon->port);
    if (daemon->admin != NULL && daemon->public != NULL
        && fill(daemon, options, problem) && come_up(daemon, options, problem))
        return true;
    daemon_show_log(daemon);
    daemon_stop(daemon);
    return false;
}

bool daemon_restart(struct daemon *daemon, const struct daemon_options *options,
                    const char **problem)
{
    spawn_stop(daemon->pid, DRAIN_MS);
    daemon->pid = 0;
    if (come_up(daemon, options, problem))
        return true;
    daemon_show_log(daemon);
    return false;
}

void daemon_stop(struct daemon *daemon)
{
    spawn_stop(daemon->pid, STOP_MS);
    call_close(daemon->admin);
    call_close(daemon->public);
    if (daemon->directory[0] != '\0')
        workdir_remove(daemon->directory);
    *daemon = (struct daemon){ 0 };
}

// Follows "store.subscriptions" down the objects.
static bool number_at(const json_t *json, const char *path, int64_t *out)
{
    char name[64];
    while (json != NULL) {
        size_t len = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)len, path);
        json = json_object_get(json, name);
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    if (!json_is_integer(json))
        return false;
    *out = json_integer_value(json);
    return true;
}

bool daemon_number(struct daemon *daemon, const char *path, int64_t *out)
{
    if (call_get(daemon->admin, "/admin/status") != 200)
        return false;
    json_t *json = json_loads(call_body(daemon->admin), 0, NULL);
    bool found = number_at(json, path, out);
    json_decref(json);
    return found;
}

bool daemon_wait(struct daemon *daemon, const char *path, int64_t least,
                 int timeout_ms)
{
    int64_t until = figures_ns() + (int64_t)timeout_ms * 1000000;
    int64_t now = 0;
    do {
        if (!daemon_number(daemon, path, &now))
            return false;
        if (now >= least)
            return true;
        poll(NULL, 0, LOOK_MS);
    } while (figures_ns() < until);
    return false;
}

void daemon_settle(struct daemon *daemon)
{
    const double hardly_us = 1000;
    double before = procfs_cpu_us(daemon->pid);
    for (int past = 0, quiet = 0; past < SETTLE_MS && quiet < QUIET_MS;) {
        poll(NULL, 0, LOOK_MS);
        double now = procfs_cpu_us(daemon->pid);
        quiet = now - before < hardly_us ? quiet + LOOK_MS : 0;
        if (quiet == 0)
            before = now;
        past += LOOK_MS;
    }
}

unsigned daemon_publish(struct daemon *daemon, const char *topic)
{
    char form[1024];
    snprintf(form, sizeof form, "hub.mode=publish&hub.url=%s", topic);
    return call_post(daemon->public, "/", form);
}
