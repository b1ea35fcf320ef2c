/* Edit distance with swaps (optimal string alignment), over three rows. */
#include "cli/suggest.h"

#include <string.h>

enum { WORD_MAX = 40 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

int hs_suggest_distance(const char *word, const char *candidate)
{
    int rows[3][WORD_MAX + 1];
    size_t word_len = strlen(word);
    size_t candidate_len = strlen(candidate);
    if (word_len == 0 || word_len > WORD_MAX || candidate_len > WORD_MAX) {
        return -1;
    }
    int *before = rows[0];
    int *above = rows[1];
    int *row = rows[2];
    for (size_t j = 0; j <= candidate_len; j++) {
        above[j] = (int)j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= word_len; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= candidate_len; j++) {
            int change = above[j - 1] + (word[i - 1] != candidate[j - 1]);
            row[j] = least(change, 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] &&
                word[i - 2] == candidate[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        int *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    int distance = above[candidate_len];
    /* Half a short word rewritten is another word. */
    int allowed = word_len < 4 ? 1 : (int)(word_len / 3);
    return distance <= allowed ? distance : -1;
}
