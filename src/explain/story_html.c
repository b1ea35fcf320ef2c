#include "explain/story.h"
hs_result hs_story_html(const hs_story *story, FILE *out)
{
    (void)story;
    (void)out;
    return HS_OK;
}
