/* A subcommand as data: its name, its options as one const table, and the function that runs it.
 *
 * The parser, --help and the man page all read the same tables. A subcommand is one file with one
 * `const hs_command hs_command_NAME`, named in main.c's table; its `run` begins with
 *
 *     if (!hs_command_parse(command, argc, argv, &settings, &operands, &status))
 *         return status;
 */
#ifndef HS_CLI_COMMAND_H
#define HS_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <handshake/api.h>
#include <handshake/probe.h> /* hs_problem */

enum {
    HS_EXIT_OK = 0,
    HS_EXIT_USAGE = 2,
    HS_EXIT_SIGNAL = 128, /* and the signal's number: the shell's way to tell it */
};

/* What an option writes, at its `offset` in the command's settings struct. */
typedef enum hs_option_kind {
    HS_OPTION_FLAG,     /* bool: true */
    HS_OPTION_COUNT,    /* int: one more each time */
    HS_OPTION_CONSTANT, /* int: `value` */
    HS_OPTION_INTEGER,  /* int, from `min` to `max` */
    HS_OPTION_SECONDS,  /* hs_time from decimal seconds, from `min` to `max` nanoseconds */
    HS_OPTION_TEXT,     /* const char *: the argument itself */
    HS_OPTION_LIST,     /* hs_text_list: one more each time */
    HS_OPTION_CUSTOM,   /* `set` decides */
} hs_option_kind;

/* Arguments of a repeatable option, borrowed from argv. */
enum { HS_TEXT_LIST_MAX = 256 };
typedef struct hs_text_list {
    const char *items[HS_TEXT_LIST_MAX];
    size_t count;
} hs_text_list;

/* Writes `argument` (NULL for an option without one) to `field`. HS_INVALID: `problem` says what is
 * wrong with it, without the option's name: "'1x' is not a number of seconds". */
typedef hs_result (*hs_option_setter)(void *field, const char *argument, hs_problem *problem);

typedef struct hs_option {
    const char *group;    /* heading that begins here in --help; NULL: as the option before */
    char letter;          /* 0: none */
    const char *name;     /* long name without its dashes; NULL: none */
    const char *argument; /* name of its argument in --help: "S"; NULL: it takes none */
    const char *help;     /* NULL: an alias, not listed */
    hs_option_kind kind;
    size_t offset; /* offsetof(settings struct, field) */
    int64_t min;   /* bounds of HS_OPTION_INTEGER and HS_OPTION_SECONDS */
    int64_t max;
    int value;            /* HS_OPTION_CONSTANT */
    hs_option_setter set; /* HS_OPTION_CUSTOM */
} hs_option;

typedef struct hs_example {
    const char *command;
    const char *what;
} hs_example;

/* What an exit status says, in words that go on in a line: "0" "done". */
typedef struct hs_exit {
    const char *status;
    const char *meaning;
} hs_exit;

/* clang-format off */
#define HS_EXIT_ROW_INTERRUPTED {"130", "interrupted (143: by SIGTERM)"}
#define HS_EXIT_ROW_READER_LEFT {"141", "the reader of its output left before the end (SIGPIPE)"}
/* clang-format on */

typedef struct hs_command hs_command;
struct hs_command {
    const char *name;        /* "probe" */
    const char *operands;    /* in the usage line: "TARGET…"; "" if it takes none */
    const char *summary;     /* one line, for the list of commands */
    const char *description; /* a paragraph for --help; NULL */
    size_t operands_min;
    size_t operands_max;                  /* 0: none */
    const hs_option *options;             /* ends with an all-zero row */
    const hs_exit *exits;                 /* ends with an all-zero row */
    const hs_example *examples;           /* ends with an all-zero row */
    const hs_command *const *experiments; /* what its operand may name, for --help; NULL */
    /* argv[0] is the command's name. Gives the exit status. */
    int (*run)(const hs_command *command, int argc, char **argv);
};

/* What is left of argv besides options. */
typedef struct hs_operands {
    char **items; /* within argv, which is put in order */
    size_t count;
} hs_operands;

/* Reads argv into `settings`, whose defaults stand in it already. False: the command is over with
 * `*status`, because --help was printed or because one line on stderr says what is wrong. */
bool hs_command_parse(const hs_command *command, int argc, char **argv, void *settings,
                      hs_operands *operands, int *status);

/* "handshake NAME: …" and a newline on stderr; gives HS_EXIT_USAGE, for `return`. */
int hs_command_fail(const hs_command *command, const char *format, ...) HS_PRINTF(2, 3);

/* stdout could not be written; errno says why, or is 0 where that is not known any more. Gives the
 * exit status: HS_EXIT_USAGE after one line on stderr. That a pipe's reader has left is no mistake,
 * and so no line: the status is that of SIGPIPE, as if the program had died of it. */
int hs_command_broken_output(const hs_command *command);

/* Flushes stdout. A write that failed at any time gives what hs_command_broken_output says;
 * otherwise `status`. The last call of every run. */
int hs_command_finish(const hs_command *command, int status);

/* The subcommands. */
extern const hs_command hs_command_audit;
extern const hs_command hs_command_compare;
extern const hs_command hs_command_explain;
extern const hs_command hs_command_lab;
extern const hs_command hs_command_probe;
extern const hs_command hs_command_read;
extern const hs_command hs_command_serve;

/* The experiments of `lab`. */
extern const hs_command hs_command_lab_compare;
extern const hs_command hs_command_lab_failures;
extern const hs_command hs_command_lab_synflood;

#endif
