/* Which tickets have brought early data (RFC 8446 8.1, single use): a bounded table. Those of the
 * window in which a recorded ClientHello could be sent again (8.2) are never forgotten; older ones
 * as long as there is room. */
#ifndef HS_NET_QUIC_REPLAY_H
#define HS_NET_QUIC_REPLAY_H

#include <stdbool.h>

#include <handshake/api.h>

enum { HS_QUIC_REPLAY_MAX = 8192 };

typedef struct hs_quic_replay hs_quic_replay;

/* NULL: out of memory. */
hs_quic_replay *hs_quic_replay_new(void);
void hs_quic_replay_free(hs_quic_replay *replay);
/* Whether `key` was not there, and is now, at least until the second `expires`. A table that is
 * full of entries that have not expired takes none: that early data is then rejected too. Seconds
 * are of any one clock. */
bool hs_quic_replay_add(hs_quic_replay *replay, hs_bytes key, int64_t now, int64_t expires);

#endif
