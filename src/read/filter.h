/* Which connections are of interest. */
#ifndef HS_READ_FILTER_H
#define HS_READ_FILTER_H

#include <handshake/read.h>

bool hs_filter_wants(const hs_capture_options *options, const hs_trace *trace);

#endif
