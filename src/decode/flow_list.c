#include "decode/flow_list.h"

void hs_flow_list_add(hs_flow_list *list, hs_flow *flow)
{
    flow->older = list->newest;
    flow->newer = NULL;
    if (list->newest) {
        list->newest->newer = flow;
    } else {
        list->oldest = flow;
    }
    list->newest = flow;
}

void hs_flow_list_take(hs_flow_list *list, hs_flow *flow)
{
    if (flow->older) {
        flow->older->newer = flow->newer;
    } else {
        list->oldest = flow->newer;
    }
    if (flow->newer) {
        flow->newer->older = flow->older;
    } else {
        list->newest = flow->older;
    }
}
