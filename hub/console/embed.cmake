# Writes the files of the console as one C file, plain and packed:
#     cmake -DSOURCE=DIR -DOUT=FILE -DWORK=DIR -P embed.cmake
# Of a module from npm only what a browser needs is taken, and the names by
# which modules know each other become paths: browsers know no others without
# an inline import map. Without node_modules the one page says what to do.

cmake_minimum_required(VERSION 3.25)

set(modules ${SOURCE}/node_modules)
# path in the console; file; kind
set(rows
    "lib/preact.js|${modules}/preact/dist/preact.mjs|module"
    "lib/hooks.js|${modules}/preact/hooks/dist/hooks.mjs|module"
    "lib/htm.js|${modules}/htm/dist/htm.mjs|module"
    "lib/uplot.js|${modules}/uplot/dist/uPlot.iife.min.js|global"
    "lib/uplot.css|${modules}/uplot/dist/uPlot.min.css|plain")
file(GLOB own RELATIVE ${SOURCE} ${SOURCE}/*.js ${SOURCE}/views/*.js
    ${SOURCE}/*.css ${SOURCE}/*.svg)
list(SORT own)
foreach(name IN LISTS own)
    list(APPEND rows "${name}|${SOURCE}/${name}|plain")
endforeach()
list(APPEND rows "|${SOURCE}/index.html|page")
foreach(row IN LISTS rows)
    string(REGEX MATCH "[|](.*)[|]" found "${row}")
    if(NOT EXISTS "${CMAKE_MATCH_1}")
        set(rows "|${SOURCE}/missing.html|plain"
            "style.css|${SOURCE}/style.css|plain")
        break()
    endif()
endforeach()

function(type_of file out)
    get_filename_component(suffix "${file}" LAST_EXT)
    set(type "text/javascript; charset=utf-8")
    if(suffix STREQUAL ".css")
        set(type "text/css; charset=utf-8")
    elseif(suffix STREQUAL ".html")
        set(type "text/html; charset=utf-8")
    elseif(suffix STREQUAL ".svg")
        set(type "image/svg+xml")
    endif()
    set(${out} "${type}" PARENT_SCOPE)
endfunction()

# So that a browser need not read one module to learn of the next.
set(preload "")
foreach(row IN LISTS rows)
    string(REGEX MATCH "^[^|]*[.]js" found "${row}")
    if(found AND NOT found STREQUAL "app.js")
        string(APPEND preload "<link rel=\"modulepreload\" href=\"${found}\">\n")
    endif()
endforeach()

# What is served: WORK/asset.
function(prepare file kind)
    if(kind STREQUAL "page")
        file(READ "${file}" text)
        string(REPLACE "<!-- modules -->\n" "${preload}" text "${text}")
        file(WRITE ${WORK}/asset "${text}")
        return()
    elseif(kind STREQUAL "plain")
        configure_file("${file}" ${WORK}/asset COPYONLY)
        return()
    endif()
    file(READ "${file}" text)
    string(REGEX REPLACE "//# sourceMappingURL=[^\n]*\n?" "" text "${text}")
    string(REPLACE "\"preact\"" "\"./preact.js\"" text "${text}")
    if(kind STREQUAL "global")
        string(APPEND text "\nexport default uPlot;\n")
    endif()
    file(WRITE ${WORK}/asset "${text}")
endfunction()

function(array_of hex name out)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
        bytes "${bytes}")
    set(${out} "static const unsigned char ${name}[] = {\n${bytes}\n};\n"
        PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${WORK})
set(arrays "")
set(table "")
set(number 0)
foreach(row IN LISTS rows)
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 path)
    list(GET row 1 file)
    list(GET row 2 kind)
    prepare("${file}" ${kind})
    type_of("${file}" type)
    file(SHA256 ${WORK}/asset hash)
    string(SUBSTRING ${hash} 0 20 hash)
    file(READ ${WORK}/asset plain HEX)
    file(ARCHIVE_CREATE OUTPUT ${WORK}/asset.gz PATHS ${WORK}/asset
        FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    file(READ ${WORK}/asset.gz packed HEX)
    # Its header has the time: the same sources make the same program.
    string(SUBSTRING "${packed}" 0 8 before)
    string(SUBSTRING "${packed}" 16 -1 after)
    set(packed "${before}00000000${after}")
    array_of("${plain}" plain_${number} plain)
    array_of("${packed}" packed_${number} packed)
    string(APPEND arrays "${plain}${packed}")
    string(APPEND table "    { \"${path}\", \"${type}\", \"${hash}\", "
        "plain_${number}, sizeof plain_${number}, packed_${number}, "
        "sizeof packed_${number} },\n")
    math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT}.new "// Made by hub/console/embed.cmake.
#include \"hub/console_files.h\"

${arrays}
static const struct console_file files[] = {
${table}};

const struct console_file *console_files(size_t *count)
{
    *count = sizeof files / sizeof *files;
    return files;
}
")
file(RENAME ${OUT}.new ${OUT})
