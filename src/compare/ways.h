/* The ways as data: by which URL and with which options each is taken, and what a run must show to
 * be of it. */
#ifndef HS_COMPARE_WAYS_H
#define HS_COMPARE_WAYS_H

#include <handshake/compare.h>

#include "probe/url.h"

enum { HS_WAY_URL_MAX = 320, HS_WAY_WHY_MAX = 384 };

/* The URL of this way, from the target's and those that were given beside it. False with `why`
 * filled where none of them fits. */
bool hs_way_url(hs_way way, const hs_url *target, const hs_url *also, size_t also_count,
                char url[HS_WAY_URL_MAX], char why[HS_WAY_WHY_MAX]);
/* What the way asks of a probe of `url`, on top of what all ways have in common. */
void hs_way_set_options(hs_way way, const char *url, hs_probe_options *options);
/* The only TLS version that it offers; 0: none, or more than one. */
uint16_t hs_way_tls_version(hs_way way);
/* Whether options set something that belongs to a way; `what` names it. */
bool hs_way_options_are_common(const hs_probe_options *options, const char **what);

/* Whether the successful run did what the row says. False with `why` filled. */
bool hs_way_holds(hs_way way, const hs_trace *trace, char why[HS_WAY_WHY_MAX]);
/* Which row the run belongs to: a QUIC handshake that met a Retry has a row of its own. */
hs_way hs_way_of_run(hs_way asked, const hs_trace *trace);

#endif
