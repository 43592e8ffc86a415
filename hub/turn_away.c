// SPDX-License-Identifier: MIT

#include "turn_away.h"

#include <sys/socket.h>
#include <unistd.h>

void turn_away(int fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Content-Type: text/plain; charset=utf-8\r\n"
                                 "Content-Length: 21\r\n"
                                 "X-Content-Type-Options: nosniff\r\n"
                                 "Retry-After: 5\r\n"
                                 "Connection: close\r\n"
                                 "\r\n"
                                 "too many connections\n";
    char unread[4096];
    send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    // Unread bytes would turn the close into a reset, and lose the answer. A
    // request is one such piece; who sends more than that is not waited for.
    (void)recv(fd, unread, sizeof unread, MSG_DONTWAIT);
    close(fd);
}
