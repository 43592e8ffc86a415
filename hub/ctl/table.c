// SPDX-License-Identifier: MIT

#include "table.h"

#include "show.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HELD_ROWS = 100,
    CELL_MAX = 2400,
    GAP = 2,
    NARROWEST = 12, // a wide column at a narrow terminal
};

struct cell {
    char *text;
    enum colour colour;
};

struct table {
    const struct table_column *columns;
    size_t count;
    int widths[TABLE_COLUMNS_MAX];
    bool laid_out;      // the widths are set, and the titles are out
    size_t rows, cells; // whole rows held; cells of the row that is begun
    struct cell held[(HELD_ROWS + 1) * TABLE_COLUMNS_MAX];
};

struct table *table_new(const struct table_column *columns, size_t count)
{
    assert(count > 0 && count <= TABLE_COLUMNS_MAX);
    struct table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->columns = columns;
    table->count = count;
    return table;
}

// ------------------------------------------------------------------- layout

static struct cell *cell_at(struct table *table, size_t row, size_t column)
{
    return &table->held[row * table->count + column];
}

static int width_of(struct table *table, size_t column)
{
    size_t widest = strlen(table->columns[column].title);
    for (size_t row = 0; row < table->rows; row++) {
        const char *text = cell_at(table, row, column)->text;
        size_t len = text ? strlen(text) : 1;
        if (len > widest)
            widest = len;
    }
    return (int)widest;
}

static int whole_width(const struct table *table)
{
    int sum = -GAP;
    for (size_t i = 0; i < table->count; i++)
        sum += table->widths[i] > 0 ? GAP + table->widths[i] : 0;
    return sum;
}

static int least_of(const struct table_column *column)
{
    return column->least > 0 ? column->least : NARROWEST;
}

// Takes from the widest of the wide ones. False: they are as narrow as they
// may be, and it is not enough.
static bool narrow(struct table *table, int columns)
{
    while (whole_width(table) > columns) {
        int *widest = NULL;
        for (size_t i = 0; i < table->count; i++)
            if (table->columns[i].wide
                && table->widths[i] > least_of(&table->columns[i])
                && (!widest || table->widths[i] > *widest))
                widest = &table->widths[i];
        if (!widest)
            return false;
        --*widest;
    }
    return true;
}

// The last of those that can be spared. False: there are no more.
static bool leave_out(struct table *table)
{
    for (size_t i = table->count; i-- > 0;)
        if (table->columns[i].spare && table->widths[i] > 0) {
            table->widths[i] = 0;
            return true;
        }
    return false;
}

static void fit(struct table *table, int columns)
{
    int natural[TABLE_COLUMNS_MAX];
    memcpy(natural, table->widths, sizeof natural);
    while (columns > 0 && !narrow(table, columns) && leave_out(table))
        for (size_t i = 0; i < table->count; i++)
            if (table->widths[i] > 0)
                table->widths[i] = natural[i];
}

// ----------------------------------------------------------------- printing

static void print_text(const struct table_column *column, int width,
                       const struct cell *cell, const char *text)
{
    int len = (int)strlen(text), most = width - 1;
    bool cut = colour_columns() > 0 && column->wide && len > width;
    fputs(colour_begin(cell->colour), stdout);
    if (!cut)
        fputs(text, stdout);
    else if (column->tail)
        printf("~%s", text + len - most);
    else
        printf("%.*s~", most, text);
    fputs(colour_end(cell->colour), stdout);
}

static void print_cell(const struct table *table, size_t column,
                       const struct cell *cell)
{
    const char *text = cell->text ? cell->text : "-";
    int width = table->widths[column], len = (int)strlen(text);
    bool last = column + 1 == table->count;
    bool right = table->columns[column].right;
    int pad = width > len ? width - len : 0;
    if (width == 0)
        return;
    printf("%*s", right ? pad : 0, "");
    print_text(&table->columns[column], width, cell, text);
    if (!last)
        printf("%*s", GAP + (right ? 0 : pad), "");
}

static void print_row(const struct table *table, struct cell *cells)
{
    for (size_t i = 0; i < table->count; i++) {
        print_cell(table, i, &cells[i]);
        free(cells[i].text);
        cells[i] = (struct cell){ 0 };
    }
    putchar('\n');
}

static void print_titles(const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        char title[64];
        snprintf(title, sizeof title, "%s", table->columns[i].title);
        print_cell(table, i,
                   &(struct cell){ .text = title, .colour = COLOUR_STRONG });
    }
    putchar('\n');
}

void table_flush(struct table *table)
{
    assert(table->cells == 0);
    if (!table->laid_out && table->rows > 0) {
        for (size_t i = 0; i < table->count; i++)
            table->widths[i] = width_of(table, i);
        fit(table, colour_columns());
        table->laid_out = true;
        print_titles(table);
    }
    for (size_t row = 0; row < table->rows; row++)
        print_row(table, cell_at(table, row, 0));
    table->rows = 0;
}

void table_end(struct table *table)
{
    if (!table)
        return;
    table_flush(table);
    free(table);
}

// -------------------------------------------------------------------- cells

static void put(struct table *table, enum colour colour, const char *text)
{
    char shown[CELL_MAX];
    struct cell *cell = cell_at(table, table->rows, table->cells);
    // Without memory a cell shows as if it were empty.
    if (text && *text)
        cell->text = strdup(show_text(text, shown, sizeof shown));
    cell->colour = colour;
    if (++table->cells < table->count)
        return;
    table->cells = 0;
    table->rows++;
    if (table->laid_out || table->rows == HELD_ROWS)
        table_flush(table);
}

void table_text(struct table *table, const char *text)
{
    put(table, COLOUR_NONE, text);
}

void table_number(struct table *table, int64_t number)
{
    table_format(table, "%" PRId64, number);
}

void table_time(struct table *table, int64_t unix_ms)
{
    char text[24];
    put(table, COLOUR_NONE, show_time(unix_ms, text));
}

void table_format(struct table *table, const char *format, ...)
{
    char text[CELL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(table, COLOUR_NONE, text);
}

void table_state(struct table *table, const char *state)
{
    put(table, colour_of(state), state);
}

void table_coloured(struct table *table, enum colour colour, const char *text)
{
    put(table, colour, text);
}
