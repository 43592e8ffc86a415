// SPDX-License-Identifier: MIT

#include "spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool spawn_two_cpus(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN) >= 2;
}

static void cpu_mask(int cpu, cpu_set_t *out)
{
    CPU_ZERO(out);
    if (cpu != SPAWN_ANY_CPU) {
        CPU_SET((size_t)cpu, out);
        return;
    }
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        CPU_SET(i, out);
}

void spawn_pin(pid_t pid, int cpu)
{
    char path[64];
    cpu_set_t mask;
    if (!spawn_two_cpus())
        return;
    cpu_mask(cpu, &mask);
    snprintf(path, sizeof path, "/proc/%d/task", pid == 0 ? getpid() : pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        pid_t thread = (pid_t)strtol(task->d_name, NULL, 10);
        if (thread > 0)
            sched_setaffinity(thread, sizeof mask, &mask);
    }
    closedir(tasks);
}

// The death signal follows the thread that forked, so benches fork from
// their first thread only; a parent that is gone already is looked for here.
static void settle_child(pid_t parent, int cpu)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    spawn_pin(0, cpu);
}

static void redirect_output(const char *log)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0)
        _exit(126);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

pid_t spawn_program(char *const argv[], int cpu, const char *log)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    settle_child(parent, cpu);
    redirect_output(log);
    execv(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

pid_t spawn_function(int (*run)(void *context), void *context, int cpu)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    settle_child(parent, cpu);
    _exit(run(context));
}

bool spawn_wait(pid_t pid, int timeout_ms, int *out_status)
{
    int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return false;
    struct pollfd ended = { .fd = fd, .events = POLLIN };
    bool over = poll(&ended, 1, timeout_ms) == 1;
    close(fd);
    return over && waitpid(pid, out_status, 0) == pid;
}

void spawn_stop(pid_t pid, int patience_ms)
{
    int status;
    if (pid <= 0)
        return;
    if (patience_ms > 0) {
        kill(pid, SIGTERM);
        if (spawn_wait(pid, patience_ms, &status))
            return;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}
