/* Any bytes as recorded streams of HTTP/3 (tests/decode/streams.h). */
#include "../tests/decode/streams.h"
#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_recording(streams_play, (hs_bytes){data, size});
    return 0;
}
