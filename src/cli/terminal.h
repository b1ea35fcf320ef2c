/* What the reports need to know of where they go. */
#ifndef HS_CLI_TERMINAL_H
#define HS_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include <handshake/report.h>

bool hs_is_terminal(FILE *out);
/* Its width, and colour where `out` is a terminal that is not dumb and NO_COLOR is not set; for a
 * file neither. */
void hs_terminal_report_options(FILE *out, hs_report_options *options);

#endif
