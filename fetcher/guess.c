// SPDX-License-Identifier: MIT

#include "guess.h"

#include <stdbool.h>

// Enough to tell, little enough to cost nothing.
enum { LOOK_MAX = 64 * 1024, HIGH_MIN = 8 };

struct counts {
    size_t high;      // bytes above ASCII
    size_t grouped;   // of these, with another beside them
    size_t c1;        // 0x80 to 0xa0
    size_t low_row;   // 0xa1 to 0xbf
    size_t upper_row; // 0xc0 to 0xdf
    size_t lower_row; // 0xe0 to 0xff
    size_t last_five; // 0xfb to 0xff
    size_t accented;  // 0xdc to 0xdf, Greek's vowels with an accent
    size_t runs, odd_runs;
    // Of pairs from the start of each run, with leads from 0xa1:
    size_t pairs, kana, hangul, rare;
    // The same where the second byte may be ASCII:
    size_t loose, loose_ascii, loose_common, loose_wrong;
    // Of Shift_JIS:
    size_t sjis_pairs, sjis_kana;
};

static bool within(unsigned char c, unsigned char from, unsigned char to)
{
    return c >= from && c <= to;
}

static void count_byte(struct counts *counts, unsigned char c)
{
    counts->high++;
    counts->c1 += c <= 0xa0;
    counts->low_row += within(c, 0xa1, 0xbf);
    counts->upper_row += within(c, 0xc0, 0xdf);
    counts->lower_row += c >= 0xe0;
    counts->last_five += c >= 0xfb;
    counts->accented += within(c, 0xdc, 0xdf);
}

// EUC: rows of two bytes, both above 0xa0.
static void count_pair(struct counts *counts, unsigned char lead)
{
    counts->pairs++;
    counts->kana += lead == 0xa4 || lead == 0xa5;
    counts->hangul += within(lead, 0xb0, 0xc8);
    counts->rare += within(lead, 0xc9, 0xfe);
}

static void count_run(struct counts *counts, const unsigned char *run,
                      size_t len)
{
    for (size_t i = 0; i < len; i++)
        count_byte(counts, run[i]);
    for (size_t i = 0; i + 1 < len; i += 2)
        count_pair(counts, run[i]);
    counts->grouped += len > 1 ? len : 0;
    counts->runs++;
    counts->odd_runs += len % 2;
}

// Big5: 0x40 to 0x7e or 0xa1 to 0xfe for a second byte.
static void count_loose(struct counts *counts, unsigned char lead,
                        unsigned char trail)
{
    bool ascii = within(trail, 0x40, 0x7e);
    counts->loose++;
    counts->loose_ascii += ascii;
    counts->loose_common += within(lead, 0xa1, 0xc6);
    counts->loose_wrong +=
        !within(lead, 0xa1, 0xf9) || (!ascii && !within(trail, 0xa1, 0xfe));
}

static void count_sjis(struct counts *counts, unsigned char lead,
                       unsigned char trail)
{
    counts->sjis_pairs++;
    counts->sjis_kana += (lead == 0x82 && within(trail, 0x9f, 0xf1))
                         || (lead == 0x83 && within(trail, 0x40, 0x96));
}

static struct counts count(const unsigned char *bytes, size_t len)
{
    struct counts counts = { 0 };
    for (size_t i = 0; i < len && counts.high < LOOK_MAX;) {
        size_t n = 0;
        while (i + n < len && bytes[i + n] >= 0x80)
            n++;
        if (n > 0)
            count_run(&counts, bytes + i, n);
        i += n > 0 ? n : 1;
    }
    for (size_t i = 0; i + 1 < len && counts.loose < LOOK_MAX; i++)
        if (bytes[i] >= 0x80) {
            count_loose(&counts, bytes[i], bytes[i + 1]);
            i++;
        }
    for (size_t i = 0; i + 1 < len && counts.sjis_pairs < LOOK_MAX; i++)
        if (within(bytes[i], 0x81, 0x9f) || within(bytes[i], 0xe0, 0xfc)) {
            count_sjis(&counts, bytes[i], bytes[i + 1]);
            i++;
        }
    return counts;
}

static bool at_least(size_t part, size_t percent, size_t whole)
{
    return part * 100 >= whole * percent;
}

static const char *of_pairs(const struct counts *counts)
{
    if (at_least(counts->kana, 10, counts->pairs))
        return "euc-jp";
    bool hangul = at_least(counts->hangul, 60, counts->pairs)
                  && !at_least(counts->rare, 8, counts->pairs);
    return hangul ? "euc-kr" : "gbk";
}

static const char *of_words(const struct counts *counts)
{
    if (at_least(counts->low_row, 25, counts->high))
        return "windows-874";
    if (counts->upper_row > 2 * counts->lower_row)
        return "koi8-r";
    if (at_least(counts->accented, 4, counts->high)
        && at_least(counts->accented, 50, counts->upper_row))
        return "windows-1253";
    bool small_only = !at_least(counts->upper_row, 3, counts->high)
                      && !at_least(counts->last_five, 1, counts->high);
    return small_only ? "windows-1255" : "windows-1251";
}

const char *guess_charset(const char *bytes, size_t len)
{
    struct counts counts = count((const unsigned char *)bytes, len);
    if (counts.high < HIGH_MIN)
        return "windows-1252";
    if (at_least(counts.sjis_kana, 20, counts.sjis_pairs)
        && at_least(counts.c1, 20, counts.high))
        return "shift_jis";
    if (counts.loose_wrong == 0 && counts.c1 == 0
        && at_least(counts.loose_ascii, 10, counts.loose)
        && !at_least(counts.loose_ascii, 75, counts.loose)
        && at_least(counts.loose_common, 80, counts.loose))
        return "big5";
    if (!at_least(counts.grouped, 80, counts.high)
        || at_least(counts.c1, 10, counts.high))
        return "windows-1252";
    if (!at_least(counts.odd_runs, 10, counts.runs) && counts.c1 == 0)
        return of_pairs(&counts);
    return of_words(&counts);
}
