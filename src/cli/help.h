/* --help, written from the tables that the parser reads. */
#ifndef HS_CLI_HELP_H
#define HS_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void hs_help_command(const hs_command *command, FILE *out);
/* The program's own: its commands, one a line. `commands` ends with NULL. */
void hs_help_program(const hs_command *const *commands, FILE *out);

#endif
