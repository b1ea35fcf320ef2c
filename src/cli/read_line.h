/* One connection of a capture on one line. */
#ifndef HS_CLI_READ_LINE_H
#define HS_CLI_READ_LINE_H

#include <stdio.h>

#include <handshake/trace.h>

/* How the connection's TCP handshake came to nothing, if it did. */
typedef enum hs_read_half {
    HS_READ_WHOLE,     /* it was completed, or its start was not seen */
    HS_READ_SYN_ONLY,  /* nobody answered the SYN */
    HS_READ_HALF_OPEN, /* nobody completed the SYN-ACK */
} hs_read_half;

hs_read_half hs_read_half_of(const hs_trace *trace);

void hs_read_line_head(FILE *out);
void hs_read_line(const hs_trace *trace, FILE *out);

#endif
