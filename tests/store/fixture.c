// SPDX-License-Identifier: MIT

#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cmocka.h>

enum { PATH_SIZE = 512, PIECE = 65536 };

void fixture_unpack(int format, const char *path)
{
    static char piece[PIECE];
    char name[PATH_SIZE];
    snprintf(name, sizeof name, "%s/format-%d.mdb.gz", STORE_FIXTURES, format);
    gzFile packed = gzopen(name, "rb");
    FILE *out = fopen(path, "wbx");
    if (!packed || !out)
        fail_msg("%s could not be unpacked", name);
    int len;
    while ((len = gzread(packed, piece, sizeof piece)) > 0)
        assert_int_equal(fwrite(piece, 1, (size_t)len, out), len);
    assert_int_equal(len, 0);
    assert_int_equal(fclose(out), 0);
    gzclose(packed);
}

struct session *fixture_session(int format)
{
    char path[PATH_SIZE];
    struct session *session = session_new(true);
    const char *directory = session_directory(session);
    assert_non_null(directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(path, sizeof path, "%s/data.mdb", directory);
    fixture_unpack(format, path);
    return session;
}

struct session *fixture_open(int format)
{
    struct session *session = fixture_session(format);
    // From here on the test's clock is the store's.
    atomic_store(&session->now, 0);
    session_open(session);
    atomic_store(&session->now, store_clock(session->store));
    return session;
}
