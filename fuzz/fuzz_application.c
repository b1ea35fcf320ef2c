/* Any bytes as a recorded conversation (tests/decode/conversation.h). */
#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_recording(conversation_play, (hs_bytes){data, size});
    return 0;
}
