/* The kinds of sources, for source.c. */
#ifndef HS_READ_SOURCE_KINDS_H
#define HS_READ_SOURCE_KINDS_H

#include <pcap/pcap.h>

#include "read/source.h"
#include "wire/pcapng.h"

void hs_source_damaged(hs_source *source, const hs_input *input, const char *why);

/* source_pcapng.c */
HS_CHECKED hs_result hs_source_pcapng(hs_input *input, hs_source **out);

/* source_pcap.c: by libpcap */
bool hs_source_is_pcap(hs_bytes magic);
/* `magic`: its first bytes, as this machine reads a number. */
HS_CHECKED hs_result hs_source_pcap(hs_input *input, uint32_t magic, hs_source **out);
/* The link type as files have it; libpcap's own numbers differ between systems. */
int hs_source_link_type(pcap_t *pcap);
/* A packet of a handle whose times are in nanoseconds. */
void hs_source_set_packet(hs_source_item *item, int link_type, const struct pcap_pkthdr *header,
                          const uint8_t *data, bool nanoseconds);

#endif
