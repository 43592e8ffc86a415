// SPDX-License-Identifier: MIT

#include "date.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

struct moment {
    int year, month, day; // 0: not told
    int hour, minute, second;
    int offset; // minutes east of UTC
    bool timed, afternoon, morning;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// At most `max` digits. How many there were.
static int take_number(const char **at, int max, int *out)
{
    int count = 0;
    *out = 0;
    for (; count < max && is_digit(**at); (*at)++, count++)
        *out = *out * 10 + (**at - '0');
    return count;
}

// As if the calendar had always been this one.
static int64_t days_until(int year, int month, int day)
{
    static const int before[] = { 0,   31,  59,  90,  120, 151,
                                  181, 212, 243, 273, 304, 334 };
    int64_t past = year - 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1]
           + (leap && month > 2) + day - 1 - INT64_C(719162);
}

static bool settle(struct moment *when, int64_t *out)
{
    if (when->afternoon && when->hour < 12)
        when->hour += 12;
    else if (when->morning && when->hour == 12)
        when->hour = 0;
    if (when->year < 1 || when->year > 9999 || when->month < 1
        || when->month > 12 || when->day < 1 || when->day > 31
        || when->hour > 24 || when->minute > 59 || when->second > 60)
        return false;
    *out = days_until(when->year, when->month, when->day) * 86400
           + when->hour * 3600 + when->minute * 60 + when->second
           - when->offset * 60;
    return true;
}

// "+01:00", "+0100", "+01", "-1".
static bool take_offset(const char **at, int *out)
{
    int sign = **at == '-' ? -1 : 1, hours, minutes = 0;
    (*at)++;
    int count = take_number(at, 4, &hours);
    if (count == 0)
        return false;
    if (count > 2) {
        minutes = hours % 100;
        hours /= 100;
    } else if (**at == ':' && is_digit((*at)[1])) {
        (*at)++;
        (void)take_number(at, 2, &minutes);
    }
    *out = sign * (hours * 60 + minutes);
    return hours <= 24 && minutes <= 59;
}

// What follows the hour.
static void take_rest_of_time(const char **at, struct moment *when)
{
    when->timed = true;
    if (**at == ':')
        (*at)++;
    (void)take_number(at, 2, &when->minute);
    if (**at == ':')
        (*at)++;
    (void)take_number(at, 2, &when->second);
    if ((**at == '.' || **at == ',') && is_digit((*at)[1]))
        for ((*at)++; is_digit(**at);)
            (*at)++;
}

static bool read_iso(const char *at, int64_t *out)
{
    struct moment when = { .month = 1, .day = 1 };
    if (take_number(&at, 4, &when.year) != 4)
        return false;
    at += *at == '-';
    if (is_digit(*at) && take_number(&at, 2, &when.month) > 0) {
        at += *at == '-';
        if (is_digit(*at))
            (void)take_number(&at, 2, &when.day);
    }
    while (*at == ' ')
        at++;
    at += *at == 'T' || *at == 't';
    if (is_digit(*at) && take_number(&at, 2, &when.hour) > 0)
        take_rest_of_time(&at, &when);
    while (*at == ' ')
        at++;
    if ((*at == '+' || *at == '-') && !take_offset(&at, &when.offset))
        return false;
    return settle(&when, out);
}

// `full` is in small letters.
static bool begins(const char *word, size_t len, const char *full)
{
    if ((word[0] | 0x20) != full[0] || len < 3)
        return false;
    size_t n = strlen(full);
    return strncasecmp(word, full, len < n ? len : n) == 0;
}

static int month_of(const char *word, size_t len)
{
    static const char *const months[] = {
        "january", "february", "march",     "april",   "may",      "june",
        "july",    "august",   "september", "october", "november", "december",
    };
    for (int i = 0; i < 12; i++)
        if (begins(word, len, months[i]))
            return i + 1;
    return 0;
}

static void take_zone(const char *word, size_t len, struct moment *when)
{
    static const struct {
        const char *name;
        int hours, minutes;
    } zones[] = {
        { "est", -5, 0 },  { "edt", -4, 0 },  { "cst", -6, 0 },
        { "cdt", -5, 0 },  { "mst", -7, 0 },  { "mdt", -6, 0 },
        { "pst", -8, 0 },  { "pdt", -7, 0 },  { "akst", -9, 0 },
        { "akdt", -8, 0 }, { "hst", -10, 0 }, { "ast", -4, 0 },
        { "adt", -3, 0 },  { "bst", 1, 0 },   { "west", 1, 0 },
        { "cet", 1, 0 },   { "cest", 2, 0 },  { "mez", 1, 0 },
        { "mesz", 2, 0 },  { "eet", 2, 0 },   { "eest", 3, 0 },
        { "msk", 3, 0 },   { "ist", 5, 30 },  { "jst", 9, 0 },
        { "kst", 9, 0 },   { "hkt", 8, 0 },   { "sgt", 8, 0 },
        { "aest", 10, 0 }, { "aedt", 11, 0 }, { "nzst", 12, 0 },
        { "nzdt", 13, 0 },
    };
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        if ((word[0] | 0x20) == zones[i].name[0] && strlen(zones[i].name) == len
            && strncasecmp(word, zones[i].name, len) == 0)
            when->offset = zones[i].hours * 60 + zones[i].minutes;
}

static void take_word(const char **at, struct moment *when)
{
    const char *word = *at;
    while (is_letter(**at))
        (*at)++;
    size_t len = (size_t)(*at - word);
    int month = month_of(word, len);
    if (month > 0 && when->month == 0)
        when->month = month;
    else if (len == 2 && strncasecmp(word, "pm", 2) == 0)
        when->afternoon = true;
    else if (len == 2 && strncasecmp(word, "am", 2) == 0)
        when->morning = true;
    else
        take_zone(word, len, when);
}

static void take_numeral(const char **at, struct moment *when)
{
    int value, count = take_number(at, 9, &value);
    if (**at == ':' && !when->timed) {
        when->hour = value;
        take_rest_of_time(at, when);
    } else if (count <= 2 && when->day == 0) {
        when->day = value;
    } else if (when->year == 0 && (count == 2 || count == 4)) {
        when->year = value;
        // RFC 2822 section 4.3.
        if (count == 2)
            when->year += value < 50 ? 2000 : 1900;
    }
}

static bool read_mail(const char *at, int64_t *out)
{
    struct moment when = { 0 };
    while (*at != '\0') {
        if (is_digit(*at))
            take_numeral(&at, &when);
        else if (is_letter(*at))
            take_word(&at, &when);
        else if ((*at == '+' || *at == '-') && when.timed && is_digit(at[1])
                 && when.year != 0)
            (void)take_offset(&at, &when.offset);
        else
            at++;
    }
    return settle(&when, out);
}

bool date_read(const char *text, int64_t *out)
{
    while (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')
        text++;
    size_t digits = strspn(text, "0123456789");
    if (digits == 4 || digits == 6 || digits == 8)
        return read_iso(text, out);
    return read_mail(text, out);
}
