/* Checks of the probe's options. */
#ifndef HS_PROBE_OPTIONS_H
#define HS_PROBE_OPTIONS_H

#include <handshake/probe.h>

enum { HS_OVERRIDE_ADDRESSES_MAX = 16 };

/* HS_INVALID with `problem` filled. */
HS_CHECKED hs_result hs_probe_options_check(const hs_probe_options *options, hs_problem *problem);

#endif
