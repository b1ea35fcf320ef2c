/* Readers and writers of frame bodies that have a file of their own. Inside wire/quic only. */
#ifndef HS_WIRE_QUIC_FRAME_BODIES_H
#define HS_WIRE_QUIC_FRAME_BODIES_H

#include "wire/quic/frame.h"

void hs_quic_read_ack(hs_reader *r, hs_quic_frame *frame);
/* False: its ranges cannot be. */
bool hs_quic_write_ack_body(hs_writer *w, const hs_quic_frame *frame);

#endif
