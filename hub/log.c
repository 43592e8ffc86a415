// SPDX-License-Identifier: MIT

#include "log.h"

#include "utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FIELDS_MAX = 16,
    FIELD_MAX = 448, // bytes of one value as written, quotes aside
    LINE_MAX_BYTES = 9216,
};

// Room for the worst line: every field at its ceiling, and what is around it.
static_assert(FIELDS_MAX * (FIELD_MAX + 64) + 512 <= LINE_MAX_BYTES,
              "a whole line fits");

// A log is the process's own: there is one stderr.
static struct {
    atomic_int level; // enum log_level
    atomic_bool json;
    bool journal; // written once, before other threads exist
} log_state = { .level = LOG_INFO };

struct line {
    size_t len;
    char text[LINE_MAX_BYTES];
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

// sd-daemon(3): the priorities of syslog.
static const char journal_digits[] = {
    [LOG_ERROR] = '3',
    [LOG_WARN] = '4',
    [LOG_INFO] = '6',
    [LOG_DEBUG] = '7',
};

static void add(struct line *line, const char *text, size_t len)
{
    assert(len <= sizeof line->text - line->len);
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_number(struct line *line, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)number);
    add(line, digits, (size_t)len);
}

static void add_time(struct line *line)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);

    char text[40];
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    add(line, text, len);
    int rest = snprintf(text, sizeof text, ".%03ldZ", now.tv_nsec / 1000000);
    add(line, text, (size_t)rest);
}

// How many bytes the character at `at` has; 0: it is not UTF-8.
static size_t character_length(const char *at)
{
    size_t most = strnlen(at, 4);
    for (size_t len = 1; len <= most; len++) {
        if (utf8_valid(at, len))
            return len;
    }
    return 0;
}

// One step of a value as JSON takes it: `out` gets at most 6 bytes.
static size_t json_step(const char *at, char out[8], size_t *out_len)
{
    size_t width = character_length(at);
    if (width == 0) {
        memcpy(out, "\\ufffd", 7);
        *out_len = 6;
        return 1;
    }
    if (*at == '"' || *at == '\\') {
        out[0] = '\\';
        out[1] = *at;
        *out_len = 2;
    } else if ((unsigned char)*at < 0x20 || *at == 0x7F) {
        *out_len = (size_t)snprintf(out, 8, "\\u%04x", (unsigned)*at);
    } else {
        memcpy(out, at, width);
        *out_len = width;
    }
    return width;
}

// The same for text. Bytes beyond ASCII are escaped, so that nothing that a
// stranger sent can move a terminal's cursor or turn its direction.
static size_t text_step(const char *at, char out[8], size_t *out_len)
{
    if (*at == '"' || *at == '\\') {
        out[0] = '\\';
        out[1] = *at;
        *out_len = 2;
    } else if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7F) {
        *out_len = (size_t)snprintf(out, 8, "\\x%02x", (unsigned char)*at);
    } else {
        out[0] = *at;
        *out_len = 1;
    }
    return 1;
}

static void add_quoted(struct line *line, const char *text, bool json)
{
    const char *at = text;
    size_t written = 0;
    add_text(line, "\"");
    while (*at) {
        char step[8];
        size_t len = 0;
        size_t width =
            json ? json_step(at, step, &len) : text_step(at, step, &len);
        if (written + len > FIELD_MAX - 3) {
            add_text(line, "...");
            break;
        }
        add(line, step, len);
        written += len;
        at += width;
    }
    add_text(line, "\"");
}

// logfmt leaves simple words without quotes.
static bool simple_word(const char *text)
{
    size_t len = 0;
    for (; text[len]; len++) {
        if (text[len] <= ' ' || text[len] >= 0x7F || text[len] == '"'
            || text[len] == '=' || text[len] == '\\')
            return false;
    }
    return len > 0 && len <= FIELD_MAX;
}

static void add_text_fields(struct line *line, const struct log_field *fields,
                            unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        add_text(line, " ");
        add_text(line, fields[i].name);
        add_text(line, "=");
        if (!fields[i].text)
            add_number(line, fields[i].number);
        else if (simple_word(fields[i].text))
            add_text(line, fields[i].text);
        else
            add_quoted(line, fields[i].text, false);
    }
}

static void add_json_fields(struct line *line, const struct log_field *fields,
                            unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        add_text(line, ",\"");
        add_text(line, fields[i].name);
        add_text(line, "\":");
        if (fields[i].text)
            add_quoted(line, fields[i].text, true);
        else
            add_number(line, fields[i].number);
    }
}

// The variable may be inherited by a process whose stderr goes elsewhere:
// only the same device and inode mean the journal (systemd.exec(5)).
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    if (!stream)
        return false;
    char *end;
    unsigned long long device = strtoull(stream, &end, 10);
    if (*end != ':')
        return false;
    unsigned long long inode = strtoull(end + 1, &end, 10);
    struct stat stat;
    return *end == '\0' && fstat(STDERR_FILENO, &stat) == 0
           && stat.st_dev == device && stat.st_ino == inode;
}

void log_change(enum log_level level, bool json)
{
    atomic_store(&log_state.level, (int)level);
    atomic_store(&log_state.json, json);
}

void log_setup(enum log_level level, bool json)
{
    assert(level >= LOG_ERROR && level <= LOG_DEBUG);
    log_change(level, json);
    log_state.journal = stderr_is_journal();
}

bool log_wants(enum log_level level)
{
    return (int)level <= atomic_load(&log_state.level);
}

static void start_text(struct line *line, enum log_level level,
                       const char *event)
{
    if (!log_state.journal) {
        add_time(line);
        add_text(line, " ");
    }
    add_text(line, level_names[level]);
    add_text(line, " ");
    add_text(line, event);
}

static void start_json(struct line *line, enum log_level level,
                       const char *event)
{
    add_text(line, "{");
    if (!log_state.journal) {
        add_text(line, "\"time\":\"");
        add_time(line);
        add_text(line, "\",");
    }
    add_text(line, "\"level\":\"");
    add_text(line, level_names[level]);
    add_text(line, "\",\"event\":\"");
    add_text(line, event);
    add_text(line, "\"");
}

void log_event(enum log_level level, const char *event,
               const struct log_field *fields, unsigned count)
{
    assert(level >= LOG_ERROR && level <= LOG_DEBUG);
    assert(count <= FIELDS_MAX);
    if (!log_wants(level))
        return;

    struct line line;
    line.len = 0;
    if (log_state.journal)
        add(&line, (char[]){ '<', journal_digits[level], '>' }, 3);
    if (atomic_load(&log_state.json)) {
        start_json(&line, level, event);
        add_json_fields(&line, fields, count);
        add_text(&line, "}\n");
    } else {
        start_text(&line, level, event);
        add_text_fields(&line, fields, count);
        add_text(&line, "\n");
    }

    // One call, so that lines of two threads never mix; a log that cannot be
    // written is nothing the daemon could tell anybody about.
    int saved = errno;
    ssize_t written = write(STDERR_FILENO, line.text, line.len);
    (void)written;
    errno = saved;
}
