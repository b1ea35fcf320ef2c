/* The options of `handshake read`. */
#ifndef HS_CLI_READ_OPTIONS_H
#define HS_CLI_READ_OPTIONS_H

#include <handshake/read.h>

#include "cli/command.h"

typedef struct hs_read_settings {
    hs_capture_options capture;
    int count;
    int verbosity;
    bool json;
    bool events;
    bool no_sandbox;
    const char *output; /* file; NULL: stdout */
} hs_read_settings;

extern const hs_option hs_read_option_table[];

void hs_read_settings_init(hs_read_settings *settings);
/* Puts together what the parser has read. */
void hs_read_settings_finish(hs_read_settings *settings, const hs_operands *files);

#endif
