// SPDX-License-Identifier: MIT

#include "csv.h"

// What ends a field.
enum stop { AT_FIELD, AT_LINE, AT_END };

void csv_open(struct csv *csv, FILE *from)
{
    csv->from = from;
    csv->line = 0;
    csv->next_line = 1;
    csv->count = csv->used = 0;
    csv->began = false;
}

static int next_byte(struct csv *csv)
{
    int byte = getc_unlocked(csv->from);
    csv->next_line += byte == '\n';
    return byte;
}

static void skip_mark(struct csv *csv)
{
    static const char mark[] = "\xEF\xBB\xBF";
    for (size_t i = 0; i < 3; i++) {
        int byte = getc_unlocked(csv->from);
        if (byte == (unsigned char)mark[i])
            continue;
        // One byte can be given back; what else there was is no URL anyway.
        ungetc(byte, csv->from);
        return;
    }
}

// NULL: it is fine. There always is room for what ends the fields.
static const char *put(struct csv *csv, int byte)
{
    if (byte == '\0')
        return "there is a NUL byte in it";
    if (csv->used == CSV_BYTES_MAX - CSV_FIELDS_MAX)
        return "the record is too long";
    csv->bytes[csv->used++] = (char)byte;
    return NULL;
}

// CR before LF, or alone, ends a line like LF.
static bool ends_line(struct csv *csv, int byte)
{
    if (byte == '\r') {
        byte = next_byte(csv);
        if (byte != '\n' && byte != EOF)
            ungetc(byte, csv->from);
        return true;
    }
    return byte == '\n';
}

// A quote that is not doubled ends what is quoted.
static bool ends_quoted(struct csv *csv, int byte)
{
    if (byte != '"')
        return false;
    byte = next_byte(csv);
    if (byte == '"')
        return false;
    if (byte == '\n')
        csv->next_line--;
    ungetc(byte, csv->from);
    return true;
}

static const char *read_quoted(struct csv *csv)
{
    const char *problem = NULL;
    int byte = next_byte(csv);
    while (!problem && byte != EOF && !ends_quoted(csv, byte)) {
        problem = put(csv, byte);
        if (!problem)
            byte = next_byte(csv);
    }
    return byte == EOF ? "a quote is not closed" : problem;
}

static const char *read_field(struct csv *csv, enum stop *stop)
{
    const char *problem = NULL;
    int byte = next_byte(csv);
    bool quoted = byte == '"';
    if (quoted) {
        problem = read_quoted(csv);
        byte = problem ? byte : next_byte(csv);
    }
    while (!problem) {
        *stop = byte == EOF ? AT_END : AT_LINE;
        if (byte == EOF || ends_line(csv, byte))
            break;
        *stop = AT_FIELD;
        if (byte == ',')
            break;
        if (quoted)
            problem = "something follows a closing quote";
        else if (byte == '"')
            problem = "a quote is within a field";
        else
            problem = put(csv, byte);
        if (!problem)
            byte = next_byte(csv);
    }
    return problem;
}

static void skip_line(struct csv *csv)
{
    int byte = next_byte(csv);
    while (byte != EOF && byte != '\n')
        byte = next_byte(csv);
}

// The last field has been read, which may be an empty line's only one.
static bool is_empty(const struct csv *csv)
{
    return csv->count == 1 && csv->used == 1;
}

static const char *read_record(struct csv *csv, enum stop *stop)
{
    const char *problem = NULL;
    csv->count = csv->used = 0;
    csv->line = csv->next_line;
    do {
        if (csv->count == CSV_FIELDS_MAX)
            return "there are too many fields";
        csv->fields[csv->count++] = csv->bytes + csv->used;
        problem = read_field(csv, stop);
        csv->bytes[csv->used++] = '\0';
    } while (!problem && *stop == AT_FIELD);
    return problem;
}

enum csv_answer csv_next(struct csv *csv, const char **problem)
{
    enum stop stop = AT_END;
    if (!csv->began)
        skip_mark(csv);
    csv->began = true;
    do {
        *problem = read_record(csv, &stop);
        if (*problem) {
            skip_line(csv);
            return CSV_BAD;
        }
    } while (is_empty(csv) && stop == AT_LINE);
    return is_empty(csv) ? CSV_END : CSV_RECORD;
}
