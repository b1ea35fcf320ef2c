/* Checks of the probe's options. */
#ifndef HS_PROBE_OPTIONS_H
#define HS_PROBE_OPTIONS_H

#include <handshake/probe.h>

#include "net/quic_session.h"

enum { HS_OVERRIDE_ADDRESSES_MAX = 16 };

/* HS_INVALID with `problem` filled. */
HS_CHECKED hs_result hs_probe_options_check(const hs_probe_options *options, hs_problem *problem);
/* Of hs_probe_options.quic_versions. False: not a comma list of at most HS_QUIC_VERSIONS_MAX. */
bool hs_quic_versions_parse(const char *list, uint32_t versions[HS_QUIC_VERSIONS_MAX],
                            size_t *count);

#endif
