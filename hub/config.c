// SPDX-License-Identifier: MIT

#include "config.h"

#include "literal.h"
#include "option.h"
#include "settings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { PROBLEM = 256 };

static_assert((int)PROBLEM == (int)SETTINGS_PROBLEM, "one buffer for both");

// Who gave an option its value; a later one outdoes an earlier.
enum giver { GIVEN_NOT, GIVEN_BY_FILE, GIVEN_BY_FLAG };

struct work {
    struct config *config;
    const struct option *table;
    size_t count;
    enum giver given[CONFIG_OPTIONS_MAX];
    unsigned lines[CONFIG_OPTIONS_MAX]; // where the file gave it
    const char *file;                   // of -c; NULL: none
    bool check, help, manual, mdoc, version;
};

static size_t index_of(const struct work *work, const struct option *option)
{
    return (size_t)(option - work->table);
}

static const char *name_of(const struct config *config, const int64_t *member)
{
    size_t offset = (size_t)((const char *)member - (const char *)config);
    size_t count, row = 0;
    const struct option *table = option_table(&count);
    while (row < count && table[row].offset != offset)
        row++;
    assert(row < count);
    return table[row].name;
}

// One value from anywhere. `where` goes in front of the sentence.
static bool put(struct work *work, size_t index, enum giver giver,
                const char *where, const char *value, char problem[PROBLEM])
{
    const struct option *option = &work->table[index];
    // A list that is given on the command line replaces the file's, and what
    // anybody gives replaces the default.
    if (work->given[index] != giver)
        option_clear(option, work->config);
    work->given[index] = giver;
    work->config->given[index] = giver != GIVEN_NOT;

    char expected[OPTION_EXPECTED];
    switch (option_set(option, value, work->config, expected)) {
    case OPTION_SET:
        return true;
    case OPTION_NO_MEMORY:
        snprintf(problem, PROBLEM, "out of memory");
        return false;
    case OPTION_NOT_GOOD:
        break;
    }
    // Never all of a value: it may be anything.
    if (option->secret)
        value = "";
    snprintf(problem, PROBLEM, "%.90s%.24s must be %.95s%s%.24s%s", where,
             option->name, expected, *value ? ", not \"" : "", value,
             *value ? "\"" : "");
    return false;
}

// ----------------------------------------------------------------- the file

static bool take_setting(void *context, size_t index, unsigned line,
                         const char *value, char problem[PROBLEM])
{
    struct work *work = context;
    const struct option *option = &work->table[index];
    char where[PROBLEM]; // "FILE:LINE: "
    memcpy(where, problem, sizeof where);
    if (option->kind != OPTION_LIST && work->given[index] == GIVEN_BY_FILE) {
        snprintf(problem, PROBLEM, "%.90s%s was given before, in line %u",
                 where, option->name, work->lines[index]);
        return false;
    }
    work->lines[index] = line;
    return put(work, index, GIVEN_BY_FILE, where, value, problem);
}

static bool read_settings(struct work *work, char problem[PROBLEM])
{
    const char *names[CONFIG_OPTIONS_MAX];
    bool lists[CONFIG_OPTIONS_MAX];
    for (size_t i = 0; i < work->count; i++) {
        names[i] = work->table[i].name;
        lists[i] = work->table[i].kind == OPTION_LIST;
    }
    return settings_read(
        &(struct settings){
            .path = work->file,
            .names = names,
            .lists = lists,
            .count = work->count,
            .take = take_setting,
            .context = work,
        },
        problem);
}

// --------------------------------------------------------- the command line

static bool take_flag(struct work *work, const char *flag,
                      char problem[PROBLEM])
{
    size_t len = strcspn(flag, "=");
    const struct option *option = option_find(flag, len);
    if (!option) {
        snprintf(problem, PROBLEM,
                 "there is no option --%.*s; --help lists all",
                 (int)(len < 60 ? len : 60), flag);
        return false;
    }
    const char *value = flag[len] ? flag + len + 1 : NULL;
    if (!value && option->kind == OPTION_SWITCH
        && strcmp(option->words, "off on") == 0)
        value = "on";
    if (!value) {
        snprintf(problem, PROBLEM, "--%s needs a value: --%s=VALUE",
                 option->name, option->name);
        return false;
    }
    return put(work, index_of(work, option), GIVEN_BY_FLAG, "--", value,
               problem);
}

// What is not in the table. False: the argument is something else.
static bool take_order(struct work *work, int argc, char *argv[], int *at)
{
    const char *argument = argv[*at];
    if (strcmp(argument, "--check") == 0)
        work->check = true;
    else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        work->help = true;
    else if (strcmp(argument, "--manual") == 0)
        work->manual = true;
    else if (strcmp(argument, "--manual=mdoc") == 0)
        work->mdoc = true;
    else if (strcmp(argument, "--version") == 0)
        work->version = true;
    else if (strncmp(argument, "--config=", 9) == 0)
        work->file = argument + 9;
    else if (strcmp(argument, "-c") == 0)
        work->file = *at + 1 < argc ? argv[++*at] : "";
    else
        return false;
    return true;
}

// The orders first, since the file comes before the flags.
static bool read_orders(struct work *work, int argc, char *argv[],
                        char problem[PROBLEM])
{
    for (int i = 1; i < argc && argv[i]; i++) {
        if (take_order(work, argc, argv, &i))
            continue;
        if (strncmp(argv[i], "--", 2) == 0 && argv[i][2])
            continue;
        // It may be meant as a value: behind its first blank is the secret.
        size_t shown = strcspn(argv[i], " ");
        snprintf(problem, PROBLEM,
                 "\"%.*s\" is not an option; --help lists all",
                 (int)(shown < 60 ? shown : 60), argv[i]);
        return false;
    }
    if (work->file && !*work->file)
        snprintf(problem, PROBLEM, "-c needs a file");
    return !work->file || *work->file;
}

static bool read_flags(struct work *work, int argc, char *argv[],
                       char problem[PROBLEM])
{
    struct work ignored = *work;
    for (int i = 1; i < argc && argv[i]; i++) {
        if (!take_order(&ignored, argc, argv, &i)
            && !take_flag(work, argv[i] + 2, problem))
            return false;
    }
    return true;
}

// ----------------------------------------------------- what fits to what

static bool in_order(const struct config *config, const int64_t *less,
                     const int64_t *more, char problem[PROBLEM])
{
    if (*less <= *more)
        return true;
    snprintf(problem, PROBLEM, "%s must not be more than %s",
             name_of(config, less), name_of(config, more));
    return false;
}

bool config_fits(const struct config *config, char problem[256])
{
    return in_order(config, &config->lease_min, &config->lease_default, problem)
           && in_order(config, &config->lease_default, &config->lease_max,
                       problem)
           && in_order(config, &config->retry_first, &config->retry_max,
                       problem)
           && in_order(config, &config->poll_min, &config->poll_max, problem)
           && in_order(config, &config->pulls, &config->connections, problem)
           && in_order(config, &config->body_max, &config->map_size, problem);
}

// A hub that the world can reach must know its name: it stands in the Link
// header of everything it sends.
static bool check_listeners(const struct config *config, char problem[PROBLEM])
{
    for (size_t i = 0; i < config->listen.count && !*config->public_url; i++) {
        if (literal_is_loopback(config->listen.items[i]))
            continue;
        snprintf(problem, PROBLEM,
                 "listen %.64s can be reached from outside, so public-url "
                 "must say what the hub is called there",
                 config->listen.items[i]);
        return false;
    }
    return true;
}

static bool add_all(const struct config_list *from, const char *name,
                    struct config *config, char problem[PROBLEM])
{
    const struct option *option = option_find(name, strlen(name));
    char expected[OPTION_EXPECTED];
    for (size_t i = 0; i < from->count; i++) {
        if (option_set(option, from->items[i], config, expected) == OPTION_SET)
            continue;
        snprintf(problem, PROBLEM, "%s and allow-address: more than %d", name,
                 CONFIG_LIST_MAX);
        return false;
    }
    return true;
}

// bind(2) takes no more, and would say so without a name.
static bool place_admin_socket(struct config *config, char problem[PROBLEM])
{
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
    bool plain = !strchr(config->admin_socket, '/');
    int len = snprintf(path, sizeof path, "%s%s%s", plain ? config->data : "",
                       plain ? "/" : "", config->admin_socket);
    if (len < 0 || (size_t)len >= sizeof path) {
        snprintf(problem, PROBLEM,
                 "admin-socket: the path of the socket, with data, must be "
                 "shorter than %zu bytes",
                 sizeof path);
        return false;
    }
    char *whole = strdup(path);
    if (!whole) {
        snprintf(problem, PROBLEM, "out of memory");
        return false;
    }
    free(config->admin_socket);
    config->admin_socket = whole;
    return true;
}

// Everybody on a machine sees the command lines of all processes.
static void look_at_secrets(struct work *work)
{
    struct stat stat_of;
    const struct option *keys = option_find("publisher-key", 13);
    enum giver giver = work->given[index_of(work, keys)];
    if (giver == GIVEN_BY_FLAG)
        work->config->exposed = "publisher-key stands on the command line, "
                                "which everybody on this machine can read";
    if (giver == GIVEN_BY_FILE && work->file && stat(work->file, &stat_of) == 0
        && (stat_of.st_mode & S_IROTH) != 0)
        work->config->exposed = "the configuration holds a publisher-key, and "
                                "everybody can read it: chmod o-r";
}

static bool is_given(const struct work *work, const char *name)
{
    const struct option *option = option_find(name, strlen(name));
    return work->given[index_of(work, option)] != GIVEN_NOT;
}

static bool complete(struct work *work, char problem[PROBLEM])
{
    struct config *config = work->config;
    config->connections_asked =
        is_given(work, "connections") || is_given(work, "pulls");
    if (is_given(work, "connections") && !is_given(work, "pulls"))
        config->pulls = config->connections / 4 * 3;
    if (is_given(work, "connections-per-address")
        && !is_given(work, "pulls-per-address"))
        config->pulls_per_address =
            (config->connections_per_address * 3 + 3) / 4;
    if (is_given(work, "deliveries-per-origin")
        && !is_given(work, "deliveries-per-origin-max"))
        config->deliveries_per_origin_max = config->deliveries_per_origin;
    look_at_secrets(work);

    return config_fits(config, problem) && check_listeners(config, problem)
           && add_all(&config->allow_address, "allow-topic-address", config,
                      problem)
           && add_all(&config->allow_address, "allow-callback-address", config,
                      problem)
           && place_admin_socket(config, problem);
}

// ------------------------------------------------------------------ the door

static bool set_defaults(struct work *work, char problem[PROBLEM])
{
    work->table = option_table(&work->count);
    assert(work->count <= CONFIG_OPTIONS_MAX);
    for (size_t i = 0; i < work->count; i++) {
        const struct option *option = &work->table[i];
        if (*option->fallback
            && !put(work, i, GIVEN_NOT, "", option->fallback, problem))
            return false;
    }
    // A text that nobody gave is the empty one.
    if (!work->config->public_url)
        work->config->public_url = strdup("");
    return work->config->public_url != NULL;
}

static enum config_answer serve(const struct work *work)
{
    if (work->help)
        config_help(stdout);
    else if (work->manual)
        config_manual(stdout);
    else if (work->mdoc)
        config_mdoc(stdout);
    else
        puts("websubd " WEBSUBD_VERSION);
    return CONFIG_DONE;
}

static enum config_answer read_all(struct work *work, int argc, char *argv[],
                                   char problem[PROBLEM])
{
    if (!set_defaults(work, problem) || !read_orders(work, argc, argv, problem))
        return CONFIG_BAD;
    if (work->help || work->manual || work->mdoc || work->version)
        return serve(work);
    if (work->file && !read_settings(work, problem))
        return CONFIG_BAD;
    if (!read_flags(work, argc, argv, problem) || !complete(work, problem))
        return CONFIG_BAD;
    if (!work->check)
        return CONFIG_RUN;
    puts("configuration is fine");
    if (work->config->exposed)
        fprintf(stderr, "websubd: %s\n", work->config->exposed);
    return CONFIG_DONE;
}

enum config_answer config_read(int argc, char *argv[], struct config *out,
                               char problem[256])
{
    memset(out, 0, sizeof *out);
    snprintf(problem, PROBLEM, "out of memory");
    struct work work = { .config = out };
    enum config_answer answer = read_all(&work, argc, argv, problem);
    if (answer != CONFIG_RUN)
        config_clear(out);
    return answer;
}

void config_clear(struct config *config)
{
    size_t count;
    const struct option *table = option_table(&count);
    for (size_t i = 0; i < count; i++)
        option_clear(&table[i], config);
}

bool config_copy(const struct config *from, struct config *to)
{
    size_t count;
    const struct option *table = option_table(&count);
    *to = (struct config){ .data = NULL };
    memcpy(to->given, from->given, sizeof to->given);
    for (size_t i = 0; i < count; i++) {
        if (option_copy(&table[i], from, to))
            continue;
        config_clear(to);
        return false;
    }
    return true;
}
