/* The schemes that can be probed: one row each, naming the steps that a connection takes. */
#ifndef HS_PROBE_SCHEME_H
#define HS_PROBE_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hs_step;

enum { HS_STEPS_MAX = 4 };

typedef struct hs_scheme {
    const char *name;
    uint16_t port; /* 0: must be given */
    bool has_tls;
    bool is_quic;
    bool has_request; /* something is sent once it is ready, so that it can be early data */
    const char *alpn; /* what is offered where the user does not say; NULL: none */
    const struct hs_step *steps[HS_STEPS_MAX]; /* in order, NULL after the last */
} hs_scheme;

/* NULL where there is no such scheme. */
const hs_scheme *hs_scheme_find(const char *name, size_t len);
/* The same scheme over QUIC (RFC 9114); NULL where there is none. */
const hs_scheme *hs_scheme_over_quic(const hs_scheme *scheme);
/* Each scheme in turn; NULL past the last. */
const hs_scheme *hs_scheme_at(size_t index);

#endif
