/* The values of transport parameters, by their kind. Inside wire/quic only. */
#ifndef HS_WIRE_QUIC_PARAMETER_VALUES_H
#define HS_WIRE_QUIC_PARAMETER_VALUES_H

#include "wire/quic/transport_parameters.h"

/* Reads what the kind of `parameter` is made of; what is left over is a fault that the caller sees.
 */
void hs_quic_read_parameter_value(hs_reader *r, hs_quic_parameter *parameter);
/* What RFC 9000 18.2 assumes of an integer that is absent; false when nothing. */
bool hs_quic_parameter_default(uint64_t id, uint64_t *number);

#endif
