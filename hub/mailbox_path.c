// SPDX-License-Identifier: MIT

#include "mailbox_path.h"

#include <ctype.h>
#include <string.h>

static const char root[] = "/mailboxes";
static const char dead_end[] = ".dead";

static bool is_unreserved(int c)
{
    return isascii(c) && (isalnum(c) || strchr("-._~", c)) && c != '\0';
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

// Up to the next slash. NULL: it is no name.
static const char *read_name(const char *at, char out[STORE_NAME_MAX + 1])
{
    size_t len = 0;
    while (*at && *at != '/') {
        int c = (unsigned char)*at++;
        if (c == '%') {
            int high = hex_digit(*at), low = high < 0 ? -1 : hex_digit(at[1]);
            if (low < 0)
                return NULL;
            c = high * 16 + low;
            at += 2;
        }
        if (len == STORE_NAME_MAX || !is_unreserved(c))
            return NULL;
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return at;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool cut_dead(char *name)
{
    size_t len = strlen(name), end = sizeof dead_end - 1;
    if (len <= end || strcmp(name + len - end, dead_end) != 0)
        return false;
    name[len - end] = '\0';
    return true;
}

bool mailbox_path_is_name(const char *name)
{
    char copy[STORE_NAME_MAX + 1];
    if (strlen(name) > STORE_NAME_MAX || strchr(name, '%'))
        return false;
    const char *end = read_name(name, copy);
    return end && *end == '\0' && *name && !is_dots(name) && !cut_dead(copy);
}

static bool read_sid(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] || *text == '0')
        return false;
    *out = 0;
    for (; *text; text++)
        *out = *out * 10 + (uint64_t)(*text - '0');
    return true;
}

// What follows the name.
static bool read_part(const char *at, struct mailbox_path *out)
{
    static const char *const names[MAILBOX_PARTS] = {
        [MAILBOX_ITSELF] = "",
        [MAILBOX_MESSAGES] = "/messages",
        [MAILBOX_SSE] = "/sse",
        [MAILBOX_STREAM] = "/stream",
        [MAILBOX_WS] = "/ws",
        [MAILBOX_ACKS] = "/acks",
        [MAILBOX_SEEK] = "/seek",
        [MAILBOX_TOUCH] = "/touch",
        [MAILBOX_SUBSCRIPTIONS] = "/subscriptions",
    };
    static const char message[] = "/messages/", one[] = "/subscriptions/";
    for (int i = 0; i < MAILBOX_PARTS; i++) {
        out->part = (enum mailbox_part)i;
        if (names[i] && strcmp(names[i], at) == 0)
            return true;
    }
    if (strncmp(at, one, sizeof one - 1) == 0) {
        out->part = MAILBOX_SUBSCRIPTION;
        return read_sid(at + sizeof one - 1, &out->sid);
    }
    out->part = MAILBOX_MESSAGE;
    if (strncmp(at, message, sizeof message - 1) != 0)
        return false;
    at += sizeof message - 1;
    size_t len = strlen(at);
    if (len == 0 || len >= sizeof out->item || strchr(at, '/'))
        return false;
    memcpy(out->item, at, len + 1);
    return true;
}

bool mailbox_path_read(const char *path, struct mailbox_path *out)
{
    *out = (struct mailbox_path){ .part = MAILBOX_ALL };
    if (strncmp(path, "/hub/", 5) == 0)
        path += 4;
    if (strncmp(path, root, sizeof root - 1) != 0)
        return false;
    path += sizeof root - 1;
    if (strcmp(path, "") == 0 || strcmp(path, "/") == 0)
        return true;
    const char *rest = *path == '/' ? read_name(path + 1, out->name) : NULL;
    if (!rest || !*out->name || is_dots(out->name))
        return false;
    out->dead = cut_dead(out->name);
    return read_part(rest, out);
}
