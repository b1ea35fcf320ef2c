/* Every field of an application-layer message with its bytes: HTTP/1.1 heads, HTTP/2 and WebSocket
 * frames, read again by their codecs with notes. */
#ifndef HS_DECODE_ANNOTATE_APPLICATION_H
#define HS_DECODE_ANNOTATE_APPLICATION_H

#include <handshake/trace.h>

#include "base/reader.h"

/* `reader` stands at the start of event->raw. HS_INVALID: no event of the application's layers. */
HS_CHECKED hs_result hs_annotate_application(const hs_event *event, hs_reader *reader);

#endif
