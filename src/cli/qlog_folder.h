/* The folder of --qlog: one file for each connection. */
#ifndef HS_CLI_QLOG_FOLDER_H
#define HS_CLI_QLOG_FOLDER_H

#include <stdbool.h>

#include <handshake/trace.h>

#include "cli/command.h"

enum { HS_QLOG_NAME_MAX = 160 };

/* Opens the folder, which must be there and writable. -1: one line was printed. */
int hs_qlog_folder_open(const hs_command *command, const char *name);
/* "20261122T102558.123456789Z-example.org-8394c8f0.sqlog": the trace's start, the target's host and
 * the beginning of what names the connection: QUIC's original Destination Connection ID, else the
 * client's random of TLS. Of the host letters, digits, '.', '_' and '-' stay; all else is '_'. */
const char *hs_qlog_file_name(const hs_trace *trace, char out[HS_QLOG_NAME_MAX]);
/* Writes the trace to a new file of the folder. A trace of which nothing crossed the wire has none,
 * which one line says. False: it could not be written, which one line says too. */
bool hs_qlog_folder_write(const hs_command *command, int folder, const char *name,
                          const hs_trace *trace);

#endif
