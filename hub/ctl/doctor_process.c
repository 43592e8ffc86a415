// SPDX-License-Identifier: MIT

#include "doctor.h"

#include "show.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum {
    DESCRIPTORS_FEW = 4096,
    BACKLOG_SMALL = 1024,
    SKEW_MS = 2000,
    STEP_LONG_US = 500 * 1000,
    COMMAND_MAX = 64 * 1024,
};

static const char usual_config[] = "/etc/websubd.conf";

// A new package is there, but the old program still runs.
static bool runs_what_was_replaced(int64_t pid)
{
    static const char deleted[] = " (deleted)";
    char path[64], program[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/exe", pid);
    ssize_t len = readlink(path, program, sizeof program - 1);
    if (len < (ssize_t)sizeof deleted)
        return false;
    program[len] = '\0';
    return strcmp(program + len - (sizeof deleted - 1), deleted) == 0;
}

static void look_at_version(struct doctor *doctor)
{
    const char *version = show_string(doctor->status, "version");
    if (strcmp(version, WEBSUBD_VERSION) != 0)
        doctor_tell(doctor, "version", DOCTOR_WARNING,
                    "the daemon is %s, this program %s: restart the daemon "
                    "after an upgrade",
                    version, WEBSUBD_VERSION);
    else if (runs_what_was_replaced(show_number(doctor->status, "pid")))
        doctor_tell(doctor, "version", DOCTOR_WARNING,
                    "the daemon's program was replaced since it started: "
                    "restart it");
    else
        doctor_tell(doctor, "version", DOCTOR_OK, "%s", version);
}

static void look_at_readiness(struct doctor *doctor)
{
    const char *unready = show_string(doctor->status, "unready");
    char up[32];
    if (show_truth(doctor->status, "ready"))
        doctor_tell(
            doctor, "ready", DOCTOR_OK, "yes, up %s",
            show_duration(show_number(doctor->status, "uptime_ms"), up));
    else
        doctor_tell(doctor, "ready", DOCTOR_PROBLEM, "no: %s",
                    *unready ? unready : "it starts or ends");
}

static void look_at_limits(struct doctor *doctor)
{
    int64_t limit = show_number(doctor->status, "limits.descriptors");
    int64_t wanted = strtoll(doctor_option(doctor, "connections"), NULL, 10);
    if (limit < DESCRIPTORS_FEW)
        doctor_tell(doctor, "descriptors", DOCTOR_PROBLEM,
                    "%" PRId64 " open files are allowed, which is few: raise "
                    "LimitNOFILE in the unit, or ulimit -n",
                    limit);
    else if (limit < wanted)
        doctor_tell(doctor, "descriptors", DOCTOR_WARNING,
                    "%" PRId64 " open files are allowed, less than "
                    "connections = %" PRId64 ": raise LimitNOFILE",
                    limit, wanted);
    else
        doctor_tell(doctor, "descriptors", DOCTOR_OK, "%" PRId64, limit);
}

static void look_at_backlog(struct doctor *doctor)
{
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");
    long most = 0;
    char line[32];
    if (file && fgets(line, sizeof line, file))
        most = strtol(line, NULL, 10);
    if (file)
        fclose(file);
    if (most > 0 && most < BACKLOG_SMALL)
        doctor_tell(doctor, "backlog", DOCTOR_WARNING,
                    "net.core.somaxconn is %ld: connections are lost when "
                    "many come at once; 4096 is usual",
                    most);
}

static void look_at_clock(struct doctor *doctor)
{
    struct timex state = { .modes = 0 };
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ours = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    int64_t theirs = show_number(doctor->status, "time");
    if (theirs > 0 && (theirs - ours > SKEW_MS || ours - theirs > SKEW_MS))
        doctor_tell(doctor, "clock", DOCTOR_WARNING,
                    "the daemon's clock is %" PRId64 " ms off: it was set "
                    "back, and the daemon waits until it has caught up",
                    theirs - ours);
    else if (adjtimex(&state) == TIME_ERROR && (state.status & STA_UNSYNC))
        doctor_tell(doctor, "clock", DOCTOR_WARNING,
                    "nothing keeps the clock right here (systemd-timesyncd, "
                    "chrony): leases and retries go by it");
    else
        doctor_tell(doctor, "clock", DOCTOR_OK, "it is kept right");
}

static void look_at_steps(struct doctor *doctor)
{
    int64_t longest = show_number(doctor->status, "loop.longest_us");
    if (longest > STEP_LONG_US)
        doctor_tell(doctor, "loop", DOCTOR_WARNING,
                    "a step took %" PRId64 " ms once: the machine is too busy "
                    "or its disk too slow (log: loop.slow)",
                    longest / 1000);
    else
        doctor_tell(doctor, "loop", DOCTOR_OK, "longest step %" PRId64 " ms",
                    longest / 1000);
}

// -------------------------------------------------------------------- files

// What follows the option in this word or, "", in the next one. NULL: it is
// another option.
static const char *config_of(const char *word)
{
    if (strncmp(word, "--config", 8) == 0 && (!word[8] || word[8] == '='))
        return word + 8 + (word[8] == '=');
    return strncmp(word, "-c", 2) == 0 ? word + 2 : NULL;
}

// As its command line has it, if it does and we may look.
static void find_config(int64_t pid, char out[PATH_MAX])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/cmdline", pid);
    FILE *file = fopen(path, "re");
    char *text = calloc(1, COMMAND_MAX + 2);
    size_t len = file && text ? fread(text, 1, COMMAND_MAX, file) : 0;
    for (size_t at = 0; at < len; at += strlen(text + at) + 1) {
        const char *value = config_of(text + at);
        if (value && !*value)
            value = text + at + strlen(text + at) + 1;
        if (value)
            snprintf(out, PATH_MAX, "%s", value);
    }
    free(text);
    if (file)
        fclose(file);
}

static bool has_secrets(const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (file && !found && getline(&line, &size, file) >= 0)
        found = strncmp(line + strspn(line, " \t"), "publisher-key", 13) == 0;
    free(line);
    if (file)
        fclose(file);
    return found;
}

static void look_at_config(struct doctor *doctor)
{
    char path[PATH_MAX];
    struct stat found;
    snprintf(path, sizeof path, "%s",
             doctor->config ? doctor->config : usual_config);
    if (!doctor->config)
        find_config(show_number(doctor->status, "pid"), path);
    if (stat(path, &found) != 0) {
        if (doctor->config)
            doctor_tell(doctor, "config", DOCTOR_PROBLEM, "%s: %s", path,
                        strerror(errno));
    } else if (found.st_mode & (S_IWGRP | S_IWOTH)) {
        doctor_tell(doctor, "config", DOCTOR_PROBLEM,
                    "others may write to %s: chmod go-w", path);
    } else if ((found.st_mode & S_IROTH) && has_secrets(path)) {
        doctor_tell(doctor, "config", DOCTOR_PROBLEM,
                    "%s has keys in it and everybody may read it: chmod "
                    "o-rwx, and give it the daemon's group",
                    path);
    } else {
        doctor_tell(doctor, "config", DOCTOR_OK, "%s", path);
    }
}

static void look_at_socket(struct doctor *doctor)
{
    struct stat found;
    if (stat(doctor->ctl->socket, &found) == 0
        && (found.st_mode & S_IRWXO) != 0)
        doctor_tell(doctor, "socket", DOCTOR_PROBLEM,
                    "everybody on this machine may steer the hub by %s: "
                    "chmod o-rwx",
                    doctor->ctl->socket);
}

void doctor_process(struct doctor *doctor)
{
    look_at_readiness(doctor);
    look_at_version(doctor);
    look_at_limits(doctor);
    look_at_backlog(doctor);
    look_at_clock(doctor);
    look_at_steps(doctor);
    look_at_config(doctor);
    look_at_socket(doctor);
}
