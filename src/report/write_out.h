/* What the public functions cannot tell: why a variable is refused. */
#ifndef HS_REPORT_WRITE_OUT_H
#define HS_REPORT_WRITE_OUT_H

#include <stdbool.h>

/* Whether curl has this variable, although a handshake does not show its value. */
bool hs_write_out_is_curls(const char *name);

#endif
