/* What a piece of code writes to stdout and stderr. */
#ifndef HS_TESTS_CAPTURE_H
#define HS_TESTS_CAPTURE_H

typedef struct hs_capture {
    int saved[2];
    int files[2];
    char *text[2]; /* after hs_capture_end: of stdout, of stderr */
} hs_capture;

void hs_capture_begin(hs_capture *capture);
void hs_capture_end(hs_capture *capture);
void hs_capture_free(hs_capture *capture);

#endif
