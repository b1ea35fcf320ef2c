/* Key log text: whole, and line by line; what was read is found again. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "secrets/keylog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_keylog *keylog = hs_keylog_new(64);
    if (!keylog) {
        return 0;
    }
    size_t malformed = 0;
    (void)!hs_keylog_add_text(keylog, hs_bytes_of(data, size), &malformed);
    if (hs_keylog_count(keylog) > 64) {
        abort();
    }
    uint8_t random[32] = {0};
    if (size >= sizeof random) {
        memcpy(random, data, sizeof random);
    }
    (void)hs_keylog_find(keylog, "CLIENT_RANDOM", hs_bytes_of(random, sizeof random));
    char line[HS_KEYLOG_LINE_MAX];
    hs_bytes secret = hs_bytes_of(data, size < 48 ? size : 48);
    if (secret.len > 0 && hs_keylog_line("CLIENT_RANDOM", hs_bytes_of(random, sizeof random),
                                         secret, line) == HS_OK) {
        hs_keylog *own = hs_keylog_new(0);
        if (own && hs_keylog_add_line(own, hs_bytes_of(line, strlen(line))) != HS_OK) {
            abort();
        }
        if (own &&
            !hs_bytes_equal(
                hs_keylog_find(own, "CLIENT_RANDOM", hs_bytes_of(random, sizeof random)), secret)) {
            abort();
        }
        hs_keylog_free(own);
    }
    hs_keylog_free(keylog);
    return 0;
}
