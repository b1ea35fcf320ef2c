#include <handshake/failure.h>

#include <string.h>

static const hs_failure_descriptor registry[HS_FAILURE_COUNT] = {
#define HS_X(symbol, name, exit_status, meaning, advice)                                           \
    [HS_FAILURE_##symbol] = {name, exit_status, meaning, advice},
    HS_FAILURE_MAP(HS_X)
#undef HS_X
};

const hs_failure_descriptor *hs_failure_describe(hs_failure_class cls)
{
    if (cls <= HS_FAILURE_NONE || cls >= HS_FAILURE_COUNT) {
        return NULL;
    }
    return &registry[cls];
}

hs_failure_class hs_failure_find(const char *name)
{
    for (int i = HS_FAILURE_NONE + 1; i < HS_FAILURE_COUNT; i++) {
        if (strcmp(registry[i].name, name) == 0) {
            return (hs_failure_class)i;
        }
    }
    return HS_FAILURE_NONE;
}

const char *hs_result_text(hs_result result)
{
    static const char *const texts[] = {
#define HS_X(symbol, text) text,
        HS_RESULT_MAP(HS_X)
#undef HS_X
    };
    size_t index = (size_t)result;
    return index < sizeof texts / sizeof texts[0] ? texts[index] : "an unknown result";
}

const char *hs_version(void)
{
    return HS_VERSION;
}
