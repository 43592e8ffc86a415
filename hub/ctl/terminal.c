// SPDX-License-Identifier: MIT

#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t ended;

static void end_it(int number)
{
    (void)number;
    ended = 1;
}

static void look_again(int number)
{
    (void)number;
}

// Without SA_RESTART, so that waiting for a key ends.
static void hear(int number, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler };
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

bool terminal_begin(void)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)
        || tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    struct termios mode = before;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    hear(SIGINT, end_it);
    hear(SIGTERM, end_it);
    hear(SIGHUP, end_it);
    hear(SIGWINCH, look_again);
    tcsetattr(STDIN_FILENO, TCSANOW, &mode);
    // The other screen, without a cursor.
    fputs("\033[?1049h\033[?25l", stdout);
    return true;
}

void terminal_end(void)
{
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

int terminal_key(int timeout_ms)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    char key = '\0';
    int ready = ended ? 0 : poll(&input, 1, timeout_ms);
    if (ended || (ready < 0 && errno != EINTR))
        return -1;
    if (ready <= 0)
        return 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? key : -1;
}

int terminal_rows(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void terminal_clear(void)
{
    fputs("\033[H\033[J", stdout);
}
