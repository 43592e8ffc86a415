#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The rules that the compiler cannot hold us to. Prints every violation, and
# fails if there is one. From anywhere; needs no build.
set -eu

cd "$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/../.."
CC=${CC:-cc}
product="hub fetcher storage"
found=$(mktemp)
trap 'rm -f "$found"' EXIT

# Lines on stdin are violations of the rule that the arguments tell.
complain() {
    sed "s|\$| <- $*|" >>"$found"
}

sources() { # folders..., then -- and the patterns of find
    find "$@" -type f -name '*.[ch]' 2>/dev/null | sort
}

# Product code without its line comments, as FILE:LINE:TEXT.
code() {
    # shellcheck disable=SC2086 # folders
    grep -rnE "$1" $product contrib/bench tests --include="$2" |
        grep -vE '^[^:]*:[0-9]+: *//' || true
}

# ------------------------------------------------------- who includes whom

only() { # what is included, a pattern of the files that may, in words
    # shellcheck disable=SC2086 # folders
    grep -rlE "^# *include <$1" $product --include='*.[ch]' |
        grep -vE "^($2)$" | complain "only $3 may include <$1" || true
}
only 'lmdb\.h' 'storage/lmdb/[a-z_]*\.[ch]' storage/lmdb/
only 'curl/' 'fetcher/engine[a-z_]*\.[ch]|hub/ctl/[a-z_]*\.[ch]' \
    'fetcher/engine*.c and hub/ctl/'
only 'microhttpd\.h' 'hub/http\.c' hub/http.c
only 'libxml/' 'fetcher/(feed|html)[a-z_]*\.c' 'fetcher/feed.c and html.c'
only 'ares\.h' 'fetcher/resolve\.c' fetcher/resolve.c
only 'uv\.h' 'hub/loop\.c|fetcher/(engine[a-z_]*\.[ch]|resolve\.[ch])' \
    'hub/loop.c, fetcher/engine*.c and resolve.c'
only 'confuse\.h' 'hub/settings\.c' hub/settings.c
only 'wslay/' 'hub/websocket\.c' hub/websocket.c
only 'zlib\.h' 'fetcher/unzip\.c' fetcher/unzip.c
only 'brotli/' 'fetcher/unbrotli\.c' fetcher/unbrotli.c
only 'zstd\.h' 'fetcher/unzstd\.c' fetcher/unzstd.c

grep -rnE '#include "(hub|fetcher)/' storage --include='*.[ch]' |
    complain "storage knows neither hub nor fetcher" || true
grep -rnE '#include "(hub|storage)/' fetcher --include='*.[ch]' |
    complain "fetcher knows neither hub nor storage" || true

# ---------------------------------------------------- words we do without

banned='strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|gets'
banned="$banned|alloca|localtime|gmtime|signal"
code "(^|[^A-Za-z0-9_])($banned) *\(" '*.[ch]' | complain "a banned function"
# shellcheck disable=SC2086 # folders
grep -rnE '^# *(if|ifdef|ifndef|elif)' $product --include='*.c' |
    complain "a variant is a file, not an #if" || true
code '^(.* )?extern ' '*.h' | complain "no variable is shared"
soft='TO''DO|FIX''ME|XX''X|HA''CK|not imple''mented|for n''ow'
grep -rnIwE "$soft" --include='*.[ch]' --include='*.py' --include='*.sh' \
    --include='CMakeLists.txt' . --exclude-dir=build --exclude-dir=node_modules --exclude-dir=.git |
    complain "finish it, or say why it is right" || true

# ----------------------------------------------------------- size and shape

for file in $(sources hub fetcher storage contrib/bench tests); do
    head -n 1 "$file" | grep -q '^// SPDX-License-Identifier: MIT$' ||
        echo "$file"
done | complain "the first line is the licence"
# Not of tests, which are lists of sentences; nor of the one contract of
# storage, which is read as one text and has no code.
# shellcheck disable=SC2046 # files without blanks
wc -l $(sources hub fetcher storage contrib/bench) |
    awk '$2 != "total" && $2 != "storage/store.h" && $1 > 500 {
        print $2 ": " $1 " lines" }' |
    complain "more than 500 lines"
# shellcheck disable=SC2046 # files without blanks
awk '
    FNR == 1 { begun = 0 }
    /^{$/ { begun = FNR; next }
    /^}/ {
        if (begun && FNR - begun - 1 > 60)
            print FILENAME ":" begun ": " FNR - begun - 1 " lines"
        begun = 0
    }
    begun && /^                 *(if|for|while|switch|do)[ (]/ {
        print FILENAME ":" FNR ": nested more than three deep"
    }
' $(sources hub fetcher storage contrib/bench tests) |
    complain "functions have at most 60 lines and 3 levels"
grep -rnIE '[ 	]+$' . --exclude-dir=build --exclude-dir=node_modules --exclude-dir=.git \
    --exclude-dir=fixtures --exclude-dir=corpus --exclude-dir=__pycache__ |
    complain "blanks at the end of a line" || true

# ------------------------------------------------------------------ headers

flags=$(pkg-config --cflags libcurl libmicrohttpd libxml-2.0 jansson libuv \
    libcares lmdb)
# shellcheck disable=SC2016 # the inner shell expands it
sources hub fetcher storage contrib/bench | grep '\.h$' |
    CC=$CC FLAGS=$flags xargs -P "$(nproc)" -I{} sh -c '
        printf "#include \"%s\"\n" "{}" |
            $CC -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -I. \
                -I"$(dirname "{}")" $FLAGS -xc -fsyntax-only - 2>/dev/null ||
            echo "{}"' | complain "a header compiles alone"
for file in $(sources hub fetcher storage | grep '\.h$'); do
    grep -q '^#pragma once$' "$file" || echo "$file"
done | complain "no #pragma once"

# -------------------------------------------------------------------- tests

untested() { # is this file in the list of those without a unit test?
    while read -r pattern _; do
        # shellcheck disable=SC2254 # a pattern it is
        case $1 in $pattern) return 0 ;; esac
    done <tests/style/untested
    return 1
}
tested() { # engine_easy.c is a part of what tests/unit/.../engine.c tests
    part=${1%.c}
    while ! [ -f "tests/unit/$part.c" ]; do
        case ${part##*/} in *_*) part=${part%_*} ;; *) return 1 ;; esac
    done
}
for file in $(sources hub fetcher storage | grep '\.c$'); do
    tested "$file" || untested "$file" || echo "$file"
done | complain "no tests/unit, and no reason in tests/style/untested"
while read -r file reason; do
    case $file in *'*'*) continue ;; esac
    { [ -f "$file" ] && [ -n "$reason" ] && ! tested "$file"; } || echo "$file"
done <tests/style/untested | complain "needs no line in tests/style/untested"

# -------------------------------------------------------------------- tools

sources hub fetcher storage contrib/bench tests |
    xargs clang-format --dry-run -Werror 2>&1 |
    sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: (error|warning):.*/\1/p' | sort -u |
    complain "clang-format -i it" || true
find tests contrib -name '*.py' -not -path '*/__pycache__/*' \
    -exec python3 -c '
import sys
for path in sys.argv[1:]:
    try:
        compile(open(path, "rb").read(), path, "exec")
    except SyntaxError as error:
        print(f"{path}:{error.lineno}: {error.msg}")
' {} + | complain "it is no Python"
if command -v shellcheck >/dev/null 2>&1; then
    for file in contrib/bootstrap contrib/check contrib/demo .ci/run \
        $(find contrib tests -name '*.sh'); do
        [ -f "$file" ] || continue
        head -n 1 "$file" | grep -q 'sh$' || continue
        shellcheck -f gcc "$file" || true
    done | complain shellcheck
fi

if [ -s "$found" ]; then
    cat "$found"
    exit 1
fi
