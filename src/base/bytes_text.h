/* Which bytes may be printed as they are. */
#ifndef HS_BASE_BYTES_TEXT_H
#define HS_BASE_BYTES_TEXT_H

#include <handshake/api.h>

/* Length of the printable UTF-8 sequence (RFC 3629 4) at the start of `bytes`, which are not empty;
 * 0 where there is none. Control characters (C0, DEL, C1) could drive a terminal, and bidirectional
 * controls could make a line read as what it is not: they are not printable. */
size_t hs_printable_length(hs_bytes bytes);

#endif
