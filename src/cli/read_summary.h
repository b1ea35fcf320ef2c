/* What a capture as a whole says: how many connections came to what, how long each phase took, who
 * began and did not finish, and what could not be read. */
#ifndef HS_CLI_READ_SUMMARY_H
#define HS_CLI_READ_SUMMARY_H

#include <stdio.h>

#include <handshake/read.h>

typedef struct hs_read_summary hs_read_summary;

/* NULL when out of memory. */
hs_read_summary *hs_read_summary_new(void);
void hs_read_summary_free(hs_read_summary *summary);
void hs_read_summary_add(hs_read_summary *summary, const hs_trace *trace);
void hs_read_summary_print(hs_read_summary *summary, const hs_capture_counters *counters,
                           FILE *out);
/* Only what could not be read, a line each: for output that is for programs. */
void hs_read_losses_print(const hs_capture_counters *counters, FILE *out);

#endif
