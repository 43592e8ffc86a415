// SPDX-License-Identifier: MIT

#include "careful.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%s", text);
    return false;
}

// The child: its answer is its exit code, its problem goes into the pipe.
static void answer(bool (*run)(void *context, struct problem *problem),
                   void *context, int to)
{
    // A crash that is expected leaves no core.
    const struct rlimit none = { 0, 0 };
    struct problem problem = { "" };
    setrlimit(RLIMIT_CORE, &none);
    bool good = run(context, &problem);
    fflush(stdout);
    fflush(stderr);
    ssize_t told = write(to, problem.text, sizeof problem.text);
    _exit(told == (ssize_t)sizeof problem.text ? !good : 2);
}

static bool hear(pid_t child, int from, struct problem *problem)
{
    struct problem told = { "" };
    int status;
    ssize_t got;
    do
        got = read(from, told.text, sizeof told.text);
    while (got < 0 && errno == EINTR);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return say(problem, strerror(errno));
    if (got != (ssize_t)sizeof told.text || !WIFEXITED(status))
        return say(problem, "the file is damaged: what reads it crashes");
    told.text[sizeof told.text - 1] = '\0';
    *problem = told;
    return WEXITSTATUS(status) == 0;
}

bool careful(bool (*run)(void *context, struct problem *problem), void *context,
             struct problem *problem)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return say(problem, strerror(errno));
    fflush(stdout);
    fflush(stderr);
    pid_t child = fork();
    if (child == 0)
        answer(run, context, ends[1]);
    close(ends[1]);
    bool good = child > 0 ? hear(child, ends[0], problem)
                          : say(problem, strerror(errno));
    close(ends[0]);
    return good;
}
