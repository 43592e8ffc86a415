// SPDX-License-Identifier: MIT

#include "punycode.h"

// RFC 3492 section 5.
enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    FIRST_BIAS = 72,
    FIRST_POINT = 0x80,
};

struct writer {
    char *out;
    size_t max, len;
};

static void put(struct writer *writer, char c)
{
    if (writer->len < writer->max)
        writer->out[writer->len] = c;
    writer->len++;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;

    uint32_t k = 0;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void put_number(struct writer *writer, uint32_t number, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k - bias;
        if (t > T_MAX)
            t = T_MAX;
        if (number < t)
            break;
        put(writer, digits[t + (number - t) % (BASE - t)]);
        number = (number - t) / (BASE - t);
    }
    put(writer, digits[number]);
}

static uint32_t smallest_from(const uint32_t *points, size_t count,
                              uint32_t least)
{
    uint32_t smallest = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (points[i] >= least && points[i] < smallest)
            smallest = points[i];
    return smallest;
}

static uint32_t put_basic(struct writer *writer, const uint32_t *points,
                          size_t count)
{
    uint32_t basic = 0;
    for (size_t i = 0; i < count; i++) {
        if (points[i] < FIRST_POINT) {
            put(writer, (char)points[i]);
            basic++;
        }
    }
    if (basic > 0)
        put(writer, '-');
    return basic;
}

bool punycode_encode(const uint32_t *points, size_t count, char *out,
                     size_t out_max, size_t *out_len)
{
    // A label has 63 bytes at most, so that no delta can overflow below.
    if (count == 0 || count > 63)
        return false;

    struct writer writer = { .out = out, .max = out_max };
    uint32_t basic = put_basic(&writer, points, count);
    uint32_t done = basic, point = FIRST_POINT, delta = 0, bias = FIRST_BIAS;

    while (done < count) {
        uint32_t next = smallest_from(points, count, point);
        delta += (next - point) * (done + 1);
        point = next;
        for (size_t i = 0; i < count; i++) {
            if (points[i] < point)
                delta++;
            if (points[i] != point)
                continue;
            put_number(&writer, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        point++;
    }
    *out_len = writer.len;
    return writer.len <= out_max;
}
