/* What a path was set to and what it did, for people and as a member of a record. */
#ifndef HS_LAB_RELAY_REPORT_H
#define HS_LAB_RELAY_REPORT_H

#include "lab/relay.h"
#include "report/json_object.h"
#include "report/page.h"

void hs_relay_text(hs_page *page, const hs_path_options *options, const hs_relay_report *report);
/* {"configured":{…},"to_server":{…},"to_client":{…}} */
json_t *hs_relay_json(hs_json *json, const hs_path_options *options, const hs_relay_report *report);

#endif
