/* What `lab compare` tells beyond a comparison: the path, and time against round trip. */
#ifndef HS_CLI_LAB_COMPARE_OUTPUT_H
#define HS_CLI_LAB_COMPARE_OUTPUT_H

#include "cli/compare.h"
#include "lab/namespaces.h"
#include "lab/relay.h"

/* What the path did meanwhile, after a comparison. */
void hs_lab_print_path(hs_compare_printer *printer, const hs_path_options *path,
                       const hs_relay_report *report, hs_namespace_way way);
/* After several paths. */
void hs_lab_print_slopes(hs_compare_printer *printer, const hs_compare_series *series,
                         hs_namespace_way way);
/* The path's report as lines for people, for free(3); NULL when out of memory. */
char *hs_lab_path_text(const hs_path_options *path, const hs_relay_report *report);

#endif
