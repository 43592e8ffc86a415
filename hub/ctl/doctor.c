// SPDX-License-Identifier: MIT

#include "doctor.h"

#include "admin.h"
#include "colour.h"
#include "options.h"
#include "show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 12, STATE_WIDTH = 8 };

static const char *const state_names[] = {
    [DOCTOR_OK] = "ok",
    [DOCTOR_WARNING] = "warning",
    [DOCTOR_PROBLEM] = "problem",
};

void doctor_tell(struct doctor *doctor, const char *name,
                 enum doctor_state state, const char *format, ...)
{
    char text[DOCTOR_TEXT_MAX], shown[DOCTOR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    show_text(text, shown, sizeof shown);
    doctor->problem = doctor->problem || state == DOCTOR_PROBLEM;
    if (doctor->ctl->json) {
        json_array_append_new(
            doctor->told, json_pack("{s:s, s:s, s:s}", "name", name, "state",
                                    state_names[state], "text", shown));
        return;
    }
    enum colour colour = colour_of(state_names[state]);
    printf("%s%-*s%s %-*s %s\n", colour_begin(colour), STATE_WIDTH,
           state_names[state], colour_end(colour), NAME_WIDTH, name, shown);
    fflush(stdout);
}

const char *doctor_option(const struct doctor *doctor, const char *name)
{
    size_t index;
    const json_t *one;
    json_array_foreach(doctor->options, index, one)
    {
        const json_t *value = json_object_get(one, "value");
        if (strcmp(show_string(one, "name"), name) != 0)
            continue;
        const char *text = json_string_value(
            json_is_array(value) ? json_array_get(value, 0) : value);
        return text ? text : "";
    }
    return "";
}

static int ask(const struct ctl *ctl, const char *path,
               struct admin_answer *out)
{
    const struct admin_question question = {
        .method = "GET",
        .path = path,
        .timeout_s = 60,
    };
    return admin_ask(ctl, &question, out) ? CTL_FINE : CTL_NO_DAEMON;
}

static int conclude(const struct doctor *doctor)
{
    if (doctor->ctl->json) {
        json_t *all = json_pack("{s:b, s:O}", "fine", !doctor->problem,
                                "checks", doctor->told);
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
    }
    return doctor->problem ? CTL_NO : CTL_FINE;
}

static int examine(struct doctor *doctor)
{
    struct admin_answer status, options;
    int code = ask(doctor->ctl, "/admin/status", &status);
    if (code != CTL_FINE)
        return code;
    code = ask(doctor->ctl, "/admin/options", &options);
    if (code == CTL_FINE && status.status == 200) {
        doctor->status = status.json;
        // An older daemon does not tell them.
        doctor->options = json_object_get(options.json, "options");
        doctor_process(doctor);
        doctor_store(doctor);
        doctor_reach(doctor);
        code = conclude(doctor);
    } else if (code == CTL_FINE) {
        code = admin_complain(doctor->ctl, &status);
    }
    admin_clear(&status);
    admin_clear(&options);
    return code;
}

int ctl_doctor(const struct ctl *ctl, int argc, char *argv[])
{
    struct doctor doctor = { .ctl = ctl, .told = json_array() };
    const struct option_value options[] = {
        { .name = "config", .value = &doctor.config },
    };
    int code = CTL_USAGE;
    if (options_read(argc, argv, options, 1, NULL, 0))
        code = examine(&doctor);
    json_decref(doctor.told);
    return code;
}
