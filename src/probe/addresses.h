/* The addresses of a run's target: from --resolve, a literal, or the name servers. */
#ifndef HS_PROBE_ADDRESSES_H
#define HS_PROBE_ADDRESSES_H

#include <handshake/trace.h>

#include "net/resolve.h"

typedef struct hs_run hs_run;

/* Both may be called before hs_run_find_addresses returns. */
typedef struct hs_run_addresses {
    /* Some came; more may follow. */
    hs_result (*found)(hs_run *run, const hs_address *addresses, size_t count);
    /* No more will come. Not called where there was none at all: the run has failed then. */
    void (*all_found)(hs_run *run);
} hs_run_addresses;

/* `phase` is the one that begins with the first address. HS_NO_MEMORY, HS_SYSTEM, and what `found`
 * gave. */
HS_CHECKED hs_result hs_run_find_addresses(hs_run *run, hs_phase phase,
                                           const hs_run_addresses *events);

#endif
