/* The names under which clients reach this server: what its certificate must have. */
#ifndef HS_SERVE_NAMES_H
#define HS_SERVE_NAMES_H

#include "serve/listen.h"

enum { HS_SERVE_NAMES_MAX = 32, HS_SERVE_NAME_SIZE = 256 };

typedef struct hs_serve_names {
    char text[HS_SERVE_NAMES_MAX][HS_SERVE_NAME_SIZE];
    const char *items[HS_SERVE_NAMES_MAX];
    size_t count;
} hs_serve_names;

/* localhost, *.localhost, 127.0.0.1, ::1, this host's name, and what `addresses` add: an address
 * itself, or, for an unspecified one, those of this machine's interfaces. */
void hs_serve_names_collect(const hs_listen_address *addresses, size_t count, hs_serve_names *out);
/* Whether `name` may stand in a certificate as a DNS name (RFC 1034 3.5, with digits first). */
bool hs_serve_name_is_valid(const char *name);

#endif
