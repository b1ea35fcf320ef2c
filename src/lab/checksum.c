#include "lab/checksum.h"

#include "base/reader.h"

uint16_t hs_lab_checksum(hs_bytes bytes)
{
    hs_reader r;
    hs_fault fault = {0};
    hs_reader_init(&r, bytes, &fault, NULL);
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.len / 2; i++) {
        sum += hs_read_u16(&r, "word");
    }
    while (sum > UINT16_MAX) {
        sum = (sum & UINT16_MAX) + (sum >> 16U);
    }
    return (uint16_t)~sum;
}
