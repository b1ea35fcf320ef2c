/* Traces made by hand, with fixed times, for the renderers' tests. */
#ifndef HS_TESTS_SAMPLES_H
#define HS_TESTS_SAMPLES_H

#include <handshake/trace.h>

typedef struct hs_sample {
    const char *name;
    hs_trace *(*make)(void);
} hs_sample;

/* Ends with a row without a name. Each trace is the caller's to free. */
extern const hs_sample hs_samples[];

#endif
