/* Where a comparison goes: the text or the records, and files of pictures. `compare` and
 * `lab compare` have it in common. */
#ifndef HS_CLI_COMPARE_H
#define HS_CLI_COMPARE_H

#include <stdio.h>

#include <handshake/compare.h>

#include "cli/command.h"

typedef struct hs_compare_output {
    bool json;
    const char *file; /* NULL: stdout */
    const char *html; /* NULL: none */
    const char *svg;  /* NULL: none */
} hs_compare_output;

/* clang-format off */
#define HS_COMPARE_OUTPUT_OPTIONS                                                           \
    {.group = "Output",                                                                     \
     .name = "json",                                                                        \
     .help = "one record a run (schema handshake/1), then one that sums up "                \
             "(handshake-compare/1)",                                                       \
     .kind = HS_OPTION_FLAG,                                                                \
     .offset = AT(output.json)},                                                            \
    {.letter = 'o',                                                                         \
     .name = "output",                                                                      \
     .argument = "FILE",                                                                    \
     .help = "write to FILE instead of stdout",                                             \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(output.file)},                                                            \
    {.name = "html",                                                                        \
     .argument = "FILE",                                                                    \
     .help = "also a page with all figures, whole in itself",                               \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(output.html)},                                                            \
    {.name = "svg",                                                                         \
     .argument = "FILE",                                                                    \
     .help = "also a drawing of the times",                                                 \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(output.svg)}
/* clang-format on */

typedef struct hs_compare_printer {
    const hs_command *command;
    hs_compare_output output;
    FILE *out;
    FILE *html; /* NULL: not asked for */
    FILE *svg;
    hs_report_options report;
    int rounds;   /* for the progress on stderr, where that is a terminal */
    bool is_live; /* a line of progress stands there */
    hs_result result;
    hs_comparer *comparer; /* is stopped when nothing can be written any more; may be NULL */
} hs_compare_printer;

/* Opens what is to be written. False: one line was printed. */
bool hs_compare_printer_open(hs_compare_printer *printer, const hs_command *command,
                             const hs_compare_output *output, int rounds);
/* For hs_compare_options. */
void hs_compare_run_done(void *printer, const hs_compare_event *event);
/* Prints the comparison; gives the exit status. */
int hs_compare_print(hs_compare_printer *printer, const hs_comparison *comparison);
/* The page and the drawing, where they are asked for; `series` may be NULL. */
void hs_compare_draw(hs_compare_printer *printer, const hs_comparison *comparison,
                     const hs_compare_series *series);
/* Closes the files; `status`, or that of a write that failed, which one line says. */
int hs_compare_printer_close(hs_compare_printer *printer, int status);

#endif
