// SPDX-License-Identifier: MIT

#include "author.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

const char *author(void)
{
    const char *behind = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());
    return behind && *behind ? behind : user ? user->pw_name : NULL;
}
