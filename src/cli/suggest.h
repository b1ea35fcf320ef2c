/* The nearest of some known words to one that was mistyped. */
#ifndef HS_CLI_SUGGEST_H
#define HS_CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* How well `candidate` fits `word`: the number of single-letter edits (insert, delete, change, swap
 * of neighbours) between them, or -1 where they are too far apart to be worth a suggestion. */
int hs_suggest_distance(const char *word, const char *candidate);

#endif
