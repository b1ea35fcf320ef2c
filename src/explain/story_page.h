/* The parts of a story's page. */
#ifndef HS_EXPLAIN_STORY_PAGE_H
#define HS_EXPLAIN_STORY_PAGE_H

#include "explain/story.h"
#include "report/markup.h"

/* story_diagram.c */
void hs_story_diagram(hs_markup *markup, const hs_story *story, const hs_story_act *act);
extern const char hs_story_diagram_css[];
/* story_machine.c: TCP's machine, drawn from its table. */
void hs_story_machine(hs_markup *markup, const hs_story_act *act);
extern const char hs_story_machine_css[];
/* story_html_steps.c: the messages, each with its fields. */
void hs_story_html_steps(hs_markup *markup, const hs_story_act *act);
extern const char hs_story_steps_css[];
/* story_html_states.c: the states side by side, and the whole machine. */
void hs_story_html_states(hs_markup *markup, const hs_story_act *act, hs_machine machine);
void hs_story_html_machine(hs_markup *markup, const hs_story_act *act);
extern const char hs_story_states_css[];

#endif
