// SPDX-License-Identifier: MIT

#include "commands.h"

// clang-format off
static const struct command_option of_restore[] = {
    { "force", NULL, COMMAND_NOTHING, "also where there is a store already" },
    { 0 },
};

static const struct command_option of_export[] = {
    { "from", "FILE", COMMAND_FILE, "a backup, instead of the daemon" },
    { 0 },
};

static const struct command_option of_doctor[] = {
    { "config", "FILE", COMMAND_FILE,
      "the daemon's; found by itself, if not given" },
    { 0 },
};

static const struct command_option of_selftest[] = {
    { "address", "ADDRESS", COMMAND_NOTHING,
      "of this machine, which the hub is to call; 127.0.0.1" },
    { "url", "URL|public", COMMAND_NOTHING,
      "where to ask the hub; where it listens, if not given" },
    { "timeout", "SECONDS", COMMAND_NOTHING, "of each step; 30" },
    { 0 },
};

static const struct command rows[] = {
    { .name = "doctor", .group = COMMAND_CARE, .run = ctl_doctor,
      .about = "what is wrong around the hub, or soon will be",
      .details = "Limits, clock, room, certificate and reachability of "
                 "public-url, file modes.\nExits with 1 if there is a problem; "
                 "warnings are none.",
      .options = of_doctor },
    { .name = "selftest", .group = COMMAND_CARE, .run = ctl_selftest,
      .about = "subscribe, publish, deliver, pull: does it do it all?",
      .details = "Against a publisher and a subscriber of its own, at --address"
                 ". Leaves nothing\nbehind.",
      .options = of_selftest },
    { .name = "options", .group = COMMAND_CARE, .run = ctl_options,
      .about = "what the daemon goes by, and where that is from",
      .sort = "name|from" },
    { .name = "reload", .group = COMMAND_CARE, .run = ctl_reload,
      .about = "have the daemon read its configuration again",
      .details = "What is wrong with it is said, and changes nothing. What "
                 "needs a restart is named." },
    { .name = "backup", .group = COMMAND_CARE, .run = ctl_backup,
      .about = "write a copy of the running daemon's store to a file",
      .arguments = "FILE|-",
      .details = "The copy is consistent, and made while everything goes on. "
                 "It has all\nsecrets in it; the file is for its owner alone. "
                 "Until it is whole there is no\nfile of that name.",
      .places = { COMMAND_FILE } },
    { .name = "restore", .group = COMMAND_CARE, .run = ctl_restore,
      .about = "make a store for a daemon out of a backup",
      .arguments = "FILE --data=DIR",
      .details = "DIR is the data directory of a daemon that does not run. A "
                 "store that is\nthere stays as it is, unless --force is "
                 "given; then it is kept as\ndata.mdb.before. Who pulls is "
                 "told that something may be missing.",
      .places = { COMMAND_FILE }, .options = of_restore },
    { .name = "export", .group = COMMAND_CARE, .run = ctl_export,
      .about = "write everything that the store has as lines of JSON",
      .arguments = "FILE|-",
      .details = "Of the running daemon, or, with --data, of a store that "
                 "nobody has open, or\nof a backup. It has all secrets in it.",
      .places = { COMMAND_FILE }, .options = of_export },
    { .name = "import", .group = COMMAND_CARE, .run = ctl_import,
      .about = "make a new store out of an export",
      .arguments = "FILE|- --data=DIR",
      .details = "There must be no store in DIR yet. All of it is there in "
                 "the end, or nothing.",
      .places = { COMMAND_FILE } },
    { .name = "store stats", .group = COMMAND_CARE, .run = ctl_store_stats,
      .about = "how large the running daemon's store is, and what is in it" },
    { .name = "store check", .group = COMMAND_CARE, .run = ctl_store_check,
      .about = "read all of a store, or of a backup, and say what is wrong",
      .arguments = "[FILE]",
      .details = "FILE is a backup; without it, the store in --data, whose "
                 "daemon does not run.\nNothing is changed. Every page is "
                 "followed and, if these are whole, every record\nread; bodies "
                 "have no checksums, so that what a disk has changed in one is "
                 "not\nseen. websubctl(1) says what to do with a store that is "
                 "damaged.",
      .places = { COMMAND_FILE } },
    { .name = "store compact", .group = COMMAND_CARE, .run = ctl_store_compact,
      .about = "make the file of a store as small as it can be",
      .details = "Of the store in --data, whose daemon does not run. It is "
                 "replaced when the\nsmaller one is whole." },
};
// clang-format on

const struct command *commands_care(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}
