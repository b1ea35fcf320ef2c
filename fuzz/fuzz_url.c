/* Any text as a target: refused in one line, or taken apart within its bounds. */
#include <stdlib.h>
#include <string.h>

#include "probe/url.h"
#include "text_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_input(data, size);
    if (!text) {
        return 0;
    }
    hs_url url;
    hs_problem problem = {""};
    hs_result result = hs_url_parse(text, &url, &problem);
    if (result == HS_OK) {
        char authority[HS_HOST_MAX + 16];
        hs_url_authority(&url, authority);
        if (url.port == 0 || url.path[0] != '/' || url.host[0] == '\0') {
            abort();
        }
    } else if (strpbrk(problem.text, "\r\n") || problem.text[0] == '\0') {
        abort();
    }
    free(text);
    return 0;
}
