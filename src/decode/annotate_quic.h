/* Every field of a datagram, a QUIC packet's header or a frame with its bytes: read again by their
 * codecs with notes. */
#ifndef HS_DECODE_ANNOTATE_QUIC_H
#define HS_DECODE_ANNOTATE_QUIC_H

#include <handshake/trace.h>

#include "base/reader.h"

/* `reader` stands at the start of event->raw. HS_INVALID: no event of these layers. */
HS_CHECKED hs_result hs_annotate_quic(const hs_event *event, hs_reader *reader);

#endif
