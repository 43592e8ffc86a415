# TEMPLATE with its line @GENERATED@ replaced by what PROGRAM ARGUMENTS prints
# goes to OUT.
execute_process(COMMAND ${PROGRAM} ${ARGUMENTS}
    OUTPUT_VARIABLE said RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR said STREQUAL "")
    message(FATAL_ERROR "${PROGRAM} ${ARGUMENTS}: ${code}")
endif()
file(READ ${TEMPLATE} text)
string(FIND "${text}" ".\\\" @GENERATED@\n" place)
if(place EQUAL -1)
    message(FATAL_ERROR "${TEMPLATE} has no line @GENERATED@")
endif()
string(REPLACE ".\\\" @GENERATED@\n" "${said}" text "${text}")
file(WRITE ${OUT} "${text}")
