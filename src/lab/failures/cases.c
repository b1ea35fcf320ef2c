/* The catalogue as one, and what is not in it. */
#include "lab/failures/case.h"

static const hs_failure_case *const parts[] = {hs_failure_cases_network, hs_failure_cases_tls,
                                               hs_failure_cases_http, hs_failure_cases_quic};

enum { PARTS = sizeof parts / sizeof parts[0] };

const hs_failure_case *hs_failure_case_at(size_t index)
{
    for (size_t part = 0; part < PARTS; part++) {
        for (const hs_failure_case *row = parts[part]; row->name; row++) {
            if (index-- == 0) {
                return row;
            }
        }
    }
    return NULL;
}

size_t hs_failure_case_count(void)
{
    size_t count = 0;
    while (hs_failure_case_at(count)) {
        count++;
    }
    return count;
}

const char *hs_failure_not_made(hs_failure_class cls)
{
    switch (cls) {
    case HS_FAILURE_TCP_CLOSED:
        return "a probe of tcp:// is done once the connection stands; `read` finds it in captures";
    default:
        return NULL;
    }
}
