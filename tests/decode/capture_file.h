/* The TCP connections of a classic pcap file, as chunks in the order in which they crossed: as much
 * as the captures of other projects need for tests. */
#ifndef TESTS_DECODE_CAPTURE_FILE_H
#define TESTS_DECODE_CAPTURE_FILE_H

#include "kit.h"

/* The bytes between "address|port" of client and server; NULL where the file is of another kind, or
 * has no such connection from its first byte on. */
kit_recording *capture_connection(const char *path, const char *client, const char *server);

#endif
