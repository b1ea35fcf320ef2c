/* Names for which nobody is asked: literals, and localhost (RFC 6761 6.3). */
#ifndef HS_NET_RESOLVE_KNOWN_H
#define HS_NET_RESOLVE_KNOWN_H

#include "net/resolve.h"

enum { HS_RESOLVE_KNOWN_MAX = 2 };

/* How many addresses `host` has without asking; 0 where it has to be asked for. */
size_t hs_resolve_known(const char *host, uint16_t port, hs_address out[HS_RESOLVE_KNOWN_MAX]);

#endif
