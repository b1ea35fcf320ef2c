/* What a failed resolution says: the class, and the name server's answer in words. */
#ifndef HS_NET_RESOLVE_FAILURE_H
#define HS_NET_RESOLVE_FAILURE_H

#include <stddef.h>

#include <handshake/failure.h>

enum { HS_RESOLVE_NOT_ASKED = -1 };

/* From c-ares's status of each family's query, or HS_RESOLVE_NOT_ASKED for one of them. */
hs_failure_class hs_resolve_explain(const char *host, int aaaa, int a, char *why, size_t capacity);

#endif
