// page.h - what GET / answers: curl lines to a terminal, the same as a page to a browser.
#pragma once
#include <stddef.h>

extern const char page_text[];
extern const size_t page_text_len;
extern const char page_html[];
extern const size_t page_html_len;
