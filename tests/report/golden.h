/* Compares what a renderer wrote with a file that a person has read and found right.
 * HS_UPDATE_GOLDEN=1 writes the files anew. */
#ifndef HS_TESTS_GOLDEN_H
#define HS_TESTS_GOLDEN_H

/* Fails the cmocka test where `text` is not what golden/`name` holds. */
void hs_golden_check(const char *name, const char *text);

#endif
