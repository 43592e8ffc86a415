// SPDX-License-Identifier: MIT

#include "settings.h"

#include <assert.h>
#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

struct reading {
    const struct settings *settings;
    char *problem;
    bool failed;
};

static struct reading *reading;

static void start_problem(const cfg_t *cfg)
{
    snprintf(reading->problem, SETTINGS_PROBLEM,
             "%.72s:%d: ", reading->settings->path, cfg->line);
}

// libconfuse's errors; the first is the one that explains the others.
static __attribute__((format(printf, 2, 0))) void on_error(cfg_t *cfg,
                                                           const char *format,
                                                           va_list arguments)
{
    if (reading->failed)
        return;
    reading->failed = true;
    start_problem(cfg);
    size_t len = strlen(reading->problem);
    vsnprintf(reading->problem + len, SETTINGS_PROBLEM - len, format,
              arguments);
}

static int on_value(cfg_t *cfg, cfg_opt_t *option, const char *value,
                    void *result)
{
    // libconfuse copies it; by the time we return it has been taken.
    *(const char **)result = "";
    const struct settings *settings = reading->settings;
    size_t index = 0;
    while (index < settings->count
           && strcmp(settings->names[index], option->name) != 0)
        index++;
    assert(index < settings->count);

    start_problem(cfg);
    if (settings->take(settings->context, index, (unsigned)cfg->line, value,
                       reading->problem))
        return 0;
    reading->failed = true;
    return -1;
}

// ------------------------------------------------------------------ the text

// libconfuse's scanner ends the process when it cannot read, a directory for
// instance: so the file is read here, and it gets text.
static char *read_file(const char *path, char problem[SETTINGS_PROBLEM])
{
    const char *why = NULL;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) != 0) {
        why = strerror(errno);
    } else if (!S_ISREG(stat.st_mode) || stat.st_size > FILE_MAX) {
        why = "is not a file of at most 1 MiB";
    } else if (!(text = malloc((size_t)stat.st_size + 1))) {
        why = "out of memory";
    } else {
        ssize_t got = read(fd, text, (size_t)stat.st_size);
        text[got > 0 ? got : 0] = '\0';
        if (got < 0)
            why = strerror(errno);
        else if (strlen(text) != (size_t)got)
            why = "has a zero byte";
    }
    if (fd >= 0)
        close(fd);
    if (!why)
        return text;
    snprintf(problem, SETTINGS_PROBLEM, "%.160s: %.80s", path, why);
    free(text);
    return NULL;
}

static void blank_until(char **at, const char *end_mark, size_t mark_len)
{
    while (**at && strncmp(*at, end_mark, mark_len) != 0) {
        if (**at != '\n')
            **at = ' ';
        ++*at;
    }
}

static void skip_quoted(char **at)
{
    char quote = *(*at)++;
    while (**at && **at != quote) {
        if (**at == '\\' && (*at)[1])
            ++*at;
        ++*at;
    }
    if (**at)
        ++*at;
}

// libconfuse 3.3 counts the line of a comment three times: without comments
// the lines in its messages are right.
static void blank_comments(char *text)
{
    bool fresh = true; // not within a word, where # and // are just bytes
    for (char *at = text; *at;) {
        if (*at == '"' || *at == '\'') {
            skip_quoted(&at);
            fresh = false;
        } else if (fresh && (*at == '#' || strncmp(at, "//", 2) == 0)) {
            blank_until(&at, "\n", 1);
        } else if (fresh && strncmp(at, "/*", 2) == 0) {
            blank_until(&at, "*/", 2);
            for (int i = 0; i < 2 && *at; i++)
                *at++ = ' ';
        } else {
            fresh = strchr(" \t\r\n={},+", *at) != NULL;
            at++;
        }
    }
}

// ------------------------------------------------------------------- parsing

static cfg_opt_t *make_options(const struct settings *settings)
{
    cfg_opt_t *options = calloc(settings->count + 1, sizeof *options);
    if (!options)
        return NULL;
    for (size_t i = 0; i < settings->count; i++) {
        cfg_opt_t one =
            CFG_STR_CB(settings->names[i], NULL, CFGF_NONE, on_value);
        one.flags = settings->lists[i] ? CFGF_LIST : CFGF_NONE;
        options[i] = one;
    }
    options[settings->count] = (cfg_opt_t)CFG_END();
    return options;
}

static bool parse(struct reading *current, cfg_opt_t *options, const char *text)
{
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    if (!cfg)
        return false;
    reading = current;
    cfg_set_error_function(cfg, on_error);
    int result = cfg_parse_buf(cfg, text);
    reading = NULL;
    cfg_free(cfg);
    return result == CFG_SUCCESS;
}

bool settings_read(const struct settings *settings,
                   char problem[SETTINGS_PROBLEM])
{
    assert(!reading);
    char *text = read_file(settings->path, problem);
    if (!text)
        return false;
    snprintf(problem, SETTINGS_PROBLEM, "%.160s: out of memory",
             settings->path);
    blank_comments(text);
    cfg_opt_t *options = make_options(settings);
    struct reading current = { .settings = settings, .problem = problem };
    bool read = options && parse(&current, options, text);
    free(options);
    free(text);
    return read;
}
