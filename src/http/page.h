// page.h - what GET / answers: curl lines to a terminal, the same as a page to a browser.
#pragma once
#include "base/buffer.h"

// page_write writes it with the address under which it was asked for; host may be NULL.
void page_write(buffer *out, bool html, const char *host);
