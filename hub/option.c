// SPDX-License-Identifier: MIT

#include "option.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define TIB    (1024 * GIB)

// ------------------------------------------------------------------ numbers

struct unit {
    const char *name;
    int64_t factor;
};

// Largest first: the first that divides a number is how it is written.
static const struct unit times[] = {
    { "d", DAY }, { "h", HOUR }, { "m", MINUTE }, { "s", SECOND }, { "ms", 1 },
};
static const struct unit sizes[] = {
    { "TiB", TIB }, { "GiB", GIB }, { "MiB", MIB }, { "KiB", KIB }, { "", 1 },
};
static const struct unit counts[] = { { "", 1 } };

static const struct unit *units_of(enum option_kind kind, size_t *count)
{
    switch (kind) {
    case OPTION_TIME:
        *count = sizeof times / sizeof *times;
        return times;
    case OPTION_SIZE:
        *count = sizeof sizes / sizeof *sizes;
        return sizes;
    default:
        *count = sizeof counts / sizeof *counts;
        return counts;
    }
}

static bool read_number(const struct option *option, const char *text,
                        int64_t *out)
{
    int64_t value = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(value, 10, &value)
            || __builtin_add_overflow(value, text[i] - '0', &value))
            return false;
    }

    size_t count;
    const struct unit *units = units_of(option->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text + digits, units[i].name) != 0)
            continue;
        return !__builtin_mul_overflow(value, units[i].factor, out)
               && *out >= option->least && *out <= option->most;
    }
    return false;
}

static void print_number(enum option_kind kind, int64_t number, char out[32])
{
    size_t count, i = 0;
    const struct unit *units = units_of(kind, &count);
    // Zero is zero of the smallest unit but one: "0s".
    while (i + 1 < count && (number == 0 || number % units[i].factor))
        i++;
    if (number == 0 && kind == OPTION_TIME)
        i--;
    snprintf(out, 32, "%lld%s", (long long)(number / units[i].factor),
             units[i].name);
}

// -------------------------------------------------------------------- words

// Index of `value` in "one two three"; -1: it is none of them.
static int find_word(const char *words, const char *value)
{
    size_t len = strlen(value);
    for (int index = 0;; index++) {
        size_t word = strcspn(words, " ");
        if (word == len && memcmp(words, value, len) == 0)
            return index;
        if (!words[word])
            return -1;
        words += word + 1;
    }
}

static bool read_word(const struct option *option, const char *value,
                      struct config *config)
{
    int index = find_word(option->words, value);
    if (index < 0)
        return false;
    void *member = (char *)config + option->offset;
    bool flag = index > 0;
    if (option->size == sizeof flag)
        memcpy(member, &flag, sizeof flag);
    else
        memcpy(member, &index, sizeof index);
    return true;
}

// -------------------------------------------------------------- one setting

void option_expected(const struct option *option,
                     char expected[OPTION_EXPECTED])
{
    char least[32], most[32];
    print_number(option->kind, option->least, least);
    print_number(option->kind, option->most, most);
    const char *wrong;
    switch (option->kind) {
    case OPTION_TIME:
        snprintf(expected, OPTION_EXPECTED, "a time from %s to %s", least,
                 most);
        break;
    case OPTION_SIZE:
        snprintf(expected, OPTION_EXPECTED, "a size from %s to %s", least,
                 most);
        break;
    case OPTION_COUNT:
        snprintf(expected, OPTION_EXPECTED, "a number from %s to %s", least,
                 most);
        break;
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        snprintf(expected, OPTION_EXPECTED, "one of: %s", option->words);
        break;
    case OPTION_TEXT:
    case OPTION_LIST:
        // No check passes the empty text.
        wrong = option->check("");
        assert(wrong);
        snprintf(expected, OPTION_EXPECTED, "%s", wrong);
        break;
    }
}

static enum option_answer set_text(const struct option *option,
                                   const char *value, struct config *config)
{
    if (option->check(value))
        return OPTION_NOT_GOOD;
    char *copy = strdup(value);
    if (!copy)
        return OPTION_NO_MEMORY;
    char **member = (void *)((char *)config + option->offset);
    free(*member);
    *member = copy;
    return OPTION_SET;
}

static enum option_answer append(const struct option *option, const char *value,
                                 struct config *config)
{
    struct config_list *list = (void *)((char *)config + option->offset);
    if (option->check(value) || list->count == CONFIG_LIST_MAX)
        return OPTION_NOT_GOOD;
    char *copy = strdup(value);
    if (!copy)
        return OPTION_NO_MEMORY;
    list->items[list->count++] = copy;
    return OPTION_SET;
}

static enum option_answer set(const struct option *option, const char *value,
                              struct config *config)
{
    int64_t number;
    switch (option->kind) {
    case OPTION_TEXT:
        return set_text(option, value, config);
    case OPTION_LIST:
        return append(option, value, config);
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        return read_word(option, value, config) ? OPTION_SET : OPTION_NOT_GOOD;
    default:
        if (!read_number(option, value, &number))
            return OPTION_NOT_GOOD;
        memcpy((char *)config + option->offset, &number, sizeof number);
        return OPTION_SET;
    }
}

enum option_answer option_set(const struct option *option, const char *value,
                              struct config *config,
                              char expected[OPTION_EXPECTED])
{
    enum option_answer answer = set(option, value, config);
    if (answer != OPTION_NOT_GOOD)
        return answer;
    const struct config_list *list =
        (const void *)((const char *)config + option->offset);
    if (option->kind == OPTION_LIST && list->count == CONFIG_LIST_MAX)
        snprintf(expected, OPTION_EXPECTED, "given at most %d times",
                 CONFIG_LIST_MAX);
    else
        option_expected(option, expected);
    return answer;
}

static void clear_text(const struct option *option, char *text)
{
    if (option->secret)
        explicit_bzero(text, strlen(text));
    free(text);
}

void option_clear(const struct option *option, struct config *config)
{
    char *member = (char *)config + option->offset;
    if (option->kind == OPTION_TEXT) {
        free(*(char **)(void *)member);
    } else if (option->kind == OPTION_LIST) {
        struct config_list *list = (void *)member;
        for (size_t i = 0; i < list->count; i++)
            clear_text(option, list->items[i]);
    }
    memset(member, 0, option->size);
}

// ------------------------------------------------------------- all of a kind

int64_t option_number(const struct option *option, const struct config *config)
{
    const char *member = (const char *)config + option->offset;
    int64_t number = 0;
    int word = 0;
    bool flag = false;
    switch (option->kind) {
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        if (option->size == sizeof flag) {
            memcpy(&flag, member, sizeof flag);
            return flag;
        }
        memcpy(&word, member, sizeof word);
        return word;
    case OPTION_TIME:
    case OPTION_SIZE:
    case OPTION_COUNT:
        memcpy(&number, member, sizeof number);
        return number;
    case OPTION_TEXT:
    case OPTION_LIST:
        break;
    }
    return 0;
}

void option_write(const struct option *option, const struct config *config,
                  char out[OPTION_WRITTEN])
{
    int64_t number = option_number(option, config);
    const char *word = option->words;
    switch (option->kind) {
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        while (number-- > 0)
            word += strcspn(word, " ") + 1;
        snprintf(out, OPTION_WRITTEN, "%.*s", (int)strcspn(word, " "), word);
        break;
    case OPTION_TIME:
    case OPTION_SIZE:
    case OPTION_COUNT:
        print_number(option->kind, number, out);
        break;
    case OPTION_TEXT:
    case OPTION_LIST:
        out[0] = '\0';
        break;
    }
}

const struct config_list *option_texts(const struct option *option,
                                       const struct config *config,
                                       struct config_list *one)
{
    const char *member = (const char *)config + option->offset;
    one->count = 0;
    if (option->kind == OPTION_LIST)
        return (const void *)member;
    if (option->kind == OPTION_TEXT)
        memcpy(&one->items[0], member, sizeof one->items[0]);
    one->count = option->kind == OPTION_TEXT && one->items[0] ? 1 : 0;
    return one;
}

bool option_same(const struct option *option, const struct config *a,
                 const struct config *b)
{
    struct config_list one, other;
    const struct config_list *left = option_texts(option, a, &one);
    const struct config_list *right = option_texts(option, b, &other);
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (strcmp(left->items[i], right->items[i]) != 0)
            return false;
    return option_number(option, a) == option_number(option, b);
}

bool option_copy(const struct option *option, const struct config *from,
                 struct config *to)
{
    struct config_list one;
    char *member = (char *)to + option->offset;
    option_clear(option, to);
    if (option->kind != OPTION_TEXT && option->kind != OPTION_LIST) {
        memcpy(member, (const char *)from + option->offset, option->size);
        return true;
    }
    const struct config_list *texts = option_texts(option, from, &one);
    struct config_list *list = (void *)member;
    for (size_t i = 0; i < texts->count; i++) {
        char *copy = strdup(texts->items[i]);
        if (!copy)
            return false;
        if (option->kind == OPTION_TEXT)
            memcpy(member, &copy, sizeof copy);
        else
            list->items[list->count++] = copy;
    }
    return true;
}

void option_swap(const struct option *option, struct config *a,
                 struct config *b)
{
    char *left = (char *)a + option->offset;
    char *right = (char *)b + option->offset;
    for (size_t i = 0; i < option->size; i++) {
        char byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}
