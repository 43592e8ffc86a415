// SPDX-License-Identifier: MIT

#include "steer.h"

#include "author.h"
#include "complain.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_S = 3600 };

int steer(const struct ctl *ctl, const char *path,
          const struct admin_parameter *fields, size_t count,
          void (*print)(const json_t *answer))
{
    struct admin_parameter all[STEER_FIELDS_MAX + 1];
    assert(count <= STEER_FIELDS_MAX);
    if (count > 0)
        memcpy(all, fields, count * sizeof *fields);
    all[count] = (struct admin_parameter){ "by", author() };
    const struct admin_question question = {
        .method = "POST",
        .path = path,
        .fields = all,
        .field_count = count + 1,
        .timeout_s = TIMEOUT_S,
    };
    return admin_show(ctl, &question, print);
}

static bool refuse(const char *command, const char *file, const char *why)
{
    complain("%s: %s: %s", command, file, why);
    return false;
}

bool steer_secret(const char *command, const char *file,
                  char out[STEER_SECRET_MAX])
{
    bool standard = strcmp(file, "-") == 0;
    FILE *from = standard ? stdin : fopen(file, "re");
    if (!from)
        return refuse(command, file, strerror(errno));
    bool read = fgets(out, STEER_SECRET_MAX, from) != NULL;
    if (!standard)
        fclose(from);
    if (!read)
        return refuse(command, file, "there is no line in it");
    size_t len = strcspn(out, "\r\n");
    if (!out[len] && len == STEER_SECRET_MAX - 1)
        return refuse(command, file, "its first line is too long");
    out[len] = '\0';
    return true;
}
